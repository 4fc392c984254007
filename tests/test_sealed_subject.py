"""The subject under which the letter travels is the one that was sealed, whatever Markdown its first line holds."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import select

from tests import cast
from worker import db
from worker.acts import answer, close, dispatch
from worker.acts.answer import Statement
from worker.models import Campaign, Mail, Seal
from worker.wording.mails import word_mail
from worker.wording.sheet import fill, hash_of

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SUBJECTS = {
    "# The *dam* must wait &amp; stop": "The dam must wait & stop",
    "# **Stop** the [dam](https://dam.example)": "Stop the dam: https://dam.example",
    "#   Clean \\# rivers  #": "Clean # rivers",
    "# {{ count }} of us ask you": "2 of us ask you",
}


def sealed_subject(campaign: Campaign) -> str:
    """What stands underlined in the sealed text of the addressee's rendition."""
    with db.reading() as session:
        sealed = select(Seal.content).where(Seal.campaign_id == campaign.id, Seal.format == "text")
        text = session.scalars(sealed.where(Seal.rendition == "addressee", Seal.language == "en")).one().decode()
    lines = text.split("\r\n")
    underline = next(number for number, line in enumerate(lines) if line and set(line) == {"="})
    first = max(number for number in range(underline) if not lines[number]) + 1
    return " ".join(lines[first:underline])


@on_sqlite
@pytest.mark.parametrize("first_line", SUBJECTS)
def test_the_letters_mail_has_the_sealed_subject(first_line: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, quorum=1, review=0)
        campaign.letter.texts = {"en": f"{first_line}\n\nWe ask.\n\nRespectfully,\n"}
        for partner, visibility in zip(campaign.partners, ("public", "addressee"), strict=True):
            cast.signs(session, partner, visibility)  # type: ignore[arg-type]
        cast.passes_its_deadline(session, campaign, closed=False)
    close.close_and_seal(campaign.id)
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign.id) == 1
    with db.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "letter")).one()
        subject = word_mail(session, mail).subject

    assert subject == SUBJECTS[first_line] == sealed_subject(campaign)


@on_sqlite
def test_a_withdrawal_after_the_seal_does_not_change_the_number_in_its_subject(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Third",), quorum=1, review=0)
        campaign.letter.texts = {"en": "# {{ count }} of us ask you\n\nWe ask.\n"}
        for partner in campaign.partners:
            cast.signs(session, partner)
        first = campaign.partners[0].id
        cast.passes_its_deadline(session, campaign, closed=False)
    close.close_and_seal(campaign.id)
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign.id)
        letter = session.scalars(select(Mail).where(Mail.kind == "letter")).one()
        letter.in_data_at = db.clock(session)
    with db.transaction() as session:
        answer.withdraw(session, first, Statement())
    with db.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "letter")).one()
        assert word_mail(session, mail).subject == "3 of us ask you"


@on_sqlite
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Co")), min_size=1, max_size=60))
@hypothesis(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_mail_that_names_the_letter_names_it_as_it_will_be_sealed(database: str, line: str) -> None:
    text = f"# {line}\n\nWe ask.\n"
    subject, _ = fill(text, "…")
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.letter.texts, campaign.letter.hash = {"en": text}, hash_of({"en": text})
        mail = Mail(kind="invitation", language="en", partner=campaign.partners[0], campaign=campaign)
        said = word_mail(session, mail).text
        session.rollback()

    assert f"“{_without_spaces(subject)}”" in _without_spaces(said)


def _without_spaces(text: str) -> str:
    """A mail's lines break at spaces, of which several are one."""
    return "".join(text.split())
