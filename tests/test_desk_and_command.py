"""What no other module compares: an act at the desk leaves the rows and mails that its command leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from tests import cast
from tests.organizers import DeskBrowser, add
from tests.same_rows import assert_same
from worker import db
from worker.acts import invite, panic
from worker.acts.third_party_limits import Person, write_to
from worker.cli.commands import app
from worker.models import Campaign, Mail

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]
ASKED = 4
"""How a command ends that has asked a second person, and done nothing."""


class Twin(NamedTuple):
    """An act of the desk with what is typed there, and its command."""

    act: str
    fields: dict[str, str] | None
    command: tuple[str, ...]
    options: tuple[str, ...] = ()
    before: Callable[[Session, Campaign], object] = lambda session, campaign: None
    code: int = 0


def _in_panic(session: Session, campaign: Campaign) -> None:
    panic.start_panic(session, campaign.id)


def _past_its_deadline(session: Session, campaign: Campaign) -> None:
    """In a panic that began before."""
    _in_panic(session, campaign)
    now = cast.passes_its_deadline(session, campaign, closed=False)
    campaign.panic_at = now - timedelta(days=1)


def _wants_two(session: Session, campaign: Campaign) -> None:
    campaign.definition = campaign.definition | {"two_persons": True}


def _wants_two_in_panic(session: Session, campaign: Campaign) -> None:
    _wants_two(session, campaign)
    _in_panic(session, campaign)


def _is_asked_by_strangers(session: Session, campaign: Campaign) -> None:
    """By two that confirmed nothing; each campaign has its own, for a mailbox is written to once a day."""
    for name in ("Kelp", "Moss"):
        who = Person(f"{name}@{campaign.slug}.example", "en", "Kim", f"{name} Friends", "", "Chad")
        one = write_to(session, "confirm", campaign, who, db.clock(session))
        one.email = f"{name}@friends.example"
        session.get_one(Mail, one.mail_id).key = f"campaign-{campaign.id}/confirm/{name}"


DAY = ("--extend", "in 20 days")
TWINS = {
    "panic": Twin("panic", None, ("panic",)),
    "the end of a panic": Twin("end-panic", {}, ("panic", "--end"), ("--yes",), _in_panic),
    "its end with a new deadline": Twin(
        "end-panic", {"deadline": "in 20 days"}, ("panic", "--end", *DAY), ("--yes",), _past_its_deadline
    ),
    "its end by two persons": Twin("end-panic", {}, ("panic", "--end"), ("--yes",), _wants_two_in_panic, ASKED),
    "taking out names by two persons": Twin("letter/ask-to-export", None, ("export",), (), _wants_two, ASKED),
    "wanting two persons": Twin("two-persons", None, ("two-persons",), ("--yes",)),
    "wanting one again": Twin("one-person", None, ("two-persons", "--off"), ("--yes",), _wants_two, ASKED),
    "closing by two persons": Twin("close", None, ("close",), ("--yes",), _wants_two, ASKED),
    "after a flood": Twin(
        "applicants", {"decide": "forget"}, ("admit", "--forget-unconfirmed"), ("--yes",), _is_asked_by_strangers
    ),
}


@pytest.mark.parametrize("which", TWINS)
def test_desk_and_command_leave_the_same(which: str) -> None:
    twin = TWINS[which]
    by_desk, by_command = _played("dam", twin.before), _played("lakes", twin.before)
    add(seats=dict.fromkeys((by_desk, by_command), "owner"), may_send=True)
    maly = DeskBrowser()
    maly.enters()
    assert_same(by_desk, by_command)

    done = maly.does(f"/desk/campaigns/{by_desk}/{twin.act}", twin.fields)

    assert done.status_code == 303, done.text
    with pytest.raises(AssertionError):
        assert_same(by_desk, by_command)
    name, *words = twin.command
    typed = CliRunner().invoke(app, [name, "lakes", *words, *twin.options])
    assert typed.exit_code == twin.code, (typed.output, typed.exception)
    assert_same(by_desk, by_command)


def _played(slug: str, before: Callable[[Session, Campaign], object]) -> int:
    """A campaign whose partners were asked, and one has signed."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug, quorum=1, join="approved", public_page="from launch")
        invite.enqueue_invitations(session, campaign.id)
        cast.signs(session, campaign.partners[0], "addressee")
        before(session, campaign)
        return campaign.id
