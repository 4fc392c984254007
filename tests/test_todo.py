"""What waits for a person, in all campaigns: each thing once, with its number, in words, and by few statements."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from tests import cast, lives, voices
from tests.sql import statements
from tests.two_addressees import a_campaign_with_two_addressees
from worker import db, settings
from worker.acts import correct_listing, hold, join
from worker.acts.answer import Statement
from worker.acts.partner_notes import add_note
from worker.acts.third_party_limits import Person
from worker.cli import todo as cli
from worker.cli.commands import app
from worker.mail import outbox
from worker.models import Campaign, Installation, Mail, MailResponse, Member, RelayHealth, ThirdPartyAddress
from worker.state.todo import ToDo, TodoCode, load_todo
from worker.wording.todo import sentence

pytestmark = pytest.mark.usefixtures("database")
Lived = Callable[[Session, Campaign], None]


def _asked(session: Session, campaign: Campaign, **values: Any) -> None:
    now = db.clock(session)
    outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])
    mail = session.scalars(select(Mail.id).where(Mail.campaign_id == campaign.id).order_by(Mail.id)).first()
    session.execute(update(Mail).where(Mail.campaign_id == campaign.id).values(sent_at=now, due_at=None))
    if values:
        session.execute(update(Mail).where(Mail.id == mail).values(**values))


def not_reached(session: Session, campaign: Campaign) -> None:
    _asked(session, campaign, bounced_at=db.clock(session))


def perhaps_not_reached(session: Session, campaign: Campaign) -> None:
    _asked(session, campaign, sent_at=None, uncertain_at=db.clock(session))


def may_not_have_arrived(session: Session, campaign: Campaign) -> None:
    _asked(session, campaign, reported_at=db.clock(session))


def wishes(session: Session, campaign: Campaign) -> None:
    cast.asks_for_a_change(session, campaign.partners[0].id, Statement(reason="softer"))


def names(session: Session, campaign: Campaign) -> None:
    wanted = correct_listing.Listing("River Watchers", "RW", "USA")
    correct_listing.change_listing(session, campaign.partners[0].id, wanted)


def applicants(session: Session, campaign: Campaign) -> None:
    campaign.definition = campaign.definition | {"public_page": "from launch", "join": "approved"}
    session.flush()
    join.ask_to_join(session, campaign.id, Person("one@more.example", "en", "Kim", "One More"))
    join.confirm_wish(session, session.scalars(select(ThirdPartyAddress.id)).one())


def words(session: Session, campaign: Campaign) -> None:
    now = db.clock(session)
    ids = {"campaign_id": campaign.id, "letter_id": campaign.letter.id, "ref": b"12345678"}
    of_it = {"name": "Ada", "email": "", "country": "", "words": "we drink it", "appearance": "named", "mails": 1}
    session.add(Member(generation=1, language="en", at=now, confirmed_at=now, words_at=now, **ids, **of_it))


def held(session: Session, campaign: Campaign) -> None:
    lives.held(session, campaign)


def mail_held(session: Session, campaign: Campaign) -> None:
    hold.hold_letter(session, campaign.id, all_mail=True)


def late(session: Session, campaign: Campaign) -> None:
    cast.passes_its_deadline(session, campaign, closed=False)


def below_quorum(session: Session, campaign: Campaign) -> None:
    lives.sealed(session, campaign)


def nobody_signed(session: Session, campaign: Campaign) -> None:
    cast.passes_its_deadline(session, campaign)
    cast.is_sealed(session, campaign)


def letter_uncertain(session: Session, campaign: Campaign) -> None:
    lives.uncertain(session, campaign)


def bring_letter(session: Session, campaign: Campaign) -> None:
    campaign.letter.addressees[0].email = ""
    lives.sealed(session, campaign)


def _letter(session: Session, campaign: Campaign, **values: Any) -> None:
    lives.in_data(session, campaign)
    letter = (Mail.campaign_id == campaign.id, Mail.kind == "letter")
    session.execute(update(Mail).where(*letter).values(in_data_at=None, **values))


def letter_refused(session: Session, campaign: Campaign) -> None:
    _letter(session, campaign, refused_at=db.clock(session), due_at=None, reply="550 no")


def letter_turned_down(session: Session, campaign: Campaign) -> None:
    _letter(session, campaign, blocked_at=db.clock(session), reply="554 5.7.1 no")


def notice(session: Session, campaign: Campaign) -> None:
    lives.stepped_back(session, campaign)


def letter_answered(session: Session, campaign: Campaign) -> None:
    lives.dispatched(session, campaign)
    letter = session.scalars(select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter")).one()
    session.add(MailResponse(mail_id=letter.id, kind="person", words="no such office", at=letter.dated_at))


def digest_failed(session: Session, campaign: Campaign) -> None:
    cast.is_sealed(session, campaign)
    cast.the_letter_leaves(session, campaign)
    voices.a_digest(session, campaign)
    told = Mail.campaign_id == campaign.id, Mail.kind == "digest"
    session.execute(update(Mail).where(*told).values(uncertain_at=db.clock(session), due_at=None))


def deadline_soon(session: Session, campaign: Campaign) -> None:
    _asked(session, campaign)
    campaign.deadline_at = db.clock(session) + timedelta(minutes=50)


def note_due(session: Session, campaign: Campaign) -> None:
    add_note(session, campaign.partners[0].id, "to be called", db.clock(session))
    add_note(session, campaign.partners[0].id, "not yet", db.clock(session) + timedelta(days=1))
    add_note(session, campaign.partners[1].id, "no day")


LIVES: dict[str, Lived] = {
    lived.__name__: lived
    for lived in (
        *(not_reached, perhaps_not_reached, may_not_have_arrived, wishes, names, applicants, words, held, mail_held),
        *(late, below_quorum, nobody_signed, letter_uncertain, bring_letter, letter_refused, letter_turned_down),
        *(notice, letter_answered, deadline_soon, digest_failed, note_due),
    )
}
ELSEWHERE = {
    "restored",
    "nothing_running",
    "mail_outage",
    "backup_missing",
    "addressee_not_served",
    "flood",
    "panic",
    "approval",
}


def a_campaign(name: str) -> None:
    with db.transaction() as session:
        LIVES[name](session, cast.a_campaign(session, slug=name.replace("_", "-")))


def something_runs(**values: Any) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        session.execute(update(RelayHealth).values(swept_at=now, drained_at=now, **values))


def look(**how: Any) -> list[ToDo]:
    with db.reading() as session:
        return load_todo(session, **how)


def codes(found: list[ToDo]) -> set[tuple[str | None, str]]:
    return {(one.campaign.slug.replace("-", "_") if one.campaign else None, one.code) for one in found}


def test_each_thing_that_waits_is_told_of_its_campaign_in_words_and_by_as_many_statements_as_for_one() -> None:
    assert LIVES.keys() | ELSEWHERE == set(get_args(TodoCode)) == cli._COMMANDS.keys() | {"nothing_running"}
    something_runs()
    assert look() == []
    for name in LIVES:
        a_campaign(name)
    something_runs()
    with statements() as seen:
        found = look()
    told = codes(found)
    assert {(name, name) for name in LIVES} <= told
    besides = told - {(name, name) for name in LIVES}
    in_passing = {"below_quorum", "late", "notice"}  # where the letter is not sent for another reason, too
    assert {code for _, code in besides} <= in_passing, besides
    assert all(
        one.number == 1 for one in found if one.code in {"not_reached", "wishes", "names", "applicants", "words"}
    )
    assert next(one.number for one in found if one.code == "deadline_soon") == 2
    with db.reading() as session:
        first = session.scalars(select(Campaign.id).where(Campaign.slug == "below-quorum")).one()
    with statements() as seen_of_one:
        assert codes(look(campaign_ids=[first])) == {("below_quorum", "below_quorum")}
    assert len(seen) <= 39
    # More where somebody stepped back, was answered, or is held, and where an addressee is told of persons.
    assert len(seen) - len(seen_of_one) <= 12
    for one in found:
        said, dit = sentence(one), sentence(one, "fr")
        assert said != dit
        assert said[-1] == dit[-1] == "."
        assert not any(word in said + dit for word in ("undersigned ", "`", "%(", "River", "None", "--"))


def test_a_letter_that_not_everybody_has_waits_with_the_name_of_who_lacks_it() -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session, by_hand=(1,))
        lives.dispatched(session, campaign)
    something_runs()
    (one,) = (one for one in look() if one.code == "addressee_not_served")
    assert (one.number, len(one.facts["names"])) == (1, 1)
    assert one.facts["names"][0] in sentence(one)


def test_what_concerns_all_campaigns_is_told_once(tmp_path: Path) -> None:
    a_campaign("deadline_soon")
    assert codes(look()) == {(None, "nothing_running"), ("deadline_soon", "deadline_soon")}
    something_runs()
    assert [one.needs_person for one in look()] == [False]
    assert codes(look(idle=True)) >= {(None, "nothing_running")}
    with db.reading() as session:
        now = db.clock(session)
    blocked = {"blocked_at": now, "retry_at": now + timedelta(minutes=5), "reply": "421 4.7.0 try again", "failures": 1}
    something_runs(**{name: value for name, value in blocked.items() if name in RelayHealth.__table__.columns})
    assert (None, "mail_outage") in codes(look())
    said = sentence(next(one for one in look() if one.code == "mail_outage"))
    assert said.startswith("No email is sent: the relay has accepted none since ")
    settings.set_for_this_process(backup_dir=str(tmp_path))
    assert "none was made yet" in sentence(next(one for one in look() if one.code == "backup_missing"))
    with db.transaction() as session:
        session.execute(update(Installation).values(restored_at=now, restored_by="command"))
    assert (None, "restored") in codes(look())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_says_what_to_type_and_ends_with_4() -> None:
    def types(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["todo", *words])
        return result.exit_code, result.stdout, result.stderr

    assert types() == (0, "", "Nothing waits for a person.\n")
    a_campaign("wishes")
    code, out, _ = types()
    assert code == 4
    assert "wishes: 1 partner asks for a change of the text.\n  → undersigned status wishes\n" in out
    assert "Nothing is running, so nothing is sent or closed." in out
    given = json.loads(types("--json")[1])
    assert [(one["code"], one["campaign"], one["number"]) for one in given][-1] == ("wishes", "wishes", 1)
