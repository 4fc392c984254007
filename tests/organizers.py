"""Organizers of a test, and a browser in which one of them is at the desk."""

import html
import re
from typing import Any

from httpx2 import Client, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from worker import db, tokens
from worker.acts import login, organizers
from worker.models import Login, Mail, Organizer, Role
from worker.web.app import make_app

ADDRESS = "maly@rivers.example"
HERE = "http://127.0.0.1:8000"


class DeskBrowser:
    """Asks the pages of the desk as a browser does that tells where its forms come from."""

    def __init__(self, app: Any = None, url: str = HERE, *, over_the_network: bool = False) -> None:
        self.app = None if over_the_network else app or make_app()
        self.client: Client = (
            Client(base_url=url, follow_redirects=False)
            if self.app is None
            else TestClient(self.app, base_url=url, follow_redirects=False)
        )

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=headers)

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Response:
        said = {name.replace("_", "-"): value for name, value in ({"sec_fetch_site": "same-origin"} | headers).items()}
        return self.client.post(path, data=fields or {}, headers={n: v for n, v in said.items() if v})

    def cookies(self) -> dict[str, str]:
        return dict(self.client.cookies)

    def asks(self, email: str = ADDRESS, kept: str = "") -> Response:
        """Asks for a code; the page on which it is to be typed."""
        asked = self.post("/desk/login", {"email": email, "kept": kept})
        return self.get(asked.headers["location"]) if asked.status_code == 303 else asked

    def logs_in(self, email: str = ADDRESS) -> Response:
        """By the code of the mail that leaves at once."""
        self.asks(email)
        return self.post("/desk/code", {"code": code_of_last_mail()})

    def enters(self, name: str = "Maly Sok") -> Response:
        """By a link."""
        with db.transaction() as session:
            [organizer] = [one for one in session.scalars(select(Organizer)) if one.name == name]
            key = login.make_link(session, organizer)
        return self.post("/desk/link", {"key": key})

    def does(self, path: str, fields: dict[str, str] | None = None) -> Response:
        """Does an act: reads what would happen, and presses the button below it; twice, which does it once."""
        check = self.post(path, fields) if fields is not None else self.get(path)
        assert check.status_code == 200, check.text
        done = self.post(path, hidden_fields(check))
        if done.status_code == 303:
            again = self.post(path, hidden_fields(check))
            assert again.status_code == 303, again.text
            told = [one.headers["location"].partition("&since=")[0] for one in (done, again)]
            assert told[0] == told[1]
        return done

    def is_in(self) -> bool:
        return self.get("/desk").status_code == 200


def add(
    name: str = "Maly Sok",
    email: str = ADDRESS,
    seats: dict[int, Role] | None = None,
    *,
    may_send: bool = False,
    language: str = "en",
) -> int:
    """An organizer, with a seat at each of these campaigns."""
    with db.transaction() as session:
        organizer = organizers.add_organizer(session, name, email, language)
        for campaign_id, role in (seats or {}).items():
            organizers.give_seat(session, organizer, campaign_id, role, may_send=may_send)
        return organizer.id


def relay_takes_all(session: Session) -> None:
    """As a worker does: looks whose the addresses are, and hands over what is due."""
    login.put_codes(session)
    now = db.clock(session)
    for mail in session.scalars(select(Mail).where(Mail.kind == "login", Mail.due_at.is_not(None))):
        mail.sent_at, mail.due_at = now, None


def code_of_last_mail() -> str:
    """What the mail says that left last."""
    with db.transaction() as session:
        relay_takes_all(session)
    with db.reading() as session:
        asked = session.scalars(select(Login).join(Mail, Mail.login_id == Login.id).order_by(Mail.id.desc())).first()
        assert asked is not None, "no mail left"
        return tokens.printed_login_code(asked.ref)


def hidden_fields(page: Response) -> dict[str, str]:
    """All hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def hidden(page: Response, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    return html.unescape(found[1]) if found else ""
