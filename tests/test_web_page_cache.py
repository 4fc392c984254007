"""A page that is worded once and filled for each is, byte for byte, the page that would be made anew."""

import asyncio
import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import TextualSelect, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast, lives
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, tokens
from worker.acts import answer, correct_listing, extend
from worker.acts.correct_listing import Listing
from worker.column_types import Moment
from worker.models import Addressee, Campaign, Letter, Partner
from worker.text import dates
from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.web import page_cache, partner_page
from worker.web.app import make_app

HELL = (*cast.NAMES_FROM_HELL, 'O\'Hara & "Sons"', "ទន្លេស្អាត", "مراقبة", "ក្រុមហត្ថលេខាស្អាត")


@pytest.fixture
def browser(browser: TestClient) -> TestClient:
    """Nothing is worded yet."""
    page_cache._worded.clear()
    return browser


def a_campaign(**definition: Any) -> list[Partner]:
    with db.transaction() as session:
        return cast.a_campaign(session, partners=HELL, **definition).partners


async def _no_page(*_: object) -> None:
    """As where the page is not so simple."""


def both(browser: TestClient, partner: Partner, language: str = "") -> tuple[str, str]:
    """The page as it is given, and as it is made anew."""
    url = f"/s/{tokens.token(partner)}" + (f"?lang={language}" if language else "")
    given = browser.get(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_cache, "page", _no_page)
        anew = browser.get(url)
    assert {**given.headers, "date": ""} == {**anew.headers, "date": ""}
    assert given.status_code == anew.status_code
    return given.text, anew.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reads_the_deadline_in_its_own_countrys_time(language: str, browser: TestClient) -> None:
    partners = a_campaign(zone="Asia/Phnom_Penh")
    countries = dict(zip(("France", "Japan", "USA", "Cambodia", "Atlantis"), partners, strict=False))
    with db.transaction() as session:
        for country, partner in countries.items():
            session.get_one(Partner, partner.id).country = country
        campaign = session.get_one(Campaign, partners[0].campaign_id)
        deadline, zone = campaign.deadline_at, campaign.zone
    for country in (*countries, *countries):
        given, anew = both(browser, countries[country], language)
        assert given == anew
        there = dates.elsewhere(deadline, zone, country, language)
        assert bool(there) is (country in {"France", "Japan"})
        assert f"{dates.day_and_time(deadline, zone, language)}{there}<" in html.unescape(given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_the_same_page_for_every_name_and_after_every_answer(language: str, browser: TestClient) -> None:
    partners = a_campaign()
    for partner in partners:
        given, anew = both(browser, partner, language)
        assert given == anew
    with db.transaction() as session:
        for number, partner in enumerate(partners):
            match number % 5:
                case 0:
                    answer.decline(session, partner.id, cast.SOPHEA)
                case 1:
                    cast.asks_for_a_change(session, partner.id, cast.SOPHEA)
                case kind:
                    cast.signs(session, partner, ("public", "addressee", "counted")[kind - 2])
    for partner in partners:
        given, anew = both(browser, partner, language)
        assert given == anew


def test_khmer_words_are_held_together_and_names_stay(browser: TestClient) -> None:
    partner = a_campaign()[-1]
    given, _ = both(browser, partner, "km")
    assert keep_words("ហត្ថលេខា") in given
    assert given.count(partner.organization) >= 3
    assert keep_words(partner.organization) not in given


def test_readers_share_a_wording_and_nothing_of_each_other(browser: TestClient) -> None:
    first, second = a_campaign()[2:4]
    page, other = both(browser, first)[0], both(browser, second)[0]
    assert len(page_cache._worded) == 1
    assert tokens.token(first) not in other
    kept = "".join(piece for worded in page_cache._worded.values() for piece in worded.pieces)
    for own in (first.organization, second.organization, tokens.token(first), tokens.mail_code(first), "Ms Lopez"):
        assert own not in kept
    assert page != other


def test_all_who_come_at_once_after_a_start_get_their_page_and_it_is_worded_once(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        names = tuple(f"Organization {number}" for number in range(60))
        partners = cast.a_campaign(session, partners=names, show_signers="partners").partners[2:]
        for partner in partners[:20]:
            cast.signs(session, partner)
    word, worded = partner_page._worded_for_all, []

    def noting(partner_id: int, language: str) -> Any:
        worded.append(partner_id)
        return word(partner_id, language)

    monkeypatch.setattr(partner_page, "_worded_for_all", noting)

    async def look() -> list[str]:
        transport = httpx2.ASGITransport(app=make_app())
        async with httpx2.AsyncClient(transport=transport, base_url="http://letters.example", timeout=60) as everybody:
            looks = [everybody.get(f"/s/{tokens.token(partner)}") for partner in partners]
            return [response.raise_for_status().text for response in await asyncio.gather(*looks)]

    pages = asyncio.run(look())

    assert len(worded) == 2, "for those who signed, and for the silent"
    for partner, page in zip(partners, pages, strict=True):
        assert page == both(browser, partner)[1]


def test_who_answers_between_look_and_wording_gives_its_page_to_nobody(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_campaign()[2:4]
    word = partner_page._worded_for_all

    def answered_meanwhile(partner_id: int, language: str) -> Any:
        if partner_id == first.id:
            with db.transaction() as session:
                cast.signs(session, first)
        return word(partner_id, language)

    monkeypatch.setattr(partner_page, "_worded_for_all", answered_meanwhile)
    signed = browser.get(f"/s/{tokens.token(first)}").text
    assert f"{first.organization} signs" in html.unescape(signed)
    assert len(page_cache._worded) == 0
    given, anew = both(browser, second)
    assert given == anew
    assert "Recorded on" not in given


@pytest.mark.parametrize("what", ["listing_changed_at", "passed_on_at", "silenced_at"])
def test_whose_page_is_special_between_look_and_wording_gives_it_to_nobody(
    what: str, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_campaign()[2:4]
    word = partner_page._worded_for_all

    def done_meanwhile(partner_id: int, language: str) -> Any:
        if partner_id == first.id:
            with db.transaction() as session:
                setattr(session.get_one(Partner, first.id), what, db.clock(session))
        return word(partner_id, language)

    monkeypatch.setattr(partner_page, "_worded_for_all", done_meanwhile)
    assert browser.get(f"/s/{tokens.token(first)}").status_code == 200
    given, anew = both(browser, first)
    assert given == anew
    assert ("This was not us" in given) == (what != "silenced_at")
    assert ('value="sign"' in given) == (what != "silenced_at")
    given, anew = both(browser, second)
    assert given == anew
    assert "This was not us" not in given
    assert 'value="sign"' in given


def test_beyond_the_most_that_are_kept_the_page_that_nobody_asked_for_longest_is_forgotten(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = a_campaign()[2]
    word, worded = partner_page._worded_for_all, []

    def noting(partner_id: int, language: str) -> Any:
        worded.append(language)
        return word(partner_id, language)

    monkeypatch.setattr(partner_page, "_worded_for_all", noting)
    monkeypatch.setattr(page_cache._worded, "capacity", 2)
    for language in ("en", "fr", "en", "km", "en", "fr"):
        assert browser.get(f"/s/{tokens.token(partner)}?lang={language}").status_code == 200

    assert worded == ["en", "fr", "km", "fr"]
    assert len(page_cache._worded) == 2


def test_what_changes_is_seen_at_once(browser: TestClient) -> None:
    partner = a_campaign()[0]
    pages = [both(browser, partner)[0]]

    def happens(act: Any) -> None:
        with db.transaction() as session:
            act(session, session.get_one(Campaign, partner.campaign_id), session.get_one(Partner, partner.id))
        given, anew = both(browser, partner)
        assert given == anew
        assert given not in pages
        pages.append(given)

    happens(
        lambda session, campaign, _: extend.move_deadline(
            session, campaign.id, campaign.deadline_at + timedelta(days=999)
        )
    )
    happens(
        lambda session, campaign, one: correct_listing.change_listing(session, one.id, Listing("Rivers", "RW", "USA"))
    )
    happens(lambda session, campaign, one: correct_listing.decide_name(session, one.id, agreed=True))
    happens(lambda session, campaign, one: cast.signs(session, one))
    happens(lambda session, campaign, one: setattr(one, "quiet_at", db.clock(session)))
    happens(lambda session, campaign, one: answer.withdraw(session, one.id, cast.SOPHEA))
    happens(lambda session, campaign, one: cast.passes_its_deadline(session, campaign, closed=False))
    happens(lambda session, campaign, one: cast.passes_its_deadline(session, campaign))
    with db.transaction() as session:
        session.get_one(Partner, partner.id).generation += 1
    assert browser.get(f"/s/{tokens.token(partner)}").status_code == 404


def test_who_signed_the_earlier_text_is_told_whoever_looked_before(browser: TestClient) -> None:
    """One who never answered and one whose signature fell have no answer that stands; they do not see the same."""
    first, second = a_campaign()[:2]
    with db.transaction() as session:
        signed = cast.signs(session, second)
        letter = session.get_one(Campaign, first.campaign_id).letter
        session.add(
            Letter(
                campaign_id=letter.campaign_id,
                version=2,
                meaning=2,
                texts={language: text.replace("1.", "7.") for language, text in letter.texts.items()},
                hash="1" * 64,
                addressees=[
                    Addressee(
                        position=1, name="Minister", office={}, salutation={"": ""}, address=[], email="", copy=False
                    )
                ],
            )
        )
        signed.superseded_at = db.clock(session)
    for partner, told in ((first, False), (second, True), (first, False)):
        given, anew = both(browser, partner, "en")
        assert given == anew
        assert ("signed the earlier text" in given) is told


@pytest.mark.parametrize("shown", ["partners", "everyone"])
def test_where_others_are_shown_each_look_sees_who_signs_now(shown: str, browser: TestClient) -> None:
    first, second = a_campaign(show_signers=shown)[:2]
    before, _ = both(browser, first)
    with db.transaction() as session:
        cast.signs(session, second)
    after, anew = both(browser, first)
    assert "Eau Vive" in after
    assert "Eau Vive" not in before
    assert after == anew
    with db.transaction() as session:
        cast.signs(session, first)
        cast.signs(session, second, "counted")
    given, anew = both(browser, first)
    assert given == anew
    assert "Eau Vive" not in given


def test_a_connection_that_died_is_tried_once_more(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = a_campaign()[0]
    look, tries = db._read_autocommit, []

    def dies_once(*asked: Any) -> Any:
        if isinstance(asked[0], TextualSelect):  # whether everything stands still
            return look(*asked)
        tries.append(asked)
        if len(tries) == 1:
            raise DBAPIError("", {}, Exception(), connection_invalidated=True)
        return look(*asked)

    monkeypatch.setattr(db, "_read_autocommit", dies_once)
    assert browser.get(f"/s/{tokens.token(partner)}").status_code == 200
    assert len(tries) == 2


@pytest.mark.parametrize("ended", [set(), {"closed_at"}, {"cancelled_at"}])
@pytest.mark.parametrize("milliseconds", [-1, 0, 1])
def test_the_database_says_to_the_millisecond_who_is_in_time_as_the_rows_do(
    ended: set[str], milliseconds: int, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.deadline_at = at = campaign.deadline_at.replace(microsecond=500_000)
        at += timedelta(milliseconds=milliseconds)
        for column in ended:
            setattr(campaign, column, campaign.launched_at)
        session.flush()
        said = session.scalar(select(Campaign.taking_answers(literal(at, Moment()))))
        assert said is campaign.takes_answers(at) is (not ended and milliseconds <= 0)


AFTER = [
    lives.past_its_deadline,
    lives.voided,
    lives.sealed,
    lives.in_data,
    lives.uncertain,
    lives.dispatched,
    lives.stepped_back,
    lives.brought_by_hand,
    lives.held,
    lives.cancelled,
]


@pytest.mark.parametrize("shown", ["nobody", "partners"])
@pytest.mark.parametrize("life", AFTER, ids=lambda life: life.__name__)
def test_after_the_deadline_too_it_is_the_same_page(life: Any, shown: str, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, show_signers=shown, public_page="after dispatch", partners=HELL)
        partners = campaign.partners[:8]
        cast.signs(session, partners[2])
        cast.signs(session, partners[3], "addressee")
        cast.signs(session, partners[4], "counted")
        answer.decline(session, partners[5].id, cast.SOPHEA)
        life(session, campaign)
    for language in ("en", "km"):
        for partner in partners:
            given, anew = both(browser, partner, language)
            assert given == anew
    assert 0 < len(page_cache._worded) < 2 * len(partners)


def test_what_changes_after_the_deadline_is_seen_at_once(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        campaign_id, partners = campaign.id, campaign.partners
        for partner in partners:
            cast.signs(session, partner)
    first = partners[0]
    pages = [both(browser, first)[0]]

    def happens(act: Callable[[Session, Campaign], object]) -> None:
        with db.transaction() as session:
            act(session, session.get_one(Campaign, campaign_id))
        given, anew = both(browser, first)
        assert given == anew
        assert given not in pages
        pages.append(given)

    happens(lambda session, campaign: cast.passes_its_deadline(session, campaign))
    happens(lambda session, campaign: setattr(campaign, "definition", campaign.definition | {"review": 0}))
    happens(lambda session, campaign: a_letter_goes(session, campaign, 0, "uncertain"))
    happens(lambda session, campaign: answer.sign(session, first.id, "counted", cast.SOPHEA))
    happens(lambda session, campaign: answer.withdraw(session, first.id, cast.SOPHEA))
    happens(lambda session, campaign: a_letter_goes(session, campaign, 1, "sent"))
    happens(lambda session, campaign: setattr(campaign, "dispatched_at", campaign.launched_at + timedelta(days=9)))


def test_after_the_deadline_who_is_not_in_an_empty_list_has_no_list(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, show_signers="partners")
        first, second = campaign.partners
        for partner in (first, second):
            cast.signs(session, partner, "counted")
        cast.passes_its_deadline(session, campaign)
    for partner in (first, second):
        given, anew = both(browser, partner)
        assert given == anew
        assert "signatories" not in given
    with db.transaction() as session:
        cast.standing(session, second.id).visibility = "public"
    for partner in (first, second):
        given, anew = both(browser, partner)
        assert given == anew
        assert "Eau Vive, France" in given


def test_those_who_want_no_mail_share_a_page_and_each_has_its_own_way_back(browser: TestClient) -> None:
    partners = a_campaign()[2:5]
    with db.transaction() as session:
        for partner in partners:
            session.get_one(Partner, partner.id).quiet_at = db.clock(session)
    for partner in partners:
        given, anew = both(browser, partner)
        assert given == anew
        assert f'href="/u/{tokens.token(partner, "quiet")}"' in given
    assert len(page_cache._worded) == 1
    with db.transaction() as session:
        session.get_one(Partner, partners[0].id).email_hmac = None
    given, anew = both(browser, partners[0])
    assert given == anew
    assert "/u/" not in given


def test_a_cancelled_letter_is_told_to_all_by_one_page(browser: TestClient) -> None:
    partners = a_campaign()
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partners[0].campaign_id)
        campaign.cancelled_at = db.clock(session)
    before = [both(browser, partner) for partner in partners]
    assert all(given == anew for given, anew in before)
    assert len(page_cache._worded) == 2, "one for each language of a partner"
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partners[0].campaign_id)
        campaign.erase_by = campaign.launched_at
    after = [both(browser, partner) for partner in partners]
    assert all(given == anew for given, anew in after)
    assert after != before, "the day on which all is erased"
