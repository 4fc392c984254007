"""Who chose the addressee alone is set apart in its copy, which says so; where nobody did, there is one letter."""

import io
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import pypdf
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer
from typer.testing import CliRunner

from tests import cast, two_addressees
from tests.mails import put
from tests.readers import Page, folded, kinds_below
from worker import db
from worker.acts import close
from worker.cli.commands import app
from worker.mail import mime, outbox
from worker.models import Campaign, Mail, Seal, Visibility
from worker.wording import export, mails
from worker.wording.letter import file_title
from worker.wording.letter_docx import SIGNATORY

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NAMES = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Gorse")
FORMS = ("text", "html", "pdf", "docx")
HEADING = {
    "en": "Organizations that sign and are named to you in confidence: please do not publish or pass on their names",
    "fr": "Organisations signataires nommées à titre confidentiel\u00a0: merci de ne pas publier ni transmettre leurs "
    "noms",
}
NOTICE = {
    "en": "Confidential copy for Minister Ada Weir. The organizations in the last list are named to you alone: "
    "please do not publish or pass on their names.",
    "fr": "Exemplaire confidentiel pour Minister Ada Weir. Les organisations de la dernière liste ne sont nommées "
    "qu’à votre intention\u00a0: merci de ne pas publier ni transmettre leurs noms.",
}
FOOTER = {"en": "Confidential copy for the addressee", "fr": "Exemplaire confidentiel pour le destinataire"}


HARD_TO_COPY = ("Nguyễn Thị Ế", "ɛ̃́kpɛ Union", "សម្ព័ន្ធខ្មែរ")  # out of a PDF


def sealed(*visibilities: Visibility, to: str = "Minister Ada Weir", names: tuple[str, ...] = NAMES) -> int:
    """A campaign that the partners of these NAMES sign so, sealed as it really is; a governor gets a copy."""
    with db.transaction() as session:
        campaign = two_addressees.a_campaign_with_two_addressees(session, partners=names)
        campaign.letter.addressees[0].name = to
        for partner, visibility in zip(campaign.partners[2:], visibilities, strict=False):
            cast.signs(session, partner, visibility)
        cast.passes_its_deadline(session, campaign, closed=False)
        campaign_id = campaign.id
    close.close_and_seal(campaign_id)
    return campaign_id


def seals(rendition: str) -> dict[tuple[str, str], bytes]:
    """The bytes of a rendition, by language and form."""
    with db.reading() as session:
        found = session.scalars(select(Seal).where(Seal.rendition == rendition).options(undefer(Seal.content)))
        return {(seal.language, seal.format): seal.content for seal in found}


def read(form: str, content: bytes) -> str:
    """What somebody reads of a document, on one line."""
    if form == "pdf":
        return folded(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))
    if form == "docx":
        return folded("\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs))
    return folded(Page(content.decode()).words if form == "html" else content.decode())


def folded_rows(words: str) -> list[tuple[str, str]]:
    return re.findall(rf"(\d+)\. ({'|'.join(NAMES)})\b", words)


@pytest.mark.usefixtures("database")
def test_those_named_in_confidence_stand_apart_in_every_form_and_language() -> None:
    sealed("addressee", "public", "addressee", "public", "counted", "addressee")
    confidential, public = seals("addressee"), seals("public")
    assert set(confidential) == {*((language, form) for language in ("en", "fr") for form in FORMS[:2])} | {
        ("en", "pdf"),
        ("en", "docx"),
    }
    for (language, form), content in confidential.items():
        words = read(form, content)
        beginning, _, rest = words.partition("Rivers Secretariat")
        assert folded(NOTICE[language]) in beginning, (language, form)
        assert words.count(folded(NOTICE[language])) == 1
        above, heading, below = rest.partition(folded(HEADING[language]))
        assert heading, (language, form)
        order = [above.find("Birch"), above.find("Elm"), len(above)]
        assert -1 < order[0] < order[1]
        assert -1 < below.find("Alder") < below.find("Cedar") < below.find("Gorse")
        assert not {"Alder", "Cedar", "Gorse"} & set(re.findall(r"\w+", above))
        assert not {"Birch", "Elm"} & set(re.findall(r"\w+", below))
        assert "Fir" not in words
        if form in {"text", "pdf"}:
            numbered = [("1", "Birch"), ("2", "Elm"), ("3", "Alder"), ("4", "Cedar"), ("5", "Gorse")]
            assert folded_rows(words) == numbered
        for trace in ("onfiden", "Alder", "Cedar", "Gorse"):
            assert trace not in read(form, public[language, form]), "the public one has no trace of it"


@pytest.mark.usefixtures("database")
def test_lists_go_on_counting_where_a_program_numbers_them() -> None:
    sealed("addressee", "public", "addressee", "public")
    documents = seals("addressee")
    assert '<ol class="signatories" start="3">' in documents["en", "html"].decode()
    paragraphs = docx.Document(io.BytesIO(documents["en", "docx"])).paragraphs
    listed = [one for one in paragraphs if one.style is not None and one.style.name == SIGNATORY]
    assert [one.text for one in listed] == ["Birch", "Elm", "Alder", "Cedar"], "one style, so one list that counts on"
    assert not any(one._p.xpath("./w:pPr/w:numPr") for one in listed)


@pytest.mark.usefixtures("database")
def test_each_page_on_paper_says_it_and_a_reader_aloud_finds_both_lists() -> None:
    sealed("public", "addressee")
    pdf = pypdf.PdfReader(io.BytesIO(seals("addressee")["en", "pdf"]))
    (page,) = pdf.pages
    assert folded(page.extract_text()).endswith(FOOTER["en"]), "and no number on a single page"
    kinds = list(kinds_below(pdf.trailer["/Root"]["/StructTreeRoot"]))  # type: ignore[index]
    a_list = ["/H2", "/L", "/LI", "/Lbl", "/LBody"]
    assert kinds[kinds.index("/H2") :] == [*a_list * 2, "/P"], "who gets a copy is read last"
    assert kinds.index("/P") < kinds.index("/H1"), "the notice is read first"
    word = docx.Document(io.BytesIO(seals("addressee")["en", "docx"]))
    assert word.sections[0].footer.paragraphs[0].text.startswith(f"{FOOTER['en']} · ")
    assert [one.text for one in word.paragraphs if one.style is not None and one.style.name == "Heading 2"] == [
        "Signatory Civil Society Organizations",
        HEADING["en"],
    ]


@pytest.mark.usefixtures("database")
def test_where_nobody_is_named_in_confidence_there_is_one_letter() -> None:
    campaign_id = sealed("public", "counted", "public")
    assert seals("addressee") == seals("public")
    assert "onfiden" not in read("text", seals("addressee")["en", "text"])
    assert file_names(campaign_id) == ["PUBLIC", "PUBLIC"]
    with db.reading() as session:
        assert not [name for name, _ in export.documents(session, the(session)) if "CONFIDENTIAL" in name]


@pytest.mark.usefixtures("database")
def test_where_all_are_named_in_confidence_there_is_one_list() -> None:
    sealed("addressee", "addressee", "counted")
    for (language, form), content in seals("addressee").items():
        words = read(form, content)
        assert "Signatory Civil Society" not in words
        assert "signataires" not in words.partition(folded(HEADING["fr"]))[0].partition("Rivers")[2]
        assert folded(HEADING[language]) in words
        if form == "text":
            assert folded_rows(words) == [("1", "Alder"), ("2", "Birch")]


def the(session: Session) -> Campaign:
    return session.scalars(select(Campaign)).one()


def letters(campaign_id: int) -> list[EmailMessage]:
    """What the first addressee gets, and who gets a copy."""
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        now = db.clock(session)
        outbox.put(session, [outbox.to_addressee(campaign, one, 1, 1, now) for one in campaign.letter.addressees])
        written = session.scalars(select(Mail).where(Mail.kind == "letter").order_by(Mail.id)).all()
        envelopes = [mime.compose(mails.word_mail(session, one), one.message_id, one.dated_at) for one in written]
    assert all(len(line) <= 998 for one in envelopes for line in one.content.split(b"\r\n"))
    headers = [one.content.partition(b"base64")[0] for one in envelopes]
    assert all(
        len(line) <= 78
        for one in headers
        for line in one.split(b"\r\n")
        if b"isposition" in line or b"filename" in line
    )
    read = [message_from_bytes(one.content, policy=policy.default) for one in envelopes]
    return [one for one in read if isinstance(one, EmailMessage)]


def attached(mail: EmailMessage) -> str:
    (name,) = [str(part.get_filename()) for part in mail.iter_attachments()]
    return name


def file_names(campaign_id: int) -> list[str]:
    """How the file of each addressee is marked."""
    return [attached(mail).removesuffix(".pdf").rpartition("-")[2] for mail in letters(campaign_id)]


@pytest.mark.usefixtures("database")
def test_the_mail_and_its_file_say_whether_they_may_be_passed_on() -> None:
    campaign_id = sealed("public", "addressee")
    confidential, public = letters(campaign_id)
    with db.reading() as session:
        closed_at = the(session).closed_at
    assert closed_at
    day = closed_at.astimezone(ZoneInfo("Europe/Zurich")).date().isoformat()
    assert attached(confidential) == f"{day}-the-dam-must-wait-CONFIDENTIAL.pdf"
    assert attached(public) == attached(confidential).replace("CONFIDENTIAL", "PUBLIC")
    for kind in ("plain", "html"):
        first, second = (mail.get_body((kind,)).get_content() for mail in (confidential, public))  # type: ignore[union-attr]
        told = folded(first if kind == "plain" else Page(first).words)
        assert told.find(folded(NOTICE["en"])) in range(400 if kind == "plain" else 3000)
        assert told.find(folded(NOTICE["en"])) < told.find("Rivers Secretariat")
        assert "onfiden" not in second
    assert str(confidential["Subject"]) == str(public["Subject"])


@pytest.mark.usefixtures("database")
def test_a_partners_copy_keeps_a_discreet_name_and_the_organizers_is_called_public() -> None:
    campaign_id = sealed("public", "addressee")
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        cast.the_letter_leaves(session, campaign)
        copy = put(session, "copy", campaign, campaign.partners[2], "en")
        report = put(session, "report", campaign, None, "en")
        title = file_title(campaign, confidential=False)
    assert [one.name for one in copy.attachments] == ["letter.pdf", "letter.en.txt"]
    assert [one.name for one in report.attachments] == [f"{title}.pdf", f"{title}.txt"]


def names_in(words: str) -> list[str]:
    """Which of the names that a PDF may not give back stand in a text, character by character."""
    return [name for name in HARD_TO_COPY if name in words]


@pytest.mark.usefixtures("database")
def test_wherever_the_pdf_goes_its_text_goes_beside_it(tmp_path: Path) -> None:
    """By mail to each addressee, in each signatory's copy, and in the folder that is printed and brought by hand."""
    campaign_id = sealed("public", "public", "public", names=HARD_TO_COPY)
    for mail in letters(campaign_id):  # the first addressee's, and that of who gets a copy
        assert attached(mail).endswith(".pdf")
        plain, page = (str(mail.get_body((kind,)).get_content()) for kind in ("plain", "html"))  # type: ignore[union-attr]
        assert names_in(plain) == names_in(page) == [*HARD_TO_COPY]
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        session.execute(delete(Mail).where(Mail.kind == "letter"))
        cast.the_letter_leaves(session, campaign)
        for language in ("en", "fr", "km"):
            session.execute(delete(Mail).where(Mail.kind == "copy"))
            pdf, text = put(session, "copy", campaign, campaign.partners[2], language).attachments
            assert (pdf.content_type, text.content_type.partition(";")[0]) == ("application/pdf", "text/plain")
            assert names_in(text.content.decode()) == [*HARD_TO_COPY]
    folder = tmp_path / "out"
    result = CliRunner().invoke(app, ["export", "dam", "--documents", str(folder)])
    assert result.exit_code == 0, result.output
    written = list(folder.rglob("*.pdf"))
    assert {path.parent.name for path in written} == {"public", "addressee"}
    for path in written:
        for beside in (path.with_suffix(".txt"), path.with_suffix(".html")):
            assert names_in(beside.read_text(encoding="utf-8")) == [*HARD_TO_COPY], beside


@pytest.mark.usefixtures("database")
def test_the_date_in_a_name_is_that_of_the_letter_where_the_campaign_is() -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, zone="Asia/Phnom_Penh")
        campaign.closed_at = datetime(2026, 11, 28, 18, tzinfo=UTC)
        assert file_title(campaign, confidential=True) == "2026-11-29-the-dam-must-wait-CONFIDENTIAL"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Postpone the July 2023 elections", "postpone-the-july-2023-elections"),
        ("« Reportez l’élection », œuvre d'une année", "reportez-l-election-oeuvre-d-une"),
        ("The {{ count }} children’s *rights*", "the-childrens-rights"),
        ("ការគាំទ្រការពន្យារពេល 2023", "letter"),
        ('../../etc/passwd\\"\r\nX: y', "etc-passwd"),
        ("A" * 200, "a" * 36),
        ("Donaudampfschifffahrtsgesellschaftskapitän geht", "donaudampfschifffahrtsgesellschaftsk"),
    ],
)
def test_a_name_is_short_and_of_ascii_letters(subject: str, title: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.letter.texts = {"en": f"# {subject}\n\nText.\n"}
        campaign.closed_at = datetime(2026, 11, 28, 12, tzinfo=UTC)
        name = file_title(campaign, confidential=False)
    assert name == f"2026-11-28-{title}-PUBLIC"


@pytest.mark.usefixtures("database")
def test_files_of_a_seal_that_cannot_be_compared_are_called_confidential() -> None:
    campaign_id = sealed("public")
    with db.transaction() as session:
        session.execute(delete(Seal).where(Seal.rendition == "public", Seal.format == "text"))
        names = [name for name, _ in export.documents(session, session.get_one(Campaign, campaign_id))]
    assert {name.partition("/")[0] for name in names if "CONFIDENTIAL" in name} == {"addressee"}
    assert not [name for name in names if name.startswith("addressee") and "PUBLIC" in name]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("attempt", ['#read("/etc/passwd")', "</strong><script>", "%(name)s %s", "$x$ {{ 7*7 }}"])
def test_an_addressees_name_with_code_in_it_stands_as_text_in_the_notice(attempt: str) -> None:
    sealed("public", "addressee", to=attempt)
    for (language, form), content in seals("addressee").items():
        if language == "en":
            assert folded(f"Confidential copy for {attempt}. The") in read(form, content)
