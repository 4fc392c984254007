"""A letter has one number: of all who sign, in each copy and on its page, whatever happens after it has left."""

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from tests.left_letters import (
    MIXED,
    TEXTS,
    a_sealed_campaign,
    campaign_of,
    is_brought,
    is_in_data,
    is_in_doubt,
    is_put,
    letters_of,
    nothing,
    page,
    reaches_all,
    reaches_the_first,
)
from worker import db, tokens
from worker.acts import answer, erase
from worker.acts.answer import Statement
from worker.mail import outbox
from worker.models import Mail, Partner, Seal, Visibility
from worker.state.positions import FEW_PARTNERS
from worker.text.languages import LANGUAGES
from worker.web import page_cache
from worker.wording.letter import withheld_line
from worker.wording.mails import word_mail

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def is_less_visible(partner_id: int) -> None:
    with db.transaction() as session:
        answer.sign(session, partner_id, "counted", Statement())


def withdraws(partner_id: int) -> None:
    with db.transaction() as session:
        answer.withdraw(session, partner_id, Statement())


@pytest.mark.parametrize(
    ("until_then", "afterwards"),
    [
        (is_in_data, reaches_all),
        (is_in_doubt, is_brought),
        (reaches_the_first, nothing),
        (reaches_the_first, reaches_all),
        (reaches_all, nothing),
        (is_brought, nothing),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_public_page_is_the_same_whether_one_went_or_stays_unnamed(
    until_then: Callable[[str], None], afterwards: Callable[[str], None], language: str, browser: TestClient
) -> None:
    pages = []
    for slug, steps_back in (("left-bank", withdraws), ("right-bank", is_less_visible)):
        public = a_sealed_campaign(slug)[0]
        until_then(slug)
        steps_back(public)
        afterwards(slug)
        pages.append(page(browser, slug, language))

    assert pages[0] == pages[1]
    assert re.findall(r"\d+(?= (?:undersigned|soussignées|អង្គការ))", pages[0])[0] == "3"


def test_the_number_stays_whatever_happens_later(browser: TestClient) -> None:
    public, addressee, counted = a_sealed_campaign("dam")
    reaches_all("dam")
    before = page(browser, "dam")
    assert "This letter was sent in the name of 3 organizations. Named here today:" in before

    withdraws(counted)
    is_less_visible(addressee)
    with db.transaction() as session:
        erase.erase_partner(session, counted)
    assert page(browser, "dam") == before, "nobody who is not named changes a byte"

    withdraws(public)
    without = page(browser, "dam")
    assert "This letter was sent in the name of 3 organizations. None is named here today." in without
    with db.transaction() as session:
        erase.erase_campaign(session, campaign_of(session, "dam").id)
    assert page(browser, "dam") == without


@pytest.mark.parametrize(
    ("visibilities", "sentence"),
    [
        (("public",), "This letter was sent in the name of 1 organization. Named here today:"),
        (("public", "public"), "This letter was sent in the name of 2 organizations. Named here today:"),
        (("counted",), "This letter was sent in the name of 1 organization. None is named here today."),
    ],
)
def test_every_campaign_says_so_from_the_first_day(
    visibilities: tuple[Visibility, ...], sentence: str, browser: TestClient
) -> None:
    a_sealed_campaign("dam", visibilities, visibility=list(set(visibilities)))
    reaches_all("dam")

    said = page(browser, "dam")

    assert sentence in said
    assert "in this copy" not in said


def test_before_it_has_left_no_number_is_there(browser: TestClient) -> None:
    a_sealed_campaign("dam", public_page="from launch", show_signers="everyone")

    said = page(browser, "dam")

    assert "sent in the name of" not in said
    assert "We, the … undersigned" in said


@pytest.mark.parametrize("visibilities", [MIXED, ("counted", "counted", "addressee"), ("public",) * 3])
def test_each_copy_in_each_language_and_form_and_its_mail_have_the_same_number(
    visibilities: tuple[Visibility, ...], database: str
) -> None:
    a_sealed_campaign("dam", visibilities)
    is_put("dam")
    with db.reading() as session:
        campaign = campaign_of(session, "dam")
        seals = session.scalars(select(Seal).where(Seal.campaign_id == campaign.id, Seal.format != "pdf")).all()
        texts = [seal.content.decode() for seal in seals if seal.format in {"text", "html"}]
        letters = letters_of(session, campaign)
        mails = [word_mail(session, letter) for letter in letters]

    assert len(texts) == 12
    assert all("3 of us" in text or "3 demandent" in text or "3 នាក់" in text for text in texts)
    assert [mail.subject for mail in mails] == ["3 of us ask you"] * 2
    assert all("We, the 3 undersigned" in mail.text for mail in mails)


NO_NAMES = "This letter is signed by 2 organizations. They are not"


@pytest.mark.parametrize(
    ("visibilities", "public", "addressee"),
    [
        (MIXED, "And 2 further organizations, which are not", "And 1 further organization, which is not"),
        (("public", "public"), "", ""),
        (("public", "addressee"), "And 1 further organization, which is not", ""),
        (("counted", "counted"), NO_NAMES, NO_NAMES),
        (("addressee",), "This letter is signed by 1 organization. It is not", ""),
    ],
)
def test_the_line_below_the_list_tells_how_many_are_not_named_in_this_copy(
    visibilities: tuple[Visibility, ...], public: str, addressee: str, database: str
) -> None:
    a_sealed_campaign("dam", visibilities)
    with db.reading() as session:
        which = (Seal.format == "text", Seal.language == "en")
        sealed = session.execute(select(Seal.rendition, Seal.content).where(*which)).all()
    for rendition, content in sealed:
        below = [one for one in content.decode().rstrip().split("\r\n\r\n") if not one.startswith("Copy: ")]
        expected = {"public": public, "addressee": addressee}[rendition]
        if expected:
            assert " ".join(below[-1].split()) == f"{expected} named in this copy."
        else:
            assert "in this copy" not in content.decode()


def test_who_stepped_back_does_not_change_what_organizers_are_told_of_a_seal(database: str) -> None:
    public = a_sealed_campaign("dam")[0]
    reaches_all("dam")
    with db.transaction() as session:
        campaign = campaign_of(session, "dam")
        for kind in ("closed", "report"):
            outbox.put(session, [outbox.to_organizers(kind, campaign, "again", db.clock(session), seal_number=1)])
    withdraws(public)

    with db.reading() as session:
        said = {
            mail.kind: " ".join(word_mail(session, mail).text.split())
            for mail in session.scalars(select(Mail).where(Mail.key.contains("again")))
        }

    assert "3 organizations sign: 1 publicly, 1 named for the addressee only, 1 counted" in said["closed"]
    assert "in the name of 3 organizations" in said["report"]


def form_of(browser: TestClient, partner: Partner, language: str = "en") -> str:
    shown = browser.get(f"/s/{tokens.token(partner)}?lang={language}").text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_shows_the_line_with_n_for_both_who_would_stand_in_it(language: str, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.letter.texts = dict(TEXTS)
        partner = campaign.partners[0]

    form = form_of(browser, partner, language)

    line = withheld_line(language)
    assert " N " in line
    assert form.count(line) == 2


def test_a_form_that_offers_public_signatures_only_speaks_of_no_line(browser: TestClient) -> None:
    with db.transaction() as session:
        partner = cast.a_campaign(session, visibility=["public"]).partners[0]

    form = form_of(browser, partner)

    assert "in this copy" not in form
    assert "guess" not in form


def test_who_is_warned_depends_on_how_many_are_asked_and_on_nobodys_answer(browser: TestClient) -> None:
    page_cache._worded.clear()
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=tuple(f"Number {n}" for n in range(FEW_PARTNERS - 3)))
        partners = list(campaign.partners)
    few = form_of(browser, partners[0])
    assert "could guess who signs without being named" in few
    with db.transaction() as session:
        for partner in partners[1:]:
            cast.signs(session, partner, "counted")
    assert form_of(browser, partners[0]) == few

    with db.transaction() as session:
        session.add(cast.another(partners[0].campaign_id))

    assert "guess" not in form_of(browser, partners[0])
