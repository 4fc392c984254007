"""What a report that was believed changes in the rows, and all that it does not."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests import delivery_reports as reports
from tests.conftest import Clock
from tests.sent_invitations import (
    DARA,
    SOPHEA,
    audit_log,
    invitation,
    launch_and_send,
    mail_of_kind,
    nothing_happened,
    partner_of,
    row,
    suppressed,
)
from worker import db, settings, tokens
from worker.acts import bounce
from worker.acts.bounce import apply_report
from worker.mail import bounce_reports, claims
from worker.models import Mail, Partner
from worker.state import mail_status
from worker.wording import mail_status as mail_words

NO_SUCH_USER = "smtp; 550 5.1.1 No such user: sophea.chan"


@pytest.fixture(autouse=True)
def two_partners_were_asked(database: str) -> None:
    settings.set_for_this_process(bounces_to="bounces@letters.example")
    launch_and_send()


def test_a_hard_bounce_marks_mail_and_partner_and_suppresses_the_address() -> None:
    assert returned(invitation(), "Postfix, no such user", SOPHEA)

    mail, partner = row(invitation()), partner_of(SOPHEA)
    assert mail.bounced_at is not None
    assert mail.reply is not None
    assert mail.reply.startswith("came back: 550 5.1.1 <address>: Recipient address rejected")
    assert partner.bounced_at is not None
    assert suppressed() == [(tokens.fingerprint(SOPHEA), "bounce")]
    assert audit_log() == [("clock", "bounced invitation 5.1.1", partner.id)]
    assert partner_of(DARA).bounced_at is None
    assert row(invitation(DARA)).bounced_at is None


def test_the_database_s_clock_says_when(clock: Clock) -> None:
    moment = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
    clock.set(moment)
    returned(invitation(), "Postfix, no such user", SOPHEA)
    for at in (row(invitation()).bounced_at, partner_of(SOPHEA).bounced_at):
        assert at is not None
        assert timedelta(0) <= at - moment < timedelta(minutes=1)


def test_applied_twice_is_as_once() -> None:
    returned(invitation(), "Postfix, no such user", SOPHEA)
    before = (row(invitation()).bounced_at, row(invitation()).reply, audit_log(), suppressed())

    assert not returned(invitation(), "Postfix, no such user", SOPHEA)
    assert not returned(invitation(), "Exchange, full", SOPHEA)

    assert (row(invitation()).bounced_at, row(invitation()).reply, audit_log(), suppressed()) == before


@pytest.mark.parametrize("name", ["Postfix, full", "Postfix, spam", "Postfix, five days", "qmail"])
def test_a_soft_bounce_is_shown_once_and_suppresses_nobody(name: str) -> None:
    assert returned(invitation(), name, SOPHEA)
    assert not returned(invitation(), "Exchange, full", SOPHEA)

    mail = row(invitation())
    assert mail.bounced_at is None
    assert (mail.reply or "").startswith("came back: ")
    assert "sophea" not in (mail.reply or "")
    assert partner_of(SOPHEA).bounced_at is None
    assert suppressed() == []
    assert len(audit_log()) == 1
    assert audit_log()[0][1].startswith("reported invitation")


def test_what_was_reported_of_an_earlier_copy_is_past_once_the_relay_took_another() -> None:
    with db.transaction() as session:
        doubt = {"uncertain_at": db.clock(session), "sent_at": None, "lease_holder": "one"}
        session.execute(update(Mail).where(Mail.id == invitation()).values(doubt))
    assert returned(invitation(), "Postfix, full", SOPHEA)
    with db.transaction() as session:
        claims.mark_sent(session, "one", [(invitation(), "250 2.0.0 queued", "hash")], db.clock(session))

    assert mail_words.reason_words(mail_status.reason_of(row(invitation()))) == "the relay took it"
    assert returned(invitation(), "Postfix, full", SOPHEA), "of the second copy"
    assert str(mail_words.reason_words(mail_status.reason_of(row(invitation())))).startswith("it may not have arrived")


def test_a_hard_bounce_counts_after_a_soft_one() -> None:
    returned(invitation(), "Postfix, full", SOPHEA)
    assert returned(invitation(), "Postfix, no such user", SOPHEA)
    assert partner_of(SOPHEA).bounced_at is not None


@pytest.mark.parametrize("name", ["Postfix, delivered", "Postfix, relayed", "Postfix, expanded"])
def test_what_is_no_bounce_changes_nothing(name: str) -> None:
    assert not returned(invitation(), name, SOPHEA)
    assert nothing_happened()


def test_a_report_about_somebody_to_whom_it_was_passed_on_suppresses_nobody() -> None:
    assert returned(invitation(), "Postfix, no such user", "former.colleague@elsewhere.example")

    assert row(invitation()).bounced_at is None
    assert partner_of(SOPHEA).bounced_at is None
    assert suppressed() == []
    assert audit_log()[0][1].startswith("reported invitation")


def test_a_hard_report_that_names_no_recipient_suppresses_nobody() -> None:
    with db.transaction() as session:
        assert bounce.apply_report(session, bounce_reports.Bounce(invitation(), "hard", "5.1.1", "550 5.1.1 gone"))
    assert suppressed() == []


def test_an_address_that_was_corrected_since_stays() -> None:
    with db.transaction() as session:
        partner = session.scalars(select(Partner).order_by(Partner.id)).first()
        assert partner is not None
        partner.generation += 1
    assert returned(invitation(), "Postfix, no such user", SOPHEA)

    assert row(invitation()).bounced_at is not None
    assert partner_of(SOPHEA).bounced_at is None
    assert suppressed() == []
    assert len(audit_log()) == 1


def test_a_domain_in_another_script_is_the_same_address() -> None:
    with db.transaction() as session:
        partner = session.scalars(select(Partner).order_by(Partner.id)).first()
        assert partner is not None
        partner.email, partner.email_hmac = "sophea@rivière.example", tokens.fingerprint("sophea@rivière.example")
    assert returned(invitation(), "Postfix, no such user", "Sophea@xn--rivire-6ua.example")
    assert suppressed() == [(tokens.fingerprint("sophea@rivière.example"), "bounce")]


def test_an_address_in_two_campaigns_is_suppressed_once() -> None:
    launch_and_send(slug="lakes")
    with db.reading() as session:
        both = session.scalars(
            select(Mail.id).join(Partner).where(Partner.email_hmac == tokens.fingerprint(SOPHEA))
        ).all()
    assert len(both) == 2
    for mail_id in both:
        assert returned(mail_id, "Postfix, no such user", SOPHEA)
    assert len(suppressed()) == 1


def test_the_letter_is_marked_and_nobody_is_suppressed() -> None:
    letter = mail_of_kind("letter")
    mail = returned(letter, "Exchange, not found", "rapporteur@office.example")

    assert mail is not None
    assert (mail.kind, mail.id, mail.campaign_id) == ("letter", letter, row(letter).campaign_id)
    assert row(letter).bounced_at is not None
    assert row(letter).sent_at is not None
    assert suppressed() == []
    assert audit_log() == [("clock", "bounced letter 5.1.10", None)]


def test_the_organizers_are_never_suppressed() -> None:
    assert returned(mail_of_kind("closed"), "Postfix, no such user", "secretariat@rivers.example")
    assert row(mail_of_kind("closed")).bounced_at is not None
    assert suppressed() == []


def test_a_mail_that_is_not_there_is_nothing() -> None:
    assert not returned(10**6, "Postfix, no such user", SOPHEA)
    assert nothing_happened()


def test_no_second_copy_goes_after_a_bounce() -> None:
    with db.transaction() as session:
        now = db.clock(session)
        session.execute(update(Mail).where(Mail.id == invitation()).values(sent_at=None, uncertain_at=now, due_at=now))
    returned(invitation(), "Postfix, no such user", SOPHEA)
    assert row(invitation()).due_at is None


def test_a_recipient_s_name_is_masked_though_the_report_does_not_tell_it() -> None:
    bounce = bounce_reports.Bounce(invitation(), "soft", None, "550 the account Sophea.Chan is closed")
    with db.transaction() as session:
        apply_report(session, bounce)
    assert row(invitation()).reply == "came back: 550 the account <address> is closed"


def returned(mail_id: int, name: str, recipient: str) -> Mail | None:
    """Read and apply one report about this mail."""
    bounce = bounce_reports.parse_report(reports.report(name, tokens.envid(mail_id), recipient))
    assert bounce is not None
    with db.transaction() as session:
        return apply_report(session, bounce)
