"""A letter that changes: each reader is shown what changed since what it read, in its language, and nothing else."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.kept_rows import all_rows, restore
from worker import db, settings, tokens
from worker.acts import amend_letter, answer, apply_journal, contacts, launch
from worker.acts.answer import AnswerInput, Statement
from worker.definition.campaign import Definition
from worker.definition.campaign_keys import Addressee, Sender
from worker.definition.partners import PartnerRow
from worker.mail import outbox
from worker.mail.mime import Message
from worker.models import Answer, Campaign, Contact, Mail, Partner
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.state.refusals import LanguageLeftAlone, OtherAddressee, SameLetter
from worker.wording import mails
from worker.wording.changes import changes_since, parts_left_alone

pytestmark = pytest.mark.usefixtures("database")

ENGLISH = "# Rivers\n\nWe, the {{ count }} undersigned, ask for ONE.\n\nRespectfully,\n"
FRENCH = "# Rivières\n\nNous, les {{ count }} soussignées, demandons UN.\n\nRespectueusement,\n"
KHMER = "# ទន្លេ\n\nយើងខ្ញុំ {{ count }} អង្គការសូមស្នើសុំមួយសម្រាប់ទន្លេទាំងអស់\n\nដោយគោរព\n"
WHO = {"en": "River Watch", "fr": "Eau Vive", "km": "Tonle Sap Friends"}
SIGNED = Statement(representative="Ada", role="Chair")


def a_letter(en: str = "one", fr: str = "un", km: str = "មួយ", **more: Any) -> Definition:
    """What a folder says; an empty text leaves a language out."""
    texts = {
        "en": en and ENGLISH.replace("ONE", en),
        "fr": fr and FRENCH.replace("UN", fr),
        "km": km and KHMER.replace("មួយ", km),
    }
    main = Addressee(
        name="Ada Weir",
        office={"en": "Minister of Water", "fr": "Ministre de l’Eau"},
        address=["1 Lock Street"],
        salutation={"en": "Dear Minister,", "fr": "Madame la Ministre,", "km": "សូមគោរព"},
        email="minister@water.example",
        copy=False,
    )
    rows = [PartnerRow(name, email=f"{code}@partner.example", language=code) for code, name in WHO.items()]
    definition = Definition(
        slug="rivers",
        title="Rivers",
        authentic="en",
        deadline=datetime.now(UTC) + timedelta(days=14),
        zone="UTC",
        reply_to="people@rivers.example",
        from_name="Joint letters",
        reminders=[],
        quorum=1,
        review=timedelta(hours=2),
        visibility=["public", "addressee", "counted"],
        sender=Sender("Rivers Secretariat"),
        addressees=[main],
        letters={language: text for language, text in texts.items() if text},
        partners=rows,
        remarks=[],
    )
    return replace(definition, **more)


def with_main(definition: Definition, **changed: Any) -> Definition:
    main, *copies = definition.addressees
    return replace(definition, addressees=[replace(main, **changed), *copies])


def with_copies(definition: Definition, *names: str) -> Definition:
    copies = [Addressee(name, "", [], "", "copy@water.example", True) for name in names]
    return replace(definition, addressees=[*definition.addressees[:1], *copies])


@pytest.fixture
def campaign_id() -> int:
    with db.transaction() as session:
        return launch.launch_campaign(session, a_letter()).id


def partner_in(session: Session, language: str) -> Partner:
    return session.scalars(select(Partner).where(Partner.organization == WHO[language])).one()


def invites(session: Session, campaign_id: int, *languages: str, leaves: bool = True) -> None:
    """Put invitations into the outbox; they leave at once."""
    campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
    rows = [outbox.to_partner("invitation", campaign, partner_in(session, one), "1", now) for one in languages]
    outbox.put(session, rows)
    if leaves:
        all_leave(session)


def all_leave(session: Session) -> None:
    now = db.clock(session)
    for mail in session.scalars(select(Mail).where(Mail.due_at.is_not(None))):
        mail.sent_at, mail.due_at = now, None
    session.flush()


def signs(language: str, *, channel: Any = "link", contact: Contact | None = None) -> None:
    with db.transaction() as session:
        partner = partner_in(session, language)
        link = Link(contact.generation, contact.id) if contact else Link(partner.generation)
        said = replace(SIGNED, channel=channel)
        given = AnswerInput(partner.id, "sign", "public", said, link if channel == "link" else None)
        (recorded,) = answer.record_answers(session, [given])
        assert isinstance(recorded, Answer), recorded


def amends(
    campaign_id: int,
    definition: Definition,
    *,
    meaning: bool,
    leave: bool = True,
    unchanged: tuple[str, ...] = ("en", "fr", "km"),
) -> dict[str, Message]:
    """Change the letter; by address, what is written."""
    with db.transaction() as session:
        before = set(session.scalars(select(Mail.id)))
        amend_letter.change_letter(session, campaign_id, definition, meaning=meaning, unchanged=unchanged)
        session.flush()
        new = session.scalars(select(Mail).where(Mail.id.not_in(before), Mail.due_at.is_not(None)))
        said = {message.to: message for message in [mails.word_mail(session, mail) for mail in new]}
        if leave:
            all_leave(session)
    return said


def read(message: Message) -> str:
    """The words of the text part; the page says the same."""
    text = " ".join(message.text.split())
    marked = re.sub(r"\[[^\[\]]*?(?::| :|៖) ([^\[\]]*)\]", r"\1", text)
    page = html.unescape(re.sub(r"</?(?:del|ins)>", "", message.html))
    page = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for sentence in re.findall(r"- (.*?)(?= - |$)", marked)[:1]:
        assert sentence.split(".")[0][:20] in page
    return text


def page_of(browser: TestClient, language: str, contact: Contact | None = None) -> str:
    with db.reading() as session:
        holder = contact or partner_in(session, language)
        return " ".join(browser.get(f"/s/{tokens.token(holder)}").text.split())


def test_three_languages_and_three_versions_each_since_what_it_read(campaign_id: int, browser: TestClient) -> None:
    with db.transaction() as session:
        invites(session, campaign_id, *WHO)
    signs("en")
    second = amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=True)
    signs("fr")

    third = amends(campaign_id, a_letter("three", "trois", "បី"), meaning=True)

    assert "ask for [gone: one.] [new: two.]" in read(second["en@partner.example"])
    assert "demandons [supprimé : un.] [ajouté : deux.]" in read(second["fr@partner.example"])
    assert "សូមស្នើសុំ[ដកចេញ៖ មួយ] [ថ្មី៖ ពីរ]សម្រាប់ទន្លេទាំងអស់" in read(second["km@partner.example"])
    assert "ask for [gone: two.] [new: three.]" in read(third["en@partner.example"]), "it was told of the second"
    assert "[supprimé : deux.] [ajouté : trois.]" in read(third["fr@partner.example"])
    assert "ពីរ] [ថ្មី៖ បី]" in read(third["km@partner.example"])
    assert "<del>one.</del><ins>three.</ins>" in page_of(browser, "en"), "the page compares with its answer"
    assert "<del>deux.</del><ins>trois.</ins>" in page_of(browser, "fr")
    assert "<del>មួយ</del><ins>បី</ins>" in page_of(browser, "km"), "or with its invitation"


def test_what_never_arrived_was_not_read(campaign_id: int) -> None:
    with db.transaction() as session:
        invites(session, campaign_id, "en")
    signs("en")
    amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=True, leave=False)

    told = amends(campaign_id, a_letter("three", "trois", "បី"), meaning=True)

    assert "[gone: one.] [new: three.]" in read(told["en@partner.example"])
    with db.transaction() as session:
        (kept,) = session.scalars(select(Mail).where(Mail.kind == "amended", Mail.cancelled_at.is_(None)))
        kept.bounced_at = db.clock(session)
    told = amends(campaign_id, a_letter("four", "quatre", "បួន"), meaning=True)
    assert "[gone: one.] [new: four.]" in read(told["en@partner.example"])


def test_who_reads_nothing_new_is_told_of_no_typo(campaign_id: int) -> None:
    for language in WHO:
        signs(language)
    with db.transaction() as session:
        amended = amend_letter.change_letter(
            session, campaign_id, a_letter("uno"), meaning=False, unchanged=("fr", "km")
        )
        assert (amended.told, amended.not_concerned) == (1, 2)
        all_leave(session)
    assert set(amends(campaign_id, a_letter("uno", "uno"), meaning=False)) == {"fr@partner.example"}
    with_mail = with_main(a_letter("uno", "uno"), email="other@water.example")
    told = amends(campaign_id, with_mail, meaning=False)
    assert set(told) == {"people@rivers.example"}, "no partner reads the address"


def test_a_typo_that_was_taken_back_before_anybody_read_it_is_told_nobody(campaign_id: int) -> None:
    signs("en")
    amends(campaign_id, a_letter("uno", "uno", "uno"), meaning=False, leave=False)
    assert amends(campaign_id, a_letter(), meaning=False) == {}


def test_a_letter_that_reads_again_as_it_did_says_so(campaign_id: int, browser: TestClient) -> None:
    signs("en")
    amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=True, leave=False)

    told = read(amends(campaign_id, a_letter(), meaning=True)["en@partner.example"])

    assert "It reads as it did when you last read it" in told
    assert "That signature does not count" not in told, "what fell with the second version is no longer its answer"
    assert "This is what changed" not in told
    assert "The text is the same as before, but it had a different meaning in between." in page_of(browser, "en")
    with db.reading() as session:
        assert not session.scalars(select(Answer).where(Answer.superseded_at.is_(None))).all()


def test_addressing_is_shown_in_the_readers_language_and_alone(campaign_id: int, browser: TestClient) -> None:
    with db.transaction() as session:
        invites(session, campaign_id, *WHO)
    amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=True)
    moved = with_main(a_letter("two", "deux", "ពីរ"), office={"en": "Minister of Lakes", "fr": "Ministre des Lacs"})

    told = {to: read(message) for to, message in amends(campaign_id, moved, meaning=True).items()}

    assert "- Addressee: Ada Weir, Minister of [gone: Water,] [new: Lakes,] 1 Lock Street" in told["en@partner.example"]
    assert "[supprimé : de l’Eau,] [ajouté : des Lacs,]" in told["fr@partner.example"]
    assert "អ្នកទទួលលិខិត៖ Ada Weir, Minister of [ដកចេញ៖ Water,]" in told["km@partner.example"], (
        "it reads the authentic one"
    )
    for words in told.values():
        assert not any(word in words for word in ("one.", "un.", "deux", "មួយ"))
    assert "Minister of <del>Water,</del><ins>Lakes,</ins>" in page_of(browser, "en")


def test_copies_that_come_go_and_change_are_shown(campaign_id: int) -> None:
    signs("en")
    amends(campaign_id, with_copies(a_letter(), "Mission A", "Mission B"), meaning=True)
    signs("en")
    added = amends(campaign_id, with_copies(a_letter(), "Mission B", "Mission C", "Mission D"), meaning=True)

    told = read(added["en@partner.example"])
    assert "- Copy to: Mission [gone: A] [new: C]" in told
    assert "- Copy to: [new: Mission D]" in told
    assert "Mission B" not in told
    signs("en")
    gone = read(amends(campaign_id, a_letter(), meaning=True)["en@partner.example"])
    assert gone.count("- Copy to: [gone: Mission") == 3


def test_a_salutation_alone_is_a_typo_that_each_reads_in_its_language(campaign_id: int) -> None:
    for language in WHO:
        signs(language)
    greeted = {"en": "Dear Madam Minister,", "fr": "Madame la Ministre,", "km": "សូមគោរព"}
    with pytest.raises(LanguageLeftAlone) as refused, db.transaction() as session:
        amend_letter.change_letter(session, campaign_id, with_main(a_letter(), salutation=greeted), meaning=False)
    assert refused.value.facts["languages"] == ["fr", "km"]

    told = amends(campaign_id, with_main(a_letter(), salutation=greeted), meaning=False)

    assert set(told) == {"en@partner.example"}
    assert "- Salutation: Dear [new: Madam] Minister," in read(told["en@partner.example"])


def test_a_language_that_stays_while_another_changes_is_a_question(campaign_id: int, browser: TestClient) -> None:
    for language in WHO:
        signs(language)
    for unchanged, missing in (((), ["fr", "km"]), (("km",), ["fr"])):
        with pytest.raises(LanguageLeftAlone) as refused, db.transaction() as session:
            amend_letter.change_letter(session, campaign_id, a_letter("two"), meaning=True, unchanged=unchanged)
        assert refused.value.facts["languages"] == missing
    with pytest.raises(LanguageLeftAlone) as refused, db.transaction() as session:
        amend_letter.change_letter(session, campaign_id, a_letter(fr="deux"), meaning=True, unchanged=["km"])
    assert refused.value.facts["languages"] == ["en"], "the authentic one is a question too"

    told = amends(campaign_id, a_letter("two"), meaning=True)

    french = read(told["fr@partner.example"])
    assert "Le texte en français est le même qu’avant. Dans le texte en anglais, celui qui fait foi" in french
    assert "ask for [supprimé : one.] [ajouté : two.]" in french
    assert "អត្ថបទជាភាសាខ្មែរ នៅដដែលដូចមុន" in read(told["km@partner.example"])
    assert '<span lang="en">We, the … undersigned, ask for <del>one.</del>' in page_of(browser, "fr")


def test_who_reads_what_no_other_language_changed_is_told_so(campaign_id: int) -> None:
    signs("en")
    told = read(amends(campaign_id, a_letter(fr="deux"), meaning=True)["en@partner.example"])
    assert "What you read in English is the same as before. The letter was changed in: French." in told


def test_a_language_that_comes_or_goes_is_said(campaign_id: int, browser: TestClient) -> None:
    signs("fr")
    gone = read(amends(campaign_id, a_letter("two", fr="", km="ពីរ"), meaning=True)["fr@partner.example"])
    assert "La lettre n’existe plus en français : merci de la lire en anglais." in gone
    assert "ask for [supprimé : one.] [ajouté : two.]" in gone
    assert "n’existe plus en français" in page_of(browser, "fr")
    signs("fr")

    back = read(amends(campaign_id, a_letter("two", km="ពីរ"), meaning=False)["fr@partner.example"])
    assert "La lettre existe désormais aussi en français. Le texte en anglais est le même qu’avant." in back


def test_further_contacts_are_shown_what_they_read_themselves(campaign_id: int) -> None:
    with db.transaction() as session:
        invites(session, campaign_id, "en")
    amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=False)  # the silent are not told of a typo
    with db.transaction() as session:
        partner = partner_in(session, "en")
        contact = contacts.add_contact(session, partner.id, "chair@partner.example", language="fr")
        all_leave(session)
    signs("en", contact=contact)

    told = amends(campaign_id, a_letter("three", "trois", "បី"), meaning=True)

    assert "[supprimé : deux.] [ajouté : trois.]" in read(told["chair@partner.example"])
    assert "[gone: one.] [new: three.]" in read(told["en@partner.example"]), "its own link answered nothing"


def test_what_was_entered_by_hand_was_not_read_by_that(campaign_id: int) -> None:
    with db.transaction() as session:
        invites(session, campaign_id, "en")
    amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=False)
    signs("en", channel="by hand")
    signs("fr", channel="by hand")

    told = amends(campaign_id, a_letter("three", "trois", "បី"), meaning=True)

    assert "[gone: one.] [new: three.]" in read(told["en@partner.example"])
    assert "[supprimé : deux.] [ajouté : trois.]" in read(told["fr@partner.example"]), "it had no mail"


def test_an_answer_belongs_to_the_version_that_stood_on_its_page(campaign_id: int, browser: TestClient) -> None:
    with db.reading() as session:
        partner = partner_in(session, "en")
        url, code = f"/s/{tokens.token(partner)}", tokens.mail_code(partner)
    hidden = dict(re.findall(r'name="(read|version|stood)" value="([^"]*)"', browser.get(url).text))
    amends(campaign_id, a_letter("uno", "uno", "uno"), meaning=False)
    form = {"choice": "sign", "visibility": "public", "representative": "Ada", "role": "Chair", "authorised": "yes"}

    browser.post(url, data=hidden | form | {"mail_code": code})

    page = page_of(browser, "en")
    assert "A small correction was made after you answered." in page
    assert "<del>one.</del><ins>uno.</ins>" in page
    assert page == page_of(browser, "en")
    amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=True)
    status = browser.post(url, data=hidden | form | {"mail_code": code, "representative": "Bo"})
    assert status.status_code == 409
    assert "<del>one.</del><ins>two.</ins>" in status.text


def test_mails_of_one_campaign_are_tried_again_with_the_same_body(campaign_id: int) -> None:
    """What its reader does after a mail was put changes nothing in it."""
    signs("en")
    first = amends(campaign_id, a_letter("uno", "uno", "uno"), meaning=False, leave=False)["en@partner.example"]
    with db.transaction() as session:
        answer.decline(session, partner_in(session, "en").id, Statement())
        mail = session.scalars(select(Mail).where(Mail.kind == "corrected")).one()
        assert mails.word_mail(session, mail).text == first.text


def test_versions_of_unknown_age_are_read_by_an_answer_only(campaign_id: int) -> None:
    with db.transaction() as session:
        invites(session, campaign_id, "en", "fr")
    signs("en")
    amends(campaign_id, a_letter("uno", "uno", "uno"), meaning=False)
    signs("fr")
    with db.transaction() as session:
        for letter in session.get_one(Campaign, campaign_id).letters:
            letter.made_at = None

    told = amends(campaign_id, a_letter("two", "deux", "ពីរ"), meaning=True)

    assert "[gone: one.] [new: two.]" in read(told["en@partner.example"])
    assert "[supprimé : uno.] [ajouté : deux.]" in read(told["fr@partner.example"])


def test_what_cannot_be_taken_is_refused_as_before(campaign_id: int) -> None:
    for definition, refusal in ((a_letter(), SameLetter), (with_main(a_letter(), name="Bo"), OtherAddressee)):
        with pytest.raises(refusal), db.transaction() as session:
            amend_letter.change_letter(session, campaign_id, definition, meaning=False)


def test_words_that_are_said_once_leave_no_language_alone(campaign_id: int) -> None:
    with db.reading() as session:
        before = session.get_one(Campaign, campaign_id).letter
        after = launch.letter_of(with_main(a_letter("two", "deux", "ពីរ"), office="Minister", salutation="Dear all,"))
        assert parts_left_alone(before, after, "en") == {}
        after = launch.letter_of(with_main(a_letter(), office={"en": "Minister of Lakes", "fr": "Ministre de l’Eau"}))
        assert parts_left_alone(before, after, "en") == {"fr": ["addressee"]}, "Khmer readers see the authentic office"


@pytest.mark.parametrize("language", WHO)
def test_a_name_from_hell_stands_for_itself(campaign_id: int, language: str) -> None:
    signs(language)
    for name in cast.NAMES_FROM_HELL:
        told = amends(campaign_id, with_copies(a_letter(), name), meaning=True)[f"{language}@partner.example"]
        assert name in " ".join(told.text.split())
        assert html.escape(name) in told.html
        with db.reading() as session:
            campaign = session.get_one(Campaign, campaign_id)
            assert changes_since(campaign, campaign.letters[-2], language).concern_reader
        signs(language)


STANDS = {"en": "as it is now", "fr": "telle qu’elle est maintenant", "km": "ដូចដែលមាននៅពេលនេះ"}


@pytest.mark.parametrize("kind", ["reminder", "extended"])
@pytest.mark.parametrize("language", WHO)
def test_whose_signature_fell_is_not_told_that_its_answer_stands_or_that_it_was_never_heard_of(
    campaign_id: int, language: str, kind: str
) -> None:
    def worded(session: Session, number: int) -> str:
        campaign, partner = session.get_one(Campaign, campaign_id), partner_in(session, language)
        outbox.put(session, [outbox.to_partner(kind, campaign, partner, str(number), db.clock(session))])
        mail = session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id.desc())).first()
        assert mail is not None
        return " ".join(mails.word_mail(session, mail).text.split())

    with db.transaction() as session:
        assert STANDS[language] not in worded(session, 1)
        everywhere = a_letter("two", "deux", "ពីរ")
        amend_letter.change_letter(session, campaign_id, everywhere, meaning=True, unchanged=[])
        assert STANDS[language] in worded(session, 2)


def test_whose_signature_fell_with_the_letter_does_not_sign_again_in_a_database_of_before(tmp_path: Path) -> None:
    """It declined what the letter says now: that is no signature taken back, and the backup knows of neither."""
    settings.set_for_this_process(database_url=settings.current().database, data_dir=tmp_path / "data")
    with db.transaction() as session:
        campaign_id = launch.launch_campaign(session, a_letter()).id
    signs("en")
    with db.reading() as session:
        before, since, partner = all_rows(session), db.clock(session), partner_in(session, "en")
    amends(campaign_id, a_letter(en="two", fr="deux", km="ពីរ"), meaning=True)
    with db.transaction() as session:
        answer.decline(session, partner.id, SIGNED)
    restore(before)
    with db.transaction() as session:
        apply_journal.replay_journal(session, since)
        stands = standing_answer(session, partner.id)
        assert stands is not None
        assert not stands.signs
