"""The log of a campaign: every act leaves a line, each line is a sentence, and who may not see names sees none."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests import cast
from tests.sql import statements
from worker import db
from worker.acts import answer, audit, close, correct_address, erase, extend, hold, invite, remind, report, undo
from worker.acts.answer import AnswerInput, Statement
from worker.cli.commands import app
from worker.models import AuditEvent, Campaign, Mail, audit_codes
from worker.state.log import PAGE, LogEntry, load_log
from worker.wording import log as wording

ACTS = Path(__file__).resolve().parent.parent / "worker" / "acts"
# Acts that leave no line of their own, and why.
WITHOUT_A_LINE = {
    "put_partners": "what it is done for has one",
    "put_receipts": "each answer has a line",
    "recently_told": "it reads",
    "alert_organizers": "a mail to the organizers, of what has a line",
    "alert_of_responses": "the same",
    "ask_for_lost_answers": "its campaigns have one each",
    "apply_report": "what it changes has one",
    "collect_into_database": "the same",
    "ask_to_join": "anybody can ask; once it is confirmed there is a line",
    "close_and_seal": "what it does has",
    "close_and_seal_within": "the same",
    "close_when_due": "the same",
    "remind_when_due": "the same",
    "remind_now": "the same",
    "record_answers": "the same",
    "sign": "the same",
    "decline": "the same",
    "withdraw": "the same",
    "decide_about_digests": "what it calls has one",
    "withdraw_one": "the same",
    "drop_domain": "the same",
    "dispatch_seal": "has one",
    "dispatch_now": "the same",
    "compare_codes": "wrong codes are counted; the last has a line",
    "judged": "the same",
    "count_wrong": "the last has one",
    "new_contact": "who calls it has one",
    "load_living": "it reads",
    "end_passed_on": "who calls it has one",
    "revoke_all": "the same",
    "restore_listing": "the same",
    "tell_of_what_was_not_told": "the same",
    "void_what_has_not_left": "the seal that is voided has one",
    "empty_voided_seals": "the same",
    "tell_what_came_too_late": "a mail to the organizers",
    "tell_of_moved_replies": "the same",
    "tell_of_moved_letter": "the same",
    "erase_when_due": "the erasing has one",
    "erase_campaign": "the same",
    "forget_ended_links": "of no campaign, and nobody can see what went",
    "undo_launch": "nothing is left to write it in",
    "let_everything_go_on": "each campaign has one",
    "is_known": "it reads",
    "is_lost": "it reads",
    "replay_journal": "each campaign has one, by `restored`",
    "lock_partner": "it locks",
    "lock_partners": "it locks",
    "read_locked": "it reads",
    "lock_partner_alone": "it locks",
    "lock_applicant": "it locks",
    "finish": "of no campaign: another key",
    "rewrite_some": "the same",
    "count_as_of_next_link": "the same",
    "suppress": "what came back has one",
    "allow": "the corrected address has one",
    "find_again": "of no campaign: another key",
    "renew_fingerprint": "the same",
    "suppressed": "it reads",
    "note_passed_on": "who calls it has one",
    "require_may_be_written_to": "it reads",
    "write_to": "who calls it has one",
    "call_back": "the same",
    "log": "it is the log",
    **dict.fromkeys(
        ["ask_for_voice", "confirm_voice", "correct_voice", "withdraw_voice", "disown_voice", "disown_anew"],
        "of persons there may be ten thousand, and a line each would tell who came when",
    ),
    **dict.fromkeys(["put_voice_again", "blank_unconfirmed", "remember_links", "erase_members_of"], "the same"),
    **dict.fromkeys(["replay_voices", "doubt_all_digests"], "each campaign has one, by `restored`"),
    **dict.fromkeys(["count_asked_lately", "may_be_written_to", "next_mail_at", "acting"], "it reads"),
    **dict.fromkeys(["require_room", "lock_member"], "it reads, or locks"),
    "keep_what_was_told": "nothing anybody did",
    "draw_digest": "each digest that it draws has one",
    "tell_of_words": "a mail to the organizers, of what `words` shows",
    "void_what_counts": "the seal that is voided has one",
    **dict.fromkeys(["change_letter", "move_deadline", "bring_deadline_forward"], "what they call writes it"),
    **dict.fromkeys(["undo_last", "close_early"], "what they call writes it"),
    **dict.fromkeys(["require_not_closed", "leaves_at_once"], "they read, or are tried"),
    "act_as": "it says who writes the lines",
    "is_suppressed": "it reads",
    "mail_once_more": "the acts that it chooses from do",
    "record_by_hand": "recording the answer does",
    **dict.fromkeys(
        ["lock_calm", "require_calm", "require", "require_to_read", "require_for_withheld", "is_needed"],
        "it reads, or locks",
    ),
    **dict.fromkeys(["agree_and_do", "decline_request"], "the decision has one"),
    "let_do": "what is done by it has one",
    **dict.fromkeys(["export_signatures", "export_documents"], "note_taken_out has one"),
    **dict.fromkeys(
        ["add_organizer", "add_local", "change_account", "ask_for_code", "put_codes", "take_code", "make_link"],
        "of no campaign: who may enter the desk, and does",
    ),
    **dict.fromkeys(["take_link", "note_seen", "end_session", "end_all_sessions", "end_everything"], "the same"),
    **dict.fromkeys(["forget_old_logins", "begin_factor", "confirm_factor", "take_factor"], "the same"),
    **dict.fromkeys(["draw_recovery_codes", "end_factor"], "the same"),
    **dict.fromkeys(["take_seat", "remove_organizer"], "each seat that is taken has one"),
}


def public_acts() -> Iterator[tuple[str, bool]]:
    """Each function of an act that others call, and whether it writes a line itself."""
    for module in sorted(ACTS.glob("*.py")):
        for node in ast.parse(module.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                source = ast.unparse(node)
                if "session" in {one.arg for one in node.args.args} or "db.transaction(" in source:
                    yield node.name, "audit.log(" in source or "audit.event(" in source


def test_every_act_leaves_a_line_or_is_known_to_leave_none() -> None:
    silent = {name for name, writes in public_acts() if not writes}
    assert silent - WITHOUT_A_LINE.keys() == set()


def entry(what: str, detail: str | None = None, about: str | None = "River Watch") -> LogEntry:
    return LogEntry(1, datetime(2027, 3, 1, 12, tzinfo=UTC), "organizer", what, detail, True, about)


DETAILS = {
    "sign": ["public", "addressee", "counted"],
    "extended": ["2", "2 2027-04-01T17:00:00+00:00"],
    "amended": ["version 2, typo", "version 2 meaning 12"],
    "undone": ["amend", "remind 3", "extend 1"],
    "held": ["all mail"],
    "changed": ["quorum", "review reply_to"],
    "second_asked": ["erase", "end_panic"],
    "sealed": ["2", "2 56"],
    "renamed": ["dam-cancelled-1"],
    "names_exported": ["signatures csv", "public pdf", "addressee docx", "documents -"],
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_code_is_a_sentence_in_each_language_with_and_without_its_number(language: str) -> None:
    said = {}
    for code in audit_codes():
        for detail in [None, *DETAILS.get(code, ["1", "2", "- 1", "2 0"])]:
            told = wording.sentence(entry(code, detail), "Europe/Zurich", language)
            assert told.endswith("."), (code, told)
            assert "%(" not in told
            assert "None" not in told
            said[code, detail] = told
    assert len({said[code, None] for code in audit_codes()}) == len(audit_codes()), "two codes read the same"
    if language == "fr":
        english = {code: wording.sentence(entry(code), "Europe/Zurich") for code in audit_codes()}
        assert [code for code in audit_codes() if said[code, None] == english[code]] == []


def test_a_line_of_an_older_version_stands_as_it_was_written() -> None:
    assert wording.sentence(entry("launched with 60 partners"), "UTC", "fr") == "launched with 60 partners"
    assert wording.sentence(entry("dispatched", "1"), "UTC") == "The sending of the letter began."
    assert wording.sentence(entry("amended", "version 2, meaning"), "UTC").endswith("it is version 2 now.")
    assert wording.sentence(entry("extended", "12"), "UTC") == "The deadline was moved. 12 emails."


def played() -> int:
    """A campaign of two partners, from the first mail to the erased contacts."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        river_watch, eau_vive = campaign.partners
        number = campaign.id
        audit.log(session, campaign, "organizer", "launched", detail=2)
        invite.enqueue_invitations(session, number)
        session.execute(update(Mail).values(sent_at=db.clock(session) - timedelta(days=2), due_at=None))
        remind.remind_now(session, number)
        undo.undo_act(session, number, "remind")
        extend.move_deadline(session, number, campaign.deadline_at + timedelta(days=1))
        hold.hold_letter(session, number, all_mail=True)
        hold.resume_letter(session, number)
        cast.signs(session, river_watch, "counted")
        by_hand = Statement(representative="B", role="C", channel="by hand")
        answer.record_answers(session, [AnswerInput(eau_vive.id, "sign", "public", by_hand)])
        correct_address.change_address(session, eau_vive.id, "new@eau.example")
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, number), closed=False)
    close.close_and_seal(number)
    with db.transaction() as session:
        answer.withdraw(session, session.get_one(Campaign, number).partners[1].id, Statement())
    close.close_and_seal(number)
    with db.transaction() as session:
        cast.the_letter_leaves(session, session.get_one(Campaign, number))
        report.put_copies(session, number)
    return number


PLAYED = [
    ("Organizers", "The campaign was launched with 2 partners."),
    ("Program", "2 partners are asked by email."),
    ("Organizers", "2 partners are reminded."),
    ("Organizers", "The reminder was taken back."),
    ("Organizers", "The deadline was moved to … 2 emails."),
    ("Organizers", "All email was held, except the organizers’ own."),
    ("Organizers", "The campaign continues; 2 emails that waited are sent."),
    ("Partner", "River Watch signed; it is counted and not named."),
    ("Organizers", "Eau Vive signed; it is named to everyone."),
    ("Organizers", "Eau Vive has another email address, and a new link."),
    ("Program", "The list was closed."),
    ("Program", "The letter was sealed (seal 1). 2 organizations sign it."),
    ("Program", "Seal 1 does not count any more."),
    ("Partner", "Eau Vive withdrew its signature."),
    ("Program", "The letter was sealed (seal 2). 1 organization signs it."),
    ("Program", "1 copy of the letter is sent to those who signed."),
]


def test_a_campaign_that_was_played_can_be_read_and_names_whom_its_reader_may_see(database: str) -> None:
    number = played()
    with db.reading() as session:
        campaign = session.get_one(Campaign, number)
        with statements() as seen:
            page = load_log(session, campaign, names=True)
        unnamed = load_log(session, campaign, names=False)
    assert len(seen) == 1
    told = [(wording.actor(one), wording.sentence(one, campaign.zone)) for one in reversed(page.entries)]
    assert [(who, re.sub("moved to .*[.] ", "moved to … ", what)) for who, what in told] == PLAYED
    both = [(one, language) for one in unnamed.entries for language in ("en", "fr")]
    said = " ".join(wording.sentence(one, campaign.zone, language) for one, language in both)
    assert "A partner signed." in said
    assert not any(word in said for word in ("River", "Vive", "counted", "everyone", "comptée"))
    assert all(one.about is None for one in unnamed.entries)

    with db.transaction() as session:
        erase.erase_partner(session, session.get_one(Campaign, number).partners[1].id)
    with db.reading() as session:
        page = load_log(session, session.get_one(Campaign, number), names=True)
    told_of = {wording.sentence(one, campaign.zone) for one in page.entries}
    assert "A partner that was erased withdrew its signature." in told_of
    assert not any("Vive" in one for one in told_of)


def test_pages_follow_one_another_by_the_line_and_miss_none_that_comes_meanwhile(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        other = cast.a_campaign(session, slug="other")
        now = db.clock(session)
        for place in range(PAGE * 2 + 1):  # several share a moment
            audit.log(session, campaign, "clock", "reminded", detail=place, at=now + timedelta(seconds=place // 3))
            audit.log(session, other, "clock", "invited", detail=place, at=now)
    found, before = list[str | None](), None
    while before is not None or not found:
        with db.transaction() as session:
            page = load_log(session, session.get_one(Campaign, campaign.id), names=False, before=before)
            audit.log(session, campaign, "clock", "invited", at=now + timedelta(days=1))
        found += [one.detail for one in page.entries]
        before = page.before
    assert found == [str(place) for place in reversed(range(PAGE * 2 + 1))]
    with db.reading() as session:
        first = session.scalars(select(AuditEvent.id).where(AuditEvent.campaign_id == other.id)).first()
        assert not load_log(session, session.get_one(Campaign, campaign.id), names=False, before=first).entries


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_prints_the_log(database: str) -> None:
    played()

    def types(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["log", "dam", *words])
        return result.exit_code, result.stdout, result.stderr

    assert "Program     2 partners are asked by email." in types()[1]
    assert "River Watch" not in types()[1] + types("--json")[1]
    assert "River Watch signed" in types("--names")[1]
    given = json.loads(types("--names", "--json", "--since", "7d")[1])
    assert [given[-1][key] for key in ("actor", "act", "detail", "organizer")] == ["organizer", "launched", "2", None]
    assert {one["partner"] for one in given if one["act"] == "sign"} == {"River Watch", "Eau Vive"}
    assert types("--since", "2090-01-01") == (0, "", "There is no line since then.\n")
    code, _, said = types("--since", "yesterday")
    assert (code, "--since: found 'yesterday'; expected a time span" in said) == (2, True)
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        for _ in range(PAGE):
            audit.log(session, campaign, "clock", "invited", detail=1)
    assert "These are the last 50 lines. For more: undersigned log dam --since 30d" in types()[2]
