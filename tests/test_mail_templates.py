"""Every mail that we can say has its page in each language, reads well, and tells no more than it may."""

import email
import email.policy
import hashlib
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests import cast
from tests.holder import CODE
from tests.mails import TO_ORGANIZERS, TO_PARTNERS, is_silent_about, put, says
from worker import db, settings, tokens
from worker.acts import answer, contacts, correct_listing, disown, dispatch, join, pass_on
from worker.acts.answer import Statement
from worker.acts.correct_listing import Listing
from worker.acts.third_party_limits import Person
from worker.cli.demo import partner as player
from worker.mail import kinds, mime, outbox
from worker.models import MAX_WRONG_CODES, Answer, Campaign, Mail, Partner, Seal, ThirdPartyAddress, Visibility
from worker.state.links import Link
from worker.text import dates
from worker.text.khmer import WORD_JOINER
from worker.text.languages import LANGUAGES
from worker.wording import drafts, mails, slots

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def folder() -> Path:
    return settings.current().templates_dir / "mail"


@pytest.mark.usefixtures("database")
def test_each_mail_has_a_page_in_every_language_and_no_page_is_without_a_mail() -> None:
    said = kinds.names(lambda kind: kind.has_template)
    assert set(kinds.KINDS) - {*said} == {"letter"}, "only the sealed letter is no template"
    expected = {
        f"{kind}.{language}.md" for kind in (*said, "_codes", "_departed", "_unsubscribe") for language in LANGUAGES
    } | {"_persons.md"}
    assert {path.name for path in folder().glob("*.md")} == expected


@pytest.mark.usefixtures("database")
def test_no_template_has_more_logic_than_if_and_for() -> None:
    allowed = {"if", "elif", "else", "endif", "for", "endfor", "include"}
    for path in folder().glob("*.md"):
        used = set(re.findall(r"\{%-?\s*(\w+)", path.read_text()))
        assert used <= allowed, path.name
        first = path.read_text().partition("\n")[0]
        assert "{%" not in first or path.name.startswith("_"), f"{path.name}: the subject is plain"
        assert "{#" not in path.read_text()


MAIL_CODE = {"en": "Confirmation code:", "fr": "Code de confirmation :", "km": "លេខកូដបញ្ជាក់៖"}
OPENING_CHANGES_NOTHING = {
    "en": "Opening the link changes nothing",
    "fr": "Ouvrir le lien ne change rien",
    "km": "ការបើកតំណមិនផ្លាស់ប្ដូរអ្វី",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["invitation", "reminder", "extended"])
@pytest.mark.parametrize("contact", ["Ms Lopez", ""])
def test_who_is_asked_reads_all_that_it_takes_to_answer(kind: str, language: str, contact: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        partner.contact = contact
        message = put(session, kind, campaign, partner, language)
        code = tokens.mail_code(partner)
        if contact:
            says(message, contact)
        for fragment in (
            "River Watch",
            "Rivers Secretariat",
            "people@rivers.example",
            dates.day_and_time(campaign.deadline_at, campaign.zone, language),
            f"{MAIL_CODE[language]} {code[:3]} {code[3:]}",
            OPENING_CHANGES_NOTHING[language],
        ):
            says(message, fragment)
        assert f"\n\n{tokens.link(partner)}\n\n" in message.text, "the link stands alone on its line"
        assert f'<a href="{tokens.link(partner)}">{tokens.link(partner)}</a>' in message.html
        assert message.to == partner.email


@pytest.mark.parametrize("host", ["letters.example", f"{'letters-' * 7}.{'organizers-' * 5}.example"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*TO_PARTNERS, "confirm"])
def test_each_link_stands_alone_on_its_line_as_a_mail_program_reads_it(
    kind: str, language: str, host: str, database: str
) -> None:
    settings.set_for_this_process(public_url=f"https://{host}")
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", join="approved")
        if kind == "confirm":
            join.ask_to_join(session, campaign.id, Person("x@lake.example", language, "Kim", "Lake Friends"))
            stranger = session.scalars(select(ThirdPartyAddress)).one()
            mail = session.scalars(select(Mail).where(Mail.kind == "confirm")).one()
            mail.language = language
            message, own = mails.word_mail(session, mail), {str(tokens.link(stranger, "join"))}
        else:
            partner = campaign.partners[0]
            cast.signs(session, partner)
            cast.is_sealed(session, campaign)
            cast.the_letter_leaves(session, campaign)
            message = put(session, kind, campaign, partner, language)
            own = {str(tokens.link(partner)), str(tokens.link(partner, "quiet"))}
    sent = mime.compose(message, "<1@letters.example>", datetime.now(UTC)).content
    read = email.message_from_bytes(sent, policy=email.policy.default)
    bodies = [read.get_body((form,)) for form in ("plain", "html")]
    text, page = (str(body.get_content()) for body in bodies if body is not None)
    lines = [line for line in text.splitlines() if host in line]
    assert lines
    assert set(lines) <= own
    leads = [html.unescape(lead) for lead in re.findall(r'href="([^"]*)"', page)]
    buttons = re.findall(r'<a href="([^"]*)" style', page)
    assert len(buttons) == 1
    assert sorted(leads) == sorted([*lines, *map(html.unescape, buttons)]), "a button, and its address below it"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["invitation", "reminder", "extended", "passed_on", "amended"])
def test_each_partner_reads_the_deadline_in_its_own_countrys_time(kind: str, language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Mekong", "Somewhere", "Everywhere"), zone="Asia/Phnom_Penh")
        usa, france, cambodia, somewhere, japan = campaign.partners
        cambodia.country, somewhere.country, japan.country = "Cambodia", "Atlantis", "Japan"
        session.flush()
        until = dates.day_and_time(campaign.deadline_at, campaign.zone, language)
        for partner in (france, usa, japan, cambodia, somewhere, france):  # one draft serves all
            message = put_once(session, kind, campaign, partner, language)
            there = dates.elsewhere(campaign.deadline_at, campaign.zone, partner.country, language)
            assert bool(there) is (partner in {france, japan})
            says(message, until + there)
            assert partner is france or not any(name in message.text for name in ("France", "បារាំង"))


def put_once(session: Session, kind: str, campaign: Campaign, partner: Partner, language: str) -> mime.Message:
    session.execute(delete(Mail))
    return put(session, kind, campaign, partner, language)


@pytest.mark.parametrize("kind", ["invitation", "reminder", "extended", "passed_on"])
def test_a_deadline_at_midnight_is_told_by_the_day_that_it_ends(kind: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, zone="Europe/Zurich")
        campaign.deadline_at = datetime(2030, 4, 13, 22, 0, tzinfo=UTC)
        for language, subject, words in (
            ("en", "13 April 2030", "midnight at the end of Saturday 13 April 2030 (Zurich time, UTC+2)"),
            ("fr", " 13 avril 2030", "**samedi 13 avril 2030, minuit en fin de journée (heure de Zurich, UTC+2)"),
            ("km", "ថ្ងៃទី13 ខែមេសា ឆ្នាំ2030", "ឆ្នាំ2030 នៅម៉ោង 24:00 ចុងថ្ងៃ"),
        ):
            message = put_once(session, kind, campaign, campaign.partners[0], language)
            assert message.subject.endswith(subject)
            says(message, words.partition("**")[2] or words)
            assert "avant le" not in message.subject + message.text
            assert "14 " not in message.subject


@pytest.mark.usefixtures("database")
def test_no_two_paragraphs_or_items_run_together() -> None:
    """A tag at the end of a line swallows its newline, so it takes two empty lines to end such a paragraph."""
    for path in folder().glob("*.md"):
        for line in re.findall(r"^(.*\{% endif %\})\n\n(?=[^\n])", path.read_text(), re.MULTILINE):
            assert re.fullmatch(r"\{% \w+ %\}", line), f"{path.name}: {line[:60]}"
        assert not re.search(r"^- .*%\}$", path.read_text(), re.MULTILINE), f"{path.name}: an item runs into the next"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*TO_PARTNERS, *TO_ORGANIZERS])
def test_a_mail_says_at_its_top_what_it_is_for_and_at_its_end_why_it_came(
    kind: str, language: str, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        cast.signs(session, partner)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        message = put(session, kind, campaign, None if kind in TO_ORGANIZERS else partner, language)
    (heading,) = re.findall("<h1>(.*?)</h1>", message.html)
    assert html.unescape(heading).replace(WORD_JOINER, "") == message.subject
    assert len(message.html.encode()) < 50_000, "Gmail cuts a page at 102 KB"
    body, foot = message.html.split('<div class="foot">')
    button = re.search(
        r'<a href="([^"]+)" style="[^"]+">([^<]+)</a></td></tr></table>\n<p class="address">(.*)</p>', body
    )
    if kind in TO_ORGANIZERS:
        assert button is None
        assert "href" not in message.html
        return
    assert button, "the link is a button"
    link = str(tokens.link(partner))
    assert button[1] == link
    assert button[2].strip(), "with words on it"
    assert button[3] == f'<a href="{link}">{link}</a>', "and below it the address for all to see"
    assert button[2] not in message.text, "which alone is what the text part has"
    code = tokens.printed_code(partner)
    large = re.findall(rf'<p class="code">[^<]+<br>\n<strong style="font-size: 30px[^"]*">{code}</strong></p>', body)
    assert len(large) == (kind not in WITHOUT_CODES)
    why = {"en": "You receive this email because", "fr": "Vous recevez cet e-mail parce que", "km": "អ៊ីមែលនេះ ព្រោះ"}
    assert why[language] in html.unescape(foot).replace(WORD_JOINER, "")
    assert f'<a href="{tokens.link(partner, "quiet")}">' in foot
    assert link not in foot


@pytest.mark.parametrize("kind", ["invitation", "receipt", "amended"])
def test_khmer_words_are_held_together_in_the_page_alone(kind: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, sender={"name": "លោកអ្នក", "lines": []})
        partner = campaign.partners[0]
        partner.contact = partner.organization = "សមាគមលោកអ្នក"
        cast.signs(session, partner)
        message = put(session, kind, campaign, partner, "km")
    assert WORD_JOINER not in message.text + message.subject
    assert "ហត្ថ\u2060លេខា" in message.html
    assert "ហត្ថលេខា" not in message.html
    assert "សូមគោរពជូន សមាគមលោកអ្នក" in message.html, "names are left alone"


WITHOUT_CODES = {"cancelled", "taken_out"}  # its link takes no answer any more
WITH_CODES = (*(kind for kind in TO_PARTNERS if kind not in WITHOUT_CODES), "passed_on", "confirm")
LONG_CODE = {"en": "Long code:", "fr": "Code long\u00a0:", "km": "លេខកូដវែង៖"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", WITH_CODES)
def test_each_mail_with_a_link_prints_both_codes_below_it(kind: str, language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", join="approved")
        linked, purpose = campaign.partners[0], "sign"
        if kind in TO_PARTNERS:
            cast.signs(session, linked)
            cast.is_sealed(session, campaign)
            cast.the_letter_leaves(session, campaign)
            message = put(session, kind, campaign, linked, language)
        else:
            person = Person("x@lake.example", language, "Kim", "Lake Friends")
            if kind == "passed_on":
                pass_on.pass_invitation_on(session, linked.id, person)
            else:
                join.ask_to_join(session, campaign.id, person)
                linked, purpose = session.scalars(select(ThirdPartyAddress)).one(), "join"  # type: ignore[assignment]
            message = mails.word_mail(session, session.scalars(select(Mail).where(Mail.kind == kind)).one())
        link = tokens.link(linked, purpose)  # type: ignore[arg-type]
        six_digits, long = tokens.printed_code(linked), tokens.printed_long_code(linked)
    says(message, f"{MAIL_CODE[language]} {six_digits}".replace("\u00a0", " "))
    assert message.text.count(six_digits) == message.html.count(six_digits) == 1
    assert message.text.count(long) == message.html.count(long) == 1
    below = message.text.partition(f"\n\n{link}\n\n")[2]
    assert below.split("\n\n")[0].endswith(six_digits)
    assert below.split("\n\n")[1].startswith(f"{LONG_CODE[language]} {long}"), "on one line, however long the others"
    without_links = message.text.replace(link, "")
    found = player.CODE.search(without_links)
    assert found
    assert found[0] == six_digits, "what looks for the mail code finds it first"
    if language == "en":
        assert CODE.findall(without_links)[-1] == long


def test_the_mails_of_guesses_say_how_many_it_takes(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        for language in LANGUAGES:
            told = put(session, "code_guessed", campaign, campaign.partners[0], language)
            says(told, f" {MAX_WRONG_CODES} ")
            says(told, "people@rivers.example")
            session.execute(delete(Mail))
            heard = put(session, "guessing", campaign, None, language)
            says(heard, f" {MAX_WRONG_CODES} ")
            says(heard, "undersigned amend dam --partner")
            is_silent_about(heard, "River Watch", "RW", tokens.mail_code(campaign.partners[0]))
            session.execute(delete(Mail))


def test_beyond_the_most_drafts_that_are_kept_the_one_that_nobody_asked_for_longest_is_forgotten(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    word, worded = drafts.word_draft, []

    def noting(kind: str, language: str, *rest: Any) -> drafts.Draft:
        worded.append(language)
        return word(kind, language, *rest)

    monkeypatch.setattr(drafts, "word_draft", noting)
    monkeypatch.setattr(drafts._drafts, "capacity", 2)
    drafts._drafts.clear()
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
        for language in ("en", "fr", "en", "km", "en", "fr"):
            mail = Mail(kind="invitation", language=language, partner=partner, campaign=partner.campaign)
            assert partner.organization in mails.word_mail(session, mail).text

    assert worded == ["en", "fr", "km", "fr"]
    assert len(drafts._drafts) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TO_PARTNERS)
def test_a_locked_screen_tells_nothing(kind: str, language: str, database: str) -> None:
    """A phone shows sender, subject and the first line."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        cast.signs(session, partner)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        message = put(session, kind, campaign, partner, language)
    shown = message.from_name + message.subject + message.text[:90]
    for secret in ("River", "dam", "barrage", "Weir", "Minist", "USA", "Cambod"):
        assert secret not in shown
    assert len(message.subject) <= 70
    assert message.from_name == "Joint letters"


RECEIPTS: dict[str, dict[str, list[str]]] = {
    "public": {
        "en": ["River Watch signs the joint letter.", "River Watch (RW), USA", "Sophea Chan, Secretary General"],
        "fr": [
            "River Watch signe la lettre commune.",
            "River Watch (RW), États-Unis",
            "Sophea Chan, Secretary General",
        ],
        "km": [
            "River Watch ចុះហត្ថលេខាលើលិខិតរួម។",
            "River Watch (RW), សហរដ្ឋអាមេរិក",
            "Sophea Chan, Secretary General",
        ],
    },
    "addressee": {
        "en": ["named only in the copy that goes to the addressee"],
        "fr": ["nommée que dans l’exemplaire remis au destinataire"],
        "km": ["ឈ្មោះអង្គការបង្ហាញតែក្នុងច្បាប់លិខិតដែលផ្ញើជូនអ្នកទទួលលិខិតប៉ុណ្ណោះ។"],
    },
    "counted": {
        "en": ["It is counted and not named."],
        "fr": ["Elle est comptée sans être nommée."],
        "km": ["អង្គការត្រូវបានរាប់បញ្ចូល តែមិនបង្ហាញឈ្មោះ។"],
    },
    "decline": {
        "en": ["River Watch does not sign."],
        "fr": ["River Watch ne signe pas."],
        "km": ["River Watch មិនចុះហត្ថលេខាទេ។"],
    },
    "change": {
        "en": ["Your organization would sign if the text were changed.", "neither named nor counted"],
        "fr": ["Votre organisation signerait si le texte était modifié.", "ni nommée ni comptée"],
        "km": ["អង្គការរបស់លោកអ្នកនឹងចុះហត្ថលេខា ប្រសិនបើអត្ថបទត្រូវបានកែប្រែ។"],
    },
    "withdraw": {
        "en": ["is withdrawn", "neither named nor counted"],
        "fr": ["est retirée", "ni nommée ni comptée"],
        "km": ["ត្រូវបានដកចេញហើយ។", "មិនត្រូវបានរាប់បញ្ចូល"],
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("choice", RECEIPTS)
@pytest.mark.parametrize("late", [False, True])
def test_a_receipt_says_what_was_recorded_and_how_to_change_it(
    choice: str, language: str, late: bool, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        _says(session, partner, choice)
        if late:
            cast.passes_its_deadline(session, campaign)
        message = put(session, "receipt", campaign, partner, language)
        for fragment in (
            *RECEIPTS[choice][language],
            str(tokens.link(partner)),
            "people@rivers.example",
            {"en": "If this was not you", "fr": "Si ce n’était pas vous", "km": "មិនមែនមកពីលោកអ្នក"}[language],
        ):
            says(message, fragment)
        until = dates.day_and_time(campaign.deadline_at, campaign.zone, language)
        assert (" ".join(until.split()) in " ".join(message.text.split())) is not late


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("choice", ["addressee", "counted", "withdraw", "change"])
def test_a_receipt_for_who_is_not_named_names_nobody(choice: str, language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        _says(session, partner, choice)
        message = put(session, "receipt", campaign, partner, language)
    is_silent_about(
        message, "River Watch", "USA", "États-Unis", "Sophea", "Secretary General", "dam", "Weir", "too short"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_says_when_an_organizer_recorded_it(language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        by_phone = Statement("The board", "Board", channel="by hand", note="by phone")
        answer = cast.signs(session, campaign.partners[0], said=by_phone)
        answer.representative = answer.role = ""  # as it is once they were erased
        message = put(session, "receipt", campaign, campaign.partners[0], language)
    by = {"en": "by the organizers", "fr": "par les organisateurs", "km": "ដោយក្រុមអ្នករៀបចំ"}
    says(message, by[language])
    is_silent_about(message, "by phone", "Answered by", "Réponse donnée")


REPLACED = {
    "en": {
        "public": "signs, named for everyone.",
        "addressee": "signs, named for the addressee only.",
        "counted": "signs, counted and not named.",
        "withdraw": "signature withdrawn.",
        "change": "would sign if the text were changed.",
        "decline": "does not sign.",
    },
    "fr": {
        "public": "signe, nommée pour tous.",
        "addressee": "signe, nommée pour le destinataire seulement.",
        "counted": "signe, comptée sans être nommée.",
        "withdraw": "signature retirée.",
        "change": "signerait si le texte était modifié.",
        "decline": "ne signe pas.",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("before", ["public", "addressee", "counted", "withdraw", "change", "decline"])
def test_a_receipt_says_which_answer_it_replaces(before: str, language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        _says(session, partner, before)
        replaced = cast.standing(session, partner.id)
        replaced.at -= timedelta(days=1)
        first = put(session, "receipt", campaign, partner, language)
        cast.signs(session, partner, "counted", Statement("Dara Kim", "Chair"))
        session.execute(update(Mail).values(key=Mail.key + "/1"))
        message = put(session, "receipt", campaign, partner, language)
        at = " ".join(dates.day_and_time(replaced.at, campaign.zone, language).split())
    says(message, at)
    replaces = {"en": "It replaces the answer of", "fr": "Elle remplace la réponse du"}.get(language)
    if replaces:
        said = " ".join(message.text.split())
        assert f"{replaces} {at}" in said
        assert REPLACED[language][before] in said.partition(at)[2]
        assert before == "withdraw" or replaces not in first.text
    assert not re.search(r" [:;?!]", message.text) or language == "en", "a French sign is not torn off its word"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("added_by", ["partner", "organizer"])
def test_a_receipt_says_by_which_link_an_answer_came_but_to_who_has_it(
    added_by: str, language: str, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        if added_by == "partner":
            to, link = Person("chair@river.example", language), Link(partner.generation)
            contact = pass_on.pass_invitation_on(session, partner.id, to, link=link)
        else:
            contact = contacts.add_contact(session, partner.id, "chair@river.example", language=language)
        by_it = Link(contact.generation, contact.id)
        answer.record_answers(session, [answer.AnswerInput(partner.id, "sign", "counted", cast.SOPHEA, by_it)])
        message = put(session, "receipt", campaign, partner, language)
        about = outbox.MailOptions(answer_id=cast.standing(session, partner.id).id)
        own = outbox.to_contact("receipt", campaign, contact, "x", db.clock(session), **about)
        outbox.put(session, [own])
        to_it = mails.word_mail(session, session.scalars(select(Mail).where(Mail.key == own["key"])).one())
        on = dates.date(contact.added_at, campaign.zone, language)
    sentence = {
        "partner": {
            "en": f"The answer was given with a link that was passed on ({on}).",
            "fr": f"Cette réponse a été donnée avec le lien transmis le {on}.",
        },
        "organizer": {
            "en": "The answer was given with a link that the organizers gave to another person in your organization "
            f"({on}).",
            "fr": "Cette réponse a été donnée avec le lien que les organisateurs ont envoyé à une autre personne de "
            f"votre organisation le {on}.",
        },
    }[added_by].get(language, on)
    says(message, sentence)
    is_silent_about(message, "chair@", tokens.token(contact))
    assert to_it.to == "chair@river.example"
    assert language == "km" or sentence not in " ".join(to_it.text.split())
    is_silent_about(to_it, partner.email, tokens.token(partner))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_about_the_listing_says_what_stood_before_and_makes_no_link_of_it(language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        partner.language = language
        wanted = Listing("River Watch rivers.example", "RW", "Chad", "", {})
        correct_listing.change_listing(session, partner.id, wanted, link=Link(partner.generation))
        mail = session.scalars(select(Mail).where(Mail.kind == "listing")).one()
        message = mails.word_mail(session, mail)
    for fragment in ("River Watch rivers. example", "USA", "Chad"):
        says(message, fragment)
    is_silent_about(message, "rivers.example”", "(RW)")
    assert message.to == partner.email


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("visibility", ["public", "counted"])
def test_a_copy_brings_the_public_letter_and_does_not_name_its_reader(
    visibility: Visibility, language: str, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.signs(session, campaign.partners[0], visibility)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        message = put(session, "copy", campaign, campaign.partners[0], language)
    says(message, "Minister Ada Weir")
    gone = {"en": "cannot be recalled", "fr": "ne peut plus être rappelée", "km": "មិនអាចដកយកមកវិញបាន"}
    says(message, gone[language])
    is_silent_about(message, "River Watch", "Sophea")
    contents = [attachment.content.decode() for attachment in message.attachments]
    letter = language if language in campaign.letter.texts else campaign.authentic
    assert contents == ["public en pdf", f"public {letter} text"]


def test_all_copies_carry_one_attachment_and_none_once_it_was_erased(database: str) -> None:
    """One object in memory, however many copies wait; and what is remembered is not sent after an erasure."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        first, second = (put(session, "copy", campaign, partner, "en") for partner in campaign.partners)
        composed = [
            mime.compose(message, f"<{n}@x.example>", db.clock(session)) for n, message in enumerate((first, second))
        ]
    (pdf, text), theirs = first.attachments, second.attachments
    assert [pdf is theirs[0], text is theirs[1]] == [True, True]
    for envelope in composed:
        assert any(part is pdf.part for part in envelope.parts)
        assert envelope.hash == hashlib.sha256(envelope.content).hexdigest()
    with db.transaction() as session:
        session.execute(update(Seal).values(content=b""))
        session.execute(delete(Mail).where(Mail.kind == "copy"))
        campaign = session.get_one(Campaign, campaign.id)
        assert put(session, "copy", campaign, campaign.partners[0], "en").attachments == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_public", [True, False])
@pytest.mark.parametrize("steps_back", ["withdraw", "addressee", "counted", "disown"])
def test_a_copy_that_leaves_after_somebody_stepped_back_names_nobody(
    steps_back: str, is_public: bool, language: str, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="after dispatch" if is_public else "never")
        one, other = campaign.partners
        cast.signs(session, one)
        cast.signs(session, other)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        assert len(put(session, "copy", campaign, one, language).attachments) == 2
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        own = outbox.to_partner("copy", campaign, other, "own", db.clock(session), seal_number=1)
        outbox.put(session, [own])
        if steps_back == "withdraw":
            answer.withdraw(session, other.id, cast.SOPHEA)
        elif steps_back == "disown":
            disown.disown_answer(session, other.id)
        else:
            cast.signs(session, other, steps_back)  # type: ignore[arg-type]
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        session.execute(delete(Mail).where(Mail.key.endswith("/x")))
        message = put(session, "copy", campaign, campaign.partners[0], language)
        cancelled = session.scalars(select(Mail.cancelled_at).where(Mail.key == own["key"])).one()
    assert message.attachments == []
    says(message, {"en": "No copy is attached", "fr": "Aucune copie n’est jointe", "km": "លែងភ្ជាប់"}[language])
    page = {"en": "Your page leads to", "fr": "Votre page mène à", "km": "នាំទៅកាន់លិខិត"}[language]
    assert (page in " ".join(message.text.split())) is is_public
    is_silent_about(message, other.organization)
    assert (cancelled is not None) is (steps_back in {"withdraw", "disown"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_organizers_hear_that_it_is_sealed_and_how_to_stop_it(language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Third",))
        campaign.definition = campaign.definition | {"quorum": 3}
        for partner, visibility in zip(campaign.partners, ("public", "addressee", "counted"), strict=True):
            cast.signs(session, partner, visibility)  # type: ignore[arg-type]
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        message = put(session, "closed", campaign, None, language)
        leaves = campaign.review_ends_at
        assert leaves
        says(message, dates.day_and_time(leaves, campaign.zone, language))
        campaign.held_at = db.clock(session)
        held = mails.word_mail(session, session.scalars(select(Mail).where(Mail.kind == "closed")).one())
    number = {"en": "3 organizations sign: 1 publicly", "fr": "3 organisations signent : 1", "km": "អង្គការចំនួន 3"}
    says(message, number[language])
    says(message, "undersigned hold dam")
    says(held, "undersigned resume dam")
    assert message.to == "people@rivers.example"
    says(message, "undersigned export dam --documents")
    assert [a.content for a in message.attachments] == [b"public en pdf", b"public en text"]
    assert [a.name.rpartition(".")[2] for a in message.attachments] == ["pdf", "txt"]


def _refused(session: Session, campaign: Campaign) -> None:
    letter = cast.the_letter_leaves(session, campaign, accepted=False)
    letter.refused_at, letter.due_at, letter.in_data_at = db.clock(session), None, None
    letter.reply = "550 5.1.1 no such *user* <x>"


def _without_address(session: Session, campaign: Campaign) -> None:
    cast.passes_its_deadline(session, campaign)
    campaign.letter.addressees[0].email = ""


def _held(session: Session, campaign: Campaign) -> None:
    campaign.held_at = cast.passes_its_deadline(session, campaign)


WAITING: list[tuple[Callable[[Session, Campaign], object], str]] = [
    (_refused, "550 5.1.1 no such *user* <x>"),
    (cast.passes_its_deadline, "1 organi"),
    (_without_address, "undersigned dispatch dam --by-hand"),
    (_held, "undersigned resume dam"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("happens", "fragment"), WAITING)
def test_the_organizers_hear_what_the_letter_waits_for(
    happens: Callable[[Session, Campaign], object], fragment: str, language: str, database: str
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.signs(session, campaign.partners[0])
        happens(session, campaign)
        message = put(session, "waiting", campaign, None, language)
    says(message, "អង្គការចំនួន 1 " if (fragment, language) == ("1 organi", "km") else fragment)
    says(message, "undersigned status dam")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_organizers_hear_of_doubt_and_that_nothing_goes_twice(language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        letter = cast.the_letter_leaves(session, campaign, accepted=False)
        letter.uncertain_at, letter.due_at = db.clock(session), None
        message = put(session, "doubt", campaign, None, language)
        says(message, letter.message_id)
    says(message, "Minister Ada Weir")
    again = {
        "en": "It will not be sent again automatically",
        "fr": "Elle ne sera pas renvoyée automatiquement",
        "km": "លិខិតមិនត្រូវបានផ្ញើម្ដងទៀតដោយស្វ័យប្រវត្តិទេ",
    }
    says(message, again[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by_hand", [False, True])
def test_the_organizers_hear_what_the_server_said(by_hand: bool, language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.signs(session, campaign.partners[0])
        cast.is_sealed(session, campaign)
        if by_hand:
            cast.passes_its_deadline(session, campaign)
            dispatch.note_brought_by_hand(session, campaign.id)
        else:
            cast.the_letter_leaves(session, campaign)
        message = put(session, "report", campaign, None, language)
    if by_hand:
        says(message, {"en": "delivered by hand", "fr": "en main propre", "km": "ដោយផ្ទាល់ដៃ"}[language])
    else:
        says(message, "250 2.0.0 accepted <ok> **really**")
    says(message, {"en": "1 organization", "fr": "1 organisation", "km": "អង្គការចំនួន 1"}[language])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["invitation", "reminder", "extended", "receipt", "closed", "waiting", "report"])
@pytest.mark.parametrize("name", [*cast.NAMES_FROM_HELL, "two\n\n# lines\n\n* * *", "<http://evil.example/>"])
def test_names_from_hell_stand_as_text(name: str, kind: str, language: str, database: str) -> None:
    flat = " ".join(name.split())
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=(name,), title=name, sender={"name": name, "lines": []})
        partner = campaign.partners[2]
        partner.contact = name
        campaign.letter.addressees[0].name = name
        answer = cast.signs(session, partner)
        answer.representative = answer.role = name  # whatever an older version took
        session.flush()
        if kind in TO_ORGANIZERS:
            cast.is_sealed(session, campaign)
            cast.the_letter_leaves(session, campaign)
        message = put(session, kind, campaign, None if kind in TO_ORGANIZERS else partner, language)
    says_somewhere = message.subject if kind in TO_ORGANIZERS else " ".join(message.text.split())
    assert flat in says_somewhere
    assert "\n" not in message.subject
    if kind in TO_PARTNERS:
        says(message, flat)
    body = message.html.partition("<body>")[2]
    before, heading, after = re.split(r"</?h1>", body)
    assert html.unescape(heading).replace(WORD_JOINER, "") == message.subject
    assert not re.search(r"<(h1|h2|hr|b|em|script|img)\b", before + after), "no name becomes markup"
    assert set(re.findall(r'href="([^"]*)"', body)) <= {str(tokens.link(partner)), str(tokens.link(partner, "quiet"))}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*TO_PARTNERS, *TO_ORGANIZERS])
def test_the_html_part_asks_nothing_of_the_network(kind: str, language: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.signs(session, campaign.partners[0])
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        partner = None if kind in TO_ORGANIZERS else campaign.partners[0]
        message = put(session, kind, campaign, partner, language)
    assert f'<html lang="{language}">' in message.html
    assert "prefers-color-scheme: dark" in message.html
    assert not re.search(r"src=|url\(|@import|<link|<img|<script", message.html)
    assert message.automatic
    assert not re.search(r"[{}]|undefined|\bNone\b", message.text)
    assert not re.search(r" [:;?!]", message.text) or language == "en", "a French sign is not torn off its word"


def _says(session: Session, partner: Partner, choice: str) -> Answer:
    match choice:
        case "decline":
            return answer.decline(session, partner.id, cast.SOPHEA)
        case "withdraw":
            cast.signs(session, partner)
            return answer.withdraw(session, partner.id, cast.SOPHEA)
        case "change":
            return cast.asks_for_a_change(session, partner.id, cast.SOPHEA)
        case "addressee" | "counted":
            return cast.signs(session, partner, choice)
        case _:
            return cast.signs(session, partner)


@pytest.mark.usefixtures("database")
def test_what_is_personal_can_only_be_printed_or_asked_for_as_a_whole() -> None:
    slot = slots.Slot(slots.MARKS[0], filled=True)
    assert slot
    with pytest.raises(TypeError, match="only be printed as it is"):
        str(slot)


@pytest.mark.usefixtures("database")
def test_one_wording_serves_all_and_each_reads_its_own() -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        first, second = campaign.partners[:2]
        first.contact, second.contact = "Ms Lopez", ""
        said = {one.id: put(session, "invitation", campaign, one, "en") for one in (first, second)}
    assert "Dear Ms Lopez," in said[first.id].text
    assert "Hello," in said[second.id].text
    is_silent_about(said[second.id], "Ms Lopez", first.organization, str(tokens.link(first)), tokens.mail_code(first))


@pytest.mark.parametrize("language", LANGUAGES)
def test_mails_of_two_campaigns_are_told_apart_by_their_subjects_and_not_what_they_are_about(
    database: str, language: str
) -> None:
    with db.transaction() as session:
        subjects = []
        for slug in ("dam", "weir"):
            partner = cast.a_campaign(session, slug).partners[0]
            mail = Mail(kind="invitation", language=language, partner=partner, campaign=partner.campaign)
            subjects.append(mails.word_mail(session, mail).subject)
    first, second = subjects
    assert second.startswith(f"{first} (")
    assert second.endswith("2)")
    assert not {"dam", "weir", "barrage"} & set(second.lower().split())
