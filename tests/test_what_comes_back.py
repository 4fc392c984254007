"""Messages as mail servers and people send them back: each is read over IMAP and seen, and few suppress an address."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests import sent_invitations as sent
from tests.imap_server import Mailserver
from tests.mails import says
from tests.sent_invitations import SOPHEA, invitation, mail_of_kind, row, suppressed
from worker import db, settings, tokens
from worker.acts import alert_unreached, bounce
from worker.acts.correct_address import change_address
from worker.acts.dispatch import dispatch_seal
from worker.acts.erase import erase_partner
from worker.cli import status_json
from worker.cli.commands import app
from worker.mail import bounce_reports
from worker.models import Campaign, Mail, MailResponse, Partner
from worker.state.counts import load_counts
from worker.state.letters import served
from worker.state.status import load_status
from worker.wording import mails

RETURNED = Path(__file__).parent / "returned"
# What each is to us, and a part of what is told.
DOUBT = {
    "exchange-no-such-user-by-policy": "550 5.7.1 No such user",
    "exchange-closed-group": "550 5.7.133 RESOLVER",
    "over-quota": "552 5.2.2 mailbox full",
    "over-quota-gmail": "452 4.2.2 The recipient's inbox is out of storage space. Please direct the recipient",
    "over-quota-under-no-such-user": "mailbox is full",
    "gmail-dmarc": "550 5.7.26 Unauthenticated email from letters.example is not accepted due to domain's",
    "dmarc-without-a-code": "DMARC policy",
    "yahoo-dmarc": "554 5.7.9",
    "spam-proofpoint": "554 5.7.1 Blocked using blocklist",
    "mimecast-rejected": "550 Rejected by header",
    "forwarded-elsewhere": "550 5.1.1 no such user",
    "forwarded-without-the-original": "550 5.1.1 no such user",
    "forwarded-and-full": "552 5.2.2 full",
    "no-recipient-at-all": "5.1.1",
    "recipient-of-another-type": "550 5.1.1 no such user",
    "attached-as-a-message": "550 5.1.1 no such user",
    "qmail": "Sorry, no mailbox here by that name. (#5.1.1)",
    "qmail-without-a-code": "This address no longer accepts mail.",
    "exim-plain": "Unrouteable address",
    "exim-plain-smtp": "550 Mailbox unavailable",
    "yahoo-plain": "This user doesn't have a yahoo.example account",
    "lotus-notes": "User not listed in Domino Directory",
    "gmx-german": "Das Postfach des Empfängers ist voll.",
    "french": "Votre message n'a pas été remis.",
    "mail-ru": "user is over quota",
    "zimbra-empty": "Undelivered Mail Returned to Sender",
    "sendmail-no-boundary": "550 5.1.1 User unknown",
    "not-to-be-understood": "could not be understood",
    "attachments-only": "could not be understood",
    "empty": "could not be understood",
    "exchange-german-as-text": "mailbox full",
    "exchange-details-apart": "550 5.7.1 Service unavailable, Client host",
    "gmail-html": "Address not found",
    "icloud-policy": "554 5.7.1 [CS01] Message rejected",
    "yahoo-deferred": "421 4.7.0 [TS03]",
    "barracuda": "was blocked by our Spam Firewall",
    "zoho": "ERROR CODE :550 - 5.1.1 User does not exist",
    "exim-retry-timeout": "retry timeout exceeded",
    "google-group": "The group board may not exist",
    "mailgun": "Not delivering to previously bounced address",
    "full-in-spanish": "está lleno",
    "sender-rewritten": "550 5.1.1 The email account",
    "null-sender-by-name": "550 5.1.1",
    "held-by-a-gateway": "placed on hold",
    "blocked-under-no-such-user": "blocked using zen",
    "expired-after-a-delay": "4.4.7 - message delayed too long",
    "letter-too-large": "552 5.3.4 Message size",
    "letter-refused-by-policy": "550 5.7.1 Attachment",
    "letter-full": "552 5.2.2 mailbox full",
}
GONE = {
    "exchange-address-in-brackets": "550 5.4.1",
    "exchange-not-found": "550 5.1.10",
    "gmail-two-lines": "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
    "final-recipient-empty": "550 5.1.1",
    "global-delivery-status": "550 5.1.1 no such user",
    "global-delivery-status-in-8-bits": "Boîte inconnue",
    "global-delivery-status-base64": "550 5.1.1 no such user",
    "status-base64": "550 5.1.1 no such user",
    "status-quoted-printable": "550 5.1.1 no such user",
    "wrapped-in-mixed": "550 5.1.1 no such user",
    "wrapped-in-signed": "550 5.1.1 no such user",
    "wrapped-twice": "550 5.1.1 no such user",
    "flattened-to-mixed": "550 5.1.1 no such user",
    "exchange-german": "550 5.1.1 RESOLVER",
    "postfix-utf-8": "ពុំមានអ្នកប្រើ",
    "domino": "not listed in Domino Directory",
}
DELAYED = {
    "delayed": "Connection timed out",
    "delayed-exim": "This message has not yet been delivered",
    "delayed-sendmail": "451 4.4.1 Connection timed out",
    "delayed-german": "Zustellungsversuche",
}
NO_FAILURE = ("relayed", "expanded", "delivered")
ANSWERS = {
    "left-the-organization": (
        "automatic",
        "I have left this organization. Please write to new.director@org.example instead.",
    ),
    "left-in-html": ("automatic", "I have left . Write to new.director@org.example ."),
    "left-signed": ("automatic", "I have left. My successor: new.director@org.example"),
    "challenge": ("automatic", "To deliver your message, click <link> once."),
    "challenge-by-subject": ("automatic", "This person uses a guest list. Confirm at <link> to be let in."),
    "challenge-without-a-mark": (
        "person",
        "Please reply to this mail with the word river to have your mail delivered.",
    ),
    "person": ("person", "Our server said 550 5.1.1 user unknown when I answered you. Which address is right?"),
    "person-below-the-quotation": ("person", "I left in May. Please write to Dara instead."),
    "person-above-a-report": ("person", "I am not in charge of this any more. Please write to Dara."),
    "person-attaches-what-was-delivered": (
        "person",
        "Sophea left in May. Please write to director@river-watch.example. What our server says is attached.",
    ),
    "away-without-a-mark": (
        "person",
        "Je suis en mission jusqu'au 3 mars. Écrivez à bureau@river-watch.example.",
    ),
    "vacation-qmail": (
        "automatic",
        'I\'m on vacation. Your mail regarding "Invitation" will be read when I return. '
        "Delivery of my paper mail is delayed.",
    ),
    "waits-for-a-moderator": (
        "automatic",
        "Your mail to 'Board' with the subject Invitation Is being held until the list moderator can review it for "
        "approval. The reason it is being held: Post by non-member to a members-only list",
    ),
    "read-receipt": ("read", "Your message was read."),
    "deleted-receipt": ("deleted", "Your message was deleted without being read."),
    "spam-complaint": ("complaint", "This is an email abuse report."),
}


def message(name: str, mail_id: int = 0, recipient: str = SOPHEA) -> bytes:
    status = f"Reporting-MTA: dns; mx.org.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\n"
    status += "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
    text = (RETURNED / f"{name}.eml").read_text()
    text = text.replace("STATUSBASE64", base64.encodebytes(status.encode()).decode().strip())
    text = text.replace("RETURNPATHTOKEN", tokens.envid(mail_id or invitation())).replace("RECIPIENT", recipient)
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def campaign(database: str) -> None:
    settings.set_for_this_process(bounces_to="bounces@letters.example")
    sent.launch_and_send()


@pytest.fixture
def server(campaign: None) -> Iterator[Mailserver]:
    server = Mailserver()
    settings.set_for_this_process(imap_url=server.url())
    yield server
    server.stop()


def comes_back(server: Mailserver, *messages: bytes) -> None:
    for one in messages:
        server.deliver(one)
    bounce.collect_into_database()


def status() -> dict[str, Any]:
    with db.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        told = status_json.as_json(load_status(session, campaign))
        assert load_counts(session, campaign).as_json() == told["counts"]
    return told


def partner() -> dict[str, Any]:
    (found,) = [one for one in status()["partners"] if one["organization"] == "River Watch"]
    return dict(found)


def alerts() -> list[str]:
    """What the organizers are told by the clock, as the kinds of the mails that were put for it."""
    with db.transaction() as session:
        alert_unreached.alert_organizers(session)
    with db.reading() as session:
        told = session.scalars(select(Mail.kind).where(Mail.kind.in_(["unreached", "mail_answered"])))
        return list(told.all())


def test_every_message_is_tried() -> None:
    assert {one.stem for one in RETURNED.glob("*.eml")} == {
        *(*DOUBT, *GONE, *DELAYED, *NO_FAILURE, *ANSWERS),
        *("person-attaches-a-report", "guessed-token"),
    }


@pytest.mark.parametrize("name", DOUBT)
def test_what_may_not_have_arrived_is_told_and_suppresses_nobody(server: Mailserver, name: str) -> None:
    comes_back(server, message(name))

    told, counts = partner(), status()["counts"]
    assert (counts["may_not_have_arrived"], counts["unreached"]) == (1, 0)
    assert told["may_not_have_arrived"] is True
    assert DOUBT[name] in told["mails"][0]["reply"]
    assert SOPHEA not in told["mails"][0]["reply"]
    assert told["mails"][0]["todo"].startswith("Ask in another way")
    assert suppressed() == []
    assert server.flags() == [{"\\Seen"}]
    assert alerts() == ["unreached"]


@pytest.mark.parametrize("name", GONE)
def test_an_address_that_is_gone_gets_no_mail_any_more(server: Mailserver, name: str) -> None:
    comes_back(server, message(name))

    told, counts = partner(), status()["counts"]
    assert (counts["may_not_have_arrived"], counts["unreached"], told["unreached"]) == (0, 1, "bounced")
    assert GONE[name] in told["mails"][0]["reply"]
    assert told["mails"][0]["meaning"] in {"the mailbox does not exist", told["mails"][0]["reply"][11:]}
    assert suppressed() == [(tokens.fingerprint(SOPHEA), "bounce")]
    assert server.flags() == [{"\\Seen"}]
    assert alerts() == ["unreached"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", GONE)
def test_of_another_recipient_it_suppresses_nobody(server: Mailserver, name: str) -> None:
    comes_back(server, message(name, recipient="somebody.else@org.example"))

    assert (partner()["may_not_have_arrived"], suppressed()) == (True, [])


@pytest.mark.parametrize("name", DELAYED)
def test_a_delay_is_shown_until_it_is_known_what_became_of_it(server: Mailserver, name: str) -> None:
    comes_back(server, message(name))

    told = partner()
    assert (told["may_not_have_arrived"], told["unreached"]) == (False, None)
    assert told["mails"][0]["delayed"] is not None
    assert told["mails"][0]["meaning"].startswith("it is delayed")
    assert DELAYED[name] in told["mails"][0]["reply"]
    assert alerts() == []

    comes_back(server, message("delivered"))
    assert partner()["mails"][0]["delayed"] is None
    comes_back(server, message(name), message("over-quota"))
    assert (partner()["mails"][0]["delayed"], partner()["may_not_have_arrived"]) == (None, True)


@pytest.mark.parametrize("name", NO_FAILURE)
def test_what_was_passed_on_is_no_failure(server: Mailserver, name: str) -> None:
    comes_back(server, message(name))

    assert sent.nothing_happened()
    assert (partner()["may_not_have_arrived"], server.flags()) == (False, [{"\\Seen"}])


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_stands_beside_its_partner_and_acts_on_nothing(
    server: Mailserver, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    kind, words = ANSWERS[name]
    comes_back(server, message(name), message(name))

    (answer,) = partner()["responses"]
    assert (answer["mail"], answer["kind"], answer["words"]) == ("invitation", kind, words)
    assert (partner()["may_not_have_arrived"], partner()["unreached"], suppressed()) == (False, None, [])
    assert server.flags() == [{"\\Seen"}, {"\\Seen"}]
    assert alerts() == ([] if kind == "read" else ["mail_answered"])
    assert words[:12] not in caplog.text + repr(sent.audit_log())


def test_what_a_person_writes_above_an_attached_report_is_told_beside_it(server: Mailserver) -> None:
    comes_back(server, message("person-attaches-a-report"))

    (answer,) = partner()["responses"]
    assert (answer["kind"], answer["words"][:19]) == ("person", "Sophea left in May.")
    assert (partner()["may_not_have_arrived"], suppressed()) == (True, [])
    assert sorted(alerts()) == ["mail_answered", "unreached"]


def test_a_report_with_a_token_that_is_none_stays_unread(server: Mailserver) -> None:
    comes_back(server, message("guessed-token"))
    assert sent.nothing_happened()
    assert server.flags() == [set()]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["<>", "< >", "<MAILER-DAEMON>", "<MAILER-DAEMON@letters.example>"])
def test_what_comes_from_no_sender_was_written_by_a_machine(server: Mailserver, path: str) -> None:
    comes_back(server, message("away-without-a-mark").replace(f"<{SOPHEA}>".encode(), path.encode(), 1))
    assert [one["kind"] for one in partner()["responses"]] == ["automatic"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_status_alone_is_told_in_words(server: Mailserver) -> None:
    text = message("over-quota").replace(b"Diagnostic-Code: smtp; 552 5.2.2 mailbox full", b"X-Other: 1")
    comes_back(server, text)
    assert partner()["mails"][0]["meaning"] == "it may not have arrived: the mailbox is full"


def test_an_answer_is_encrypted_and_erased_with_its_partner(server: Mailserver) -> None:
    comes_back(server, message("left-the-organization"))
    with db.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT words FROM mail_response").scalar_one()
        assert b"new.director" not in bytes(kept)
        partner_id = session.scalars(select(Partner.id).order_by(Partner.id)).first()
    with db.transaction() as session:
        erase_partner(session, partner_id or 0)

    with db.reading() as session:
        assert session.scalars(select(MailResponse)).all() == []
    server.deliver(message("challenge"))
    assert bounce.collect_into_database().reports == 0, "what comes later is for people"
    assert server.flags()[-1] == set()


LETTERS = [
    *("letter-too-large", "letter-refused-by-policy", "letter-full", "qmail", "gmx-german", "barracuda"),
    *("exchange-german-as-text", "full-in-spanish", "null-sender-by-name", "held-by-a-gateway", "empty"),
]


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_that_came_back_is_told_and_waits_for_a_person_whatever_the_code(
    server: Mailserver, name: str
) -> None:
    letter = mail_of_kind("letter")
    with db.transaction() as session:
        session.execute(update(Campaign).values(closed_at=db.clock(session), dispatched_at=db.clock(session)))
    server.deliver(message(name, letter, "office@un.example"))
    assert bounce.collect_into_database().letters_of == {row(letter).campaign_id}

    with db.transaction() as session:
        dispatch_seal(session, row(letter).campaign_id)
        (returned,) = session.scalars(select(Mail).where(Mail.kind == "returned"))
        says(mails.word_mail(session, returned), "The report says")
    told = status()
    assert told["addressees"][0]["state"] == "returned"
    assert "bring it to" in told["addressees"][0]["to_do"]
    assert DOUBT[name] in told["letters"][0]["reply"]
    assert suppressed() == []


def test_what_the_addressee_s_office_answers_stands_beside_the_letter(server: Mailserver) -> None:
    letter = mail_of_kind("letter")
    comes_back(server, message("challenge", letter))

    assert [one["kind"] for one in status()["letters"][0]["responses"]] == ["automatic"]
    shown = CliRunner().invoke(app, ["status", "rivers"]).stdout
    assert "an automatic reply says: “To deliver your message, click <link> once.”" in shown
    assert "if the letter did not arrive, print it and bring it" in " ".join(shown.split())
    assert alerts() == ["mail_answered"]
    with db.reading() as session:
        campaign = session.get_one(Campaign, row(letter).campaign_id)
        assert [one.state for one in served(campaign, [row(letter)])] == ["sent"]


def test_what_the_organizers_mailbox_answers_is_no_news_to_them(server: Mailserver) -> None:
    """An automatic reply to a notice would else bring the next notice, for ever."""
    comes_back(server, message("left-the-organization", mail_of_kind("closed")))

    assert server.flags() == [set()]
    assert alerts() == []


def test_a_mail_that_is_not_there_leaves_its_report_unread(server: Mailserver) -> None:
    comes_back(server, message("over-quota", 10**6))
    assert server.flags() == [set()]


def test_more_answers_than_are_kept_stay_unread(server: Mailserver) -> None:
    texts = [message("challenge").replace(b"once.", b"%d times." % n) for n in range(bounce.MAX_RESPONSES + 2)]
    comes_back(server, *texts)

    assert len(partner()["responses"]) == bounce.MAX_RESPONSES
    assert sorted(map(len, server.flags())) == [0, 0, *[1] * bounce.MAX_RESPONSES]


def test_a_corrected_address_is_in_no_doubt(server: Mailserver) -> None:
    comes_back(server, message("over-quota"))
    with db.transaction() as session:
        session.execute(update(Partner).values(generation=2))
    assert (partner()["may_not_have_arrived"], status()["counts"]["may_not_have_arrived"]) == (False, 0)


def test_what_was_answered_to_the_letter_waits_until_a_person_says_that_it_arrived(server: Mailserver) -> None:
    letter = mail_of_kind("letter")
    with db.transaction() as session:
        session.execute(update(Campaign).values(closed_at=db.now(), dispatched_at=db.now()))
    look, note = ["status", "rivers"], ["dispatch", "rivers", "--by-hand", "--yes"]
    assert CliRunner().invoke(app, look).exit_code == 0
    comes_back(server, message("challenge", letter))

    shown = CliRunner().invoke(app, look)
    assert shown.exit_code == 4
    assert "Once the addressee has it: undersigned dispatch rivers --by-hand --addressee Ada" in " ".join(
        shown.output.split()
    )
    assert "It is recorded that Ada has the letter" in CliRunner().invoke(app, note[:-1]).output
    assert status()["letters"][0]["responses"] != []
    assert CliRunner().invoke(app, note).exit_code == 0

    assert status()["letters"][0]["responses"] == []
    assert CliRunner().invoke(app, look).exit_code == 0
    assert "recorded already" in CliRunner().invoke(app, note).output
    with db.reading() as session:
        campaign = session.get_one(Campaign, row(letter).campaign_id)
        assert [one.state for one in served(campaign, [row(letter)])] == ["sent"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_receipt_of_the_letter_asks_nothing_of_anybody(server: Mailserver) -> None:
    with db.transaction() as session:
        session.add(MailResponse(mail_id=mail_of_kind("letter"), kind="read", words="", at=db.clock(session)))
    assert status()["letters"][0]["to_do"] is False


def test_a_delay_of_the_letter_is_told_once(server: Mailserver) -> None:
    letter = mail_of_kind("letter")
    campaign_id = row(letter).campaign_id
    with db.transaction() as session:
        session.execute(update(Campaign).values(closed_at=db.now(), dispatched_at=db.now()))
    for _ in range(2):
        server.deliver(message("delayed", letter, "rapporteur@office.example"))
        assert bounce.collect_into_database().letters_of <= {campaign_id}
        with db.transaction() as session:
            dispatch_seal(session, campaign_id)

    with db.reading() as session:
        told = session.scalars(select(Mail).where(Mail.kind == "delayed")).one()
        said = mails.word_mail(session, told)
    assert "To Ada." in said.text
    assert "Connection timed out" in said.text


def test_words_of_an_answer_lose_what_nobody_sees_and_are_short(server: Mailserver) -> None:
    text = "\u202eI\u200b am away\x07 " + "for long " * 100
    comes_back(server, message("challenge").replace(b"To deliver", text.encode() + b" To deliver"))
    (answer,) = partner()["responses"]
    assert answer["words"].startswith("I am away for long")
    assert len(answer["words"]) <= 300
    assert answer["words"].isprintable()


def hostile() -> dict[str, bytes]:
    head, _, _ = message("over-quota").partition(b"Content-Type")
    many = b"--B\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return {
        "10 MB": message("over-quota").replace(b"no\r\n", b"x" * 10_000_000, 1),
        "10,000 parts": head + b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n' + many * 10_000,
        "deep": head
        + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(4000)),
        "styles that do not end": head + b"Content-Type: text/html\r\n\r\n" + b"<style <" * 30_000,
        "messages in messages": head + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    }


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["10 MB", "10,000 parts"])
def test_what_is_made_to_hurt_is_seen_and_takes_little_time(server: Mailserver, name: str) -> None:
    server.deliver(hostile()[name])
    begun = time.process_time()
    bounce.collect_into_database()
    assert time.process_time() - begun < 5
    assert partner()["may_not_have_arrived"] is True
    assert server.flags() == [{"\\Seen"}]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_no_mailbox_of_ours_would_take_takes_little_time_too(campaign: None) -> None:
    for name, one in hostile().items():
        begun = time.process_time()
        found = bounce_reports.parse_report(one)
        assert time.process_time() - begun < 3, name
        assert found is not None, name
        assert found.kind in {"unclear", "soft"}, name


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_same_address_can_be_tried_anew_where_a_mail_may_not_have_arrived(server: Mailserver) -> None:
    comes_back(server, message("over-quota"))
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.kind == "invitation").values(due_at=None))
        partner_id = session.scalars(select(Partner.id).order_by(Partner.id)).first()
        assert change_address(session, partner_id or 0, SOPHEA).goes == ["invitation"]
    assert partner()["may_not_have_arrived"] is False


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_to_the_organizers_that_came_back_is_told_by_the_status(server: Mailserver) -> None:
    assert status()["others_returned"] == 0
    comes_back(server, message("over-quota", mail_of_kind("closed"), "secretariat@rivers.example"))
    assert (status()["others_returned"], alerts()) == (1, [])
