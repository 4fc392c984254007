"""Everything about one partner: what `status`, `contacts` and `mails` say of it, and the words of its mails."""

from datetime import datetime

import pytest
from sqlalchemy import select, update

from tests import cast
from tests.sql import statements
from worker import db, tokens
from worker.acts import answer, contacts, erase, receipts
from worker.acts.answer import AnswerInput, Statement
from worker.mail import outbox
from worker.mail.mime import NothingToSay
from worker.models import Campaign, Mail, MailResponse, Partner
from worker.state.links import Link
from worker.state.partner_card import PartnerCard, load_partner_card
from worker.state.status import load_status
from worker.wording.mail_again import word_again

pytestmark = pytest.mark.usefixtures("database")


def a_partner(others: int = 0, slug: str = "dam") -> int:
    """It declined, then signed by a further contact's link; its invitation came back, and somebody wrote."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug, partners=tuple(f"No {n}" for n in range(others)))
        partner, now = campaign.partners[0], db.clock(session)
        partner.note = "met in Geneva"
        outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])
        answer.decline(session, partner.id, Statement(reason="too short a time"))
        chair = contacts.add_contact(session, partner.id, f"chair@{slug}.example", language="fr", name="Ada")
        by_its_link = AnswerInput(partner.id, "sign", "counted", cast.SOPHEA, Link(chair.generation, chair.id))
        answer.record_answers(session, [by_its_link])
        for one in campaign.partners[1:]:
            answer.decline(session, one.id, Statement(reason="no"))
        receipts.put_receipts(session, campaign.id)
        its = Mail.partner_id == partner.id, Mail.kind == "invitation"
        session.execute(update(Mail).where(*its).values(sent_at=now, bounced_at=now, due_at=None, reply="550 5.1.1"))
        mail = session.scalars(select(Mail).where(*its)).one()
        session.add(MailResponse(mail_id=mail.id, kind="person", words="I have left", at=now))
        return partner.id


def card(partner_id: int) -> PartnerCard:
    with db.reading() as session:
        return load_partner_card(session, session.get_one(Partner, partner_id), db.clock(session))


def test_a_card_says_what_status_says_and_who_it_is() -> None:
    partner_id = a_partner()
    found = card(partner_id)

    assert (found.contact, found.email, found.note) == ("Ms Lopez", "box11@partner.example", "met in Geneva")
    said = [(one.choice, one.visibility, one.through, one.superseded is None, one.reason) for one in found.answers]
    why = "too short a time"
    assert said == [("sign", "counted", 1, True, why), ("decline", None, None, False, why)]
    latest = found.answers[0]
    assert (latest.representative, latest.role) == (cast.SOPHEA.representative, cast.SOPHEA.role)
    assert (latest.version, latest.channel, latest.disowned) == (1, "link", False)
    (chair,) = found.contacts
    assert (chair.name, chair.email, chair.status.language) == ("Ada", "chair@dam.example", "fr")
    told = [(one.number, one.kind, one.contact, one.state) for one in found.mails]
    assert told[0] == (1, "invitation", None, "bounced")
    assert {(kind, contact) for _, kind, contact, _ in told} >= {("passed_on", 1), ("receipt", None), ("receipt", 1)}
    assert found.mails[0].reason is not None
    assert found.mails[0].reason.code == "returned"
    assert [one.words for one in found.status.responses] == ["I have left"]
    with db.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        (among,) = (one for one in load_status(session, campaign).partners if one.number == partner_id)
    assert _bare(found) == [value for name, value in vars(among).items() if name not in {"responses"}]


def _bare(found: PartnerCard) -> list[object]:
    return [value for name, value in vars(found.status).items() if name not in {"responses"}]


def test_a_mail_is_read_in_its_words_without_what_could_answer() -> None:
    partner_id = a_partner()
    with db.reading() as session:
        mails = {one.kind: session.get_one(Mail, one.mail_id) for one in card(partner_id).mails if one.contact is None}
        partner = session.get_one(Partner, partner_id)
        said = word_again(session, mails["receipt"])
        assert said.as_sent is None
        assert "[link]" in said.text
        assert tokens.link(partner) not in said.text
        assert tokens.printed_code(partner) not in said.text
        assert "We recorded this answer on" in said.text
    with db.transaction() as session:
        answer.withdraw(session, partner_id, Statement())
        erase.erase_partner(session, partner_id)
    with db.reading() as session, pytest.raises(NothingToSay):
        word_again(session, session.get_one(Mail, mails["receipt"].id))
    gone = card(partner_id)
    assert (gone.contact, gone.email, gone.note) == ("", "", "")
    assert [(one.name, one.email) for one in gone.contacts] == [("", "")]
    assert {(one.representative, one.reason, one.passage) for one in gone.answers} == {("", "", "")}
    assert isinstance(gone.status.erased, datetime)


def test_a_card_reads_nothing_of_others() -> None:
    counted = {}
    for others in (0, 300):
        partner_id = a_partner(others, f"dam-{others}")
        with statements() as seen:
            found = card(partner_id)
        counted[others] = len(seen)
        assert len(found.mails) < 8
    assert counted[0] == counted[300] <= 22
