"""Where all campaigns stand, without a word about each partner: in as many statements for two hundred as for one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Campaign, Mail, MailResponse, Partner, ThirdPartyAddress
from worker.state import mail_status, recipients
from worker.state.approvals import Request, load_open
from worker.state.blockers import Blocker, blockers_to_tell, organizer_state
from worker.state.counts import Counts, count, load_counts_of
from worker.state.disclosures import load_notices_of
from worker.state.facts import CampaignFacts, load_facts_of
from worker.state.held import count_held_mails
from worker.state.joining import NOBODY, Joining, load_joining
from worker.state.letters import TO_DO, Served, ServedState, lacks_it, load_seals, seal_of
from worker.state.lifecycle import OrganizerState, Stage, settled_state, stage_at
from worker.state.mail_status import MailState
from worker.state.member_counts import NO_MEMBERS, MemberCounts, load_member_counts
from worker.state.member_status import MemberStatus, load_member_status
from worker.state.overdue import DueAct, load_due_acts
from worker.state.progress import Progress, load_progress
from worker.state.relay_status import RelayStatus, load_relay_status
from worker.state.responses import are_for_a_person, load_responses
from worker.state.undo import Undoable, load_undoable


@dataclass(frozen=True)
class Line:
    """What the table of all campaigns shows of one.

    `partly`: it left, and not every addressee has it; `due`: what the clock is to do with its letter now; `voices`:
    how many persons add theirs.
    """

    campaign: Campaign
    now: datetime
    state: OrganizerState
    counts: Counts
    partly: bool
    due: DueAct | None
    voices: MemberCounts


@dataclass(frozen=True)
class LetterStatus:
    """One letter to one addressee, and what was answered to it."""

    mail: Mail
    addressee: str | None
    state: MailState
    responses: Sequence[MailResponse] = ()

    @property
    def to_do(self) -> bool:
        """Whether a person is to find out if it arrived, because of what was answered."""
        return self.state == "sent" and are_for_a_person(self.responses)

    @classmethod
    def from_mail(cls, mail: Mail, responses: Sequence[MailResponse] = ()) -> "LetterStatus":
        return cls(mail, mail.addressee.name if mail.addressee else None, mail_status.mail_state(mail), responses)


@dataclass(frozen=True)
class AddresseeStatus:
    """What became of the letter for one addressee; `seal` is the one that it has or may have.

    `by_hand`: it has no mail address; `to_do`: once another addressee has the letter, this one waits for a person.
    """

    name: str
    copy: bool
    by_hand: bool
    state: ServedState
    at: datetime | None
    seal: int | None
    to_do: bool


def load_addressees(session: Session, facts: Sequence[CampaignFacts]) -> dict[int, list[AddresseeStatus]]:
    """Of each campaign that is closed, by campaign, in the order of the letter."""
    found = {of.campaign: of.served for of in facts if of.campaign.closed_at is not None}
    brought = [campaign.id for campaign, those in found.items() if any(one.addressee.brought_at for one in those)]
    seals = load_seals(session, brought)
    return {
        campaign.id: [_addressee(campaign, one, seal_of(campaign, one, seals)) for one in those]
        for campaign, those in found.items()
    }


def is_partly(facts: CampaignFacts) -> bool:
    """Whether the letter has left and may still be recalled from an addressee, in a campaign that goes on."""
    return _goes_on(facts.campaign) and not facts.is_irrevocable


def _goes_on(campaign: Campaign) -> bool:
    return campaign.dispatched_at is not None and campaign.cancelled_at is None and campaign.erased_at is None


def _addressee(campaign: Campaign, one: Served, seal: int | None) -> AddresseeStatus:
    return AddresseeStatus(
        name=one.addressee.name,
        copy=one.addressee.copy,
        by_hand=not one.addressee.email,
        state=one.state,
        at=one.at,
        seal=seal,
        to_do=_goes_on(campaign) and one.state in TO_DO,
    )


@dataclass(frozen=True)
class Overview(Line):
    """All that `status` shows of a campaign but its partners: no addresses, no codes.

    `addressees` says who has the letter, once it is closed. `applicants` ask to sign and wait for a yes or no;
    `joining` says how many ask, and whether too many do. `notices` are how many addressees are to be told that
    somebody stepped back after the letter had left. `undo` is what can be taken back now.
    `members`: the persons who add their voices.
    `held_mails` are how many mails wait because the campaign is held. `others_returned` are how many mails to the
    organizers, or to who asked to sign, came back or may not have arrived.
    """

    undo: Undoable | None
    seal: int | None
    blockers: list[Blocker]
    notices: int
    relay: RelayStatus
    progress: Progress | None
    applicants: list[ThirdPartyAddress]
    joining: Joining
    addressees: list[AddresseeStatus]
    letters: list[LetterStatus]
    mails: dict[str, dict[MailState, int]]
    members: MemberStatus
    held_mails: int
    others_returned: int
    requests: list[Request]
    """What waits for a second person."""

    @property
    def stage(self) -> Stage:
        return stage_at(self.campaign, [one.mail for one in self.letters], self.now)


def load_lines(session: Session) -> list[Line]:
    """All campaigns, in the order in which they were launched."""
    campaigns = session.scalars(select(Campaign).order_by(Campaign.id)).all()
    now, counts = db.clock(session), load_counts_of(session)
    unsettled = [campaign for campaign in campaigns if settled_state(campaign) is None]
    facts_of_unsettled = load_facts_of(session, unsettled, now)
    states = {facts.campaign: organizer_state(facts) for facts in facts_of_unsettled}
    due = load_due_acts(session, facts_of_unsettled)
    goes_on = (Campaign.dispatched_at.is_not(None), Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None))
    partly = set(session.scalars(select(Campaign.id).where(*goes_on, lacks_it())))
    voices = load_member_counts(session, [campaign.id for campaign in campaigns])
    return [
        Line(
            campaign=one,
            now=now,
            state=settled_state(one) or states[one],
            counts=counts.get(one.id) or count({}, 0),
            partly=one.id in partly,
            due=due.get(one.id),
            voices=voices.get(one.id, NO_MEMBERS),
        )
        for one in campaigns
    ]


def load_overviews(session: Session, campaign_ids: Collection[int] | None = None) -> list[Overview]:
    """The same with all but the partners; of all campaigns, or of these."""
    chosen = select(Campaign).order_by(Campaign.id)
    if campaign_ids is not None:
        chosen = chosen.where(Campaign.id.in_(campaign_ids))
    campaigns = session.scalars(chosen).all()
    ids, now = [campaign.id for campaign in campaigns], db.clock(session)
    relay, facts_of_all = load_relay_status(session, now), load_facts_of(session, campaigns, now)
    closed = [(facts.campaign, facts.letters) for facts in facts_of_all if facts.campaign.closed_at is not None]
    notices, progress = load_notices_of(session, closed), load_progress(session, ids, relay)
    applicants, mails = recipients.load_applicants_of(session, ids), count_mails(session, Mail.campaign_id.in_(ids))
    joining, addressees = load_joining(session, ids, now), load_addressees(session, facts_of_all)
    counts, undoable = load_counts_of(session, Partner.campaign_id.in_(ids)), load_undoable(session, ids, now)
    held, responses = count_held_mails(session, campaigns), load_responses(session, ids, to_addressees=True)
    requests = load_open(session, ids, now)
    others_returned, due = _count_others_returned(session, ids), load_due_acts(session, facts_of_all)
    persons = load_member_status(session, campaigns, {facts.campaign.id: facts.letters for facts in facts_of_all})
    return [
        Overview(
            campaign=facts.campaign,
            now=now,
            state=organizer_state(facts),
            counts=counts.get(facts.campaign.id) or count({}, 0),
            partly=is_partly(facts),
            due=due.get(facts.campaign.id),
            voices=persons[facts.campaign.id].counts,
            undo=undoable.get(facts.campaign.id),
            seal=facts.seal,
            blockers=blockers_to_tell(facts),
            notices=len(notices.get(facts.campaign.id, [])),
            relay=relay,
            progress=progress.get(facts.campaign.id),
            applicants=applicants.get(facts.campaign.id, []),
            joining=joining.get(facts.campaign.id, NOBODY),
            addressees=addressees.get(facts.campaign.id, []),
            letters=[LetterStatus.from_mail(mail, responses.get(mail.id, [])) for mail in facts.letters],
            mails=mails.get(facts.campaign.id, {}),
            members=persons[facts.campaign.id],
            held_mails=held.get(facts.campaign.id, 0),
            others_returned=others_returned.get(facts.campaign.id, 0),
            requests=requests.get(facts.campaign.id, []),
        )
        for facts in facts_of_all
    ]


def _count_others_returned(session: Session, campaign_ids: Sequence[int]) -> dict[int, int]:
    returned = Mail.reported_at.is_not(None) | Mail.bounced_at.is_not(None)
    number = select(Mail.campaign_id, func.count()).where(
        Mail.campaign_id.in_(campaign_ids), returned, ~Mail.is_to_others
    )
    return dict(session.execute(number.group_by(Mail.campaign_id)).all())


def count_mails(session: Session, *which: ColumnElement[bool]) -> dict[int, dict[str, dict[MailState, int]]]:
    """How many mails there are by campaign, kind and state, each in the order in which they first occur."""
    state = mail_status.state_of().label("state")
    number = select(Mail.campaign_id, Mail.kind, state, func.count()).where(*which)
    number = number.group_by(Mail.campaign_id, Mail.kind, "state")
    counted: dict[int, dict[str, dict[MailState, int]]] = {}
    for campaign_id, kind, how, many in session.execute(number.order_by(func.min(Mail.id))):
        counted.setdefault(campaign_id, {}).setdefault(kind, {})[how] = many
    return counted
