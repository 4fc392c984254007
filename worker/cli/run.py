"""What an organizer types while partners answer: look, remind, give more time, record what came by telephone."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from worker.cli import talk
from worker.cli.options import DryRun, Json, Name, Note, Who, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Answer, Campaign

BETWEEN_LOOKS = 2  # seconds, of `status --watch`
LONGEST = 200  # characters of a representative or a role, as on the partners' page


def status(
    name: Annotated[str | None, typer.Argument(help="The campaign's name; without it, all campaigns.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show where a campaign stands: who was asked, who answered what, whom no mail reaches, why, and what to do.

    Example: `undersigned status cambodia-2023 --watch`
    """
    from worker.cli import rows, shown

    if watch and as_json:
        talk.fail("--watch is for looking and --json for programs: give one of them.", talk.USAGE)
    if name is None:
        if watch:
            talk.fail("--watch needs the name of one campaign.", talk.USAGE)
        rows.make_ready()
        shown.all_campaigns(as_json=as_json)
        return
    if watch:
        _watch(name)
        return
    found = rows.status_of(name)
    if as_json:
        talk.give(found)
    else:
        shown.one_campaign(found)
    if found["state"] == "waiting":
        raise typer.Exit(talk.WAITS)


def _watch(name: str) -> None:
    """Draw again and again: over the last picture in a terminal, below it in a file or a pipe."""
    from worker.cli import rows, shown

    draw = shown.one_screen if sys.stdout.isatty() else shown.one_campaign
    try:
        while True:
            draw(rows.status_of(name))
            sys.stdout.flush()
            time.sleep(BETWEEN_LOOKS)
    except KeyboardInterrupt:
        talk.say()


def remind(
    name: Name,
    yes: Yes = False,
    again: Annotated[bool, typer.Option("--again", help="Also those who had a mail less than a day ago.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Remind the silent now, whatever the calendar says; who had a mail less than a day ago is left out.

    Example: `undersigned remind cambodia-2023`
    """
    from worker import tasks
    from worker.acts import invite, status
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        _takes_answers(session, campaign, "nobody can be reminded")
        silent = [p.organization for p in invite.silent(session, campaign)]
        chosen = [p.organization for p in invite.silent(session, campaign, mailed_lately=again)]
        counts = status.of(session, campaign)["counts"]
    if not silent:
        talk.say(_nobody_is_silent(counts))
        return
    lately = _had_a_mail_lately(len(silent) - len(chosen))
    if not chosen and not dry_run:
        talk.fail(f"Nobody is reminded.{lately}")
    whom = f"{talk.partners(len(chosen))} ({talk.some(chosen)})" if chosen else "nobody"
    if dry_run:
        talk.say(f"Dry run: {whom} would be reminded.{lately}")
        return
    talk.ask(f"Remind {whom}?{lately}", yes=yes)
    with rows.writing(name) as (session, campaign):
        reminded = invite.remind_now(session, campaign.id, mailed_lately=again)
    rows.ring(tasks.deliver)
    if not reminded:
        talk.fail("Nobody was reminded: everyone has answered meanwhile, or the deadline has passed.")
    talk.say(f"{talk.partners(reminded)} will be reminded.{lately} {talk.who_sends()}")


def _had_a_mail_lately(number: int) -> str:
    if not number:
        return ""
    are = "is" if number == 1 else "are"
    return f" {number} who had a mail less than a day ago {are} left out: --again reminds them too."


def extend(
    name: Name,
    deadline: Annotated[list[str], typer.Argument(help='The new deadline: "in 3 days", or 2030-04-21T18:00.')],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Move the deadline to a later moment and tell everyone who was asked.

    Example: `undersigned extend cambodia-2023 "in 3 days"`
    """
    from worker import db, render, tasks
    from worker.acts import amend
    from worker.cli import rows
    from worker.definition import times

    with rows.rehearsing(name) as (session, campaign):
        now = db.clock(session)
        try:
            moment = times.deadline(" ".join(deadline), now=now, zone=ZoneInfo(campaign.zone))
        except times.NotATime as error:
            talk.fail(f"The deadline: {error}", talk.USAGE)
        if moment > now + times.LONGEST:
            talk.fail("The deadline: choose a time within ten years.", talk.USAGE)
        told = [partner.organization for partner in amend.asked(session, campaign)]
        _extended(session, campaign, moment)
        words = render.day_and_time(moment, campaign.zone, "en")
    whom = f"{talk.partners(len(told))} ({talk.some(told)})" if told else "nobody yet, as nobody was asked yet"
    if dry_run:
        talk.say(f"Dry run: the deadline would be {words}; told would be {whom}.")
        return
    talk.ask(f"Move the deadline to {words} and tell {whom}?", yes=yes)
    with rows.writing(name) as (session, campaign):
        count = _extended(session, campaign, moment)
    rows.ring(tasks.deliver)
    talk.say(f"The deadline is {words}; {talk.partners(count)} will be told. {talk.who_sends()}")


def _extended(session: "Session", campaign: "Campaign", moment: Any) -> int:
    from worker import render
    from worker.acts import amend
    from worker.cli import rows

    try:
        return amend.extend(session, campaign.id, moment)
    except amend.TooLate:
        talk.fail(f"{rows.why_closed(campaign)}: the deadline cannot be moved any more.")
    except amend.NotLater:
        present = render.day_and_time(campaign.deadline_at, campaign.zone, "en")
        talk.fail(f"That is not later than the present deadline, {present}: nothing was changed.")


def amend(
    name: Name,
    partner: Annotated[
        str | None, typer.Option("--partner", help="The organization whose address is corrected.")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help="The address at which it is reached.")] = None,
    name_: Annotated[str | None, typer.Option("--name", help="yes or no to the name that it asks for.")] = None,
    letter: Annotated[
        bool, typer.Option("--letter", help="Take the letter and its addressees from the folder.")
    ] = False,
    typo: Annotated[bool, typer.Option("--typo", help="The letter means what it meant: answers stand.")] = False,
    meaning: Annotated[
        bool, typer.Option("--meaning", help="It means something else: everybody is asked again.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Change the letter while organizations answer, correct the address of one, or say yes or no to its name.

    A typo is told to those who signed. Another meaning takes their signatures back and asks everybody again, with
    the difference shown. An organization whose address is corrected gets a new link; the old one stops working.

    Examples: `undersigned amend cambodia-2023 --letter --typo`,
    `undersigned amend cambodia-2023 --partner "Khmer Thavrak" --email office@thavrak.example`
    """
    from worker.cli import amending

    if letter and not (partner or email or name_):
        amending.letter(name, typo=typo, meaning=meaning, yes=yes, dry_run=dry_run)
    elif partner and email and not (letter or typo or meaning or name_):
        amending.address(name, partner, email, yes=yes, dry_run=dry_run)
    elif partner and name_ in {"yes", "no"} and not (letter or typo or meaning or email):
        amending.row_of(name, partner, agreed=name_ == "yes", yes=yes, dry_run=dry_run)
    else:
        talk.fail("Give either --letter, or --partner with --email or with --name yes or no.", talk.USAGE)


def sign(
    name: Name,
    organization: Who,
    visibility: Annotated[str, typer.Option(help="public, addressee or counted.")],
    representative: Annotated[str, typer.Option(help="Who signs for the organization.")],
    role: Annotated[str, typer.Option(help="In which role.")],
    note: Note,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Record a signature that reached you by another way; the organization gets a receipt.

    Example: `undersigned sign cambodia-2023 "Khmer Thavrak" --visibility counted
    --representative "The board" --role board --note "phone call"`
    """
    from worker.acts import answer, stages
    from worker.definition import characters

    if visibility not in stages.EXPOSURE:
        talk.fail(f"--visibility: found {visibility!r}; expected public, addressee or counted.", talk.USAGE)
    for option, value in (("--representative", representative), ("--role", role)):
        if not any(c.isalnum() for c in value) or any(characters.unfit(value)):
            talk.fail(f"{option}: expected a name in letters that can be printed.", talk.USAGE)
        if len(value) > LONGEST:
            talk.fail(f"{option}: found {len(value)} characters; expected {LONGEST} at most.", talk.USAGE)
    said = {"representative": representative, "role": role, "note": note}

    def act(session: "Session", partner_id: int, words: answer.Said) -> object:
        return answer.sign(session, partner_id, visibility, words)  # type: ignore[arg-type]  # checked above

    _by_hand(name, organization, f"sign, {visibility}", act, said, yes=yes, dry_run=dry_run)


def withdraw(name: Name, organization: Who, note: Note, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Take a signature back at once, for somebody who asks by another way.

    Once the letter has left it cannot be called back; `undersigned notice` then words what the addressee is told.

    Example: `undersigned withdraw cambodia-2023 "Khmer Thavrak" --note "phone call"`
    """
    from worker.acts import answer

    _by_hand(name, organization, "withdraw", answer.withdraw, {"note": note}, yes=yes, dry_run=dry_run)


def carry(
    name: Name,
    organization: Who,
    page: Annotated[Path | None, typer.Option(help="Write a page to print, with a QR code, into this file.")] = None,
) -> None:
    """Print an organization's invitation, with its link and code, for you to bring by another way than mail.

    Copy it into Signal or WhatsApp, or print it with --page. It names neither the organization nor the letter.

    Example: `undersigned carry cambodia-2023 "Khmer Thavrak" --page invitation.html`
    """
    from worker.acts import carry as carrying
    from worker.acts.speaking import Closed
    from worker.cli import rows

    rows.use_the_running_address()
    with rows.writing(name) as (session, campaign):
        partner = rows.partner_named(session, campaign, organization)
        words = partner.organization
        try:
            given = carrying.message(session, partner) if page is None else carrying.page(session, partner)
        except Closed:
            talk.fail("The deadline has passed: nobody can answer any more.")
        if page is not None:
            try:
                page.touch(0o600, exist_ok=False)
            except FileExistsError:
                talk.fail(f"{page} is there already: choose another name, or remove it.", talk.USAGE)
            page.write_text(given, encoding="utf-8")
        carrying.note(session, partner)
    if page is None:
        talk.in_utf8()
        print(given, end="")
    else:
        print(page)
    talk.say(f"Whoever has this can answer for {words}: bring it to them alone, and leave no copy.")
    if "127.0.0.1" in given:
        talk.say("Its link works on this machine only: set UNDERSIGNED_PUBLIC_URL to the address that others reach.")


def admit(
    name: Name,
    organization: Who,
    no: Annotated[bool, typer.Option("--no", help="Refuse it, and forget what it told.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Say yes or no to an organization that asks to sign: with a yes it is invited like every other.

    Example: `undersigned admit cambodia-2023 "Khmer Thavrak"`
    """
    from worker import render, tasks
    from worker.acts import speaking, strangers
    from worker.cli import rows

    with rows.reading(name) as (session, campaign):
        _takes_answers(session, campaign, "nobody can be admitted")
        waiting = strangers.applicants(session, campaign)
        one = rows.named_alike([(w.organization, w.acronym) for w in waiting], organization)
        if one is None:
            meant = rows.did_you_mean(organization, [w.organization for w in waiting])
            talk.fail(f"Nobody of the name {organization!r} asks to sign, or more than one does. {meant}".rstrip())
        stranger_id, words = waiting[one].id, render.signatory(waiting[one])
        whom = f"{words}: {waiting[one].contact} <{waiting[one].email}>"
    if dry_run:
        talk.say(f"Dry run: would be {'refused' if no else 'invited to sign'}: {whom}")
        return
    talk.ask(f"{'Refuse' if no else 'Invite to sign'}: {whom}?", yes=yes)
    try:
        with rows.writing(name) as (session, campaign):
            strangers.decide(session, stranger_id, admitted=not no)
    except (strangers.Decided, speaking.Closed):
        talk.fail("It was decided meanwhile, or the deadline has passed: nothing was changed.")
    rows.ring(tasks.deliver)
    talk.say(f"{words} is refused and forgotten." if no else f"{words} is a partner now. {talk.who_sends()}")


def _by_hand(
    name: str,
    organization: str,
    what: str,
    act: Callable[..., object],
    said: dict[str, Any],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    from worker import tasks
    from worker.acts import answer, departure, speaking
    from worker.cli import rows

    if not said["note"].strip():
        talk.fail("--note: expected how it reached you, for example 'phone call with the director'.", talk.USAGE)
    with rows.rehearsing(name) as (session, campaign):
        partner = rows.partner_named(session, campaign, organization)
        partner_id, language, words = partner.id, partner.language, partner.organization
        standing = speaking.standing(session, partner_id)
        replaced = f"{words} {_said(standing, campaign)}; that is replaced. " if standing else ""
        receipt = "A receipt goes to its address." if partner.email_hmac else "It has no address for a receipt."
        spoken = answer.Said(**said, channel="by hand", language=language)
        _recorded(session, campaign, words, lambda: act(session, partner_id, spoken))
    if dry_run:
        talk.say(f"Dry run: {replaced}Would be recorded for {words}: {what}. {receipt}")
        return
    talk.ask(f"{replaced}Record for {words}: {what}? {receipt}", yes=yes)
    with rows.writing(name) as (session, campaign):
        _recorded(session, campaign, words, lambda: act(session, partner_id, spoken))
        campaign_id, has_left = campaign.id, bool(departure.gone(session, campaign))
    rows.ring(tasks.record, campaign_id)
    talk.say(f"{replaced.replace('is replaced', 'was replaced')}Recorded for {words}: {what}. {talk.who_sends()}")
    if has_left:
        talk.say(f"A letter has left already. Next, to tell whoever has it: {talk.command('notice', name)}")


def _recorded(session: "Session", campaign: "Campaign", words: str, act: Callable[[], object]) -> None:
    from worker.acts import answer, speaking
    from worker.cli import rows

    try:
        act()
    except speaking.Closed:
        talk.fail(f"{rows.why_closed(campaign)}: nothing more can be added.")
    except speaking.LetterHasLeft:
        talk.fail("The letter has left: it cannot be called back any more.")
    except answer.NotSigned:
        talk.fail(f"{words} has not signed: there is nothing to withdraw.")
    except answer.NotOffered:
        talk.fail(f"This campaign offers only: {', '.join(campaign.visibilities)}.", talk.USAGE)


def _said(standing: "Answer", campaign: "Campaign") -> str:
    """`declined by its link on Friday 14 April 2023, 18:00 (Zurich time, UTC+2)`."""
    from worker import render

    did = _DID[standing.choice]
    how = "by its link" if standing.channel == "link" else "through an organizer"
    return f"{did} {how} on {render.day_and_time(standing.at, campaign.zone, 'en')}"


_DID = {"sign": "signed", "decline": "declined", "withdraw": "withdrew", "change": "asked for a change"}


def _takes_answers(session: "Session", campaign: "Campaign", so: str) -> None:
    from worker import db
    from worker.cli import rows

    if not campaign.takes_answers(at=db.clock(session)):
        talk.fail(f"{rows.why_closed(campaign)}: {so} any more.")


def _nobody_is_silent(counts: dict[str, int]) -> str:
    """Say why there is nobody to remind: all have answered, or nobody was asked, or not by mail."""
    coming = counts["partners"] - counts["asked"] - counts["by_hand"] - counts["unreached"]
    told = []
    if counts["asked"]:
        told.append("Nobody is silent: everyone who got the invitation has answered.")
    else:
        told.append("Nobody was asked by mail yet, so nobody is reminded.")
    if coming > 0:
        told.append(f"{talk.count(coming, 'invitation')} did not arrive yet.")
    if counts["unreached"]:
        told.append(f"{talk.count(counts['unreached'], 'invitation')} came back or went nowhere: see the status.")
    if counts["by_hand"]:
        told.append(f"{counts['by_hand']} have no address: asked by hand.")
    return " ".join(told)
