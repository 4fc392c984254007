"""What a person sees of itself: name and language, second factor, sessions."""

import io

from starlette.responses import Response

from worker import db
from worker.acts import login, organizers, second_factor
from worker.definition.partners import MAX_LENGTH
from worker.state.organizers import load_sessions
from worker.text import characters, names
from worker.text.languages import OF_THE_DESK
from worker.web.desk import cookies
from worker.web.desk.door import acting
from worker.web.desk.visit import Visit


def show_account(visit: Visit) -> Response:
    """Name and language, the second factor, and where this person is logged in."""
    return _account(visit, visit.refill)


def change_account(visit: Visit) -> Response:
    """Take another name and language."""
    typed = visit.typed
    name, language = characters.tidy(typed.get("name", "")), typed.get("language", "")
    problems = {}
    if wrong := names.wrong_with_person(typed.get("name", ""), MAX_LENGTH["contact"], needed=True):
        problems["name"] = wrong
    if language not in OF_THE_DESK:
        problems["language"] = "desk language unknown"
    if problems:
        return _account(visit, typed, problems)
    with acting(visit) as session:
        if organizers.change_account(session, visit.person.organizer.id, name, language):
            saved = visit.go_to("/desk/account")
            cookies.forget(saved, "language")
            return saved
    return _account(visit, typed, {"name": "name of another"})


def end_session(visit: Visit) -> Response:
    """End one session of this person."""
    number = visit.typed.get("session", "")
    if number.isascii() and number.isdecimal() and len(number) < 10:
        with acting(visit) as session:
            login.end_session(session, visit.person.organizer.id, int(number))
    return visit.go_to("/desk/account")


def begin_factor(visit: Visit) -> Response:
    """Draw a secret and show it as a picture."""
    with acting(visit) as session:
        second_factor.begin_factor(session, visit.person)
    return visit.go_to("/desk/account/factor")


def show_new_factor(visit: Visit) -> Response:
    """The picture for an authenticator app, and the form that takes the first code."""
    organizer = visit.person.organizer
    if organizer.totp_at is not None or not organizer.totp_secret:
        return visit.go_to("/desk/account")
    return _new_factor(visit, 200, {})


def confirm_factor(visit: Visit) -> Response:
    """Ask for the second factor from now on."""
    with acting(visit) as session:
        found = second_factor.confirm_factor(session, visit.person, visit.typed.get("factor", ""))
    if isinstance(found, second_factor.SetUp):
        page = visit.show("recovery", codes=found.recovery_codes)
        cookies.keep_mark(page, found.mark)
        return page
    if visit.person.organizer.totp_at is not None or not visit.person.organizer.totp_secret:
        return visit.go_to("/desk/account")
    return _new_factor(visit, 422, {"factor": found})


def draw_recovery_codes(visit: Visit) -> Response:
    """Ten new recovery codes in the place of those before."""
    if visit.person.organizer.totp_at is None:
        return visit.go_to("/desk/account")
    with acting(visit) as session:
        return visit.show("recovery", codes=second_factor.draw_recovery_codes(session, visit.person))


def end_factor(visit: Visit) -> Response:
    """Ask for no second factor any more."""
    with acting(visit) as session:
        second_factor.end_factor(session, visit.person)
    return visit.go_to("/desk/account")


def _account(visit: Visit, typed: object, problems: dict[str, str] | None = None) -> Response:
    organizer = visit.person.organizer
    with db.reading() as session:
        sessions = load_sessions(session, organizer.id)
    return visit.show(
        "account",
        422 if problems else 200,
        typed=typed or {"name": organizer.name, "language": organizer.language},
        is_refilled=visit.refill is not None,
        problems=problems or {},
        sessions=sessions,
    )


def _new_factor(visit: Visit, status: int, problems: dict[str, str]) -> Response:
    import segno

    organizer = visit.person.organizer
    drawn = io.BytesIO()
    segno.make(second_factor.enrolment_uri(organizer), error="m").save(
        drawn, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, svgns=False, nl=False, omitsize=True
    )
    secret = organizer.totp_secret
    spelled = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return visit.show("new_factor", status, problems=problems, picture=drawn.getvalue().decode(), secret=spelled)
