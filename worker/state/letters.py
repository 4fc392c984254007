"""The mails that carry the letter to its addressees: who has it, who may have it, and which seal may be sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session, defer, selectinload

from worker.models import Addressee, Campaign, Letter, Mail, Seal

DeliveryState = Literal["not_sent", "sending", "uncertain", "partly_sent", "sent"]
WITH_ADDRESSEES = selectinload(Campaign.letters).options(selectinload(Letter.addressees), defer(Letter.texts))
"""What is read with several campaigns, so that nothing here reads it for each of them."""


def load_letters(session: Session, campaign: Campaign, *, lock: bool = False) -> list[Mail]:
    """Every letter that was ever put for an addressee, cancelled ones included, in order.

    `lock` keeps the outbox from sending one of them until the transaction ends.
    """
    letters = select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter").order_by(Mail.id)
    if lock:
        letters = letters.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(letters))


def load_letters_of(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[Mail]]:
    """The same of several campaigns, by campaign; without a lock."""
    letters: dict[int, list[Mail]] = {}
    found = select(Mail).where(Mail.campaign_id.in_(campaign_ids), Mail.kind == "letter").order_by(Mail.id)
    for letter in session.scalars(found):
        letters.setdefault(letter.campaign_id, []).append(letter)
    return letters


def living(letters: Sequence[Mail]) -> list[Mail]:
    """Those that carry, carried or may have carried a seal to an addressee."""
    return [letter for letter in letters if letter.cancelled_at is None]


def living_seal(session: Session, campaign: Campaign) -> int | None:
    """The number of the seal that may be sent, if there is one."""
    return session.scalar(select(living_seal_number(campaign.id)))


def living_seal_number(campaign_id: int | ColumnElement[int]) -> ScalarSelect[int]:
    """The same as a column; null if there is none."""
    number = select(func.max(Seal.number)).where(Seal.campaign_id == campaign_id, Seal.voided_at.is_(None))
    return number.scalar_subquery()


def names_in_confidence(session: Session, campaign: Campaign, seal_number: int | None) -> bool:
    """Whether the addressee's rendition of a seal names more than the public one: else they are the same bytes."""
    texts = select(Seal.rendition, Seal.sha256).where(
        *(Seal.campaign_id == campaign.id, Seal.number == seal_number),
        *(Seal.format == "text", Seal.language == campaign.authentic),
    )
    hashes = dict(session.execute(texts).all())
    return "public" not in hashes or hashes.get("addressee") != hashes["public"]


def sealed_at(
    campaign_id: int | ColumnElement[int], seal_number: int | ScalarSelect[int] | None
) -> ScalarSelect[datetime]:
    """When a seal was made, as a column; null for none."""
    moment = select(func.max(Seal.sealed_at)).where(Seal.campaign_id == campaign_id, Seal.number == seal_number)
    return moment.scalar_subquery()


def first_seal_sent(
    campaign_id: int | ColumnElement[int], dispatched_at: datetime | ColumnElement[datetime]
) -> ScalarSelect[int]:
    """The number of the seal that the first server accepted, as a column; null if it was brought by hand."""
    accepted = (
        select(Mail.seal_number)
        .where(Mail.campaign_id == campaign_id, Mail.kind == "letter", Mail.sent_at <= dispatched_at)
        .order_by(Mail.sent_at, Mail.id)
    )
    return accepted.limit(1).scalar_subquery()


def living_seals(session: Session, campaign_ids: Sequence[int]) -> dict[int, int]:
    """The numbers of those that may be sent, by campaign, of these that have one."""
    living = select(Seal.campaign_id, func.max(Seal.number)).where(Seal.voided_at.is_(None))
    found = session.execute(living.where(Seal.campaign_id.in_(campaign_ids)).group_by(Seal.campaign_id))
    return dict(found.all())


def delivery_state(campaign: Campaign, letters: Sequence[Mail]) -> DeliveryState:
    """Who has the letter.

    `not_sent`: nobody; `sending`: it is being handed over now; `uncertain`: nobody knows whether it arrived;
    `partly_sent`: one addressee has it and another not yet; `sent`: all have it, or it was brought by hand.
    """
    if campaign.closed_at is None:
        return "not_sent"
    under_way = living(letters)
    sent = {letter.addressee_id for letter in under_way if letter.sent_at is not None}
    by_mail = _served_by_mail(campaign)
    if was_brought_by_hand(campaign, under_way) or (by_mail and by_mail <= sent):
        return "sent"
    if any(letter.uncertain_at is not None for letter in under_way):
        return "uncertain"
    if any(letter.in_data_at is not None and letter.sent_at is None for letter in under_way):
        return "sending"
    return "partly_sent" if sent else "not_sent"


def is_irrevocable(campaign: Campaign, letters: Sequence[Mail]) -> bool:
    """Whether no addressee's letter can be recalled any more.

    An uncertain letter can: a person decides about its next copy.
    """
    if campaign.closed_at is None:
        return False
    under_way = living(letters)
    gone = {letter.addressee_id for letter in under_way if letter.has_left and letter.uncertain_at is None}
    by_mail = _served_by_mail(campaign)
    return was_brought_by_hand(campaign, under_way) or bool(by_mail and by_mail <= gone)


def was_brought_by_hand(campaign: Campaign, under_way: Sequence[Mail]) -> bool:
    """Whether an organizer carried the letter there: dispatched, and by no mail."""
    return campaign.dispatched_at is not None and not any(letter.sent_at for letter in under_way)


def unserved(campaign: Campaign, letters: Sequence[Mail]) -> list[Addressee]:
    """The addressees by mail for whom no letter is under way or has arrived."""
    served = {letter.addressee_id for letter in living(letters)}
    return [a for a in campaign.letter.addressees if a.email and a.id not in served]


def seal_sent(letters: Sequence[Mail], living_seal: int | None) -> int | None:
    """The number of the seal that the first server accepted; of the living one if it was brought by hand."""
    sent = [(letter.sent_at, letter.seal_number) for letter in letters if letter.sent_at is not None]
    return min(sent, key=lambda one: one[0])[1] if sent else living_seal


def latest_with_meaning(campaign: Campaign, meaning: int) -> Letter | None:
    """The letter as it last read with one of its meanings."""
    return next((one for one in reversed(campaign.letters) if one.meaning == meaning), None)


def _served_by_mail(campaign: Campaign) -> set[int]:
    return {addressee.id for addressee in campaign.letter.addressees if addressee.email}
