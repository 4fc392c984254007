"""Each choice is declared once: whoever offers, records, counts or tells it has words of its own for it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from worker import db, tokens
from worker.acts import amend_letter, answer
from worker.acts.answer import AnswerInput, Statement
from worker.choices import CHOICES, AnswerChoice
from worker.cli.status_view.partners import _answer
from worker.cli.status_view.top import summary
from worker.definition.campaign import read_definition
from worker.mail import outbox
from worker.mail.kinds import KINDS
from worker.models import Answer, Mail, Partner
from worker.state.answers import standing_answer
from worker.state.counts import Counts
from worker.state.status import load_status
from worker.text.languages import LANGUAGES
from worker.wording import mails, templates

pytestmark = [pytest.mark.parametrize("database", ["sqlite"], indirect=True), pytest.mark.usefixtures("database")]
EXAMPLE = Path(__file__).resolve().parent.parent / "campaigns" / "cambodia-2023"
SAID = Statement(representative="Sophea", role="Secretary", reason="Too short", passage="The dam")


def gives(session: Session, partner: Partner, choice: AnswerChoice) -> Answer:
    """A partner answers so; who must have signed before has."""
    if choice.offered_to == "signatories":
        cast.signs(session, partner)
    given = AnswerInput(partner.id, choice.name, "public" if choice.signs else None, SAID)
    (recorded,) = answer.record_answers(session, [given])
    assert isinstance(recorded, Answer), recorded
    return cast.standing(session, partner.id)


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_each_choice_is_recorded_counted_and_told_to_organizers(choice: AnswerChoice) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        gives(session, partner, choice)
        told = set(session.scalars(select(Mail.kind)))
        status = load_status(session, campaign)

    assert status.counts.answers == {one.counted_as: int(one is choice) for one in CHOICES.values()}
    assert f"1 {choice.counted_as.replace('_', ' ')}" in summary(status.counts)
    row = next(one for one in status.partners if one.organization == "River Watch")
    assert (choice.shown_as or choice.did) in _answer(row)
    assert ({choice.told_by} if choice.told_by else set()) == told & {one.told_by for one in CHOICES.values()}
    assert not choice.told_by or KINDS[choice.told_by].audience == "organizers"


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_another_meaning_of_the_letter_takes_back_what_was_said_of_its_text(choice: AnswerChoice) -> None:
    other_letter = read_definition(EXAMPLE, now=datetime(2023, 3, 1, tzinfo=UTC))
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        gives(session, partner, choice)
        amend_letter.change_letter(session, campaign.id, other_letter, meaning=True)
        stands = standing_answer(session, partner.id) is not None

    assert choice.lapses is (choice.signs or choice.has_passage)
    assert stands is not choice.lapses


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_choice_has_a_receipt_of_its_own_in_every_language(language: str) -> None:
    said = {}
    for choice in CHOICES.values():
        with db.transaction() as session:
            campaign = cast.a_campaign(session, slug=f"dam-{choice.name}")
            partner = campaign.partners[0]
            row = outbox.to_partner(
                *("receipt", campaign, partner, "x", db.clock(session)),
                language=language,
                answer_id=gives(session, partner, choice).id,
            )
            outbox.put(session, [row])
            mail = session.scalars(select(Mail).where(Mail.key == row["key"])).one()
            # Less what differs in every mail: the link and its code.
            own = re.compile(f"{re.escape(str(tokens.link(partner)))}|[0-9]{{3}} [0-9]{{3}}")
            said[choice.name] = own.sub("", mails.word_mail(session, mail).text)
    assert len(set(said.values())) == len(CHOICES), "two choices are told in the same words"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_partners_page_offers_each_choice_and_says_what_stands(
    choice: AnswerChoice, language: str, browser: TestClient
) -> None:
    words = templates.page_words(language).gettext
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
        if choice.offered_to == "signatories":
            cast.signs(session, partner)
    page = f"/s/{tokens.token(partner)}?lang={language}"

    offered = browser.get(page).text
    with db.transaction() as session:
        gives(session, session.get_one(Partner, partner.id), choice)
    told = " ".join(browser.get(page).text.split())

    assert re.search(rf'value="{choice.name}">\s*<span><b>{words(choice.label)}</b>', offered)
    if choice.stands:
        assert f">{words(choice.stands) % {'organization': 'River Watch'}}</h1>" in told
    else:
        assert choice.signs, "only a signature says on the page how it is shown"


def test_a_page_offers_the_choices_in_their_places(browser: TestClient) -> None:
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
    offered = re.findall(r'name="choice" value="(\w+)"', browser.get(f"/s/{tokens.token(partner)}").text)
    assert offered == ["sign", "change", "decline"]


@pytest.mark.parametrize("words", ["label", "stands", "did", "counted_as", "place"])
def test_no_two_choices_look_the_same(words: str) -> None:
    assert len({getattr(choice, words) for choice in CHOICES.values()}) == len(CHOICES)


def test_the_numbers_of_answers_stand_beside_the_others() -> None:
    numbers = Counts(
        *(3, 3, 0, 0, 0, 0, 0, 0, 1),
        answers={one.counted_as: 1 for one in CHOICES.values()},
        silent=0,
    ).as_json()
    assert {"signed", "declined", "withdrawn", "wish_a_change", "named_publicly", "silent", "partners"} <= set(numbers)
    assert all(isinstance(number, int) for number in numbers.values())
