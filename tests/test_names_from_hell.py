"""Names from hell: each stands as text wherever it is shown, or is refused in a sentence that says what to do."""

import csv
import email
import email.policy
import html.parser
import io
import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pypdf
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from tests import cast, stage
from worker import db, tokens
from worker.acts import answer, close, join, receipts
from worker.acts.answer import Statement
from worker.cli.commands import app
from worker.mail import mime, outbox
from worker.models import Answer, Campaign, Mail, Partner, Seal, ThirdPartyAddress
from worker.text import names
from worker.text.formulas import harmless
from worker.text.languages import LANGUAGES
from worker.wording import handout
from worker.wording.mails import word_mail

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PLAIN = "River Watch"
HIDING = {
    "bidi override": "River\u202eWatch",
    "bidi isolate": "River \u2066Watch\u2069",
    "direction mark": "River\u200e Watch",
    "zero width space": "River\u200bWatch",
    "zero width joiner": "River\u200dWatch",
    "byte order mark": "\ufeffRiver Watch",
    "soft hyphen": "River\u00ad Watch",
    "tower of marks": "Ri" + "\u0301" * 9 + "ver",
    "line separator": "River\u2028Watch",
    "null byte": "River\x00Watch",
    "escape": "River\x1b[2JWatch",
    "half a character": "River\ud800Watch",
    "of private use": "River\ue000Watch",
    "family of joined emoji": "Ana \U0001f469\u200d\U0001f469\u200d\U0001f467",
}
UNPRINTED = HIDING.keys() - {"bidi override", "tower of marks", "null byte", "escape"}
"""What is taken where it is never printed: all but what changes how the text around it is shown."""
LINES = {"carriage return": "River\r\nWatch", "header": "River\r\nBcc: eve@evil.example\r\n\r\nWatch"}
STRANGE = {
    "arabic": "منظمة الأنهار",
    "persian": "دیده\u200cبان رود",
    "sinhala": "ශ්\u200dරී ගංගා",
    "japanese": "川の見張り",
    "emoji": "Fish \U0001f41f",
}
STANDING = {
    "tags": "<b>bold</b> <i>& more</i>",
    "script": "<script>alert(1)</script>",
    "handler": "\" onmouseover=\"alert(1)' x='",
    "comment": "--> <!-- ]]> </textarea></title>",
    "entities": "&lt;b&gt; &amp;amp; &#60;",
    "jinja": "{{7*7}} {% raw %}{{ count }}",
    "format": "100 % %s %(organization)s {0} $x ${y}",
    "markdown": "**x** _y_ [a](//evil.example) `c` ~~s~~",
    "list": "1. one",
    "quotation": "> # heading",
    "address": "https://evil.example/x",
    "address in brackets": "<https://evil.example>",
    "formula": '=HYPERLINK("//evil.example";"x")',
    "plus": "+41 22 917",
    "minus": "-1+1",
    "at": "@SUM(1)",
    "typst": '#read("/etc/passwd") $x$ @ref \\u{41}',
    "shell": "'; $(id) \\n rm -rf ~ | $HOME",
    "quotes": 'O’Brien\'s “Rivers” "x" «y»',
    "null": "null",
    "none": "None",
    "not a number": "NaN",
    "hebrew": "משמר הנהרות",
    "khmer": "សមាគម\u200bខ្មែរ",
    "soft hyphen in a word": "inter\u00adnational",
    "vietnamese": "Sông Mê Kông đẹp",
}
LONG = {"300 characters": ("River Watch " * 25)[:299] + "s", "2001 characters": "x " * 1000 + "x"}
HELL = HIDING | LINES | STRANGE | STANDING | LONG
WHAT_TO_DO = (
    "Enter a name that contains letters.",
    "Please write the name in Latin or Khmer letters.",
    "Please type it again.",
    "Please shorten it.",
    "Enter your name.",
    "Please write your role",
    "Please write its usual name",
)
BESIDE = {"acronym": "B & <b>", "country": "Cambodia"}  # what stands in the other fields, where it has to be short


class Page(html.parser.HTMLParser):
    """How a browser reads a page: its elements, its words, and what stands in its fields."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.fields: dict[str, str] = {}
        self.chosen: dict[str, str] = {}
        self.rows: list[str] = []
        self._text: list[str] = []
        self._within = ""
        self.feed(source)
        self.close()

    @property
    def words(self) -> str:
        return " ".join("".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        self.shape.append((tag, *got))
        assert not [name for name in got if name.startswith("on")]
        assert all(
            re.match(r"/|#|mailto:|http://127\.0\.0\.1", got.get(name, "/")) for name in ("href", "src", "action")
        )
        self._within = got.get("name", "") if tag == "textarea" else ""
        if tag == "input" and got["type"] in ("radio", "checkbox"):
            self.chosen |= {got["name"]: got["value"]} if "checked" in got else {}
        elif tag == "input":
            self.fields[got["name"]] = got["value"]
        elif tag == "li":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""
        self._text.append(" " if tag in ("p", "li", "h1", "h2", "h3", "label", "legend") else "")

    def handle_data(self, data: str) -> None:
        if self._within:
            self.fields[self._within] = self.fields.get(self._within, "") + data
        self._text.append(data)
        if self.rows:
            self.rows[-1] += data.strip("\n")


def arrived(text: str, *, whole: bool = False) -> str:
    """Half a character is lost on the way; as it is kept, its spaces are single."""
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text if whole else " ".join(text.split())


def lines(text: str) -> str:
    """A field's text without the line's end that comes first in the source of a page."""
    return text.removeprefix("\n").replace("\r\n", "\n")


def post(browser: TestClient, link: str, form: dict[str, str]) -> httpx2.Response:
    """As a browser encodes a form, and what no browser would send too."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode(form, encoding="utf-8", errors="surrogatepass").encode()
    return browser.post(link, content=content, headers=kind)


# Typed into a form.

CHOICES = {"representative": "sign", "role": "sign", "reason": "decline", "passage": "change", "wish": "change"}
NAMES_OF_A_ROW = ("organization", "acronym", "country", "sort_as", "name_fr")
MAX_TYPED = {"organization": 300, "acronym": 20, "country": 80, "sort_as": 300, "name_fr": 300} | {
    field: 200 if choice == "sign" else 2000 for field, choice in CHOICES.items()
}


def is_refused(field: str, label: str) -> bool:
    """Whether this may not be typed there."""
    if len(HELL[label]) > MAX_TYPED[field]:
        return True
    if label in HIDING and not (field in CHOICES and label in UNPRINTED):
        return True
    is_text = CHOICES.get(field, "sign") != "sign"
    return (label in LINES and not is_text) or (label in STRANGE and field in NAMES_OF_A_ROW)


@pytest.mark.parametrize("field", [*CHOICES, *NAMES_OF_A_ROW])
def test_what_is_typed_is_kept_as_it_is_or_refused_and_nothing_is_lost(field: str, browser: TestClient) -> None:
    with db.transaction() as session:
        partners = cast.a_campaign(session, partners=tuple(HELL)).partners[2:]
    where = "/row" if field in NAMES_OF_A_ROW else ""
    chosen = {} if where else {"choice": CHOICES[field], "visibility": "counted", "authorised": "yes"}
    offered = Page(browser.get(f"/s/{tokens.token(partners[0])}{where}").text).fields
    for partner, (label, hell) in zip(partners, HELL.items(), strict=True):
        link, code = f"/s/{tokens.token(partner)}", {"mail_code": tokens.mail_code(partner)}
        fields = [name for name in (NAMES_OF_A_ROW if where else CHOICES) if name in offered]
        typed = {name: BESIDE.get(name, f"The {name}, “ព្រំ” & <b>") for name in fields}

        sent = post(browser, link + where, typed | {field: hell} | chosen | code)

        with db.reading() as session:
            kept = session.scalar(select(Answer).where(Answer.partner_id == partner.id))
        assert sent.status_code == (422 if is_refused(field, label) else 200 if where else 303), (
            label,
            Page(sent.text).words,
        )
        read = Page(sent.text if is_refused(field, label) else browser.get(link + where).text)
        if is_refused(field, label):
            assert kept is None
            assert re.findall(r'class="error" id="(\w+)-problem"', sent.text) == [field], label
            assert any(sentence in read.words for sentence in WHAT_TO_DO), label
            assert read.chosen == chosen
            for name, text in (typed | {field: hell} | code).items():
                assert lines(read.fields[name]) == lines(arrived(text, whole=True)), label
        elif where:
            assert {name: read.fields[name] for name in typed} == typed | {field: arrived(hell)}, label
            assert kept is None
        else:
            assert " ".join(str(getattr(kept, "reason" if field == "wish" else field)).split()) == arrived(hell), label


MAX_LENGTH = {"organization": 300, "acronym": 40, "country": 80, "contact": 120, "note": 2000}


# Typed by strangers.

ASKED = ("organization", "acronym", "country", "contact")


@pytest.mark.parametrize("field", ASKED)
def test_what_an_applicant_types_is_kept_as_it_is_or_refused_and_stands_in_no_mail(
    field: str, browser: TestClient
) -> None:
    with db.transaction() as session:
        cast.a_campaign(session, public_page="from launch", join="approved")
    for number, (label, hell) in enumerate(HELL.items()):
        typed = {"organization": PLAIN, "contact": "Kim"} | {field: hell} | {"email": f"box{number}@lake.example"}

        sent = post(browser, "/c/dam/join", typed)

        refused = label in (*LINES, *(HIDING.keys() - UNPRINTED if field == "contact" else (*HIDING, *STRANGE)))
        refused |= len(hell) > MAX_LENGTH[field]
        assert sent.status_code == (422 if refused else 200), label
        with db.reading() as session:
            kept = session.scalar(
                select(ThirdPartyAddress).where(ThirdPartyAddress.email_hmac == tokens.fingerprint(typed["email"]))
            )
            read = Page(sent.text)
            if refused:
                assert kept is None
                assert re.findall(r'class="error" id="(\w+)-problem"', sent.text) == [field], label
                assert {name: read.fields[name] for name in typed} == {
                    name: arrived(text, whole=True) for name, text in typed.items()
                }, label
                continue
            assert kept is not None
            assert getattr(kept, field) == arrived(hell), label
            mail = session.get_one(Mail, kept.mail_id)
            said = mime.compose(word_mail(session, mail), mail.message_id, mail.dated_at).content
            assert label in ("null", "none", "plus") or not any(
                hell in str(part.get_content())
                for part in email.message_from_bytes(said, policy=email.policy.default).iter_parts()
            ), label
        with db.transaction() as session:
            join.confirm_wish(session, kept.id)
            link = f"/j/{tokens.token(kept, 'join')}"
        assert browser.get(link).status_code == 200
    shown = " ".join(types("status", "dam").output.split())
    for label, hell in STANDING.items():
        if len(hell) <= MAX_LENGTH[field] and field in ("organization", "country"):
            assert " ".join(hell.split()) in shown, label


def test_nothing_from_hell_is_an_address_to_pass_on_to(browser: TestClient) -> None:
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
    link, code = f"/s/{tokens.token(partner)}/pass-on", tokens.mail_code(partner)
    for label, hell in HELL.items():
        for typed in (hell, f"{hell}@lake.example", f"box@{hell}.example"):
            if re.fullmatch(r"[\w.+-]+@[\w.-]+", typed):
                continue  # “null” is a mailbox like another, and 川の見張り a name of the net
            sent = post(browser, link, {"email": typed, "language": "en", "mail_code": code})
            assert sent.status_code == 422, (label, typed)
            assert Page(sent.text).fields["email"] == arrived(typed, whole=True), label
    with db.reading() as session:
        assert session.scalars(select(Mail)).all() == []


# Given in a list.

PRINTED = {"organization", "acronym", "country"}


@pytest.fixture
def folder(database: str, tmp_path: Path) -> Path:
    made = tmp_path / "dam"
    made.mkdir()
    (made / "campaign.toml").write_text(stage._definition("dam", 1))
    (made / "letter.en.md").write_text(stage.LETTER)
    (made / "letter.fr.md").write_text(stage.LETTRE)
    return made


def lists(folder: Path, *rows: dict[str, str]) -> None:
    written = io.StringIO(newline="")
    sheet = csv.DictWriter(written, ("organization", "acronym", "country", "contact", "email", "language", "note"))
    sheet.writeheader()
    sheet.writerows(rows)
    (folder / "partners.csv").write_bytes(written.getvalue().encode("utf-8", "surrogatepass"))


def types(*words: str, code: int = 0) -> Result:
    typed = CliRunner().invoke(app, list(words))
    assert typed.exit_code == code, (words, typed.output, typed.exception)
    return typed


@pytest.mark.parametrize("column", MAX_LENGTH)
def test_a_list_is_read_or_refused_with_its_place_and_what_to_do(column: str, folder: Path) -> None:
    for label, hell in HELL.items():
        refused = label in (*HIDING, *LINES) and not (label in LINES and column == "note")
        refused &= not (label in UNPRINTED and column in ("contact", "note"))
        refused |= len(hell) > MAX_LENGTH[column] or (column in PRINTED and label in STRANGE)
        if label == "half a character":
            refused = False  # the file is no UTF-8 then: it is read as another encoding, and that is said
        lists(folder, {"organization": PLAIN, column: hell})
        said = " ".join(types("check", str(folder), code=int(refused)).output.split())
        if refused:
            assert "✗ partners.csv" in said, label
            assert f"row 2, column {column}" in said or column in PRINTED or label == "null byte", label
            assert "; expected " in said
            assert re.search(
                r"(Delete it or type the text again|Shorten it|Write the name in Latin|Save the list)", said
            )
        assert refused or label != "half a character" or "another encoding, read as cp1252" in said


# Launched.

NAMES = ("River Watch", "Eau Vive", *STANDING.values(), LONG["300 characters"])


@pytest.fixture
def campaign(folder: Path, browser: TestClient) -> Campaign:
    """Launched from a list of names from hell, after two that are not; all have signed, in English or in French."""
    rows = []
    for number, name in enumerate(NAMES):
        fits = {column: name for column, longest in MAX_LENGTH.items() if len(name) <= longest}
        rows.append(fits | {"email": f"box{number}@partner.example", "language": ("en", "fr")[number % 2]})
    lists(folder, *rows)
    types("launch", str(folder), "--yes")
    with db.transaction() as session:
        for partner in asked(session):
            name = partner.organization[:200]
            cast.signs(session, partner, said=Statement(name, name, language=partner.language))
        return session.scalars(select(Campaign)).one()


def asked(session: Session) -> Sequence[Partner]:
    return session.scalars(select(Partner).order_by(Partner.id)).all()


def row(name: str) -> str:
    """As it is printed everywhere."""
    return f"{name} ({name}), {name}" if len(name) <= MAX_LENGTH["acronym"] else name


def test_on_its_page_each_name_is_text(campaign: Campaign, browser: TestClient) -> None:
    with db.reading() as session:
        addresses = [f"/s/{tokens.token(partner)}" for partner in asked(session)]
    for language in LANGUAGES:
        pages = [Page(browser.get(f"{address}?lang={language}").text) for address in addresses]
        for page, plain, name in zip(pages, itertools.cycle(pages[:2]), NAMES):
            assert page.shape == plain.shape, name
            assert page.words.count(name) >= 3
            assert row(name) in page.words


def test_in_its_mails_each_name_is_text(campaign: Campaign) -> None:
    kinds = ("invitation", "reminder", "extended", "receipt")
    with db.transaction() as session:
        now = db.clock(session)
        assert receipts.put_receipts(session, campaign.id) == len(NAMES)
        outbox.put(session, [outbox.to_partner(k, campaign, p, "x", now) for p in asked(session) for k in kinds[:3]])
        mails = session.scalars(select(Mail).where(Mail.kind.in_(kinds)).order_by(Mail.partner_id)).all()
        assert len(mails) == len(kinds) * len(NAMES)
        plain: dict[tuple[str, str], tuple[str, list[str], list[tuple[str, ...]]]] = {}
        for mail in mails:
            assert mail.partner
            name = mail.partner.organization
            said = mime.compose(word_mail(session, mail), mail.message_id, mail.dated_at)
            parsed = email.message_from_bytes(said.content, policy=email.policy.default)
            [text, page] = [part.get_content() for part in parsed.iter_parts()]
            expected = plain.setdefault(
                (mail.kind, mail.language), (parsed["subject"], parsed.keys(), Page(page).shape)
            )
            assert (parsed["subject"], parsed.keys(), Page(page).shape) == expected, name
            for words in (" ".join(text.split()), Page(page).words):
                assert name in words
                assert mail.kind != "receipt" or names.unlinked(row(name)) in words
                assert mail.kind != "receipt" or names.unlinked(f"{name[:200]}, {name[:200]}") in words


def test_in_the_sealed_letter_each_name_is_text(campaign: Campaign) -> None:
    close.close_and_seal(campaign.id, early=True)
    with db.transaction() as session:
        seals = session.scalars(select(Seal).where(Seal.rendition == "public")).all()
        sealed = {(one.format, one.language): one.content for one in seals}
    for language in ("en", "fr"):
        text, page = sealed["text", language].decode(), Page(sealed["html", language].decode())
        listed = " ".join(text.split())
        assert sorted(page.rows) == sorted(map(row, NAMES))
        assert [one for one in page.shape if one[0] in ("b", "i", "script", "img", "a", "h1", "li")] == (
            [("b",), ("h1",)] + [("li",)] * len(NAMES)
        )
        for number, name in enumerate(page.rows, 1):
            assert f" {number}. {name}" in listed
    pages = pypdf.PdfReader(io.BytesIO(sealed["pdf", "en"])).pages
    printed = "".join("".join(page.extract_text().split()) for page in pages)
    apart = ("hebrew", "khmer", "soft hyphen in a word")  # pypdf has an order of its own for these, and drops the last
    for name in set(NAMES) - {STANDING[one] for one in apart}:
        assert "".join(row(name).split()) in printed


def test_in_a_carried_message_no_name_stands(campaign: Campaign) -> None:
    with db.transaction() as session:
        said = set()
        for partner in asked(session):
            code = tokens.mail_code(partner)
            message = handout.as_message(session, partner)
            assert message.count(str(tokens.link(partner))) == message.count(f"{code[:3]} {code[3:]}") == 1
            assert message.count(tokens.printed_long_code(partner)) == 1
            same = message.replace(str(tokens.link(partner)), "LINK").replace(f"{code[:3]} {code[3:]}", "CODE")
            said.add(same.replace(tokens.printed_long_code(partner), "LONG CODE"))
    assert len(said) == 2, "one in English and one in French"


def test_for_the_organizers_each_name_is_text(campaign: Campaign) -> None:
    exported = list(csv.DictReader(io.StringIO(types("export", "dam").stdout)))
    for column in ("organization", "acronym", "country", "representative", "role"):
        cells, longest = {one[column] for one in exported}, MAX_LENGTH.get(column, 200)
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
        named = [name[:200] for name in NAMES] if longest == 200 else [name for name in NAMES if len(name) <= longest]
        assert cells - {""} == set(map(harmless, named))
    with db.transaction() as session:
        for partner in asked(session):
            answer.decline(session, partner.id, Statement(reason=partner.organization))
    told = json.loads(types("status", "dam", "--json").stdout)["partners"]
    assert {(one["organization"], one["reason"]) for one in told} == {(name, name) for name in NAMES}
    assert {one["acronym"] for one in told} == {*NAMES} - {LONG["300 characters"]} | {""}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", types("status", "dam").output)


def test_status_tells_whom_no_mail_reaches_with_a_backtick_in_its_name(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("A `River` Watch",))
        now = db.clock(session)
        outbox.put(session, [outbox.to_partner("invitation", campaign, p, "1", now) for p in campaign.partners])
        session.execute(update(Mail).values(refused_at=now, due_at=None, reply="550 5.1.1 <address>: unknown"))
    assert "A `River` Watch" in types("status", "dam").output


def test_the_address_that_stands_for_a_link_is_no_link_when_somebody_typed_it(database: str) -> None:
    typed = "https://slot.invalid/"
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.signs(session, campaign.partners[0], said=Statement(f"Sophea {typed}", "Chair"))
        receipts.put_receipts(session, campaign.id)
        mail = session.scalars(select(Mail)).one()
        said = word_mail(session, mail)
    assert "Sophea https: //slot. invalid/, Chair" in " ".join(said.text.split())
    assert typed not in said.text + said.html


def test_a_tower_of_marks_that_grows_when_it_is_composed_is_refused(browser: TestClient) -> None:
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
    code = tokens.mail_code(partner)
    form = {"choice": "sign", "visibility": "public", "role": "Chair", "authorised": "yes", "mail_code": code}
    assert (
        post(browser, f"/s/{tokens.token(partner)}", form | {"representative": "R" + "\u0344" * 8 + "ver"}).status_code
        == 422
    )


def test_a_long_word_stays_on_the_paper(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("x" * 300,))
        cast.signs(session, campaign.partners[2])
    close.close_and_seal(campaign.id, early=True)
    with db.transaction() as session:
        content = session.scalars(select(Seal.content).where(Seal.format == "pdf")).first()
    printed = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content or b"")).pages)
    assert printed.count("x") >= 300
    assert max(map(len, printed.split("\n"))) < 200
