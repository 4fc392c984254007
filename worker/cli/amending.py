"""What `amend` changes: the letter, an address, the name under which an organization is printed."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worker import changes, db, render, settings, tasks
from worker.acts import amend, launch, reword, row, speaking
from worker.acts.reword import Reworded
from worker.cli import folders, rows, talk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.definition.campaign import Definition
    from worker.models import Campaign, Letter


def letter(name: str, *, typo: bool, meaning: bool, yes: bool, dry_run: bool) -> None:
    """Take the letter from the campaign's folder; a person says whether it is a typo or another meaning."""
    if typo and meaning:
        talk.fail("A change is either a --typo or another --meaning.", talk.USAGE)
    with rows.reading(name) as (session, campaign):
        until = campaign.deadline_at.astimezone(ZoneInfo(campaign.zone))
        slug = campaign.slug
        if not campaign.takes_answers(at=db.clock(session)):
            talk.fail("The deadline has passed: the letter cannot be changed any more.")
        texts, to = dict(campaign.letter.texts), _addressees(campaign.letter)
    folder = settings.current().campaigns_dir / slug
    definition = folders.read(folder, f"{until:%Y-%m-%dT%H:%M:%S}", None, None)
    _show(texts, definition, to, _addressees(launch.letter_of(definition)))
    if not (typo or meaning):
        talk.fail(
            "Say what that is: --typo if the letter means what it meant (answers stand, those who signed are told), "
            "or --meaning if it does not (signatures fall, everybody is asked again).",
            talk.USAGE,
        )
    with rows.rehearsing(name) as (session, campaign):
        told = _reword(session, campaign, definition, meaning=meaning)
    whom = talk.partners(told.told)
    what = f"{_signatures(told)}; {whom} would be asked again" if meaning else f"{whom} would be told; answers stand"
    if dry_run:
        talk.say(f"Dry run: {what}.{_not_told(told)}")
        return
    talk.ask(f"Change the letter of {name}? {what}.{_not_told(told)}", yes=yes)
    with rows.writing(name) as (session, campaign):
        told = _reword(session, campaign, definition, meaning=meaning)
    rows.ring(tasks.deliver)
    then = "asked again" if meaning else "told"
    talk.say(f"The letter is changed. {talk.partners(told.told)} will be {then}.{_not_told(told)} {talk.who_sends()}")
    talk.say(f"Next: {talk.command('status', name)}")


def _addressees(letter: "Letter") -> list[str]:
    """Each addressee as one line, with all of it that may change."""
    said = [(a.name, *a.office.values(), *a.salutation.values(), *a.address, a.email) for a in letter.addressees]
    return ["; ".join(filter(None, one)) for one in said]


def _show(texts: dict[str, str], definition: "Definition", to: list[str], now: list[str]) -> None:
    for language, text in definition.letters.items():
        if language not in texts:
            talk.say(f"letter.{language}.md is new.")
        for change in changes.between(texts.get(language, text), text):
            if change.before:
                talk.say(f"  {language} - {change.before}")
            if change.after:
                talk.say(f"  {language} + {change.after}")
    for language in sorted(set(texts) - set(definition.letters)):
        talk.say(f"letter.{language}.md is gone.")
    for line in to:
        if line not in now:
            talk.say(f"  addressee - {line}")
    for line in now:
        if line not in to:
            talk.say(f"  addressee + {line}")


def _reword(session: "Session", campaign: "Campaign", definition: "Definition", *, meaning: bool) -> Reworded:
    try:
        return reword.letter(session, campaign.id, definition, meaning=meaning)
    except amend.TooLate:
        talk.fail("The deadline has passed: the letter cannot be changed any more.")
    except reword.SameLetter:
        talk.fail(f"The folder says what the letter of {campaign.slug} says already: nothing was changed.")
    except reword.OtherAddressee:
        talk.fail(
            "Another addressee is never a typo: who signed has signed to the one that was named. Give --meaning.",
            talk.USAGE,
        )


def _signatures(told: Reworded) -> str:
    return "no signature would fall" if not told.fallen else f"{talk.count(told.fallen, 'signature')} would fall"


def _not_told(told: Reworded) -> str:
    if not told.not_told:
        return ""
    return f" No mail of ours goes to {talk.some(told.not_told)}: ask again by another way."


def row_of(name: str, partner: str, *, agreed: bool, yes: bool, dry_run: bool) -> None:
    """Say yes or no to the name under which an organization asks to be printed."""
    try:
        with rows.rehearsing(name) as (session, campaign):
            found = rows.partner_named(session, campaign, partner)
            partner_id, before, asked = found.id, render.signatory(found), row.proposed(found)
            row.decide(session, partner_id, agreed=agreed)
    except row.NothingProposed:
        talk.fail(f"{partner} asks for no other name: nothing was changed.")
    except speaking.Closed:
        talk.fail("The list is closed: the name stands as it was sealed.")
    names = "; ".join([render.signatory(asked), *(f"{language}: {one}" for language, one in asked.names.items())])
    does = "is printed" if agreed else "is not printed"
    if dry_run:
        talk.say(f"Dry run: {before} would from now on {'' if agreed else 'not '}be printed as: {names}")
        return
    talk.ask(f"{before} asks to be printed as: {names}. {'Agree' if agreed else 'Keep the present name'}?", yes=yes)
    with rows.writing(name) as (session, _):
        row.decide(session, partner_id, agreed=agreed)
    talk.say(f"{before} {does} from now on as: {names}\nNext: {talk.command('status', name)}")


def address(name: str, partner: str, email: str, *, yes: bool, dry_run: bool) -> None:
    """Correct where an organization is reached."""
    with rows.rehearsing(name) as (session, campaign):
        found = rows.partner_named(session, campaign, partner)
        partner_id, words = found.id, found.organization
        if found.erased_at is not None:
            talk.fail(f"{words} was erased: nothing is sent to it any more, and no address of it is kept.")
        follows, _ = _corrected(session, campaign, partner_id, words, email)
    if dry_run:
        talk.say(f"Dry run: the address of {words} would be {email.strip()}. {follows}")
        return
    talk.ask(f"Change the address of {words} to {email.strip()}? {follows}", yes=yes)
    with rows.writing(name) as (session, campaign):
        follows, goes = _corrected(session, campaign, partner_id, words, email)
    rows.ring(tasks.deliver)
    sent = f" {talk.who_sends()}" if goes else ""
    talk.say(f"The address of {words} is {email.strip()} now. {follows}{sent}\nNext: {talk.command('status', name)}")


def _corrected(session: "Session", campaign: "Campaign", partner_id: int, words: str, email: str) -> tuple[str, bool]:
    """Do it, or end the command; returns what follows from it, and whether a mail goes."""
    try:
        corrected = amend.correct_address(session, partner_id, email)
    except amend.NotAnAddress as error:
        talk.fail(f"--email: {email.strip()!r} is no mail address: {error}", talk.USAGE)
    except amend.SameAddress:
        talk.fail(f"That is the address of {words} already, and no mail came back from it: nothing was changed.")
    told = ["The old link stops working.", *(_GOES[kind] for kind in corrected.goes)]
    if corrected.is_quiet:
        told.append("It wants no more mail, so none goes there.")
    elif not corrected.goes:
        told.append(f"{rows.why_closed(campaign)}, so nobody is asked any more; copies go to the new address.")
    if corrected.was_suppressed:
        told.append("An earlier mail to this address came back; it gets mail again, because you say that it is right.")
    return " ".join(told), bool(corrected.goes)


_GOES = {
    "invitation": "A new invitation goes there, with a new link.",
    "receipt": "It has answered: a receipt goes there, with a new link.",
    "copy": "The copy of the letter goes there.",
}
