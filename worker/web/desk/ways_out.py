"""Where at the desk something can be done about what waits: the act that helps, or the page that shows it."""

from worker.models import Seat
from worker.state.organizers import is_at_least
from worker.state.todo import ToDo
from worker.web.desk.doing import CAMPAIGN, DeskAct
from worker.web.desk.registry import ACTS

_ACTS: dict[str, str] = {"nobody_signed": "cancel", "held": "resume", "mail_held": "resume"}
PAGES: dict[str, str | None] = {
    **dict.fromkeys(("restored", "nothing_running", "mail_outage", "backup_missing"), None),  # for who runs the server
    **dict.fromkeys(
        (
            *("late", "below_quorum", "nobody_signed", "letter_uncertain", "bring_letter", "letter_refused"),
            *("letter_turned_down", "addressee_not_served", "letter_answered", "notice"),
        ),
        "/letter",
    ),
    **dict.fromkeys(("held", "mail_held", "panic", "approval"), ""),
    "not_reached": "/partners?which=not_reached",
    "perhaps_not_reached": "/partners?order=state",
    "may_not_have_arrived": "/partners?which=may_not_have_arrived",
    "wishes": "/partners?which=wishes",
    "names": "/partners?which=name_waits",
    "note_due": "/partners?which=note_due",
    "applicants": "/applicants",
    "flood": "/applicants",
    "words": "/members/words",
    "digest_failed": "/members/digest",
    "deadline_soon": "/partners?which=silent",
}
"""By what waits; below the campaign's page, or null where nothing at the desk helps."""
_FOR_VIEWERS = frozenset({"", "/letter"})


def way_out(one: ToDo, seat: Seat | None) -> str | None:
    """The address of what helps, as far as this person may go there."""
    page = PAGES[one.code]
    if one.campaign is None or seat is None or page is None:
        return None
    place = f"/desk/campaigns/{one.campaign.id}"
    act = find_act(_ACTS.get(one.code, ""))
    if act is not None and act.is_allowed(seat):
        return f"{place}/{act.name}"
    return place + page if is_at_least(seat.role, "editor") or page in _FOR_VIEWERS else place


def find_act(name: str) -> DeskAct | None:
    """The act on the campaign's own page that is called so."""
    return next((one for one in ACTS if one.path == f"{CAMPAIGN}/{name}"), None)
