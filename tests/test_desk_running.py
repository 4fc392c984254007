"""What changes about a running campaign, done at the desk: the same as by the commands, and nothing typed is lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from tests import cast, children
from tests.conftest import Clock
from tests.definitions import a_definition
from tests.organizers import DeskBrowser, add, hidden_fields
from tests.same_rows import assert_same
from worker import db, settings
from worker.acts import amend_letter, close, invite, launch
from worker.cli.commands import app
from worker.definition.partners import PartnerRow
from worker.models import Addressee, Campaign, Letter, Mail
from worker.state.answers import load_standing
from worker.state.due import due_acts
from worker.state.letters import living_seal
from worker.wording import letter as letter_words
from worker.wording import letter_pdf, typesetting
from worker.wording.sheet import hash_of

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]
ROWS = [PartnerRow("River Watch", "RW", "Canada", email="office@watch.example", language="en")]
TYPO = {"letter-en": "# The dam must wait\n\nWe, the {{ count }} undersigned, ask you to *wait now*.\n"}
BOTH = TYPO | {
    "letter-fr": "# Le barrage doit attendre\n\nNous, les {{ count }} soussignées, vous prions d’attendre.\n"
}


def asked(slug: str = "dam", **definition: Any) -> int:
    """A campaign whose invitations have arrived, two days ago; River Watch has signed."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug=slug, partners=("Delta",), **definition)
        campaign.letter.hash = hash_of(campaign.letter.texts)
        invite.enqueue_invitations(session, campaign.id)
        cast.signs(session, campaign.partners[0])
        long_ago = db.clock(session) - timedelta(days=2)
        its = update(Mail).where(Mail.campaign_id == campaign.id)
        session.execute(its.values(sent_at=long_ago, dated_at=long_ago, due_at=None, lease_holder=None))
        return campaign.id


@pytest.fixture
def maly(database: str) -> DeskBrowser:
    """Owner of the two campaigns that are there."""
    settings.set_for_this_process(undo=60)
    numbers = asked("dam"), asked("lakes")
    add(seats=dict.fromkeys(numbers, "owner"), may_send=True)
    browser = DeskBrowser()
    browser.enters()
    return browser


def place(slug: str = "dam") -> str:
    return f"/desk/campaigns/{campaign_now(slug).id}"


def campaign_now(slug: str = "dam") -> Campaign:
    with db.reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.slug == slug)).one()
        _ = campaign.letter.addressees, campaign.undo
        return campaign


def fields_of(maly: DeskBrowser) -> dict[str, str]:
    """What the form to change the letter begins with."""
    return {**hidden_fields(maly.get(f"{place()}/amend"))}


def mails(kind: str, slug: str = "dam") -> int:
    with db.reading() as session:
        its = select(Mail).join(Campaign).where(Campaign.slug == slug, Mail.kind == kind)
        return len(session.scalars(its.where(Mail.cancelled_at.is_(None))).all())


def types(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def amends(maly: DeskBrowser, slug: str, **fields: str) -> Response:
    shown = {"version": str(campaign_now(slug).letter.version), "shown": "yes", **fields}
    return maly.does(f"{place(slug)}/amend", {name.replace("_", "-"): value for name, value in shown.items()})


ACTS: dict[str, tuple[list[tuple[str, ...]], list[tuple[str, dict[str, str] | None]]]] = {
    "extend": ([("extend", "in 20 days")], [("extend", {"deadline": "in 20 days"})]),
    "earlier": ([("extend", "in 3 days", "--earlier")], [("earlier", {"deadline": "in 3 days"})]),
    "there and back": (
        [("extend", "in 3 days", "--earlier"), ("extend", "in 5 days")],
        [("earlier", {"deadline": "in 3 days"}), ("extend", {"deadline": "in 5 days"})],
    ),
    "undo": (
        [("extend", "in 3 days", "--earlier"), ("extend", "--undo")],
        [("earlier", {"deadline": "in 3 days"}), ("undo", None)],
    ),
    "remind": ([("remind",)], [("remind", {})]),
    "remind again": ([("remind", "--again")], [("remind", {"again": "yes"})]),
    "hold": ([("hold", "--all-mail")], [("hold", None)]),
    "hold the letter": ([("hold",)], [("hold-letter", None)]),
    "resume": ([("hold", "--all-mail"), ("resume",)], [("hold", None), ("resume", None)]),
    "close": ([("close",)], [("close", None)]),
    "cancel": ([("cancel",)], [("cancel", {})]),
    "erase": ([("erase", "--give-up")], [("cancel", {"erase": "yes"})]),
    "settings": ([("change", "--quorum", "2", "--review", "3h")], [("settings", {"quorum": "2", "review": "3h"})]),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_desk_leaves_what_the_command_leaves(maly: DeskBrowser, act: str) -> None:
    commands, pages = ACTS[act]
    for name, *words in commands:
        types(name, "dam", *words, *([] if "--undo" in words else ["--yes"]))
    for page, fields in pages:
        done = maly.does(f"{place('lakes')}/{page}", fields)
        assert done.status_code == 303, done.text
    assert_same(campaign_now("dam").id, campaign_now("lakes").id)


# --- the deadline


def test_an_earlier_deadline_is_told_to_all_who_were_asked_and_answers_stay(maly: DeskBrowser) -> None:
    check = maly.post(f"{place()}/earlier", {"deadline": "in 3 days"})
    assert "3 emails say so" in check.text
    assert "Whoever has answered keeps its answer" in check.text
    done = maly.post(f"{place()}/earlier", hidden_fields(check))
    assert "The deadline was moved to" in maly.get(done.headers["location"]).text
    assert mails("earlier") == 3
    with db.reading() as session:
        campaign = session.get_one(Campaign, campaign_now().id)
        assert timedelta(days=2) < campaign.deadline_at - db.clock(session) <= timedelta(days=3)
        assert [one.choice for one in load_standing(session, campaign).values()] == ["sign"]


@pytest.mark.parametrize(
    ("when", "said"), [("in 59 minutes", "an hour ahead at least"), ("in 20 days", "earlier than the present one")]
)
def test_an_earlier_deadline_is_earlier_and_leaves_an_hour(maly: DeskBrowser, when: str, said: str) -> None:
    before = campaign_now().deadline_at
    refused = maly.post(f"{place()}/earlier", {"deadline": when})
    assert (refused.status_code, said in refused.text) == (409, True)
    assert campaign_now().deadline_at == before


def test_a_later_deadline_calls_back_what_said_that_it_is_earlier_and_undo_brings_it_back(maly: DeskBrowser) -> None:
    maly.does(f"{place()}/earlier", {"deadline": "in 3 days"})
    earlier = campaign_now().deadline_at
    maly.does(f"{place()}/extend", {"deadline": "in 20 days"})
    assert (mails("earlier"), mails("extended")) == (0, 3)
    page = maly.get(f"{place()}/undo")
    assert "None of its 3 emails is sent." in page.text
    assert maly.post(f"{place()}/undo", hidden_fields(page)).status_code == 303
    assert (mails("earlier"), mails("extended"), campaign_now().deadline_at) == (3, 0, earlier)


def test_the_same_deadline_twice_is_told_twice_where_another_was_told_between(maly: DeskBrowser, clock: Clock) -> None:
    later = (campaign_now().deadline_at + timedelta(days=3)).isoformat()
    for name, when in (("extend", later), ("earlier", "in 3 days"), ("extend", later)):
        maly.does(f"{place()}/{name}", {"deadline": when})
        with db.transaction() as session:
            session.execute(update(Mail).values(sent_at=db.clock(session), due_at=None))
        clock.advance(seconds=1)
    assert (mails("extended"), mails("earlier")) == (6, 3)


def test_undo_says_what_it_takes_back_and_is_refused_when_there_is_nothing(maly: DeskBrowser) -> None:
    assert maly.get(f"{place()}/undo").status_code == 409
    assert f"{place()}/undo" not in maly.get(place()).text
    maly.does(f"{place()}/remind", {})
    assert f"{place()}/undo" in maly.get(place()).text
    maly.does(f"{place()}/undo")
    assert mails("reminder") == 0


def test_remind_says_whom_and_whom_not(maly: DeskBrowser) -> None:
    check = maly.post(f"{place()}/remind", {})
    assert "2 partners that have not answered are reminded." in check.text
    assert "Eau Vive" in check.text
    maly.post(f"{place()}/remind", hidden_fields(check))
    again = maly.post(f"{place()}/remind", {"again": "yes"})
    assert again.status_code == 409
    assert "2 partners are silent, and an email to each waits" in again.text


# --- the letter


def test_the_letter_is_compared_before_a_person_says_what_kind_of_change_it_is(maly: DeskBrowser) -> None:
    form = maly.get(f"{place()}/amend")
    assert "We, the {{ count }} undersigned" in form.text
    assert "Does the meaning stay the same?" not in form.text
    shown = maly.post(f"{place()}/amend", hidden_fields(form) | TYPO)
    assert shown.status_code == 200
    assert "<ins>" in shown.text
    assert "wait now" in shown.text
    assert "It says the same already." in shown.text  # of French
    unsaid = maly.post(f"{place()}/amend", hidden_fields(shown) | TYPO)
    assert unsaid.status_code == 422
    assert "Choose whether the meaning stays the same." in unsaid.text
    assert "Tick the box if this language says the same already." in unsaid.text
    assert "wait now" in unsaid.text
    said = {"kind": "typo", "same-fr": "yes"}
    check = maly.post(f"{place()}/amend", hidden_fields(shown) | TYPO | said)
    assert "1 email tells who signed" in check.text
    assert "<ins>" in check.text
    done = maly.post(f"{place()}/amend", hidden_fields(check))
    assert done.status_code == 303
    assert (campaign_now().letter.version, mails("corrected")) == (2, 1)
    assert campaign_now().letter.texts["en"] == TYPO["letter-en"]


def test_another_meaning_takes_signatures_back_and_undo_gives_them_again(maly: DeskBrowser) -> None:
    done = amends(maly, "dam", kind="meaning", **{k.replace("-", "_"): v for k, v in BOTH.items()})
    assert done.status_code == 303, done.text
    assert (campaign_now().letter.meaning, mails("amended")) == (2, 3)
    page = maly.get(f"{place()}/undo")
    assert "1 answer that was taken back stands again." in page.text
    maly.post(f"{place()}/undo", hidden_fields(page))
    assert campaign_now().letter.texts["en"] == cast.ENGLISH


@pytest.mark.parametrize("kind", ["typo", "meaning"])
def test_a_letter_from_a_folder_and_one_from_the_desk_leave_the_same(database: str, kind: str) -> None:
    settings.set_for_this_process(undo=60)
    numbers = []
    for slug in ("dam", "lakes"):
        with db.transaction() as session:
            numbers.append(
                launch.launch_campaign(session, a_definition(ROWS, db.clock(session), slug=slug, copies=1)).id
            )
        with db.transaction() as session:
            campaign = session.get_one(Campaign, numbers[-1])
            campaign.definition = campaign.definition | {"slug": "", "deadline": ""}
            cast.signs(session, campaign.partners[0])
    add(seats=dict.fromkeys(numbers, "owner"), may_send=True)
    maly = DeskBrowser()
    maly.enters()
    with db.transaction() as session:
        present = a_definition(ROWS, db.clock(session), slug="dam", copies=1)
        letters = {language: f"{text.rstrip()}\n\nNow.\n" for language, text in present.letters.items()}
        changed = replace(present, letters=letters)
        amend_letter.change_letter(session, numbers[0], changed, meaning=kind == "meaning")
    typed = {f"letter_{language}": text.replace("\n", "\r\n") for language, text in letters.items()}
    assert amends(maly, "lakes", kind=kind, **typed).status_code == 303
    assert_same(*numbers)


def test_all_problems_of_a_letter_are_told_in_their_places_and_nothing_is_lost(maly: DeskBrowser) -> None:
    typed = {
        "letter-en": "No subject\n\n{{ number }}\n",
        "letter-fr": "# Le barrage\n\nNous \u2067sommes\n",
        "salutation-1-en": "",
    }
    wrong = maly.post(f"{place()}/amend", fields_of(maly) | typed)
    assert wrong.status_code == 422
    for said in ("Line 1: found", "{{ number }}", "Line 3: found", "Enter the words by which the letter begins."):
        assert said in wrong.text
    assert "No subject\n\n{{ number }}\n" in wrong.text
    assert wrong.text.count('aria-invalid="true"') == 3


def test_a_letter_that_somebody_else_changed_meanwhile_is_not_overwritten_unseen(maly: DeskBrowser) -> None:
    old = fields_of(maly)
    amends(maly, "dam", kind="meaning", **{k.replace("-", "_"): v for k, v in BOTH.items()})
    late = maly.post(f"{place()}/amend", old | {"letter-en": cast.ENGLISH, "letter-fr": cast.FRENCH})
    assert late.status_code == 422
    assert "Somebody else changed the letter while you typed." in late.text
    assert "<ins>" in late.text
    assert hidden_fields(late)["version"] == "2"


def test_the_same_letter_is_refused_where_it_was_typed(maly: DeskBrowser) -> None:
    same = maly.post(f"{place()}/amend", fields_of(maly) | {"letter-en": cast.ENGLISH.replace("\n", "\r\n")})
    assert same.status_code == 422
    assert "The new letter is the same" in same.text


def test_an_office_is_changed_beside_the_text(maly: DeskBrowser) -> None:
    done = amends(maly, "dam", kind="typo", same_fr="yes", office_1_en="Minister for Water")
    assert done.status_code == 303, done.text
    assert campaign_now().letter.addressees[0].office == {"en": "Minister for Water", "fr": "Ministre de l’Eau"}


def test_very_many_addressees_keep_their_words_as_they_are(maly: DeskBrowser) -> None:
    with db.transaction() as session:
        letter = session.get_one(Campaign, campaign_now().id).letter
        first = letter.addressees[0]
        words = {"office": first.office, "salutation": first.salutation, "address": [], "email": "", "copy": True}
        letter.addressees += [Addressee(position=place, name=f"Office {place}", **words) for place in range(2, 20)]
    form = maly.get(f"{place()}/amend")
    assert "salutation-1-en" not in form.text
    assert amends(maly, "dam", kind="typo", same_fr="yes", letter_en=TYPO["letter-en"]).status_code == 303
    assert [one.office for one in campaign_now().letter.addressees] == [first.office] * 19


def test_a_long_letter_in_khmer_fits_and_a_book_does_not(maly: DeskBrowser) -> None:
    text = "# ទំនប់\n\n" + "ទន្លេ " * 2000
    assert maly.post(f"{place()}/amend", fields_of(maly) | {"letter-en": text}).status_code == 200
    assert maly.post(f"{place()}/amend", fields_of(maly) | {"letter-en": text * 3}).status_code == 413


# --- what stops it


def test_a_hold_of_the_letter_before_anything_left_says_that_all_email_is_held(maly: DeskBrowser) -> None:
    with db.transaction() as session:
        session.execute(delete(Mail))
    assert "Hold all email?" in maly.get(f"{place()}/hold-letter").text


def test_resume_says_how_many_emails_go_on_and_that_the_letter_leaves(maly: DeskBrowser) -> None:
    maly.does(f"{place()}/hold")
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_now().id)
        campaign.definition = campaign.definition | {"quorum": 1, "review": 0}
        cast.passes_its_deadline(session, campaign, closed=False)
    check = maly.get(f"{place()}/resume")
    assert "The letter is sent at once, with 1 signature." in check.text
    assert campaign_now().closed_at is None


def test_closing_says_how_many_signed_and_are_silent(maly: DeskBrowser) -> None:
    check = maly.get(f"{place()}/close")
    assert "1 organization signs." in check.text
    assert "2 have not answered." in check.text
    assert campaign_now().closed_at is None


def test_the_letter_is_rendered_while_others_can_withdraw(maly: DeskBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []

    def while_somebody_writes(*letter: Any) -> Any:
        with db.transaction() as session:
            rendered.append(db.locked(session, number).closed_at)
        return letter_words.render(*letter)

    number = campaign_now().id
    monkeypatch.setattr(close, "render", while_somebody_writes)
    assert maly.does(f"{place()}/close").status_code == 303
    assert rendered
    assert None not in rendered
    with db.reading() as session:
        assert living_seal(session, session.get_one(Campaign, number)) == 1


def test_a_letter_that_could_not_be_set_at_the_desk_is_closed_and_left_to_a_worker(
    maly: DeskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = campaign_now().id
    monkeypatch.setattr(letter_pdf, "LARGE", 0)
    monkeypatch.setattr(typesetting, "as_pdf", children.kill_itself)

    assert maly.does(f"{place()}/close").status_code == 303

    with db.reading() as session:
        assert living_seal(session, session.get_one(Campaign, number)) is None
        assert ("close", number) in due_acts(session)


def test_cancelling_says_what_is_told_to_whom(maly: DeskBrowser) -> None:
    check = maly.post(f"{place()}/cancel", {"erase": "yes"})
    assert "1 signature is dropped." in check.text
    assert "3 emails tell everyone who was asked" in check.text
    assert "are erased: once these emails have left" in check.text
    assert campaign_now().cancelled_at is None
    done = maly.post(f"{place()}/cancel", hidden_fields(check))
    assert done.status_code == 303
    assert campaign_now().erase_by is not None
    assert maly.get(f"{place()}/cancel").status_code == 200  # its form
    assert maly.post(f"{place()}/cancel", {}).status_code == 409


@pytest.mark.parametrize(
    ("role", "may_send", "offered"),
    [
        ("viewer", False, set[str]()),
        ("editor", False, {"hold", "hold-letter", "settings"}),
        ("editor", True, {"hold", "hold-letter", "settings", "extend", "earlier", "remind", "amend"}),
    ],
)
def test_who_may_do_what(maly: DeskBrowser, role: Any, may_send: bool, offered: set[str]) -> None:
    add("Dara", "dara@rivers.example", seats={campaign_now().id: role}, may_send=may_send)
    dara = DeskBrowser()
    dara.enters("Dara")
    page = dara.get(place()).text
    names = {"hold", "hold-letter", "settings", "extend", "earlier", "remind", "amend", "close", "cancel"}
    assert {name for name in names if f'{place()}/{name}"' in page} == offered
    for name in names - offered:
        assert dara.get(f"{place()}/{name}").status_code == 403 or may_send is False
        assert dara.post(f"{place()}/{name}", {"sure": "yes", "seen": "0"}).status_code == 403
    with db.reading() as session:
        assert len(session.scalars(select(Letter).where(Letter.campaign_id == campaign_now().id)).all()) == 1
