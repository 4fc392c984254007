"""Where things stand: per campaign, per partner and per letter, as rows say it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.choices import CHOICES
from worker.models import Answer, Campaign, Mail, Partner, Suppression, ThirdPartyAddress
from worker.state import mail_status, recipients, signatories
from worker.state.answers import earlier_answers, load_standing
from worker.state.blockers import Blocker, find_blockers, organizer_state
from worker.state.disclosures import load_notices
from worker.state.facts import CampaignFacts, load_facts
from worker.state.lifecycle import OrganizerState
from worker.state.mail_status import Circumstances, MailState, MailStatus, mail_state
from worker.state.relay_status import RelayStatus, load_relay_status

LATELY = timedelta(minutes=1)  # what left in this time says how fast it goes


@dataclass(frozen=True)
class PartnerStatus:
    """One organization.

    `asked`: when a server took its invitation, null if it came back; `invitation`: how the latest one stands;
    `unreached`: why no mail reaches it; `quiet`: since when it wants none; `disowned`: when it said that an answer was
    not its own; `carried`: when an organizer took its invitation there; `passed_on`: when it last passed it on. Of a
    wish for a change, `passage` and `reason` say what should be how. `proposed` is the name that it asks for, by
    language ("" is the letter's own); `earlier` is what it answered to a letter that meant something else.
    """

    organization: str
    acronym: str
    country: str
    language: str
    proposed: dict[str, str] | None
    invitation: str
    asked: datetime | None
    reminded: list[datetime]
    reply: str | None
    unreached: MailState | None
    quiet: datetime | None
    erased: datetime | None
    answer: str | None
    visibility: str | None
    answered: datetime | None
    channel: str | None
    passage: str | None
    reason: str | None
    note: str | None
    mails: list[MailStatus]
    disowned: datetime | None
    carried: datetime | None
    passed_on: datetime | None
    earlier: str | None


@dataclass(frozen=True)
class LetterStatus:
    """One letter to one addressee."""

    mail: Mail
    addressee: str | None
    state: MailState


@dataclass(frozen=True)
class Progress:
    """How far the mails are that leave now, and how fast; `seconds_left` is null where a quota stops them before."""

    sent: int
    total: int
    per_second: float
    seconds_left: float | None


@dataclass(frozen=True)
class Counts:
    """Numbers of partners; `asked`, `by_hand` and `unreached` (refused, bounced or suppressed) exclude each other."""

    partners: int
    asked: int
    by_hand: int
    unreached: int
    refused: int
    bounced: int
    suppressed: int
    named_publicly: int
    answers: dict[str, int]
    """By what `choices` calls each number: signed, declined …"""
    silent: int

    @property
    def signed(self) -> int:
        return self.answers["signed"]

    def as_json(self) -> dict[str, int]:
        """Every number by its name, those of the answers among them."""
        numbers = vars(self) | self.answers
        return {name: number for name, number in numbers.items() if name != "answers"}


@dataclass(frozen=True)
class CampaignStatus:
    """All that `status` shows: no addresses, no codes.

    `applicants` ask to sign and wait for a yes or no. `notices` are how many addressees are to be told that somebody
    stepped back after the letter had left.
    """

    campaign: Campaign
    now: datetime
    state: OrganizerState
    seal: int | None
    blockers: list[Blocker]
    notices: int
    relay: RelayStatus
    progress: Progress | None
    counts: Counts
    applicants: list[ThirdPartyAddress]
    letters: list[LetterStatus]
    mails: dict[str, dict[MailState, int]]
    partners: list[PartnerStatus]


def load_status(session: Session, campaign: Campaign) -> CampaignStatus:
    """Read where a campaign stands, in as many statements for ten thousand partners as for ten."""
    facts = load_facts(session, campaign)
    mails = session.scalars(select(Mail).where(Mail.campaign_id == campaign.id).order_by(Mail.id)).all()
    around = _circumstances(session, campaign, mails, facts.now)
    partners = _partners(session, campaign, mails, around)
    return CampaignStatus(
        campaign=campaign,
        now=facts.now,
        state=organizer_state(facts),
        seal=facts.seal,
        blockers=find_blockers(facts) if campaign.closed_at and not campaign.dispatched_at else [],
        notices=len(load_notices(session, campaign, facts.letters)) if campaign.closed_at else 0,
        relay=around.relay,
        progress=_progress(campaign, mails, around),
        counts=_counts(facts, partners),
        applicants=recipients.load_applicants(session, campaign),
        letters=[_letter(mail) for mail in mails if mail.kind == "letter"],
        mails=_count_mails(mails),
        partners=partners,
    )


def count_unreached(session: Session, campaign: Campaign) -> tuple[int, int]:
    """How many partners no mail reaches, and of how many more nobody knows whether one did."""
    partners = load_status(session, campaign).partners
    uncertain = (any(mail.state == "uncertain" and mail.next is None for mail in one.mails) for one in partners)
    unknown = sum(doubt and one.unreached is None for doubt, one in zip(uncertain, partners, strict=True))
    return sum(one.unreached is not None for one in partners), unknown


def load_counts(session: Session, campaign: Campaign) -> Counts:
    """Only the numbers of partners."""
    return load_status(session, campaign).counts


def _circumstances(session: Session, campaign: Campaign, mails: Sequence[Mail], now: datetime) -> Circumstances:
    relay = load_relay_status(session, now)
    invitations = [mail for mail in mails if mail.kind == "invitation"]
    under_way = any(mail.refused_at is None and mail.cancelled_at is None for mail in invitations)
    suppressed = (
        select(Suppression.email_hmac)
        .join(Partner, Partner.email_hmac == Suppression.email_hmac)
        .where(Partner.campaign_id == campaign.id)
    )
    return Circumstances(
        campaign,
        relay,
        takes_answers=campaign.takes_answers(at=now),
        suppressed={bytes(hmac) for hmac in session.scalars(suppressed)},
        first_go_alone=under_way and not any(mail.sent_at for mail in invitations),
        copies_wait=campaign.held_at is not None and campaign.dispatched_at is not None,
    )


def _counts(facts: CampaignFacts, partners: list[PartnerStatus]) -> Counts:
    answers = Counter(partner.answer for partner in partners)
    reasons = Counter(partner.unreached for partner in partners if partner.unreached)
    asked = [partner for partner in partners if partner.asked is not None and partner.unreached is None]
    return Counts(
        partners=len(partners),
        asked=len(asked),
        by_hand=sum(partner.invitation == "no address" for partner in partners),
        unreached=reasons.total(),
        refused=reasons["refused"],
        bounced=reasons["bounced"],
        suppressed=reasons["suppressed"],
        named_publicly=sum(n for visibility, n in facts.signing.items() if signatories.is_named(visibility, "public")),
        answers={one.counted_as: answers[one.name] for one in CHOICES.values()},
        silent=sum(partner.answer is None for partner in asked),
    )


def _partners(
    session: Session, campaign: Campaign, mails: Sequence[Mail], around: Circumstances
) -> list[PartnerStatus]:
    by_partner: dict[int | None, list[Mail]] = {}
    for mail in mails:
        by_partner.setdefault(mail.partner_id, []).append(mail)
    standing = load_standing(session, campaign)
    rows = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id)).all()
    earlier = earlier_answers(session, campaign)
    return [
        _partner(partner, by_partner.get(partner.id, []), standing.get(partner.id), earlier.get(partner.id), around)
        for partner in signatories.in_order(rows)
    ]


def _partner(
    partner: Partner, mails: list[Mail], answer: Answer | None, earlier: Answer | None, around: Circumstances
) -> PartnerStatus:
    found = mail_status.partner_mails(partner, mails, answer, around)
    invitation = next((mail for mail in reversed(mails) if mail.kind == "invitation"), None)
    asked = invitation is not None and mail_status.arrived(invitation, partner, whenever=answer is not None)
    return PartnerStatus(
        organization=partner.organization,
        acronym=partner.acronym,
        country=partner.country,
        language=partner.language,
        proposed=partner.proposed,
        invitation=_invitation(partner, found),
        asked=invitation.sent_at if invitation and asked else None,
        reminded=[mail.sent_at for mail in mails if mail.kind == "reminder" and mail.sent_at],
        reply=invitation.reply if invitation else None,
        unreached=mail_status.unreached(partner, mails, around),
        quiet=partner.quiet_at,
        erased=partner.erased_at,
        answer=answer.choice if answer else None,
        visibility=answer.visibility if answer else None,
        answered=answer.at if answer else None,
        channel=answer.channel if answer else None,
        passage=(answer.passage or None) if answer else None,
        reason=(answer.reason or None) if answer else None,
        note=(answer.note or None) if answer else None,
        mails=found,
        disowned=partner.disowned_at,
        carried=partner.handed_out_at,
        passed_on=partner.passed_on_at,
        earlier=earlier.choice if earlier and not answer else None,
    )


def _invitation(partner: Partner, found: list[MailStatus]) -> str:
    """How the latest invitation stands."""
    states = [status.state for status in found if status.kind == "invitation"]
    if states:
        return states[-1]
    return "no address" if partner.email_hmac is None else "not asked"


def _letter(mail: Mail) -> LetterStatus:
    return LetterStatus(mail, mail.addressee.name if mail.addressee else None, mail_state(mail))


def _count_mails(mails: Sequence[Mail]) -> dict[str, dict[MailState, int]]:
    counted: dict[str, dict[MailState, int]] = {}
    for mail in mails:
        states = counted.setdefault(mail.kind, {})
        states[mail_state(mail)] = states.get(mail_state(mail), 0) + 1
    return counted


def _progress(campaign: Campaign, mails: Sequence[Mail], around: Circumstances) -> Progress | None:
    now = around.relay.now
    to_partners = [mail for mail in mails if mail.partner_id is not None]
    waiting = [m for m in to_partners if m.due_at is not None and m.due_at <= now and m.reply is None]
    rounds = {kind: min(m.dated_at for m in waiting if m.kind == kind) for kind in {m.kind for m in waiting}}
    if "invitation" in rounds:
        rounds["invitation"] = campaign.launched_at  # the first few were put before the others
    sent = [m.sent_at for m in to_partners if m.sent_at and m.kind in rounds and m.dated_at >= rounds[m.kind]]
    lately = [moment for moment in sent if moment > now - LATELY]
    if not waiting or not lately or around.relay.blocked_at is not None:
        return None
    per_second = len(lately) / max(1.0, (now - min(lately)).total_seconds())
    room = min((limit.quota.room_for_bulk for limit in around.relay.limits), default=len(waiting))
    return Progress(
        sent=len(sent),
        total=len(sent) + len(waiting),
        per_second=per_second,
        seconds_left=len(waiting) / per_second if len(waiting) <= room else None,
    )
