"""What an addressee is told of members: what it was told last, what is under way, and what the next mail would say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, LargeBinary, exists, false, func, select, type_coerce
from sqlalchemy.orm import Session, selectinload

from worker.mail import digests, outbox
from worker.mail.holds import ABOUT_MEMBERS
from worker.models import Addressee, Campaign, Digest, Letter, Mail, Member
from worker.state import members
from worker.state.letters import load_letters, load_letters_of, served
from worker.text.collation import sort_key
from worker.text.names import as_told

DAY = timedelta(days=1)
LEAST_REVIEW = timedelta(hours=1)
MOST_BYTES = 500_000  # of names and words as they are kept: as they travel, in two parts, that is some megabytes
_OF_A_NAME = 100  # bytes

DigestState = Literal["waiting", "sending", "uncertain", "refused", "returned", "sent", "cancelled"]
FOR_A_PERSON: frozenset[DigestState] = frozenset({"uncertain", "refused", "returned"})
"""Nothing more goes to the addressee until a person has said what is to be done."""
Hindrance = Literal["closed", "cancelled", "erased", "no_email", "letter_not_there", "stopped", "held", "for_a_person"]


@dataclass(frozen=True)
class Person:
    """A member as a mail to the addressee names it; `words` are those to which an organizer agreed."""

    name: str
    words: str
    language: str


@dataclass(frozen=True)
class News:
    """What could be told now: how many members count, how many the addressee was told of last, how many new names."""

    total: int
    told: int
    names: int

    @property
    def is_any(self) -> bool:
        return self.names > 0 or self.total > self.told


@dataclass(frozen=True)
class DigestStatus:
    """How the mails about members stand; `hindrance`: why none is drawn, null where nothing is in the way.

    `open`: the mail of the digest that is under way or waits for a person; `last`: that of the last one that left.
    `next_at`: when the next one may leave, null where nobody knows. `singles`: how many mails about one member each
    there are, by state.
    """

    hindrance: Hindrance | None
    held_at: datetime | None
    stopped_at: datetime | None
    stopped_by: str | None
    last: Mail | None
    open: Mail | None
    news: News
    next_at: datetime | None
    singles: dict[DigestState, int]

    @property
    def open_state(self) -> DigestState | None:
        return state_of(self.open) if self.open is not None else None

    @property
    def waits_for_a_person(self) -> bool:
        return self.open_state in FOR_A_PERSON or any(self.singles.get(state) for state in FOR_A_PERSON)


def state_of(mail: Mail) -> DigestState:
    """What became of a mail about members."""
    if mail.cancelled_at is not None:
        return "cancelled"
    if mail.sent_at is not None:
        return "sent" if mail.bounced_at is None else "returned"
    if mail.uncertain_at is not None:
        return "uncertain"
    if mail.refused_at is not None:
        return "refused"
    return "waiting" if mail.in_data_at is None else "sending"


def single_mails(campaign: Campaign) -> str:
    """How the addressee asked for a mail of its own about each named member; empty if it did not."""
    addressees = campaign.definition.get("addressee") or [{}]
    return str(addressees[0].get("single_mails", ""))


def first_addressee(campaign: Campaign) -> Addressee:
    """To whom the letter is written: nobody else is told of members."""
    return campaign.letter.addressees[0]


def is_new() -> ColumnElement[bool]:
    """Whether the next mail to the addressee may name a member: no other names it, or the one that did was called back.

    Whose campaign it is stands elsewhere.
    """
    called_back = exists().where(
        Mail.digest_id == Member.digest_id, Mail.kind.in_(ABOUT_MEMBERS), Mail.cancelled_at.is_not(None)
    )
    return digests.may_be_named() & members.counts() & (Member.digest_id.is_(None) | called_back)


def has_been_told() -> ColumnElement[bool]:
    """Whether a mail that names a member has left or is leaving; not one that failed and may be sent once more."""
    arrived = Mail.sent_at.is_not(None) & Mail.bounced_at.is_(None)
    leaving = Mail.in_data_at.is_not(None) & Mail.sent_at.is_(None) & Mail.uncertain_at.is_(None)
    its = Mail.digest_id == Member.digest_id, Mail.kind.in_(ABOUT_MEMBERS), Mail.cancelled_at.is_(None)
    return exists().where(*its, arrived | leaving)


def load_names_to_tell(session: Session, campaign: Campaign) -> dict[str, list[int]]:
    """Who is to be named to the addressee and was not yet, by the name as a mail shows it; A to Z."""
    wants_it = Member.stands & (Member.appearance == "named") & ~has_been_told()
    rows = session.execute(select(Member.id, Member.name).where(Member.campaign_id == campaign.id, wants_it)).all()
    found: dict[str, list[int]] = {}
    for row in sorted(rows, key=lambda row: (sort_key(row.name), row.id)):
        found.setdefault(as_told(row.name), []).append(row.id)
    return found


def load_persons(session: Session, digest: Digest) -> list[Person]:
    """Whom a digest names if it leaves now, A to Z."""
    return _persons(session, digests.named_in(digest.id), digest.campaign_id)


def load_persons_singly(session: Session, campaign: Campaign, digest_ids: Sequence[int]) -> list[Person]:
    """Whom these digests of one person each name if they leave now, A to Z."""
    named = Member.digest_id.in_(digest_ids) & digests.named_in(Member.digest_id)
    return _persons(session, named, campaign.id) if digest_ids else []


def load_singles_waiting(session: Session, digest: Digest) -> Sequence[Mail]:
    """The mails about one member each that were drawn together with this digest, and wait."""
    its = select(Mail).join(Digest, Digest.id == Mail.digest_id).where(Mail.kind == "single", Mail.due_at.is_not(None))
    together = (Digest.campaign_id == digest.campaign_id, Digest.drawn_at == digest.drawn_at)
    return session.scalars(its.where(*together).order_by(Mail.id)).all()


def load_new_persons(session: Session, campaign: Campaign) -> list[Person]:
    """Whom the next digest would name, A to Z."""
    return _persons(session, fits_next(session, campaign), campaign.id)


def fits_next(session: Session, campaign: Campaign) -> ColumnElement[bool]:
    """Whether the next digest names a member: who is new, as far as a mail may be long; the others wait a day."""
    if campaign.members != "named":
        return false()
    size = _OF_A_NAME + func.length(type_coerce(Member.words, LargeBinary))
    new = select(Member.id, size).where(Member.campaign_id == campaign.id, is_new()).order_by(Member.id)
    last, room = 0, MOST_BYTES
    for member_id, taken in session.execute(new):
        room -= taken
        if last and room < 0:
            break
        last = member_id
    return is_new() & (Member.id <= last)


def _persons(session: Session, which: ColumnElement[bool], campaign_id: int) -> list[Person]:
    columns = (Member.id, Member.name, Member.words, Member.language, Member.words_agreed_at)
    rows = session.execute(select(*columns).where(Member.campaign_id == campaign_id, which)).all()
    in_order = sorted(rows, key=lambda row: (sort_key(row.name), row.id))
    return [Person(row.name, row.words if row.words_agreed_at else "", row.language) for row in in_order]


def count_told(session: Session, digest: Digest) -> int:
    """How many members a digest tells of if it leaves now: who was confirmed when it was drawn, and counts still."""
    counted = select(func.count()).select_from(Member)
    of_it = (Member.campaign_id == digest.campaign_id, Member.confirmed_at <= digest.drawn_at)
    return session.scalar(counted.where(*of_it, members.counts())) or 0


def load_news(session: Session, campaigns: Sequence[Campaign]) -> dict[int, News]:
    """What could be told of each of these campaigns; in a constant number of statements."""
    ids, told = [campaign.id for campaign in campaigns], members.numbers_told(session, campaigns)
    named = [campaign.id for campaign in campaigns if campaign.members == "named"]
    totals, names = _count(session, ids, members.counts()), _count(session, named, is_new())
    return {one: News(totals.get(one, 0), told.get(one, 0), names.get(one, 0)) for one in ids}


def _count(session: Session, campaign_ids: Sequence[int], which: ColumnElement[bool]) -> dict[int, int]:
    counted = select(Member.campaign_id, func.count()).where(Member.campaign_id.in_(campaign_ids), which)
    return dict(session.execute(counted.group_by(Member.campaign_id)).all()) if campaign_ids else {}


def load_digest_mails(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[Mail]]:
    """The mail of each digest, by campaign and in their order; those that were called back too."""
    found: dict[int, list[Mail]] = {}
    its = select(Mail).where(Mail.campaign_id.in_(campaign_ids), Mail.kind == "digest").order_by(Mail.id)
    for mail in session.scalars(its) if campaign_ids else ():
        found.setdefault(mail.campaign_id, []).append(mail)
    return found


def open_digest(mails: Sequence[Mail]) -> Mail | None:
    """The one that is under way, or waits for a person: no other is drawn meanwhile."""
    return next((mail for mail in mails if state_of(mail) not in {"sent", "cancelled"}), None)


def has_letter_since(campaign: Campaign, letters: Sequence[Mail]) -> datetime | None:
    """Since when the first addressee has the letter; null while it does not: it is told of nobody before."""
    first = next(iter(served(campaign, letters)), None)
    return first.at if first is not None and first.has_it and campaign.dispatched_at is not None else None


def may_leave_from(campaign: Campaign, letters: Sequence[Mail], mails: Sequence[Mail]) -> datetime | None:
    """When the next digest may leave: a day after the last mail that left for the addressee; null while none may.

    That is while the addressee does not have the letter, or another digest is under way.
    """
    since = has_letter_since(campaign, letters)
    if since is None or open_digest(mails) is not None:
        return None
    return max([since, *(mail.sent_at for mail in mails if mail.sent_at is not None)]) + DAY


def hindrance(campaign: Campaign, letters: Sequence[Mail], mails: Sequence[Mail]) -> Hindrance | None:
    """Why no digest is drawn, apart from the time and from having nothing to tell; null where nothing is in the way."""
    found = open_digest(mails)
    in_the_way: dict[Hindrance, bool] = {
        "closed": campaign.members == "closed",
        "cancelled": campaign.cancelled_at is not None,
        "erased": campaign.erased_at is not None,
        "no_email": not first_addressee(campaign).email,
        "letter_not_there": has_letter_since(campaign, letters) is None,
        "stopped": campaign.digests_stopped_at is not None,
        "held": any((campaign.digests_held_at, campaign.held_at, campaign.mail_held_at, campaign.panic_at)),
        "for_a_person": found is not None and state_of(found) in FOR_A_PERSON,
    }
    return next((which for which, is_so in in_the_way.items() if is_so), None)


def review_of(campaign: Campaign) -> timedelta:
    """How long before it leaves a digest is shown to the organizers: an hour too where the letter itself has no review.

    The letter is known from the launch on; what strangers type is not.
    """
    return max(timedelta(seconds=campaign.definition["review"]), LEAST_REVIEW)


def load_digest_status(session: Session, campaign: Campaign) -> DigestStatus:
    """How the mails about members stand, for organizers; a constant number of statements."""
    letters, mails = load_letters(session, campaign), load_digest_mails(session, [campaign.id]).get(campaign.id, [])
    stands_in_the_way = hindrance(campaign, letters, mails)
    news, open_one = load_news(session, [campaign])[campaign.id], open_digest(mails)
    next_at = may_leave_from(campaign, letters, mails) if stands_in_the_way is None and news.is_any else None
    return DigestStatus(
        hindrance=stands_in_the_way,
        held_at=campaign.digests_held_at,
        stopped_at=campaign.digests_stopped_at,
        stopped_by=campaign.digests_stopped_by,
        last=next((mail for mail in reversed(mails) if state_of(mail) == "sent"), None),
        open=open_one,
        news=news,
        next_at=open_one.due_at if open_one is not None else next_at,
        singles=_count_singles(session, campaign),
    )


def _count_singles(session: Session, campaign: Campaign) -> dict[DigestState, int]:
    gone = (Mail.sent_at, Mail.bounced_at, Mail.uncertain_at, Mail.refused_at, Mail.in_data_at, Mail.cancelled_at)
    which = [moment.is_not(None).label(moment.key) for moment in gone]
    counted = select(func.count().label("number"), *which).where(
        Mail.campaign_id == campaign.id, Mail.kind == "single", Mail.cancelled_at.is_(None)
    )
    found: dict[DigestState, int] = {}
    for row in session.execute(counted.group_by(*which)):
        as_mail = Mail(**{moment.key: campaign.launched_at if getattr(row, moment.key) else None for moment in gone})
        found[state_of(as_mail)] = found.get(state_of(as_mail), 0) + row.number
    return found


def due_digests(session: Session, now: datetime) -> list[int]:
    """The campaigns of which a digest is to be drawn, or a failed one to be told; in a constant number of statements.

    Where no letter takes voices it is one.
    """
    goes_on = (Campaign.dispatched_at.is_not(None), Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None))
    takes = Campaign.definition["members"].as_string().in_(["counted", "named"])
    with_letters = selectinload(Campaign.letters).selectinload(Letter.addressees)
    campaigns = session.scalars(select(Campaign).where(*goes_on, takes).options(with_letters)).all()
    if not campaigns:
        return []
    ids = [campaign.id for campaign in campaigns]
    letters, mails = load_letters_of(session, ids), load_digest_mails(session, ids)
    drawn, failed = load_singles_drawn(session, campaigns), load_failures(session, ids)
    due = set(_failures_to_tell(session, campaigns, failed))
    free = [one for one in campaigns if one.id not in failed]
    ready = [one for one in free if leaves_at(one, letters.get(one.id, []), mails.get(one.id, []), drawn, now)]
    news = load_news(session, ready)
    return sorted(due | {one.id for one in ready if news[one.id].is_any})


def leaves_at(
    campaign: Campaign,
    letters: Sequence[Mail],
    mails: Sequence[Mail],
    singles_drawn: Mapping[int, datetime],
    now: datetime,
) -> datetime | None:
    """When a digest would leave that is drawn now; null where none is to be drawn yet."""
    if hindrance(campaign, letters, mails) is not None:
        return None
    from_then, review = may_leave_from(campaign, letters, mails), review_of(campaign)
    if from_then is None or now + review < from_then:
        return None
    if campaign.id in singles_drawn and now < singles_drawn[campaign.id] + DAY:
        return None
    return max(now + review, from_then)


def load_singles_drawn(session: Session, campaigns: Sequence[Campaign]) -> dict[int, datetime]:
    """When mails about one member each were last drawn: together, once a day, so that none tells who came when."""
    ids = [campaign.id for campaign in campaigns if single_mails(campaign)]
    drawn = (
        select(Digest.campaign_id, func.max(Digest.drawn_at))
        .join(Mail, Mail.digest_id == Digest.id)
        .where(Digest.campaign_id.in_(ids), Mail.kind == "single", Mail.cancelled_at.is_(None))
    )
    return dict(session.execute(drawn.group_by(Digest.campaign_id)).all()) if ids else {}


def failures(mails: Sequence[Mail]) -> Iterator[Mail]:
    """Those of these mails that wait for a person."""
    return (mail for mail in mails if state_of(mail) in FOR_A_PERSON)


def load_failures(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[Mail]]:
    """The mails about members that wait for a person, by campaign."""
    failed = Mail.uncertain_at.is_not(None) | Mail.refused_at.is_not(None) | Mail.bounced_at.is_not(None)
    its = (Mail.campaign_id.in_(campaign_ids), Mail.kind.in_(ABOUT_MEMBERS), Mail.cancelled_at.is_(None), failed)
    found: dict[int, list[Mail]] = {}
    for mail in failures(session.scalars(select(Mail).where(*its).order_by(Mail.id)).all()):
        found.setdefault(mail.campaign_id, []).append(mail)
    return found


def failure_key(failed: Sequence[Mail]) -> str:
    """What tells one mail about failures from the next: the last that failed, how, and for which time."""
    last = failed[-1]
    moments = (last.bounced_at, last.refused_at, last.uncertain_at)
    return f"{last.digest_id}-{state_of(last)}-{outbox.moment_key(next(filter(None, moments)))}"


def _failures_to_tell(
    session: Session, campaigns: Sequence[Campaign], failed: Mapping[int, Sequence[Mail]]
) -> Iterator[int]:
    """The campaigns whose organizers were not told yet of what failed last."""
    keys = {
        outbox.mail_key(one, "digest_failed", f"organizers/{failure_key(failed[one.id])}"): one.id
        for one in campaigns
        if one.id in failed
    }
    told = set(session.scalars(select(Mail.key).where(Mail.key.in_(keys)))) if keys else set()
    return (number for key, number in keys.items() if key not in told)
