"""`amend --letter`: what changes is shown and named before anybody is told."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worker import changes, db, settings, tasks
from worker.acts import amend, reword
from worker.acts.reword import Reworded
from worker.cli import folders, rows, talk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.definition.campaign import Definition
    from worker.models import Campaign


def letter(name: str, *, typo: bool, meaning: bool, yes: bool, dry_run: bool) -> None:
    """Take the letter from the campaign's folder; a person says whether it is a typo or another meaning."""
    if typo and meaning:
        talk.fail("A change is either a --typo or another --meaning.", talk.USAGE)
    with rows.reading(name) as (session, campaign):
        until = campaign.deadline_at.astimezone(ZoneInfo(campaign.zone))
        slug = campaign.slug
        if not campaign.takes_answers(at=db.clock(session)):
            talk.fail("The deadline has passed: the letter cannot be changed any more.")
        before = campaign.letter
        texts, to = dict(before.texts), [a.name for a in before.addressees]
    folder = settings.current().campaigns_dir / slug
    definition = folders.read(folder, f"{until:%Y-%m-%dT%H:%M:%S}", None, None)
    _show(texts, definition, to)
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


def _show(texts: dict[str, str], definition: "Definition", to: list[str]) -> None:
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
    if (now := [a.name for a in definition.addressees]) != to:
        talk.say(f"  addressees: {', '.join(to)} → {', '.join(now)}")


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
