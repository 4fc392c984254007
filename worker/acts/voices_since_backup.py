"""What the journal says of persons who add their voices: it is taken away again from a database that was put back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import erase_members
from worker.acts.after_member_left import void_what_counts
from worker.acts.journal_lines import JournalLines, last
from worker.journal import Line, marks_of
from worker.mail import outbox
from worker.mail.holds import ABOUT_MEMBERS
from worker.models import Campaign, Digest, DigestsStoppedBy, Mail, Member
from worker.state.digests import first_addressee

_TAKEN = frozenset({"voice withdrawn", "voice disowned", "voice erased", "voice counted", "words gone"})
_ENDS: tuple[journal.Kind, ...] = ("voice withdrawn", "voice disowned", "voice erased")
_AT_ONCE = 500  # rows that one statement changes


@dataclass
class ReplayedVoices:
    """What was taken away again, by kind; and of each campaign how many voices were added since and are lost.

    `in_doubt`: campaigns of which a mail about members may have left since.
    """

    counts: Counter[journal.Kind] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    in_doubt: set[int] = field(default_factory=set)


def replay_voices(session: Session, campaigns: Sequence[Campaign], lines: JournalLines) -> ReplayedVoices:
    """Take away again what persons, organizers and addressees took away since; twice changes nothing more.

    A mail about members that may have left since waits for a person, and whom it named is named in no other.
    """
    replayed = ReplayedVoices()
    living = {one.id: one for one in campaigns if one.erased_at is None}
    by_member = _lines_by_member(session, lines)
    _of_members(session, living, by_member, replayed)
    for campaign in living.values():
        its = lines.about(campaign.seed)
        _of_campaign(campaign, its, replayed)
        left = [line for line in its if line.kind == "digest" and lines.is_since(line)]
        if left and campaign.cancelled_at is None:
            _doubt(session, campaign, left, by_member, replayed)
    session.flush()
    _count_lost(session, living, lines, replayed)
    return replayed


def doubt_all_digests(session: Session, campaigns: Sequence[Campaign], now: datetime) -> set[int]:
    """Where nobody knows what was sent or stopped since, hold all mails about members until a person decides.

    What waits here may have left. Returns the campaigns.
    """
    held = [one for one in campaigns if one.members != "closed" and one.erased_at is None and one.cancelled_at is None]
    for campaign in held:
        campaign.digests_held_at = campaign.digests_held_at or now
        waiting = (Mail.campaign_id == campaign.id, Mail.kind.in_(ABOUT_MEMBERS), Mail.due_at.is_not(None))
        for mail in session.scalars(select(Mail).where(*waiting).with_for_update()):
            _is_uncertain(mail, now)
    return {one.id for one in held}


def _lines_by_member(session: Session, lines: JournalLines) -> dict[int, list[Line]]:
    """What the backup may not know of each person, by the number of its row."""
    if not any(line.kind in _TAKEN or line.kind == "told" for its in lines for line in its):
        return {}
    kept = session.execute(select(Member.id, Member.ref).where(Member.erased_at.is_(None)).order_by(Member.id)).all()
    by_member = {
        member_id: [line for line in lines.about(bytes(ref)) if lines.is_since(line)] for member_id, ref in kept
    }
    return {member_id: its for member_id, its in by_member.items() if its}


def _of_members(
    session: Session, campaigns: dict[int, Campaign], by_member: Mapping[int, Sequence[Line]], replayed: ReplayedVoices
) -> None:
    gone: dict[int, list[Member]] = {}
    for member_id, lines in by_member.items():
        if not any(line.kind in _TAKEN for line in lines):
            continue
        member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
        stood = member.stands
        _of_member(session, member, lines, replayed)
        if stood and not member.stands and member.erased_at is None:
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
    if (line := last(lines, "voice withdrawn")) is not None and member.withdrawn_at is None:
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


def _doubt(
    session: Session,
    campaign: Campaign,
    lines: Sequence[Line],
    by_member: Mapping[int, Sequence[Line]],
    replayed: ReplayedVoices,
) -> None:
    """Mails about members that entered DATA since: one that is not here is made anew, with the link that it brought."""
    for line in lines:
        drawn_at, kind, ref = line.detail.split("/")
        its = select(Digest).where(Digest.campaign_id == campaign.id, Digest.number == line.number)
        digest = session.scalar(its)
        if digest is None:
            digest = Digest(
                campaign_id=campaign.id,
                addressee_id=first_addressee(campaign).id,
                number=line.number,
                ref=bytes.fromhex(ref),
                drawn_at=datetime.fromisoformat(drawn_at),
            )
            session.add(digest)
            session.flush()
            row = outbox.about_members(kind, campaign, digest, digest.drawn_at, digest.drawn_at)
            outbox.put(session, [row])
        mail = session.scalars(select(Mail).where(Mail.digest_id == digest.id, Mail.kind == kind)).one_or_none()
        if mail is not None and mail.cancelled_at is None and not mail.has_left:
            _is_uncertain(mail, line.at)
            replayed.in_doubt.add(campaign.id)
            replayed.counts["digest"] += 1
        _name_in_no_other(session, campaign, digest, by_member)


def _is_uncertain(mail: Mail, at: datetime) -> None:
    """As one whose server hung up: nobody knows whether it arrived, and nothing more goes by itself."""
    mail.in_data_at, mail.uncertain_at, mail.due_at, mail.refused_at = mail.in_data_at or at, at, None, None


def _name_in_no_other(
    session: Session, campaign: Campaign, digest: Digest, by_member: Mapping[int, Sequence[Line]]
) -> None:
    told = [
        member_id
        for member_id, lines in by_member.items()
        if any(line.kind == "told" and line.number == digest.number for line in lines)
    ]
    for first in range(0, len(told), _AT_ONCE):
        of_it = (Member.campaign_id == campaign.id, Member.id.in_(told[first : first + _AT_ONCE]))
        named = update(Member).where(*of_it).values(digest_id=digest.id)
        session.execute(named.execution_options(synchronize_session="fetch"))


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
