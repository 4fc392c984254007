"""The addressee's copy names some in confidence: that stands in it, on it, and in the name of its file."""

import io
import re
from email.message import EmailMessage

import pypdf
import pytest

from tests.holder import words
from tests.stage import Stage, Story

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


@pytest.fixture(scope="module")
def sent(processes: Stage, worker_number: int) -> Story:
    """River Watch is named for everyone, Clean Coast for the rapporteur alone; a mission gets a copy."""
    processes.set_clock(None)
    campaign = Story(processes, f"confidential-{worker_number}", copy_to="Permanent Mission of Example")
    river_watch = campaign.joined_by("River Watch", "RW", "Canada")
    clean_coast = campaign.joined_by("Clean Coast", "CC", "France")
    campaign.launches()
    river_watch.signs("public")
    clean_coast.signs("addressee")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    campaign.is_dispatched()
    assert "Clean Coast" in words(campaign.letter())
    assert "Clean Coast" not in words(campaign.copy())
    return campaign


def pdf_in(mail: EmailMessage) -> EmailMessage:
    (pdf,) = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    assert isinstance(pdf, EmailMessage)
    return pdf


def test_the_name_of_a_file_says_whether_it_may_be_passed_on(sent: Story) -> None:
    confidential, public = str(pdf_in(sent.letter()).get_filename()), str(pdf_in(sent.copy()).get_filename())

    assert {confidential[-4:], public[-4:]} == {".pdf"}
    assert "CONFIDENTIAL" in confidential
    assert "PUBLIC" in public
    assert re.search(r"\d{4}-\d{2}-\d{2}", confidential)


def test_who_is_named_for_the_addressee_alone_stands_under_a_heading_of_its_own(sent: Story) -> None:
    letter = words(sent.letter())
    river_watch, clean_coast = (letter.index(partner.organization) for partner in sent.partners)

    between = letter[river_watch:clean_coast]
    assert "in confidence" in between
    assert "do not publish or pass" in between


def test_the_mail_says_at_its_top_that_it_is_confidential(sent: Story) -> None:
    beginning = words(sent.letter()).partition("Dear Professor Example")[0]

    assert beginning
    assert "confiden" in beginning.lower()
    assert "confiden" not in words(sent.copy()).lower()


def test_each_page_of_the_addressees_pdf_says_that_it_is_confidential(sent: Story) -> None:
    confidential, public = (
        pypdf.PdfReader(io.BytesIO(pdf_in(mail).get_content())).pages for mail in (sent.letter(), sent.copy())
    )

    assert "Clean Coast" in "".join(page.extract_text() for page in confidential)
    assert all("confiden" in page.extract_text().lower() for page in confidential)
    assert not any("confiden" in page.extract_text().lower() for page in public)
