"""What mail servers write when a mail comes back, and what we believe of it."""

import re
import time
from typing import Any

import pytest

from tests.delivery_reports import OURS, REPORTS, SOPHEA, forged, report, signed_for_something_else, token
from worker import settings, tokens
from worker.mail import bounce_reports

pytestmark = pytest.mark.usefixtures("bounces_come_back")


# Reports as servers write them, with {token}, {recipient} and what differs.


def found(message: bytes) -> str:
    bounce = bounce_reports.parse_report(message)
    return f"{bounce.kind} {bounce.status}" if bounce else "nothing"


every_report = pytest.mark.parametrize("name", REPORTS)


@every_report
def test_a_report_about_our_mail_is_read(name: str) -> None:
    assert found(report(name, token())) == REPORTS[name][4]


@every_report
def test_the_mail_is_found_and_the_recipient_known_without_an_address(name: str) -> None:
    bounce = bounce_reports.parse_report(report(name, token()))
    if bounce is None:
        return
    assert bounce.mail_id == OURS
    told_apart = bounce.kind not in {"none", "response"} and name != "qmail"
    assert bounce.about == ({tokens.fingerprint(SOPHEA)} if told_apart else set())
    shown = repr(bounce).lower()
    assert "sophea" not in shown
    assert "river-watch.example>" not in shown
    assert "@" not in shown
    assert bounce.diagnostic.isprintable()
    assert len(bounce.diagnostic) <= 500


@every_report
@pytest.mark.parametrize("made", [forged, signed_for_something_else, lambda: "a" * 24, lambda: ""])
def test_a_report_without_a_valid_token_is_nothing(name: str, made: Any) -> None:
    assert bounce_reports.parse_report(report(name, made())) is None


def test_a_token_of_another_installation_is_nothing() -> None:
    theirs = token()
    settings.set_for_this_process(secret_key="another key, of somebody else's installation")
    assert bounce_reports.parse_report(report("Postfix, no such user", theirs)) is None


def test_the_letter_case_of_a_token_does_not_matter() -> None:
    assert found(report("Postfix, no such user", token().upper())) == "hard 5.1.1"


@pytest.mark.parametrize("header", bounce_reports._ENVELOPE_RECIPIENT)
def test_the_return_path_is_found_wherever_a_mailbox_writes_it(header: str) -> None:
    message = report("Postfix, no such user", "none").replace(b"To: bounces+none@", b"X-Nothing: x@")
    line = f"{header}: <bounces+{token()}@letters.example>\r\n".encode()
    assert found(message) == "nothing"
    assert found(line + message) == "hard 5.1.1"


def test_a_return_path_in_the_returned_mail_proves_nothing() -> None:
    """Whoever has seen one of our mails can quote it: it did not bring the report to us."""
    quoted = report("Postfix, no such user", token())
    head, body = quoted.split(b"\r\n\r\n", 1)
    assert bounce_reports.parse_report(head.replace(token().encode(), b"none") + b"\r\n\r\n" + body) is None


@pytest.mark.parametrize("kind", ["disposition-notification", "feedback-report", "delivery-status-x"])
def test_a_report_of_another_type_is_told_and_not_believed(kind: str) -> None:
    message = report("Postfix, no such user", token()).replace(
        b"report-type=delivery-status", f"report-type={kind}".encode()
    )
    assert found(message) == "soft 5.1.1"


def test_two_tokens_that_name_two_mails_are_nobody_s() -> None:
    other = f"Delivered-To: bounces+{tokens.envid(OURS + 1)}@letters.example\r\n".encode()
    assert bounce_reports.parse_report(other + report("Postfix, no such user", token())) is None
    assert bounce_reports.parse_report(other + report("Sendmail, no such user", token())) is None


def test_of_many_recipients_the_gravest_is_told_with_its_own_fingerprints() -> None:
    message = report("Postfix, no such user", token()).replace(
        b"Final-Recipient:",
        b"Final-Recipient: rfc822; dara@x.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient:",
    )
    bounce = bounce_reports.parse_report(message)
    assert bounce is not None
    assert bounce.kind == "hard"
    assert bounce.about == {tokens.fingerprint(SOPHEA)}


def test_a_plain_notice_from_somebody_who_has_an_address_is_told_too() -> None:
    written = report("qmail", token()).replace(b"Return-Path: <>", b"Return-Path: <postmaster@river-watch.example>")
    assert found(written) == "soft 5.1.1"


def test_only_the_beginning_of_a_large_message_is_read() -> None:
    whole = report("Postfix, no such user", token())
    tail = whole + b"x" * bounce_reports.MAX_READ
    late = whole.replace(b"This is the mail system", b"x" * bounce_reports.MAX_READ)
    assert found(tail) == "hard 5.1.1"
    assert found(late).startswith("soft"), "told by what stands before it"


def hostile() -> dict[str, bytes]:
    """Messages made to hurt a parser, each to a valid return path."""
    head = f"To: bounces+{token()}@letters.example\r\nFrom: MAILER-DAEMON@x.example\r\n".encode()
    size = bounce_reports.MAX_READ
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(4000))
    form = b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    return {
        "nested a thousand times": head + nested,
        "nested messages": head + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        "nothing but parts": head + form + b"--b\r\n" * (size // 5),
        "nothing but status parts": head
        + form
        + b"--b\r\nContent-Type: message/delivery-status\r\n\r\na:b\r\n\r\n" * 5000,
        "nothing but recipients": head
        + form
        + b"--b\r\nContent-Type: message/delivery-status\r\n\r\na:b\r\n\r\n"
        + b"Action: failed\r\nStatus: 5.1.1\r\nFinal-Recipient: rfc822; a@b\r\n\r\n" * 4000,
        "nothing but headers": head + b"To: x\r\n" * (size // 7) + b"\r\n",
        "one long header": head + b"To: " + b"a+" * (size // 2) + b"@x\r\n\r\n",
        "one long folded header": head + b"To: x\r\n" + b" a+@\r\n" * (size // 7) + b"\r\n",
        "one long diagnostic": report("Postfix, spam", token()).replace(b"rejected", b"@a" * (size // 3)),
        "one long status": report("Postfix, spam", token()).replace(
            b"Status: 5.7.1", b"Status: " + b"5." * (size // 3)
        ),
        "a long text": head + b"\r\n" + b"5.1." * (size // 4),
        "an unknown charset": head + b"Content-Type: text/plain; charset=\xff\xfenone\r\n\r\n550 5.1.1 gone",
        "no bytes": b"",
        "zeros": b"\0" * size,
    }


def test_what_is_made_to_hurt_takes_little_time() -> None:
    for name, message in hostile().items():
        begun = time.process_time()
        bounce_reports.parse_report(message)
        assert time.process_time() - begun < 3, name


def test_a_return_path_fits_into_an_address() -> None:
    settings.set_for_this_process(bounces_to="a" * 39 + "@letters.example")
    address = tokens.return_path(2**31 - 1)
    assert len(address.rpartition("@")[0].encode()) == 64
    assert re.fullmatch(r"a+\+[a-z2-7]{24}@letters\.example", address)
    assert tokens.read_return_path(address) == 2**31 - 1


@pytest.mark.parametrize("base", ["bounces@letters.example", "bounces+rivers@letters.example"])
def test_a_return_path_comes_back_in_many_spellings(base: str) -> None:
    settings.set_for_this_process(bounces_to=base)
    address = tokens.return_path(OURS)
    assert address.startswith(base.partition("@")[0] + "+")
    for spelling in (address, address.upper(), f" <{address}> ", address.replace("letters.example", "alias.example")):
        assert tokens.read_return_path(spelling) == OURS


def test_nothing_changes_while_bounces_to_is_not_set() -> None:
    settings.set_for_this_process(bounces_to="")
    assert tokens.return_path(OURS) == settings.current().mail_from


def test_return_paths_differ_in_more_than_the_number() -> None:
    assert len({tokens.envid(number)[8:] for number in range(200)}) == 200


@pytest.mark.parametrize("address", ["", "@", "+", "+@", "bounces@letters.example", "ı" * 24, "bounces+ſſ@x", "a+b+c@"])
def test_what_is_no_return_path_is_refused(address: str) -> None:
    with pytest.raises(tokens.NotALink):
        tokens.read_return_path(address)


def test_every_changed_character_of_a_token_is_noticed() -> None:
    for place, letter in enumerate(token()):
        changed = token()[:place] + ("b" if letter == "a" else "a") + token()[place + 1 :]
        with pytest.raises(tokens.NotALink):
            tokens.read_envid(changed)


@pytest.mark.parametrize(
    "value", ["bounces", "a" * 40 + "@x.example", "b c@x.example", "Bo <b@x.example>", "b@x@y.example"]
)
def test_an_address_for_bounces_that_cannot_work_is_refused(value: str) -> None:
    settings.set_for_this_process(bounces_to=value)
    with pytest.raises(settings.BadSettings, match="UNDERSIGNED_BOUNCES_TO: expected one address"):
        settings.current()
