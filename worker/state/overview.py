"""Where all campaigns stand, without a word about each partner: in as many statements for two hundred as for one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Campaign, Mail, ThirdPartyAddress
from worker.state import mail_status, recipients
from worker.state.blockers import Blocker, blockers_to_tell, organizer_state
from worker.state.counts import Counts, count, load_counts_of
from worker.state.disclosures import load_notices_of
from worker.state.facts import load_facts_of
from worker.state.joining import NOBODY, Joining, load_joining
from worker.state.lifecycle import OrganizerState, settled_state
from worker.state.mail_status import MailState
from worker.state.progress import Progress, load_progress
from worker.state.relay_status import RelayStatus, load_relay_status


@dataclass(frozen=True)
class Line:
    """What the table of all campaigns shows of one."""

    campaign: Campaign
    now: datetime
    state: OrganizerState
    counts: Counts


@dataclass(frozen=True)
class LetterStatus:
    """One letter to one addressee."""

    mail: Mail
    addressee: str | None
    state: MailState

    @classmethod
    def from_mail(cls, mail: Mail) -> "LetterStatus":
        return cls(mail, mail.addressee.name if mail.addressee else None, mail_status.mail_state(mail))


@dataclass(frozen=True)
class Overview(Line):
    """All that `status` shows of a campaign but its partners: no addresses, no codes.

    `applicants` ask to sign and wait for a yes or no; `joining` says how many ask, and
    whether too many do. `notices` are how many addressees are to be told that somebody
    stepped back after the letter had left.
    """

    seal: int | None
    blockers: list[Blocker]
    notices: int
    relay: RelayStatus
    progress: Progress | None
    applicants: list[ThirdPartyAddress]
    joining: Joining
    letters: list[LetterStatus]
    mails: dict[str, dict[MailState, int]]


def load_lines(session: Session) -> list[Line]:
    """All campaigns, in the order in which they were launched."""
    campaigns = session.scalars(select(Campaign).order_by(Campaign.id)).all()
    now, counts = db.clock(session), load_counts_of(session)
    unsettled = [campaign for campaign in campaigns if settled_state(campaign) is None]
    states = {facts.campaign: organizer_state(facts) for facts in load_facts_of(session, unsettled, now)}
    return [Line(one, now, settled_state(one) or states[one], counts.get(one.id) or count({}, 0)) for one in campaigns]


def load_overviews(session: Session) -> list[Overview]:
    """The same with all but the partners."""
    campaigns = session.scalars(select(Campaign).order_by(Campaign.id)).all()
    ids, now = [campaign.id for campaign in campaigns], db.clock(session)
    relay, facts_of_all = load_relay_status(session, now), load_facts_of(session, campaigns, now)
    closed = [(facts.campaign, facts.letters) for facts in facts_of_all if facts.campaign.closed_at is not None]
    notices, progress = load_notices_of(session, closed), load_progress(session, ids, relay)
    applicants, mails = recipients.load_applicants_of(session, ids), _count_mails(session)
    joining = load_joining(session, ids, now)
    counts = load_counts_of(session)
    return [
        Overview(
            campaign=facts.campaign,
            now=now,
            state=organizer_state(facts),
            counts=counts.get(facts.campaign.id) or count({}, 0),
            seal=facts.seal,
            blockers=blockers_to_tell(facts),
            notices=len(notices.get(facts.campaign.id, [])),
            relay=relay,
            progress=progress.get(facts.campaign.id),
            applicants=applicants.get(facts.campaign.id, []),
            joining=joining.get(facts.campaign.id, NOBODY),
            letters=[LetterStatus.from_mail(mail) for mail in facts.letters],
            mails=mails.get(facts.campaign.id, {}),
        )
        for facts in facts_of_all
    ]


def _count_mails(session: Session) -> dict[int, dict[str, dict[MailState, int]]]:
    """How many mails there are by campaign, kind and state, each in the order in which they first occur."""
    state = mail_status.state_of().label("state")
    number = select(Mail.campaign_id, Mail.kind, state, func.count()).group_by(Mail.campaign_id, Mail.kind, "state")
    counted: dict[int, dict[str, dict[MailState, int]]] = {}
    for campaign_id, kind, how, many in session.execute(number.order_by(func.min(Mail.id))):
        counted.setdefault(campaign_id, {}).setdefault(kind, {})[how] = many
    return counted
