"""What comes back of a mail to a person who adds its voice: its address gets no more, and nobody is told of each."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import cast, persons
from worker import db, settings, tokens
from worker.acts import alert_unreached, bounce
from worker.mail import claims
from worker.mail.bounce_reports import Bounce, BounceKind
from worker.mail.responses import Response
from worker.models import AuditEvent, Campaign, Mail, MailResponse, Member, ResponseKind, Suppression
from worker.state.overview import load_overviews
from worker.state.status import count_unreached


@pytest.fixture(autouse=True)
def one_was_mailed(database: str) -> None:
    settings.set_for_this_process(bounces_to="bounces@letters.example")
    with db.transaction() as session:
        campaign = cast.a_campaign(session, members="named", public_page="from launch")
        persons.is_mailed(session, persons.adds_voice(session, campaign, confirmed_at=None))


def comes_back(kind: BounceKind, *, about: str = persons.ADDRESSES[0], response: ResponseKind | None = None) -> bool:
    """Whether the message was ours and is marked as read, as when it lies in the mailbox."""
    said = Response(response, "leave me alone") if response else None
    with db.transaction() as session:
        mail = to_member(session)
        report = Bounce(mail.id, kind, "5.1.1", f"no such user {about}", frozenset({tokens.fingerprint(about)}), said)
        if not bounce._can_be_told(session, report):
            return False
        bounce.apply_report(session, report)
        return True


def to_member(session: Session) -> Mail:
    return session.scalars(select(Mail).where(Mail.member_id.is_not(None))).one()


def suppressed() -> set[bytes]:
    with db.reading() as session:
        return {bytes(one) for one in session.scalars(select(Suppression.email_hmac))}


def what_organizers_learn() -> tuple[int, int, int, object]:
    """Lines of the audit log, notes of answers, mails, and who is not reached."""
    with db.transaction() as session:
        alert_unreached.alert_organizers(session)
    with db.reading() as session:
        counted = [session.scalar(select(func.count()).select_from(of)) or 0 for of in (AuditEvent, MailResponse, Mail)]
        return *counted, count_unreached(session, session.scalars(select(Campaign)).one())  # type: ignore[return-value]


def test_an_address_that_is_gone_gets_no_more_mail_and_organizers_are_not_told() -> None:
    before = what_organizers_learn()
    for _ in range(2):
        assert comes_back("hard")
    assert suppressed() == {tokens.fingerprint(persons.ADDRESSES[0])}
    assert what_organizers_learn() == before
    with db.transaction() as session:
        mail = to_member(session)
        assert mail.bounced_at is not None
        assert persons.ADDRESSES[0] not in (mail.reply or "")
        assert claims.suppressed(session, [mail.id]) == {mail.id}
        [campaign] = load_overviews(session)
        assert campaign.others_returned == 0, "it is no mail of the organizers'"


@pytest.mark.parametrize(
    ("kind", "about"), [("soft", persons.ADDRESSES[0]), ("hard", "other@home.example"), ("delayed", "")]
)
def test_what_is_no_lasting_failure_of_the_address_suppresses_nobody(kind: BounceKind, about: str) -> None:
    before = what_organizers_learn()
    assert comes_back(kind, about=about)
    assert suppressed() == set()
    assert what_organizers_learn() == before


def test_a_link_that_was_revoked_since_says_nothing_of_the_address_of_today() -> None:
    with db.transaction() as session:
        session.scalars(select(Member)).one().generation = 2
    assert comes_back("hard")
    assert suppressed() == set()


def test_who_calls_it_spam_gets_no_more_mail() -> None:
    before = what_organizers_learn()
    assert comes_back("response", response="complaint")
    assert suppressed() == {tokens.fingerprint(persons.ADDRESSES[0])}
    assert what_organizers_learn() == before


def test_what_machines_answer_is_read_and_dropped_and_what_a_person_writes_is_left_for_people() -> None:
    before = what_organizers_learn()
    assert comes_back("response", response="automatic")
    assert not comes_back("response", response="person")
    assert suppressed() == set()
    assert what_organizers_learn() == before
