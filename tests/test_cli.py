"""What organizers type: what is promised before a question is what happens, and nothing ends in a traceback."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests import cast, desks, spreadsheets
from tests.conftest import Clock
from tests.desks import SIGNED, Desk
from tests.stage import Organization
from worker import db, embedded, settings, tasks, tokens
from worker.acts import answer, close, correct_listing, join, pass_on
from worker.acts.answer import AnswerInput, Statement
from worker.acts.third_party_limits import Person
from worker.cli import console, lookup, status_view, undo
from worker.cli.commands import app
from worker.cli.status_view.top import _span
from worker.mail.delivery import Ready
from worker.models import Answer, Campaign, Mail, Partner, RelayHealth, Suppression, ThirdPartyAddress
from worker.state.contacts import load_contacts_of
from worker.state.links import Link
from worker.wording import composing

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TOP = Path(__file__).resolve().parent.parent
desk, asked, sealed = desks.desk, desks.asked, desks.sealed


def test_dispatch_says_what_goes_and_what_is_overridden(desk: Desk) -> None:
    desk.launches(quorum=2)
    desk.relay_accepts()
    desk.types("sign", "rivers", "RW", *SIGNED)
    desk.types("sign", "rivers", "ADF", *("counted" if word == "public" else word for word in SIGNED))
    desk.types("withdraw", "rivers", "ADF", "--note", "call", "--yes")
    desk.reaches_its_deadline()

    printed = desk.types("dispatch", "rivers", "--dry-run")
    asks = desk.types("dispatch", "rivers", code=2)

    assert "The letter of 1 organization (1 named for everyone) goes to Professor Ada Example" in printed
    assert desk.mails("letter") == 0
    agreed = desk.types("dispatch", "rivers", "--yes")
    for said in (printed, asks, agreed):
        assert re.search(r"Overridden: In review until .*Zurich time.*; 1 signed and the quorum is 2\.", said), said
    assert desk.mails("letter") == 1


def test_dispatch_and_export_say_that_some_are_named_in_confidence(desk: Desk, tmp_path: Path) -> None:
    desk.launches()
    desk.types("sign", "rivers", "RW", *SIGNED)
    desk.types("sign", "rivers", "ADF", *("addressee" if word == "public" else word for word in SIGNED))
    desk.reaches_its_deadline()

    printed = desk.types("dispatch", "rivers", "--dry-run")
    exported = desk.types("export", "rivers", "--documents", str(folder := tmp_path / "out"))

    assert "The letter of 2 organizations (1 named for everyone, 1 for the addressee only)" in printed
    assert "give them to the addressee only" in exported
    marks = {(path.parent.name, path.name.partition(".")[0].rpartition("-")[2]) for path in folder.rglob("*.*")}
    assert marks == {("public", "PUBLIC"), ("addressee", "CONFIDENTIAL")}


def test_export_points_at_files_of_an_earlier_seal_under_another_name(desk: Desk, tmp_path: Path) -> None:
    desk.launches()
    desk.types("sign", "rivers", "RW", *SIGNED)
    desk.types("sign", "rivers", "ADF", *("addressee" if word == "public" else word for word in SIGNED))
    desk.reaches_its_deadline()
    into = ("export", "rivers", "--documents", str(folder := tmp_path / "out"))
    assert "from an earlier seal" not in desk.types(*into) + desk.types(*into)
    earlier = list((folder / "addressee").glob("*-CONFIDENTIAL.*"))
    assert earlier

    desk.types("withdraw", "rivers", "ADF", "--note", "call", "--yes")
    close.close_and_seal(desk.campaign().id)
    said = desk.types(*into).partition("from an earlier seal")[2].partition("give it")[0]

    assert list((folder / "addressee").glob("*-PUBLIC.*")), "nobody is named in confidence any more"
    assert all(str(path) in said for path in earlier)
    assert "-PUBLIC." not in said


def test_a_second_dispatch_says_that_nothing_was_sent(sealed: Desk) -> None:
    sealed.types("dispatch", "rivers", "--yes")
    again = [sealed.types("dispatch", "rivers", option) for option in ("--yes", "--dry-run")]
    sealed.relay_accepts()
    after = sealed.types("dispatch", "rivers", "--yes")

    assert all("Nothing was sent: the letter waits already" in said for said in again)
    assert "Nothing was sent: the letter has been sent already" in after
    assert sealed.mails("letter") == 1


def test_a_letter_brought_by_hand_is_noted_once(sealed: Desk) -> None:
    assert "it is recorded that Professor Ada Example has it" in sealed.types(
        "dispatch", "rivers", "--by-hand", "--dry-run"
    )
    assert sealed.campaign().dispatched_at is None
    noted = sealed.types("dispatch", "rivers", "--by-hand", "--yes")
    assert "Recorded. The copies for those who signed follow." in noted

    for option in ("--yes", "--dry-run"):
        assert "It was recorded already" in sealed.types("dispatch", "rivers", "--by-hand", option)


def test_each_addressee_is_noted_by_its_name(desk: Desk) -> None:
    desk.story.copy_to, desk.story.brought_to = "Permanent Mission of Example", "Governor Bo Lund"
    desk.launches()
    desk.relay_accepts()
    desk.types("sign", "rivers", "RW", *SIGNED)
    desk.reaches_its_deadline()
    desk.passes_its_review()
    desk.does(tasks.dispatch)
    desk.relay_accepts()
    desk.does(tasks.dispatch)
    note = ("dispatch", "rivers", "--by-hand", "--addressee")

    told = desk.types("status", "rivers", code=4)
    assert "sent to 2 of 3" in told
    assert "--by-hand --addressee 'Governor Bo Lund'" in " ".join(told.split())
    assert "dispatched, not to all" in desk.types("status")
    assert "has no email address" in desk.types("dispatch", "rivers", "--yes", code=4)
    for wrong in ("Bo Lund", "p", "4", ""):
        said = desk.types(*note, wrong, "--yes", code=1)
        assert "1. Professor Ada Example; 2. Permanent Mission of Example; 3. Governor Bo Lund" in said
    assert "--by-hand" in desk.types("dispatch", "rivers", "--addressee", "x", "--yes", code=2)
    assert "Permanent Mission of Example has the letter" in desk.types(*note, "permanent mission", "--yes")
    asks = desk.types(*note, "governor bo lund", code=2)
    assert "seal 1 of " in asks
    assert "it is recorded that Governor Bo Lund has it." in asks
    assert "it is recorded that Governor Bo Lund has it." in desk.types(*note, "3", "--dry-run")
    desk.types(*note, "3", "--yes")

    assert "brought" not in desk.types("status", "rivers").replace("by hand", "")
    found = json.loads(desk.types("status", "rivers", "--json"))
    assert [(one["name"], one["copy"], one["by_hand"], one["state"], one["seal"]) for one in found["addressees"]] == [
        ("Professor Ada Example", False, False, "sent", 1),
        ("Permanent Mission of Example", True, False, "sent", 1),
        ("Governor Bo Lund", True, True, "brought", 1),
    ]
    assert not found["partly"]


def test_without_a_name_all_are_noted_that_lack_it(desk: Desk) -> None:
    desk.story.copy_to, desk.story.brought_to = "Permanent Mission of Example", "Governor Bo Lund"
    desk.launches()
    desk.types("sign", "rivers", "RW", *SIGNED)
    desk.reaches_its_deadline()

    asks = desk.types("dispatch", "rivers", "--by-hand", code=2)
    names = "Professor Ada Example, Permanent Mission of Example and Governor Bo Lund"
    assert f"it is recorded that {names} have it." in " ".join(asks.split())
    desk.types("dispatch", "rivers", "--by-hand", "--addressee", "3", "--yes")
    desk.types("dispatch", "rivers", "--by-hand", "--yes")
    assert "every addressee has it" in desk.types("dispatch", "rivers", "--by-hand", "--yes")
    desk.types("status", "rivers")


def test_a_letter_that_nobody_signed_is_not_sent(asked: Desk) -> None:
    asked.reaches_its_deadline()

    for option in ("--yes", "--dry-run"):
        assert "Nobody signed" in asked.types("dispatch", "rivers", option, code=4)


def test_a_new_deadline_at_midnight_is_remarked(asked: Desk) -> None:
    day = asked.campaign().deadline_at + timedelta(days=9)
    said = asked.types("extend", "rivers", f"{day:%Y-%m-%d}T00:00", "--dry-run")
    assert "00:00, the first second of" in said
    assert "write 23:59" in said
    assert "midnight at the end of" in said


def test_a_dry_run_promises_nothing_that_the_command_refuses(asked: Desk) -> None:
    def refused(*words: str, code: int = 1) -> str:
        said = {asked.types(*words, option, code=code) for option in ("--dry-run", "--yes")}
        assert len(said) == 1, said
        return said.pop()

    deadline = asked.campaign().deadline_at
    assert "must be at least a minute later" in refused("extend", "rivers", "in 2 days")
    assert "must be at least a minute later" in refused("extend", "rivers", "2020-01-01T18:00")
    assert "launched already" in refused("launch", str(asked.story.folder), "--deadline", "in 3 weeks")
    assert "not closed yet" in refused("dispatch", "rivers", "--by-hand", code=4)
    assert "not closed yet" in refused("dispatch", "rivers", code=4)
    assert "nothing to withdraw" in refused("withdraw", "rivers", "RW", "--note", "call", code=0)
    asked.types("close", "rivers", "--yes")
    assert "closed already" in refused("close", "rivers", code=0)
    assert "any more" in refused("remind", "rivers")
    assert "any more" in refused("extend", "rivers", "in 4 weeks")
    assert "nothing more can be added" in refused("sign", "rivers", "RW", *SIGNED[:-1])
    assert asked.campaign().deadline_at == deadline


def test_a_rehearsal_leaves_nothing_behind(asked: Desk) -> None:
    before = asked.campaign().deadline_at

    assert "Dry run" in asked.types("extend", "rivers", "in 4 weeks", "--dry-run")
    assert "Dry run" in asked.types("sign", "rivers", "RW", *SIGNED, "--dry-run")
    assert "Dry run" in asked.types("close", "rivers", "--dry-run")

    assert (asked.campaign().deadline_at, asked.campaign().closed_at) == (before, None)
    assert asked.mails("extended") == 0
    with db.reading() as session:
        assert session.scalars(select(Answer)).all() == []


def test_resume_asks_before_the_letter_leaves_at_once(sealed: Desk) -> None:
    sealed.types("hold", "rivers")
    assert "sent at once" not in sealed.types("resume", "rivers", "--dry-run")
    sealed.passes_its_review()

    assert "The letter is sent at once, with 1 signature." in sealed.types("resume", "rivers", code=2)
    assert "The letter is sent at once" in sealed.types("resume", "rivers", "--dry-run")
    assert sealed.campaign().held_at is not None
    sealed.types("resume", "rivers", "--yes")
    assert sealed.campaign().held_at is None


def test_resume_within_the_review_needs_no_question(sealed: Desk) -> None:
    sealed.types("hold", "rivers")

    assert "It continues." in sealed.types("resume", "rivers")


def test_a_hold_before_anything_left_says_that_all_mail_waits(desk: Desk) -> None:
    desk.launches()

    said = desk.types("hold", "rivers")

    assert "Held: nothing has been sent yet, so all email is held." in said
    assert "3 emails wait." in said
    assert "Held already: the letter is not sent, and no email goes" in desk.types("hold", "rivers")
    told = json.loads(desk.types("status", "rivers", "--json"))
    assert (told["state"], told["held_mails"], told["post"]["due"]) == ("held", 3, 0)
    assert told["held"] == told["mail_held"] is not None
    assert "all email except yours held since" in (shown := desk.types("status", "rivers"))
    assert "3 emails wait: undersigned resume rivers" in " ".join(shown.split())
    assert "3 emails that wait are sent." in desk.types("resume", "rivers", "--dry-run")
    assert "3 emails that wait are sent." in desk.types("resume", "rivers", code=2)
    desk.types("resume", "rivers", "--yes")
    told = json.loads(desk.types("status", "rivers", "--json"))
    assert (told["state"], told["held"], told["mail_held"], told["held_mails"]) == ("open", None, None, 0)


def test_a_hold_of_the_letter_says_how_all_mail_is_held(asked: Desk) -> None:
    said = asked.types("hold", "rivers")

    assert "Held: the letter is not sent." in said
    assert "undersigned hold rivers --all-mail" in said
    assert "letter and copies held since" in asked.types("status", "rivers")
    assert "Held: the letter is not sent, and no email goes" in asked.types("hold", "rivers", "--all-mail")
    assert "all email except yours held since" in asked.types("status", "rivers")


def test_a_hold_after_the_letter_left_says_so(sealed: Desk) -> None:
    sealed.passes_its_review()
    sealed.does(tasks.dispatch)
    sealed.relay_accepts()
    sealed.does(tasks.dispatch)
    sealed.does(tasks.report)

    said = sealed.types("hold", "rivers", code=1)
    assert "The letter has been sent already and cannot be held. Copies that have not been sent wait." in said
    said = sealed.types("hold", "rivers", "--all-mail")
    assert "Held: no email goes to partners, addressees or others" in said
    assert "1 email waits." in said
    assert "The letter has been sent already and cannot be held." in said


def test_a_cancelled_campaign_is_not_held(asked: Desk) -> None:
    asked.types("erase", "rivers", "--give-up", "--yes")

    assert "It was cancelled" in asked.types("hold", "rivers", "--all-mail", code=1)
    assert asked.campaign().held_at is None


def test_withdraw_can_be_tried(sealed: Desk) -> None:
    printed = sealed.types("withdraw", "rivers", "RW", "--note", "call", "--dry-run")

    assert "River Watch signed through an organizer on" in printed
    assert lookup.status_of("rivers").counts.signed == 1


def test_remind_twice_in_a_second_reminds_once(asked: Desk) -> None:
    asked.clock.advance(days=2)
    asked.types("remind", "rivers", "--yes")
    assert asked.mails("reminder") == 3

    asked.clock.advance(seconds=2)
    just = "3 for whom an email waits, or who got a reminder less than ten minutes ago, are left out"
    for again in ([], ["--again"]):
        assert f"Nobody is reminded. {just}" in asked.types("remind", "rivers", "--yes", *again)
        assert f"nobody would be reminded. {just}" in asked.types("remind", "rivers", "--dry-run", *again)
    asked.relay_accepts()
    assert f"Nobody is reminded. {just}" in asked.types("remind", "rivers", "--yes", "--again")
    assert asked.mails("reminder") == 3

    asked.clock.advance(minutes=10)
    left_out = "3 who got an email less than a day ago are left out: --again reminds them too"
    assert f"Nobody is reminded. {left_out}" in asked.types("remind", "rivers", "--yes")
    assert "3 partners that have not answered are reminded." in asked.types("remind", "rivers", "--again", code=2)
    asked.types("remind", "rivers", "--yes", "--again")
    assert asked.mails("reminder") == 6


def test_who_is_not_reminded_and_why_is_true(desk: Desk) -> None:
    desk.launches()
    assert "Nobody was asked by email yet" in desk.types("remind", "rivers")
    assert "3 invitations did not arrive yet" in desk.types("remind", "rivers")

    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.acronym == "RW")).one()
        session.execute(
            update(Mail).where(Mail.partner_id == partner.id).values(refused_at=db.clock(session), due_at=None)
        )
    desk.relay_accepts()
    for who in ("ADF", "WWE"):
        desk.types("sign", "rivers", who, *SIGNED)

    said = desk.types("remind", "rivers")
    assert "Everyone who got the invitation has answered" in said
    assert "1 invitation came back" in said


def test_partners_without_an_address_are_asked_by_hand(desk: Desk) -> None:
    desk.story.writes_its_folder()
    (desk.story.folder / "partners.csv").write_text("organization,acronym,country\nFar Village,FV,Laos\n")

    asks = desk.types("launch", str(desk.story.folder), "--deadline", "in 2 weeks", code=2)
    desk.types("launch", str(desk.story.folder), "--deadline", "in 2 weeks", "--yes")

    assert "No partner has an email address" in asks
    assert "undersigned sign rivers" in asks
    assert "0 partners" not in asks
    assert "1 have no email address: ask them yourself" in desk.types("remind", "rivers")
    recorded = desk.types("sign", "rivers", "FV", *SIGNED).splitlines()[-1]
    assert recorded == "Recorded for Far Village: sign, public. It has no email address, so it gets no receipt."


def test_titles_and_names_stand_for_themselves(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "140")
    desk.story.partners[0].organization = "Rivers [/red] 2030"
    desk.launches(title="Stop [/bold] 12 dams [link=x] :smile:")

    printed = desk.types("status", "rivers")

    assert "Stop [/bold] 12 dams [link=x] :smile:" in printed
    assert "Rivers [/red] 2030" in printed


def test_times_are_the_campaigns_and_the_zone_is_named_once(asked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    with db.transaction() as session:
        now = db.clock(session)
        session.execute(update(Campaign).values(deadline_at=now.replace(year=now.year + 1, month=1, day=2, hour=3)))

    printed = asked.types("status", "rivers")

    assert printed.count("Zurich time") == 1
    assert re.search(r"deadline \w+ 2 January \d{4}, 04:\d\d \(Zurich time, UTC\+1\)", printed), printed
    assert "UTC;" not in printed


def test_a_narrow_terminal_shows_every_partner_whole(asked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    asked.types("sign", "rivers", "RW", *SIGNED)

    lines = asked.types("status", "rivers").splitlines()

    assert max(map(len, lines)) <= 60
    (row,) = [line for line in lines if line.startswith("RW")]
    assert "signed (public)" in row
    assert not any("…" in line for line in lines)


def test_watching_fits_the_screen(
    asked: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = lookup.status_of("rivers")
    one = found.partners[0]
    many = [replace(one, organization=f"Org {n}", acronym=f"O{n}") for n in range(40)]
    signed = replace(one, answer="sign", visibility="public", answered=found.now, channel="link")
    many += [replace(signed, organization=f"Signer {n}", acronym=f"S{n}") for n in range(40)]
    for width in ("70", "130"):
        monkeypatch.setenv("COLUMNS", width)
        monkeypatch.setenv("LINES", "24")

        status_view.one_screen(replace(found, partners=many))

        lines = capsys.readouterr().out.splitlines()
        assert len(lines) <= 23
        more = re.fullmatch(r"and (\d+) more", lines[-1])
        assert more
        told = [line for line in lines if re.match(r"(O\d|S\d|Org|Signer)", line)]
        assert len(told) + int(more[1]) == 80
        assert {line[0] for line in told} == {"O", "S"}


def test_watching_and_data_exclude_each_other(asked: Desk) -> None:
    asked.types("status", "rivers", "--watch", "--json", code=2)
    asked.types("status", "--watch", code=2)


def test_an_early_close_is_told(asked: Desk) -> None:
    asked.types("sign", "rivers", "RW", *SIGNED)
    asked.types("close", "rivers", "--yes")

    assert "closed early" in asked.types("status", "rivers")


@pytest.mark.parametrize(
    "typed",
    [
        *("river  WATCH", "rw", "River Watch (RW)", "River Watch (RW), Canada", "les amis du fleuve"),
        *("Women and Water’s Etoile", "WOMEN & WATER'S ETOILE", "Women & Water's Étoile (WWE), Chad"),
    ],
)
def test_a_partner_is_known_however_its_name_is_typed(asked: Desk, typed: str) -> None:
    with lookup.reading("rivers") as (session, campaign):
        assert lookup.partner_named(session, campaign, typed).country


def test_a_partner_that_is_not_known_is_guessed_by_any_of_its_words(asked: Desk) -> None:
    assert "'Les Amis du Fleuve'" in asked.types("sign", "rivers", "fleuve", *SIGNED, code=1)
    assert "'River Watch'" in asked.types("sign", "rivers", "Rivver Wach", *SIGNED, code=1)


def test_a_standing_answer_is_told_before_it_is_replaced(asked: Desk) -> None:
    asked.types("sign", "rivers", "RW", *SIGNED)

    said = asked.types(
        "sign", "rivers", "RW", *("addressee" if word == "public" else word for word in SIGNED[:-1]), code=2
    )

    assert re.search(r"River Watch signed through an organizer on .*; that answer is replaced", said)


@pytest.mark.parametrize(
    ("option", "value"), [("--note", "  "), ("--representative", "A" * 201), ("--role", "r" * 201)]
)
def test_what_is_recorded_by_hand_has_limits(asked: Desk, option: str, value: str) -> None:
    assert option in asked.types("sign", "rivers", "RW", *SIGNED, option, value, code=2)


def test_the_sheet_for_excel_begins_with_its_mark(asked: Desk) -> None:
    asked.types("sign", "rivers", "WWE", *SIGNED)

    printed = asked.types("export", "rivers", "--excel")

    assert printed.startswith("\ufeff")
    assert next(csv.DictReader(io.StringIO(printed[1:])))["organization"] == "Women & Water's Étoile"


def test_the_next_command_keeps_the_options_of_this_one(desk: Desk) -> None:
    desk.story.writes_its_folder()

    said = desk.types("check", str(desk.story.folder), "--deadline", "in 2 hours", "--reminders", "1d,1h")

    assert f"undersigned preview {desk.story.folder} --deadline 'in 2 hours' --reminders 1d,1h" in said
    assert "1 reminder is in the past and will not be sent" in said


def test_a_preview_shows_the_line_in_which_those_stand_who_are_not_named(desk: Desk) -> None:
    desk.story.writes_its_folder()
    said = desk.types("preview", str(desk.story.folder), "--deadline", "in 2 weeks")
    letter = settings.current().data_dir / "preview" / "rivers" / "letter.en.txt"
    assert "And N further organizations, which are not named in this copy." in letter.read_text()
    assert "“N” below the list stands for the number of organizations that sign and are not named" in said

    _offers(desk, ["public"])
    said = desk.types("preview", str(desk.story.folder), "--deadline", "in 2 weeks")
    assert "“N”" not in said
    assert "in this copy" not in letter.read_text()


def _offers(desk: Desk, visibility: list[str]) -> None:
    path = desk.story.folder / "campaign.toml"
    path.write_text(re.sub(r"(?m)^visibility = .*$", f"visibility = {visibility}", path.read_text()))


@pytest.mark.parametrize(
    ("partners", "visibility", "warned"),
    [(19, ["public", "counted"], True), (19, ["addressee"], True), (19, ["public"], False), (20, ["counted"], False)],
)
def test_check_says_where_one_who_is_not_named_could_be_guessed(
    desk: Desk, partners: int, visibility: list[str], warned: bool
) -> None:
    desk.story.writes_its_folder()
    _offers(desk, visibility)
    rows = [f"Organization {n},,France,,o{n}@partner.example" for n in range(partners)]
    (desk.story.folder / "partners.csv").write_text(
        "\n".join(["organization,acronym,country,contact,email", *rows, ""])
    )

    said = desk.types("check", str(desk.story.folder), "--deadline", "in 2 weeks")

    assert "No problems." in said
    assert ("could guess" in said) is warned


def test_check_shows_a_letter_that_was_pasted_as_plain_lines(desk: Desk) -> None:
    desk.story.writes_its_folder()
    letter = desk.story.folder / "letter.en.md"
    pasted = letter.read_text() + "\nWe ask you:\n• to act\n• to answer\n"
    letter.write_text(pasted)

    said = " ".join(desk.types("check", str(desk.story.folder), "--deadline", "in 2 weeks").split())

    assert "found signs of a list that are none here" in said
    assert "the letter may not print as you mean it" in said
    assert "No problems." not in said
    assert letter.read_text() == pasted


def test_a_deadline_needs_no_quotes(asked: Desk) -> None:
    before = asked.campaign().deadline_at

    asked.types("extend", "rivers", "in", "4", "weeks", "--yes")

    assert asked.campaign().deadline_at > before


def test_a_misspelled_folder_is_guessed(desk: Desk) -> None:
    desk.story.writes_its_folder()

    for command in ("check", "preview", "launch"):
        assert "Did you mean 'rivers'?" in desk.types(command, "campaigns/rviers", code=1)


def test_the_version_is_told(desk: Desk) -> None:
    assert re.fullmatch(r"undersigned \d+\.\d+\.\d+\n", desk.types("--version"))


def test_what_the_letter_cannot_print_is_said_where_the_list_is_taken_over(desk: Desk, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("organization,contact\nRiver Watch,علی\u200cرضا\nශ්\u200dරී සංගමය,\nخانه\u200cی رود,\n")

    said = desk.types("new", "lakes", "--partners", str(listed))

    assert "partners.csv, row 2" not in said
    assert "partners.csv, row 3: found" in said
    assert "partners.csv, row 4: found" in said
    assert "characters that the letter's fonts have" in said
    written = (desk.story.stage.campaigns / "lakes" / "partners.csv").read_text()
    assert "علی\u200cرضا" in written
    assert "خانه\u200cی رود" in written, "nothing of a name is lost"


def test_letters_that_may_be_wrong_are_shown_each_time_with_what_they_may_be(desk: Desk, tmp_path: Path) -> None:
    desk.story.writes_its_folder()
    partners = desk.story.stage.campaigns / desk.story.slug / "partners.csv"
    partners.write_bytes("organization,email\nŚwiatło Wisły,a@wisla.example\n".encode("cp1250"))

    checked = " ".join(desk.types("check", str(partners.parent)).split())

    assert "row 2, column organization: found “Światło Wisły” in cp1250" in checked
    assert "or “Œwiat³o Wis³y” in cp1252" in checked
    assert "some letters may be wrong" in checked
    assert "No problems." not in checked
    taken = " ".join(desk.types("new", "wisla", "--partners", str(partners)).split())
    assert "or “Œwiat³o Wis³y” in cp1252" in taken
    assert "Światło Wisły" in (desk.story.stage.campaigns / "wisla" / "partners.csv").read_text()


def test_a_list_is_taken_out_of_the_sheet_that_is_chosen(desk: Desk, tmp_path: Path) -> None:
    listed, folder = tmp_path / "list.xlsx", desk.story.stage.campaigns / "lakes"
    rows = [["Organisation", "Country of registration"], ["River Watch", "Kenya"]]
    listed.write_bytes(spreadsheets.xlsx([["Notes"]], Africa=rows, Asia=[*rows, ["Clean Coast", "Laos"]]))

    said = desk.types("new", "lakes", "--partners", str(listed), code=1)
    assert "“Africa” (1 row), “Asia” (2 rows)" in said
    assert '--sheet "Africa"' in said
    assert not folder.exists()
    assert "--partners" in desk.types("new", "lakes", "--sheet", "Asia", code=2)

    said = desk.types("new", "lakes", "--partners", str(listed), "--sheet", "asia")
    assert "row 1, column B: a column taken as country: “Country of registration” → “country”" in said
    assert (folder / "partners.csv").read_text().splitlines()[2] == "Clean Coast,,Laos,,,,"

    (folder / "partners.csv").unlink()
    (folder / "partners.xlsx").write_bytes(listed.read_bytes())
    said = desk.types("check", str(folder), code=1)
    assert "partners.csv: found no such file, but partners.xlsx" in said
    assert "new NAME --partners partners.xlsx" in said


def test_a_folder_is_made_only_when_everything_was_read(desk: Desk, tmp_path: Path) -> None:
    desk.types("new", "lakes", "--partners", str(tmp_path / "no-such-list.txt"), code=1)
    assert not (desk.story.stage.campaigns / "lakes").exists()

    settings.set_for_this_process(templates_dir=tmp_path / "no-templates")
    assert isinstance(CliRunner().invoke(app, ["new", "lakes"]).exception, OSError)
    assert not (desk.story.stage.campaigns / "lakes").exists()


@pytest.mark.parametrize(
    ("on_path", "called", "expected"),
    [(False, ".venv/bin/undersigned", ".venv/bin/undersigned"), (True, ".venv/bin/undersigned", "undersigned")],
)
def test_commands_are_printed_as_they_were_called(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_path: bool, called: str, expected: str
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("PATH", f"/usr/bin:{tmp_path / '.venv' / 'bin'}" if on_path else "/usr/bin")

    assert console.command("status", "rivers") == f"{expected} status rivers"


def _happens(organization: str, kind: str = "invitation", **values: Any) -> None:
    """What delivery or a report writes into a mail; `True` is the moment now."""
    with db.transaction() as session:
        now = db.clock(session)
        written = {name: now if value is True else value for name, value in values.items()}
        whose = select(Partner.id).where(Partner.organization == organization).scalar_subquery()
        session.execute(update(Mail).where(Mail.kind == kind, Mail.partner_id == whose).values(due_at=None, **written))


def _suppress(email: str) -> None:
    with db.transaction() as session:
        session.add(Suppression(email_hmac=tokens.fingerprint(email), at=db.clock(session), reason="bounce"))


def test_a_launch_says_when_the_first_mails_leave_and_can_be_taken_back(desk: Desk) -> None:
    settings.set_for_this_process(undo=60)
    desk.story.writes_its_folder()
    launched = desk.types("launch", str(desk.story.folder), "--deadline", "in 2 weeks", "--yes")
    desk.does(tasks.invite)

    assert "no email is sent before you start undersigned up, nor within one minute" in launched
    assert "Until one is sent, undersigned launch rivers --undo takes it back" in launched
    assert "Dry run" in desk.types("launch", "rivers", "--undo", "--dry-run")
    assert desk.mails("invitation") == 3
    assert "taken back: nobody got an email" in desk.types("launch", str(desk.story.folder), "--undo")
    with db.reading() as session:
        left = {name: len(found) for name, found in cast.everything(session).items() if found}
    assert left == {"post": 1, "installation": 1}
    desk.launches()
    assert desk.mails("invitation") == 3


@pytest.mark.parametrize("slower", [0, 2])
def test_a_launch_that_leaves_at_once_promises_no_minute(
    slower: int, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a machine on which the launch takes some seconds."""
    seconds_left = undo.seconds_to_undo
    monkeypatch.setattr(undo, "seconds_to_undo", lambda *of: seconds_left(*of) - slower)
    desk.story.writes_its_folder()

    assert "--undo" not in desk.types("launch", str(desk.story.folder), "--deadline", "in 2 weeks", "--yes")


@pytest.mark.parametrize(
    "values",
    [
        {"sent_at": True},
        {"uncertain_at": True},
        {"lease_holder": "a worker", "lease_until": datetime(2999, 1, 1, tzinfo=UTC)},
        {"lease_holder": "a worker that was killed", "lease_until": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_launch_of_which_mail_has_left_is_not_taken_back(desk: Desk, values: dict[str, Any]) -> None:
    desk.launches()
    _happens("River Watch", **values)

    for option in ([], ["--dry-run"]):
        said = desk.types("launch", "rivers", "--undo", *option, code=1)
        assert "1 email was sent or may have been sent" in said
        assert "undersigned hold rivers --all-mail" in said
        assert "undersigned cancel rivers" in said
    assert desk.mails("invitation") == 3


def test_a_launch_is_taken_back_when_a_mail_was_refused(desk: Desk) -> None:
    desk.launches()
    _happens("Les Amis du Fleuve", refused_at=True)

    assert "taken back" in desk.types("launch", "rivers", "--undo")


def test_a_launch_that_somebody_answered_is_not_taken_back(desk: Desk) -> None:
    desk.launches()
    desk.types("sign", "rivers", "RW", *SIGNED)

    assert "1 answer is recorded" in desk.types("launch", "rivers", "--undo", code=1)
    assert lookup.status_of("rivers").counts.signed == 1


@pytest.mark.parametrize(
    ("act", "words", "kind", "stands"),
    [
        ("amend", ("--letter", "--meaning", "--yes"), "amended", "The letter is again as it was before"),
        ("extend", ("in 4 weeks", "--yes"), "extended", "The deadline is"),
        ("remind", ("--again", "--yes"), "reminder", "None of its 2 emails is sent"),
    ],
)
def test_an_act_says_how_long_it_can_be_taken_back_and_is(
    asked: Desk, act: str, words: tuple[str, ...], kind: str, stands: str
) -> None:
    settings.set_for_this_process(undo=60)
    asked.types("sign", "rivers", "RW", *SIGNED)
    asked.story.rewrites_its_letter("clean rivers", "clean lakes")
    back = f"undersigned {act} rivers --undo"
    before = lookup.status_of("rivers").counts, asked.campaign().deadline_at

    with embedded.single_instance_lock(settings.current().data_dir):
        assert re.search(
            rf"The emails are sent in (60|5\d) s\. To take it back: {back}", asked.types(act, "rivers", *words)
        )
        number = asked.mails(kind)
        assert number >= 2
        assert f"{back} can take" in " ".join(asked.types("status", "rivers").split())
        said = json.loads(asked.types("status", "rivers", "--json"))["undo"]
        assert (said["act"], said["command"]) == (act, back)
        assert "Dry run: it would be taken back" in asked.types(act, "rivers", "--undo", "--dry-run")
        assert asked.mails(kind) == number
        told = asked.types(act, "rivers", "--undo")

    assert stands in told
    assert asked.mails(kind) == 0
    assert (lookup.status_of("rivers").counts, asked.campaign().deadline_at) == before
    assert json.loads(asked.types("status", "rivers", "--json"))["undo"] is None
    assert "that can still be taken back" in asked.types(act, "rivers", "--undo", code=1)
    nothing_runs = asked.types(act, "rivers", *words)
    assert "nothing is sent before you start undersigned up, nor within 60 s" in nothing_runs
    _happens("Les Amis du Fleuve", kind, sent_at=True)
    assert "1 email was sent or may have been sent" in asked.types(act, "rivers", "--undo", code=1)


def test_only_the_last_act_is_taken_back_and_which_is_said(asked: Desk) -> None:
    asked.types("extend", "rivers", "in 4 weeks", "--yes")

    said = asked.types("remind", "rivers", "--undo", code=1)

    assert "Only your last action can be taken back, and that is the new deadline" in said
    assert "undersigned extend rivers --undo takes it back" in said
    asked.types("extend", "rivers", code=2)
    asked.types("extend", "rivers", "in 5 weeks", "--undo", code=2)
    asked.types("amend", "rivers", "--letter", "--undo", code=2)


def test_rows_whose_address_gets_no_mail_are_told_before_a_launch(desk: Desk) -> None:
    desk.story.writes_its_folder()
    folder = str(desk.story.folder)
    assert "gets no email" not in desk.types("check", folder)
    _suppress(desk.story.partners[1].email)

    told = "partners.csv, row 3: Les Amis du Fleuve gets no email, because an earlier one to its address came back"
    assert told in desk.types("check", folder)
    tried = desk.types("launch", folder, "--deadline", "in 2 weeks", "--dry-run")
    assert told in tried
    assert "would go to 2 partners (River Watch, Women & Water's Étoile)" in tried
    assert told in desk.types("launch", folder, "--deadline", "in 2 weeks", "--yes")


def test_a_check_makes_no_database(desk: Desk, tmp_path: Path) -> None:
    desk.story.writes_its_folder()
    db.dispose()
    settings.set_for_this_process(data_dir=tmp_path / "elsewhere", database_url="")

    desk.types("check", str(desk.story.folder))

    assert not (tmp_path / "elsewhere" / "undersigned.db").exists()


def test_whom_no_mail_reaches_is_shown_with_why_and_what_to_do(asked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    well = asked.types("status", "rivers")
    assert "reached" not in well
    _happens("River Watch", sent_at=None, refused_at=True, reply="550 5.1.1 no such user")
    _happens("Women & Water's Étoile", sent_at=None, uncertain_at=True, reply="the connection was lost (end of data)")

    for width in ("80", "120"):
        monkeypatch.setenv("COLUMNS", width)
        said = asked.types("status", "rivers")
        assert re.search(r"^Not reached\n  River Watch  the mailbox does not exist \(550 5\.1\.1\) *$", said, re.M), (
            said
        )
        assert "undersigned amend rivers --partner 'River Watch' --email ADDRESS\n" in said
        assert "it may have arrived" in said
        assert """undersigned resend rivers --partner 'Women & Water'"'"'s Étoile'\n""" in said
        assert "1 refused" in said

    _happens("Les Amis du Fleuve", bounced_at=True, reply="came back: 550 5.1.2 no such domain")
    said = asked.types("status", "rivers")
    assert "undersigned amend rivers --partner NAME --email ADDRESS\n" in said
    assert "1 refused, 1 bounced" in said
    assert "silent" not in said


def test_a_relay_that_takes_no_mail_is_the_first_thing_that_is_said(desk: Desk) -> None:
    desk.launches()
    with db.transaction() as session:
        now = db.clock(session)
        since, again = now - timedelta(minutes=16), now + timedelta(minutes=3)
        values = {"blocked_at": since, "retry_at": again, "swept_at": now, "reply": "535 5.7.8 bad login"}
        session.execute(update(RelayHealth).values(**values))
    local = [moment.astimezone(ZoneInfo("Europe/Zurich")) for moment in (since, again)]

    for words in (["rivers"], []):
        lines = desk.types("status", *words).splitlines()
        assert re.fullmatch(
            rf"NO EMAIL IS SENT since .*{local[0]:%H:%M}: the relay does not accept our login", lines[0]
        )
        assert lines[1] == "  the relay said: 535 5.7.8 bad login"
        assert f"tried again at {local[1]:%H:%M}; 3 emails wait" in lines[2].replace(f"{local[1]:%d %b} ", "")


def test_mail_that_nobody_takes_is_told_with_what_to_start(desk: Desk) -> None:
    desk.launches()
    desk.clock.advance(minutes=12)

    waits = "Nothing is running, so nothing is sent or closed: undersigned up; 3 emails wait\n"
    assert desk.types("status", "rivers").startswith(waits)
    with embedded.single_instance_lock(settings.current().data_dir):
        said = " ".join(desk.types("status", "rivers").split())
    assert "3 emails are overdue by 12 minutes and no worker sends them: is `undersigned up` running?" in said


def test_progress_and_quotas_are_told_while_mail_leaves(desk: Desk) -> None:
    desk.launches()
    settings.set_for_this_process(smtp_per_hour=2)
    with db.transaction() as session:
        now = db.clock(session)
    _happens("River Watch", sent_at=now - timedelta(seconds=20))
    assert "1 of 3 sent, 3 a minute\n" in desk.types("status", "rivers")  # no end is promised beyond a quota

    _happens("Les Amis du Fleuve", sent_at=now - timedelta(seconds=20))
    at = (now - timedelta(seconds=20) + timedelta(hours=1)).astimezone(ZoneInfo("Europe/Zurich"))
    said = desk.types("status", "rivers")
    assert re.search(rf"  2 of 2 this hour; the next are sent at about (\d\d \w+ )?{at:%H:%M}\n", said), said

    settings.set_for_this_process(smtp_per_hour=0)
    assert re.search(r"2 of 3 sent, \d+ a minute, about \d+ s left\n", desk.types("status", "rivers"))
    desk.relay_accepts()
    assert " sent, " not in desk.types("status", "rivers")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *[(0.2, "1 s"), (16.4, "16 s"), (89, "89 s"), (100, "100 s"), (600, "10 min")],
        *[(90 * 60, "90 min"), (9000, "2 h"), (36 * 3600, "36 h")],
    ],
)
def test_a_span_is_told_roughly(database: str, seconds: float, told: str) -> None:
    assert _span(seconds) == told


def test_a_watch_that_is_not_a_terminal_prints_all_again_and_again(
    asked: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lookup.status_of("rivers")
    many = [replace(found.partners[0], organization=f"Org {n}", acronym=f"O{n}") for n in range(40)]
    monkeypatch.setattr(lookup, "status_of", lambda _: replace(found, partners=many))
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", nap)

    said = asked.types("status", "rivers", "--watch")

    assert naps == [2, 2, 2]
    assert said.count("rivers: open") == said.count("Org 39") == 3
    assert "\x1b" not in said


def test_a_corrected_address_says_what_changed(asked: Desk) -> None:
    _happens("River Watch", sent_at=None, refused_at=True, reply="550 5.1.1 no such user")
    words = ("amend", "rivers", "--partner", "RW", "--email", "new@rw.example")

    tried = asked.types(*words, "--dry-run")
    asks = asked.types(*words, code=2)
    with db.reading() as session:
        assert session.scalars(select(Partner.generation)).all() == [1, 1, 1]
    done = asked.types(*words, "--yes")

    for said in (tried, asks, done):
        assert "The old link stops working. A new invitation is sent there, with a new link." in said.replace("\n", " ")
    assert "The address of River Watch is new@rw.example now." in done
    assert done.endswith("Next: undersigned status rivers\n")
    assert asked.mails("invitation") == 4


def test_what_cannot_be_corrected_is_said_in_a_sentence(asked: Desk) -> None:
    def refused(*words: str, code: int) -> str:
        return asked.types("amend", "rivers", *words, "--yes", code=code)

    assert "'a@' is not an email address: There must be" in refused("--partner", "RW", "--email", "a@", code=2)
    assert "Did you mean 'River Watch'?" in refused("--partner", "Rivver Watch", "--email", "a@b.example", code=1)
    same = asked.story.partners[0].email
    assert "the address of River Watch already" in refused("--partner", "RW", "--email", same, code=0)
    assert "No campaign 'lakes'" in asked.types("amend", "lakes", "--partner", "RW", "--email", "a@b.example", code=1)


def test_after_the_deadline_a_correction_asks_nobody(sealed: Desk) -> None:
    said = sealed.types("amend", "rivers", "--partner", "ADF", "--email", "new@adf.example", "--yes")

    assert "The deadline has passed, so nobody is asked any more. Copies go to the new address." in said
    assert "sent" not in said


def test_who_wanted_no_more_mail_at_the_wrong_address_is_asked_at_the_right_one(asked: Desk) -> None:
    with db.transaction() as session:
        session.execute(update(Partner).values(quiet_at=db.clock(session)))
    assert "unsubscribed" in asked.types("status", "rivers")

    said = asked.types("amend", "rivers", "--partner", "ADF", "--email", "new@adf.example", "--yes")

    assert "A new invitation is sent there, with a new link." in said
    assert asked.mails("invitation") == 4


def test_an_uncertain_mail_of_a_partner_is_sent_again_by_a_person(asked: Desk) -> None:
    words = ("resend", "rivers", "--partner", "RW")
    assert "River Watch got an email with its link less than ten minutes ago" in asked.types(*words, "--yes", code=1)
    _happens("River Watch", sent_at=None, uncertain_at=True)

    assert "Dry run: Send 1 email to River Watch once more?" in asked.types(*words, "--dry-run")
    assert "It may get it twice." in asked.types(*words, code=2)
    assert lookup.status_of("rivers").partners[1].mails[0].next is None
    assert "It is sent once more" in asked.types(*words, "--yes")
    with db.reading() as session:
        assert len(session.scalars(select(Mail).where(Mail.due_at.is_not(None))).all()) == 1


def test_one_partner_is_mailed_again_what_brings_it_its_link(asked: Desk, clock: Clock) -> None:
    words = ("resend", "rivers", "--partner", "RW")
    clock.advance(minutes=11)
    assert "Dry run: Send River Watch a reminder" in asked.types(*words, "--dry-run")
    assert asked.mails("reminder") == 0
    asked.types(*words, "--yes")
    assert asked.mails("reminder") == 1
    assert "has an email with its link that waits to be sent" in asked.types(*words, "--yes", code=1)

    asked.types("sign", "rivers", "RW", *SIGNED)
    asked.does(tasks.record)
    asked.relay_accepts()
    clock.advance(minutes=11)
    assert "the receipt of its answer" in asked.types(*words, code=2)
    asked.types(*words, "--yes")
    assert asked.mails("receipt") == 2


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"quiet_at": True}, "unsubscribed"),
        ({"silenced_at": True}, "gets no email"),
        ({"bounced_at": True}, "from which an email came back"),
        ({"email": "", "email_hmac": None}, "has no email address"),
    ],
)
def test_who_is_not_to_be_mailed_is_not_mailed_again(asked: Desk, clock: Clock, how: dict[str, Any], told: str) -> None:
    clock.advance(minutes=11)
    with db.transaction() as session:
        now = db.clock(session)
        values = {column: now if value is True else value for column, value in how.items()}
        session.execute(update(Partner).where(Partner.organization == "River Watch").values(values))
    assert told in asked.types("resend", "rivers", "--partner", "RW", "--yes", code=1)
    with db.reading() as session:
        assert session.scalars(select(Mail).where(Mail.due_at.is_not(None))).all() == []


def test_what_a_partner_got_is_read_word_for_word_without_its_link_and_codes(desk: Desk) -> None:
    desk.launches()
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.organization == "River Watch")).one()
        mail = session.scalars(select(Mail).where(Mail.partner_id == partner.id)).one()
        [ready] = composing.compose_batch(session, [mail.id])
        assert isinstance(ready, Ready)
        mail.body_hash = ready.body_hash
        secrets = (
            tokens.token(partner),
            tokens.token(partner, "quiet"),
            tokens.printed_code(partner),
            tokens.printed_long_code(partner),
        )
    words = ("mails", "rivers", "RW")
    assert "1: invitation, to the registered contact: due" in desk.types(*words)
    desk.relay_accepts()
    assert "1: invitation, to the registered contact: sent" in desk.types(*words)

    read = desk.types(*words, "--show", "1")
    assert "Word for word as it was sent:" in read
    assert "Subject: " in read
    assert "[link]" in read
    assert "[code]" in read
    assert not [secret for secret in secrets if secret in read]

    with db.transaction() as session:
        session.execute(update(Partner).where(Partner.id == partner.id).values(organization="Rivers Watch"))
    assert "It was sent with other words" in desk.types(*words, "--show", "1")
    assert "expected a number of the list, 1 to 1" in desk.types(*words, "--show", "2", code=2)


def test_a_letter_that_was_sealed_anew_is_not_called_the_same(sealed: Desk) -> None:
    sealed.passes_its_review()
    sealed.does(tasks.dispatch)
    with db.transaction() as session:
        letter = session.scalars(select(Mail).where(Mail.kind == "letter")).one()
        letter.in_data_at = letter.uncertain_at = db.clock(session)
        letter.due_at = None
    assert "Dry run: The same letter goes to Professor Ada Example once more." in sealed.types(*RESEND, "--dry-run")
    sealed.types("withdraw", "rivers", "RW", "--note", "call", "--yes")
    sealed.does(tasks.close)

    said = sealed.types(*RESEND, "--dry-run")

    assert "The letter as it is sealed now (not seal 1, which may have arrived) goes" in said
    assert "same" not in said


RESEND = ("resend", "rivers")


def test_whoever_no_mail_tells_of_the_end_is_named_to_the_organizers(asked: Desk) -> None:
    with db.transaction() as session:
        river_watch = session.scalars(select(Partner).where(Partner.organization == "River Watch")).one()
        river_watch.email, river_watch.email_hmac = "", None
    asked.types("silence", "rivers", "ADF", "--yes")
    words = "We send no email to River Watch and Les Amis du Fleuve: tell them in another way."

    assert words in asked.types("cancel", "rivers", "--dry-run")
    by_name = "We send no email to River Watch and Les Amis du Fleuve: tell them in another way."
    assert by_name in asked.types("erase", "rivers", "--give-up", "--dry-run")
    assert asked.types("cancel", "rivers", "--yes").count(words) == 2


def test_after_the_end_each_command_says_that_it_was_cancelled(asked: Desk) -> None:
    asked.types("cancel", "rivers", "--yes")

    undone = asked.types("launch", "rivers", "--undo", "--yes", code=1)
    assert "It is cancelled already: correct the folder, then undersigned launch rivers" in undone
    assert "hold" not in undone
    merged = asked.types("merge", "rivers", "RW", "ADF", "--yes", code=1)
    assert "The letter was cancelled: partners cannot be merged any more." in merged
    assert "withdraw" not in merged
    assert "It is cancelled" in asked.types("close", "rivers", "--yes", code=1)
    assert "Its links still say that the letter was cancelled." in asked.types("silence", "rivers", "RW", "--yes")


def test_a_launch_that_is_over_is_not_offered_to_be_taken_back(asked: Desk) -> None:
    said = asked.types("amend", "rivers", "--undo", code=1)

    assert "There is no change of the letter that can still be taken back" in said
    assert "launch" not in said


def test_an_unchanged_folder_asks_for_no_kind_of_change(asked: Desk) -> None:
    said = asked.types("amend", "rivers", "--letter")

    assert "The new letter is the same as the letter of rivers: nothing was changed." in said


def _answers_by(number: int, organization: str = "River Watch") -> None:
    """Somebody declines by the link of the contact with this number."""
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.organization == organization)).one()
        contact = load_contacts_of(session, partner)[number - 1]
        (made,) = answer.record_answers(
            session,
            [AnswerInput(partner.id, "decline", None, Statement(), link=Link(contact.generation, contact.id))],
        )
        assert isinstance(made, Answer)


def _passes_on(email: str, organization: str = "River Watch") -> None:
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.organization == organization)).one()
        pass_on.pass_invitation_on(session, partner.id, Person(email, "fr"), link=Link(partner.generation))


def test_one_more_contact_is_added_after_a_question(asked: Desk) -> None:
    words = ("contacts", "rivers", "RW", "--add", " chair@rw.example ", "--name", "Ms Chair", "--language", "fr")

    tried = asked.types(*words, "--dry-run")
    asks = asked.types(*words, code=2)
    assert asked.mails("passed_on") == 0
    done = asked.types(*words, "--yes")

    asked_for = "Let chair@rw.example answer for River Watch too, with its own link, in French?"
    assert f"Dry run: {asked_for}\nThe registered contact is told." in tried
    assert f"The registered contact is told.\n{asked_for}" in asks
    assert "chair@rw.example can answer for River Watch now. The registered contact is told. " in done
    assert done.endswith("Next: undersigned contacts rivers RW\n")
    assert (asked.mails("passed_on"), asked.mails("contact_added")) == (1, 1)
    listed = asked.types("contacts", "rivers", "RW")
    registered, added = listed.splitlines()[1:]
    assert re.match(rf"  registered: .*<{asked.story.partners[0].email}>, en: last email due", registered)
    assert re.fullmatch(r"  1: Ms Chair <chair@rw\.example>, fr: added by you \S+; last email due", added)


def test_contacts_are_told_with_what_became_of_them(asked: Desk) -> None:
    _passes_on("clerk@rw.example")
    asked.types("contacts", "rivers", "RW", "--add", "chair@rw.example", "--yes")
    with db.transaction() as session:
        of_it = Mail.contact_id.is_not(None)
        session.execute(
            update(Mail).where(of_it).values(due_at=None, refused_at=db.clock(session), reply="550 5.1.1 no")
        )
    _answers_by(2)
    asked.types("contacts", "rivers", "RW", "--end", "1", "--yes")

    _, registered, one, two = asked.types("contacts", "rivers", "RW").splitlines()

    assert "has answered" not in registered
    assert re.match(r"  1: <clerk@rw\.example>, fr: passed on \S+; last email refused: .*; link ended \S+$", one)
    assert re.match(
        r"  2: <chair@rw\.example>, en: added by you \S+; last email refused: .*; has answered with this", two
    )
    status = asked.types("status", "rivers")
    assert "by contact 2" in status
    assert "2 further contacts, 1 ended" in " ".join(status.split())
    assert "Not reached" not in status


def test_the_end_of_a_link_keeps_its_answer_and_says_so(asked: Desk) -> None:
    asked.types("contacts", "rivers", "RW", "--add", "chair@rw.example", "--yes")
    _answers_by(1)
    words = ("contacts", "rivers", "RW", "--end", "1")

    stands = "The present answer came by this link, and still stands."
    assert f"Dry run: End the link of chair@rw.example for River Watch?\n{stands}" in asked.types(*words, "--dry-run")
    assert f"{stands}\nEnd the link of chair@rw.example for River Watch?" in asked.types(*words, code=2)
    assert f"The link of chair@rw.example for River Watch has ended. {stands}" in asked.types(*words, "--yes")
    assert "That link has already been ended." in asked.types(*words, "--yes")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--add", "a@"), 2, "--add: 'a@' is not an email address: There must be"),
        (("--add", "a@b.example", "--language", "xx"), 2, "--language: found 'xx'; expected one of en, fr, km."),
        (("--add", "a@b.example", "--end", "1"), 2, "Give either --add or --end."),
        (("--name", "Ada"), 2, "--language and --name describe the person whom you --add."),
        (("--add", "twice@rw.example"), 0, "twice@rw.example can answer for River Watch already"),
        (("--add", "gone@rw.example"), 1, "An earlier email to gone@rw.example came back, so we send nothing there"),
        (("--end", "2"), 2, "--end: found 2; the further contacts of River Watch have the numbers 1."),
        (("--end", "0"), 2, "--end: found 0;"),
    ],
)
def test_what_cannot_be_done_with_contacts_is_said(asked: Desk, words: tuple[str, ...], code: int, said: str) -> None:
    asked.types("contacts", "rivers", "RW", "--add", "twice@rw.example", "--yes")
    _suppress("gone@rw.example")

    assert said in asked.types("contacts", "rivers", "RW", *words, "--yes", code=code)


@pytest.mark.parametrize("words", [("contacts",), ("contacts", "--add", "a@b.example"), ("contacts", "--end", "1")])
def test_contacts_of_nobody_are_told_so(asked: Desk, words: tuple[str, ...]) -> None:
    command, *more = words

    assert "Did you mean 'River Watch'?" in asked.types(command, "rivers", "Rivver Watch", *more, code=1)
    assert "No campaign 'lakes'" in asked.types(command, "lakes", "RW", *more, code=1)
    if "--end" in words:
        assert "River Watch has no further contact" in asked.types(command, "rivers", "RW", *more, code=1)


def test_after_the_deadline_no_contact_is_added(sealed: Desk) -> None:
    words = ("contacts", "rivers", "ADF", "--add", "a@b.example")

    assert "The deadline has passed: nothing more can be added." in sealed.types(*words, "--dry-run", code=1)


@pytest.mark.parametrize(
    "words",
    [
        ("contacts",),
        ("contacts", "--add", "a@b.example"),
        ("contacts", "--end", "1"),
        ("silence",),
        ("silence", "--end"),
    ],
)
def test_of_an_erased_organization_there_is_nobody_to_write_to(sealed: Desk, words: tuple[str, ...]) -> None:
    """Its name stays, for it is under a letter that has left."""
    sealed.types("contacts", "rivers", "RW", code=0)
    with db.transaction() as session:
        session.execute(
            update(Partner).values(erased_at=db.clock(session), quiet_at=db.clock(session), email_hmac=None)
        )
    command, *more = words

    assert "River Watch was erased: it gets no email any more" in sealed.types(
        command, "rivers", "RW", *more, *(("--yes",) if words != ("contacts",) else ()), code=1
    )


def test_silence_says_what_its_links_can_do_then(asked: Desk) -> None:
    words = ("silence", "rivers", "RW")

    tried = asked.types(*words, "--dry-run")
    asks = asked.types(*words, code=2)
    with db.reading() as session:
        assert set(session.scalars(select(Partner.silenced_at))) == {None}
    done = asked.types(*words, "--yes")

    for said in (tried, asks, done):
        assert (
            "Its links can no longer sign, change its name in the letter or be passed on. They can still withdraw"
            in said
        )
        assert "If it tells you in another way that it signs: undersigned sign rivers RW …" in said
    assert "Send River Watch and its contacts no email at all?" in asks
    assert "You stopped all email to River Watch already" in asked.types(*words, "--yes")
    status = asked.types("status", "rivers")
    assert "you stopped its email" in status
    assert "You stopped all email to it" in asked.types("contacts", "rivers", "RW")
    assert "so it cannot sign by its link" in asked.types("carry", "rivers", "RW")
    assert "You stopped all email to it, so it gets no receipt." in asked.types(
        "sign", "rivers", "RW", *SIGNED, "--dry-run"
    )
    added = asked.types("contacts", "rivers", "RW", "--add", "a@b.example", "--yes", code=1)
    assert "a@b.example would get no invitation either" in added
    corrected = asked.types("amend", "rivers", "--partner", "RW", "--email", "new@rw.example", "--dry-run")
    assert "You stopped all email to it, so it gets none." in corrected
    assert "deadline" not in corrected


def test_after_the_deadline_silence_promises_no_signature(sealed: Desk) -> None:
    said = sealed.types("silence", "rivers", "RW", "--yes")

    assert "River Watch and its contacts get no email any more." in said
    assert "that it signs" not in said


def test_silence_ends_whoever_asked_for_it(asked: Desk) -> None:
    words = ("silence", "rivers", "RW", "--end")
    assert "Email to River Watch was not stopped" in asked.types(*words, "--yes")
    asked.types("silence", "rivers", "RW", "--yes")
    with db.transaction() as session:
        session.execute(update(Partner).values(quiet_at=db.clock(session)))

    own = "It unsubscribed by its own link: be sure that it wants email again."
    assert f"Dry run: Send River Watch email again?\n{own}" in asked.types(*words, "--dry-run")
    assert f"{own}\nSend River Watch email again?" in asked.types(*words, code=2)
    assert asked.types(*words, "--yes").endswith("\nRiver Watch gets email again.\nNext: undersigned status rivers\n")
    with db.reading() as session:
        river_watch = session.scalars(select(Partner).where(Partner.acronym == "RW")).one()
        assert (river_watch.silenced_at, river_watch.quiet_at) == (None, None)


def test_who_was_silenced_before_it_was_asked_is_asked_when_silence_ends(desk: Desk) -> None:
    desk.launches()
    desk.types("silence", "rivers", "RW", "--yes")
    assert desk.mails("invitation") == 2

    said = desk.types("silence", "rivers", "RW", "--end", "--yes")

    assert "It was never asked, so it gets an invitation." in said
    assert desk.mails("invitation") == 3


def test_a_corrected_address_ends_what_was_passed_on_and_says_so(asked: Desk) -> None:
    asked.types("contacts", "rivers", "RW", "--add", "chair@rw.example", "--yes")
    _passes_on("clerk@rw.example")
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.acronym == "RW")).one()
        listing = replace(correct_listing.present_listing(partner), acronym="RWX")
        correct_listing.change_listing(session, partner.id, listing, link=Link(partner.generation))
    words = ("amend", "rivers", "--partner", "River Watch", "--email", "new@rw.example")

    for said in (asked.types(*words, "--dry-run"), asked.types(*words, "--yes")):
        assert (
            "The old link stops working. 1 link that was passed on by it ends too. "
            "1 contact that you added: their links still work. "
            "A link changed how its name appears. That change was taken back. A new invitation is sent there"
        ) in said.replace("\n", " ")


def test_what_is_erased_names_further_contacts(asked: Desk) -> None:
    asked.types("contacts", "rivers", "RW", "--add", "chair@rw.example", "--yes")

    one = asked.types("erase", "rivers", "RW", "--dry-run")
    all_ = asked.types("erase", "rivers", "--give-up", "--dry-run")

    assert "Its contact, address and link are erased, and who answered for it and why.\nSo is 1 further contact." in one
    assert "contact, address and link of 3 partners and of 1 further contact, who answered" in all_


def _breaks_the_folder(var: Path) -> None:
    var.rmdir()
    var.parent.chmod(0o700)
    (var.parent / "file").touch()
    var.symlink_to(var.parent / "file" / "inside")


def _breaks_the_database(var: Path) -> None:
    (var / "undersigned.db").write_text("not a database at all, and quite long enough to be looked at " * 20)


@pytest.mark.parametrize(
    ("breaks", "expected"), [(_breaks_the_folder, "var"), (_breaks_the_database, "is not a database")]
)
def test_a_broken_place_is_told_in_a_sentence(
    tmp_path: Path, breaks: Callable[[Path], None], expected: str, database: str
) -> None:
    var = tmp_path / "elsewhere" / "var"
    var.mkdir(parents=True)
    breaks(var)

    run = _program("status", DATA_DIR=str(var))

    assert run.returncode == 1
    assert b"Traceback" not in run.stderr
    assert expected.encode() in run.stderr
    assert run.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", ["up", "web"])
def test_a_port_that_cannot_be_is_refused(desk: Desk, command: str) -> None:
    assert "65535" in desk.types(command, "--port", "99999", code=2)


def test_an_ascii_terminal_breaks_nothing(asked: Desk, tmp_path: Path) -> None:
    asked.types("sign", "rivers", "WWE", *SIGNED)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    new = _program("new", "lakes", environment=plain)
    sheet = _program("export", "rivers", environment=plain)

    assert (new.returncode, sheet.returncode) == (0, 0), new.stderr + sheet.stderr
    assert (asked.story.stage.campaigns / "lakes" / "letter.en.md").exists()
    assert "Women & Water's Étoile" in sheet.stdout.decode()


def _program(
    *words: str, environment: dict[str, str] | None = None, **values: str
) -> subprocess.CompletedProcess[bytes]:
    ours = {settings.PREFIX + name: value for name, value in values.items()}
    return subprocess.run(
        [sys.executable, "-m", "worker", *words],
        env=os.environ | ours | (environment or {}),
        cwd=TOP,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def twins(desk: Desk) -> Desk:
    """Launched with two of one name, of which the list says that they are two."""
    stage = desk.story.partners[0].stage
    desk.story.partners.append(Organization(stage, desk.story, "RIVER-Watch", "RRW", "Canada", "fr"))
    desk.story.writes_its_folder(quorum=1)
    path = desk.story.folder / "campaign.toml"
    refused = desk.types("check", str(desk.story.folder), code=1)
    assert "found a duplicate, in the same country: “River Watch”" in refused
    assert refused == desk.types("launch", str(desk.story.folder), "--yes", code=1)
    [line] = re.findall(r"namesakes = \[.*?\]", refused)
    path.write_text(path.read_text().replace("[sender]", f"{line}\n\n[sender]"))
    desk.types("launch", str(desk.story.folder), "--deadline", "in 2 weeks", "--yes")
    desk.does(tasks.invite)
    desk.relay_accepts()
    return desk


def numbers_of(printed: str) -> list[str]:
    return re.findall(r"^  '(#[A0-9]+)'  ", printed, re.MULTILINE)


COMMANDS = {
    "sign": ["sign", "rivers", "WHO", *SIGNED],
    "withdraw": ["withdraw", "rivers", "WHO", "--note", "call", "--yes"],
    "carry": ["carry", "rivers", "WHO"],
    "contacts": ["contacts", "rivers", "WHO"],
    "mails": ["mails", "rivers", "WHO"],
    "add": ["contacts", "rivers", "WHO", "--add", "kim@kim.example", "--yes"],
    "silence": ["silence", "rivers", "WHO", "--yes"],
    "resend": ["resend", "rivers", "--partner", "WHO", "--yes"],
    "amend": ["amend", "rivers", "--partner", "WHO", "--email", "new@new.example", "--yes"],
    "erase": ["erase", "rivers", "WHO", "--yes"],
    "merge": ["merge", "rivers", "WHO", "ADF", "--yes"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_reaches_either_of_two_that_have_one_name(twins: Desk, command: str) -> None:
    words = COMMANDS[command]
    refused = twins.types(*("river watch" if word == "WHO" else word for word in words), code=1)
    numbers = numbers_of(refused)

    assert len(numbers) == 2
    assert "River Watch (RW), Canada; en; no answer" in refused
    assert "RIVER-Watch (RRW), Canada; fr; no answer" in refused
    assert "@" not in refused
    reached = [numbers[1] if word == "WHO" else word for word in words]
    done = twins.types(*reached, code=command == "resend")  # which was just asked
    assert "RIVER-Watch" in done


def test_status_shows_the_numbers_by_which_two_of_one_name_are_told_apart(twins: Desk) -> None:
    with db.reading() as session:
        ids = [one.id for one in session.scalars(select(Partner).order_by(Partner.id))]
    shown = twins.types("status", "rivers")

    assert f"#{ids[0]} " in shown
    assert f"#{ids[3]} " in shown
    assert f"#{ids[1]} " not in shown
    data = json.loads(twins.types("status", "rivers", "--json"))
    assert {one["number"] for one in data["partners"]} == {f"#{number}" for number in ids}
    assert "#99" in twins.types("carry", "rivers", "#99", code=1)
    assert "No partner" in twins.types("carry", "rivers", str(ids[0]), code=1), "a bare number is a name"


def test_two_that_are_one_become_one(twins: Desk) -> None:
    first, second = numbers_of(twins.types("carry", "rivers", "River Watch", code=1))
    twins.types("sign", "rivers", first, *SIGNED)
    twins.types("sign", "rivers", second, *("counted" if word == "public" else word for word in SIGNED))

    dry = twins.types("merge", "rivers", first, second, "--dry-run")
    asks = twins.types("merge", "rivers", first, second, code=2)
    assert twins.mails("merged") == 0
    done = twins.types("merge", "rivers", first, second, "--yes")

    for said in (dry, asks, done):
        assert f"({first}, which stays) and RIVER-Watch (RRW), Canada ({second})" in said
        assert f"This answer stands: {second} signed, counted," in said
        assert f"This answer does not stand any more: {first} signed, public," in said
        assert "2 emails tell them." in said
        assert "The contact of the second is kept as a further contact, with its address and link." in said
        assert "Dropped from the second: the name “RIVER-Watch”, the acronym “RRW”." in said
    assert twins.mails("merged") == 2
    assert "1 further contact" in twins.types("status", "rivers")
    assert "added by you" in twins.types("contacts", "rivers", "River Watch"), "the name means one again"


def test_after_the_deadline_one_of_two_is_withdrawn_instead(twins: Desk) -> None:
    first, second = numbers_of(twins.types("carry", "rivers", "River Watch", code=1))
    for one in (first, second):
        twins.types("sign", "rivers", one, *SIGNED)
    twins.reaches_its_deadline()

    refused = twins.types("merge", "rivers", first, second, "--yes", code=1)

    assert f"withdraw rivers '{second}' --note" in refused
    assert f"RIVER-Watch ({second})" in twins.types("withdraw", "rivers", second, "--note", "twice", "--yes")


def asks_to_join(organization: str, country: str, email: str) -> int:
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        campaign.definition = campaign.definition | {"join": "approved", "public_page": "from launch"}
        session.flush()
        who = Person(email, "en", organization=organization, country=country, contact="Kim")
        join.ask_to_join(session, campaign.id, who)
        stranger = session.scalars(select(ThirdPartyAddress).order_by(ThirdPartyAddress.id.desc())).first()
        assert stranger is not None
        join.confirm_wish(session, stranger.id)
        return stranger.id


def test_an_applicant_of_the_name_of_a_partner_is_not_admitted_unless_it_is_another(asked: Desk) -> None:
    number = asks_to_join("river watch", "Canada", "kim@other.example")
    partners = len(asked.campaign_partners())

    for more in (["--yes"], ["--dry-run"]):
        refused = asked.types("admit", "rivers", "river watch", *more, code=1)
        assert "There is already a partner called river watch" in refused
        assert f"admit rivers '#A{number}' --no" in refused
        assert "--add ADDRESS" in refused
    assert len(asked.campaign_partners()) == partners
    asked.types("admit", "rivers", f"#A{number}", "--namesake", "--yes")
    assert len(asked.campaign_partners()) == partners + 1


def test_an_applicant_of_another_country_is_admitted(asked: Desk) -> None:
    asks_to_join("River Watch", "Chad", "kim@other.example")

    asked.types("admit", "rivers", "River Watch", "--yes")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [("Deutschland", "Germany"), ("kingdom of Cambodia", "Cambodia"), ("canada", "Canada"), ("Nowhere", "Nowhere")],
)
def test_the_country_of_one_that_is_admitted_is_written_as_in_the_list(asked: Desk, typed: str, printed: str) -> None:
    asks_to_join("Lake Friends", typed, "kim@other.example")

    dry = asked.types("admit", "rivers", "Lake Friends", "--dry-run")
    assert ("printed as" in dry) is (typed != printed)
    assert f"Lake Friends, {printed}" in dry
    asked.types("admit", "rivers", "Lake Friends", "--yes")

    assert [one.country for one in asked.campaign_partners() if one.organization == "Lake Friends"] == [printed]


def test_two_applicants_of_one_name_are_told_apart(asked: Desk) -> None:
    numbers = [asks_to_join("Lake Friends", "Chad", f"kim@other-{n}.example") for n in range(2)]

    refused = asked.types("admit", "rivers", "Lake Friends", "--yes", code=1)
    assert numbers_of(refused) == [f"#A{number}" for number in numbers]
    assert f"#A{numbers[0]} Lake Friends, Chad" in asked.types("status", "rivers")
    asked.types("admit", "rivers", f"#A{numbers[0]}", "--yes")
    assert numbers_of(asked.types("erase", "rivers", "Lake Friends", "--yes", code=1))[-1] == f"#A{numbers[1]}"
    asked.types("erase", "rivers", f"#A{numbers[1]}", "--yes")
