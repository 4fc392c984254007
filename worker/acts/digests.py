"""What an organizer or the addressee decides about the mails that tell the addressee of members."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.mail import digests as mail_digests
from worker.mail import outbox
from worker.mail.digests import lock_persons
from worker.mail.holds import ABOUT_MEMBERS
from worker.models import Campaign, Digest, DigestsStoppedBy, Mail, Member
from worker.state import digests
from worker.state.refusals import MembersUnchanged, NoDigests, VoicesUnchanged


def hold_digests(session: Session, campaign_id: int) -> bool:
    """Keep what waits for the addressee, and draw nothing more, until `resume_digests`; returns whether that is new."""
    campaign = db.locked(session, campaign_id)
    if campaign.digests_held_at is not None:
        return False
    campaign.digests_held_at = db.clock(session)
    audit.log(session, campaign, "organizer", "digests_held", at=campaign.digests_held_at)
    return True


def resume_digests(session: Session, campaign_id: int) -> bool:
    """Let go on what was held; what waited is dated anew. Returns whether it was held. Raises InPanic."""
    campaign = locking.lock_calm(session, campaign_id)
    if campaign.digests_held_at is None:
        return False
    now = db.clock(session)
    outbox.date_anew(session, now, *_its(campaign), Mail.due_at.is_not(None), Mail.uncertain_at.is_(None))
    campaign.digests_held_at = None
    audit.log(session, campaign, "organizer", "digests_resumed", at=now)
    return True


def stop_digests(session: Session, campaign_id: int, by: DigestsStoppedBy) -> bool:
    """Send the addressee no more mails about members; returns whether that is new.

    What has not left is called back, and the next one tells of its persons if the addressee ever wants them again.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.digests_stopped_at is not None:
        return False
    now = db.clock(session)
    campaign.digests_stopped_at, campaign.digests_stopped_by = now, by
    lock_persons(session, Digest.campaign_id == campaign.id)
    outbox.cancel(session, *_its(campaign), at=now)
    for refused in session.scalars(select(Mail).where(*_its(campaign), Mail.refused_at.is_not(None))):
        refused.cancelled_at = refused.cancelled_at or now
    session.flush()
    _give_back(session, campaign)
    audit.log(session, campaign, by, "digests_stopped", at=now)
    return True


def restart_digests(session: Session, campaign_id: int, by: DigestsStoppedBy) -> bool:
    """Let the addressee have them again; returns whether they were stopped. Raises InPanic."""
    campaign = locking.lock_calm(session, campaign_id)
    if campaign.digests_stopped_at is None:
        return False
    campaign.digests_stopped_at = campaign.digests_stopped_by = None
    audit.log(session, campaign, by, "digests_restarted")
    return True


def send_again(session: Session, campaign_id: int) -> int:
    """Send once more what is uncertain, was refused or came back, because a person says so; returns how many mails.

    Each is worded as it holds now: without who withdrew meanwhile. Raises InPanic.
    """
    campaign, failed, now = _load_failed(session, campaign_id)
    for mail in failed:
        mail.in_data_at = mail.uncertain_at = mail.refused_at = mail.sent_at = mail.bounced_at = None
        mail.blocked_at = mail.reported_at = mail.delayed_at = None
        mail.due_at, mail.attempts = now, 0
    if failed:
        audit.log(session, campaign, "organizer", "digest_resent", detail=len(failed), at=now)
    return len(failed)


def note_arrived(session: Session, campaign_id: int) -> int:
    """Note that the addressee has what is uncertain, was refused or came back; returns how many mails.

    It says so, or somebody brought it: what came back may have been forwarded before. Raises InPanic.
    """
    campaign, failed, now = _load_failed(session, campaign_id)
    for mail in failed:
        if mail.refused_at is not None and mail.digest_id is not None:
            mail_digests.note_leaving(session, mail.digest_id, mail.kind, now)
        mail.sent_at, mail.in_data_at, mail.uncertain_at = now, None, None
        mail.refused_at = mail.bounced_at = mail.reported_at = mail.delayed_at = None
        mail.reply = "noted by an organizer: it arrived"
    if failed:
        audit.log(session, campaign, "organizer", "brought_by_hand", detail="digest", at=now)
    return len(failed)


DigestWish = Literal["hold", "resume", "stop", "restart", "again", "arrived"]


def decide_about_digests(session: Session, campaign_id: int, wish: DigestWish) -> int:
    """Do what an organizer wants of these mails; returns how many mails were put again or noted, or 1.

    Raises NoDigests where persons cannot add their voices, MembersUnchanged where there is nothing to do.
    """
    if db.locked(session, campaign_id).members == "closed":
        raise NoDigests
    match wish:
        case "hold":
            return _unless(hold_digests(session, campaign_id), "digests held")
        case "resume":
            return _unless(resume_digests(session, campaign_id), "digests not held")
        case "stop":
            return _unless(stop_digests(session, campaign_id, "organizer"), "digests stopped")
        case "restart":
            return _unless(restart_digests(session, campaign_id, "organizer"), "digests not stopped")
        case "again":
            return _unless(send_again(session, campaign_id), "no digest failed")
        case "arrived":
            return _unless(note_arrived(session, campaign_id), "no digest failed")


def _unless(done: int, because: VoicesUnchanged) -> int:
    if not done:
        raise MembersUnchanged(because=because)
    return int(done)


def _load_failed(session: Session, campaign_id: int) -> tuple[Campaign, Sequence[Mail], datetime]:
    campaign = locking.lock_calm(session, campaign_id)
    failed = digests.load_failures(session, [campaign_id]).get(campaign_id, [])
    return campaign, failed, db.clock(session)


def _its(campaign: Campaign) -> tuple[ColumnElement[bool], ...]:
    return Mail.campaign_id == campaign.id, Mail.kind.in_(ABOUT_MEMBERS)


def _give_back(session: Session, campaign: Campaign) -> None:
    """Of who was to be named in what was called back no mail tells any more."""
    called_back = select(Mail.digest_id).where(*_its(campaign), Mail.cancelled_at.is_not(None))
    given_back = update(Member).where(Member.digest_id.in_(called_back)).values(digest_id=None)
    session.execute(given_back.execution_options(synchronize_session=False))
