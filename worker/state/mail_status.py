"""What became of each mail to a partner, as codes and facts: how it stands, why, and what a person can do.

That a mail did not arrive is never told as silence. `wording/mail_status.py` has the sentences. What is said of a
partner is said of its registered contact: mails to its further contacts are told by themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, exists, null, select
from sqlalchemy.orm import Session, aliased

from worker.mail import holds, kinds
from worker.mail.undo_minutes import act_of_mail
from worker.models import Answer, Campaign, Mail, Partner, Suppression
from worker.state.due import first_mail_at
from worker.state.relay_status import RelayStatus, load_relay_status

MailState = Literal[
    "due", "held back", "sending", "sent", "deferred", "refused", "bounced", "uncertain", "cancelled", "suppressed"
]
ReasonCode = Literal[
    "handing_over", "held", "relay_blocked", "quota", "undo", "first_few",  # why it waits
    "suppressed", "no_recipient", "cancelled",  # why it does not leave any more
    "uncertain", "reported", "delayed", "returned", "reply",  # what the server said, or did not
]  # fmt: skip
Todo = Literal["correct_address", "resend", "ask"]
MailCode = Literal[MailState, "no address", "not asked", "may not have arrived", "erased"]
"""How the mail of a partner stands, in one word."""

_ASKS = kinds.names(lambda kind: kind.asks)
_FAILED = {"refused", "bounced", "suppressed"}


@dataclass(frozen=True)
class Reason:
    """Why a mail stands as it does."""

    code: ReasonCode
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Circumstances:
    """What decides over a mail beside its own row, the same for all partners of a campaign."""

    campaign: Campaign
    relay: RelayStatus
    takes_answers: bool
    suppressed: set[bytes]  # fingerprints of addresses
    first_go_alone: bool  # no other invitation is put before the relay took one of these
    copies_wait: bool  # the letter is with its addressee, and the campaign is held

    @property
    def blocked(self) -> Reason:
        assert self.relay.blocked_at is not None
        return Reason("relay_blocked", {"since": self.relay.blocked_at, "zone": self.campaign.zone})


@dataclass(frozen=True)
class MailStatus:
    """How one mail stands, and since `when`, or when it was put; `next`: when it is tried again by itself.

    `reported`: since when a report says that it may not have arrived; `delayed`: that it is delayed.
    """

    kind: str
    state: MailState
    when: datetime | None
    reply: str | None = None
    reason: Reason | None = None
    attempts: int = 0
    next: datetime | None = None
    todo: Todo | None = None
    reported: datetime | None = None
    delayed: datetime | None = None


def mail_state(mail: Mail) -> MailState:
    """What the row alone says: bounced, sent, refused, cancelled, uncertain, sending, deferred, due."""
    if mail.bounced_at is not None:
        return "bounced"
    if mail.sent_at is not None:
        return "sent"
    if mail.refused_at is not None:
        return "refused"
    if mail.cancelled_at is not None:
        return "cancelled"
    if mail.uncertain_at is not None:
        return "uncertain"
    if mail.in_data_at is not None:
        return "sending"
    return "deferred" if mail.attempts and mail.reply and mail.lease_holder is None else "due"


@cache
def state_of() -> ColumnElement[MailState]:
    """The same of any mail, as a column in SQL."""
    tried = (Mail.attempts != 0) & (Mail.reply != "") & Mail.lease_holder.is_(None)
    return case(
        (Mail.bounced_at.is_not(None), "bounced"),
        (Mail.sent_at.is_not(None), "sent"),
        (Mail.refused_at.is_not(None), "refused"),
        (Mail.cancelled_at.is_not(None), "cancelled"),
        (Mail.uncertain_at.is_not(None), "uncertain"),
        (Mail.in_data_at.is_not(None), "sending"),
        (tried, "deferred"),
        else_="due",
    )


def partner_mails(
    partner: Partner, mails: Sequence[Mail], standing: Answer | None, around: Circumstances
) -> list[MailStatus]:
    """What became of the mails to a partner's registered contact, in the order in which they were put.

    With those that are not put yet.
    """
    found = [_status(mail, around) for mail in mails]
    lost = unreached(partner, mails, around) is not None
    with_todo = [
        replace(status, todo=_todo(partner, mail, status, mails[number + 1 :], standing, around, lost=lost))
        for number, (mail, status) in enumerate(zip(mails, found, strict=True))
    ]
    if in_doubt(partner, mails, standing, around):
        at = next(n for n in reversed(range(len(mails))) if _left_for(mails[n], partner))
        if with_todo[at].todo is None:
            with_todo[at] = replace(with_todo[at], todo="ask")
    return with_todo + _not_put_yet(partner, mails, standing, around)


def load_circumstances(session: Session, campaign: Campaign, now: datetime) -> Circumstances:
    """What decides over the mails of a campaign at this moment."""
    invitation = (Mail.campaign_id == campaign.id, Mail.kind == "invitation")
    under_way = exists().where(*invitation, Mail.refused_at.is_(None), Mail.cancelled_at.is_(None))
    taken = exists().where(*invitation, Mail.sent_at.is_not(None))
    suppressed = (
        select(Suppression.email_hmac)
        .join(Partner, Partner.email_hmac == Suppression.email_hmac)
        .where(Partner.campaign_id == campaign.id)
    )
    return Circumstances(
        campaign,
        load_relay_status(session, now),
        takes_answers=campaign.takes_answers(at=now),
        suppressed={bytes(hmac) for hmac in session.scalars(suppressed)},
        first_go_alone=bool(session.scalar(select(under_way & ~taken))),
        copies_wait=campaign.held_at is not None and campaign.dispatched_at is not None,
    )


def mail_code(
    partner: Partner, mails: Sequence[Mail], standing: Answer | None, around: Circumstances
) -> tuple[MailCode, datetime | None]:
    """How the mail of a partner's registered contact stands in one word, and since when."""
    if partner.erased_at is not None:
        return "erased", partner.erased_at
    found = partner_mails(partner, mails, standing, around)
    last = next((one for one in reversed(found) if one.state != "cancelled"), found[-1] if found else None)
    if (lost := unreached(partner, mails, around)) is not None:
        since = next((one.when for one in reversed(found) if one.state == lost), None)
        return lost, since or partner.bounced_at
    if in_doubt(partner, mails, standing, around):
        return "may not have arrived", next(one.reported for one in reversed(found) if one.reported)
    if last is not None:
        return last.state, last.when
    return ("no address" if partner.email_hmac is None else "not asked"), None


def load_mails_to(session: Session, partner: Partner) -> list[Mail]:
    """All mails to a partner, its further contacts among its readers, in the order in which they were put."""
    return list(session.scalars(select(Mail).where(Mail.partner_id == partner.id).order_by(Mail.id)))


def contact_mail(mails: Sequence[Mail], around: Circumstances) -> MailStatus | None:
    """What became of the last mail to a further contact; null if none was put."""
    if not mails:
        return None
    found = _status(mails[-1], around)
    return replace(found, state="suppressed") if _failure(mails[-1]) == "suppressed" else found


def unreached(partner: Partner, mails: Sequence[Mail], around: Circumstances) -> MailState | None:
    """Why no mail of ours reaches a partner that has an address: bounced, refused or suppressed."""
    if partner.email_hmac is None:
        return None
    states = [_failure(mail) for mail in mails if is_to_present_address(mail, partner)]
    if partner.bounced_at is not None:
        return "bounced"
    if bytes(partner.email_hmac) in around.suppressed:
        return "suppressed"
    if any(arrived(mail, partner) for mail in mails):
        return None
    return next((state for state in reversed(states) if state), None)


@cache
def unreached_partner() -> ColumnElement[MailState | None]:
    """The same of any partner, as a column in SQL; its mails are looked at only if its own row does not say it."""
    its = (Mail.partner_id == Partner.id, Mail.contact_id.is_(None), _to_present_address(Mail))
    failure = _failure_of()
    last = select(failure).where(*its, failure.is_not(None)).order_by(Mail.id.desc()).limit(1)
    return case(
        (Partner.email_hmac.is_(None), null()),
        (Partner.bounced_at.is_not(None), "bounced"),
        (Partner.email_hmac.in_(select(Suppression.email_hmac)), "suppressed"),
        (exists().where(*its, _taken(Mail)).correlate(Partner), null()),
        else_=last.correlate(Partner).scalar_subquery(),
    )


def in_doubt(partner: Partner, mails: Sequence[Mail], standing: Answer | None, around: Circumstances) -> bool:
    """Whether the last mail that left for a partner may not have arrived, as a report says that proves no failure.

    Not where it is known that none reaches it, nor where it has answered what that mail asks.
    """
    if partner.email_hmac is None or unreached(partner, mails, around) is not None:
        return False
    last = next((mail for mail in reversed(mails) if _left_for(mail, partner)), None)
    if last is None or last.reported_at is None or last.bounced_at is not None:
        return False
    return standing is None or last.kind not in _ASKS


def _left_for(mail: Mail, partner: Partner) -> bool:
    return (mail.sent_at is not None or mail.reported_at is not None) and is_to_present_address(mail, partner)


@cache
def partner_in_doubt() -> ColumnElement[bool]:
    """The same of any partner, as a column in SQL; the few mails of which a report came are looked at first."""
    later = aliased(Mail)
    again = exists().where(
        *(later.partner_id == Mail.partner_id, later.contact_id.is_(None), later.id > Mail.id),
        later.sent_at.is_not(None) | later.reported_at.is_not(None),
        *(later.generation.is_(None) | (later.generation == Partner.generation) | Partner.erased_at.is_not(None),),
    )
    answered = exists().where(Answer.partner_id == Mail.partner_id, Answer.superseded_at.is_(None))
    doubtful = (
        select(Mail.partner_id)
        .join(Partner, Partner.id == Mail.partner_id)
        .where(Mail.reported_at.is_not(None), Mail.bounced_at.is_(None), Mail.contact_id.is_(None))
        .where(_to_present_address(Mail), ~again, ~answered | Mail.kind.not_in(_ASKS))
        .correlate(None)
    )
    return Partner.id.in_(doubtful) & Partner.email_hmac.is_not(None) & unreached_partner().is_(None)


@cache
def to_correct() -> ColumnElement[bool]:
    """Whether a person can correct the address of a partner that no mail reaches, so that it answers, or has a receipt.

    Of any partner, as a column in SQL; not where it wants none, or has answered what did not arrive.
    """
    last = select(Mail.kind).where(Mail.partner_id == Partner.id, Mail.contact_id.is_(None))
    last_kind = last.order_by(Mail.id.desc()).limit(1).correlate(Partner).scalar_subquery()
    lost = unreached_partner().is_not(None) & Partner.takes_mail
    return lost & (~_has_answered() | last_kind.not_in(_ASKS))


@cache
def to_resend() -> ColumnElement[bool]:
    """Whether nobody knows if a mail to a partner arrived, and a person can send it again; likewise."""
    later = aliased(Mail)
    again = exists().where(
        *(later.partner_id == Mail.partner_id, later.contact_id.is_(None), later.id > Mail.id),
        *(_taken(later), _to_present_address(later)),
    )
    asks_in_vain = _has_answered() & Mail.kind.in_(_ASKS)
    doubtful = (
        select(Mail.partner_id)
        .join(Partner, Partner.id == Mail.partner_id)
        .where(Mail.uncertain_at.is_not(None), Mail.due_at.is_(None), state_of() == "uncertain")
        .where(Mail.contact_id.is_(None), _to_present_address(Mail), ~again, ~asks_in_vain)
        .correlate(None)
    )
    return Partner.id.in_(doubtful) & Partner.takes_mail & unreached_partner().is_(None)


def _has_answered() -> ColumnElement[bool]:
    return exists().where(Answer.partner_id == Partner.id, Answer.superseded_at.is_(None)).correlate(Partner)


def arrived(mail: Mail, partner: Partner, *, whenever: bool = False) -> bool:
    """Whether it was taken for the partner's present address (or `whenever`: an earlier one), and did not bounce."""
    taken = mail.sent_at is not None and mail.bounced_at is None
    return taken and (whenever or is_to_present_address(mail, partner))


def has_arrived(mail: type[Mail], *, whenever: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same as the condition in SQL."""
    return _taken(mail) & (whenever | _to_present_address(mail))


def _taken(mail: type[Mail]) -> ColumnElement[bool]:
    return mail.sent_at.is_not(None) & mail.bounced_at.is_(None)


def is_to_present_address(mail: Mail, partner: Partner) -> bool:
    return mail.generation in {None, partner.generation} or partner.erased_at is not None


def _to_present_address(mail: type[Mail]) -> ColumnElement[bool]:
    present = mail.generation.is_(None) | (mail.generation == Partner.generation)
    return present | Partner.erased_at.is_not(None)


def reason_of(mail: Mail) -> Reason | None:
    """Why the mail stands as its row says."""
    state = mail_state(mail)
    if state == "cancelled":
        return Reason(mail.cancel_reason or "cancelled")
    if state == "uncertain" and mail.reported_at is None:
        return Reason("uncertain", {"reply": mail.reply})
    if mail.reported_at is not None and state not in _FAILED:
        return Reason("reported", {"reply": mail.reply, "given_up": True})
    if mail.delayed_at is not None and state not in _FAILED:
        return Reason("delayed", {"reply": mail.reply})
    if state == "bounced":
        return Reason("returned", {"reply": mail.reply, "given_up": True})
    return Reason("reply", {"reply": mail.reply, "given_up": state == "refused"}) if mail.reply else None


def _failure(mail: Mail) -> MailState | None:
    if mail.cancelled_at is not None and mail.sent_at is None and mail.cancel_reason == "suppressed":
        return "suppressed"
    return state if (state := mail_state(mail)) in _FAILED else None


def _failure_of() -> ColumnElement[MailState | None]:
    called_back = Mail.cancelled_at.is_not(None) & Mail.sent_at.is_(None)
    state = state_of()
    return case((called_back & (Mail.cancel_reason == "suppressed"), "suppressed"), (state.in_(_FAILED), state))


def _status(mail: Mail, around: Circumstances) -> MailStatus:
    now = around.relay.now
    found = MailStatus(
        mail.kind,
        mail_state(mail),
        mail_moment(mail),
        mail.reply,
        reason_of(mail),
        mail.attempts,
        reported=mail.reported_at if mail.bounced_at is None else None,
        delayed=mail.delayed_at,
    )
    if mail.due_at is None:
        return found
    if mail.lease_until is not None and mail.lease_until >= now:
        return replace(found, state="sending", reason=Reason("handing_over"))
    if held := _held_back(mail, around):
        why, until = held
        if found.state == "uncertain" and (until is not None or why.code == "held"):
            return replace(found, next=until)  # what keeps the second copy does not end the doubt about the first
        return replace(found, state="held back", reason=why, next=until)
    return replace(found, next=mail.due_at)


def _held_back(mail: Mail, around: Circumstances) -> tuple[Reason, datetime | None] | None:
    """Why a mail that waits does not leave at its time, and when it may."""
    relay, campaign, limit = around.relay, around.campaign, around.relay.limit_of(mail.urgency)
    assert mail.due_at is not None
    if holds.is_held(campaign, mail.kind):
        return Reason("held"), None
    room_at = limit.next_of(mail.urgency) if limit else mail.due_at
    if relay.blocked_at is not None and mail.due_at <= (tried_at := max(relay.now, relay.retry_at or relay.now)):
        # One mail tries the relay, whatever the quotas; the others follow once there is room.
        return around.blocked, room_at and max(room_at, relay.retry_at or tried_at)
    if limit and (room_at is None or mail.due_at < room_at):
        quota = limit.quota
        return Reason("quota", {"span": limit.name, "used": quota.used, "allowed": quota.allowed}), room_at
    if mail.attempts or mail.due_at <= relay.now:
        return None
    launching = mail.kind == "invitation" and relay.now < first_mail_at(campaign)
    waits = launching or mail.due_at == campaign.undo_until
    return (Reason("undo", {"act": act_of_mail(mail.kind)}), mail.due_at) if waits else None


def _not_put_yet(
    partner: Partner, mails: Sequence[Mail], standing: Answer | None, around: Circumstances
) -> list[MailStatus]:
    """The invitation or the copy that a partner will get, though no row says so yet."""
    campaign = around.campaign
    if not partner.takes_mail:
        return []
    put = {mail.kind for mail in mails}
    if around.takes_answers and standing is None and "invitation" not in put:
        if holds.is_held(campaign, "invitation"):
            return [MailStatus("invitation", "held back", campaign.mail_held_at, reason=Reason("held"))]
        if around.relay.blocked_at is not None:
            return [MailStatus("invitation", "held back", campaign.launched_at, reason=around.blocked)]
        if around.first_go_alone:
            return [MailStatus("invitation", "held back", campaign.launched_at, reason=Reason("first_few"))]
        return [MailStatus("invitation", "due", campaign.launched_at)]
    if around.copies_wait and standing is not None and standing.signs and "copy" not in put:
        return [MailStatus("copy", "held back", campaign.held_at, reason=Reason("held"))]
    return []


def _todo(
    partner: Partner,
    mail: Mail,
    status: MailStatus,
    later: Sequence[Mail],
    standing: Answer | None,
    around: Circumstances,
    *,
    lost: bool,
) -> Todo | None:
    """What a person can do about a mail that did not arrive; nothing once it is past, or a later one arrived.

    `lost`: no mail reaches the partner any more, even if this one, its last, did.
    """
    of_use = (around.takes_answers and standing is None) if mail.kind in _ASKS else standing is not None
    superseded = any(arrived(one, partner) for one in later)
    wants_none = partner.quiet_at is not None or partner.silenced_at is not None
    if superseded or wants_none or not (of_use and is_to_present_address(mail, partner)):
        return None
    if _failure(mail) or (lost and not later):
        return "correct_address"
    return "resend" if status.state == "uncertain" and mail.due_at is None else None


def mail_moment(mail: Mail) -> datetime:
    """When it came to stand as it does, or was put."""
    moments = (mail.bounced_at, mail.sent_at, mail.refused_at, mail.cancelled_at, mail.uncertain_at, mail.in_data_at)
    return next((moment for moment in moments if moment is not None), mail.dated_at)
