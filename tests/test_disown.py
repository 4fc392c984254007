"""“This was not us”: an answer that somebody else gave is undone, and so is the link that went astray."""

import html
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.mails import put
from worker import db, tokens
from worker.acts import answer, close, contacts, correct_listing, disown, invite, pass_on, receipts, unsubscribe
from worker.acts.correct_listing import Listing
from worker.acts.third_party_limits import Person
from worker.cli.status_json import as_json
from worker.models import Answer, Campaign, Mail, Partner, Seal
from worker.state import letters, lifecycle, signatories
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.state.refusals import LinkRevoked, NotAnswered
from worker.state.status import load_status
from worker.text.languages import LANGUAGES
from worker.wording import templates
from worker.wording.mail_rows import load_mails
from worker.wording.mails import word_mail

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def river_watch(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


def url(partner: Partner) -> str:
    return f"/s/{tokens.token(partner)}/not-us"


def says(page: httpx2.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body>")[2])).split())


def answers(partner: Partner, choice: str) -> None:
    with db.transaction() as session:
        if choice in lifecycle.VISIBILITY_RANK:
            cast.signs(session, session.get_one(Partner, partner.id), choice)  # type: ignore[arg-type]
        elif choice == "decline":
            answer.decline(session, partner.id, cast.SOPHEA)
        else:
            answer.sign(session, partner.id, "public", cast.SOPHEA)
            answer.withdraw(session, partner.id, cast.SOPHEA)


def everything(*, but: str = "") -> dict[str, list[Any]]:
    with db.reading() as session:
        return cast.everything(session, but=but)


def as_it_is_now(partner: Partner) -> Partner:
    with db.reading() as session:
        return session.get_one(Partner, partner.id)


def mails(kind: str) -> list[Mail]:
    with db.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.kind == kind, Mail.cancelled_at.is_(None))))


@pytest.mark.parametrize("choice", ["public", "addressee", "counted", "decline", "withdraw"])
def test_in_two_steps_the_answer_falls_and_a_new_link_goes_to_the_registered_address(
    choice: str, browser: TestClient, river_watch: Partner, notified: list[tuple[Any, ...]]
) -> None:
    answers(river_watch, choice)
    with db.transaction() as session:
        assert receipts.put_receipts(session, river_watch.campaign_id) == 1
    rows = everything()
    first = browser.get(f"/s/{tokens.token(river_watch)}")
    assert f'<a href="{url(river_watch)}">This was not us</a>' in first.text
    second = browser.get(url(river_watch))
    assert "Did someone else answer for River Watch?" in says(second)
    assert everything() == rows, "looking changes nothing"

    done = browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch)})

    assert done.status_code == 200
    assert "What was done in your name is cancelled" in says(done)
    assert "We will send a new link and a new code to the address" in says(done)
    assert tokens.token(river_watch) not in done.text
    renewed = as_it_is_now(river_watch)
    assert renewed.generation == river_watch.generation + 1
    for dead in (f"/s/{tokens.token(river_watch)}", url(river_watch), f"/u/{tokens.token(river_watch, 'quiet')}"):
        assert browser.get(dead).status_code == 404
    with db.reading() as session:
        assert standing_answer(session, river_watch.id) is None
        campaign = session.get_one(Campaign, river_watch.campaign_id)
        assert signatories.load_signatories(session, campaign, "addressee").count == 0
        row = next(p for p in as_json(load_status(session, campaign))["partners"] if p["organization"] == "River Watch")
        assert row["answer"] is None
        assert row["disowned"] is not None
    assert [mail.partner_id for mail in mails("invitation")] == [river_watch.id]
    assert not mails("receipt"), "what waited for the old link is called back"
    assert {"close", "deliver"} <= {name for name, *_ in notified}

    assert "Will River Watch sign this letter?" in says(browser.get(f"/s/{tokens.token(renewed)}"))
    again = browser.post(
        f"/s/{tokens.token(renewed)}", data={"choice": "decline", "mail_code": tokens.mail_code(renewed)}
    )
    assert again.status_code == 303, "the right people answer by the new link"
    with db.transaction() as session:
        invite.enqueue_invitations(session, river_watch.campaign_id)
    assert len([mail for mail in mails("invitation") if mail.partner_id == river_watch.id]) == 0, "not asked once more"


FIRST_WORDS = {
    "en": ("Someone used a link and a code of your organization to tell us", "Your earlier link and code no longer"),
    "fr": ("Quelqu’un a utilisé un lien et un code de votre organisation", "Votre lien et votre code précédents"),
    "km": ("មានអ្នកប្រើតំណ និងលេខកូដរបស់អង្គការលោកអ្នក", "តំណ និងលេខកូដចាស់របស់លោកអ្នកលែងប្រើបាន"),
}


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("late", [False, True])
def test_each_mail_with_a_new_link_begins_with_why(late: bool, language: str, river_watch: Partner) -> None:
    answers(river_watch, "public")
    with db.transaction() as session:
        partner = session.get_one(Partner, river_watch.id)
        partner.language = language
        contacts.add_contact(session, partner.id, "colleague@river.example", language=language)
        first = session.scalars(select(Mail).where(Mail.kind == "passed_on")).one()
        assert FIRST_WORDS[language][1] not in word_mail(session, first).text
        if late:
            partner.campaign.deadline_at = db.clock(session) + timedelta(minutes=30)
        disown.disown_answer(session, partner.id)
    with db.reading() as session:
        kinds = ("invitation", "renewed", "passed_on")
        which = select(Mail.id).where(Mail.kind.in_(kinds), Mail.generation == 2, Mail.cancelled_at.is_(None))
        found = load_mails(session, session.scalars(which).all()).values()
        said = {mail.kind: word_mail(session, mail) for mail in found}
    assert set(said) == {"renewed" if late else "invitation", "passed_on"}
    quoted = {"en": "This was not us.", "fr": "Ce n’était pas nous.", "km": "នេះមិនមែនជាយើងខ្ញុំទេ"}
    for kind, message in said.items():
        _greeting, words, *_ = (" ".join(paragraph.split()) for paragraph in message.text.split("\n\n"))
        assert words.startswith(FIRST_WORDS[language][kind == "passed_on"]), kind
        assert quoted[language] in words, kind
    with db.transaction() as session:
        campaign = session.get_one(Campaign, river_watch.campaign_id)
        ordinary = put(session, "invitation", campaign, campaign.partners[1], language)
    assert FIRST_WORDS[language][0] not in " ".join(ordinary.text.split())


def test_the_organizers_are_told_without_a_name(river_watch: Partner) -> None:
    answers(river_watch, "public")
    with db.transaction() as session:
        disown.disown_answer(session, river_watch.id)
        [mail] = session.scalars(select(Mail).where(Mail.kind == "disowned"))
        told = word_mail(session, mail)
    assert told.to == "people@rivers.example"
    assert "undersigned status dam" in told.text
    assert "River Watch" not in told.subject + told.text + told.html


@on_sqlite
@pytest.mark.parametrize("without", ["an address", "any mail"])
def test_where_no_mail_may_go_none_goes_and_the_page_says_so(
    without: str, browser: TestClient, river_watch: Partner
) -> None:
    answers(river_watch, "public")
    with db.transaction() as session:
        partner = session.get_one(Partner, river_watch.id)
        if without == "any mail":
            partner.silenced_at = db.clock(session)
        else:
            partner.email, partner.email_hmac = "", None
    for page in (
        browser.get(url(river_watch)),
        browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch)}),
    ):
        assert page.status_code == 200
        assert "send a new link automatically" in says(page)
    assert mails("invitation") == []
    assert len(mails("disowned")) == 1


@on_sqlite
def test_the_silence_that_a_link_asked_for_falls_with_the_answer(browser: TestClient, river_watch: Partner) -> None:
    answers(river_watch, "public")
    with db.transaction() as session:
        unsubscribe.unsubscribe_reader(session, river_watch.id, link=Link(river_watch.generation))
    for page in (
        browser.get(url(river_watch)),
        browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch)}),
    ):
        assert page.status_code == 200
        assert "We will send a new link and a new code to the address" in says(page)
    assert as_it_is_now(river_watch).quiet_at is None
    assert [mail.partner_id for mail in mails("invitation")] == [river_watch.id]
    assert mails("silence") == [], "what waited for the old link is called back"


@on_sqlite
@pytest.mark.parametrize("signer", ["the registered contact", "who changed it"])
def test_what_a_link_changed_that_was_passed_on_and_ended_is_undone_too(signer: str, river_watch: Partner) -> None:
    own = Link(river_watch.generation)
    with db.transaction() as session:
        contact = pass_on.pass_invitation_on(session, river_watch.id, Person("a@river.example", "en"), link=own)
        passed_on = Link(contact.generation, contact.id)
        wanted = Listing("River Watch", "XX", "USA")
        correct_listing.change_listing(session, river_watch.id, wanted, link=passed_on)
        by = own if signer == "the registered contact" else passed_on
        given = answer.AnswerInput(river_watch.id, "sign", "public", cast.SOPHEA, by)
        assert isinstance(answer.record_answers(session, [given])[0], Answer)
        contacts.end_contact(session, river_watch.id, contact.id, link=own)
        disown.disown_answer(session, river_watch.id, link=own)
    assert as_it_is_now(river_watch).acronym == "RW"


def test_between_deadline_and_departure_a_signature_is_disowned_out_of_the_seal(
    browser: TestClient, river_watch: Partner
) -> None:
    answers(river_watch, "public")
    with db.transaction() as session:
        campaign = session.get_one(Campaign, river_watch.campaign_id)
        cast.passes_its_deadline(session, campaign, closed=False)
    assert close.close_and_seal(campaign.id)

    page = browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch)})

    assert page.status_code == 200
    assert "We will send a new link and a new code to the address that received the invitation." in says(page)
    assert len(mails("renewed")) == 1
    with db.transaction() as session:
        assert letters.living_seal(session, session.get_one(Campaign, river_watch.campaign_id)) is None
    assert close.close_and_seal(river_watch.campaign_id)
    with db.transaction() as session:
        living = session.scalars(select(Seal).where(Seal.voided_at.is_(None), Seal.format == "text")).all()
        assert living
        assert not [seal for seal in living if b"River Watch" in seal.content]
    assert mails("invitation") == []


@on_sqlite
@pytest.mark.parametrize(
    ("choice", "then"), [("", ""), ("decline", "deadline"), ("withdraw", "deadline"), ("decline", "departure")]
)
def test_where_nothing_can_be_disowned_the_partners_page_says_how_things_stand(
    choice: str, then: str, browser: TestClient, river_watch: Partner
) -> None:
    if choice:
        answers(river_watch, choice)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, river_watch.campaign_id)
        if then == "deadline":
            cast.passes_its_deadline(session, campaign)
        elif then:
            cast.the_letter_leaves(session, campaign)
    rows, home = everything(), f"/s/{tokens.token(river_watch)}"

    assert "This was not us" not in browser.get(home).text
    for page in (
        browser.get(url(river_watch)),
        browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch)}),
    ):
        assert (page.status_code, page.headers["location"]) == (303, home)
    assert everything() == rows


@on_sqlite
@pytest.mark.parametrize("typed", ["", "wrong"])
def test_without_the_code_nothing_falls(typed: str, browser: TestClient, river_watch: Partner) -> None:
    answers(river_watch, "public")
    code = f"{(int(tokens.mail_code(river_watch)) + 1) % 1_000_000:06d}" if typed else ""
    rows = everything(but="wrong_codes")
    page = browser.post(url(river_watch), data={"mail_code": code})
    assert page.status_code == 422
    assert 'id="mail_code-problem"' in page.text
    assert f'value="{code}"' in page.text
    assert everything(but="wrong_codes") == rows
    assert as_it_is_now(river_watch).wrong_codes == len(typed[:1])


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_language_that_was_chosen(language: str, browser: TestClient, river_watch: Partner) -> None:
    answers(river_watch, "public")
    query = "" if language == "en" else f"?lang={language}"
    button = templates.page_words(language).gettext("This was not us")
    assert (
        f'href="{url(river_watch)}{query}">{button}</a>' in browser.get(f"/s/{tokens.token(river_watch)}{query}").text
    )
    page = browser.get(f"{url(river_watch)}{query}")
    assert f">{button}</button>" in page.text
    assert f'<html lang="{language}">' in page.text
    done = browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch), "lang": language})
    assert f'<html lang="{language}">' in done.text
    assert templates.page_words(language).gettext("What was done in your name is cancelled") in done.text


@on_sqlite
def test_a_link_that_died_meanwhile_disowns_nothing(river_watch: Partner) -> None:
    answers(river_watch, "public")
    with db.transaction() as session:
        with pytest.raises(LinkRevoked):
            disown.disown_answer(session, river_watch.id, link=Link(river_watch.generation - 1))
        assert standing_answer(session, river_watch.id) is not None
        disown.disown_answer(session, river_watch.id, link=Link(river_watch.generation))
        with pytest.raises(NotAnswered):
            disown.disown_answer(session, river_watch.id)


@on_sqlite
def test_an_address_that_was_corrected_meanwhile_keeps_its_answer(
    browser: TestClient, river_watch: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(river_watch, "public")
    disown_answer = disown.disown_answer

    def just_after_the_correction(session: Session, partner_id: int, **by: Link) -> None:
        session.get_one(Partner, partner_id).generation += 1
        session.flush()
        disown_answer(session, partner_id, **by)

    monkeypatch.setattr(disown, "disown_answer", just_after_the_correction)
    page = browser.post(url(river_watch), data={"mail_code": tokens.mail_code(river_watch)})

    assert page.status_code == 404
    with db.reading() as session:
        assert standing_answer(session, river_watch.id) is not None
