"""The mails that carry the letter to its addressees: who has it, who may have it, and which seal may be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, ScalarSelect, exists, func, select
from sqlalchemy.orm import Session, defer, selectinload

from worker.models import Addressee, Campaign, Letter, Mail, Seal

DeliveryState = Literal["not_sent", "sending", "uncertain", "partly_sent", "sent"]
ServedState = Literal[
    "waiting",  # it has an address, and no letter was put yet
    "to_bring",  # it has none: a person brings the letter
    "queued",  # its letter is in the outbox
    "sending",  # it is being handed over now
    "uncertain",  # nobody knows whether it arrived
    "refused",  # its server turned the letter down
    "returned",  # its server took the letter, and reported later that it could not be delivered
    "sent",  # its server has it
    "brought",  # it has it by another way than our mail, as an organizer noted
]
HAS_IT: frozenset[ServedState] = frozenset({"sent", "brought"})
LEFT: frozenset[ServedState] = HAS_IT | {"returned"}
"""It was sent there, or brought."""
TO_DO: frozenset[ServedState] = frozenset({"to_bring", "uncertain", "refused", "returned"})
"""What waits for a person, once another addressee has the letter."""
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
    campaign_id: int | ColumnElement[int], seal_number: int | ColumnElement[int] | None
) -> ScalarSelect[datetime]:
    """When a seal was made, as a column; null for none."""
    moment = select(func.max(Seal.sealed_at)).where(Seal.campaign_id == campaign_id, Seal.number == seal_number)
    return moment.scalar_subquery()


def load_sealed_at(session: Session, campaign: Campaign, seal_number: int | None) -> datetime | None:
    """The same of one campaign."""
    return session.scalar(select(sealed_at(campaign.id, seal_number)))


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


@dataclass(frozen=True)
class Served:
    """Whether one addressee has the letter; `mail` is the one that carries it, or did."""

    addressee: Addressee
    state: ServedState
    mail: Mail | None

    @property
    def has_it(self) -> bool:
        return self.state in HAS_IT

    @property
    def at(self) -> datetime | None:
        """Since when it has it."""
        return self.addressee.brought_at or (self.mail.sent_at if self.mail else None)


def served(campaign: Campaign, letters: Sequence[Mail]) -> list[Served]:
    """What became of the letter for each addressee, in their order."""
    of_each = {letter.addressee_id: letter for letter in living(letters)}
    doubted = campaign.doubted_at is not None and campaign.closed_at is not None
    return [_served(one, of_each.get(one.id), doubted=doubted) for one in campaign.letter.addressees]


def _served(addressee: Addressee, letter: Mail | None, *, doubted: bool) -> Served:
    """`doubted`: a letter of which this database knows nothing may have left before it was put back from a backup."""
    state: ServedState = "to_bring" if not addressee.email else "uncertain" if doubted else "waiting"
    if addressee.brought_at is not None:
        state = "brought"
    elif letter is not None:
        state = _state_of(letter)
    return Served(addressee, state, letter)


def _state_of(letter: Mail) -> ServedState:
    if letter.sent_at is not None:
        return "sent" if letter.bounced_at is None else "returned"
    if letter.uncertain_at is not None:
        return "uncertain"
    if letter.refused_at is not None:
        return "refused"
    return "queued" if letter.in_data_at is None else "sending"


def to_note(campaign: Campaign, letters: Sequence[Mail], addressee_id: int | None = None) -> list[Served]:
    """The addressees of whom it can be noted that they have the letter; of one alone with `addressee_id`."""
    left = [one for one in served(campaign, letters) if one.state not in HAS_IT]
    return [one for one in left if addressee_id in {None, one.addressee.id}]


@dataclass(frozen=True)
class Doubted:
    """Names of addressees of whom nobody knows whether the letter arrived.

    `older_seal`: the number of the seal that may have, where another one lives now.
    """

    names: Sequence[str]
    older_seal: int | None


def load_doubted(session: Session, campaign: Campaign) -> Doubted:
    """Whose letter is uncertain."""
    letters = load_letters(session, campaign)
    names = [one.addressee.name for one in served(campaign, letters) if one.state == "uncertain"]
    seal = living_seal(session, campaign)
    uncertain = [one.seal_number for one in living(letters) if one.uncertain_at is not None]
    older = sorted(one for one in uncertain if one is not None and one != seal)
    return Doubted(names, older[0] if older else None)


def delivery_state(campaign: Campaign, letters: Sequence[Mail]) -> DeliveryState:
    """Who has the letter, by mail or by hand.

    `not_sent`: nobody; `sending`: it is being handed over now; `uncertain`: nobody knows whether it arrived;
    `partly_sent`: one addressee has it and another not yet; `sent`: all have it.
    """
    if campaign.closed_at is None:
        return "not_sent"
    states = {one.state for one in served(campaign, letters)}
    if states and states <= LEFT:
        return "sent"
    if "uncertain" in states:
        return "uncertain"
    if "sending" in states:
        return "sending"
    return "partly_sent" if states & LEFT else "not_sent"


def is_irrevocable(campaign: Campaign, letters: Sequence[Mail]) -> bool:
    """Whether no addressee's letter can be recalled any more.

    An uncertain letter can: a person decides about its next copy. So can one that nobody has brought yet.
    """
    if campaign.closed_at is None:
        return False
    states = {one.state for one in served(campaign, letters)}
    return bool(states) and states <= _BEYOND_RECALL


def is_due_by_mail(campaign: Campaign, letters: Sequence[Mail]) -> bool:
    """Whether something is still to be done by itself for an addressee: all but what a person brings."""
    return any(one.state not in _BEYOND_RECALL and one.addressee.email for one in served(campaign, letters))


_BEYOND_RECALL: frozenset[ServedState] = LEFT | {"sending"}


def lacks_it() -> ColumnElement[bool]:
    """Whether a campaign has an addressee whose letter may still be recalled; the same as a condition in SQL."""
    latest = select(func.max(Letter.version)).where(Letter.campaign_id == Campaign.id).correlate(Campaign)
    letters = (Mail.campaign_id == Campaign.id, Mail.kind == "letter", Mail.cancelled_at.is_(None))
    gone = (Mail.in_data_at.is_not(None) | Mail.sent_at.is_not(None)) & Mail.uncertain_at.is_(None)
    return exists().where(
        Letter.campaign_id == Campaign.id,
        Letter.version == latest.scalar_subquery(),
        Addressee.letter_id == Letter.id,
        Addressee.brought_at.is_(None),
        ~exists().where(*letters, Mail.addressee_id == Addressee.id, gone),
    )


def unserved(campaign: Campaign, letters: Sequence[Mail]) -> list[Addressee]:
    """The addressees by mail for whom no letter is under way or has arrived."""
    return [one.addressee for one in served(campaign, letters) if one.state == "waiting"]


_Made = Row[int, int, datetime, datetime | None]


def load_seals(session: Session, campaign_ids: Sequence[int]) -> list[_Made]:
    """Each seal of these campaigns, as (campaign_id, number, sealed_at, voided_at)."""
    seals = select(Seal.campaign_id, Seal.number, Seal.sealed_at, Seal.voided_at).distinct()
    return list(session.execute(seals.where(Seal.campaign_id.in_(campaign_ids)))) if campaign_ids else []


def seal_of(campaign: Campaign, one: Served, seals: Sequence[_Made]) -> int | None:
    """The number of the seal that an addressee has, or may have; of a letter that was brought, of all `seals`.

    What was brought is the seal that lived as it was noted.
    """
    if (at := one.addressee.brought_at) is None:
        return one.mail.seal_number if one.mail else None
    lived = (
        seal.number
        for seal in seals
        if seal.campaign_id == campaign.id and seal.sealed_at <= at and (seal.voided_at is None or seal.voided_at >= at)
    )
    return max(lived, default=None)


class SealHad(NamedTuple):
    """A seal that somebody has, and when it was made."""

    number: int
    sealed_at: datetime


def load_seal_had(session: Session, campaign: Campaign, name: str) -> SealHad | None:
    """The seal that the addressee of this name has, or may have."""
    seals = load_seals(session, [campaign.id])
    one = next(one for one in served(campaign, load_letters(session, campaign)) if one.addressee.name == name)
    number = seal_of(campaign, one, seals)
    return next((SealHad(seal.number, seal.sealed_at) for seal in seals if seal.number == number), None)


def load_seal_sent(session: Session, campaign: Campaign, letters: Sequence[Mail]) -> int | None:
    """The number of the seal that the first addressee got that has the letter, by mail or by hand."""
    at = campaign.dispatched_at
    if at is None:
        return None
    first = [(m.sent_at, m.seal_number) for m in living(letters) if m.sent_at is not None and m.sent_at <= at]
    if first:
        return min(first, key=lambda one: one[0])[1]
    return max((seal.number for seal in load_seals(session, [campaign.id]) if _lived(seal, at)), default=None)


def _lived(seal: _Made, at: datetime) -> bool:
    return seal.sealed_at <= at and (seal.voided_at is None or seal.voided_at >= at)


def version_read(campaign: Campaign, meaning: int, version: int | None) -> Letter | None:
    """The version of this number, if it has this meaning; else the letter as it first read with that meaning."""
    of_it = [letter for letter in campaign.letters if letter.meaning == meaning]
    return next((letter for letter in of_it if letter.version == version), of_it[0] if of_it else None)
