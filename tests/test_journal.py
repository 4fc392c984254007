"""The journal beside the database: what was taken away is in it, and does not come back with a backup."""

import ast
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests import cast, persons
from tests.kept_rows import a_backup, all_rows, restore
from worker import db, journal, settings, tokens
from worker.acts import (
    answer,
    apply_journal,
    ask_again,
    bounce,
    cancel,
    contacts,
    correct_address,
    disown,
    erase,
    erase_members,
    extend,
    hold,
    launch,
    merge,
    panic,
    take_out,
    undo,
    unsubscribe,
)
from worker.acts.answer import Statement
from worker.journal import Journal, Line
from worker.mail import outbox
from worker.mail.bounce_reports import Bounce
from worker.models import Answer, Campaign, Contact, Installation, Mail, Member, Partner, Suppression
from worker.state import digests
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.wording import mails

ROOT = Path(__file__).resolve().parent.parent
NUMBER, AN_HOUR = bytes(range(16)), timedelta(hours=1)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def its_own_folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A data folder of its own, which is not that of the database."""
    url = ""
    if "database" in request.fixturenames:
        request.getfixturevalue("database")
        url = settings.current().database
    key = "a key of thirty-two letters or more"
    settings.set_for_this_process(data_dir=tmp_path / "data", database_url=url, secret_key=key)
    return tmp_path / "data"


def the_journal() -> Journal:
    found = journal.read_journal()
    assert found is not None
    return found


def kinds() -> list[str]:
    found = journal.read_journal()
    return [line.kind for line in found.lines] if found else []


def a_line(kind: journal.Kind = "revoked", at: datetime = NOW) -> Line:
    return Line(at, kind, "0" * 32, 3)


def test_a_torn_line_takes_no_other_with_it(its_own_folder: Path) -> None:
    journal.append(NUMBER, [a_line()])
    file = its_own_folder / "journal"
    file.write_bytes(file.read_bytes().rstrip(b"\n")[:-5])
    journal.append(NUMBER, [a_line("quiet")])
    assert kinds() == ["quiet"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_processes_write_at_once_and_lose_nothing(its_own_folder: Path) -> None:
    write = (
        "from datetime import datetime, UTC; from worker import journal; from worker.journal import Line; input();"
        "[journal.append(bytes(range(16)), [Line(datetime.now(UTC), 'answered', 'ab' * 16, n)] * 3)"
        " for n in range(100)]"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", write], stdin=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)
    ]
    for process in running:
        process.communicate("\n")
    assert [process.returncode for process in running] == [0, 0]
    assert len(the_journal().lines) == 600


def test_the_journal_of_another_installation_is_set_aside(its_own_folder: Path) -> None:
    journal.append(NUMBER, [a_line()])
    journal.append(bytes(16), [a_line("quiet")])
    assert (the_journal().installation, kinds()) == (bytes(16).hex(), ["quiet"])
    assert f"journal.{NUMBER.hex()}" in {one.name for one in its_own_folder.iterdir()}


def test_a_folder_that_cannot_be_written_is_told_once(its_own_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    its_own_folder.parent.mkdir(exist_ok=True)
    its_own_folder.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            journal.append(NUMBER, [a_line()])
    assert len(caplog.records) == 1
    assert journal.read_journal() is None


def test_lines_older_than_any_backup_go(its_own_folder: Path) -> None:
    journal.begin(NUMBER, NOW - timedelta(days=500))
    journal.append(NUMBER, [a_line(at=NOW - timedelta(days=450)), a_line("quiet", NOW)])
    journal.keep(NUMBER, NOW)
    assert (the_journal().begun_at, kinds()) == (NOW - journal.KEPT, ["quiet"])


def test_a_journal_says_of_nobody_who_it_is(database: str, its_own_folder: Path) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        river_watch = campaign.partners[0]
        session.flush()
        unsubscribe.silence_partner(session, river_watch.id)
        correct_address.change_address(session, river_watch.id, "new@river.example")
        cast.signs(session, river_watch)
    written = (its_own_folder / "journal").read_text()
    for secret in (river_watch.ref.hex(), river_watch.email, "River", tokens.token(river_watch), campaign.seed.hex()):
        assert secret not in written


def test_what_shows_more_is_not_written_of_what_was_rolled_back(database: str) -> None:
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
    with db.transaction() as session:
        unsubscribe.silence_partner(session, partner.id)
    with db.transaction() as session:
        unsubscribe.allow_mail(session, partner.id)
        session.flush()
        session.rollback()
    assert kinds() == ["silenced"]
    with db.transaction() as session:
        unsubscribe.allow_mail(session, partner.id)
    assert kinds() == ["silenced", "allowed"]


# --- the acts


def is_disowned(session: Session, campaign: Campaign) -> None:
    cast.signs(session, campaign.partners[0])
    disown.disown_answer(session, campaign.partners[0].id)


def is_withdrawn(session: Session, campaign: Campaign) -> None:
    answer.withdraw(session, campaign.partners[2].id, Statement())


def shows_less(session: Session, campaign: Campaign) -> None:
    cast.signs(session, campaign.partners[2], "counted")


def address_is_corrected(session: Session, campaign: Campaign) -> None:
    correct_address.change_address(session, campaign.partners[0].id, "new@river.example")


def unsubscribes(session: Session, campaign: Campaign) -> None:
    unsubscribe.unsubscribe_reader(session, campaign.partners[0].id, link=Link(1))


def is_silenced(session: Session, campaign: Campaign) -> None:
    unsubscribe.silence_partner(session, campaign.partners[0].id)


def comes_back(session: Session, campaign: Campaign) -> None:
    asked = Mail.partner_id == campaign.partners[0].id, Mail.kind == "invitation"
    mail = session.scalars(select(Mail).where(*asked)).one()
    about = frozenset({tokens.fingerprint(campaign.partners[0].email)})
    bounce.apply_report(session, Bounce(mail.id, "hard", "5.1.1", "no such user", about))


def contact_is_ended(session: Session, campaign: Campaign) -> None:
    (contact,) = session.scalars(select(Contact))
    contacts.end_contact(session, contact.partner_id, contact.id)


def is_taken_out(session: Session, campaign: Campaign) -> None:
    take_out.take_out_partner(session, campaign.partners[2].id)


def is_erased(session: Session, campaign: Campaign) -> None:
    erase.erase_partner(session, campaign.partners[0].id)


def campaign_is_erased(session: Session, campaign: Campaign) -> None:
    erase.erase_campaign(session, campaign.id, give_up=True)


def is_cancelled(session: Session, campaign: Campaign) -> None:
    cancel.cancel_campaign(session, campaign.id)


def is_held(session: Session, campaign: Campaign) -> None:
    hold.hold_letter(session, campaign.id, all_mail=True)


def panic_begins(session: Session, campaign: Campaign) -> None:
    panic.start_panic(session, campaign.id)


def launch_is_undone(session: Session, campaign: Campaign) -> None:
    session.execute(delete(Answer))
    launch.undo_launch(session, campaign.id)


def are_merged(session: Session, campaign: Campaign) -> None:
    cast.signs(session, campaign.partners[1], "counted")
    merge.merge_partners(session, campaign.partners[1].id, campaign.partners[2].id)


def voice_is_withdrawn(session: Session, campaign: Campaign) -> None:
    first(session).withdrawn_at = db.clock(session)


def voice_is_disowned(session: Session, campaign: Campaign) -> None:
    member = first(session)
    member.withdrawn_at = member.disowned_at = db.clock(session)
    member.name = member.email = member.words = ""
    member.generation += 1


def voice_is_erased(session: Session, campaign: Campaign) -> None:
    erase_members.erase_member(session, first(session).id)


def voice_goes_unnamed(session: Session, campaign: Campaign) -> None:
    first(session).appearance = "counted"


def words_are_changed(session: Session, campaign: Campaign) -> None:
    member = first(session)
    member.words, member.words_at, member.words_agreed_at = "Let it flow", db.clock(session), None


def words_are_refused(session: Session, campaign: Campaign) -> None:
    first(session).words_refused_at = db.clock(session)


def voices_are_stopped(session: Session, campaign: Campaign) -> None:
    campaign.voices_stopped_at = db.clock(session)


def digests_are_held(session: Session, campaign: Campaign) -> None:
    campaign.digests_held_at = db.clock(session)


def digests_are_stopped(session: Session, campaign: Campaign) -> None:
    campaign.digests_stopped_at, campaign.digests_stopped_by = db.clock(session), "organizer"


def first(session: Session) -> Member:
    """The first person who added its voice, as a page of its link finds it."""
    return session.scalars(select(Member).order_by(Member.id)).first()  # type: ignore[return-value]


Act = Callable[[Session, Campaign], None]
ACTS: dict[Act, list[str]] = {
    is_disowned: ["answered", "reduced", "revoked"],
    is_withdrawn: ["answered", "reduced"],
    shows_less: ["answered", "reduced"],
    address_is_corrected: ["revoked", "corrected"],
    unsubscribes: ["quiet"],
    is_silenced: ["silenced"],
    is_taken_out: ["taken out"],
    comes_back: ["suppressed"],
    contact_is_ended: ["ended"],
    is_erased: ["ended", "erased"],
    campaign_is_erased: ["campaign erased", "cancelled", "ended", "erased"],
    is_cancelled: ["cancelled"],
    is_held: ["held", "mail held"],
    panic_begins: ["held", "mail held", "panic"],
    launch_is_undone: ["cancelled"],
    are_merged: ["answered", "merged", "reduced"],
    voice_is_withdrawn: ["voice withdrawn"],
    voice_is_disowned: ["voice disowned"],
    voice_is_erased: ["voice erased", "voice withdrawn"],
    voice_goes_unnamed: ["voice counted"],
    words_are_changed: ["words gone"],
    words_are_refused: ["words gone"],
    voices_are_stopped: ["voices stopped"],
    digests_are_held: ["digests held"],
    digests_are_stopped: ["digests stopped"],
}


@pytest.mark.parametrize("act", ACTS)
def test_what_an_act_takes_away_does_not_come_back_with_a_backup(database: str, act: Act) -> None:
    with db.transaction() as session:
        campaign = a_backup(session)
        session.flush()
    with db.reading() as session:
        before = all_rows(session)
        since = db.clock(session)
    noted = len(kinds())
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        act(session, campaign)
    assert sorted(set(kinds()[noted:])) == sorted(ACTS[act])
    restore(before)

    for changes in (True, False):
        with db.transaction() as session:
            assert not apply_journal.is_lost(session, since)
            applied = apply_journal.replay_journal(session, since)
            assert not applied.failed
            assert bool(applied.counts) is changes
    assert not is_back(before, act)
    assert len(kinds()[noted:]) < 12


def is_back(before: dict[str, list[dict[str, Any]]], act: Act) -> bool:
    """Whether what the act took is there again."""
    with db.reading() as session:
        river_watch, _, delta = session.scalars(select(Partner).order_by(Partner.id))
        (contact,) = session.scalars(select(Contact))
        campaign = session.scalars(select(Campaign)).one()
        stands, member = standing_answer(session, delta.id), first(session)
        found: dict[Act, bool] = {
            is_disowned: river_watch.generation == 1,
            is_withdrawn: stands is None or stands.signs,
            shows_less: stands is None or stands.visibility != "counted",
            address_is_corrected: river_watch.email_hmac is not None or river_watch.generation == 1,
            unsubscribes: river_watch.quiet_at is None,
            is_taken_out: delta.taken_out_at is None or stands is not None,
            is_silenced: river_watch.silenced_at is None,
            comes_back: not session.scalar(select(func.count()).select_from(Suppression)),
            contact_is_ended: contact.ended_at is None,
            is_erased: river_watch.erased_at is None,
            campaign_is_erased: campaign.erased_at is None,
            is_cancelled: campaign.cancelled_at is None,
            launch_is_undone: campaign.cancelled_at is None,
            is_held: campaign.held_at is None or campaign.mail_held_at is None,
            panic_begins: campaign.panic_at is None,
            are_merged: stands is None or stands.visibility != "counted",
            voice_is_withdrawn: member.stands,
            voice_is_disowned: member.stands or member.name != "" or member.generation == 1,
            voice_is_erased: member.stands or member.erased_at is None or member.mailbox_hmac is not None,
            voice_goes_unnamed: member.appearance == "named",
            words_are_changed: member.words != "" or not member.stands,
            words_are_refused: member.words != "" or not member.stands,
            voices_are_stopped: campaign.voices_stopped_at is None,
            digests_are_held: campaign.digests_held_at is None,
            digests_are_stopped: campaign.digests_stopped_by != "organizer",
        }
        return found[act]


def test_voices_that_came_since_are_counted_and_nobody_is_named(database: str, its_own_folder: Path) -> None:
    with db.transaction() as session:
        campaign = a_backup(session)
        waits, gone, again = (
            persons.adds_voice(session, campaign, email=f"{n}@home.example", confirmed_at=None) for n in range(3)
        )
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session)
    for member in (waits, gone, again):
        with db.transaction() as session:
            session.get_one(Member, member.id).confirmed_at = db.clock(session)
    with db.transaction() as session:
        session.get_one(Member, gone.id).withdrawn_at = db.clock(session)
        session.get_one(Member, again.id).withdrawn_at = db.clock(session)
    with db.transaction() as session:
        session.get_one(Member, again.id).withdrawn_at = None
    written = (its_own_folder / "journal").read_text()
    for secret in (waits.ref.hex(), waits.email, waits.name, tokens.token(waits, "voice"), *persons.SECRETS):
        assert secret not in written
    restore(before)
    with db.transaction() as session:
        assert apply_journal.replay_journal(session, since).lost_voices == {campaign.id: 2}
        assert not session.get_one(Member, waits.id).stands


def test_without_a_journal_what_tells_of_members_waits_for_a_person(database: str, its_own_folder: Path) -> None:
    with db.transaction() as session:
        campaign = a_backup(session)
        digest, now = persons.a_digest(session, campaign, first(session)), db.clock(session)
        outbox.put(session, [outbox.about_members("digest", campaign, digest, now, now)])
        closed = cast.a_campaign(session, "closed")
    (its_own_folder / "journal").unlink()
    with db.transaction() as session:
        assert apply_journal.replay_journal(session, now).digests == {campaign.id}
        [mail] = session.scalars(select(Mail).where(Mail.kind == "digest"))
        assert (digests.state_of(mail), mail.due_at) == ("uncertain", None)
        held = {one.id: one.digests_held_at is not None for one in session.scalars(select(Campaign))}
        assert held == {campaign.id: True, closed.id: False}


def test_words_that_came_after_others_were_refused_stay_and_so_does_a_voice_that_came_back(database: str) -> None:
    """A replay takes back what the backup does not know, and nothing that was said again before it."""
    with db.transaction() as session:
        campaign = a_backup(session)
    for act in (words_are_refused, words_are_changed):
        with db.transaction() as session:
            act(session, campaign)
            first(session).words_refused_at = None
    with db.transaction() as session:
        voice_is_withdrawn(session, campaign)
    with db.transaction() as session:
        first(session).withdrawn_at = None
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session) + AN_HOUR
    restore(before)
    with db.transaction() as session:
        assert not apply_journal.replay_journal(session, since).counts
        assert (first(session).words, first(session).stands) == ("Let it flow", True)


@pytest.mark.parametrize("reads", ["voices_stopped_at", "digests_held_at", "digests_stopped_at"])
def test_what_was_allowed_again_is_not_stopped_by_a_backup(database: str, reads: str) -> None:
    with db.transaction() as session:
        campaign = a_backup(session)
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session)
    for stops in (True, False):
        with db.transaction() as session:
            setattr(session.get_one(Campaign, campaign.id), reads, db.clock(session) if stops else None)
    restore(before)
    with db.transaction() as session:
        assert not apply_journal.replay_journal(session, since).counts
        assert getattr(session.get_one(Campaign, campaign.id), reads) is None


def test_silence_that_ended_does_not_come_back_either(database: str) -> None:
    with db.transaction() as session:
        river_watch = a_backup(session).partners[0]
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session)
    with db.transaction() as session:
        unsubscribe.silence_partner(session, river_watch.id)
    with db.transaction() as session:
        unsubscribe.allow_mail(session, river_watch.id)
    restore(before)
    with db.transaction() as session:
        assert not apply_journal.replay_journal(session, since).counts
        assert session.get_one(Partner, river_watch.id).silenced_at is None
        unsubscribe.silence_partner(session, river_watch.id)
    assert kinds()[-3:] == ["silenced", "allowed", "silenced"]  # what follows a replay is written as ever


def test_mails_of_an_act_that_was_taken_back_wait_for_a_person(database: str) -> None:
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        campaign = a_backup(session)
        extend.move_deadline(session, campaign.id, campaign.deadline_at + AN_HOUR)
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session)
    with db.transaction() as session:
        undo.undo_act(session, campaign.id, "extend")
    restore(before)
    for changes in (True, False):
        with db.transaction() as session:
            assert bool(apply_journal.replay_journal(session, since).counts) is changes
            assert session.get_one(Campaign, campaign.id).mail_held_at is not None


def test_a_journal_that_cannot_know_all_is_lost(database: str, its_own_folder: Path) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        number = session.scalars(select(Installation.number)).one()
        assert apply_journal.is_lost(session, now)
        journal.begin(number, now)
        assert not apply_journal.is_lost(session, now)
        assert apply_journal.is_lost(session, now - AN_HOUR)
        journal.begin(NUMBER, now - AN_HOUR)
        assert apply_journal.is_lost(session, now)
        (its_own_folder / "journal").write_bytes(b"\xff\x00")
        assert apply_journal.is_lost(session, now)


@pytest.mark.parametrize("journal_is_there", [True, False])
def test_whose_answer_was_lost_is_asked_again_once_and_told_why(
    database: str, its_own_folder: Path, journal_is_there: bool
) -> None:
    with db.transaction() as session:
        campaign = a_backup(session)
        river_watch, eau_vive, delta = campaign.partners
        session.execute(update(Mail).values(sent_at=Mail.dated_at, due_at=None))
        session.flush()
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session)
    with db.transaction() as session:
        cast.signs(session, river_watch)
    restore(before)
    if not journal_is_there:
        (its_own_folder / "journal").unlink()
    with db.transaction() as session:
        lost = apply_journal.replay_journal(session, since).lost_answers
        assert lost == ([river_watch.id] if journal_is_there else [river_watch.id, eau_vive.id, delta.id])
        assert ask_again.ask_for_lost_answers(session, lost, since) == len(lost)
        assert ask_again.ask_for_lost_answers(session, lost, since) == 0
        mail = session.scalars(select(Mail).where(Mail.kind == "asked_again").order_by(Mail.id).limit(1)).one()
        said = mails.word_mail(session, mail)
        assert "we no longer have your answer" in " ".join(said.text.split())
        assert tokens.link(river_watch) in said.text


def test_nobody_is_asked_again_that_wants_no_mail_or_after_the_deadline(database: str) -> None:
    with db.transaction() as session:
        campaign = a_backup(session)
        now, ids = db.clock(session), [one.id for one in campaign.partners]
        campaign.partners[0].quiet_at = now
        session.flush()
        assert ask_again.ask_for_lost_answers(session, ids, now) == 2
        cast.passes_its_deadline(session, campaign)
        assert ask_again.ask_for_lost_answers(session, ids, now - AN_HOUR) == 0


def test_every_act_says_in_the_design_what_it_leaves_in_the_journal() -> None:
    """So that a new one that takes something away is thought of: each function of an act that others call."""
    table = (ROOT / "docs" / "design.md").read_text().partition("| act | line in the journal |")[2]
    acts = [row.split(" | ")[0].partition(", and whoever")[0] for row in table.partition("\n\n")[0].splitlines()]
    rows = [name for of_row in acts for name in re.findall(r"`(\w+)`", of_row)]
    named, written, there = set(rows), set(), set()
    for module in sorted((ROOT / "worker" / "acts").glob("*.py")):
        for node in ast.parse(module.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                there.add(node.name)
                arguments = {one.arg for one in node.args.args}
                if "session" in arguments or node.name in {"close_and_seal", "collect_into_database"}:
                    written.add(node.name)
    assert written - named == set(), "these are in no row of the table in docs/design.md"
    assert [name for name in named if rows.count(name) > 1 or name not in there] == [], "twice, or gone"
