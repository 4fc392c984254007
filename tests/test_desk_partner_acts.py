"""What organizers do for one partner at the desk: the same as by a command, and nothing by mistake."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import cast
from tests.copies import types
from tests.organizers import DeskBrowser, add, hidden, hidden_fields
from tests.same_rows import assert_same
from worker import db, tasks, tokens
from worker.acts import (
    contacts,
    correct_listing,
    erase,
    invite,
    organizers,
    receipts,
    unsubscribe,
)
from worker.acts.answer import Statement, record_by_hand
from worker.acts.correct_listing import Listing
from worker.models import Answer, Campaign, Contact, Mail, Organizer, Partner, Suppression
from worker.state.links import Link
from worker.web.desk import partner_acts

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]

SIGNS = {"visibility": "addressee", "representative": "Ada", "role": "chair", "note": "phone call"}
CHAIR = "chair@river.example"


def _played(session: Session, slug: str) -> Campaign:
    """River Watch was asked and has another contact, Eau Vive is silent, Delta signs; an hour ago."""
    campaign = cast.a_campaign(session, slug=slug, partners=("Delta", "River Watch Asia"))
    invite.enqueue_invitations(session, campaign.id)
    contacts.add_contact(session, campaign.partners[0].id, CHAIR, language="en", name="Kim")
    cast.signs(session, campaign.partners[2])
    lately = db.clock(session) - timedelta(hours=1)
    of_it = Mail.campaign_id == campaign.id
    session.execute(update(Mail).where(of_it).values(sent_at=lately, dated_at=lately, due_at=None))
    return campaign


@dataclass
class Desk:
    """Maly at the desk, at a campaign of her own; `number` of each partner by its name."""

    maly: DeskBrowser
    campaign: int
    number: dict[str, int]

    def place(self, name: str, act: str = "") -> str:
        return f"/desk/campaigns/{self.campaign}/partners/{self.number[name]}" + (f"/{act}" if act else "")

    def rows(self) -> dict[str, list[Any]]:
        with db.reading() as session:
            return cast.everything(session, but="seen_at")


@pytest.fixture
def desk() -> Desk:
    return _a_desk()


def _a_desk(before: Callable[[Session, Campaign], object] = lambda session, campaign: None) -> Desk:
    with db.transaction() as session:
        campaign = _played(session, "lakes")
        before(session, campaign)
        number, names = campaign.id, {one.organization: one.id for one in campaign.partners}
    add(seats={number: "owner"}, may_send=True)
    maly = DeskBrowser()
    maly.enters()
    return Desk(maly, number, names)


# Each act, and its command


@dataclass(frozen=True)
class Twin:
    """An act at the desk and the command that does the same, on the partner of a name."""

    name: str
    act: str
    command: tuple[str, ...]
    fields: dict[str, str] | None = None
    before: Callable[[Session, Campaign], object] = field(default=lambda session, campaign: None)


def _asks_for_a_name(session: Session, campaign: Campaign) -> None:
    wanted = Listing("River Watchers", "RW", "USA", names={"fr": "Veilleurs"})
    correct_listing.change_listing(session, campaign.partners[0].id, wanted, link=Link(1))


def _is_silenced(session: Session, campaign: Campaign) -> None:
    unsubscribe.silence_partner(session, campaign.partners[0].id)


def _was_silenced_before_it_was_asked(session: Session, campaign: Campaign) -> None:
    session.execute(
        update(Mail).where(Mail.partner_id == campaign.partners[0].id).values(sent_at=None, due_at=db.clock(session))
    )
    _is_silenced(session, campaign)


def _is_doubtful(session: Session, campaign: Campaign) -> None:
    of_it = Mail.partner_id == campaign.partners[1].id
    session.execute(update(Mail).where(of_it).values(sent_at=None, uncertain_at=db.clock(session)))


def _unsubscribed(session: Session, campaign: Campaign) -> None:
    unsubscribe.unsubscribe_reader(session, campaign.partners[2].id, link=Link(1))


def _both_signed(session: Session, campaign: Campaign) -> None:
    cast.signs(session, campaign.partners[0], "counted")


def _is_sealed(session: Session, campaign: Campaign) -> None:
    cast.passes_its_deadline(session, campaign)
    cast.is_sealed(session, campaign)


SIGN = ("--visibility", "addressee", "--representative", "Ada", "--role", "chair", "--note", "phone call")
RW, EV, DELTA = "River Watch", "Eau Vive", "Delta"
TWINS = {
    "another address": Twin(
        RW, "address", ("amend", "--partner", RW, "--email", "new@rw.example"), {"email": "new@rw.example"}
    ),
    "an address that answered": Twin(
        DELTA, "address", ("amend", "--partner", DELTA, "--email", "d@d.example"), {"email": "d@d.example"}
    ),
    "a reminder": Twin(RW, "mail-again", ("resend", "--partner", RW)),
    "a receipt": Twin(DELTA, "mail-again", ("resend", "--partner", DELTA)),
    "a doubtful mail": Twin(EV, "mail-again", ("resend", "--partner", EV), None, _is_doubtful),
    "a signature": Twin(RW, "sign", ("sign", RW, *SIGN), SIGNS),
    "another signature": Twin(DELTA, "sign", ("sign", DELTA, *SIGN), SIGNS),
    "of one that unsubscribed": Twin(DELTA, "sign", ("sign", DELTA, *SIGN), SIGNS, _unsubscribed),
    "a signature less after the deadline": Twin(DELTA, "sign", ("sign", DELTA, *SIGN), SIGNS, _is_sealed),
    "no": Twin(RW, "decline", ("decline", RW, "--note", "call"), {"note": "call"}),
    "a withdrawal": Twin(DELTA, "withdraw", ("withdraw", DELTA, "--note", "call"), {"note": "call"}),
    "a late withdrawal": Twin(DELTA, "withdraw", ("withdraw", DELTA, "--note", "call"), {"note": "call"}, _is_sealed),
    "by hand": Twin(RW, "carry", ("carry", RW)),
    "yes to a name": Twin(RW, "name", ("amend", "--partner", RW, "--name", "yes"), {"agreed": "yes"}, _asks_for_a_name),
    "no to a name": Twin(RW, "name", ("amend", "--partner", RW, "--name", "no"), {"agreed": "no"}, _asks_for_a_name),
    "a contact": Twin(
        RW,
        "add-contact",
        ("contacts", RW, "--add", "kim@rw.example", "--name", "Kim Ray", "--language", "fr"),
        {"email": " kim@rw.example ", "name": "Kim  Ray", "language": "fr"},
    ),
    "a contact's end": Twin(RW, "end-contact", ("contacts", RW, "--end", "1"), {"contact": "1"}),
    "silence": Twin(RW, "silence", ("silence", RW)),
    "the end of silence": Twin(RW, "allow-mail", ("silence", RW, "--end"), None, _is_silenced),
    "what was never asked": Twin(RW, "allow-mail", ("silence", RW, "--end"), None, _was_silenced_before_it_was_asked),
    "two that are one": Twin(RW, "merge", ("merge", RW, DELTA), {"other": "delta"}),
    "two that signed": Twin(RW, "merge", ("merge", RW, DELTA), {"other": "DELTA"}, _both_signed),
    "an end": Twin(RW, "erase", ("erase", RW), {"name": "river watch"}),
}


@pytest.mark.parametrize("which", TWINS)
def test_each_act_leaves_the_rows_and_mails_that_its_command_does(which: str) -> None:
    twin = TWINS[which]
    with db.transaction() as session:
        by_command = _played(session, "dam")
        twin.before(session, by_command)
    desk = _a_desk(twin.before)
    assert_same(by_command.id, desk.campaign)

    command, *words = twin.command
    types(command, "dam", *words, *(() if command == "carry" else ("--yes",)))
    with pytest.raises(AssertionError):
        assert_same(by_command.id, desk.campaign)
    done = desk.maly.does(desk.place(twin.name, twin.act), twin.fields)

    assert done.status_code == (200 if twin.act == "carry" else 303), done.text
    with db.transaction() as session:
        for number in (by_command.id, desk.campaign):
            receipts.put_receipts(session, number)
    assert_same(by_command.id, desk.campaign)
    if twin.act != "carry":
        page = desk.maly.get(done.headers["location"])
        assert 'class="notice done"' in page.text
        assert "It is done." not in page.text, "it says what, as the log has it"


def test_each_act_has_a_twin() -> None:
    assert {twin.act for twin in TWINS.values()} == {act.name for act in partner_acts.ACTS}


# What would happen


def test_what_would_happen_is_said_and_nothing_is_done_before_the_button(desk: Desk) -> None:
    before, place = desk.rows(), desk.place(RW)
    said = {
        "address": ({"email": "new@rw.example"}, "Change the address of River Watch to new@rw.example?"),
        "mail-again": (None, "Send River Watch a reminder, with its link?"),
        "sign": (SIGNS, "It is named to the addressee only."),
        "decline": ({"note": "call"}, "It gets a receipt by email."),
        "carry": (None, "Whoever has this can answer for River Watch"),
        "add-contact": ({"email": "k@rw.example", "language": "fr"}, "with its own link, in French?"),
        "end-contact": ({"contact": "1"}, f"End the link of {CHAIR} for River Watch?"),
        "silence": (None, "They can still withdraw, or make it less visible."),
        "merge": ({"other": "Delta"}, "This answer stands: #"),
        "erase": ({"name": RW}, "So is 1 further contact."),
    }
    for act, (fields, sentence) in said.items():
        path = f"{place}/{act}"
        check = desk.maly.get(path) if fields is None else desk.maly.post(path, fields)
        assert check.status_code == 200, act
        assert sentence in check.text.replace("&#39;", "'"), act
        assert f">{RW}</a>" in check.text, "it is called as it is, and not as it would be"
    assert desk.rows() == before


def test_a_form_begins_with_what_stands(desk: Desk) -> None:
    with db.reading() as session:
        email = session.get_one(Partner, desk.number[DELTA]).email
    assert f'value="{email}"' in desk.maly.get(desk.place(DELTA, "address")).text
    signs = desk.maly.get(desk.place(DELTA, "sign")).text
    assert 'value="Sophea Chan"' in signs
    assert " checked" not in signs, "who may see its name is chosen anew"
    assert re.search(r'value="en" checked', desk.maly.get(desk.place(DELTA, "add-contact")).text)


# Wrong input


WRONG: list[tuple[str, dict[str, str], list[str]]] = [
    ("address", {"email": "rw.example"}, ["Enter an email address"]),
    (
        "sign",
        {"visibility": "", "representative": " ", "role": "r" * 201, "note": ""},
        ["Choose who may see its name", "Enter who signs", "This text is too long", "Enter how it reached you"],
    ),
    ("sign", SIGNS | {"note": "x" * 2001}, ["This text is too long"]),
    ("decline", {"note": "  "}, ["Enter how it reached you"]),
    ("withdraw", {}, ["Enter how it reached you"]),
    ("name", {"agreed": "perhaps"}, ["Choose yes or no"]),
    (
        "add-contact",
        {"email": "k@", "name": "N" * 1000, "language": "xx"},
        ["Enter an email address", "This text is too long", "Choose one of these languages"],
    ),
    ("add-contact", {"email": CHAIR, "language": "en"}, ["This person can answer for the organization already"]),
    ("end-contact", {"contact": "7"}, ["Choose the person whose link is to end"]),
    ("merge", {"other": ""}, ["Enter the name or the number of the other partner"]),
    ("merge", {"other": "Nobody at all"}, ["No other partner of this campaign is called so"]),
    ("merge", {"other": "#999999"}, ["No other partner of this campaign is called so"]),
    ("merge", {"other": "river watch"}, ["This is the partner itself"]),
    ("merge", {"other": "a"}, ["Several partners are called so"]),
    ("erase", {"name": "River"}, ["Type the name of the organization"]),
]


def test_all_that_is_wrong_is_said_at_once_and_what_was_typed_is_kept(desk: Desk) -> None:
    before = desk.rows()
    for act, fields, sentences in WRONG:
        wrong = desk.maly.post(desk.place(RW, act), fields)
        assert wrong.status_code == 422, (act, fields)
        for sentence in sentences:
            assert wrong.text.count(sentence) == 2, f"{sentence}: in the summary, and beside the field"
        for typed in fields.values():
            if typed.strip() and typed not in {"xx", "perhaps", "7"}:
                assert f'value="{typed}"' in wrong.text
    assert desk.rows() == before


def test_of_several_one_is_chosen(desk: Desk) -> None:
    asks = desk.maly.post(desk.place(EV, "merge"), {"other": "river"})
    assert asks.status_code == 422
    found = re.findall(r'name="number" value="(\d+)"', asks.text)
    assert found == [str(desk.number[RW]), str(desk.number["River Watch Asia"])]

    check = desk.maly.post(desk.place(EV, "merge"), {"other": "river", "number": found[1]})
    assert "River Watch Asia" in check.text
    assert hidden(check, "number") == found[1]
    by_number = desk.maly.post(desk.place(EV, "merge"), {"other": f"#{found[1]}", "number": found[0]})
    assert hidden(by_number, "number") == found[1], "what was typed last counts"

    with db.transaction() as session:  # the name would mean another by now
        session.get_one(Partner, int(found[0])).organization = "Rivers"
        session.get_one(Partner, int(found[1])).organization = "Lakes"
    assert desk.maly.post(desk.place(EV, "merge"), hidden_fields(check)).status_code == 303
    with db.reading() as session:
        assert session.get(Partner, int(found[1])) is None
        assert session.get(Partner, int(found[0])) is not None


def test_no_partner_of_another_campaign_is_found_to_merge(desk: Desk) -> None:
    with db.transaction() as session:
        other = cast.a_campaign(session, slug="dam", partners=("Elsewhere",)).partners[2]
    for typed in ("Elsewhere", f"#{other.id}", other.email):
        wrong = desk.maly.post(desk.place(RW, "merge"), {"other": typed})
        assert "No other partner of this campaign is called so" in wrong.text or typed == other.email
    forged = hidden_fields(desk.maly.post(desk.place(RW, "merge"), {"other": DELTA})) | {"number": str(other.id)}
    assert desk.maly.post(desk.place(RW, "merge"), forged).status_code in {409, 422}
    with db.reading() as session:
        assert session.get(Partner, other.id) is not None


# Refused


def test_an_act_that_is_refused_says_why_and_changes_nothing(desk: Desk) -> None:
    maly = desk.maly
    with db.transaction() as session:
        session.add(
            Suppression(email_hmac=tokens.fingerprint("gone@rw.example"), at=db.clock(session), reason="bounce")
        )
        unsubscribe.silence_partner(session, desk.number[EV])
        erase.erase_partner(session, desk.number["River Watch Asia"])
    before = desk.rows()
    refused = [
        (maly.get(desk.place(EV, "mail-again")), "because you stopped it"),
        (maly.get(desk.place(EV, "silence")), "You stopped all email to Eau Vive already"),
        (maly.get(desk.place(RW, "allow-mail")), "was not stopped"),
        (maly.post(desk.place(RW, "withdraw"), {"note": "call"}), "has not signed: there is nothing to withdraw"),
        (maly.post(desk.place(RW, "name"), {"agreed": "yes"}), "asks for no other name"),
        (maly.post(desk.place(DELTA, "erase"), {"name": DELTA}), "signs, and the letter has not been sent"),
        (
            maly.post(desk.place(RW, "add-contact"), {"email": "gone@rw.example", "language": "en"}),
            "An earlier email to gone@rw.example came back",
        ),
        (
            maly.post(desk.place(EV, "add-contact"), {"email": "new@ev.example", "language": "en"}),
            "so new@ev.example would get no invitation either",
        ),
        (maly.get(desk.place("River Watch Asia", "carry")), "was erased"),
        (maly.post(desk.place("River Watch Asia", "sign"), SIGNS), "was erased"),
        (maly.post(desk.place("River Watch Asia", "decline"), {"note": "call"}), "was erased"),
    ]
    for page, sentence in refused:
        assert page.status_code == 409
        assert sentence in page.text
    assert desk.rows() == before


def test_what_there_is_nothing_for_is_not_offered(desk: Desk) -> None:
    def offered(name: str) -> set[str]:
        return set(re.findall(r'href="[^"]*/partners/\d+/([a-z-]+)"', desk.maly.get(desk.place(name)).text))

    assert offered("Eau Vive").isdisjoint({"withdraw", "end-contact"}), "it did not sign, and nobody else answers"
    assert "end-contact" in offered(RW)
    assert "withdraw" in offered(DELTA)


def test_after_the_deadline_only_what_shows_less_is_offered(desk: Desk) -> None:
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, desk.campaign))
    offered = set(re.findall(r'href="[^"]*/partners/\d+/([a-z-]+)"', desk.maly.get(desk.place(DELTA)).text))
    assert {"withdraw", "erase", "silence", "address"} <= offered
    assert offered.isdisjoint({"decline", "carry", "merge", "add-contact"})
    of_silent = set(re.findall(r'href="[^"]*/partners/\d+/([a-z-]+)"', desk.maly.get(desk.place(EV)).text))
    assert of_silent.isdisjoint({"sign", "withdraw", "mail-again"})
    assert "You can put it back" not in desk.maly.get(desk.place(DELTA, "take-out")).text
    for act, fields in {"carry": None, "merge": {"other": RW}, "decline": {"note": "call"}}.items():
        path = desk.place(DELTA, act)
        assert (desk.maly.get(path) if fields is None else desk.maly.post(path, fields)).status_code == 409


# Twice, and at the same time


@pytest.mark.parametrize(
    "which", ["another address", "a signature", "a contact", "silence", "by hand", "two that are one"]
)
def test_a_double_press_does_it_once(desk: Desk, which: str) -> None:
    twin, maly = TWINS[which], desk.maly
    path = desk.place(twin.name, twin.act)
    check = maly.get(path) if twin.fields is None else maly.post(path, twin.fields)
    fields = hidden_fields(check)
    first = maly.post(path, fields).status_code
    done = desk.rows()
    again = maly.post(path, fields).status_code
    assert (first, again) in {(303, 303), (200, 409)}, "what is shown once is on the page of the press alone"
    assert desk.rows() == done


@pytest.mark.parametrize("who", [RW, DELTA])
def test_what_either_of_two_answers_meanwhile_is_shown_before_they_are_merged(desk: Desk, who: str) -> None:
    path = desk.place(RW, "merge")
    check = desk.maly.post(path, {"other": DELTA})
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, desk.number[who]), "counted")
    pressed = desk.maly.post(path, hidden_fields(check))
    assert pressed.status_code == 409
    assert "Something changed since you opened this page" in pressed.text
    assert f"{who} signed; it is counted and not named." in pressed.text
    assert desk.maly.post(path, hidden_fields(pressed)).status_code == 303


def test_an_answer_by_its_link_is_not_overturned_unseen(desk: Desk) -> None:
    path = desk.place(RW, "sign")
    check = desk.maly.post(path, SIGNS | {"visibility": "public"})
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, desk.number[RW]), "counted")
    assert desk.maly.post(path, hidden_fields(check)).status_code == 409
    with db.reading() as session:
        assert cast.standing(session, desk.number[RW]).visibility == "counted"


# Who may


def test_a_partner_of_another_campaign_is_unknown_to_each_act(desk: Desk) -> None:
    with db.transaction() as session:
        other = _played(session, "dam").partners[0].id
    before = desk.rows()
    for act in partner_acts.ACTS:
        path = f"/desk/campaigns/{desk.campaign}/partners/{other}/{act.name}"
        assert desk.maly.get(path).status_code == 404
        assert desk.maly.post(path, {"sure": "yes", "seen": "0", "note": "call", "name": RW}).status_code == 404
    assert desk.rows() == before


@pytest.mark.parametrize(("role", "may_send"), [("viewer", True), ("editor", False), ("editor", True)])
def test_a_seat_decides_who_does_what_for_a_partner(desk: Desk, role: Any, may_send: bool) -> None:
    with db.transaction() as session:
        maly = session.scalars(select(Organizer)).one()
        organizers.give_seat(session, maly, desk.campaign, role, may_send=may_send)
    at_once = {"withdraw", "erase", "silence", "carry", "name", "end-contact"}
    allowed = {
        act.name
        for act in partner_acts.ACTS
        if desk.maly.post(desk.place(RW, act.name), {"note": "call"}).status_code != 403
    }
    every = {act.name for act in partner_acts.ACTS}
    assert allowed == (set() if role == "viewer" else every if may_send else at_once)


# The invitation, carried


def test_the_link_is_shown_once_it_is_pressed_for_and_kept_nowhere(desk: Desk) -> None:
    with db.reading() as session:
        link = str(tokens.link(session.get_one(Partner, desk.number[RW])))
    check = desk.maly.get(desk.place(RW, "carry"))
    assert link not in check.text
    assert link not in desk.maly.get(desk.place(RW)).text

    shown = desk.maly.post(desk.place(RW, "carry"), hidden_fields(check))

    assert shown.status_code == 200
    assert shown.text.count(link) == 1
    assert "<svg" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "Whoever has this can answer for River Watch" in shown.text
    assert "River Watch" not in shown.text.partition("<textarea")[2].partition("</textarea>")[0]
    assert "gets its invitation by hand" in types("log", "lakes", "--names")


# After the end


def test_what_was_erased_is_made_to_be_forgotten_by_the_files_too(desk: Desk, notified: list[tuple[Any, ...]]) -> None:
    assert desk.maly.does(desk.place(RW, "erase"), {"name": "RIVER WATCH"}).status_code == 303
    assert ("scrub",) in notified
    with db.reading() as session:
        partner = session.get_one(Partner, desk.number[RW])
        assert (partner.organization, partner.email, partner.contact) == ("(erased)", "", "")
        assert {one.email for one in session.scalars(select(Contact))} == {""}
    page = desk.maly.get(desk.place(RW))
    assert "The records of an organization were erased" not in page.text, "said once, where it was done"
    tasks.scrub.run()


def test_what_is_recorded_by_hand_says_how_it_came() -> None:
    with db.transaction() as session:
        partner = _played(session, "dam").partners[0]
        said = Statement(representative=" Ada ", role="chair", note=" call ", channel="link")
        record_by_hand(session, partner.id, "sign", "public", said)
        found = session.scalars(select(Answer).where(Answer.partner_id == partner.id)).one()
        assert (found.channel, found.note, found.representative) == ("by hand", "call", "Ada")
