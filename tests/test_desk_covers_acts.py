"""Whatever organizers can bring about is done at the desk, too, and leaves what the command leaves."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest

from worker import acts
from worker.web.desk.doing import CAMPAIGN, PARTNER
from worker.web.desk.door import Door
from worker.web.desk.registry import ACTS
from worker.web.desk.table import TABLE

TESTS = Path(__file__).resolve().parent
WORKER = TESTS.parent / "worker"
PACKAGE = "worker.acts."


class Elsewhere(NamedTuple):
    """Why organizers do not do it at the desk, where it is called instead, and which functions it is."""

    why: str
    called_in: str
    functions: set[str]


ELSEWHERE = (
    Elsewhere(
        "partners, and persons who add their voices, do it by their own links",
        "web",
        {
            "add_voice.ask_for_voice",
            "add_voice.confirm_voice",
            "add_voice.correct_voice",
            "check_code.compare_codes",
            "check_code.count_wrong",
            "correct_listing.change_listing",
            "correct_listing.other_languages",
            "correct_listing.problems",
            "disown.disown_answer",
            "join.ask_to_join",
            "join.confirm_wish",
            "pass_on.pass_invitation_on",
            "take_back_voice.disown_voice",
            "take_back_voice.withdraw_voice",
            "unsubscribe.resubscribe_reader",
            "unsubscribe.unsubscribe_reader",
        },
    ),
    Elsewhere(
        "the clock does it, or an email that came back",
        "tasks.py",
        {
            "alert_unreached.alert_organizers",
            "alert_words.tell_of_words",
            "bounce.collect_into_database",
            "draw_digests.draw_digest",
            "ended_links.forget_ended_links",
            "erase.erase_when_due",
            "erase_members.blank_unconfirmed",
            "invite.enqueue_invitations",
            "login.forget_old_logins",
            "login.put_codes",
            "receipts.put_receipts",
            "remind.remind_when_due",
            "report.put_copies",
        },
    ),
    Elsewhere(
        "a campaign begins in a folder, and what undoes that puts the folder back in its place",
        "cli",
        {
            "launch.as_row",
            "launch.free_name",
            "launch.launch_campaign",
            "launch.suppressed",
            "launch.undo_launch",
        },
    ),
    Elsewhere(
        "it takes a letter out of a folder; the desk does the same with one that is typed, by replace_letter",
        "cli",
        {"amend_letter.change_letter", "launch.letter_of"},
    ),
    Elsewhere(
        "who asks to sign is erased at the desk by a no, which deletes all that it told us",
        "cli",
        {"erase.erase_applicant"},
    ),
    Elsewhere(
        "whoever has the shell decides who may enter the desk",
        "cli",
        {
            "login.make_link",
            "organizers.add_local",
            "organizers.add_organizer",
            "organizers.give_seat",
            "organizers.remove_organizer",
            "organizers.take_seat",
        },
    ),
    Elsewhere(
        "the desk is closed while a database that was put back stands still, and while a key is changed",
        "cli",
        {"apply_journal.is_lost", "go_on.is_known", "go_on.let_everything_go_on", "rekey.finish", "rekey.rewrite_some"},
    ),
    Elsewhere(
        "a database that was put back reads by it what the journal says of settings",
        "acts",
        {"change_settings.read_spelled", "change_settings.show_less"},
    ),
    Elsewhere(
        "it is record_answers with one answer, for which only tests have a use",
        "",
        {"answer.decline", "answer.withdraw"},
    ),
)

# Each address with a button, P being a partner's, and the test that does the same by a command and looks at all rows.
COMPARED = {
    "test_desk_lists.test_desk_and_command_leave_the_same": "add add-one admit applicants P/take-out P/put-back",
    "test_desk_partner_acts.test_each_act_leaves_the_rows_and_mails_that_its_command_does": (
        "P/sign P/decline P/withdraw P/mail-again P/carry P/address P/name P/add-contact P/end-contact P/silence"
        " P/allow-mail P/merge P/erase"
    ),
    "test_desk_running.test_the_desk_leaves_what_the_command_leaves": (
        "undo extend earlier remind settings close hold hold-letter resume cancel"
    ),
    "test_desk_running.test_a_letter_from_a_folder_and_one_from_the_desk_leave_the_same": "amend",
    "test_desk_letter.test_dispatching_says_what_goes_and_does_as_the_command_does": "letter/dispatch",
    "test_desk_letter.test_a_letter_in_doubt_is_sent_once_more_as_by_the_command": "letter/resend-letter",
    "test_desk_letter.test_what_was_brought_is_noted_with_its_day_as_the_command_does": "letter/letter-arrived",
    "test_desk_letter.test_who_stepped_back_is_told_of_until_it_is_noted_that_they_were_told": "letter/notice-told",
    "test_desk_letter.test_a_reply_is_noted_once_by_the_desk_and_by_the_command_and_is_shown": "letter/reply",
    "test_desk_letter.test_the_campaign_is_erased_once_its_name_is_typed_as_by_the_command": "erase",
    "test_desk_members.test_the_desk_leaves_what_the_command_does": (
        "members/voices-stop members/voices-reopen members/voices-withdraw members/voices-erase"
        " members/voices-drop-domain members/voices-let-domain members/digest/digest-hold members/digest/digest-resume"
        " members/digest/digest-again members/digest/digest-arrived members/digest/digest-stop"
        " members/digest/digest-restart members/digest/digest-leave-out"
    ),
    "test_desk_members.test_words_are_decided_as_they_were_read": "members/words/words-decide",
    "test_desk_board.test_desk_and_command_leave_the_same_rows": "P/notes P/notes/{note:number}/done P/care",
    "test_desk_and_command.test_desk_and_command_leave_the_same": (
        "panic end-panic two-persons one-person letter/ask-to-export applicants"
    ),
}
NO_COMMAND = {
    "approvals/{approval:number}": "a second person says yes only where it is known who that is",
    "/desk/login /desk/code /desk/link /desk/factor": "a person enters",
    "/desk/logout /desk/logout-everywhere": "a person leaves",
    "/desk/account /desk/account/session /desk/account/factor /desk/account/factor/begin"
    " /desk/account/factor/end /desk/account/recovery": "a person sets up what is its own",
}


@cache
def public_functions() -> frozenset[str]:
    """All of the package that is not private, by module and name."""
    found = set[str]()
    for one in pkgutil.walk_packages(acts.__path__, PACKAGE):
        module = importlib.import_module(one.name)
        found |= {
            _name(value)
            for name, value in vars(module).items()
            if inspect.isfunction(value) and not name.startswith("_") and _home(value) == one.name
        }
    return frozenset(found)


def test_every_act_is_done_at_the_desk_or_says_whose_it_is() -> None:
    at_desk = called(*_of_the_desk())
    elsewhere = {name for one in ELSEWHERE for name in one.functions}
    helpers = called(*(_function(name) for name in elsewhere))
    nowhere = public_functions() - at_desk - elsewhere - helpers
    assert not nowhere, "neither called from worker/web/desk/, nor in ELSEWHERE"
    unknown = elsewhere - public_functions()
    assert not unknown, "there is no such function"


@pytest.mark.parametrize("where", ELSEWHERE, ids=lambda where: where.why)
def test_what_is_done_elsewhere_is_called_there_and_not_at_the_desk(where: Elsewhere) -> None:
    assert not where.functions & called(*_of_the_desk()), "the desk does it: take it out of ELSEWHERE"
    if where.called_in:
        assert not where.functions - _named_in(where.called_in), "nothing calls it there"


def test_every_act_that_the_desk_does_leaves_what_its_command_does() -> None:
    pressed = {
        row.path.replace(f"{PARTNER}/", "P/").removeprefix(f"{CAMPAIGN}/") for row in TABLE if row.method == "POST"
    }
    said = {name for names in (*COMPARED.values(), *NO_COMMAND) for name in names.split()}
    assert pressed == said, "an act that nothing compares with its command, or that is not there any more"


@pytest.mark.parametrize("test", COMPARED)
def test_what_compares_is_there_and_does_it(test: str) -> None:
    module, _, name = test.partition(".")
    tree = ast.parse((TESTS / f"{module}.py").read_text())
    function = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
    assert {"assert_same", "rows_of"} & {_called(one) for one in ast.walk(function)}
    said = " ".join(
        one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ).replace("/", " ")
    missing = [one for one in COMPARED[test].split() if one.rpartition("/")[2] not in said.split()]
    assert not missing


# --- what calls what


def called(*first: Any) -> set[str]:
    """All functions of the package that these call, and what those call in turn, as far as names lead."""
    seen, left = dict[int, Any](), list(first)
    while left:
        one = left.pop()
        if id(one) not in seen:
            seen[id(one)] = one
            left += _leads_to(one)
    return {_name(one) for one in seen.values() if isinstance(one, FunctionType) and _home(one).startswith(PACKAGE)}


def _of_the_desk() -> list[Any]:
    found: list[Any] = [row.view for row in TABLE]
    found += vars(Door).values()
    return found + [part for act in ACTS for part in (act.before, act.do, act.form, act.concerns)]


def _leads_to(one: Any) -> Iterator[Any]:
    if isinstance(one, dict):
        yield from one.values()
    elif isinstance(one, tuple | list | frozenset):
        yield from one
    elif isinstance(one, FunctionType):
        one = inspect.unwrap(one)
        if not _home(one).startswith((PACKAGE, "worker.web.desk.")):
            return
        yield from (cell.cell_contents for cell in one.__closure__ or ())
        names = {name for code in _codes(one.__code__) for name in code.co_names}
        for value in (one.__globals__[name] for name in names if name in one.__globals__):
            yield value
            if isinstance(value, ModuleType) and value.__name__.startswith(PACKAGE):
                yield from (vars(value)[name] for name in names if name in vars(value))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _home(function: Any) -> str:
    return str(function.__module__ or "")


def _name(function: Any) -> str:
    return f"{_home(function).removeprefix(PACKAGE)}.{function.__qualname__}"


def _function(name: str) -> Any:
    module, _, its = name.partition(".")
    return getattr(importlib.import_module(PACKAGE + module), its)


def _named_in(place: str) -> set[str]:
    """Which functions of the package that part of the code names."""
    paths = [WORKER / place] if place.endswith(".py") else sorted((WORKER / place).rglob("*.py"))
    found = set[str]()
    for path in paths:
        if "desk" in path.parts:
            continue
        tree, modules = ast.parse(path.read_text()), dict[str, str]()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "worker.acts":
                modules |= {one.asname or one.name: one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                found |= {f"{(node.module or '').removeprefix(PACKAGE)}.{one.name}" for one in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add(f"{modules[node.value.id]}.{node.attr}")
    return found


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
