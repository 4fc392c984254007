"""What waits for a person, across campaigns: a code, a number and the campaign; the sentences are in `wording/todo.py`.

In as many statements for two hundred campaigns as for one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Campaign, Partner
from worker.state import board, counts, mail_status, notes
from worker.state.backups import load_backup_status
from worker.state.blockers import BlockerCode
from worker.state.overview import Overview, load_overviews
from worker.state.relay_status import RelayStatus, load_relay_status

TodoCode = Literal[
    "restored", "nothing_running", "mail_outage", "backup_missing",  # of no campaign
    "late", "below_quorum", "nobody_signed", "letter_uncertain", "bring_letter", "letter_refused", "letter_turned_down",
    "panic", "approval", "addressee_not_served", "letter_answered", "notice", "held", "mail_held",  # of a letter
    "not_reached", "perhaps_not_reached", "may_not_have_arrived",  # of partners and persons
    "wishes", "names", "applicants", "flood", "words", "deadline_soon", "note_due",
    "digest_failed",  # of what tells the addressee of persons
]  # fmt: skip
AN_HOUR = timedelta(hours=1)
NO_DECISION = frozenset[TodoCode]({"deadline_soon"})
"""What is told in time, and needs nobody."""


FOR_VIEWERS = frozenset[TodoCode](
    {
        *("late", "below_quorum", "nobody_signed", "letter_uncertain", "bring_letter", "letter_refused"),
        *("letter_turned_down", "addressee_not_served", "deadline_soon"),
    }
)
"""What somebody reads who may see totals and public names only, without a number but that of who signs."""


@dataclass(frozen=True)
class ToDo:
    """One thing that waits; `campaign` is null where it is about all of them, `number` how many it concerns."""

    code: TodoCode
    campaign: Campaign | None = None
    number: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_person(self) -> bool:
        return self.code not in NO_DECISION


def load_todo(session: Session, campaign_ids: Collection[int] | None = None, *, idle: bool = False) -> list[ToDo]:
    """What waits in these campaigns, or in all: first what concerns them all, then by campaign, the letter first.

    `idle`: whoever asks knows that nothing runs, whatever signs of life there were.
    """
    return load_todo_of(session, load_overviews(session, campaign_ids), idle=idle)


def load_todo_of(session: Session, overviews: Sequence[Overview], *, idle: bool = False) -> list[ToDo]:
    """The same of campaigns that were read already."""
    open = [one.campaign.id for one in overviews if one.campaign.takes_answers(at=one.now)]
    of_partners = _count_partners(session, open)
    due_notes = notes.count_due(session, [one.campaign.id for one in overviews])
    found = list(_of_all(session, overviews, idle=idle))
    for one in overviews:
        found += _of_letter(one)
        found += _of_people(one, of_partners.get(one.campaign.id, {}))
        if number := due_notes.get(one.campaign.id):
            found.append(ToDo("note_due", one.campaign, number))
    return found


def for_viewers(found: Sequence[ToDo]) -> list[ToDo]:
    """What may be told of this to somebody who may see totals and public names only."""
    return [replace(one, number=0) for one in found if one.campaign is None or one.code in FOR_VIEWERS]


def _of_all(session: Session, overviews: Sequence[Overview], *, idle: bool) -> Iterator[ToDo]:
    relay = overviews[0].relay if overviews else load_relay_status(session)
    if not session.scalar(select(db.is_running())):
        yield ToDo("restored")
    elif overviews and (idle or relay.stuck or not relay.beat) and (relay.due or any(map(_goes_on, overviews))):
        yield ToDo("nothing_running", number=relay.due)
    if relay.blocked_at is not None:
        yield ToDo("mail_outage", number=relay.due, facts=_outage(relay, overviews))
    if (backups := load_backup_status(session)).is_missing(relay.now):
        yield ToDo("backup_missing", facts={"last": backups.last})


def _outage(relay: RelayStatus, overviews: Sequence[Overview]) -> dict[str, Any]:
    zone = overviews[0].campaign.zone if overviews else "UTC"
    return {"since": relay.blocked_at, "reply": relay.reply, "zone": zone}


def _goes_on(one: Overview) -> bool:
    campaign = one.campaign
    return (
        campaign.cancelled_at is None and campaign.erased_at is None and (campaign.dispatched_at is None or one.partly)
    )


def _of_letter(one: Overview) -> Iterator[ToDo]:
    campaign = one.campaign
    if campaign.panic_at is not None:
        yield ToDo("panic", campaign, one.held_mails, {"since": campaign.panic_at, "zone": campaign.zone})
    if one.requests:
        yield ToDo("approval", campaign, len(one.requests))
    if one.due is not None and one.due.late:
        yield ToDo("late", campaign, facts={"act": one.due.act, "since": one.due.since, "now": one.now})
    for blocker in one.blockers:
        if code := _BLOCKERS.get(blocker.code):
            yield ToDo(code, campaign, facts=blocker.facts)
    if lacking := [addressee.name for addressee in one.addressees if addressee.to_do]:
        yield ToDo("addressee_not_served", campaign, len(lacking), {"names": lacking})
    if answered := sum(letter.to_do for letter in one.letters):
        yield ToDo("letter_answered", campaign, answered)
    if one.notices:
        yield ToDo("notice", campaign, one.notices)
    if campaign.held_at is not None and campaign.cancelled_at is None and campaign.panic_at is None:
        yield ToDo("mail_held" if campaign.mail_held_at else "held", campaign, one.held_mails)


_BLOCKERS: dict[BlockerCode, TodoCode] = {
    "below_quorum": "below_quorum",
    "nobody_signed": "nobody_signed",
    "uncertain": "letter_uncertain",
    "no_address": "bring_letter",
    "refused": "letter_refused",
    "turned_down": "letter_turned_down",
}


def _of_people(one: Overview, numbers: Mapping[str, int]) -> Iterator[ToDo]:
    campaign = one.campaign
    is_open = campaign.takes_answers(at=one.now)
    waiting = {**numbers, "words": one.voices.words_waiting, "digest_failed": one.members.failed_mails}
    for code in _COUNTED:
        if number := waiting.get(code, 0):
            yield ToDo(code, campaign, number)
    if one.applicants and is_open:
        yield ToDo("applicants", campaign, len(one.applicants))
    if one.joining.is_flood and is_open:
        yield ToDo("flood", campaign, one.joining.asked_lately)
    if is_open and campaign.deadline_at <= one.now + AN_HOUR:
        facts = {"deadline": campaign.deadline_at, "zone": campaign.zone}
        yield ToDo("deadline_soon", campaign, one.counts.silent, facts)


_COUNTED: tuple[TodoCode, ...] = (
    *("not_reached", "perhaps_not_reached", "may_not_have_arrived", "wishes", "names", "words", "digest_failed"),
)


def _count_partners(session: Session, campaign_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many partners wait for a person, by campaign and code; of those about whom something can be done."""
    filters = board.filters()
    conditions = {
        "not_reached": mail_status.to_correct(),
        "perhaps_not_reached": mail_status.to_resend(),
        "may_not_have_arrived": filters["may_not_have_arrived"],
        "wishes": filters["wishes"],
        "names": filters["name_waits"],
    }
    counted = [func.count(case((condition, 1))) for condition in conditions.values()]
    of_each = counts.of_partners(Partner.campaign_id, *counted).where(Partner.campaign_id.in_(campaign_ids))
    return {
        campaign_id: dict(zip(conditions, numbers, strict=True))
        for campaign_id, *numbers in session.execute(of_each.group_by(Partner.campaign_id))
    }
