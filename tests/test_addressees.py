"""Several addressees: each is named to those who sign, and has the letter by mail or by hand, with its own seal."""

import html
import io
import re

import docx as python_docx
import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.deliveries import mails
from tests.mails import put, says
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, tokens
from worker.acts import answer, dispatch, erase, report
from worker.acts.answer import Statement
from worker.cli.status_json import as_json
from worker.models import Campaign
from worker.state.disclosures import load_notices
from worker.state.due import due_acts
from worker.state.letters import delivery_state, is_irrevocable, lacks_it, load_letters, load_seal_sent, served
from worker.state.refusals import AlreadyServed, Blocked
from worker.state.status import load_status
from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.wording import letter, letter_formats

pytestmark = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WEIR, LUND = "Minister Ada Weir", "Governor Bo Lund"
BOTH = {
    "en": f"{WEIR}, with a copy to {LUND}",
    "fr": f"{WEIR}, avec copie à {LUND}",
    "km": f"{WEIR} ដោយចម្លងជូន {LUND}",
}
COPY = {"en": f"Copy: {LUND}, Governor of the Lakes", "fr": f"Copie\u00a0: {LUND}, Gouverneur des lacs"}


def sealed(session: Session, *, by_hand: tuple[int, ...] = (), slug: str = "dam") -> Campaign:
    """River Watch signs publicly and Eau Vive for the addressee only; the list is closed and sealed."""
    campaign = a_campaign_with_two_addressees(session, by_hand=by_hand, slug=slug)
    campaign.definition = campaign.definition | {"quorum": 1, "review": 0}
    campaign.letter.addressees[1].office = {"en": "Governor of the Lakes", "fr": "Gouverneur des lacs"}
    for partner, visibility in zip(campaign.partners, ("public", "addressee"), strict=True):
        cast.signs(session, partner, visibility)  # type: ignore[arg-type]
    cast.passes_its_deadline(session, campaign)
    cast.is_sealed(session, campaign)
    return campaign


def states(session: Session, campaign: Campaign) -> list[str]:
    return [one.state for one in served(campaign, load_letters(session, campaign))]


def steps_back(session: Session, campaign_id: int) -> None:
    answer.withdraw(session, session.get_one(Campaign, campaign_id).partners[0].id, Statement())


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2])).split())


# Named before anybody signs


def printed(document: bytes, form: str) -> str:
    """What a reader reads in a document of this form."""
    if form == "pdf":
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages)
    if form == "docx":
        return "\n".join(one.text for one in python_docx.Document(io.BytesIO(document)).paragraphs)
    return html.unescape(re.sub(r"<[^>]+>", " ", document.decode())) if form == "html" else document.decode()


@on_sqlite
def test_the_letter_names_who_gets_a_copy_below_its_list_in_each_rendition_language_and_form(database: str) -> None:
    with db.transaction() as session:
        campaign = sealed(session)
        sheets = letter.build_sheets(campaign, letter.read_content(session, campaign))
        found = {
            (rendition, sheet.language, form.name): " ".join(printed(content, form.name).split())
            for rendition, sheet in sheets
            for form, content in letter_formats.documents(sheet, db.clock(session), campaign.authentic)
        }
    assert {key[0] for key in found} == {"public", "addressee"}
    assert {key[1] for key in found} == {"en", "fr"}
    for (rendition, language, form), said in found.items():
        where = said.replace("Copie :", "Copie\u00a0:").find(COPY[language])
        assert where > said.find("River Watch") > 0, (rendition, language, form)


@on_sqlite
def test_a_letter_to_one_alone_speaks_of_no_copy(database: str) -> None:
    with db.transaction() as session:
        sheet = letter.build_draft(cast.a_campaign(session), [], "en")
    assert sheet.copies == ()


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_signs_reads_before_to_whom_all_of_it_goes_and_who_reads_its_name(
    language: str, browser: TestClient
) -> None:
    with db.transaction() as session:
        partner = a_campaign_with_two_addressees(session).partners[0]
    page = words_of(browser.get(f"/s/{tokens.token(partner)}", params={"lang": language}).text)
    ask, _, form = page.partition("Rivers Secretariat on behalf")

    assert BOTH[language] in ask
    assert BOTH[language] in form
    unnamed = {
        "en": f"The copy for {LUND} does not name you.",
        "fr": f"L’exemplaire remis à {LUND} ne vous nomme pas.",
        "km": f"ច្បាប់លិខិតសម្រាប់ {LUND} មិនបង្ហាញឈ្មោះអង្គការរបស់លោកអ្នកទេ។",
    }
    assert keep_words(unnamed[language]) in form


@on_sqlite
def test_where_there_is_one_addressee_no_page_speaks_of_copies(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch")
        partner = campaign.partners[0]
    page = words_of(browser.get(f"/s/{tokens.token(partner)}").text)
    assert f"The letter will be sent to {WEIR}." in page
    assert "with a copy" not in (page + browser.get("/c/dam").text).lower()
    assert "does not name you" not in page


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_public_page_names_who_gets_a_copy(language: str, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        campaign.definition = campaign.definition | {"public_page": "from launch"}
    said = {"en": f"With a copy to {LUND}.", "fr": f"Avec copie à {LUND}.", "km": f"ដោយចម្លងជូន {LUND}។"}
    assert said[language] in words_of(browser.get("/c/dam", params={"lang": language}).text)


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_after_the_deadline_the_page_says_to_whom_it_goes_and_went(language: str, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = sealed(session)
        link = f"/s/{tokens.token(campaign.partners[0])}?lang={language}"
    assert BOTH[language] in words_of(browser.get(link).text)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        for place in (0, 1):
            a_letter_goes(session, campaign, place, "sent")
    assert BOTH[language] in words_of(browser.get(link).text)


# What became of it for each


LIVES: dict[tuple[str, str], tuple[str, list[str]]] = {
    # as far as the letter came for the first and the second: who has it, and what is due by itself
    ("to_bring", "to_bring"): ("not_sent", ["dispatch"]),
    ("queued", "to_bring"): ("not_sent", ["dispatch"]),
    ("sending", "to_bring"): ("sending", ["dispatch"]),
    ("uncertain", "to_bring"): ("uncertain", ["dispatch"]),
    ("refused", "to_bring"): ("not_sent", ["dispatch"]),
    ("sent", "to_bring"): ("partly_sent", ["report"]),
    ("to_bring", "sent"): ("partly_sent", ["report"]),
    ("returned", "to_bring"): ("partly_sent", ["report"]),
    ("brought", "to_bring"): ("partly_sent", ["report"]),
    ("brought", "waiting"): ("partly_sent", ["dispatch", "report"]),
    ("brought", "queued"): ("partly_sent", ["dispatch", "report"]),
    ("brought", "refused"): ("partly_sent", ["dispatch", "report"]),
    ("brought", "uncertain"): ("uncertain", ["dispatch", "report"]),
    ("brought", "sent"): ("sent", ["report"]),
    ("sent", "brought"): ("sent", ["report"]),
    ("sent", "sent"): ("sent", ["report"]),
    ("brought", "brought"): ("sent", ["report"]),
    ("sent", "returned"): ("sent", ["report"]),
}


def lived(session: Session, *so_far: str, slug: str = "dam") -> Campaign:
    by_hand = tuple(place for place, state in enumerate(so_far) if state in {"to_bring", "brought"})
    campaign = sealed(session, by_hand=by_hand, slug=slug)
    for place, state in enumerate(so_far):
        if state == "brought":
            dispatch.note_brought_by_hand(session, campaign.id, campaign.letter.addressees[place].id)
        elif state not in {"to_bring", "waiting"}:
            a_letter_goes(session, campaign, place, {"queued": "due", "sending": "in data"}.get(state, state))
    session.flush()
    return campaign


def test_each_addressee_has_a_fate_of_its_own_and_rows_and_sql_agree_on_it() -> None:
    with db.transaction() as session:
        for number, so_far in enumerate(LIVES):
            lived(session, *so_far, slug=f"dam-{number}")
    with db.reading() as session:
        lacking = set(session.scalars(select(Campaign.id).where(lacks_it())))
        due: dict[int, list[str]] = {}
        for name, campaign_id in due_acts(session):
            due.setdefault(campaign_id, []).append(name)
        campaigns = session.scalars(select(Campaign).order_by(Campaign.id)).all()
        for campaign, (so_far, (where, acts)) in zip(campaigns, LIVES.items(), strict=True):
            letters = load_letters(session, campaign)
            assert states(session, campaign) == [*so_far]
            assert delivery_state(campaign, letters) == where, so_far
            assert [name for name in due[campaign.id] if name != "record"] == acts, so_far
            assert (campaign.id in lacking) is not is_irrevocable(campaign, letters), so_far


def test_who_is_to_be_brought_the_letter_keeps_nothing_else_waiting_and_is_not_forgotten() -> None:
    """The letter is with the first and that is reported: nothing is due, until somebody steps back."""
    with db.transaction() as session:
        campaign = lived(session, "sent", "to_bring")
        past = [one for one in due_acts(session) if one[0] != "record"]
        report.put_copies(session, campaign.id)
        after = [one for one in due_acts(session) if one[0] != "record"]
        answer.withdraw(session, campaign.partners[0].id, Statement())
        again = [one for one in due_acts(session) if one[0] != "record"]
    assert (past, after, again) == ([("report", campaign.id)], [], [("close", campaign.id)])


@on_sqlite
def test_what_is_noted_for_one_is_noted_for_no_other(database: str) -> None:
    with db.transaction() as session:
        campaign = lived(session, "uncertain", "uncertain")
        second = campaign.letter.addressees[1]
        assert dispatch.note_brought_by_hand(session, campaign.id, second.id) == [LUND]
        assert states(session, campaign) == ["uncertain", "sent"]
        with pytest.raises(AlreadyServed):
            dispatch.note_brought_by_hand(session, campaign.id, second.id)
        assert dispatch.note_brought_by_hand(session, campaign.id) == [WEIR]
        assert states(session, campaign) == ["sent", "sent"]
        with pytest.raises(AlreadyServed):
            dispatch.note_brought_by_hand(session, campaign.id)


@on_sqlite
@pytest.mark.parametrize("state", ["due", "refused", "returned"])
def test_what_was_brought_is_not_mailed_and_waits_no_more(state: str, database: str) -> None:
    with db.transaction() as session:
        campaign = sealed(session)
        a_letter_goes(session, campaign, 0, "sent")
        a_letter_goes(session, campaign, 1, state)
        dispatch.note_brought_by_hand(session, campaign.id, campaign.letter.addressees[1].id)
    with db.transaction() as session:
        assert states(session, session.get_one(Campaign, campaign.id)) == ["sent", "brought"]
        assert dispatch.dispatch_seal(session, campaign.id, by_person=True) == 0
    assert not any(mail.due_at for mail in mails("letter"))


@on_sqlite
def test_nothing_is_noted_while_it_is_handed_over_nor_of_a_letter_that_never_leaves(database: str) -> None:
    with db.transaction() as session:
        campaign = lived(session, "sending", "to_bring")
        first, second = campaign.letter.addressees
        for addressee in (None, first.id):
            with pytest.raises(Blocked):
                dispatch.note_brought_by_hand(session, campaign.id, addressee)
        assert dispatch.note_brought_by_hand(session, campaign.id, second.id) == [LUND]
    with db.transaction() as session:
        campaign = sealed(session, by_hand=(0, 1), slug="given-up")
        erase.erase_campaign(session, campaign.id, give_up=True)
        with pytest.raises(Blocked):
            dispatch.note_brought_by_hand(session, campaign.id)


# Seals


def test_who_has_which_seal_and_who_is_told_what() -> None:
    """The first has seal 1 by mail; somebody withdraws; the second is brought seal 2."""
    with db.transaction() as session:
        campaign = lived(session, "sent", "to_bring")
        answer.withdraw(session, campaign.partners[0].id, Statement())
        with pytest.raises(Blocked):
            dispatch.note_brought_by_hand(session, campaign.id)  # what was printed is voided
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        cast.is_sealed(session, campaign, 2)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        dispatch.note_brought_by_hand(session, campaign.id)
        found = as_json(load_status(session, campaign))
        notices = load_notices(session, campaign, load_letters(session, campaign))
        assert load_seal_sent(session, campaign, load_letters(session, campaign)) == 1

    assert [(one["name"], one["state"], one["seal"]) for one in found["addressees"]] == [
        (WEIR, "sent", 1),
        (LUND, "brought", 2),
    ]
    assert [(one.addressee.name, [p.organization for p in one.withdrawn]) for one in notices] == [
        (WEIR, ["River Watch"])
    ]


def test_copies_carry_the_seal_that_the_first_got_by_hand_also_once_there_is_another() -> None:
    with db.transaction() as session:
        campaign = lived(session, "brought", "to_bring")
        assert report.put_copies(session, campaign.id) == 3
    with db.transaction() as session:
        steps_back(session, campaign.id)
        assert report.put_copies(session, campaign.id) == 0
    with db.transaction() as session:
        cast.is_sealed(session, session.get_one(Campaign, campaign.id), 2)
        assert report.put_copies(session, campaign.id) == 0, "not a second time"
    assert {mail.seal_number for mail in mails("copy")} == {1}


def test_a_letter_that_came_back_and_was_brought_names_whom_it_named() -> None:
    """Nothing voids a seal once all have left, so what is printed of it names who stepped back since."""
    with db.transaction() as session:
        campaign = lived(session, "sent", "returned")
    with db.transaction() as session:
        steps_back(session, campaign.id)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        dispatch.note_brought_by_hand(session, campaign.id, campaign.letter.addressees[1].id)
        notices = load_notices(session, campaign, load_letters(session, campaign))
    assert [one.addressee.name for one in notices] == [WEIR, LUND]


# What partners and organizers are told


WENT = {
    ("sent", "sent"): f", to {BOTH['en']}. Your copy",
    ("sent", "to_bring"): f", to {WEIR}. As far as we know, it has not yet reached {LUND}.",
    ("to_bring", "sent"): f", to {LUND}. As far as we know, it has not yet reached {WEIR}.",
    ("brought", "uncertain"): f", to {WEIR}. As far as we know, it has not yet reached {LUND}.",
    ("brought", "brought"): f", to {BOTH['en']}. Your copy",
}


@on_sqlite
def test_the_copy_says_to_whom_it_went_as_things_stand_when_it_is_worded(database: str) -> None:
    for number, (so_far, said) in enumerate(WENT.items()):
        with db.transaction() as session:
            campaign = lived(session, *so_far, slug=f"dam-{number}")
            says(put(session, "copy", campaign, campaign.partners[0], "en"), said)
    with db.transaction() as session:
        campaign = lived(session, "sent", "to_bring", slug="dam")
        says(put(session, "copy", campaign, campaign.partners[0], "en"), "has not yet reached")
        dispatch.note_brought_by_hand(session, campaign.id)
        says(put(session, "copy", campaign, campaign.partners[1], "en"), BOTH["en"])


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_organizers_read_who_lacks_the_letter_and_how_to_note_it(language: str, database: str) -> None:
    note = "undersigned dispatch dam --by-hand --addressee 2"
    with db.transaction() as session:
        campaign = sealed(session, by_hand=(1,))
        says(put(session, "closed", campaign, None, language), note)
        a_letter_goes(session, campaign, 0, "sent")
        message = put(session, "report", campaign, None, language)
        says(message, note)
        told = {"en": "sent to 1 of 2", "fr": "1 destinataire sur 2", "km": "ចំនួន 1 ក្នុងចំណោម 2"}
        says(message, told[language])
        says(put(session, "waiting", campaign, None, language), note)


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("so_far", [("uncertain", "sent"), ("sent", "waiting"), ("uncertain", "waiting")])
def test_a_letter_that_is_sealed_anew_once_some_have_it_promises_no_moment(
    so_far: tuple[str, str], language: str, database: str
) -> None:
    doubt = {"en": "nobody knows whether", "fr": "personne ne sait si", "km": "គ្មាននរណាដឹងថា"}
    by_itself = {
        "en": "not sent yet; it will be sent automatically",
        "fr": "l’envoi se fera automatiquement",
        "km": "ផ្ញើដោយស្វ័យប្រវត្តិ",
    }
    with db.transaction() as session:
        campaign = lived(session, *so_far)
        text = " ".join(put(session, "closed", campaign, None, language).text.split())
    assert "undersigned hold" not in text
    assert (doubt[language] in text) == ("uncertain" in so_far)
    assert (by_itself[language] in text) == ("waiting" in so_far)


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_while_one_lacks_it_the_page_says_who_has_it_and_who_not(language: str, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = lived(session, "sent", "to_bring")
        link = f"/s/{tokens.token(campaign.partners[0])}?lang={language}"
    said = {
        "en": f"It has not reached {LUND} yet.",
        "fr": f"Elle n’est pas encore parvenue à {LUND}.",
        "km": f"លិខិតនេះមិនទាន់ទៅដល់ {LUND} នៅឡើយទេ។",
    }
    before = words_of(browser.get(link).text)
    assert said[language] in before
    with db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign.id)
    after = words_of(browser.get(link).text)
    assert said[language] not in after
    assert BOTH[language] in after
