"""Change settings of a running campaign: when it reminds, how long it waits, and who is shown what, which is less."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import audit, locking, tell_owners, two_persons
from worker.definition.new_settings import CHANGEABLE, SHOWS, shows_more
from worker.models import Campaign
from worker.state.letters import delivery_state, load_letters
from worker.state.refusals import Closed, NoSettings, SameSettings, ShowsMore


def apply_settings(session: Session, campaign_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set these keys of the campaign, each as `campaign.definition` keeps it; returns what stood before, by key.

    Whatever is set, the letter does not leave sooner for it: once the list is closed it can only be made to wait
    longer. Raises InPanic, NoSettings, Closed, ShowsMore where partners would be shown to more readers than they were
    told, SameSettings, and SecondPersonNeeded where the letter could leave sooner or replies go to another address.
    """
    campaign = locking.lock_calm(session, campaign_id)
    now = db.clock(session)
    changed = {key: values[key] for key in CHANGEABLE if key in values and values[key] != _present(campaign, key)}
    if campaign.cancelled_at is not None or campaign.erased_at is not None:
        raise NoSettings(cancelled=campaign.cancelled_at is not None)
    if not changed:
        raise SameSettings
    if more := [key for key in SHOWS if key in changed and shows_more(key, _present(campaign, key), changed[key])]:
        raise ShowsMore(keys=more)
    letters = load_letters(session, campaign, lock=True)
    if changed.keys() & _OF_THE_WAY and delivery_state(campaign, letters) != "not_sent":
        raise NoSettings(cancelled=False)
    is_sooner = any(changed.get(key, before) < before for key, before in _waits(campaign).items())
    if not campaign.takes_answers(at=now) and ("reminders" in changed or is_sooner):
        raise Closed.to("change", campaign)
    if is_sooner or "reply_to" in changed:
        two_persons.require(session, campaign, "settings", **changed)
    before = {key: _present(campaign, key) for key in changed}
    if "reply_to" in changed:
        tell_owners.tell_of_moved_replies(session, campaign, now)
    campaign.definition = campaign.definition | changed
    for key in SHOWS:
        if key in changed:
            journal.note(session, "shows less", campaign.seed, detail=spelled(key, changed[key]), at=now)
    audit.log(session, campaign, "organizer", "changed", detail=tuple(changed), at=now)
    return before


def show_less(campaign: Campaign, key: str, wanted: str) -> bool:
    """Have a campaign show no more than this, as it was set before a backup was put back; whether that is less."""
    if key not in SHOWS or wanted not in SHOWS[key] or not shows_more(key, wanted, _present(campaign, key)):
        return False
    campaign.definition = campaign.definition | {key: wanted}
    return True


def spelled(key: str, value: str) -> str:
    """How such a setting stands in a line of the journal, which has no blanks; `read_spelled` reads it."""
    return f"{key}={value.replace(' ', '-')}"


def read_spelled(detail: str) -> tuple[str, str]:
    """The key and the value of a line."""
    key, _, value = detail.partition("=")
    return key, value.replace("-", " ")


_OF_THE_WAY = {"reminders", "review", "quorum"}  # of the letter to its addressee


def _present(campaign: Campaign, key: str) -> Any:
    """What holds now, also of a campaign that was launched before the key was there."""
    return campaign.definition.get(key, SHOWS[key][0] if key in SHOWS else None)


def _waits(campaign: Campaign) -> dict[str, int]:
    return {key: int(campaign.definition[key]) for key in ("review", "quorum")}
