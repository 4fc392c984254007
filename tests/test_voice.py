"""A person adds its voice: only who reads the mailbox decides, whoever typed the address, and however many do."""

import contextlib
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.conftest import Clock
from tests.definitions import a_definition
from tests.mails import is_silent_about, says
from tests.sql import statements
from tests.voices import (
    NAMED,
    SOPHEA,
    a_campaign,
    a_digest,
    a_voice,
    asks,
    confirms,
    link,
    mails,
    members,
    presses,
    types,
)
from worker import db, settings, tokens
from worker.acts import (
    add_voice,
    amend_letter,
    contacts,
    correct_address,
    erase_members,
    launch,
    take_back_voice,
    undo,
    voice_limits,
)
from worker.acts.add_voice import Voice
from worker.acts.voice_limits import BETWEEN, BETWEEN_OF_ORIGIN, FIRST_OF_CAMPAIGN, FIRST_OF_ORIGIN, LATEST, wait_of
from worker.definition.partners import PartnerRow
from worker.mail import outbox
from worker.mail.kinds import MEMBERS
from worker.mail.mime import Message, NothingToSay
from worker.models import MAX_WRONG_CODES, Campaign, Letter, Mail, Member, Seal, Suppression
from worker.state.members import count_members
from worker.state.refusals import CannotBeUndone, LetterChanged, LinkRevoked, NoVoice, TooManyAtOnce
from worker.text import addresses
from worker.text.languages import LANGUAGES
from worker.text.linkable import has_link
from worker.web.app import make_app
from worker.wording import templates
from worker.wording.mails import word_mail

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return a_campaign(session)


def counted() -> int:
    with db.reading() as session:
        return sum(count_members(session, one) for one in session.scalars(select(Campaign)))


def words_of(mail: Mail) -> Any:
    with db.reading() as session:
        return word_mail(session, session.get_one(Mail, mail.id))


def words_of_row(session: Session, kind: str) -> Message:
    return word_mail(session, session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)).all()[-1])


def written_to() -> list[str]:
    """Whom the mails reach, once they are worded."""
    found = []
    for mail in mails():
        with contextlib.suppress(NothingToSay):
            found.append(words_of(mail).to)
    return found


def all_leave(session: Session) -> None:
    session.execute(update(Mail).where(Mail.cancelled_at.is_(None)).values(due_at=None, sent_at=db.clock(session)))


def all_mails_leave() -> None:
    with db.transaction() as session:
        all_leave(session)


# Adding it.


def test_a_voice_counts_once_its_mailbox_confirmed_it_and_not_before(browser: TestClient, campaign: Campaign) -> None:
    assert types(browser, appearance="named", words="My river is dry.\r\n\r\nPlease wait.").status_code == 200
    [member], [mail] = members(), mails()
    assert (mail.urgency, mail.member_id, counted()) == (MEMBERS, member.id, 0)
    message = words_of(mail)
    assert message.to == SOPHEA
    is_silent_about(message, "Sophea", "Cambodia", "river is dry")
    found = re.search(r"/v/\w+", message.text)
    assert found
    page = browser.get(found[0])
    assert (page.status_code, browser.head(found[0]).status_code) == (200, 200)
    for typed in ('value="Sophea Chan"', 'value="Cambodia"', "My river is dry.\n\nPlease wait."):
        assert typed in page.text
    assert counted() == 0, "looking changes nothing"

    form = {"name": "Sophea C.", "appearance": "named", "words": "Please wait.", "country": "", "read": "1"}
    assert presses(browser, member, **form).status_code == 303
    [member] = members()
    assert counted() == 1
    assert (member.name, member.country, member.words, member.appearance) == ("Sophea C.", "", "Please wait.", "named")
    assert member.words_wait
    confirmed_at = member.confirmed_at
    assert presses(browser, member, **form).status_code == 303
    [member] = members()
    assert (member.confirmed_at, counted(), len(mails()), mails("voice_changed")) == (confirmed_at, 1, 1, [])
    page = browser.get(found[0])
    assert "Thank you. Your voice counts." in page.text
    assert "The organizers still have to read your own words." in page.text


@pytest.mark.parametrize("code", ["", "000000", "x"])
@on_sqlite
def test_without_the_code_nothing_is_changed(code: str, browser: TestClient, campaign: Campaign) -> None:
    """Neither by a robot that presses everything."""
    types(browser)
    [member] = members()
    for choice in ("add", "change", "withdraw", ""):
        assert presses(browser, member, choice, mail_code=code).status_code == 422
    assert browser.post(link(member, "/not-me"), data={"mail_code": code}).status_code == 422
    [after] = members()
    assert (after.confirmed_at, after.withdrawn_at, after.disowned_at, after.name) == (None, None, None, "Sophea Chan")


@on_sqlite
def test_after_fifty_wrong_codes_only_the_long_one_is_taken(browser: TestClient, campaign: Campaign) -> None:
    types(browser)
    with db.transaction() as session:
        session.execute(update(Member).values(wrong_codes=MAX_WRONG_CODES - 1))
    [member] = members()
    wrong = f"{(int(tokens.mail_code(member)) + 1) % 1_000_000:06d}"
    assert presses(browser, member, mail_code=wrong).status_code == 422
    assert presses(browser, member).status_code == 422, "even the right one"
    assert counted() == 0
    assert presses(browser, member, mail_code=tokens.long_code(member)).status_code == 303
    assert counted() == 1


@on_sqlite
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_lost(browser: TestClient, campaign: Campaign) -> None:
    wrong = {"name": "", "email": "nobody", "country": "see evil.example", "words": "Look at www.evil.example"}
    page = types(browser, **wrong)
    assert page.status_code == 422
    for field in ("name", "email", "country", "words"):
        assert f'id="{field}-problem"' in page.text
        label = re.search(f'<label for="{field}">(.*?)</label>', page.text)
        assert label is not None
        assert f'<a href="#{field}"><b>{label[1]}</b>' in page.text, "two say the same of two fields"
    assert "see evil.example" in page.text
    assert "Look at www.evil.example" in page.text
    assert (members(), mails()) == ([], [])
    types(browser)
    [member] = members()
    page = presses(browser, member, name="a@b.example", words="x" * 1001, authorised="", mail_code="")
    assert page.status_code == 422
    for field in ("name", "words", "authorised", "mail_code"):
        assert f'id="{field}-problem"' in page.text
    assert 'value="a@b.example"' in page.text


@on_sqlite
def test_own_words_go_with_a_name_only(browser: TestClient, campaign: Campaign) -> None:
    page = types(browser, words="Please wait.")
    assert "Your own words go with your name only." in page.text
    assert members() == []
    with db.transaction() as session:
        one = session.get_one(Campaign, campaign.id)
        one.definition = one.definition | {"members": "counted"}
    assert 'name="appearance"' not in browser.get("/c/dam/voice").text
    types(browser, appearance="named")
    assert [member.appearance for member in members()] == ["counted"]


@on_sqlite
def test_who_is_named_with_words_is_counted_without_them_as_soon_as_it_says_so(
    browser: TestClient, campaign: Campaign
) -> None:
    """The field is put away by then, so nobody has to empty it first; other words are not lost in silence."""
    types(browser, appearance="named", words="Please wait.\n\nMy river is dry.")
    [member] = members()
    refused = presses(browser, member, words="Something new.")
    assert "Your own words go with your name only." in refused.text
    presses(browser, member, words=member.words)
    assert [(one.appearance, one.words, one.words_at) for one in members()] == [("counted", "", None)]
    presses(browser, member, "change", appearance="named", words="Please wait.")
    presses(browser, member, "change", words="Please wait.\r\n")
    assert [(one.appearance, one.words, one.words_at) for one in members()] == [("counted", "", None)]


@on_sqlite
def test_a_person_whose_name_has_left_reads_that_and_not_what_is_still_to_be_sent(
    browser: TestClient, campaign: Campaign
) -> None:
    with db.transaction() as session:
        one = session.merge(campaign)
        cast.the_letter_leaves(session, one)
        a_digest(session, one)
        member_id = session.scalars(select(Member.id)).one()
        session.get_one(Member, member_id).words = "Something new."
        session.get_one(Member, member_id).words_at = db.clock(session)
    has_it = "Minister Ada Weir has your name already"
    [member] = members()
    before = browser.get(link(member)).text
    assert (has_it in before, "still have to read your own words" in before) == (False, True)
    with db.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "digest")).one()
        mail.sent_at, mail.due_at = db.clock(session), None
    for appearance in ("named", "counted"):
        with db.transaction() as session:
            session.get_one(Member, member_id).appearance = appearance
        page = browser.get(link(member)).text
        assert has_it in page
        assert not re.search("still have to read|will read your name|not shown to the addressee", page)


@on_sqlite
def test_who_mistyped_its_address_reads_it_and_corrects_it_with_all_else_kept(
    browser: TestClient, campaign: Campaign
) -> None:
    page = types(browser, "sophea@home.exmaple", name="Ana Lee", words="Wait, please", appearance="named").text
    assert "<bdi>sophea@home.exmaple</bdi>" in page
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert kept.keys() == {"lang", "name", "email", "country", "words", "appearance"}
    form = browser.post("/c/dam/voice", data=kept | {"switch": "en"}).text
    assert 'value="sophea@home.exmaple"' in form
    assert 'value="Ana Lee"' in form
    assert "Wait, please</textarea>" in form
    assert len(members()) == 1, "to look at it again asks for nothing"


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("see https://evil.example/x", True),
        ("evil.com", True),
        ("ទៅ evil.com", True),
        ("EVIL．COM", True),
        ("ev\u200bil\u200b.com", True),
        ("www evil", True),
        ("me@evil.example", True),
        ("me＠evil", True),
        ("tel:12345", True),
        ("call +855 12 345 678", True),
        ("call 012-345-678 now", True),
        ("០១២ ៣៤៥ ៦៧៨", True),
        ("0044 20 7946 0000", True),
        ("01.23.45.67.89", True),
        ("call 212-555-0134 or (212) 555-0134", True),
        ("012\u2013345\u2011678\u2212", True),
        (r"\\10.0.0.1\share", True),
        (r"http:\\evil", True),
        ("sip:evil", True),
        ("evil.\u034f\ufe0fcom", True),
        ("100-200 families; 1.200.000 fish; 2019.2020; 12.05.2026 10.30; note:yes", False),
        ("On 12.05.2026 we lost 1,200,000 fish, or 99.5 percent.", False),
        ("01-02-2023, 2019-2023, 10.000 people", False),
        ("Wait... please. Mr. J. R. Chan says: no!", False),
        ("សូមរង់ចាំ។ ទឹកទន្លេ ២៥០០០០០ ម៉ែត្រ", False),
        ("and/or", False),
    ],
)
def test_a_link_in_ones_own_words_is_found_and_a_number_or_a_date_is_none(text: str, linked: bool) -> None:
    assert has_link(text) is linked


def test_what_a_domain_ignores_makes_no_other_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {"proton.example": ("proton.example", ".-_")}
    dotless = dict.fromkeys(("dotless.example", "old.example"), ("dotless.example", "."))
    monkeypatch.setattr(addresses, "IGNORED", whole | dotless)
    assert addresses.mailbox("K_i-m.Ferry+x@Proton.example") == "kimferry@proton.example"
    assert addresses.mailbox("kim-ferry@dotless.example") == "kim-ferry@dotless.example"
    variants = ("kim.ferry@dotless.example", "K.i.m.Ferry+x@OLD.example", "kimferry@dotless.example")
    assert {addresses.mailbox(one) for one in variants} == {"kimferry@dotless.example"}
    assert addresses.mailbox("kim.ferry@river.example") == "kim.ferry@river.example"


@pytest.mark.parametrize("language", LANGUAGES)
@on_sqlite
def test_another_language_keeps_what_was_typed(language: str, browser: TestClient, campaign: Campaign) -> None:
    asked = types(browser, switch=language, name="Ana Lee", words="Wait, please", appearance="named")
    assert members() == []
    types(browser, lang=language)
    [member] = members()
    page = presses(browser, member, switch=language, name="Ana Lee", words="Wait, please", appearance="named")
    for text in (asked.text, page.text):
        assert f'<html lang="{language}">' in text
        assert 'value="Ana Lee"' in text
        assert "Wait, please</textarea>" in text
        assert 'value="named" checked' in text
    assert mails()[0].language == language
    thanks = templates.page_words(language).gettext("Thank you. Your voice counts.")
    presses(browser, member)
    assert thanks in browser.get(link(member)).text


@pytest.mark.parametrize("change", ["closed", "never", "stopped", "cancelled", "erased"])
@on_sqlite
def test_no_voice_is_added_where_none_is_taken(change: str, browser: TestClient, campaign: Campaign) -> None:
    types(browser)
    [member] = members()
    with db.transaction() as session:
        one, now = session.get_one(Campaign, campaign.id), db.clock(session)
        match change:
            case "closed" | "never":
                more = {"members": "closed"} if change == "closed" else {"public_page": "never"}
                one.definition = one.definition | more
            case "stopped":
                one.voices_stopped_at = now
            case "cancelled":
                one.cancelled_at = now
            case _:
                one.erased_at = now
    told = 410 if change == "stopped" else 404
    assert (browser.get("/c/dam/voice").status_code, types(browser, "n@x.example").status_code) == (told, told)
    assert browser.get(link(member)).status_code == 200
    assert presses(browser, member).status_code == 410
    assert len(members()) == 1
    assert members()[0].confirmed_at is None
    if change != "erased":
        with pytest.raises(NothingToSay):
            words_of(mails()[0])


# Who is written to.


def test_whoever_types_an_address_reads_the_same_page_whether_a_mail_goes_or_not(
    browser: TestClient, campaign: Campaign
) -> None:
    """The addressee's, a partner's, a contact's, one that came back, one that was typed already or disowned."""
    with db.transaction() as session:
        contacts.add_contact(session, campaign.partners[0].id, "chair@river.example", language="en")
        session.add(Suppression(email_hmac=tokens.fingerprint("dead@x.example"), at=db.clock(session), reason="bounce"))
        asks(session, campaign, "disowned@x.example")
        member = session.scalars(select(Member)).one()
        take_back_voice.disown_voice(session, member.id, member.generation)
    of_partner = campaign.partners[0].email
    tagged = of_partner.replace("@", "+voice@")
    page = types(browser, "stranger@x.example")
    assert page.status_code == 200
    refused = ["minister@water.example", "Minister+x@Water.example", of_partner, tagged]
    refused += ["chair@river.example", "dead@x.example", "disowned@x.example", "STRANGER@x.example"]
    pages = {types(browser, email).text.replace(email, "stranger@x.example") for email in refused}
    assert pages == {page.text}
    assert written_to() == ["stranger@x.example"]
    assert counted() == 0


def test_no_variant_of_a_mailbox_that_a_partner_reads_is_written_to(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list has an address as its partner gave it, with an addition or with dots."""
    monkeypatch.setattr(addresses, "IGNORED", {"dotless.example": ("dotless.example", ".")})
    with db.transaction() as session:
        partner, other = campaign.partners
        contacts.add_contact(session, partner.id, "the.chair@dotless.example", language="en")
        for one, email in ((partner, "info+letters@river.example"), (other, "eau.vive@dotless.example")):
            correct_address.change_address(session, one.id, email)
        for email in ("info@river.example", "info+x@river.example", "e.auvive@dotless.example"):
            asks(session, campaign, email)
        asks(session, campaign, "thechair@dotless.example")
        asks(session, campaign, "chair@dotless.example")
    assert written_to() == ["chair@dotless.example"]


@on_sqlite
def test_no_address_is_told_from_another_by_what_it_costs(browser: TestClient, campaign: Campaign) -> None:
    """Whoever measures how long an answer takes learns nothing: typed first, and typed again."""
    with db.transaction() as session:
        session.add(Suppression(email_hmac=tokens.fingerprint("dead@x.example"), at=db.clock(session), reason="bounce"))
    of_each = {}
    for email in (
        "warm@x.example",
        "a@x.example",
        campaign.partners[0].email,
        "minister@water.example",
        "dead@x.example",
    ):
        for time in ("first", "again"):
            with statements() as run:
                assert types(browser, email).status_code == 200
            of_each[email, time] = [re.sub(r"\s+", " ", one) for one in run]
    for time in ("first", "again"):
        assert len({tuple(run) for (email, which), run in of_each.items() if which == time and email[0] != "w"}) == 1
    assert written_to() == ["warm@x.example", "a@x.example"]


def test_one_mailbox_is_one_person_and_a_variant_of_its_address_shows_nothing_to_its_bearer(
    browser: TestClient, campaign: Campaign
) -> None:
    """On a server that knows no plus, sophea+x@ may be somebody else's mailbox."""
    for email in (SOPHEA, SOPHEA.upper(), SOPHEA.replace("@", "+a@"), SOPHEA.replace("@", "+b@")):
        types(browser, email, name="Not Sophea" if "+" in email else "Sophea Chan")
    [member], [mail] = members(), mails()
    assert (member.email, member.name, words_of(mail).to) == (SOPHEA, "Sophea Chan", SOPHEA)
    assert presses(browser, member).status_code == 303
    all_mails_leave()
    with db.transaction() as session:
        session.execute(update(Member).values(mailed_at=db.clock(session) - timedelta(days=1, seconds=1)))
    types(browser, SOPHEA.replace("@", "+c@"), name="Not Sophea")
    assert [member.name for member in members()] == ["Sophea Chan"]
    assert {words_of(mail).to for mail in mails()} == {SOPHEA}
    says(words_of(mails()[-1]), "It was added before, and what was typed now changes nothing.")
    assert counted() == 1


def test_nobody_is_kept_out_by_a_variant_of_its_address_that_is_no_mailbox(
    browser: TestClient, campaign: Campaign, clock: Clock
) -> None:
    false = SOPHEA.replace("@", "+none@")
    types(browser, false, name="Not Sophea")
    [first] = members()
    all_mails_leave()
    clock.advance(days=1, seconds=1)
    types(browser)
    [member] = members()
    assert (member.email, member.name) == (SOPHEA, "Sophea Chan")
    assert words_of(mails()[-1]).to == SOPHEA
    assert browser.get(link(first)).status_code == 404, "who reads the other mailbox does not see what was typed since"
    all_mails_leave()
    types(browser, false, name="Not Sophea")
    assert members()[0].name == "Sophea Chan"
    assert presses(browser, member).status_code == 303
    clock.advance(days=2)
    all_mails_leave()
    types(browser, false, name="Not Sophea")
    assert (members()[0].email, counted()) == (SOPHEA, 1)


@on_sqlite
def test_variants_do_not_use_up_the_mails_of_a_mailbox(browser: TestClient, campaign: Campaign, clock: Clock) -> None:
    """Where they are no mailbox, whoever types them would keep a person out in silence."""
    for number in range(4):
        types(browser, SOPHEA.replace("@", f"+{number}@"), name="Not Sophea")
        all_mails_leave()
        clock.advance(days=1, seconds=1)
    types(browser)
    assert words_of(mails()[-1]).to == SOPHEA
    assert (len(mails()), members()[0].name) == (3, "Sophea Chan")


def test_what_an_attacker_typed_after_me_i_see_before_i_confirm_and_it_holds_only_if_i_want(
    browser: TestClient, campaign: Campaign
) -> None:
    types(browser)
    [member] = members()
    types(browser, name="A Fool", appearance="named", words="I hate rivers", lang="fr")
    page = browser.get(link(member)).text
    for typed in ("A Fool", "I hate rivers", 'value="named" checked'):
        assert typed in page
    assert presses(browser, member, name="Sophea Chan", lang="en").status_code == 303
    [mine] = members()
    assert (mine.name, mine.words, mine.appearance, mine.language) == ("Sophea Chan", "", "counted", "en")
    types(browser, name="A Fool", appearance="named", words="I hate rivers")
    [after] = members()
    assert (after.name, after.words, after.appearance) == ("Sophea Chan", "", "counted")


def test_a_mailbox_gets_one_mail_a_day_and_three_in_a_row(campaign: Campaign, clock: Clock) -> None:
    due = []
    for _ in range(6):
        with db.transaction() as session:
            asks(session, campaign)
            asks(session, campaign)
            now = db.clock(session)
            due.append([mail.due_at - now for mail in session.scalars(select(Mail)) if mail.due_at])
        clock.advance(hours=5)
        all_mails_leave()
    assert [len(waiting) for waiting in due] == [1, 1, 1, 0, 0, 0]
    assert due[0][0] <= timedelta(0)
    assert timedelta(hours=18) < due[1][0] <= timedelta(hours=19), "a second wish leaves when the day is over"


@on_sqlite
def test_nobody_is_kept_out_for_good_by_who_typed_its_address_before(
    browser: TestClient, campaign: Campaign, clock: Clock
) -> None:
    """Three mails came that it had not asked for; a week later what they brought is dead."""
    for _ in range(3):
        types(browser, name="A Fool")
        all_mails_leave()
        clock.advance(days=1, seconds=1)
    clock.advance(days=8)
    with db.transaction() as session:
        erase_members.blank_unconfirmed(session, db.clock(session))
    types(browser)
    assert len(mails()) == 3
    clock.advance(days=30)
    types(browser)
    types(browser)
    all_mails_leave()
    clock.advance(days=2)
    types(browser, name="A Fool")
    assert len(mails()) == 4, "and one in a month is all that it comes to"
    assert words_of(mails()[-1]).to == SOPHEA
    assert presses(browser, members()[0]).status_code == 303


def test_a_mailbox_gets_one_mail_a_day_over_all_letters(campaign: Campaign) -> None:
    with db.transaction() as session:
        other = a_campaign(session, "weir")
        asks(session, campaign)
        asks(session, other, SOPHEA.replace("@", "+weir@"))
    first, second = mails()
    assert first.due_at is not None
    assert second.due_at is not None
    assert second.due_at - first.due_at == timedelta(days=1)


@pytest.mark.parametrize("language", LANGUAGES)
@on_sqlite
def test_each_mail_to_a_person_brings_its_link_and_code_in_its_language(language: str, campaign: Campaign) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign, said=replace(NAMED, language=language))
        now = db.clock(session)
        outbox.put(session, [outbox.to_member(kind, campaign, member, "x", now) for kind in ("voice", "voice_changed")])
        told = [words_of_row(session, kind) for kind in ("voice", "voice_changed")]
        member.letter_id = None
        outbox.put(session, [outbox.to_member("voice_again", campaign, member, "x", now)])
        told.append(words_of_row(session, "voice_again"))
        for message in told:
            assert message.to == SOPHEA
            assert f"\n\n{tokens.link(member, 'voice')}\n\n" in message.text, "it stands alone on its line"
            says(message, tokens.printed_code(member))
            says(message, "people@rivers.example")
            is_silent_about(message, "Sophea", "Cambodia", "river is dry")
        member.generation = 2
        for kind in ("voice", "voice_changed", "voice_again"):
            with pytest.raises(NothingToSay):
                words_of_row(session, kind)


# Very many.


def test_the_first_leave_at_once_and_each_further_one_later_but_within_a_day() -> None:
    assert [wait_of(0, before) for before in range(FIRST_OF_ORIGIN)] == [timedelta(0)] * FIRST_OF_ORIGIN
    assert wait_of(0, FIRST_OF_ORIGIN) == BETWEEN_OF_ORIGIN
    assert wait_of(FIRST_OF_CAMPAIGN - 1, 0) == timedelta(0)
    assert wait_of(FIRST_OF_CAMPAIGN, 0) == BETWEEN
    assert wait_of(10_000, 0) < timedelta(hours=5), "ten thousand in an hour are taken"
    assert wait_of(10**6, 10**6) == LATEST


@on_sqlite
def test_three_hundred_addresses_from_one_place_wait_and_a_person_from_another_does_not(
    campaign: Campaign, notified: list[Any]
) -> None:
    app = make_app()
    hostile = TestClient(app, client=("203.0.113.7", 50000))
    for number in range(300):
        assert types(hostile, f"n{number}@sham.example").status_code == 200
    types(TestClient(app, client=("198.51.100.9", 50000)))
    waits = [mail.due_at - mail.dated_at for mail in mails() if mail.due_at]
    assert len(waits) == 301
    assert waits[FIRST_OF_ORIGIN - 1] == timedelta(0)
    assert waits[299] == (300 - FIRST_OF_ORIGIN) * BETWEEN_OF_ORIGIN
    assert waits[300] <= BETWEEN


def test_an_hour_later_the_first_leave_at_once_again(
    campaign: Campaign, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_limits, "FIRST_OF_CAMPAIGN", 2)
    with db.transaction() as session:
        for number in range(4):
            asks(session, campaign, f"n{number}@x.example")
    clock.advance(hours=1, seconds=1)
    with db.transaction() as session:
        asks(session, campaign, "late@x.example")
    waits = [mail.due_at - mail.dated_at for mail in mails() if mail.due_at]
    assert waits == [timedelta(0), timedelta(0), BETWEEN, 2 * BETWEEN, timedelta(0)]


def test_while_too_many_wait_it_is_said_and_nothing_typed_is_lost(
    browser: TestClient, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_limits, "MAX_WAITING", 3)
    monkeypatch.setattr(voice_limits, "FOR_NEWCOMERS", 1)
    with db.transaction() as session:
        for number in range(2):
            asks(session, campaign, f"n{number}@x.example", before=9 * number)
        with pytest.raises(TooManyAtOnce):
            asks(session, campaign, "n3@x.example", before=FIRST_OF_ORIGIN)
        asks(session, campaign, "n4@x.example")
    pages = [types(browser, email) for email in (SOPHEA, "minister@water.example")]
    for page in pages:
        assert (page.status_code, page.headers["Retry-After"]) == (429, "3600")
        assert "Too many people are adding their voices at this moment" in page.text
        assert 'value="Sophea Chan"' in page.text
    assert len(members()) == 3


def test_two_who_type_one_address_at_once_make_one_row(campaign: Campaign) -> None:
    failed: list[Exception] = []

    def typed() -> None:
        try:
            with db.transaction() as session:
                asks(session, campaign)
        except Exception as error:
            failed.append(error)

    hands = [threading.Thread(target=typed) for _ in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert (failed, len(members()), len(mails())) == ([], 1, 1)


# Changing it.


def test_what_shows_more_of_a_person_is_told_and_what_shows_less_is_not(campaign: Campaign, clock: Clock) -> None:
    quiet = Voice("Sophea Chan")
    with db.transaction() as session:
        member = a_voice(session, campaign, said=quiet)
        add_voice.correct_voice(session, member.id, 1, Voice("Sophea C."))
        assert session.scalars(select(Mail).where(Mail.kind == "voice_changed")).all() == []
        add_voice.correct_voice(session, member.id, 1, NAMED)
        add_voice.correct_voice(session, member.id, 1, Voice("A Fool", "named"))
    [told] = mails("voice_changed")
    message = words_of(told)
    says(message, "The addressee will read your name, without words of your own.")
    is_silent_about(message, "A Fool", "river is dry")
    all_mails_leave()
    with db.transaction() as session:
        add_voice.correct_voice(session, member.id, 1, NAMED)
    assert [mail.due_at - told.dated_at for mail in mails("voice_changed") if mail.due_at] == [timedelta(hours=1)]
    clock.advance(hours=2)
    with db.transaction() as session:
        take_back_voice.withdraw_voice(session, member.id, 1)
    with pytest.raises(NothingToSay):
        words_of(mails("voice_changed")[-1])


def test_words_that_are_changed_wait_anew_and_those_that_are_not_stay_decided(campaign: Campaign) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign)
        member.words_agreed_at = db.clock(session)
        add_voice.correct_voice(session, member.id, 1, Voice("Sophea C.", "named", "", NAMED.words))
        assert not member.words_wait
        agreed_at = member.words_agreed_at
        assert agreed_at is not None
        add_voice.correct_voice(session, member.id, 1, Voice("Sophea C.", "named", "", "Other words"))
        member = session.get_one(Member, member.id)
        assert (member.words_wait, member.words_agreed_at) == (True, None)
        add_voice.correct_voice(session, member.id, 1, Voice("Sophea C."))
        assert (member.words_wait, member.words_at, member.words) == (False, None, "")
        assert count_members(session, campaign) == 1


def test_who_withdrew_may_add_its_voice_again_and_nobody_does_so_in_silence(
    browser: TestClient, campaign: Campaign
) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign, said=Voice("Sophea Chan"))
    assert presses(browser, member, "withdraw", name="", authorised="").status_code == 303
    assert presses(browser, member, "withdraw").status_code == 303
    assert counted() == 0
    assert "Your voice is withdrawn" in browser.get(link(member)).text
    page = presses(browser, member, "change")
    assert page.status_code == 409
    assert "You have withdrawn your voice, so there was nothing to change." in page.text
    with db.transaction() as session, pytest.raises(NoVoice):
        add_voice.correct_voice(session, member.id, 1, NAMED)
    assert presses(browser, member).status_code == 303
    assert (counted(), len(mails("voice_changed"))) == (1, 1)


def test_who_disowns_it_is_forgotten_but_for_the_fingerprint_and_its_link_is_dead(
    browser: TestClient, campaign: Campaign
) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign)
    page = browser.post(link(member, "/not-me"), data={"mail_code": tokens.mail_code(member)})
    assert page.status_code == 200
    assert "What was typed with your address is erased" in page.text
    assert (browser.get(link(member)).status_code, presses(browser, member).status_code) == (404, 404)
    [after] = members()
    assert {after.name, after.email, after.country, after.words} == {""}
    assert (after.mailbox_hmac, after.generation) == (member.mailbox_hmac, 2)
    assert [mail for mail in mails() if mail.due_at] == []
    assert types(browser).status_code == 200
    assert (written_to(), counted(), members()[0].email) == ([], 0, "")
    with db.transaction() as session, pytest.raises(LinkRevoked):
        confirms(session, member)


@pytest.mark.parametrize("disowned", [False, True])
def test_no_seal_leaves_that_counts_a_voice_which_was_taken_back(campaign: Campaign, *, disowned: bool) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign)
        one = session.get_one(Campaign, campaign.id)
        one.letter.texts = {"en": "# Wait\n\nWe, the {{ count }}, and {{ members }} more, ask you.\n"}
        cast.is_sealed(session, one)
        one.closed_at = db.clock(session)
    with db.transaction() as session:
        take_back = take_back_voice.disown_voice if disowned else take_back_voice.withdraw_voice
        take_back(session, member.id, 1)
    with db.reading() as session:
        assert all(seal.voided_at is not None for seal in session.scalars(select(Seal)))


@on_sqlite
def test_to_take_a_voice_back_is_never_closed(browser: TestClient, campaign: Campaign) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign)
        session.get_one(Campaign, campaign.id).voices_stopped_at = db.clock(session)
    assert "Withdraw my voice" in browser.get(link(member)).text
    assert presses(browser, member, "withdraw").status_code == 303
    assert counted() == 0


# Links of others.


@on_sqlite
def test_no_link_works_where_it_does_not_belong(browser: TestClient, campaign: Campaign) -> None:
    with db.transaction() as session:
        member = a_voice(session, campaign)
        other = a_campaign(session, "weir")
    token = tokens.token(member, "voice")
    for place in ("s", "u", "j", "d"):
        assert browser.get(f"/{place}/{token}").status_code == 404, place
    for purpose in ("sign", "quiet", "join", "digest"):
        assert browser.get(f"/v/{tokens.token(member, purpose)}").status_code == 404, purpose
    assert browser.get(f"/v/{tokens.token(campaign.partners[0], 'voice')}").status_code == 404
    with db.transaction() as session:
        theirs = a_voice(session, other, said=Voice("Ana Lee"))
    assert presses(browser, member, "withdraw", mail_code=tokens.mail_code(theirs)).status_code == 422
    assert counted() == 2
    assert "Ana Lee" not in browser.get(link(member)).text


# A letter that changes.


FOLDER = replace(
    a_definition([PartnerRow("River Watch", email="a@river.example", language="en")], datetime.now(UTC), slug="dam"),
    members="named",
    public_page="from launch",
)


@pytest.fixture
def launched(database: str) -> Campaign:
    """The same as `campaign`, launched from a folder, so that its letter can be amended."""
    with db.transaction() as session:
        return launch.launch_campaign(session, FOLDER)


def amend(session: Session, campaign: Campaign, to: str, *, meaning: bool = True) -> int:
    """Ask for something else than clean rivers; returns how many persons are asked again."""
    letters = {language: text.replace("clean", to) for language, text in FOLDER.letters.items()}
    changed = replace(FOLDER, letters=letters)
    return amend_letter.change_letter(session, campaign.id, changed, meaning=meaning).members


def test_each_whose_voice_does_not_count_any_more_is_asked_once(browser: TestClient, launched: Campaign) -> None:
    with db.transaction() as session:
        first, second, gone = (a_voice(session, launched, f"n{number}@x.example") for number in range(3))
        asks(session, launched, "unconfirmed@x.example")
        take_back_voice.withdraw_voice(session, gone.id, 1)
        all_leave(session)
        assert amend(session, launched, "clear", meaning=False) == 0
        assert count_members(session, launched) == 2
        assert amend(session, launched, "dry") == 2
        assert count_members(session, launched) == 0
        all_leave(session)
        confirms(session, first)
        assert count_members(session, launched) == 1
    assert {words_of(mail).to for mail in mails("voice_again")[1:]} == {"n1@x.example"}
    with pytest.raises(NothingToSay):
        words_of(mails("voice_again")[0])
    page = browser.get(link(second))
    assert "The letter was changed: please read it again" in page.text
    with db.transaction() as session:
        assert amend(session, launched, "deep") == 1, "who was asked once, and left it, is not asked again"
        assert amend(session, launched, "wide", meaning=False) == 1, "what had not left is put anew"
    assert [mail.member_id for mail in mails("voice_again") if mail.due_at] == [first.id]
    assert presses(browser, second, read=str(second_meaning())).status_code == 303
    assert counted() == 1


def second_meaning() -> int:
    with db.reading() as session:
        return session.scalars(select(Letter.meaning).order_by(Letter.version.desc())).first() or 0


def test_an_amendment_that_is_taken_back_calls_its_mails_back_and_voices_count_again(launched: Campaign) -> None:
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        member = a_voice(session, launched)
        all_leave(session)
        assert amend(session, launched, "dry") == 1
    with db.transaction() as session:
        undo.undo_act(session, launched.id, "amend")
    assert (mails("voice_again"), counted()) == ([], 1)
    with db.transaction() as session:
        amend(session, launched, "dry")
        confirms(session, session.get_one(Member, member.id))
    with db.transaction() as session, pytest.raises(CannotBeUndone):
        undo.undo_act(session, launched.id, "amend")


def test_a_launch_that_is_taken_back_leaves_no_person_behind(launched: Campaign) -> None:
    with db.transaction() as session:
        asks(session, launched)
    with db.transaction() as session:
        launch.undo_launch(session, launched.id)
    assert members() == []


def test_a_letter_that_changed_meanwhile_is_read_again_before_a_voice_counts_for_it(
    browser: TestClient, launched: Campaign
) -> None:
    types(browser)
    [member] = members()
    with db.transaction() as session:
        amend(session, launched, "stop")
    page = presses(browser, member, read="1", name="Ana Lee")
    assert page.status_code == 409
    assert "The letter was changed while you were reading." in page.text
    assert 'value="Ana Lee"' in page.text
    with db.transaction() as session, pytest.raises(LetterChanged):
        add_voice.confirm_voice(session, member.id, 1, NAMED, read=1)
    assert counted() == 0
    assert presses(browser, member, read="2").status_code == 303
    assert counted() == 1
