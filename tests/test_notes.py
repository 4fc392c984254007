"""What organizers note about partners, and who looks after them: kept once, found when it is due, and erased."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from tests import cast, organizers
from worker import db
from worker.acts import erase, launch, merge, receipts
from worker.acts import organizers as organizer_acts
from worker.acts.look_after import choose_carer
from worker.acts.partner_notes import add_note, finish_note, read_note
from worker.cli.commands import app
from worker.mail import outbox
from worker.models import AuditEvent, Campaign, Mail, Organizer, Partner, PartnerNote
from worker.state.notes import count_due, load_notes_of, load_open_notes
from worker.state.refusals import Erased, NoSeat
from worker.text import days, durations

SECRET = "to be called on Friday at her sister's"


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session)


def _texts(session: Session, partner_id: int) -> list[str]:
    return [one.text for one in load_notes_of(session, session.get_one(Partner, partner_id), db.clock(session))]


def test_a_note_that_is_written_twice_is_one_until_it_is_ticked_off(campaign: Campaign) -> None:
    partner_id = campaign.partners[0].id
    with db.transaction() as session:
        tomorrow = db.clock(session) + timedelta(days=1)
        assert add_note(session, partner_id, SECRET)
        assert not add_note(session, partner_id, SECRET)
        assert add_note(session, partner_id, SECRET, tomorrow)
    with db.transaction() as session:
        first, second = session.scalars(select(PartnerNote).order_by(PartnerNote.id))
        assert finish_note(session, first.id)
        assert not finish_note(session, first.id)
        assert not finish_note(session, second.id + 1)
        assert add_note(session, partner_id, SECRET)
        assert _texts(session, partner_id) == [SECRET] * 3
        open_ = load_open_notes(session, session.get_one(Campaign, campaign.id), db.clock(session))
        assert [one.due for one in open_] == [tomorrow, None]
        said = session.scalars(select(AuditEvent.what).order_by(AuditEvent.id)).all()
        assert list(said) == ["note_added", "note_added", "note_finished", "note_added"]
        assert session.scalars(select(AuditEvent.detail).where(AuditEvent.detail.is_not(None))).all() == []


def test_a_note_is_due_once_its_day_has_come_in_the_campaigns_zone(campaign: Campaign) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        for day, text in (("today", "now"), ("tomorrow", "then")):
            note = read_note(text, day, now=now, zone="Asia/Phnom_Penh")
            assert not note.problems
            add_note(session, campaign.partners[0].id, note.text, note.due)
        assert count_due(session, [campaign.id]) == {campaign.id: 1}
        assert count_due(session, [campaign.id + 1]) == {}
        finish_note(session, session.scalars(select(PartnerNote.id).order_by(PartnerNote.id)).first() or 0)
        assert count_due(session, [campaign.id]) == {}


LATE = datetime(2027, 3, 1, 20, tzinfo=UTC)  # there it is the 2nd


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2027-03-05", date(2027, 3, 5)),
        (" Today ", date(2027, 3, 2)),
        ("tomorrow", date(2027, 3, 3)),
        ("in 3 days", date(2027, 3, 5)),
        ("in 1 week", date(2027, 3, 9)),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, expected: date) -> None:
    assert days.day(typed, now=LATE, zone="Asia/Phnom_Penh") == expected


@pytest.mark.parametrize("typed", ["Friday", "2027-02-30", "05.03.2027", "in 3", "0000-01-01", "9999-99-99"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(durations.NotATime):
        days.day(typed, now=LATE, zone="Asia/Phnom_Penh")


@pytest.mark.parametrize(
    ("text", "day", "problems"),
    [
        ("  ", "Friday", {"text": "text missing", "day": "due day unknown"}),
        ("x" * 2001, "2027-03-01", {"text": "too long", "day": "day past"}),
        ("a\u202eb", "2040-01-01", {"text": "unfit", "day": "day too far"}),
        ("two\r\nlines", "2020-01-01", {"day": "day past"}),
        ("call", "9998-12-31", {"day": "day too far"}),
    ],
)
def test_all_that_is_wrong_with_a_note_is_told_at_once(text: str, day: str, problems: dict[str, str]) -> None:
    assert read_note(text, day, now=LATE, zone="Asia/Phnom_Penh").problems == problems


def test_only_who_may_open_its_page_looks_after_a_partner(campaign: Campaign) -> None:
    number = organizers.add(seats={campaign.id: "editor"})
    viewer = organizers.add("Dara", "dara@rivers.example", seats={campaign.id: "viewer"})
    partner_id = campaign.partners[0].id
    for other in (viewer, viewer + 1):
        with pytest.raises(NoSeat), db.transaction() as session:
            choose_carer(session, partner_id, other)
    with db.transaction() as session:
        assert choose_carer(session, partner_id, number)
        assert not choose_carer(session, partner_id, number)
    with db.transaction() as session:
        assert session.get_one(Partner, partner_id).organizer_id == number
        organizer_acts.take_seat(session, session.get_one(Organizer, number), campaign.id)
    with db.reading() as session:
        assert session.get_one(Partner, partner_id).organizer_id is None


def test_what_was_noted_of_two_that_are_merged_is_of_the_one(campaign: Campaign) -> None:
    number = organizers.add(seats={campaign.id: "owner"})
    kept, merged = (one.id for one in campaign.partners)
    with db.transaction() as session:
        add_note(session, kept, "of the first")
        add_note(session, merged, SECRET)
        choose_carer(session, merged, number)
        merge.merge_partners(session, kept, merged)
    with db.reading() as session:
        assert _texts(session, kept) == [SECRET, "of the first"]
        assert session.get_one(Partner, kept).organizer_id == number


def test_notes_are_erased_with_their_partner_and_its_campaign(campaign: Campaign) -> None:
    number = organizers.add(seats={campaign.id: "owner"})
    first, second = (one.id for one in campaign.partners)
    with db.transaction() as session:
        for partner_id in (first, second):
            add_note(session, partner_id, SECRET)
            choose_carer(session, partner_id, number)
        erase.erase_partner(session, first)
    with db.transaction() as session:
        assert (_texts(session, first), _texts(session, second)) == ([], [SECRET])
        assert session.get_one(Partner, first).organizer_id is None
        for act in (lambda: add_note(session, first, "again"), lambda: choose_carer(session, first, number)):
            with pytest.raises(Erased):
                act()
        erase.erase_campaign(session, campaign.id, give_up=True)
        assert session.scalar(select(func.count(PartnerNote.id))) == 0
        assert session.scalars(select(Partner.organizer_id)).all() == [None, None]


def test_a_launch_that_is_taken_back_takes_its_notes(campaign: Campaign) -> None:
    with db.transaction() as session:
        add_note(session, campaign.partners[0].id, SECRET)
        launch.undo_launch(session, campaign.id)
    with db.reading() as session:
        assert session.scalar(select(func.count(PartnerNote.id))) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_writes_shows_and_ticks_off(campaign: Campaign) -> None:
    organizers.add(seats={campaign.id: "editor"})

    def types(*words: str, code: int = 0) -> tuple[str, str]:
        result = CliRunner().invoke(app, ["notes", "dam", *words])
        assert result.exit_code == code, result.stderr
        return result.stdout, result.stderr

    assert types()[1] == "No note is open.\n"
    assert "would be written" in types("RW", "--add", SECRET, "--dry-run")[1]
    assert types()[1] == "No note is open.\n"
    assert "Noted about River Watch" in types("RW", "--add", SECRET, "--on", "today")[1]
    assert "already" in types("RW", "--add", SECRET, "--on", "today")[1]
    [note] = json.loads(types("--json")[0])
    assert (note["organization"], note["text"], note["is_due"], note["by"]) == ("River Watch", SECRET, True, None)
    number = str(note["number"])
    assert f"  {number}: River Watch: {SECRET} (due " in types()[0]
    assert f"  {number}: {SECRET} (due " in types("RW")[0]
    assert "no note with the number" in types("Eau Vive", "--done", number, code=1)[1]
    assert "is ticked off" in types("--done", number)[1]
    assert "ticked off already" in types("--done", number)[1]
    assert "ticked off " in types("RW")[0]

    wrong = types("RW", "--add", " ", "--on", "Friday", code=2)[1]
    assert "Write what is to be remembered." in wrong
    assert "Enter a day" in wrong
    assert "Give the organization too" in types("--add", SECRET, code=2)[1]
    assert "--json only shows" in types("RW", "--add", SECRET, "--json", code=2)[1]
    assert "Did you mean 'Maly Sok'?" in types("RW", "--looked-after-by", "Mali Sok", code=1)[1]
    assert "is looked after by Maly Sok now" in types("RW", "--looked-after-by", "maly sok")[1]
    assert "looked after by Maly Sok" in types("RW")[0]
    assert "by nobody now" in types("RW", "--looked-after-by-nobody")[1]
    assert "already" in types("RW", "--looked-after-by-nobody")[1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_mail_export_or_log_has_what_was_noted(campaign: Campaign) -> None:
    with db.transaction() as session:
        partner = session.get_one(Partner, campaign.partners[0].id)
        add_note(session, partner.id, SECRET, db.clock(session))
        cast.signs(session, partner)
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, "1", db.clock(session))])
        receipts.put_receipts(session, campaign.id)
        numbers = list(session.scalars(select(Mail.id)))
    assert len(numbers) == 2
    shown = ""
    for words in (["status", "dam", "--json"], ["export", "dam"], ["log", "dam", "--names"], ["todo", "--json"]):
        shown += CliRunner().invoke(app, words).output
    for place in range(len(numbers)):
        shown += CliRunner().invoke(app, ["mails", "dam", "RW", "--show", str(place + 1)]).output
    assert "River Watch" in shown
    assert "note_due" in shown
    assert SECRET not in shown
    assert "sister" not in shown
