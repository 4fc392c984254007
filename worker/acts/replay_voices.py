"""What the journal says of persons who add their voices: it is taken away again from a database that was put back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import erase_members
from worker.acts.after_member_left import void_what_counts
from worker.acts.journal_lines import JournalLines, last
from worker.journal import Line, marks_of
from worker.mail import outbox
from worker.models import Campaign, DigestsStoppedBy, Mail, Member

_TAKEN = frozenset({"voice withdrawn", "voice disowned", "voice erased", "voice counted", "words gone"})
_ENDS: tuple[journal.Kind, ...] = ("voice withdrawn", "voice disowned", "voice erased")


@dataclass
class ReplayedVoices:
    """What was taken away again, by kind; and of each campaign how many voices were added since and are lost."""

    counts: Counter[journal.Kind] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)


def replay_voices(session: Session, campaigns: Sequence[Campaign], lines: JournalLines) -> ReplayedVoices:
    """Take away again what persons, organizers and addressees took away since; twice changes nothing more."""
    replayed = ReplayedVoices()
    living = {one.id: one for one in campaigns if one.erased_at is None}
    _of_members(session, living, lines, replayed)
    for campaign in living.values():
        _of_campaign(campaign, lines.of(campaign.seed), replayed)
    session.flush()
    _count_lost(session, living, lines, replayed)
    return replayed


def _of_members(
    session: Session, campaigns: dict[int, Campaign], lines: JournalLines, replayed: ReplayedVoices
) -> None:
    if not any(line.kind in _TAKEN for its in lines for line in its):
        return
    gone: dict[int, list[Member]] = {}
    kept = select(Member.id, Member.ref).where(Member.erased_at.is_(None)).order_by(Member.id)
    for member_id, ref in session.execute(kept).all():
        its = [line for line in lines.of(bytes(ref)) if line.kind in _TAKEN and lines.is_since(line)]
        if not its:
            continue
        member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
        stood = member.stands
        _of_member(session, member, its, replayed)
        if stood and not member.stands:
            gone.setdefault(member.campaign_id, []).append(member)
    session.flush()
    for campaign_id, members in gone.items():
        void_what_counts(session, campaigns[campaign_id], members, db.clock(session))


def _of_member(session: Session, member: Member, lines: Sequence[Line], replayed: ReplayedVoices) -> None:
    if last(lines, "voice erased"):
        erase_members.erase_member(session, member.id)
        replayed.counts["voice erased"] += 1
        return
    if (line := last(lines, "voice disowned")) is not None and member.disowned_at is None:
        disown_anew(session, member, line.at, line.number)
        replayed.counts["voice disowned"] += 1
        return
    if (line := last(lines, "voice withdrawn")) is not None and member.stands:
        member.withdrawn_at = line.at
        replayed.counts["voice withdrawn"] += 1
    if last(lines, "voice counted") is not None and member.appearance == "named":
        member.appearance = "counted"
        replayed.counts["voice counted"] += 1
    if member.words and any(line.kind == "words gone" and _are_of(member, line) for line in lines):
        member.words, member.words_at, member.words_agreed_at, member.words_refused_at = "", None, None, None
        replayed.counts["words gone"] += 1


def _are_of(member: Member, line: Line) -> bool:
    """Whether the words that are kept are those that were changed or refused, and not what came afterwards."""
    return member.words_at is None or line.detail in {"-", member.words_at.isoformat()}


def disown_anew(session: Session, member: Member, at: datetime, last_revoked: int = 0) -> None:
    """Keep nothing of who a person is, revoke its link, and let its address get no more mail about this letter.

    As the person does that says that it was not its doing; what follows from a voice that does not stand any more is
    left to whoever calls this.
    """
    member.disowned_at = at
    if member.stands:
        member.withdrawn_at = at
    member.name = member.email = member.country = member.words = ""
    member.appearance = "counted"
    member.words_at = member.words_agreed_at = member.words_refused_at = None
    member.generation = max(member.generation, last_revoked) + 1
    outbox.cancel(session, Mail.member_id == member.id)


def _of_campaign(campaign: Campaign, lines: Sequence[Line], replayed: ReplayedVoices) -> None:
    if (line := last(lines, "voices stopped", "voices reopened")) and campaign.voices_stopped_at is None:
        campaign.voices_stopped_at = line.at
        replayed.counts["voices stopped"] += 1
    if (line := last(lines, "digests held", "digests resumed")) and campaign.digests_held_at is None:
        campaign.digests_held_at = line.at
        replayed.counts["digests held"] += 1
    if (line := last(lines, "digests stopped", "digests restarted")) and campaign.digests_stopped_at is None:
        by: DigestsStoppedBy = "organizer" if line.detail == "organizer" else "addressee"
        campaign.digests_stopped_at, campaign.digests_stopped_by = line.at, by
        replayed.counts["digests stopped"] += 1


def _count_lost(
    session: Session, campaigns: dict[int, Campaign], lines: JournalLines, replayed: ReplayedVoices
) -> None:
    """Persons who confirmed since, and are not here, or not confirmed: nobody knows who they are."""
    added = [line for its in lines if (line := last(its, "voice", *_ENDS)) and lines.is_since(line)]
    if not added:
        return
    standing = session.scalars(select(Member.ref).where(Member.stands))
    here = {mark for ref in standing for mark in marks_of(bytes(ref))}
    by_mark = {mark: one.id for one in campaigns.values() for mark in marks_of(one.seed)}
    for line in added:
        if line.who not in here and line.detail in by_mark:
            replayed.lost[by_mark[line.detail]] += 1
