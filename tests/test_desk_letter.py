"""The letter at the desk: who may read what of it, its files, and what comes after the close, as by the commands."""

import csv
import io
import re
from datetime import timedelta

import pypdf
import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests import cast, children, left_letters
from tests.conftest import Clock
from tests.organizers import DeskBrowser, add, hidden_fields
from tests.same_rows import assert_same
from worker import db
from worker.acts import answer, cancel, invite, note_told
from worker.acts.answer import Statement
from worker.acts.note_reply import add_reply
from worker.cli.commands import app
from worker.models import AuditEvent, Mail, MailResponse, Reply, Role, Seal, Seat
from worker.state.disclosures import load_notices
from worker.state.letters import load_letters, load_seals, seal_of, served
from worker.state.refusals import NoReply, NothingToTell, NotThatDay
from worker.web.desk import letter_page
from worker.wording import letter_pdf, spreadsheet, typesetting

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]
PUBLIC, IN_CONFIDENCE, COUNTED = "River Watch", "Eau Vive", "Clean Coast"


def types(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*words])
    assert result.exit_code == code, (result.output, result.exception)
    return str(result.output)


def number_of(slug: str) -> int:
    with db.reading() as session:
        return left_letters.campaign_of(session, slug).id


def enters(*slugs: str, role: Role = "owner", name: str = "Maly Sok", may_send: bool = True) -> DeskBrowser:
    seats = {number_of(slug): role for slug in slugs}
    add(name, f"{name.split()[0].lower()}@rivers.example", seats, may_send=may_send)
    browser = DeskBrowser()
    browser.enters(name)
    return browser


def place(slug: str) -> str:
    return f"/desk/campaigns/{number_of(slug)}"


def addressee(slug: str, number: int = 0) -> str:
    with db.reading() as session:
        return str(left_letters.campaign_of(session, slug).letter.addressees[number].id)


ENGLISH = {"en": left_letters.TEXTS["en"]}


def two(state: str = "") -> tuple[str, str]:
    """Two campaigns in the same state, for the command and for the desk; of their seals only the fact counts."""
    for slug in ("by-command", "by-desk"):
        left_letters.a_campaign(slug)
        with db.transaction() as session:
            campaign = left_letters.campaign_of(session, slug)
            cast.passes_its_deadline(session, campaign)
            cast.is_sealed(session, campaign)
        if state:
            getattr(left_letters, state)(slug)
    return "by-command", "by-desk"


def test_a_viewer_reads_the_text_and_to_whom_it_goes_and_nothing_else() -> None:
    left_letters.a_sealed_campaign("dam")
    viewer = enters("dam", role="viewer")
    page = viewer.get(f"{place('dam')}/letter")
    assert page.status_code == 200
    assert "We, the … undersigned, ask." in page.text
    assert "Minister Ada Weir" in page.text
    for secret in (PUBLIC, IN_CONFIDENCE, COUNTED, "minister@water.example", "seal", "1 named", "/letter/"):
        assert secret not in page.text.partition("<main>")[2], secret
    for path in ("letter/public.pdf", "letter/addressee.docx", "export/signatures.csv", "letter/dispatch"):
        assert viewer.get(f"{place('dam')}/{path}").status_code == 403, path


def test_an_editor_sees_the_seal_as_it_is_and_gets_its_files() -> None:
    left_letters.a_sealed_campaign("dam", review=7200)
    editor = enters("dam", role="editor", may_send=False)
    page = " ".join(editor.get(f"{place('dam')}/letter").text.split())
    assert "Number 1, of " in page
    assert "1 named for everyone<br> 1 named to the addressee only<br> 1 counted and not named" in page
    assert "In review until" in page
    assert re.search(r"By itself, .* at the earliest", page)
    assert "<li>River Watch (RW), United States" in page or "<li>River Watch (RW), USA" in page
    assert re.search(r"Named to the addressee only</h4> <ol start=\"2\"[^>]*> <li>Eau Vive", page)
    assert COUNTED not in page
    assert "signatures.xlsx" not in page, "it names persons"
    assert "Send the letter now" not in page

    with db.reading() as session:
        sealed: dict[tuple[str, str], bytes] = {
            (one.rendition, one.format): bytes(one.content)
            for one in session.scalars(select(Seal).where(Seal.language == "en"))
        }
    for rendition, mark in (("public", "PUBLIC"), ("addressee", "CONFIDENTIAL")):
        for form in ("pdf", "docx"):
            sent = editor.get(f"{place('dam')}/letter/{rendition}.{form}")
            assert sent.content == sealed[rendition, form]
            assert re.fullmatch(
                rf'attachment; filename="[\d-]+.*-{mark}\.en\.{form}"', sent.headers["content-disposition"]
            )
            assert sent.headers["cache-control"] == "no-store"
    for wrong in ("public.html", "everyone.pdf", "public.exe"):
        assert editor.get(f"{place('dam')}/letter/{wrong}").status_code == 404
    assert editor.get(f"{place('dam')}/export/signatures.csv").status_code == 403


def test_a_letter_that_was_sent_early_is_not_said_to_be_in_review_while_it_waits_to_leave() -> None:
    left_letters.a_sealed_campaign("dam", review=7200, quorum=9)
    editor = enters("dam", role="editor")
    assert "the quorum is 9" in editor.get(f"{place('dam')}/letter").text
    types("dispatch", "dam", "--yes")
    for path in ("", "/letter"):
        page = editor.get(f"{place('dam')}{path}").text
        assert "In review until" not in page
        assert "the quorum is 9" not in page
    assert "It waits to be sent" in page
    assert "at the earliest" not in page
    assert "In review" not in types("status", "dam")
    with db.transaction() as session:
        for letter in left_letters.letters_of(session, left_letters.campaign_of(session, "dam")):
            letter.due_at, letter.refused_at = None, db.clock(session)
    assert "server refused the letter" in editor.get(f"{place('dam')}/letter").text


def test_of_many_names_the_page_has_some_and_a_link_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    left_letters.a_campaign("dam", ("public", "addressee", "public"))
    monkeypatch.setattr(letter_page, "MOST_NAMES", 1)
    editor = enters("dam", role="editor")

    page = " ".join(editor.get(f"{place('dam')}/letter").text.split())
    assert "2 named for everyone<br> 1 named to the addressee only" in page
    assert (page.count(f"<li>{COUNTED}"), page.count(f"<li>{PUBLIC}"), page.count(f"<li>{IN_CONFIDENCE}")) == (2, 0, 1)
    assert "Show 2 names</summary>" in page
    assert '<ol start="3"' in page
    assert f'href="{place("dam")}/letter?names=public#public">Show all 2 names</a>' in page

    whole = editor.get(f"{place('dam')}/letter?names=public").text
    assert (whole.count(f"<li>{COUNTED}"), whole.count(f"<li>{PUBLIC}")) == (2, 1)
    assert "?names=public" not in whole.partition("<main")[2]
    assert whole.count("<details open>") == 2, "the list, and the letter's text"


def test_before_the_close_each_page_of_the_preview_says_that_it_is_not_sealed() -> None:
    left_letters.a_campaign("dam")
    editor = enters("dam", role="editor")
    page = " ".join(editor.get(f"{place('dam')}/letter").text.split())
    assert "Not sealed: the list closes" in page
    assert "This is a preview: it is not sealed" in page
    for rendition, named in (("public", [PUBLIC]), ("addressee", [PUBLIC, IN_CONFIDENCE])):
        sent = editor.get(f"{place('dam')}/letter/{rendition}.pdf")
        assert "-NOT-SEALED.en.pdf" in sent.headers["content-disposition"]
        texts = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(sent.content)).pages]
        mark = "Preview: not sealed, and not sent"
        assert [one.count(mark) for one in texts] == [2] + [1] * (len(texts) - 1), "above the letter, and on each page"
        assert [name for name in (PUBLIC, IN_CONFIDENCE, COUNTED) if name in " ".join(texts)] == named
    with db.reading() as session:
        assert session.scalars(select(Seal)).all() == []


def test_a_file_for_which_there_is_no_memory_is_said_and_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    left_letters.a_campaign("dam")
    editor = enters("dam", role="editor")
    monkeypatch.setattr(letter_pdf, "LARGE", 0)
    monkeypatch.setattr(typesetting, "as_pdf", children.kill_itself)

    answered = editor.get(f"{place('dam')}/letter/public.pdf")

    assert answered.status_code == 503
    assert "take the letter as Word" in answered.text
    with db.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.what == "names_exported")).all() == []


def test_dispatching_says_what_goes_and_does_as_the_command_does() -> None:
    by_command, by_desk = two()
    maly = enters(by_command, by_desk)
    said = types("dispatch", by_command, "--yes")
    check = maly.get(f"{place(by_desk)}/letter/dispatch")
    line = "The letter of 3 organizations (1 named for everyone, 1 for the addressee only, 1 counted and not named)"
    assert f"{line} goes to" in said
    assert f"{line} goes to" in check.text
    assert maly.does(f"{place(by_desk)}/letter/dispatch").status_code == 303
    assert_same(number_of(by_command), number_of(by_desk))
    again = maly.get(f"{place(by_desk)}/letter/dispatch")
    assert again.status_code == 409
    assert "Nothing was sent: the letter waits already" in again.text


def test_who_may_not_send_or_does_not_own_it_sends_no_letter() -> None:
    left_letters.a_sealed_campaign("dam")
    seats: list[tuple[str, Role, bool]] = [("Bo Lund", "owner", False), ("Cy Marsh", "editor", True)]
    for name, role, may_send in seats:
        browser = enters("dam", role=role, name=name, may_send=may_send)
        assert browser.post(f"{place('dam')}/letter/dispatch", {"sure": "yes", "seen": "0"}).status_code == 403
    with db.reading() as session:
        assert session.scalars(select(Mail).where(Mail.kind == "letter")).all() == []


def test_somebody_who_withdraws_while_the_owner_reads_is_shown_first() -> None:
    partners = left_letters.a_sealed_campaign("dam")
    maly = enters("dam")
    check = maly.get(f"{place('dam')}/letter/dispatch")
    with db.transaction() as session:
        answer.withdraw(session, partners[2], Statement())
    left_letters.is_sealed("dam")
    pressed = maly.post(f"{place('dam')}/letter/dispatch", hidden_fields(check))
    assert pressed.status_code == 409
    assert "Something changed since you opened this page" in pressed.text
    assert "The letter of 2 organizations" in pressed.text


def test_what_was_brought_is_noted_with_its_day_as_the_command_does() -> None:
    by_command, by_desk = two()
    maly = enters(by_command, by_desk)
    types("dispatch", by_command, "--by-hand", "--addressee", "1", "--on", "today", "--yes")
    path, chosen = f"{place(by_desk)}/letter/letter-arrived", addressee(by_desk)
    wrong = maly.post(path, {"addressee": chosen, "on": "some day"})
    assert (wrong.status_code, "Enter a day, such as" in wrong.text) == (422, True)
    assert f'value="{chosen}" checked' in wrong.text
    assert maly.post(path, {"on": "today"}).status_code == 422
    for day, said in (("tomorrow", "is still to come"), ("2020-02-02", "the letter was not there yet")):
        refused = maly.post(path, {"addressee": chosen, "on": day})
        assert (refused.status_code, said in refused.text) == (409, True), day
    assert maly.does(path, {"addressee": chosen, "on": "today"}).status_code == 303
    assert_same(number_of(by_command), number_of(by_desk))
    page = maly.get(f"{place(by_desk)}/letter").text
    assert "has it, by hand" in page


def test_what_was_brought_days_ago_is_the_seal_that_lived_then(clock: Clock) -> None:
    partners = left_letters.a_sealed_campaign("dam", texts=ENGLISH)
    clock.advance(days=2)
    with db.transaction() as session:
        answer.withdraw(session, partners[0], Statement())
        day = (db.clock(session) - timedelta(days=1)).date().isoformat()
    left_letters.is_sealed("dam")
    clock.advance(days=1)
    by_hand = ("dispatch", "dam", "--by-hand", "--addressee", "1")
    assert "The letter of 2 organizations" in (now := types(*by_hand, "--dry-run"))
    assert "The letter of 3 organizations" in (then := types(*by_hand, "--on", day, "--dry-run"))
    assert ("seal 2 of " in now, "seal 1 of " in then) == (True, True)
    types(*by_hand, "--on", day, "--yes")
    with db.reading() as session:
        campaign = left_letters.campaign_of(session, "dam")
        letters = load_letters(session, campaign)
        first = served(campaign, letters)[0]
        assert seal_of(campaign, first, load_seals(session, [campaign.id])) == 1
        [told] = load_notices(session, campaign, letters)
        assert [one.organization for one in told.withdrawn] == [PUBLIC], "its copy names who has withdrawn since"


def test_a_letter_in_doubt_is_sent_once_more_as_by_the_command() -> None:
    by_command, by_desk = two("is_in_doubt")
    maly = enters(by_command, by_desk)
    types("resend", by_command, "--yes")
    path = f"{place(by_desk)}/letter/resend-letter"
    assert "They may then have it twice." in maly.get(path).text
    assert maly.does(path).status_code == 303
    assert_same(number_of(by_command), number_of(by_desk))
    assert "No letter is uncertain" in maly.get(path).text


def test_who_stepped_back_is_told_of_until_it_is_noted_that_they_were_told() -> None:
    by_command, by_desk = two("is_brought")
    maly = enters(by_command, by_desk)
    for slug in (by_command, by_desk):
        with db.transaction() as session:
            answer.withdraw(session, left_letters.campaign_of(session, slug).partners[0].id, Statement())
    assert PUBLIC in types("notice", by_command)
    types("notice", by_command, "--told", "--yes")
    assert "there is nothing to tell" in types("notice", by_command)

    shown = maly.get(f"{place(by_desk)}/letter").text
    assert "What to tell the addressees" in shown
    assert re.search(r"These organizations have withdrawn their signature.*\n- River Watch", shown)
    assert maly.does(f"{place(by_desk)}/letter/notice-told").status_code == 303
    assert "What to tell the addressees" not in maly.get(f"{place(by_desk)}/letter").text
    assert_same(number_of(by_command), number_of(by_desk))
    assert maly.get(f"{place(by_desk)}/letter/notice-told").status_code == 409

    with db.transaction() as session:
        answer.withdraw(session, left_letters.campaign_of(session, by_desk).partners[1].id, Statement())
    shown = maly.get(f"{place(by_desk)}/letter").text.partition('id="notices"')[2].partition('id="lists"')[0]
    assert (IN_CONFIDENCE in shown, PUBLIC in shown) == (True, False), "those of whom they were told are not told again"


def test_what_came_after_the_notice_was_read_is_still_to_be_told() -> None:
    partners = left_letters.a_sealed_campaign("dam")
    left_letters.is_brought("dam")
    with db.transaction() as session:
        campaign_id = left_letters.campaign_of(session, "dam").id
        answer.withdraw(session, partners[0], Statement())
    with db.reading() as session:
        read_at = db.clock(session)
    with db.transaction() as session:
        answer.withdraw(session, partners[1], Statement())
    with db.transaction() as session:
        note_told.note_notices_told(session, campaign_id, until=read_at)
    assert IN_CONFIDENCE in types("notice", "dam")
    with db.transaction() as session:
        note_told.note_notices_told(session, campaign_id)
        with pytest.raises(NothingToTell):
            note_told.note_notices_told(session, campaign_id)


def test_a_reply_is_noted_once_by_the_desk_and_by_the_command_and_is_shown() -> None:
    by_command, by_desk = two("is_brought")
    maly = enters(by_command, by_desk, role="editor", may_send=False)
    text = "The Minister receives us\nin June."
    noted = ("reply", by_command, "1", "--on", "today", "--text", text, "--yes")
    assert "No email is sent" in types(*noted)
    assert "was noted already" in types(*noted)
    assert "Minister Ada Weir replied on" in types("status", by_command)

    path = f"{place(by_desk)}/letter/reply"
    typed = {"addressee": addressee(by_desk), "on": "today", "text": text.replace("\n", "\r\n")}
    check = maly.post(path, typed)
    done = maly.post(path, hidden_fields(check))
    assert done.headers["location"].startswith(f"{place(by_desk)}/letter?done=reply")
    assert maly.post(path, hidden_fields(check)).status_code == 303, "a double press"
    assert_same(number_of(by_command), number_of(by_desk))
    page = maly.get(done.headers["location"]).text
    assert "A reply of an addressee was noted." in page
    assert text in page
    types("reply", by_command, "1", "--text", "And once more.", "--yes")
    with db.reading() as session:
        assert len(session.scalars(select(Reply)).all()) == 3


def test_all_that_is_wrong_with_a_reply_is_said_at_once_and_nothing_is_lost() -> None:
    left_letters.a_sealed_campaign("dam")
    left_letters.is_brought("dam")
    maly = enters("dam", role="editor")
    wrong = maly.post(f"{place('dam')}/letter/reply", {"addressee": addressee("dam"), "on": "soon", "text": " - "})
    assert wrong.status_code == 422
    for said in ("Enter a day, such as", "Enter what was replied.", 'value="soon"', "checked"):
        assert said in wrong.text
    both = types("reply", "dam", "1", "--on", "soon", "--text", "-", "--yes", code=2)
    assert "--on: Enter a day" in both
    assert "--text: Enter what was replied." in both
    assert "Give its name or its number" in types("reply", "dam", "--text", "Yes.", "--yes", code=1)


def test_nobody_replies_to_a_letter_that_it_does_not_have_or_before_it_came() -> None:
    left_letters.a_sealed_campaign("dam")
    with db.transaction() as session:
        campaign = left_letters.campaign_of(session, "dam")
        first = campaign.letter.addressees[0].id
        with pytest.raises(NoReply):
            add_reply(session, campaign.id, first, "today", "Yes.")
    left_letters.is_brought("dam")
    with db.transaction() as session:
        for day in ("2020-02-02", "tomorrow"):
            with pytest.raises(NotThatDay):
                add_reply(session, campaign.id, first, day, "Yes.")


def test_the_campaign_is_erased_once_its_name_is_typed_as_by_the_command() -> None:
    by_command, by_desk = two("is_brought")
    maly = enters(by_command, by_desk)
    for slug in (by_command, by_desk):
        with db.transaction() as session:
            campaign = left_letters.campaign_of(session, slug)
            add_reply(session, campaign.id, campaign.letter.addressees[0].id, "today", "The Minister says no.")
    said = types("erase", by_command, "--yes")
    path = f"{place(by_desk)}/erase"
    wrong = maly.post(path, {"slug": "by desk"})
    assert (wrong.status_code, "Type the campaign’s name exactly" in wrong.text) == (422, True)
    check = maly.post(path, {"slug": by_desk})
    for line in ("contact, address and link of 4 partners", "So would 3 names that are not", "So would 1 reply"):
        assert (line in check.text, line in said) == (True, True), line
    assert maly.post(path, hidden_fields(check)).status_code == 303
    assert_same(number_of(by_command), number_of(by_desk))
    page = maly.get(f"{place(by_desk)}/letter").text
    for gone in (IN_CONFIDENCE, COUNTED, "The Minister says no."):
        assert gone not in page
    assert maly.get(f"{place(by_desk)}/letter/addressee.pdf").status_code == 404
    with db.transaction() as session:
        assert session.scalars(select(Reply)).all() == []
        campaign = left_letters.campaign_of(session, by_desk)
        with pytest.raises(NoReply):
            add_reply(session, campaign.id, campaign.letter.addressees[0].id, "today", "Yes.")


def test_a_campaign_that_goes_on_is_not_erased() -> None:
    left_letters.a_sealed_campaign("dam")
    maly = enters("dam")
    refused = maly.post(f"{place('dam')}/erase", {"slug": "dam"})
    assert (refused.status_code, "has not been sent" in refused.text) == (409, True)
    assert "Erase the campaign" not in maly.get(place("dam")).text


def test_who_was_not_told_of_the_end_is_told_before_all_is_erased() -> None:
    for slug in ("by-command", "by-desk"):
        left_letters.a_campaign(slug)
        with db.transaction() as session:
            campaign = left_letters.campaign_of(session, slug)
            campaign.deadline_at += timedelta(days=30)
            invite.enqueue_invitations(session, campaign.id)
            for mail in session.scalars(select(Mail).where(Mail.campaign_id == campaign.id)):
                mail.sent_at, mail.due_at = db.clock(session), None
            cancel.cancel_campaign(session, campaign.id)
    maly = enters("by-command", "by-desk")
    types("erase", "by-command", "--yes")
    form = maly.get(f"{place('by-desk')}/erase")
    assert "will never be told" in form.text
    check = maly.post(f"{place('by-desk')}/erase", {"slug": "by-desk"})
    assert "First 4 emails tell everyone who was asked." in check.text
    maly.post(f"{place('by-desk')}/erase", hidden_fields(check))
    assert_same(number_of("by-command"), number_of("by-desk"))
    with db.reading() as session:
        assert left_letters.campaign_of(session, "by-desk").erased_at is None
    at_once = maly.does(f"{place('by-desk')}/erase", {"slug": "by-desk", "tell_nobody": "yes"})
    assert at_once.status_code == 303
    with db.reading() as session:
        assert left_letters.campaign_of(session, "by-desk").erased_at is not None


FORMULAS = ["=HYPERLINK(1)", "+41 22 917", "-1", "@SUM(1)", "\t=1", "Jane;=1+1", "plain", ""]


def test_a_workbook_calculates_nothing_and_loses_nothing() -> None:
    rows = [{"organization": one, "role": one} for one in FORMULAS]
    book = load_workbook(io.BytesIO(spreadsheet.as_xlsx(("organization", "role"), rows, "Signatures")))
    [sheet] = book.worksheets
    cells = [cell for line in sheet.iter_rows(min_row=2) for cell in line]
    assert [cell.value or "" for cell in cells[::2]] == FORMULAS
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert [bool(cell.quotePrefix) for cell in cells[::2]] == [True] * 6 + [False, False]
    written = list(csv.DictReader(io.StringIO(spreadsheet.as_csv(("organization", "role"), rows))))
    assert [one["role"][:1] for one in written[:5]] == ["'"] * 5


def test_an_owner_gets_the_sheet_as_the_command_prints_it() -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        said = Statement(representative="=cmd|'/c calc'!A1", role="+41 22 917")
        cast.signs(session, campaign.partners[0], "counted", said)
    owner = enters("dam")
    sheet = owner.get(f"{place('dam')}/export/signatures.csv")
    assert sheet.text.removeprefix("\ufeff") == types("export", "dam")
    assert 'filename="dam-signatures-CONFIDENTIAL.csv"' in sheet.headers["content-disposition"]
    assert sheet.headers["cache-control"] == "no-store"
    book = owner.get(f"{place('dam')}/export/signatures.xlsx")
    printed = CliRunner().invoke(app, ["export", "dam", "--format", "xlsx"]).stdout_bytes
    found = [
        [[cell.value for cell in line] for line in load_workbook(io.BytesIO(one)).active.iter_rows()]
        for one in (book.content, printed)
    ]
    assert found[0] == found[1]
    assert found[0][0] == ["organization", "acronym", "country", "visibility", "representative", "role", "time"]
    assert found[0][1][4:6] == ["=cmd|'/c calc'!A1", "+41 22 917"]
    assert owner.get(f"{place('dam')}/export/partners.csv").status_code == 404
    owner.get(f"{place('dam')}/letter/addressee.docx")
    owner.client.head(f"{place('dam')}/export/signatures.csv")
    types("export", "dam", "--dry-run")
    with db.reading() as session:
        taken = select(AuditEvent).where(AuditEvent.what == "names_exported").order_by(AuditEvent.id)
        assert [(one.organizer_id is not None, one.detail) for one in session.scalars(taken)] == [
            (True, "signatures csv"),
            (False, "signatures csv"),
            (True, "signatures xlsx"),
            (False, "signatures xlsx"),
            (True, "addressee docx"),
        ]
    assert "The list of who signs was taken out as a file (csv)." in owner.get(f"{place('dam')}/log").text
    with db.transaction() as session:
        session.execute(update(Seat).values(role="viewer"))
    assert "taken out as a file" not in owner.get(f"{place('dam')}/log").text
    for words in (("--format", "ods"), ("--format", "xlsx", "--json"), ("--format", "xlsx", "--excel")):
        types("export", "dam", *words, code=2)


def test_an_answer_that_came_to_the_letter_is_settled_as_by_the_command() -> None:
    by_command, by_desk = two("reaches_the_first")
    maly = enters(by_command, by_desk)
    for slug in (by_command, by_desk):
        with db.transaction() as session:
            first = left_letters.letters_of(session, left_letters.campaign_of(session, slug))[0]
            session.add(MailResponse(mail_id=first.id, kind="person", words="Wrong office.", at=db.clock(session)))
    types("dispatch", by_command, "--by-hand", "--addressee", "1", "--yes")
    assert "Wrong office." in maly.get(f"{place(by_desk)}/letter").text
    path = f"{place(by_desk)}/letter/letter-arrived"
    check = maly.post(path, {"addressee": addressee(by_desk), "on": ""})
    assert "What was answered to it is deleted." in check.text
    maly.post(path, hidden_fields(check))
    assert "Wrong office." not in maly.get(f"{place(by_desk)}/letter").text
    assert_same(number_of(by_command), number_of(by_desk))


@pytest.mark.parametrize("is_sealed", [True, False])
def test_where_it_takes_two_persons_nobody_takes_withheld_names_out_alone(is_sealed: bool) -> None:
    make = left_letters.a_sealed_campaign if is_sealed else left_letters.a_campaign
    make("dam", texts=ENGLISH, two_persons=True)
    maly = enters("dam")
    for path in ("letter/addressee.pdf", "letter/addressee.docx", "export/signatures.csv", "export/signatures.xlsx"):
        refused = maly.get(f"{place('dam')}/{path}")
        assert (refused.status_code, "wants two persons" in refused.text) == (409, True), path
        assert path not in maly.get(f"{place('dam')}/letter").text
    assert maly.get(f"{place('dam')}/letter/public.pdf").status_code == 200
