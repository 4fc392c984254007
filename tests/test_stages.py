"""Every state of a campaign × everything a partner may do there, as `lifecycle.ALLOWED` says, in every language."""

import html
import re
from typing import Any, get_args

import httpx2
import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, tokens
from worker.acts import erase
from worker.acts.answer import Statement
from worker.models import Campaign, Partner, ThirdPartyAddress
from worker.state.lifecycle import ALLOWED, EXPOSES_LESS, Action, Stage
from worker.text.languages import LANGUAGES
from worker.wording import templates

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ACTIONS: tuple[Action, ...] = get_args(Action)
# One partner for each action and language, so that none stands in another's way.
CAST = {(action, language): f"{action.title()} {language}" for action in ACTIONS for language in LANGUAGES}
SIGNS_BEFORE: set[Action] = {"withdraw", "reduce", "disown"}


def comes_to(session: Session, campaign: Campaign, stage: Stage) -> None:
    """The campaign is brought where it is to be."""
    letters: dict[Stage, list[str]] = {
        "sending": ["in data", "due"],
        "uncertain": ["uncertain", "due"],
        "partly_sent": ["sent", "due"],
        "irrevocable": ["in data", "in data"],
        "dispatched": ["sent", "sent"],
    }
    if stage == "cancelled":
        campaign.cancelled_at = db.clock(session)
    elif stage != "open":
        cast.passes_its_deadline(session, campaign, closed=stage != "overdue")
    for to, state in enumerate(letters.get(stage, [])):
        a_letter_goes(session, campaign, to, state)


def a_campaign_at(stage: Stage, *, held: bool = False) -> dict[tuple[Action, str], Partner]:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session, tuple(CAST.values()))
        campaign.definition = campaign.definition | {"public_page": "from launch", "join": "approved"}
        partners = {partner.organization: partner for partner in campaign.partners}
        for (action, _), name in CAST.items():
            if action in SIGNS_BEFORE:
                cast.signs(session, partners[name], said=Statement(representative="B", role="C"))
        comes_to(session, campaign, stage)
        campaign.held_at = db.clock(session) if held else None
        return {key: partners[name] for key, name in CAST.items()}


def does(browser: TestClient, action: Action, partner: Partner, language: str) -> httpx2.Response:
    """Do it as the pages' forms do it."""
    token, code = tokens.token(partner), {"mail_code": tokens.mail_code(partner), "lang": language}
    who = {"representative": "Sophea Chan", "role": "Secretary", "authorised": "yes"}
    row = {"organization": partner.organization, "acronym": "NEW", "country": "France"}
    forms: dict[Action, tuple[str, dict[str, str]]] = {
        "sign": ("", {"choice": "sign", "visibility": "public"} | who),
        "reduce": ("", {"choice": "sign", "visibility": "counted"} | who),
        "change": ("", {"choice": "change", "wish": "softer"}),
        "decline": ("", {"choice": "decline"}),
        "withdraw": ("", {"choice": "withdraw"}),
        "disown": ("/not-us", {}),
        "correct": ("/row", row),
        "pass on": ("/pass-on", {"email": f"{partner.ref.hex()}@other.example", "language": language}),
    }
    if action == "join":
        asked = {"organization": "New", "contact": "Kim", "email": f"{partner.ref.hex()}@join.example"}
        return browser.post("/c/dam/join", data=asked | {"lang": language})
    if action == "unsubscribe":
        return browser.post(f"/u/{tokens.token(partner, 'quiet')}", data=code | {"wish": "no more mail"})
    path, form = forms[action]
    return browser.post(f"/s/{token}{path}", data=form | code)


def of_it(partner: Partner) -> tuple[Any, ...]:
    """All that an action could have changed of a partner."""
    with db.reading() as session:
        now = session.get_one(Partner, partner.id)
        answers = [(one.choice, one.visibility, one.superseded_at) for one in now.answers]
        passed = session.query(ThirdPartyAddress).filter_by(partner_id=partner.id).count()
        fingerprint = tokens.fingerprint(f"{partner.ref.hex()}@join.example")
        asked = session.query(ThirdPartyAddress).filter_by(email_hmac=fingerprint).count()
        return now.quiet_at, now.generation, now.acronym, passed, asked, answers


def words(page: httpx2.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body>")[2])).split())


@on_sqlite
@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("stage", ALLOWED)
def test_what_the_table_allows_is_done_and_nothing_else(stage: Stage, held: bool, browser: TestClient) -> None:
    for (action, language), partner in a_campaign_at(stage, held=held).items():
        before = of_it(partner)
        page = does(browser, action, partner, language)
        happened = of_it(partner) != before
        assert happened is (action in ALLOWED[stage]), (action, language, page.status_code)
        refused = {404, 410} if action == "join" else {303, 409}  # nobody who joins has a page of its own
        assert page.status_code in ({200, 303} if happened else refused), (action, language)


@on_sqlite
@pytest.mark.parametrize("stage", ALLOWED)
def test_what_is_refused_is_said_in_the_language_that_is_read(stage: Stage, browser: TestClient) -> None:
    for (action, language), partner in a_campaign_at(stage).items():
        if action in ALLOWED[stage] or action == "join":
            continue
        page = does(browser, action, partner, language)
        said = templates.page_words(language).gettext
        if page.status_code == 303:  # to the partner's page, which says where things stand
            page = browser.get(page.headers["location"])
            assert page.status_code == 200
        else:
            assert said("Nothing was changed.") in words(page)
        assert f'<html lang="{language}">' in page.text
        assert said("Who runs this, and what we keep") in words(page)


@on_sqlite
@pytest.mark.parametrize("stage", ALLOWED)
@pytest.mark.parametrize("signs", [False, True])
def test_the_page_offers_what_the_table_allows(stage: Stage, signs: bool, browser: TestClient) -> None:
    partner = a_campaign_at(stage)["withdraw" if signs else "decline", "en"]
    page = browser.get(f"/s/{tokens.token(partner)}").text
    choices = set(re.findall(r'name="choice" value="(\w+)"', page))
    may = ALLOWED[stage]
    expected: set[str] = {choice for choice in ("sign", "change") if choice in may}
    if signs:
        expected |= {"withdraw"} & may
        expected |= {"sign"} if "reduce" in may else set()
    else:
        expected |= {"decline"} & may
    assert choices == expected
    assert ("This was not us" in page) is (signs and "disown" in may)
    assert ("/row" in page) is ("correct" in may)
    assert ("/pass-on" in page) is ("pass on" in may)


@on_sqlite
@pytest.mark.parametrize("stage", ALLOWED)
def test_the_public_page_leads_to_the_form_for_others_while_the_table_allows_to_join(
    stage: Stage, browser: TestClient
) -> None:
    a_campaign_at(stage)
    may = "join" in ALLOWED[stage]
    assert ("/c/dam/join" in browser.get("/c/dam").text) is may
    assert browser.get("/c/dam/join").status_code == (200 if may else 404 if stage == "cancelled" else 410)


def test_what_exposes_less_is_never_closed_while_a_letter_lives() -> None:
    assert all(may >= EXPOSES_LESS for stage, may in ALLOWED.items() if stage != "cancelled")


@on_sqlite
def test_before_the_launch_there_is_no_link_to_do_anything_by(browser: TestClient) -> None:
    nobody = Partner(ref=tokens.new_ref(), generation=1, organization="Nobody")
    for action in ACTIONS:
        assert does(browser, action, nobody, "en").status_code == 404


@on_sqlite
@pytest.mark.parametrize("stage", ["open", "dispatched", "cancelled"])
def test_once_it_is_erased_there_is_none_either(stage: Stage, browser: TestClient) -> None:
    partners = a_campaign_at(stage)
    with db.transaction() as session:
        for (action, _), partner in partners.items():
            if stage != "open" or action not in SIGNS_BEFORE:  # who is to be under the letter withdraws first
                erase.erase_partner(session, partner.id)
    for (action, language), partner in partners.items():
        if action == "join" or (stage == "open" and action in SIGNS_BEFORE):
            continue
        before = of_it(partner)
        assert does(browser, action, partner, language).status_code == 410
        assert of_it(partner) == before
