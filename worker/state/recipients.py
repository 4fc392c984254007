"""Who is to be written to, and who waits for an organizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, bindparam, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from worker.choices import CHOICES
from worker.mail import kinds
from worker.models import Answer, Campaign, Contact, Mail, Partner, Suppression, ThirdPartyAddress
from worker.state.answers import PARTNER_UNREAD, exposing_more

A_DAY, A_MONTH = timedelta(days=1), timedelta(days=30)
JUST_REMINDED = timedelta(minutes=10)  # in which nobody is reminded again by hand, whoever else asks for it
SIGNING = tuple(one.name for one in CHOICES.values() if one.signs)
_INVITATION = (Mail.kind == "invitation", Mail.contact_id.is_(None))  # a merged partner's is a further contact's
OF_A_READER = (Partner.id, Partner.generation, Partner.language)  # outbox.ToPartner, and no contact to decrypt
Named = Row[int, int, str, str]
_NAMED = (*OF_A_READER, Partner.organization)


def select_not_yet_asked(campaign: Campaign) -> Select[int, int, str, datetime | None]:
    """Selects the partners with an address that have no invitation and want mail, as far as a mail needs them."""
    which = (Partner.campaign_id == campaign.id, _is_not_yet_asked())
    return select(*OF_A_READER, Partner.added_at).where(*which).order_by(Partner.id)


def select_with_some_not_asked(campaigns: Sequence[Campaign]) -> Select[int]:
    """Selects those of these campaigns, by number, that have such partners.

    Who has no answer is read from indexes first: most have one in the end, and their rows are wide.
    """
    of_them = Partner.campaign_id.in_([campaign.id for campaign in campaigns])
    without_answer = select(Partner.id).where(of_them, _has_no_answer()).cte().prefix_with("MATERIALIZED")
    among = select(Partner.campaign_id).join(without_answer, without_answer.c.id == Partner.id)
    return among.where(Partner.takes_mail, _is_not_invited()).distinct()


def _is_not_yet_asked() -> ColumnElement[bool]:
    return Partner.takes_mail & _has_no_answer() & _is_not_invited()


def _has_no_answer() -> ColumnElement[bool]:
    return ~exists().where(Answer.partner_id == Partner.id)


def _is_not_invited() -> ColumnElement[bool]:
    return has_no(Mail.partner_id == Partner.id, *_INVITATION)


def load_asked(session: Session, campaign: Campaign) -> Sequence[Named]:
    """The partners that were asked at their present address, and want mail, each as a reader with its name."""
    told = select(*_NAMED).where(Partner.campaign_id == campaign.id, _has_invitation(), Partner.takes_mail)
    return session.execute(told.order_by(Partner.id)).all()


def load_to_ask_again(session: Session, campaign: Campaign) -> list[Partner]:
    """Who has the invitation, or has answered without one; no contact of theirs is decrypted."""
    answered = exists().where(Answer.partner_id == Partner.id)
    of_it = (Partner.campaign_id == campaign.id, Partner.is_in_list)
    known = select(Partner).where(*of_it, _has_invitation() | answered).options(*PARTNER_UNREAD)
    return list(session.scalars(known.order_by(Partner.id)))


def load_to_remind(session: Session, campaign: Campaign, now: datetime, *, mailed_lately: bool) -> Sequence[Named]:
    """Those of the silent whom an organizer's reminder goes to now: nobody for whom one waits or was just put."""
    to_remind = _select_to_remind(campaign, now, mailed_lately=mailed_lately)
    return session.execute(to_remind.with_only_columns(*_NAMED)).all()


def _select_to_remind(campaign: Campaign, now: datetime, *, mailed_lately: bool) -> Select[Partner]:
    reminded = exists().where(*_TO_REGISTERED, Mail.kind == "reminder", Mail.dated_at > now - JUST_REMINDED)
    partners = select_silent(campaign).where(~reminded, ~is_being_asked())
    if not mailed_lately:
        partners = partners.where(last_mail() < now - A_DAY)
    return partners


@dataclass(frozen=True)
class Reminded:
    """Whom an organizer's reminder goes to now, and whom of the silent it leaves out."""

    names: list[str]
    silent: int
    just_reminded: int
    """For how many an email waits, or who were reminded a moment ago."""
    mailed_lately: int
    """How many had an email within a day."""


def count_reminded(session: Session, campaign: Campaign, now: datetime, *, again: bool) -> Reminded:
    """Who it would be now; `again`: also who had an email within a day."""
    silent = _count(session, select_silent(campaign))
    free = _count(session, _select_to_remind(campaign, now, mailed_lately=True))
    chosen = [one.organization for one in load_to_remind(session, campaign, now, mailed_lately=again)]
    return Reminded(chosen, silent, silent - free, free - len(chosen))


def _count(session: Session, partners: Select[Partner]) -> int:
    return session.scalar(partners.order_by(None).with_only_columns(func.count(Partner.id))) or 0


def is_being_asked() -> ColumnElement[bool]:
    """Whether a mail that asks a partner for its answer waits in the outbox, so that none more is of use."""
    return exists().where(*_TO_REGISTERED, Mail.kind.in_(_PAUSING), Mail.due_at.is_not(None))


_PAUSING = kinds.names(lambda kind: kind.starts_pause)
_TO_REGISTERED = (Mail.partner_id == Partner.id, Mail.contact_id.is_(None))


def select_silent(campaign: Campaign) -> Select[Partner]:
    """Selects the silent to whom a mail can go: they got their invitation, are reached by mail, and want it."""
    arrived = exists().where(
        Mail.partner_id == Partner.id,
        *_INVITATION,
        Mail.sent_at.is_not(None) & Mail.bounced_at.is_(None),
        func.coalesce(Mail.generation, Partner.generation) == Partner.generation,  # not at an address since corrected
    )
    suppressed = exists().where(Suppression.email_hmac == Partner.email_hmac)
    reached = arrived & ~suppressed & Partner.bounced_at.is_(None) & Partner.takes_mail
    answered = exists().where(Answer.partner_id == Partner.id, Answer.superseded_at.is_(None))
    return select(Partner).where(Partner.campaign_id == campaign.id, reached, ~answered).order_by(Partner.id)


def select_to_tell_of_end(campaign: Campaign) -> Select[int, int, str, bool]:
    """Selects who is to hear that a letter is cancelled: each partner that has, or may have, a mail, or has answered.

    Not those to whom an organizer sends nothing, nor whoever wants no mail, unless it signs. `has_heard`: whether it
    is known already that one reached it; a mail that a worker holds may still leave, or have left unrecorded. What went
    to an address since corrected tells nothing to whoever reads the present one.
    """
    has_heard = _has_had_mail(None) | exists().where(Answer.partner_id == Partner.id)
    signs = exists().where(Answer.partner_id == Partner.id, Answer.superseded_at.is_(None), Answer.choice.in_(SIGNING))
    wants_it = Partner.takes_mail | (Partner.takes_alerts & signs)
    to_it = (Mail.partner_id == Partner.id, Mail.contact_id.is_(None), _TO_PRESENT_ADDRESS)
    may_have_heard = has_heard | _is_being_sent(*to_it)
    reached = ~exists().where(Suppression.email_hmac == Partner.email_hmac)
    which = (Partner.campaign_id == campaign.id, wants_it, may_have_heard, reached)
    return select(*OF_A_READER, has_heard.label("has_heard")).where(*which).order_by(Partner.id)


def select_contacts_to_tell_of_end(campaign: Campaign) -> Select[int, int, int, str, bool]:
    """Selects the further contacts likewise: those whose link lives, and that want mail."""
    has_heard = _has_had_mail(Contact.id) | exists().where(Answer.contact_id == Contact.id)
    may_have_heard = has_heard | _is_being_sent(Mail.contact_id == Contact.id)
    reached = ~exists().where(Suppression.email_hmac == Contact.email_hmac)
    its_partner = (Partner.campaign_id == campaign.id, Partner.silenced_at.is_(None), Partner.is_in_list)
    columns = (Contact.id, Contact.partner_id, Contact.generation, Contact.language, has_heard.label("has_heard"))
    return (
        select(*columns)
        .join(Partner, Partner.id == Contact.partner_id)
        .where(*its_partner, Contact.takes_mail, may_have_heard, reached)
        .order_by(Contact.id)
    )


def load_to_tell_of_end_by_hand(session: Session, campaign: Campaign) -> Sequence[Named]:
    """The partners that were asked, by mail or by hand, or have answered, and that no mail of ours reaches."""
    answered = exists().where(Answer.partner_id == Partner.id)
    was_asked = _has_had_mail(None) | Partner.handed_out_at.is_not(None) | answered
    suppressed = exists().where(Suppression.email_hmac == Partner.email_hmac)
    unreached = Partner.email_hmac.is_(None) | Partner.silenced_at.is_not(None) | suppressed
    living = (Partner.campaign_id == campaign.id, Partner.erased_at.is_(None), Partner.is_in_list)
    which = (*living, was_asked, unreached)
    return session.execute(select(*_NAMED).where(*which).order_by(Partner.id)).all()


def may_have_heard(session: Session, partner: Partner) -> bool:
    """Whether a mail went to a partner's registered contact at its present address, or may have, or is about to."""
    to_it = (Mail.partner_id == Partner.id, Mail.contact_id.is_(None), _TO_PRESENT_ADDRESS)
    heard = _has_had_mail(None) | _is_being_sent(*to_it)
    return session.scalar(select(Partner.id).where(Partner.id == partner.id, heard)) is not None


def has_heard(session: Session, mail_id: int) -> bool:
    """Whether the reader of a mail has had another of the same campaign, or may have, or has answered.

    Also one that was called back and is leased still, or was by a worker that never gave it back: a slow relay takes
    it yet, or a worker was killed before it could write it down.
    """
    return bool(session.scalar(_has_heard(), {"mail_id": mail_id}))


@cache
def _has_heard() -> Select[bool]:
    itself = aliased(Mail)
    of_the_reader = Mail.contact_id.is_not_distinct_from(itself.contact_id)
    left = _MAY_HAVE_LEFT | (Mail.cancelled_at.is_not(None) & Mail.lease_holder.is_not(None))
    had = exists().where(
        *(Mail.partner_id == itself.partner_id, of_the_reader, Mail.kind != "cancelled", left),
        *(Partner.id == itself.partner_id, itself.contact_id.is_not(None) | _TO_PRESENT_ADDRESS),
    )
    answered = exists().where(
        Answer.partner_id == itself.partner_id, itself.contact_id.is_(None) | (Answer.contact_id == itself.contact_id)
    )
    return select(had | answered).select_from(itself).where(itself.id == bindparam("mail_id"))


_MAY_HAVE_LEFT = Mail.sent_at.is_not(None) | Mail.uncertain_at.is_not(None)
# A new address has a new link, as has whoever disowns an answer and stays at the old address.
_TO_PRESENT_ADDRESS = Partner.disowned_at.is_not(None) | (
    func.coalesce(Mail.generation, Partner.generation) == Partner.generation
)


def _has_had_mail(contact_id: ColumnElement[int] | InstrumentedAttribute[int] | None) -> ColumnElement[bool]:
    whose = (
        (Mail.contact_id == contact_id,) if contact_id is not None else (Mail.contact_id.is_(None), _TO_PRESENT_ADDRESS)
    )
    return exists().where(Mail.partner_id == Partner.id, *whose, _MAY_HAVE_LEFT)


def _is_being_sent(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Also where the lease ran out: whoever had it was killed, or waits for a slow relay."""
    return exists().where(*which, Mail.lease_holder.is_not(None))


def last_mail() -> ScalarSelect[datetime]:
    """When a partner was last asked or reminded, as a column beside it."""
    asked = Mail.kind.in_(_PAUSING) & Mail.contact_id.is_(None)
    return (
        select(func.max(Mail.dated_at)).where(Mail.partner_id == Partner.id, asked).correlate(Partner).scalar_subquery()
    )


def reminder_due(campaign: Campaign, now: datetime) -> datetime | None:
    """The latest moment for a reminder that has come since the deadline was set, if any."""
    moments = (campaign.deadline_at - before for before in campaign.reminders)
    return max((m for m in moments if campaign.deadline_set_at < m <= now), default=None)


def select_without_receipt(campaign_id: int) -> Select[int, int, str, int, bool, datetime]:
    """Selects the standing answers that have no receipt: each partner of which somebody can have one.

    `to_registered`: whether its registered contact is one of them.
    """
    to_registered = _hears_of_answer().label("to_registered")
    return (
        select(*OF_A_READER, Answer.id.label("answer_id"), to_registered, Answer.at)
        .join(Answer, Answer.partner_id == Partner.id)
        .where(Partner.campaign_id == campaign_id, _some_hear_of_answer(), _is_without_receipt())
    )


def select_with_receipts_missing(now: datetime, *which: ColumnElement[bool]) -> Select[int]:
    """Selects the campaigns, by number, that have such answers: the few answers first, then whose they are.

    A receipt that could not be put for a month is of no use any more; so what is over does not grow with the years.
    """
    lately = Answer.at > now - A_MONTH
    answers = select(Answer.id).where(lately, _is_without_receipt()).cte().prefix_with("MATERIALIZED")
    return (
        select(Partner.campaign_id)
        .join(Answer, Answer.partner_id == Partner.id)
        .join(answers, answers.c.id == Answer.id)
        .join(Campaign, Campaign.id == Partner.campaign_id)
        .where(_some_hear_of_answer(), *which)
        .distinct()
    )


@cache
def _hears_of_answer() -> ColumnElement[bool]:
    """Whether the registered contact gets the receipt: not where silence is wished, unless it exposes more."""
    return Partner.takes_mail | (Partner.takes_alerts & exposing_more())


@cache
def _some_hear_of_answer() -> ColumnElement[bool]:
    return _hears_of_answer() | (has_answering_contact() & Partner.silenced_at.is_(None))


def has_answering_contact() -> ColumnElement[bool]:
    """Whether somebody of a partner answered by a link of its own, and gets mail."""
    return exists().where(Contact.partner_id == Partner.id, *_ANSWERING)


def select_answering_contacts(*which: ColumnElement[bool]) -> Select[Contact]:
    """Selects the contacts that answered by their own link and get mail: they hear what the registered contact does."""
    return select(Contact).where(*which, *_ANSWERING).order_by(Contact.id)


def load_answering_contacts(session: Session, campaign: Campaign) -> dict[int, list[Contact]]:
    """Those of a campaign, by partner."""
    of_it = select(Partner.id).where(Partner.campaign_id == campaign.id, Partner.is_in_list)
    found: dict[int, list[Contact]] = {}
    for contact in session.scalars(select_answering_contacts(Contact.partner_id.in_(of_it))):
        found.setdefault(contact.partner_id, []).append(contact)
    return found


_ANSWERING = (Contact.takes_mail, exists().where(Answer.contact_id == Contact.id))


@cache
def _is_without_receipt() -> ColumnElement[bool]:
    return Answer.superseded_at.is_(None) & has_no(Mail.answer_id == Answer.id, Mail.kind == "receipt")


def has_no(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is no such mail of an answer or partner, looked up for each by itself.

    NOT EXISTS becomes a join, and PostgreSQL compares each answer with each receipt as long as its statistics are of
    a time when there was none.
    """
    return select(Mail.id).where(*which).limit(1).scalar_subquery().is_(None)


def load_applicants(session: Session, campaign: Campaign) -> list[ThirdPartyAddress]:
    """Who asks to sign, has confirmed it, and waits for an organizer."""
    return load_applicants_of(session, [campaign.id]).get(campaign.id, [])


def load_applicants_of(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[ThirdPartyAddress]]:
    """The same by campaign."""
    waiting = select(ThirdPartyAddress).where(
        ThirdPartyAddress.campaign_id.in_(campaign_ids), ThirdPartyAddress.confirmed_at.is_not(None)
    )
    found: dict[int, list[ThirdPartyAddress]] = {}
    undecided = waiting.where(ThirdPartyAddress.decided_at.is_(None)).order_by(ThirdPartyAddress.id)
    for one in session.scalars(undecided):
        found.setdefault(one.campaign_id, []).append(one)
    return found


def load_who_asked_to_join(session: Session, campaign: Campaign) -> list[ThirdPartyAddress]:
    """Who asked to sign, confirmed or not, is no partner, and has not been forgotten."""
    asked = select(ThirdPartyAddress).where(
        ThirdPartyAddress.campaign_id == campaign.id, ThirdPartyAddress.partner_id.is_(None)
    )
    return [one for one in session.scalars(asked.order_by(ThirdPartyAddress.id)) if one.organization]


def third_party_of(session: Session, mail: Mail) -> ThirdPartyAddress | None:
    """The address to which a mail goes that is nobody's whom we know; null if it goes to another reader."""
    return session.scalar(select(ThirdPartyAddress).where(ThirdPartyAddress.mail_id == mail.id))


def count_waiting_copies(session: Session, campaign: Campaign) -> int:
    """How many copies of the letter are in the outbox."""
    return count_waiting(session, campaign, "copy")


def count_waiting(session: Session, campaign: Campaign, kind: str) -> int:
    """How many mails of a kind are in the outbox."""
    waiting = (Mail.campaign_id == campaign.id) & (Mail.kind == kind) & Mail.due_at.is_not(None)
    return session.scalar(select(func.count()).select_from(Mail).where(waiting)) or 0


def _has_invitation() -> ColumnElement[bool]:
    """Whether it was asked by mail, and a mail of ours came to its present address: else one brings all that holds."""
    invited = exists().where(Mail.partner_id == Partner.id, *_INVITATION, Mail.sent_at.is_not(None))
    to_it = (Mail.contact_id.is_(None), Mail.sent_at.is_not(None), _TO_PRESENT_ADDRESS)
    return invited & exists().where(Mail.partner_id == Partner.id, *to_it)
