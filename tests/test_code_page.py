"""What the six pages behind a link and a mail code have in common, whatever each of them does."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import Engine, QueuePool, event, select
from starlette.testclient import TestClient

from tests import cast
from tests.servers import TIMEOUT_S
from worker import broker, db, tokens
from worker.acts import join
from worker.acts.third_party_limits import Person
from worker.models import Campaign, Partner, ThirdPartyAddress
from worker.web import code_page
from worker.web.app import make_app

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OF_A_PARTNER = ("answer", "row", "pass-on", "not-us", "quiet")
PAGES = (*OF_A_PARTNER, "confirm")
FORMS: dict[str, dict[str, str]] = {
    "answer": {"choice": "decline"},
    "row": {"organization": "River Watch", "acronym": "RIWA", "country": "USA"},
    "pass-on": {"email": "chair@rivers.example"},
    "not-us": {},
    "quiet": {"wish": "no more mail"},
    "confirm": {},
}


@dataclass
class Scene:
    """A partner that has signed, and an applicant; the page of each form for them."""

    browser: TestClient
    partner: Partner
    links: dict[str, str]
    codes: dict[str, str]

    def form(self, page: str, code: str | None = None) -> dict[str, str]:
        return FORMS[page] | {"mail_code": self.codes[page] if code is None else code}

    def sends(self, page: str, code: str | None = None) -> httpx2.Response:
        return self.browser.post(self.links[page], data=self.form(page, code))


@pytest.fixture
def scene(database: str, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", join="approved")
        partner = campaign.partners[0]
        cast.signs(session, partner)
        join.ask_to_join(session, campaign.id, Person("x@lake.example", "en", "Kim", "Lake Friends"))
        applicant = session.scalars(select(ThirdPartyAddress)).one()
    own = f"/s/{tokens.token(partner)}"
    links = {"answer": own} | {page: f"{own}/{page}" for page in ("row", "pass-on", "not-us")}
    links |= {"quiet": f"/u/{tokens.token(partner, 'quiet')}", "confirm": f"/j/{tokens.token(applicant, 'join')}"}
    codes = dict.fromkeys(OF_A_PARTNER, tokens.mail_code(partner)) | {"confirm": tokens.mail_code(applicant)}
    return Scene(TestClient(make_app(), follow_redirects=False), partner, links, codes)


def everything() -> dict[str, list[Any]]:
    with db.reading() as session:
        return cast.everything(session)


def statements_of(do: Callable[[], object]) -> list[str]:
    """What the database is sent meanwhile."""
    sent: list[str] = []

    def note(*sending: Any) -> None:
        sent.append(sending[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        do()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return sent


@pytest.mark.parametrize("page", PAGES)
def test_a_form_with_the_right_code_looks_its_link_up_once_and_compares_the_code_once(
    page: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_mail_code, compared, before = tokens.is_mail_code, list[str](), everything()

    def noting(linked: tokens.Linked, typed: str) -> bool:
        compared.append(typed)
        return is_mail_code(linked, typed)

    monkeypatch.setattr(tokens, "is_mail_code", noting)

    sent = statements_of(lambda: scene.sends(page))

    by_ref = [one for one in sent if re.search(r"\b(partner|stranger)\.ref\b", one.partition("WHERE")[2])]
    assert len(by_ref) == 1
    assert compared == [scene.codes[page]]
    assert everything() != before, "it was done"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("code", ["", "12 34"])
def test_without_the_code_nothing_is_done_and_the_form_says_so(code: str, page: str, scene: Scene) -> None:
    before = everything()
    said = scene.sends(page, code)
    assert said.status_code == 422
    assert 'id="mail_code-problem"' in said.text
    assert f'value="{code}"' in said.text
    assert everything() == before


@pytest.mark.parametrize("page", [*OF_A_PARTNER, "one click"])
def test_a_link_revoked_after_it_was_looked_up_does_nothing_and_is_as_unknown_as_any(
    page: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = scene.browser.get("/s/x")
    rows = cast.is_revoked_before_the_act(scene.partner, monkeypatch)
    if page == "one click":
        said = scene.browser.post(scene.links["quiet"], data={"List-Unsubscribe": "One-Click"})
    else:
        said = scene.sends(page)
    assert (said.status_code, said.content) == (404, unknown.content)
    assert rows == [everything()]


@on_sqlite
@pytest.mark.parametrize("page", OF_A_PARTNER)
def test_a_link_revoked_while_a_form_is_taken_shows_no_page(
    page: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that would say what is wrong is made after the link was looked up."""
    wrong_with_code = code_page.wrong_with_code

    async def just_after_the_correction(*typed: Any) -> str:
        with db.transaction() as session:
            session.get_one(Partner, scene.partner.id).renew_link()
        return await wrong_with_code(*typed)

    monkeypatch.setattr(code_page, "wrong_with_code", just_after_the_correction)
    assert scene.sends(page, "").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_what_comes_too_late_changes_nothing_and_leads_to_where_things_stand(page: str, scene: Scene) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, scene.partner.campaign_id)
        cast.the_letter_leaves(session, campaign)
        campaign.cancelled_at = db.clock(session)
    before = everything()
    said = scene.sends(page)
    home = scene.links["answer"]
    expected = {"answer": (409, None), "quiet": (303, scene.links["quiet"]), "confirm": (200, None)}
    assert (said.status_code, said.headers.get("location")) == expected.get(page, (303, home))
    if page == "confirm":
        assert "This letter was cancelled" in said.text
    assert (everything() == before) is (page != "quiet"), "no more mail can be asked for at any time"


def held() -> tuple[float, int]:
    """How many threads and connections are in use at this moment."""
    pool = db.engine().pool
    assert isinstance(pool, QueuePool)
    return current_default_thread_limiter().borrowed_tokens, pool.checkedout()


@on_sqlite
@pytest.mark.parametrize("page", PAGES)
def test_while_wrong_codes_wait_no_thread_and_no_connection_is_held_and_a_right_one_does_not_wait(
    page: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", 3600)
    wrong = f"{(int(scene.codes[page]) + 1) % 1_000_000:06d}"

    def counted() -> int:
        with db.reading() as session:
            return sum(
                session.scalars(select(ThirdPartyAddress.wrong_codes if page == "confirm" else Partner.wrong_codes))
            )

    async def four_guess_and_one_knows() -> int:
        transport = httpx2.ASGITransport(scene.browser.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            guesses = [client.post(scene.links[page], data=scene.form(page, wrong)) for _ in range(4)]
            waiting = [asyncio.create_task(guess) for guess in guesses]
            async with asyncio.timeout(TIMEOUT_S):
                while counted() < 4 or held() != (0, 0):
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(TIMEOUT_S):
                knows = await client.post(scene.links[page], data=scene.form(page))
            assert not any(guess.done() for guess in waiting)
            for guess in waiting:
                guess.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return knows.status_code

    assert asyncio.run(four_guess_and_one_knows()) in {200, 303}
