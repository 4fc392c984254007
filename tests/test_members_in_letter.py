"""A letter says how many persons add their voices: one number, of who is there as it closes and has not withdrawn."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import campaign_folders, cast, desks
from tests.campaign_folders import change, remarks_on, told
from tests.desks import Desk
from tests.left_letters import (
    a_campaign,
    a_sealed_campaign,
    campaign_of,
    is_brought,
    is_in_data,
    is_in_doubt,
    is_put,
    is_sealed,
    letters_of,
    nothing,
    page,
    reaches_all,
    reaches_the_first,
)
from worker import db, settings, tasks, tokens
from worker.acts import amend_letter
from worker.acts.add_voice import Voice, confirm_voice
from worker.acts.take_back_voice import withdraw_voice
from worker.definition.campaign import read_definition
from worker.mail import outbox
from worker.models import Campaign, Letter, Mail, Member, Seal
from worker.state import members
from worker.state.letters import living_seal
from worker.state.refusals import MembersClosed
from worker.text.languages import LANGUAGES
from worker.wording.letter import render
from worker.wording.mails import word_mail

folder, desk = campaign_folders.folder, desks.desk
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TEXTS = {
    "en": "# {{ members }} and {{ count }} ask\n\nWe, {{ count }} organizations and {{ members }} of our members.\n",
    "fr": "# {{ members }} et {{ count }}\n\nNous, {{ count }} organisations, {{ members }} de nos membres.\n",
    "km": "# {{ members }} និង {{ count }}\n\nយើងខ្ញុំ {{ count }} អង្គការ និងសមាជិក {{members}} នាក់។\n",
}
SILENT_OF_MEMBERS = {"en": "# Rivers\n\nWe, {{ count }}, ask.\n"}
SAYS_MEMBERS: dict[str, Any] = {"members": "counted", "public_page": "from launch", "texts": TEXTS}


def adds_voice(session: Session, slug: str = "dam", at: datetime | None = None) -> Member:
    """One more, confirmed now or at a moment."""
    campaign, now = campaign_of(session, slug), at or db.clock(session)
    ref = tokens.new_ref()
    member = Member(
        campaign_id=campaign.id,
        letter_id=campaign.letter.id,
        ref=ref,
        generation=1,
        language="en",
        name="Dara Lim",
        email=f"{ref.hex()}@person.example",
        email_hmac=tokens.fingerprint(f"{ref.hex()}@person.example"),
        mailbox_hmac=tokens.fingerprint(f"{ref.hex()}@person.example"),
        country="",
        words="",
        appearance="counted",
        at=now,
        confirmed_at=now,
        mails=1,
    )
    session.add(member)
    session.flush()
    return member


def add_voices(number: int, slug: str = "dam") -> list[int]:
    with db.transaction() as session:
        return [adds_voice(session, slug).id for _ in range(number)]


def takes_voice_back(member_id: int) -> bool:
    """Says whether that voided a seal."""
    with db.transaction() as session:
        withdraw_voice(session, member_id, 1)
        campaign = session.get_one(Member, member_id).campaign
        return campaign.closed_at is not None and living_seal(session, campaign) is None


def adds_voice_again(member_id: int) -> None:
    with db.transaction() as session:
        confirm_voice(session, member_id, 1, Voice("Dara Lim"))


def said() -> str:
    """The body of the living seal, as text."""
    with db.reading() as session:
        living = select(Seal.content).where(Seal.voided_at.is_(None), Seal.rendition == "public")
        text = session.scalars(living.where(Seal.format == "text", Seal.language == "en")).one()
        return " ".join(text.decode().split())


def count_seals() -> int:
    with db.reading() as session:
        return session.scalar(select(func.max(Seal.number))) or 0


# The number in the letter


@ONE_DATABASE
def test_each_copy_in_each_language_and_form_and_its_mail_have_the_same_number(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    add_voices(5)
    is_sealed("dam")
    is_put("dam")
    with db.reading() as session:
        seals = session.scalars(select(Seal).where(Seal.format.in_(["text", "html"]))).all()
        texts = [" ".join(seal.content.decode().split()) for seal in seals]
        mails = [word_mail(session, letter) for letter in letters_of(session, campaign_of(session, "dam"))]

    assert len(texts) == 12
    sentences = ("3 organizations and 5 of our", "3 organisations, 5 de nos", "3 អង្គការ និងសមាជិក 5 នាក់")
    assert all(any(sentence in text for sentence in sentences) for text in texts)
    assert all("5 and 3 ask" in text or "5 et 3" in text or "5 និង 3" in text for text in texts)
    assert [mail.subject for mail in mails] == ["5 and 3 ask"] * 2
    assert all("5 of our members" in " ".join(mail.text.split()) for mail in mails)


@ONE_DATABASE
@pytest.mark.parametrize("language", LANGUAGES)
def test_organizers_read_the_number_of_the_seal_that_their_mail_is_about(language: str, database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    one, *_ = add_voices(17)
    is_sealed("dam")
    takes_voice_back(one)
    with db.transaction() as session:
        campaign, now = campaign_of(session, "dam"), db.clock(session)
        campaign.dispatched_at = now
        for kind in ("closed", "report"):
            row = outbox.to_organizers(kind, campaign, "again", now, seal_number=1)
            outbox.put(session, [row | {"language": language}])
        mails = session.scalars(select(Mail).where(Mail.key.contains("again"))).all()

        texts = [word_mail(session, mail).text for mail in mails]

    assert len(texts) == 2
    assert all(" 17" in text for text in texts)


def test_who_is_there_as_it_is_closed_is_in_it_and_who_comes_in_the_same_second_is_not(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    with db.transaction() as session:
        adds_voice(session)
        withdrawn_before = adds_voice(session).id
    takes_voice_back(withdrawn_before)
    with db.transaction() as session:
        campaign = db.locked(session, campaign_of(session, "dam").id)
        campaign.closed_at = db.clock(session)
        adds_voice(session, at=campaign.closed_at)
        adds_voice(session, at=campaign.closed_at + timedelta(milliseconds=1))

    is_sealed("dam")

    assert "and 2 of our members" in said()


def test_who_withdraws_between_seal_and_departure_is_not_in_what_leaves(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    one, *_ = add_voices(3)
    is_sealed("dam")
    is_put("dam")
    assert "and 3 of our members" in said()

    assert takes_voice_back(one)

    with db.reading() as session:
        assert letters_of(session, campaign_of(session, "dam")) == [], "nothing that counts it is under way any more"
    reaches_all("dam")
    assert count_seals() == 2
    assert "and 2 of our members" in said()
    with db.reading() as session:
        letters = letters_of(session, campaign_of(session, "dam"))
        assert {letter.seal_number for letter in letters} == {2}
        assert "and 2 of our members" in " ".join(word_mail(session, letters[0]).text.split())


@ONE_DATABASE
def test_who_withdraws_while_the_letter_is_rendered_is_not_in_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    leaving, times = add_voices(3)[:1], list[int]()

    def rendered(*sheets: Any) -> Any:
        times.append(1)
        if leaving:
            takes_voice_back(leaving.pop())
        return render(*sheets)

    monkeypatch.setattr("worker.acts.close.render", rendered)
    is_sealed("dam")

    assert len(times) == 2
    assert count_seals() == 1
    assert "and 2 of our members" in said()


@ONE_DATABASE
@pytest.mark.parametrize(
    ("texts", "until_then"), [(SILENT_OF_MEMBERS, is_put), (TEXTS, is_in_data), (TEXTS, reaches_all)]
)
def test_the_seal_stands_where_the_letter_says_no_number_or_is_beyond_recall(
    texts: dict[str, str], until_then: Callable[[str], None], database: str
) -> None:
    a_campaign("dam", members="counted", texts=texts)
    one, *_ = add_voices(2)
    is_sealed("dam")
    until_then("dam")

    assert not takes_voice_back(one)

    is_sealed("dam")
    assert count_seals() == 1


@ONE_DATABASE
def test_who_came_after_the_close_and_goes_again_voids_nothing(database: str) -> None:
    a_sealed_campaign("dam", **SAYS_MEMBERS)
    late, *_ = add_voices(1)

    assert not takes_voice_back(late)
    assert count_seals() == 1
    assert "and 0 of our members" in said()


@ONE_DATABASE
def test_one_voice_voids_one_seal_however_often_it_comes_and_goes(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    one, *_ = add_voices(2)
    is_sealed("dam")
    voided = []
    for _ in range(3):
        voided.append(takes_voice_back(one))
        is_sealed("dam")
        adds_voice_again(one)

    assert voided == [True, False, False]
    assert count_seals() == 2
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Member)) == 3, "and leaves one row of what was sealed"


@ONE_DATABASE
def test_however_many_withdraw_between_two_sweeps_one_seal_is_made_anew(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    leaving = add_voices(100)
    is_sealed("dam")

    voided = [takes_voice_back(member_id) for member_id in leaving[:60]]
    due = [name for name, _ in tasks.due_now() if name == "close"]
    for _ in due:
        is_sealed("dam")

    assert all(voided)
    assert due == ["close"]
    assert count_seals() == 2
    assert "and 40 of our members" in said()
    with db.reading() as session:
        told = session.scalars(select(Mail).where(Mail.kind == "closed", Mail.cancelled_at.is_(None))).all()
        assert [mail.seal_number for mail in told] == [2]


@ONE_DATABASE
def test_who_meant_the_earlier_letter_is_not_counted(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    earlier, *_ = add_voices(3)
    with db.transaction() as session:
        campaign = campaign_of(session, "dam")
        before = campaign.letter
        after = Letter(version=2, meaning=2, texts=TEXTS, hash="1" * 64)
        after.addressees = list(before.addressees)
        campaign.letters.append(after)
        session.flush()
        adds_voice(session)
        for partner in campaign.partners[:3]:
            cast.standing(session, partner.id).letter_id = after.id
    is_sealed("dam")

    assert "3 organizations and 1 of our members" in said()
    assert not takes_voice_back(earlier)


# The number told


@ONE_DATABASE
@pytest.mark.parametrize(
    ("until_then", "afterwards"),
    [
        (is_in_data, reaches_all),
        (is_in_doubt, is_brought),
        (reaches_the_first, reaches_all),
        (reaches_all, nothing),
        (is_brought, nothing),
    ],
)
def test_the_public_page_is_the_same_whoever_comes_goes_or_comes_back(
    until_then: Callable[[str], None], afterwards: Callable[[str], None], browser: TestClient
) -> None:
    def goes_and_returns(one: int) -> None:
        takes_voice_back(one)
        adds_voice_again(one)

    pages = set()
    for slug, happens in {
        "nobody": lambda one: None,
        "goes": takes_voice_back,
        "comes": lambda one: add_voices(1, "comes"),
        "returns": goes_and_returns,
    }.items():
        a_campaign(slug, **SAYS_MEMBERS)
        one, *_ = add_voices(4, slug)
        is_sealed(slug)
        until_then(slug)
        happens(one)
        afterwards(slug)
        pages |= {page(browser, slug).replace(slug, "")}

    (same,) = pages
    assert "3 organizations and 4 of our members" in same
    assert "Minister Ada Weir was told of 4 persons who add their voices to this letter." in same


@ONE_DATABASE
def test_who_comes_back_after_it_was_not_counted_counts_from_then_on(database: str) -> None:
    a_campaign("dam", **SAYS_MEMBERS)
    one, *_ = add_voices(2)
    is_sealed("dam")
    takes_voice_back(one)
    adds_voice_again(one)
    reaches_all("dam")

    with db.reading() as session:
        campaign = campaign_of(session, "dam")
        assert members.number_told(session, campaign) == 1
        assert members.count_members(session, campaign) == 2
        confirmed = session.get_one(Member, one).confirmed_at
        assert confirmed is not None
        assert confirmed > (campaign.closed_at or confirmed)


@ONE_DATABASE
@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_letter_has_left_its_page_has_no_number_and_a_way_to_join(
    language: str, browser: TestClient
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", members="counted")
        campaign.letter.texts = dict(TEXTS)
    empty = page(browser, "dam", language)
    add_voices(7)

    assert page(browser, "dam", language) == empty
    assert len(re.findall("…", empty.partition("<article")[2])) == 4, "of the subject, and of the text"
    assert f'href="/c/this-campaign/voice?lang={language}"' in empty


@ONE_DATABASE
def test_a_sealed_letter_that_has_not_left_has_no_number_on_its_page_either(browser: TestClient) -> None:
    for slug, number in {"left-bank": 0, "right-bank": 7}.items():
        a_campaign(slug, **SAYS_MEMBERS)
        add_voices(number, slug)
        is_sealed(slug)

    assert page(browser, "left-bank") == page(browser, "right-bank")


@ONE_DATABASE
def test_the_way_to_join_is_there_only_while_voices_are_taken(browser: TestClient) -> None:
    with db.transaction() as session:
        cast.a_campaign(session, "open", public_page="from launch", members="named")
        cast.a_campaign(session, "none", public_page="from launch")
        stopped = cast.a_campaign(session, "stopped", public_page="from launch", members="named")
        stopped.voices_stopped_at = db.clock(session)

    assert ["/voice" in page(browser, slug) for slug in ("open", "none", "stopped")] == [True, False, False]


@ONE_DATABASE
def test_a_partner_reads_where_its_members_can_join_and_no_number(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", members="counted")
        campaign.letter.texts = dict(TEXTS)
        token = tokens.token(campaign.partners[0])
    add_voices(7)
    shown = browser.get(f"/s/{token}").text
    assert "We, … organizations and … of our members." in shown
    assert '<a href="/c/dam?lang=en">the public page of this letter</a>' in shown
    assert "it will be replaced by the number of those who have added their voices" in shown

    with db.transaction() as session:
        campaign_of(session, "dam").voices_stopped_at = db.clock(session)

    assert "the public page of this letter" not in browser.get(f"/s/{token}").text, (
        "the page kept for many is not shown"
    )


# What an organizer is told


def opens(folder: Any, members: str) -> None:
    change(folder, "quorum = 2", f'quorum = 2\npublic_page = "from launch"\nmembers = "{members}"')


def says_members(folder: Any, *languages: str) -> None:
    for language in languages:
        path = folder / f"letter.{language}.md"
        path.write_text(path.read_text() + "\nAnd {{ members }} persons.\n")


def test_a_number_of_nobody_is_refused_in_each_language(folder: Any) -> None:
    says_members(folder, "en", "fr")

    problems = told(folder)

    for language in ("en", "fr"):
        assert f"letter.{language}.md, line 5: found “{{{{ members }}}}”; expected no number of persons" in problems
    assert 'or write members = "counted" and public_page = "from launch" in campaign.toml' in problems


def test_a_number_is_refused_where_nobody_can_come_before_the_letter_leaves(folder: Any) -> None:
    opens(folder, "named")
    change(folder, '"from launch"', '"after dispatch"')
    says_members(folder, "en")

    problems = told(folder)

    assert "expected no number of persons, as there is no public page before the letter is sent" in problems
    assert 'or write public_page = "from launch" in campaign.toml' in problems


@pytest.mark.parametrize(
    ("languages", "remarked"), [((), ["en"]), (("en",), ["fr"]), (("fr",), ["en"]), (("en", "fr"), [])]
)
def test_a_letter_that_does_not_say_it_or_not_in_each_language_is_remarked(
    languages: tuple[str, ...], remarked: list[str], folder: Any
) -> None:
    opens(folder, "counted")
    says_members(folder, *languages)

    remarks = [one for one in remarks_on(folder).split("\n") if "{{ members }}" in one]

    assert [one.partition(":")[0] for one in remarks] == [f"letter.{language}.md" for language in remarked]


@ONE_DATABASE
@pytest.mark.parametrize("launched", [{}, {"members": "counted", "public_page": "after dispatch"}])
def test_a_letter_that_nobody_can_join_before_it_leaves_is_not_amended_to_say_it(
    launched: dict[str, Any], database: str, folder: Any
) -> None:
    opens(folder, "counted")
    says_members(folder, "en", "fr")
    definition = read_definition(folder, now=datetime.fromisoformat("2030-04-01T12:00:00Z"))
    with db.transaction() as session:
        campaign_id = cast.a_campaign(session, **launched).id

    with pytest.raises(MembersClosed), db.transaction() as session:
        amend_letter.change_letter(session, campaign_id, definition, meaning=True)

    with db.reading() as session:
        assert len(session.get_one(Campaign, campaign_id).letters) == 1


@ONE_DATABASE
def test_check_and_preview_say_who_may_join_and_leave_the_number_open(desk: Desk) -> None:
    desk.story.writes_its_folder()
    its_folder = desk.story.folder
    assert "members" not in desk.types("check", str(its_folder), "--deadline", "in 2 weeks")
    for language in ("en", "fr"):
        says_members(its_folder, language)
    path = its_folder / "campaign.toml"
    path.write_text('members = "named"\npublic_page = "from launch"\n' + path.read_text())

    checked = desk.types("check", str(its_folder), "--deadline", "in 2 weeks")
    previewed = desk.types("preview", str(its_folder), "--deadline", "in 2 weeks")

    assert "the addressee reads the names of those who wish it" in " ".join(checked.split())
    assert "“…” stands for the number of members" in " ".join(previewed.split())
    assert "And … persons." in (settings.current().data_dir / "preview" / "rivers" / "letter.en.txt").read_text()
