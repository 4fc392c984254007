"""No more mail: what a mail program's button does, what the page asks for, the way back, and who is mailed then."""

import asyncio
import base64
import email
import email.policy
import html
import re
import time
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from worker import db, settings, tokens
from worker.acts import answer, correct_address, extend, invite, receipts, remind, report, unsubscribe
from worker.acts.answer import Statement
from worker.cli.status_json import as_json
from worker.mail import delivery, outbox
from worker.models import MAX_WRONG_CODES, Answer, AuditEvent, Campaign, Mail, Partner
from worker.state import answers, due, letters
from worker.state.links import Link
from worker.state.refusals import LinkRevoked
from worker.state.status import load_status
from worker.text.languages import LANGUAGES
from worker.web import forms
from worker.wording import templates
from worker.wording.composing import compose_batch

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session)


@pytest.fixture
def river_watch(campaign: Campaign) -> Partner:
    return campaign.partners[0]


def url(partner: Partner) -> str:
    return f"/u/{tokens.token(partner, 'quiet')}"


def words(page: httpx2.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body>")[2])).split())


def now_of(partner: Partner) -> Partner:
    with db.reading() as session:
        return session.get_one(Partner, partner.id)


def is_quiet(partner: Partner) -> bool:
    return now_of(partner).quiet_at is not None


def everything(*, but: str = "") -> dict[str, list[Any]]:
    with db.reading() as session:
        return cast.everything(session, but=but)


def audit_log() -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(event.actor, event.what) for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]


def wants(partner: Partner, wish: str, **other: str) -> dict[str, str]:
    return {"wish": wish, "mail_code": tokens.mail_code(partner)} | other


def mails(partner: Partner, *kinds: str) -> list[str]:
    """What was put for a partner and not called back, by kind."""
    with db.reading() as session:
        which = select(Mail).where(Mail.partner_id == partner.id, Mail.cancelled_at.is_(None)).order_by(Mail.id)
        return [mail.kind for mail in session.scalars(which) if not kinds or mail.kind in kinds]


# Looking.


@on_sqlite
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("before", ["mailed", "quiet"])
def test_looking_changes_nothing(method: str, before: str, browser: TestClient, river_watch: Partner) -> None:
    if before == "quiet":
        browser.post(url(river_watch), data=ONE_CLICK)
    rows = everything()
    for query in ("", "?List-Unsubscribe=One-Click", f"?wish=no+more+mail&mail_code={tokens.mail_code(river_watch)}"):
        seen = browser.request(method, url(river_watch) + query)
        assert seen.status_code == (405 if method == "OPTIONS" else 200)
    assert everything() == rows


@on_sqlite
@pytest.mark.parametrize("before", ["mailed", "quiet"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_reads_in_every_language_and_says_that_it_is_no_answer(
    before: str, language: str, browser: TestClient, river_watch: Partner
) -> None:
    if before == "quiet":
        browser.post(url(river_watch), data=ONE_CLICK)
    page = browser.get(url(river_watch), params={"lang": language})
    assert f'<html lang="{language}">' in page.text
    says = {
        "mailed": [
            "Stop email about this letter?",
            "You would no longer get reminders, news about the deadline or the final copy. Opening this page has "
            "changed nothing.",
            "We would still tell you when your organization signs, when more people can see its name, when the way "
            "its name appears changes, or when the invitation is passed on, because someone else may have your link.",
            "Stop sending us emails",
        ],
        "quiet": [
            "We will no longer email you about this letter",
            "There is one exception, because someone else may have your link: we still tell you when your "
            "organization signs, when more people can see its name, when the way its name appears changes, or when "
            "the invitation is passed on. An email that is already on its way may still arrive.",
            "Send us emails again",
        ],
    }[before]
    says.append(
        "This is not an answer: it does not mean that your organization signs or declines. Any answer that it has "
        "given stays as it is, and the link in our emails continues to work."
    )
    said = [templates.page_words(language).gettext(sentence) for sentence in says]
    assert language == "en" or not set(said) & set(says)
    for fragment in said:
        assert " ".join(fragment.split()) in words(page)
    assert "people@rivers.example" in page.text


@on_sqlite
@pytest.mark.parametrize("before", ["mailed", "quiet", "signed"])
def test_the_page_leads_to_nothing_that_could_sign_and_names_nobody(
    before: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    with db.transaction() as session:
        cast.signs(session, river_watch) if before == "signed" else None
    if before == "quiet":
        browser.post(url(river_watch), data=ONE_CLICK)
    page = browser.get(url(river_watch))
    linked = set(re.findall(r'(?:href|action|src)="([^"]*)"', page.text))
    own = url(river_watch)
    here = {own, f"{own}?lang=fr", f"{own}?lang=km", "#switch", "#form"}
    assert linked == {"/style.css", "mailto:people@rivers.example", *here}
    assert "/s/" not in page.text
    code = tokens.mail_code(river_watch)
    for secret in (
        "River",
        "dam",
        "Weir",
        "USA",
        "Sophea",
        "Lopez",
        "partner.example",
        code,
        tokens.token(river_watch),
    ):
        assert secret not in page.text.replace("people@rivers.example", "")
    assert "<script" not in page.text
    assert "set-cookie" not in page.headers
    assert page.headers["cache-control"] == "no-store"
    assert "One-Click" not in page.text, "a robot that sends the page's form as it is has no code"


# One click.


def a_multipart(boundary: str, *, quoted: bool = False, end: str = "\r\n") -> tuple[bytes, str]:
    lines = [f"--{boundary}", 'Content-Disposition: form-data; name="List-Unsubscribe"', "", "One-Click"]
    kind = f'multipart/form-data; boundary="{boundary}"' if quoted else f"multipart/form-data; boundary={boundary}"
    return end.join([*lines, f"--{boundary}--", ""]).encode(), kind


CLICKS: dict[str, tuple[bytes, str]] = {
    "urlencoded": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "urlencoded, in UTF-8": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=utf-8"),
    "no type at all": (b"List-Unsubscribe=One-Click", ""),
    "multipart": a_multipart("----WebKitFormBoundary7MA4YWxkTrZu0gW"),
    "multipart, quoted": a_multipart("a =b", quoted=True),
    "multipart, bare line ends": a_multipart("abc", end="\n"),
    "multipart, among others": (
        b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nNo\r\n'
        b"--x\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name=List-Unsubscribe\r\n\r\n"
        b"One-Click\r\n--x--\r\n",
        "Multipart/Form-Data; boundary=x",
    ),
    "urlencoded, twice: the first counts": (b"List-Unsubscribe=One-Click&List-Unsubscribe=No", ""),
    "multipart, twice: the first counts": (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nNo\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "multipart, after a part of no name": (
        b"--x\r\nContent-Type: text/plain\r\n\r\nNo\r\n"
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "multipart, without its last line": (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click',
        "multipart/form-data; boundary=x",
    ),
}


@pytest.mark.parametrize("click", CLICKS)
def test_one_click_is_enough_however_a_mail_program_sends_it(
    click: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    body, kind = CLICKS[click]
    headers = {"Content-Type": kind, "Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    page = browser.post(url(river_watch), content=body, headers=headers if kind else {})

    assert page.status_code == 200, "and no redirect"
    assert "We will no longer email you about this letter" in words(page)
    assert is_quiet(river_watch)
    assert not is_quiet(campaign.partners[1])
    assert everything()["answer"] == []


@pytest.mark.parametrize("times", [1, 3])
def test_twice_is_once(times: int, browser: TestClient, river_watch: Partner) -> None:
    browser.post(url(river_watch), data=ONE_CLICK)
    rows = everything()
    for _ in range(times):
        assert browser.post(url(river_watch), data=ONE_CLICK).status_code == 200
    assert everything() == rows
    assert audit_log() == [("partner", "unsubscribed")]


@on_sqlite
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "", 422),
        (b"List-Unsubscribe=", "", 422),
        (b"List-Unsubscribe=Two-Clicks", "", 422),
        (b"wish=no+more+mail", "", 422),
        (b"x=1\xff", "", 400),
        (b"List-Unsubscribe: One-Click", "text/plain", 422),
        (CLICKS["multipart"][0], "multipart/form-data; boundary=another", 422),
        (b"nothing", "multipart/form-data; boundary=x", 422),
        (b"--x", "multipart/form-data; boundary=x", 422),
        (b"\xff\x00", "multipart/form-data; boundary*0*=\xff", 422),
        (b"--x" + b"\n--x" * 5000, "multipart/form-data; boundary=x", 422),
        (b"x" * (forms.MAX_FORM + 1), "multipart/form-data; boundary=x", 413),
    ],
)
def test_what_is_no_click_changes_nothing(
    body: bytes, kind: str, status: int, browser: TestClient, river_watch: Partner
) -> None:
    rows = everything()
    sent = browser.post(url(river_watch), content=body, headers=[(b"content-type", kind.encode("latin-1"))])
    assert sent.status_code == status
    assert everything() == rows


# The page's form, and the way back.


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_with_the_code_asks_for_no_more_mail_and_leads_back(
    language: str, browser: TestClient, river_watch: Partner
) -> None:
    query = "" if language == "en" else f"?lang={language}"
    page = browser.get(url(river_watch) + query)
    assert '<input type="hidden" name="wish" value="no more mail">' in page.text
    sent = browser.post(url(river_watch), data=wants(river_watch, "no more mail", lang=language))
    assert (sent.status_code, sent.headers["location"]) == (303, url(river_watch) + query)
    assert is_quiet(river_watch)

    page = browser.get(sent.headers["location"])
    assert '<input type="hidden" name="wish" value="mail again">' in page.text
    sent = browser.post(url(river_watch), data=wants(river_watch, "mail again", lang=language))
    assert (sent.status_code, sent.headers["location"]) == (303, url(river_watch) + query)
    assert not is_quiet(river_watch)
    assert audit_log() == [("partner", "unsubscribed"), ("partner", "resubscribed")]
    assert everything()["answer"] == []


@on_sqlite
@pytest.mark.usefixtures("full_second")
@pytest.mark.parametrize("wish", ["no more mail", "mail again"])
@pytest.mark.parametrize(
    ("typed", "language", "sentence"),
    [
        ("", "en", "Enter the six digits of the confirmation code."),
        ("wrong", "en", "That code is not right. Check the six digits in our email."),
        ("wrong", "fr", "Ce code n’est pas le bon. Veuillez vérifier les six chiffres dans notre e-mail."),
    ],
)
def test_without_the_code_nothing_changes_and_it_is_said_next_to_the_field(
    wish: str, typed: str, language: str, sentence: str, browser: TestClient, river_watch: Partner
) -> None:
    if wish == "mail again":
        browser.post(url(river_watch), data=ONE_CLICK)
    wrong = f"{(int(tokens.mail_code(river_watch)) + 1) % 1_000_000:06d}" if typed else ""
    rows, began = everything(but="wrong_codes"), time.monotonic()

    page = browser.post(url(river_watch), data={"wish": wish, "mail_code": wrong, "lang": language})

    assert not typed or time.monotonic() - began >= 1, "a wrong code takes a second"
    assert page.status_code == 422
    field = re.search(r'<p class="error" id="mail_code-problem">([^<]*)</p>\s*<input id="mail_code"([^>]*)>', page.text)
    assert field
    assert field[1].strip() == sentence
    assert 'aria-describedby="mail_code-hint mail_code-problem" aria-invalid="true"' in field[2]
    assert f'value="{wrong}"' in field[2]
    assert f'name="wish" value="{wish}"' in page.text
    assert everything(but="wrong_codes") == rows


@on_sqlite
def test_a_wish_that_is_none_is_told_calmly(browser: TestClient, river_watch: Partner) -> None:
    rows = everything()
    sent = browser.post(url(river_watch), data=wants(river_watch, "everything"))
    assert (sent.status_code, everything()) == (400, rows)
    assert "The form did not arrive completely" in sent.text


@on_sqlite
def test_once_too_many_codes_were_wrong_a_click_and_the_long_code_still_do(
    browser: TestClient, river_watch: Partner
) -> None:
    with db.transaction() as session:
        session.get_one(Partner, river_watch.id).wrong_codes = MAX_WRONG_CODES
    assert browser.post(url(river_watch), data=wants(river_watch, "no more mail")).status_code == 422
    assert not is_quiet(river_watch)
    assert browser.post(url(river_watch), data=ONE_CLICK).status_code == 200
    assert is_quiet(river_watch)
    wish = {"wish": "mail again", "mail_code": tokens.long_code(river_watch)}
    assert browser.post(url(river_watch), data=wish).status_code == 303
    assert not is_quiet(river_watch)


# Links.


@on_sqlite
def test_unknown_revoked_and_foreign_links_are_the_page_that_they_are_elsewhere(
    browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    revoked = url(river_watch)
    signing = f"/u/{tokens.token(river_watch)}"
    crossed = f"/s/{tokens.token(river_watch, 'quiet')}"
    with db.transaction() as session:
        renewed = session.get_one(Partner, river_watch.id)
        renewed.generation += 1
    fresh = [f"/u/{tokens.token(renewed)}", f"/s/{tokens.token(renewed, 'quiet')}"]
    foreign = "/u/" + base64.urlsafe_b64encode(bytes(27)).decode()
    rows = everything()

    expected = browser.get("/s/x")
    for link in (revoked, signing, crossed, *fresh, foreign, revoked + "AAAA", "/u/x", "/u/%00", "/u/é"):
        answers = [browser.get(link), browser.get(link + "?lang=fr"), browser.post(link, data=ONE_CLICK)]
        answers.append(browser.post(link, data=wants(renewed, "no more mail")))
        for page in answers:
            assert (page.status_code, page.content) == (404, expected.content), link
            assert dict(page.headers) == dict(expected.headers)
    assert everything() == rows
    assert browser.post(url(renewed), data=ONE_CLICK).status_code == 200, "the new link does what the old one did"


def test_a_link_that_dies_meanwhile_changes_nothing(
    browser: TestClient, river_watch: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        rows = cast.is_revoked_before_the_act(river_watch, patch)
        assert browser.post(url(river_watch), data=ONE_CLICK).status_code == 404
    assert [everything()] == rows
    for act in (unsubscribe.unsubscribe_reader, unsubscribe.resubscribe_reader):
        with pytest.raises(LinkRevoked), db.transaction() as session:
            act(session, river_watch.id, link=Link(river_watch.generation))
    assert [everything()] == rows


@on_sqlite
def test_a_quiet_partner_opens_its_own_link_and_signs(browser: TestClient, river_watch: Partner) -> None:
    browser.post(url(river_watch), data=ONE_CLICK)
    signing = f"/s/{tokens.token(river_watch)}"
    assert "Will River Watch sign this letter?" in words(browser.get(signing))
    form = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Secretary"}
    code = tokens.mail_code(river_watch)
    sent = browser.post(signing, data=form | {"authorised": "yes", "mail_code": code})
    assert sent.status_code == 303
    with db.reading() as session:
        standing = answers.standing_answer(session, river_watch.id)
    assert standing
    assert standing.signs
    assert is_quiet(river_watch), "an answer is no wish for mail"


# Who is mailed.


def goes_quiet(partner: Partner) -> None:
    with db.transaction() as session:
        unsubscribe.unsubscribe_reader(session, partner.id, link=Link(partner.generation))


def wants_mail_again(partner: Partner) -> None:
    with db.transaction() as session:
        unsubscribe.resubscribe_reader(session, partner.id, link=Link(partner.generation))


def receipts_leave(session: Session) -> None:
    now = db.clock(session)
    session.execute(update(Mail).where(Mail.kind == "receipt").values(sent_at=now, due_at=None))


def is_invited(campaign: Campaign) -> None:
    """The relay took every invitation, two days ago."""
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign.id)
        at = db.clock(session) - timedelta(days=2)
        session.execute(update(Mail).values(sent_at=at, due_at=None, dated_at=at))


def is_extended(campaign: Campaign) -> int:
    with db.transaction() as session:
        return extend.move_deadline(session, campaign.id, campaign.deadline_at + timedelta(days=len(audit_log())))


def test_what_waits_is_called_back_and_what_left_stays(campaign: Campaign, river_watch: Partner) -> None:
    is_invited(campaign)
    eau_vive = campaign.partners[1]
    with db.transaction() as session:
        now = db.clock(session)
        for partner in campaign.partners:
            outbox.put(session, [outbox.to_partner(kind, campaign, partner, "1", now) for kind in ("reminder", "copy")])
        again = now + timedelta(minutes=6)
        deferred = update(Mail).where(Mail.kind == "copy").values(attempts=1, reply="451 later", due_at=again)
        session.execute(deferred)
    goes_quiet(river_watch)
    assert mails(river_watch) == ["invitation", "silence"]
    assert mails(eau_vive) == ["invitation", "reminder", "copy"]
    with db.reading() as session:
        waiting = select(Mail.kind).where(Mail.partner_id == river_watch.id, Mail.due_at.is_not(None))
        assert list(session.scalars(waiting)) == ["silence"]


def test_who_is_quiet_is_not_invited_and_is_once_it_wants_mail_again(campaign: Campaign, river_watch: Partner) -> None:
    eau_vive = campaign.partners[1]
    goes_quiet(river_watch)
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign.id) == 1
        session.execute(update(Mail).values(sent_at=db.clock(session), due_at=None))
        assert ("invite", campaign.id) not in due.due_acts(session), "the sweep need not notify it"
    assert (mails(river_watch), mails(eau_vive)) == (["silence"], ["invitation"])
    wants_mail_again(river_watch)
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign.id) == 1
    assert mails(river_watch) == ["silence", "invitation"]


def test_an_invitation_that_was_called_back_is_put_anew(campaign: Campaign, river_watch: Partner) -> None:
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign.id)
    goes_quiet(river_watch)
    assert mails(river_watch) == ["silence"]
    for _ in range(2):
        wants_mail_again(river_watch)
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign.id)
    assert mails(river_watch) == ["silence", "invitation"], "one, and it is not called back"
    assert [mail["To"] for mail in delivered()].count(river_watch.email) == 2


@pytest.mark.parametrize("meanwhile", ["it arrived", "it answered", "the deadline passed"])
def test_an_invitation_of_no_use_is_not_put_anew(meanwhile: str, campaign: Campaign, river_watch: Partner) -> None:
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign.id)
    goes_quiet(river_watch)
    with db.transaction() as session:
        if meanwhile == "it arrived":  # it was on the wire already
            session.execute(update(Mail).values(sent_at=db.clock(session), due_at=None))
        elif meanwhile == "it answered":
            answer.decline(session, river_watch.id, cast.SOPHEA)
        else:
            cast.passes_its_deadline(session, session.get_one(Campaign, campaign.id))
    wants_mail_again(river_watch)
    with db.reading() as session:
        put = session.scalars(select(Mail.kind).where(Mail.partner_id == river_watch.id).order_by(Mail.id)).all()
    assert put == ["invitation", "silence"]


def test_who_is_quiet_is_silent_and_neither_reminded_nor_told_of_a_new_deadline(
    campaign: Campaign, river_watch: Partner
) -> None:
    is_invited(campaign)
    goes_quiet(river_watch)
    with db.transaction() as session:
        assert remind.remind_now(session, campaign.id) == 1
    assert is_extended(campaign) == 1
    with db.transaction() as session:
        asking = session.get_one(Campaign, campaign.id)
        asking.definition = asking.definition | {"reminders": [3600]}
        asking.deadline_set_at -= timedelta(days=20)
        asking.deadline_at = db.clock(session) + timedelta(minutes=30)
        past = db.clock(session) - timedelta(days=5)
        session.execute(update(Mail).values(dated_at=past))
        session.execute(update(Mail).where(Mail.due_at.is_not(None)).values(sent_at=past, due_at=None))
        session.flush()
        assert remind.remind_when_due(session, campaign.id) == 1
    assert mails(river_watch) == ["invitation", "silence"]
    assert mails(campaign.partners[1], "reminder", "extended") == ["reminder", "extended", "reminder"]
    with db.reading() as session:
        counts = as_json(load_status(session, session.get_one(Campaign, campaign.id)))["counts"]
        assert session.scalars(select(Answer)).all() == []
    assert (counts["silent"], counts["declined"], counts["asked"]) == (2, 0, 2)

    wants_mail_again(river_watch)
    with db.transaction() as session:
        assert remind.remind_now(session, campaign.id) >= 1
    assert is_extended(campaign) == 2
    assert mails(river_watch) == ["invitation", "silence", "reminder", "extended"]


def test_who_is_quiet_gets_the_receipt_of_what_exposes_more_alone_and_every_one_once_it_wants_mail_again(
    campaign: Campaign, river_watch: Partner
) -> None:
    goes_quiet(river_watch)
    with db.transaction() as session:
        for partner in campaign.partners:
            cast.signs(session, partner)
        assert receipts.put_receipts(session, campaign.id) == 2
    assert mails(river_watch) == ["silence", "receipt"]
    assert mails(campaign.partners[1]) == ["receipt"]
    with db.transaction() as session:
        receipts_leave(session)
        cast.signs(session, river_watch, "counted")
        assert receipts.put_receipts(session, campaign.id) == 0
        answer.withdraw(session, river_watch.id, cast.SOPHEA)
        assert receipts.put_receipts(session, campaign.id) == 0
        answer.decline(session, river_watch.id, cast.SOPHEA)
        assert receipts.put_receipts(session, campaign.id) == 0
        cast.signs(session, river_watch, "counted")
        assert receipts.put_receipts(session, campaign.id) == 1, "nothing was signed before it"
        cast.signs(session, river_watch, "addressee")
        assert receipts.put_receipts(session, campaign.id) == 1
        cast.signs(session, river_watch, "addressee", Statement("Dara Kim", "Chair"))
        assert receipts.put_receipts(session, campaign.id) == 1, "as visible, by somebody else"
    wants_mail_again(river_watch)
    with db.transaction() as session:
        answer.withdraw(session, river_watch.id, cast.SOPHEA)
        assert receipts.put_receipts(session, campaign.id) == 1


@pytest.mark.parametrize("again", [False, True])
def test_who_is_quiet_signs_and_gets_no_copy(again: bool, campaign: Campaign, river_watch: Partner) -> None:
    with db.transaction() as session:
        for partner in campaign.partners:
            cast.signs(session, partner)
    goes_quiet(river_watch)
    if again:
        wants_mail_again(river_watch)
    with db.transaction() as session:
        asking = session.get_one(Campaign, campaign.id)
        cast.is_sealed(session, asking)
        cast.the_letter_leaves(session, asking)
        report.put_copies(session, campaign.id)
        assert letters.living_seal(session, asking) == 1
    assert mails(river_watch, "copy") == (["copy"] if again else [])
    assert mails(campaign.partners[1], "copy") == ["copy"]


def test_the_silence_of_a_wrong_reader_ends_with_the_wrong_address(campaign: Campaign, river_watch: Partner) -> None:
    is_invited(campaign)
    goes_quiet(river_watch)
    with db.transaction() as session:
        assert correct_address.change_address(session, river_watch.id, "new@partner.example").goes == ["invitation"]
    assert mails(river_watch) == ["invitation", "invitation"]
    assert not is_quiet(river_watch)


@pytest.mark.parametrize("kind", ["invitation", "reminder", "extended", "receipt", "copy"])
def test_a_mail_that_was_put_at_the_same_moment_is_dropped_when_its_turn_comes(
    kind: str, campaign: Campaign, river_watch: Partner
) -> None:
    with db.transaction() as session:
        cast.signs(session, river_watch)
        receipts.put_receipts(session, campaign.id)
        receipts_leave(session)
        reduced = cast.signs(session, river_watch, "counted")
        asking = session.get_one(Campaign, campaign.id)
        cast.is_sealed(session, asking)
        cast.the_letter_leaves(session, asking)
    goes_quiet(river_watch)
    with db.transaction() as session:
        now = db.clock(session)
        more: outbox.MailOptions = {
            "answer_id": reduced.id if kind == "receipt" else None,
            "seal_number": 1 if kind == "copy" else None,
        }
        rows = [outbox.to_partner(kind, campaign, one, "at the same moment", now, **more) for one in campaign.partners]
        assert outbox.put(session, rows) == 2
    assert [(mail["To"], mail["Subject"].startswith("No more email")) for mail in delivered()] == [
        (river_watch.email, True),
        (campaign.partners[1].email, False),
    ]
    assert mails(river_watch) == ["receipt", "silence"]


@pytest.mark.parametrize("kind", ["receipt", "was_passed_on", "contact_added"])
def test_what_exposes_more_is_told_though_silence_was_asked_for(
    kind: str, campaign: Campaign, river_watch: Partner
) -> None:
    goes_quiet(river_watch)
    with db.transaction() as session:
        signed = cast.signs(session, river_watch)
        about = outbox.MailOptions(answer_id=signed.id if kind == "receipt" else None)
        outbox.put(session, [outbox.to_partner(kind, campaign, river_watch, "1", db.clock(session), **about)])
    assert [mail["To"] for mail in delivered()] == [river_watch.email] * 2
    assert mails(river_watch) == ["silence", kind]


def delivered() -> list[EmailMessage]:
    """What a relay gets of all that is due."""

    async def drain() -> list[bytes]:
        async with ScriptedServer({}) as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
            await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)
        return [body for visit in server.visits for _, _, body in visit.mails]

    return [email.message_from_bytes(body, policy=email.policy.default) for body in asyncio.run(drain())]


def test_the_diary_names_nobody(campaign: Campaign, river_watch: Partner) -> None:
    goes_quiet(river_watch)
    wants_mail_again(river_watch)
    with db.reading() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(e.actor, e.what, e.partner_id) for e in events] == [
        ("partner", "unsubscribed", river_watch.id),
        ("partner", "resubscribed", river_watch.id),
    ]
