"""Draw what tells the addressee of members, ahead of time, so that the organizers can look at it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import audit
from worker.mail import outbox
from worker.models import Campaign, Digest, Member
from worker.state import digests
from worker.state.letters import load_letters
from worker.text.collation import sort_key

MOST_SINGLES = 500  # mails about one member each that are drawn in a day


def draw_digest(session: Session, campaign_id: int) -> int:
    """Put the next digest for the first addressee, if its time has come and there is news; returns how many mails.

    Who is new by name is assigned to it, so that no other names the same person. It leaves after the review, and never
    within a day of the last mail that left for the addressee. Where the addressee asked for single mails, each new name
    has a mail of its own, and the digest says the number only. What failed before is told to the organizers.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if campaign.panic_at is not None or _tell_of_failures(session, campaign, now):
        return 0
    letters, mails = load_letters(session, campaign), digests.load_digest_mails(session, [campaign_id])
    drawn = digests.load_singles_drawn(session, [campaign])
    leaves_at = digests.leaves_at(campaign, letters, mails.get(campaign_id, []), drawn, now)
    if leaves_at is None:
        return 0
    news = digests.load_news(session, [campaign])[campaign_id]
    if not news.is_any:
        return 0
    put = 0
    if single := bool(digests.single_mails(campaign)):
        put = _draw_singles(session, campaign, now, leaves_at)
    if not single or news.total > news.told:
        put += _draw(session, campaign, now, leaves_at, names=not single)
    return put


def _draw(session: Session, campaign: Campaign, now: datetime, leaves_at: datetime, *, names: bool) -> int:
    [digest] = _new_digests(session, campaign, 1, now)
    if names:
        new = (Member.campaign_id == campaign.id, digests.fits_next(session, campaign))
        assigned = update(Member).where(*new).values(digest_id=digest.id)
        session.execute(assigned.execution_options(synchronize_session=False))
    to_leave = outbox.about_members("digest", campaign, digest, now, leaves_at)
    put = outbox.put(session, [to_leave, _shown(campaign, digest, now)])
    audit.log(session, campaign, "clock", "digest_drawn", detail=digest.number, at=now)
    return put


def _draw_singles(session: Session, campaign: Campaign, now: datetime, leaves_at: datetime) -> int:
    """One digest and one mail for each new name, A to Z; the organizers get one mail that shows them all."""
    if campaign.members != "named":
        return 0
    new = select(Member.id, Member.name).where(Member.campaign_id == campaign.id, digests.is_new())
    in_order = sorted(session.execute(new).all(), key=lambda row: (sort_key(row.name), row.id))[:MOST_SINGLES]
    drawn = _new_digests(session, campaign, len(in_order), now)
    assigned = [{"id": row.id, "digest_id": digest.id} for row, digest in zip(in_order, drawn, strict=True)]
    if not assigned:
        return 0
    session.execute(update(Member), assigned)
    audit.log(session, campaign, "clock", "digest_drawn", detail=f"{len(assigned)} singles", at=now)
    rows = [outbox.about_members("single", campaign, one, now, leaves_at) for one in drawn]
    return outbox.put(session, [*rows, _shown(campaign, drawn[0], now)])


def _shown(campaign: Campaign, digest: Digest, now: datetime) -> outbox.MailRow:
    """The mail that shows the organizers what is to leave."""
    about = outbox.MailOptions(digest_id=digest.id)
    return outbox.to_organizers("digest_ready", campaign, f"{digest.number}", now, **about)


def _new_digests(session: Session, campaign: Campaign, how_many: int, now: datetime) -> Sequence[Digest]:
    last = session.scalar(select(func.max(Digest.number)).where(Digest.campaign_id == campaign.id)) or 0
    made = [
        Digest(
            campaign_id=campaign.id,
            addressee_id=digests.first_addressee(campaign).id,
            number=number,
            ref=tokens.new_ref(),
            drawn_at=now,
        )
        for number in range(last + 1, last + 1 + how_many)
    ]
    session.add_all(made)
    session.flush()
    return made


def _tell_of_failures(session: Session, campaign: Campaign, now: datetime) -> bool:
    """Whether any wait for a person; once for each that failed, however often this is called."""
    if failed := digests.load_failures(session, [campaign.id]).get(campaign.id):
        row = outbox.to_organizers("digest_failed", campaign, digests.failure_key(failed), now)
        outbox.put(session, [row])
    return bool(failed)
