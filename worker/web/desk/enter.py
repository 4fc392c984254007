"""Into the desk and out of it: ask for a code, type it, open it by a link, type the second factor, log out."""

from urllib.parse import urlencode

from starlette.responses import Response

from worker import broker, db
from worker.acts import login, second_factor
from worker.acts.login import Entered
from worker.state import organizers
from worker.text import addresses
from worker.tokens import browser_mark, new_key
from worker.web import forms
from worker.web.desk import cookies
from worker.web.desk.visit import Kept, Visit

MAX_FROM_ORIGIN = 20  # requests for a code in an hour, from browsers in one network that are new, or that are known
LONGEST_CODE = 200  # characters of a code with whatever is typed around it; each is looked at for each request
_NEW, _KNOWN = 0, 2**63  # in the place of a campaign, where wishes are counted by their origin


def show_login(visit: Visit) -> Response:
    """The form that asks for an address."""
    if visit.visitor is not None:
        return visit.go_to("/desk")
    return visit.show("login", kept=visit.typed.get("kept", ""))


def ask_for_code(visit: Visit) -> Response:
    """Take an address, and answer alike whoever's it is."""
    typed, kept = visit.typed.get("email", ""), visit.typed.get("kept", "")
    if wrong := forms.wrong_with_address(typed):
        return visit.show("login", 422, problems={"email": wrong}, typed=visit.typed, kept=kept)
    host = visit.request.client.host if visit.request.client else ""
    mark = cookies.read_mark(visit.request)
    with db.reading() as session:
        was_here = organizers.was_here(session, mark)
    too_many = visit.request.app.state.origins.note(_KNOWN if was_here else _NEW, host) >= MAX_FROM_ORIGIN
    browser = cookies.kept(visit.request, "asked") or new_key()
    if not too_many:
        address = addresses.normalize(typed.strip())[0]
        with db.transaction() as session:
            too_many = not login.ask_for_code(session, address, browser, mark, visit.language, was_here=was_here)
    if too_many:
        response: Response = visit.show("refused", 429, why="too many")
        response.headers["Retry-After"] = "3600"
        return response
    broker.notify("login")
    response = visit.show("code", kept=kept) if visit.kept and visit.kept.fields else _go_to_code(visit)
    cookies.keep(response, "asked", browser)
    return response


def _go_to_code(visit: Visit) -> Response:
    """By GET, so that a phone that loads the page again, as its reader comes back from the email, asks for no other."""
    said = {"lang": visit.language} | ({"to": visit.kept.path} if visit.kept else {})
    return visit.go_to(f"/desk/code?{urlencode(said)}")


def show_code(visit: Visit) -> Response:
    """The form that takes the code; looking at it, as a scanner of mail does, uses nothing up.

    An address says where to go on to, and never what fills a form there: anybody can make one.
    """
    to = visit.request.query_params.get("to", "")
    return visit.show("code", kept=Kept(to, {}).spelled() if to else "")


def take_code(visit: Visit) -> Response:
    """Let in who types the code that this browser asked for."""
    browser = cookies.kept(visit.request, "asked")
    with db.transaction() as session:
        before = cookies.kept(visit.request, "session")
        found = login.take_code(session, browser, visit.typed.get("code", "")[:LONGEST_CODE], before)
    if not isinstance(found, Entered):
        if visit.visitor is not None:  # the same code in another tab
            return _show_again(visit, before)
        return visit.show("code", 422, problems={"code": found}, kept=visit.typed.get("kept", ""))
    response = _let_in(visit, found)
    cookies.forget(response, "asked")
    return response


def show_link(visit: Visit) -> Response:
    """A button; a program that opens each link in a mail or a chat uses nothing up."""
    key = visit.request.path_params["key"]
    with db.reading() as session:
        is_good = organizers.is_good_link(session, key)
    return visit.show("link", 200 if is_good else 410, key=key, is_good=is_good)


def take_link(visit: Visit) -> Response:
    """Let in who pressed the button."""
    with db.transaction() as session:
        found = login.take_link(session, visit.typed.get("key", ""), cookies.kept(visit.request, "session"))
    return _let_in(visit, found) if found else visit.show("link", 410, key="", is_good=False)


def show_factor(visit: Visit) -> Response:
    """The form that takes the second factor."""
    return visit.show("factor") if visit.person.organizer.totp_at else visit.go_to("/desk")


def take_factor(visit: Visit) -> Response:
    """Let on who types a code of the second factor."""
    if visit.person.organizer.totp_at is None:
        return visit.go_to("/desk")
    with db.transaction() as session:
        found = second_factor.take_factor(session, visit.person, visit.typed.get("factor", "")[:LONGEST_CODE])
    if found == "factor wrong" or found == "too many factors":
        return visit.show("factor", 422, problems={"factor": found}, kept=visit.typed.get("kept", ""))
    response = _show_again(visit, found)
    cookies.keep_mark(response, browser_mark(visit.person.organizer))
    return response


def log_out(visit: Visit) -> Response:
    """End this session."""
    with db.transaction() as session:
        login.end_session(session, visit.person.organizer.id, visit.person.session.id)
    return _logged_out(visit)


def log_out_everywhere(visit: Visit) -> Response:
    """End all sessions of this person, this one too."""
    with db.transaction() as session:
        login.end_all_sessions(session, visit.person.organizer.id)
    return _logged_out(visit)


def _logged_out(visit: Visit) -> Response:
    response = visit.go_to("/desk/login")
    cookies.forget(response, "session")
    cookies.forget(response, "language")  # whoever comes next may read another
    return response


def _let_in(visit: Visit, entered: Entered) -> Response:
    response = _show_again(visit, entered.key)
    if entered.organizer.totp_at is None:
        cookies.keep_mark(response, browser_mark(entered.organizer))
    return response


def _show_again(visit: Visit, key: str) -> Response:
    """The page from which somebody was sent to log in, with what was typed there; nothing is done by it."""
    kept = visit.kept or Kept("/desk", {})
    assert visit.revisit is not None
    response = visit.revisit(visit, key, kept)
    cookies.keep(response, "session", key)
    return response
