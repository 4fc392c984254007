"""What an organizer does about voices of persons: shut the door and open it, and take back what is not to count."""

from typing import TYPE_CHECKING

from worker.cli import console

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign, Member


def stop(name: str, *, yes: bool, dry_run: bool) -> None:
    """Let nobody add a voice any more."""
    from worker.acts.door_for_voices import stop_voices
    from worker.cli import lookup
    from worker.state.member_counts import shut_because
    from worker.wording.voices import door_sentence

    with lookup.dry_run(name) as (session, campaign):
        because = shut_because(campaign)
        if because not in {None, "not public"}:
            console.nothing_to_do(f"{door_sentence(because)}. Nothing was changed.")
        mails = stop_voices(session, campaign.id)
    if mails is None:
        console.nothing_to_do("You stopped it already: nothing was changed.")
    waiting = f" {console.count(mails, 'email')} to persons who have not confirmed will not be sent." if mails else ""
    if dry_run:
        console.say(f"Dry run: nobody could add a voice any more. Voices that are there stay.{waiting}")
        return
    console.ask(f"Let nobody add a voice to this letter any more? Voices that are there stay.{waiting}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        stop_voices(session, campaign.id)
    console.say(f"Nobody can add a voice any more.\nTo allow it again: {console.command('members', name, '--reopen')}")


def reopen(name: str, *, yes: bool, dry_run: bool) -> None:
    """Let persons add their voices again."""
    from worker.acts.door_for_voices import reopen_voices
    from worker.cli import lookup
    from worker.state.member_counts import shut_because
    from worker.wording.voices import door_sentence

    with lookup.dry_run(name) as (session, campaign):
        if not reopen_voices(session, campaign.id):
            console.nothing_to_do("You have not stopped it: nothing was changed.")
        then = f"{door_sentence(shut_because(campaign))}."
    if dry_run:
        console.say(f"Dry run: it would be allowed again. {then}")
        return
    console.ask("Let persons add their voices again?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        reopen_voices(session, campaign.id)
    console.say(then)


def withdraw(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Withdraw the voice of one person, who asked for it in another way."""
    from worker.acts.voices_by_hand import withdraw_voices
    from worker.cli import lookup

    email = _as_address("--withdraw", typed)
    with lookup.dry_run(name) as (session, campaign):
        member = _member_of(session, campaign, email)
        if member.withdrawn_at is not None:
            console.nothing_to_do("This voice was withdrawn already: nothing was changed.")
        member_id, told = member.id, _told(member)
        what = "The voice of this person" if member.stands else "What this person typed and did not confirm"
        withdraw_voices(session, campaign.id, [member_id])
    if dry_run:
        console.say(f"Dry run: {what[0].lower()}{what[1:]} would be withdrawn, and not be counted any more.{told}")
        return
    console.ask(f"{what} is withdrawn, and not counted any more.{told} Continue?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        withdraw_voices(session, campaign.id, [member_id])
    console.say("It is withdrawn. With the link in our email, the person can add their voice again.")


def erase(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Erase what is kept of one person, who asked for it; its voice is withdrawn."""
    from worker.acts.erase_members import erase_member
    from worker.cli import lookup
    from worker.cli.erase import done

    email = _as_address("--erase", typed)
    with lookup.dry_run(name) as (session, campaign):
        member = _member_of(session, campaign, email)
        member_id, told = member.id, _told(member)
        erase_member(session, member_id)
    what = "name, email address, country and words of this person, and their link"
    if dry_run:
        console.say(f"Dry run: would be erased: {what}. Their voice would not count any more.{told}")
        return
    console.ask_for_name(
        f"Erase {what}? Their voice does not count any more.{told} It cannot be undone.", name, yes=yes
    )
    with lookup.writing(name) as (session, campaign):
        erase_member(session, member_id)
    done(what, "notes")


def _as_address(option: str, typed: str) -> str:
    """An address as it is kept; ends the command if it is none, and does not repeat it."""
    from worker.text import addresses

    email, problem = addresses.normalize(typed.strip())
    if problem:
        console.fail(f"{option}: expected one email address, such as name@provider.example.", console.USAGE)
    return email


def _member_of(session: "Session", campaign: "Campaign", email: str) -> "Member":
    from worker.state.member_addresses import find_member

    return find_member(session, campaign, email) or console.fail(_NOBODY)


def _told(member: "Member") -> str:
    return f" {_TOLD_ALREADY}" if member.digest_id is not None else ""


_NOBODY = (
    "No person with this email address added their voice to this letter. Check the spelling; the person may have used "
    "another address."
)
_TOLD_ALREADY = "An email that named the person to the addressee may have been sent: that cannot be recalled."


def drop_domain(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Withdraw what came from one mail domain, as it was announced; what came meanwhile is told."""
    from worker.acts.voices_by_hand import AT_ONCE, withdraw_voices
    from worker.cli import lookup
    from worker.state.member_addresses import load_of_domain

    domain = _as_domain(typed)
    with lookup.dry_run(name) as (session, campaign):
        found = load_of_domain(session, campaign, domain)
        those = [*found.standing, *found.unconfirmed]
        groups = [those[start : start + AT_ONCE] for start in range(0, len(those), AT_ONCE)]
        for some in groups[:1]:
            withdraw_voices(session, campaign.id, some)
    if not those:
        console.nothing_to_do(f"No voice came from an address at {domain}: nothing was changed.")
    what = f"{console.count(len(found.standing), 'voice')} from addresses at {domain}"
    what += f" ({found.named:,} to be named to the addressee)" if found.named else ""
    what += f", and {len(found.unconfirmed):,} not confirmed by email" if found.unconfirmed else ""
    told = f" {_TOLD_OF_SOME.format(found.told)}" if found.told else ""
    if dry_run:
        console.say(f"Dry run: these would be withdrawn, and not be counted any more: {what}.{told}")
        return
    console.say(f"{what}. Do this only if they are not true: honest persons with such an address are withdrawn, too.")
    console.ask_for_name(f"Withdraw them all? It cannot be undone.{told}", name, yes=yes)
    number = 0
    for some in groups:
        with lookup.writing(name) as (session, campaign):
            number += withdraw_voices(session, campaign.id, some)
    with lookup.looking(name) as (session, campaign):
        more = load_of_domain(session, campaign, domain)
    console.say(f"Withdrawn: {number:,}. They are not counted any more.")
    if came := len(more.standing) + len(more.unconfirmed):
        console.say(f"{came:,} more came from {domain} meanwhile: type the command again.")
    console.say(f"To let nobody add a voice any more: {console.command('members', name, '--stop')}")


def _as_domain(typed: str) -> str:
    """A mail domain as addresses are kept with it; ends the command if it is none."""
    from worker.text import addresses

    email, problem = addresses.normalize(f"x@{typed.strip().removeprefix('@')}")
    if problem:
        console.fail(f"--drop-domain: expected a domain, such as provider.example; found {typed!r}.", console.USAGE)
    return email.rpartition("@")[2]


_TOLD_OF_SOME = "{:,} of them may have been named to the addressee already; the program cannot recall that."
