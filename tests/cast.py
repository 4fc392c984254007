"""Who takes part in the tests of pages and mails: one campaign, a few partners, and what has happened to them."""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import answer
from worker.acts.answer import AnswerInput, Statement
from worker.mail import outbox
from worker.models import Addressee, Answer, Base, Campaign, Letter, Mail, Partner, Seal, Visibility
from worker.state.answers import standing_answer

ENGLISH = """# The dam must wait

We, the {{ count }} undersigned, ask you to *wait*.

1. first
2. second

Respectfully,
"""
FRENCH = """# Le barrage doit attendre

Nous, les {{ count }} soussignées, vous demandons d’*attendre*.

Respectueusement,
"""
SOPHEA = Statement(representative="Sophea Chan", role="Secretary General", reason="too short a time")
NAMES_FROM_HELL = ["**x** _y_", "<b>bold</b>", "{{7*7}} {% raw %}", "[a](https://evil.example)", "# h ~~s~~ `c` &amp;"]


def a_campaign(session: Session, slug: str = "dam", partners: tuple[str, ...] = (), **definition: Any) -> Campaign:
    """A campaign whose deadline is in two weeks; River Watch and Eau Vive are asked, and whom else one names."""
    now = db.clock(session)
    campaign = Campaign(
        slug=slug,
        definition=_definition() | definition,
        deadline_at=now + timedelta(days=14),
        deadline_set_at=now,
        launched_at=now,
    )
    addressee = Addressee(
        position=1,
        name="Minister Ada Weir",
        office={"en": "Minister of Water", "fr": "Ministre de l’Eau"},
        salutation={"en": "Dear Minister,", "fr": "Madame la Ministre,"},
        address=["1 Lock Street"],
        email="minister@water.example",
        copy=False,
    )
    campaign.letters = [
        Letter(version=1, meaning=1, texts={"en": ENGLISH, "fr": FRENCH}, hash="0" * 64, addressees=[addressee])
    ]
    campaign.partners = [_partner("River Watch", "RW", "USA", "en"), _partner("Eau Vive", "", "France", "fr")]
    campaign.partners += [_partner(name, "", "", "en") for name in partners]
    session.add(campaign)
    session.flush()
    return campaign


def another(campaign_id: int) -> Partner:
    """One more that is asked, as an organizer's yes to one that asked to sign makes it."""
    partner = _partner("One More", "", "", "en")
    partner.campaign_id = campaign_id
    return partner


def signs(session: Session, partner: Partner, visibility: Visibility = "public", said: Statement = SOPHEA) -> Answer:
    answer.sign(session, partner.id, visibility, said)
    return standing(session, partner.id)


def asks_for_a_change(session: Session, partner_id: int, said: Statement) -> Answer:
    (answered,) = answer.record_answers(session, [AnswerInput(partner_id, "change", None, said)])
    assert isinstance(answered, Answer)
    return standing(session, partner_id)


def standing(session: Session, partner_id: int) -> Answer:
    """The answer that stands, as it was written."""
    found = standing_answer(session, partner_id)
    assert found is not None
    return found


def passes_its_deadline(session: Session, campaign: Campaign, *, closed: bool = True) -> datetime:
    now = db.clock(session)
    campaign.deadline_at = now - timedelta(hours=1)
    campaign.closed_at = now if closed else None
    session.flush()
    return now


def the_letter_leaves(session: Session, campaign: Campaign, *, accepted: bool = True) -> Mail:
    """The addressee's server has the letter, or at least its first bytes."""
    now = passes_its_deadline(session, campaign)
    outbox.put(session, [outbox.to_addressee(campaign, campaign.letter.addressees[0], 1, 1, now)])
    letter = session.scalars(select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter")).one()
    letter.in_data_at = now
    if accepted:
        letter.sent_at, letter.due_at, letter.reply = now, None, "250 2.0.0 accepted <ok> **really**"
        campaign.dispatched_at = now
    session.flush()
    return letter


def is_sealed(session: Session, campaign: Campaign, number: int = 1) -> None:
    """A seal of which only the fact counts here, not the content."""
    now = db.clock(session)
    for rendition in ("public", "addressee"):
        for language in ("en", "fr"):
            for format in ("text", "html", "pdf"):
                content = f"{rendition} {language} {format}".encode()
                session.add(
                    Seal(
                        campaign_id=campaign.id,
                        number=number,
                        rendition=rendition,
                        language=language,
                        format=format,
                        content=content,
                        sha256=hashlib.sha256(content).hexdigest(),
                        sealed_at=now,
                    )
                )
    session.flush()


def is_revoked_before_the_act(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, list[Any]]]:
    """The link dies after a page has looked it up, before its act begins; the list gets all rows as they are then."""
    transaction, rows = db.transaction, list[dict[str, list[Any]]]()

    def just_after_the_correction() -> AbstractContextManager[Session]:
        if not rows:
            with transaction() as session:
                session.get_one(Partner, partner.id).generation += 1
            with db.reading() as session:
                rows.append(everything(session))
        return transaction()

    monkeypatch.setattr(db, "transaction", just_after_the_correction)
    return rows


def everything(session: Session, *, but: str = "") -> dict[str, list[Any]]:
    """All rows of all tables, to see whether anything changed; `but` one column."""
    return {table.name: list(_rows(session, table, but)) for table in Base.metadata.sorted_tables}


def _rows(session: Session, table: Any, but: str) -> Iterator[tuple[Any, ...]]:
    columns = [column for column in table.c if column.name != but]
    for row in session.execute(select(*columns).order_by(table.c.id)):
        yield tuple(row)


def _definition() -> dict[str, Any]:
    return {
        "title": "The dam at Upper Falls",
        "authentic": "en",
        "zone": "Europe/Zurich",
        "reply_to": "people@rivers.example",
        "from_name": "Joint letters",
        "sender": {"name": "Rivers Secretariat", "lines": ["on behalf of the undersigned"]},
        "quorum": 5,
        "visibility": ["public", "addressee", "counted"],
        "reminders": [],
        "review": 7200,
        "keep_contacts": 180 * 24 * 3600,
    }


def _partner(organization: str, acronym: str, country: str, language: str) -> Partner:
    email = f"box{len(organization)}@partner.example"
    return Partner(
        ref=tokens.new_ref(),
        generation=1,
        organization=organization,
        acronym=acronym,
        country=country,
        language=language,
        contact="Ms Lopez",
        email=email,
        email_hmac=tokens.fingerprint(email),
        note="",
    )
