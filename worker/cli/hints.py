"""The command that helps, beside a sentence that names none."""

import shlex

from worker.cli import console
from worker.models import OrganizerAct
from worker.state.blockers import Blocker, BlockerCode
from worker.state.letters import ServedState
from worker.state.mail_status import Reason, Todo
from worker.state.refusals import Refused
from worker.wording import blockers
from worker.wording.mail_status import reason_words, todo_words

_BLOCKERS: dict[BlockerCode, str] = {
    "not_closed": ": `undersigned close {slug}` closes it before the deadline.",
    "held": ": `undersigned resume {slug}` continues it.",
    "uncertain": ". If it is there, record that: `undersigned dispatch {slug} --by-hand`. If not, "
    "send it again: `undersigned resend {slug}`.",
    "no_address": ", then `undersigned dispatch {slug} --by-hand`.",
    "below_quorum": ": `undersigned dispatch {slug}` sends it anyway.",
    "refused": ". `undersigned dispatch {slug}` tries again; or print it (`undersigned export {slug} --documents "
    "FOLDER`), bring it, and record that: `undersigned dispatch {slug} --by-hand`.",
    "turned_down": ". It is tried again automatically. You can also print it (`undersigned export {slug} --documents "
    "FOLDER`), bring it, and record that: `undersigned dispatch {slug} --by-hand`.",
}
_TODO: dict[Todo, str] = {
    "correct_address": ", then: `undersigned amend {slug} --partner {name} --email ADDRESS`",
    "resend": "; if not: `undersigned resend {slug} --partner {name}`",
    "ask": "; to another address: `undersigned amend {slug} --partner {name} --email ADDRESS`",
}


def blocker_with_command(blocker: Blocker, slug: str) -> str:
    """What stands in the way, and what to type."""
    sentence = blockers.sentence(blocker)
    if hint := _BLOCKERS.get(blocker.code):
        of_one = " For one addressee only: `--addressee NAME`." if blocker.facts.get("several") else ""
        return sentence.removesuffix(".") + hint.format(slug=slug) + of_one
    return sentence


def reason_with_command(reason: Reason | None, slug: str) -> str | None:
    """Why a mail stands as it does, and what to type where a person can change it."""
    words = reason_words(reason)
    if words and reason and reason.code == "held":
        return words + _BLOCKERS["held"].format(slug=slug).removesuffix(".")
    return words


def todo_with_command(todo: Todo, slug: str, organization: str) -> str:
    """What a person can do about a mail, and what to type."""
    return todo_words(todo) + _TODO[todo].format(slug=slug, name=shlex.quote(organization))


def served_with_command(state: ServedState, name: str, slug: str, *, copy: bool) -> str:
    """What an organizer does so that an addressee has the letter, or that it is known, and what to type."""
    note = f"`undersigned dispatch {slug} --by-hand --addressee {shlex.quote(name)}`"
    export = f"`undersigned export {slug} --documents FOLDER`"
    which = "public" if copy else "addressee’s"
    bring = f"print the {which} letter ({export}) and bring it to {name}, then {note}"
    match state:
        case "uncertain":
            return f"ask whether {name} has the letter. If it is there: {note}; if not: `undersigned resend {slug}`"
        case "refused":
            return f"the server of {name} refused the letter: `undersigned dispatch {slug}` tries again; or {bring}"
        case "returned":
            return f"the letter to {name} came back: {bring}"
    return bring


def refusal_with_command(refused: Refused, slug: str) -> str:
    """Why a command did nothing, and what to type instead."""
    from worker.definition.problems import few
    from worker.wording import refusals  # which brings Jinja and Markdown: most commands are not refused
    from worker.wording.acts import partner_list
    from worker.wording.problems import sentence as problem_sentence

    if refused.code == "blocked":
        reasons = (console.hint(blocker_with_command(one, slug)) for one in refused.facts["blockers"])
        return "\n".join(["The letter is not sent:", *(f"  {reason}" for reason in reasons)])
    said = refusals.sentence(refused)
    match refused.code:
        case "not_over":
            if refused.facts.get("where", "not_sent") != "not_sent":
                return said
            give_up, cancel = console.command("erase", slug, "--give-up"), console.command("cancel", slug)
            return (
                f"{said} You can erase one of them by its name. If the letter is not to be sent at all, {cancel} tells "
                f"everyone who was asked. To have all erased after that: {give_up}"
            )
        case "in_panic":
            return f"{said} To end it: {console.command('panic', slug, '--end')}"
        case "still_signs":
            withdraw = console.command("withdraw", slug, refused.facts["organization"], "--note", "…")
            return f"{said} If it wants to withdraw altogether, first: {withdraw}"
        case "bad_list":
            problems = few(refused.facts["wrong"])
            told = [
                *(f"✗ {one.sentence}" for one in problems),
                f"\n{console.count(len(problems), 'problem')} to correct",
            ]
            return "\n".join(told) + "; nobody was added."
        case "nobody_new":
            return "\n".join([*partner_list.left_out(refused.facts["additions"], refused.facts["left_out"]), said])
        case "already_partner":
            return f"{said} {_already_partner(slug, **refused.facts)}"
        case "closed" if refused.facts.get("what") == "merge" and not refused.facts.get("cancelled"):
            withdraw = console.command("withdraw", slug, f"#{refused.facts['number']}", "--note", "…")
            return f"{said} Take the signature of one back instead: {withdraw}"
        case "contact_not_mailed" if refused.facts["silenced"]:
            end = console.command("silence", slug, refused.facts["organization"], "--end")
            return f"{said} To take that back: {end}"
        case "cannot_be_undone":
            if refused.facts.get("cancelled"):
                return f"{said} It is cancelled already: correct the folder, then {console.command('launch', slug)}"
            return f"{said} {_instead_of_undo(refused.facts['act'], slug)}"
        case "nothing_to_undo" if last := refused.facts["last"]:
            return f"{said} {console.command(last, slug, '--undo')} takes it back."
        case "already_launched":
            cancel = console.command("cancel", slug)
            return (
                f"{said} Was it a mistake, and nobody has the letter? {cancel} ends it and tells everyone who "
                f"was asked. "
                "Then you can launch this name again."
            )
        case "not_later":
            return f"{said} For an earlier one add --earlier."
        case "other_addressee":
            return f"{said} Give --meaning."
        case "language_left_alone":
            say = " ".join(f"--unchanged {language}" for language in refused.facts["languages"])
            return f"{said} If so, add: {say}"
        case "words_not_decided" if refused.facts.get("changed"):
            return f"{said} The words as they are now: {console.command('words', slug)}"
        case "not_filled_in":
            problems = refused.facts["problems"]
            return "\n".join(f"--{field}: {problem_sentence(code)}" for field, code in problems.items())
        case "not_an_address":
            return f"--email: {said}"
        case "nothing_to_send" if to_bring := refused.facts["to_bring"]:
            note = console.command("dispatch", slug, "--by-hand", "--addressee", to_bring[0])
            return f"{said} Once you have brought the letter: {note}"
    return said


def _instead_of_undo(act: OrganizerAct, slug: str) -> str:
    """What to type where an act cannot be taken back any more."""
    match act:
        case "launch":
            return (
                f"{console.command('hold', slug, '--all-mail')} stops all email at once. "
                f"{console.command('cancel', slug)} ends it and tells everyone who was asked that the letter will not "
                "be sent. Then you can launch this name again."
            )
        case "amend":
            return f"Correct the folder, and {console.command('amend', slug, '--letter')} changes the letter once more."
        case "extend":
            again = console.command("extend", slug, "WHEN", "--earlier")
            return f"The new deadline stands; {again} makes it earlier again."
        case "remind":
            return f"{console.command('status', slug)} shows who was reminded."


def _already_partner(slug: str, *, organization: str, number: int, applicant: int) -> str:
    no = console.command("admit", slug, f"#A{applicant}", "--no")
    add = console.command("contacts", slug, f"#{number}", "--add", "ADDRESS")
    namesake = console.command("admit", slug, f"#A{applicant}", "--namesake")
    return (
        f"If it is the same organization, let this person answer for it too: {add}, and then: {no}. "
        f"If it is another one with the same name: {namesake}"
    )


def exit_code(refused: Refused) -> int:
    """With what a command ends that was refused."""
    if refused.code == "nothing_to_send":
        return console.WAITS if refused.facts["waits"] else 0
    return EXIT_CODES.get(refused.code, console.FAILED)


EXIT_CODES = {
    "already_served": 0,  # and all others of which what was asked for is so already
    "already_silenced": 0,
    "members_unchanged": 0,
    "no_such_contact": 0,
    "not_signed": 0,
    "not_silenced": 0,
    "not_uncertain": 0,
    "nothing_to_tell": 0,
    "nothing_proposed": 0,
    "same_address": 0,
    "same_letter": 0,
    "same_settings": 0,
    "same_partner": 0,
    "nobody_new": 0,
    "blocked": console.WAITS,
    "not_offered": console.USAGE,
    "not_that_day": console.USAGE,
    "not_filled_in": console.USAGE,
    "not_an_address": console.USAGE,
    "other_addressee": console.USAGE,
    "language_left_alone": console.USAGE,
}
