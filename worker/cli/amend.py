"""What an organizer types to change the letter, an address, or the name under which an organization is printed."""

import sys
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from worker.cli import console, undo
from worker.cli.options import DryRun, Name, Undo, Yes
from worker.text import dates
from worker.text.languages import LANGUAGES

if TYPE_CHECKING:
    from worker.acts.amend_letter import Amended
    from worker.definition.campaign import Definition
    from worker.models import Letter
    from worker.wording.changes import Part


def amend(
    name: Name,
    partner: Annotated[
        str | None, typer.Option("--partner", metavar="ORGANIZATION", help="Which organization.")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Its correct email address.")] = None,
    name_: Annotated[
        str | None,
        typer.Option("--name", metavar="yes|no", help="Your answer to the name or country that it asks for."),
    ] = None,
    letter: Annotated[
        bool, typer.Option("--letter", help="Take the letter and its addressees from the folder.")
    ] = False,
    typo: Annotated[bool, typer.Option("--typo", help="The meaning is the same: answers stand.")] = False,
    meaning: Annotated[
        bool, typer.Option("--meaning", help="The meaning is different: everybody is asked again.")
    ] = False,
    unchanged: Annotated[
        list[str] | None,
        typer.Option(
            "--unchanged",
            metavar="LANGUAGE",
            help="A language whose text stays, because it says the same already. May be repeated.",
        ),
    ] = None,
    yes: Yes = False,
    undo_: Undo = False,
    dry_run: DryRun = False,
) -> None:
    """Change the letter, correct an organization's email address, or say yes or no to the name that it asks for.

    With --typo, those who signed are told, if their text changed. With --meaning, signatures are taken back and
    everybody is asked again, and sees what changed. If one language changes and another does not, you must confirm
    that the other says the same already: `--yes` does not confirm that, `--unchanged` with the language does.
    These emails are sent a minute later. Until then `--undo` takes the change back, and signatures stand again.
    An organization whose address is corrected gets a new link; the old one stops working.

    Examples: `undersigned amend cambodia-2023 --letter --typo`,
    `undersigned amend cambodia-2023 --partner "Khmer Thavrak" --email office@thavrak.example`
    """
    if undo_ and not (letter or typo or meaning or unchanged or partner or email or name_):
        undo.take_back(name, "amend", dry_run=dry_run)
    elif undo_:
        console.fail("--undo takes back the last change of the letter: use it without other options.", console.USAGE)
    elif letter and not (partner or email or name_):
        _amend_letter(name, typo=typo, meaning=meaning, unchanged=unchanged or [], yes=yes, dry_run=dry_run)
    elif partner and email and not (letter or typo or meaning or unchanged or name_):
        _correct_address(name, partner, email, yes=yes, dry_run=dry_run)
    elif partner and name_ in {"yes", "no"} and not (letter or typo or meaning or unchanged or email):
        _decide_name(name, partner, agreed=name_ == "yes", yes=yes, dry_run=dry_run)
    else:
        console.fail("Give either --letter, or --partner with --email or with --name yes or no.", console.USAGE)


def _amend_letter(name: str, *, typo: bool, meaning: bool, unchanged: list[str], yes: bool, dry_run: bool) -> None:
    """Take the letter from the campaign's folder; a person says whether it is a typo or another meaning."""
    from worker import settings
    from worker.acts.amend_letter import change_letter
    from worker.acts.launch import letter_of
    from worker.cli import campaign_folder, lookup
    from worker.wording.acts import amend as words
    from worker.wording.changes import parts_left_alone

    if typo and meaning:
        console.fail("A change is either a --typo or another --meaning.", console.USAGE)
    with lookup.reading(name) as (session, campaign):
        until = campaign.deadline_at.astimezone(ZoneInfo(campaign.zone))
        slug = campaign.slug
        lookup.require_answers(session, campaign, "amend")
        texts, to, authentic = dict(campaign.letter.texts), _addressees(campaign.letter), campaign.authentic
    folder = settings.current().campaigns_dir / slug
    definition = campaign_folder.read_folder(folder, f"{until:%Y-%m-%dT%H:%M:%S}", None, None)
    if definition.authentic != authentic:
        console.fail(
            f"The authoritative language stays {authentic}: what was signed in it cannot become a translation."
        )
    _show(texts, definition, to, _addressees(letter_of(definition)))
    if not (typo or meaning):
        with lookup.dry_run(name) as (session, campaign):  # refused where nothing differs
            change_letter(session, campaign.id, definition, meaning=True, unchanged=list(LANGUAGES))
        console.fail(
            "Say what kind of change this is: --typo if the meaning is the same (answers stand, those who signed are "
            "told), or --meaning if it is not (signatures are taken back, everybody is asked again).",
            console.USAGE,
        )
    with lookup.reading(name) as (session, campaign):
        alone = parts_left_alone(campaign.letter, letter_of(definition), campaign.authentic)
        differing = [one for one in unchanged if definition.letters.get(one, "") != campaign.letter.texts.get(one)]
    same = _say_the_same(alone, unchanged, differing, yes=yes, dry_run=dry_run)
    with lookup.dry_run(name) as (session, campaign):
        told = change_letter(session, campaign.id, definition, meaning=meaning, unchanged=same)
    if meaning:
        before = words.meaning(told.told, told.fallen, told.not_told, told.members)
    else:
        before = words.typo(told.told, told.not_concerned)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        told = change_letter(session, campaign.id, definition, meaning=meaning, unchanged=same)
        seconds = undo.seconds_to_undo(session, campaign)
    lookup.notify("deliver")
    then = f"{console.partners(told.told)} will be {'asked again' if meaning else 'told'}"
    leave = undo.when_they_leave("amend", name, seconds, mails=told.told + told.members)
    console.say(f"The letter is changed. {then}.{_not_told(told)} {leave}".rstrip())
    console.say(f"Next: {console.command('status', name)}")


def _say_the_same(
    alone: "dict[str, list[Part]]", unchanged: list[str], differing: list[str], *, yes: bool, dry_run: bool
) -> list[str]:
    """The languages of which a person says that they say the same already; `--yes` says that of none."""
    for language in differing:
        console.fail(f"No text in {language} stays as it was: leave out --unchanged {language}.", console.USAGE)
    asked = [language for language in alone if language not in unchanged]
    options = " ".join(f"--unchanged {language}" for language in asked)
    for language in asked:
        parts = [_PARTS[part] for part in alone[language]]
        stays = f"In {LANGUAGES[language].name} {dates.listed(parts, 'en')} {'stays' if len(parts) == 1 else 'stay'}"
        console.say(f"{stays} as before, while another language changes.")
    if asked and dry_run:
        console.say(f"A person has to confirm whether that says the same already: {options}")
    elif asked and (yes or not sys.stdin.isatty()):
        what = "Does that say the same already? --yes does not answer this. If so, add"
        console.fail(f"{what}: {options}\nIf not, change those words too, and run the command again.", console.USAGE)
    elif asked:
        for language in asked:
            console.ask(f"Does the letter in {LANGUAGES[language].name} say the same already?", yes=False)
    return [*unchanged, *asked]


_PARTS: "dict[Part, str]" = {
    "text": "the text",
    "addressee": "the office of an addressee",
    "salutation": "a salutation",
}


def _addressees(letter: "Letter") -> list[str]:
    """Each addressee as one line, with all of it that may change."""
    said = [(a.name, *map(_words, (a.office, a.salutation, a.address)), a.email) for a in letter.addressees]
    return ["; ".join(filter(None, one)) for one in said]


def _words(value: Any) -> str:
    """All that is said in it, once or by language."""
    if isinstance(value, str):
        return value
    return "; ".join(filter(None, map(_words, value.values() if isinstance(value, dict) else value)))


def _show(texts: dict[str, str], definition: "Definition", to: list[str], now: list[str]) -> None:
    from worker.text import diff

    for language, text in definition.letters.items():
        if language not in texts:
            console.say(f"letter.{language}.md is new.")
        for change in diff.between(texts.get(language, text), text):
            if change.before:
                console.say(f"  {language} - {change.before}")
            if change.after:
                console.say(f"  {language} + {change.after}")
    for language in sorted(set(texts) - set(definition.letters)):
        console.say(f"letter.{language}.md is gone.")
    for line in to:
        if line not in now:
            console.say(f"  addressee - {line}")
    for line in now:
        if line not in to:
            console.say(f"  addressee + {line}")


def _not_told(told: "Amended") -> str:
    said = ""
    if told.not_concerned:
        said += f" {console.partners(told.not_concerned)} would read the same as before, so they get no email."
    if told.not_told:
        said += f" We send no email to {console.some(told.not_told)}: ask them again in another way."
    if told.members:
        said += f" Voices of persons do not count for the new letter: {told.members} are asked to add theirs again."
    return said


def _decide_name(name: str, partner: str, *, agreed: bool, yes: bool, dry_run: bool) -> None:
    """Say yes or no to the name under which an organization asks to be printed."""
    from worker.acts.correct_listing import decide_name, proposed_listing
    from worker.cli import lookup
    from worker.text.names import in_all_languages, signatory
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        found = lookup.partner_named(session, campaign, partner)
        partner_id, present, asked = found.id, signatory(found), in_all_languages(proposed_listing(found))
        decide_name(session, partner_id, agreed=agreed)
    console.agree(words.decide_name(present, asked, agreed=agreed), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, _):
        decide_name(session, partner_id, agreed=agreed)
    does = "is printed" if agreed else "is not printed"
    console.say(f"{present} {does} from now on as: {asked}\nNext: {console.command('status', name)}")


def _correct_address(name: str, partner: str, email: str, *, yes: bool, dry_run: bool) -> None:
    """Correct where an organization is reached."""
    from worker.acts.correct_address import change_address
    from worker.cli import lookup
    from worker.models import Partner
    from worker.wording.acts import partner as words

    email = email.strip()
    with lookup.dry_run(name) as (session, campaign):
        found = lookup.partner_named(session, campaign, partner)
        partner_id, called = found.id, lookup.said(found, partner)
        before = words.correct_address(called, email, change_address(session, found.id, email), found, campaign)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        found = session.get_one(Partner, partner_id)
        corrected = change_address(session, partner_id, email)
        follows = " ".join(words.correct_address(called, email, corrected, found, campaign).lines)
    lookup.notify("deliver")
    sent = f" {console.who_sends()}" if corrected.goes else ""
    console.say(f"The address of {called} is {email} now. {follows}{sent}\nNext: {console.command('status', name)}")
