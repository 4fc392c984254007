"""Note what an addressee replied to the letter: an organizer writes it down, and no mail leaves."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.models import Campaign, Reply
from worker.state.disclosures import copies
from worker.state.letters import load_letters
from worker.state.refusals import NoReply, NotFilledIn, NotThatDay
from worker.state.replies import load_replies
from worker.text import characters, days, durations

MAX_REPLY = 5_000  # characters


def add_reply(session: Session, campaign_id: int, addressee_id: int, on: str, text: str) -> bool:
    """Keep one more reply, that came `on` a day as it was typed; whether it was not there yet.

    Raises NotFilledIn; NoReply where the addressee cannot have the letter, or all was erased; NotThatDay.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if campaign.erased_at is not None:
        raise NoReply(erased=True)
    theirs = [one for one in copies(campaign, load_letters(session, campaign)) if one.addressee.id == addressee_id]
    if not theirs:
        raise NoReply(erased=False)
    day, words = _read(campaign, now, on, text)
    came_at = days.begins(day, campaign.zone)
    if came_at > now:
        raise NotThatDay(why="to come", day=came_at, zone=campaign.zone)
    if days.ends(day, campaign.zone) < theirs[0].dated_at:
        raise NotThatDay(why="before the letter", day=came_at, zone=campaign.zone)
    known = load_replies(session, campaign)
    if any((one.addressee_id, one.came_at, one.text) == (addressee_id, came_at, words) for one in known):
        return False
    who = audit.acting(session).organizer_id
    reply = {"addressee_id": addressee_id, "organizer_id": who, "text": words, "came_at": came_at, "noted_at": now}
    session.add(Reply(campaign_id=campaign.id, **reply))
    audit.log(session, campaign, "organizer", "reply_noted", at=now)
    return True


def _read(campaign: Campaign, now: datetime, on: str, text: str) -> tuple[date, str]:
    """The day and the words that were typed. Raises NotFilledIn with all that is wrong."""
    problems: dict[str, str] = {}
    words = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not characters.has_letters(words):
        problems["text"] = "reply missing"
    elif len(words) > MAX_REPLY:
        problems["text"] = "too long"
    elif any(characters.unfit_unprinted(words, allowed="\n\t")):
        problems["text"] = "unfit"
    try:
        day = days.day(on, now=now, zone=campaign.zone)
    except durations.NotATime:
        problems["on"] = "day unknown"
    if problems:
        raise NotFilledIn(problems=problems)
    return day, words
