"""A partner corrects how it is printed."""

import html
import re

import httpx2
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast
from worker import db, tokens
from worker.acts import correct_listing, disown
from worker.acts.correct_listing import Listing
from worker.cli.commands import app
from worker.models import Answer, Campaign, Mail, Partner
from worker.state.refusals import Closed, NotFilledIn, NothingProposed
from worker.text import names
from worker.text.languages import LANGUAGES
from worker.web.listing_page import ListingForm
from worker.wording import problems
from worker.wording.mails import word_mail

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def river_watch(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


def url(partner: Partner) -> str:
    return f"/s/{tokens.token(partner)}/row"


def now_of(partner: Partner) -> Partner:
    with db.reading() as session:
        return session.get_one(Partner, partner.id)


def corrects(browser: TestClient, partner: Partner, **typed: str) -> httpx2.Response:
    form = {"organization": "River Watch", "acronym": "RW", "country": "USA", "mail_code": tokens.mail_code(partner)}
    return browser.post(url(partner), data=form | typed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_shows_the_row_as_it_stands_and_changes_nothing(
    language: str, browser: TestClient, river_watch: Partner
) -> None:
    with db.reading() as session:
        before = cast.everything(session)
    page = browser.get(url(river_watch), params={"lang": language})
    assert page.status_code == 200
    for field, value in (("organization", "River Watch"), ("acronym", "RW"), ("country", "USA"), ("name_fr", "")):
        assert re.search(rf'name="{field}" type="text"[^>]* value="{value}"', page.text)
    assert "name_en" not in page.text, "the letter's own language is the name itself"
    assert "name_km" not in page.text, "there is no letter in Khmer"
    with db.reading() as session:
        assert cast.everything(session) == before


def test_what_is_the_same_changes_nothing_and_tells_nobody(browser: TestClient, river_watch: Partner) -> None:
    assert corrects(browser, river_watch).status_code == 200
    with db.reading() as session:
        assert session.query(Mail).count() == 0
    assert now_of(river_watch).proposed is None


def test_a_name_waits_and_the_rest_does_not(browser: TestClient, river_watch: Partner) -> None:
    sent = corrects(browser, river_watch, organization="  Rivers  Watch ", acronym="", name_fr="Veille", sort_as="Z")
    assert sent.status_code == 200
    assert "Saved" in sent.text
    assert "River Watch, USA" in sent.text
    assert "Rivers Watch, USA" in sent.text, "what waits for the organizers"
    partner = now_of(river_watch)
    assert (partner.organization, partner.acronym, partner.sort_as) == ("River Watch", "", "Z")
    assert partner.proposed == {"": "Rivers Watch", "fr": "Veille"}
    assert 'value="Rivers Watch"' in browser.get(url(river_watch)).text, "what is asked for is shown again"
    with db.reading() as session:
        assert [mail.kind for mail in session.query(Mail)] == ["listing", "row"]
        assert session.query(Answer).count() == 0, "it is no answer"
    corrects(browser, river_watch, acronym="", sort_as="Z")
    assert now_of(river_watch).proposed is None, "taken back by the partner itself"


def test_an_organizer_agrees_and_the_name_is_printed_in_each_language(database: str, river_watch: Partner) -> None:
    with db.transaction() as session:
        correct_listing.change_listing(
            session, river_watch.id, Listing("Rivers Watch", "RW", "USA", names={"fr": "Veille du Fleuve"})
        )
        agreed = correct_listing.decide_name(session, river_watch.id, agreed=True)
    assert agreed.organization == "Rivers Watch"
    partner = now_of(river_watch)
    assert names.signatory(partner, "en", "en") == "Rivers Watch (RW), USA"
    assert names.signatory(partner, "fr", "en") == "Veille du Fleuve (RW), États-Unis"
    assert names.signatory(partner, "km", "en").startswith("Rivers Watch (RW)")
    with db.transaction() as session, pytest.raises(NothingProposed):
        correct_listing.decide_name(session, river_watch.id, agreed=True)


def test_whoever_disowns_an_answer_disowns_the_name_with_it(database: str, river_watch: Partner) -> None:
    with db.transaction() as session:
        cast.signs(session, river_watch)
        correct_listing.change_listing(session, river_watch.id, Listing("The Ministry", "RW", "USA"))
        disown.disown_answer(session, river_watch.id)
    assert now_of(river_watch).proposed is None


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("organization", ""),
        ("organization", "x" * 301),
        ("organization", "Watch\u202eevil"),
        ("organization", "中文"),
        ("acronym", "x" * 21),
        ("acronym", "---"),
        ("country", "two\nlines"),
        ("name_fr", "\u200b"),
        ("sort_as", "x" * 301),
    ],
)
def test_what_cannot_be_printed_is_refused_beside_its_field_and_stays_typed(
    field: str, typed: str, browser: TestClient, river_watch: Partner
) -> None:
    page = corrects(browser, river_watch, **{field: typed, "mail_code": ""})
    assert page.status_code == 422
    assert f'id="{field}-problem"' in page.text
    assert 'id="mail_code-problem"' in page.text, "all at once"
    assert f'aria-describedby="{field}-problem"' in page.text or f'{field}-hint {field}-problem"' in page.text
    assert html.unescape(page.text).count(typed) if typed else True
    assert now_of(river_watch).proposed is None


@pytest.mark.parametrize(
    ("wanted", "field", "code"),
    [
        (Listing("", "RW", "USA"), "organization", "name missing"),
        (Listing("River Watch", "x" * 21, "USA"), "acronym", "too long"),
        (Listing("River Watch", "RW\u202e", "USA"), "acronym", "unfit"),
        (Listing("River Watch", "RW", "x" * 81), "country", "too long"),
        (Listing("River Watch", "RW", "USA", sort_as="中文"), "sort_as", "unprintable"),
        (Listing("River Watch", "RW", "USA", names={"fr": "---"}), "name_fr", "name missing"),
        (Listing("River Watch", "RW", "USA", names={"en": "Rivers"}), "name_en", "language unknown"),
        (Listing("River Watch", "RW", "USA", names={"km": "Rivers"}), "name_km", "language unknown"),
    ],
)
def test_the_act_itself_refuses_what_cannot_be_printed(
    wanted: Listing, field: str, code: str, database: str, river_watch: Partner
) -> None:
    with db.reading() as session:
        before = cast.everything(session)
    with db.transaction() as session, pytest.raises(NotFilledIn) as refused:
        correct_listing.change_listing(session, river_watch.id, wanted)
    assert refused.value.facts == {"problems": {field: code}}
    assert problems.sentence(code)
    with db.reading() as session:
        assert cast.everything(session) == before


def test_what_became_wrong_since_the_form_was_read_is_said_beside_its_field(
    browser: TestClient, river_watch: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ListingForm, "problems", lambda *_: {})
        page = corrects(browser, river_watch, country="中文")
    assert page.status_code == 422
    assert 'id="country-problem"' in page.text
    assert now_of(river_watch).country == "USA"


@pytest.mark.parametrize("country", ["Scotland", "Catalunya", "International", "Upper Falls", "Korea", "Taiwan, China"])
def test_a_country_that_is_not_known_waits_and_is_never_refused(
    country: str, browser: TestClient, river_watch: Partner
) -> None:
    page = corrects(browser, river_watch, country=country)
    assert page.status_code == 200
    waiting = now_of(river_watch)
    assert (waiting.country, waiting.proposed) == ("USA", {"": "River Watch", "country": country})
    assert f'value="{country}"' in browser.get(url(river_watch)).text
    assert "name or country has to be approved" in browser.get(url(river_watch)).text

    with db.transaction() as session:
        correct_listing.decide_name(session, river_watch.id, agreed=True)
    agreed = now_of(river_watch)
    assert (agreed.organization, agreed.country, agreed.proposed) == ("River Watch", country, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_organizers_and_the_contact_read_which_country_waits(
    language: str, browser: TestClient, river_watch: Partner
) -> None:
    with db.transaction() as session:
        session.get_one(Partner, river_watch.id).language = language
    assert corrects(browser, river_watch, country="Scotland").status_code == 200
    with db.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "listing")).one()
        told = " ".join(word_mail(session, mail).text.split())
        words = {
            "en": "Country (the organizers have to approve it): “USA” before, “Scotland” now",
            "fr": "Pays (les organisateurs doivent l’approuver)",
            "km": "ប្រទេស (រង់ចាំការយល់ព្រមពីក្រុមអ្នករៀបចំ)",
        }
        assert words[language] in told
        assert "Scotland" in told
    said = CliRunner().invoke(app, ["status", "dam"]).stdout
    assert "River Watch → country: Scotland" in said
    said = CliRunner().invoke(app, ["amend", "dam", "--partner", "RW", "--name", "yes", "--yes"]).output
    assert "River Watch (RW), USA is printed from now on as: River Watch (RW), Scotland" in said


def test_a_country_that_waited_is_dropped_by_a_no_or_by_another_wish(browser: TestClient, river_watch: Partner) -> None:
    corrects(browser, river_watch, country="Scotland")
    with db.transaction() as session:
        correct_listing.decide_name(session, river_watch.id, agreed=False)
    assert (now_of(river_watch).country, now_of(river_watch).proposed) == ("USA", None)
    corrects(browser, river_watch, country="Scotland", organization="River Watch Scotland")
    assert now_of(river_watch).proposed == {"": "River Watch Scotland", "country": "Scotland"}
    corrects(browser, river_watch, country="Deutschland")
    assert (now_of(river_watch).country, now_of(river_watch).proposed) == ("Deutschland", None)


def test_a_country_that_another_partner_has_is_printed_as_there(browser: TestClient, river_watch: Partner) -> None:
    with db.transaction() as session:
        other = session.scalars(select(Partner).where(Partner.id != river_watch.id)).first()
        assert other is not None
        other.country = "State of Palestine"
    corrects(browser, river_watch, country="Palestine")
    assert now_of(river_watch).country == "State of Palestine"


def test_what_an_organizer_wrote_may_stay_whatever_it_is(browser: TestClient, river_watch: Partner) -> None:
    with db.transaction() as session:
        partner = session.get_one(Partner, river_watch.id)
        partner.country, partner.acronym = "Upper Falls", "A RATHER LONG ACRONYM OF OURS"
    kept = {"country": "Upper Falls", "acronym": "A RATHER LONG ACRONYM OF OURS"}
    assert corrects(browser, river_watch, sort_as="Z", **kept).status_code == 200
    assert corrects(browser, river_watch, sort_as="Z", country="").status_code == 200
    assert now_of(river_watch).country == ""


def test_a_wrong_code_changes_nothing(browser: TestClient, river_watch: Partner) -> None:
    wrong = f"{(int(tokens.mail_code(river_watch)) + 1) % 1_000_000:06d}"
    assert corrects(browser, river_watch, acronym="XX", mail_code=wrong).status_code == 422
    assert now_of(river_watch).acronym == "RW"


def test_once_the_list_is_closed_nothing_can_be_corrected(browser: TestClient, river_watch: Partner) -> None:
    with db.transaction() as session:
        correct_listing.change_listing(session, river_watch.id, Listing("Rivers Watch", "RW", "USA"))
        cast.passes_its_deadline(session, session.get_one(Campaign, river_watch.campaign_id))
    for page in (browser.get(url(river_watch)), corrects(browser, river_watch, acronym="XX")):
        assert (page.status_code, page.headers["location"]) == (303, f"/s/{tokens.token(river_watch)}")
    assert now_of(river_watch).acronym == "RW"
    with db.transaction() as session, pytest.raises(Closed):
        correct_listing.decide_name(session, river_watch.id, agreed=True)
    with db.transaction() as session:
        correct_listing.decide_name(session, river_watch.id, agreed=False)
    assert now_of(river_watch).organization == "River Watch"


def test_unknown_links_are_the_same_page_as_ever(browser: TestClient, river_watch: Partner) -> None:
    unknown = browser.get("/s/xyz/row")
    assert unknown.status_code == 404
    assert unknown.content == browser.get("/s/xyz").content
