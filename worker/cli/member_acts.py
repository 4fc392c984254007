"""What an organizer does about voices of persons: shut the door and open it, and take back what is not to count."""

from worker.cli import console


def stop(name: str, *, yes: bool, dry_run: bool) -> None:
    """Let nobody add a voice any more."""
    from worker.acts.door_for_voices import stop_voices
    from worker.cli import lookup
    from worker.wording.acts import members as words

    with lookup.dry_run(name) as (session, campaign):
        mails = stop_voices(session, campaign.id)
    console.agree(words.stop_voices(mails), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        stop_voices(session, campaign.id)
    console.say(f"Nobody can add a voice any more.\nTo allow it again: {console.command('members', name, '--reopen')}")


def reopen(name: str, *, yes: bool, dry_run: bool) -> None:
    """Let persons add their voices again."""
    from worker.acts.door_for_voices import reopen_voices
    from worker.cli import lookup
    from worker.state.member_counts import shut_because
    from worker.wording.acts import members as words
    from worker.wording.voices import door_sentence

    with lookup.dry_run(name) as (session, campaign):
        reopen_voices(session, campaign.id)
        because = shut_because(campaign)
    console.agree(words.reopen_voices(because), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        reopen_voices(session, campaign.id)
    console.say(f"{door_sentence(because)}.")


def withdraw(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Withdraw the voice of one person, who asked for it in another way."""
    from worker.acts.voices_by_hand import withdraw_one
    from worker.cli import lookup
    from worker.wording.acts import members as words

    email = _as_address("--withdraw", typed)
    with lookup.dry_run(name) as (session, campaign):
        member = withdraw_one(session, campaign.id, email)
        confirmed, told = member.confirmed_at is not None, member.digest_id is not None
    console.agree(words.withdraw_one(confirmed=confirmed, told=told), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        withdraw_one(session, campaign.id, email)
    console.say("It is withdrawn.")


def erase(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Erase what is kept of one person, who asked for it; its voice is withdrawn."""
    from worker.acts.erase_members import erase_member
    from worker.cli import lookup
    from worker.cli.erase import done
    from worker.state.member_addresses import get_member
    from worker.wording.acts import members as words

    email = _as_address("--erase", typed)
    with lookup.dry_run(name) as (session, campaign):
        member = get_member(session, campaign, email)
        told = member.digest_id is not None
        erase_member(session, member.id)
    console.agree(words.erase_member(told=told), yes=yes, dry_run=dry_run, name=name)
    with lookup.writing(name) as (session, campaign):
        erase_member(session, get_member(session, campaign, email).id)
    done("name, email address, country and words of this person, and their link", "notes")


def drop_domain(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Withdraw what came from one mail domain, as it was announced; what came meanwhile is told."""
    from worker.acts import voices_by_hand
    from worker.acts.voices_by_hand import AT_ONCE, keep_domain_out, withdraw_voices
    from worker.cli import lookup
    from worker.state.member_addresses import load_of_domain
    from worker.wording.acts import members as words

    domain = _as_domain("--drop-domain", typed)
    with lookup.dry_run(name) as (session, campaign):
        found = voices_by_hand.drop_domain(session, campaign.id, domain)
    before = words.drop_domain(found, domain, at_once=len(found.all))
    console.agree(before, yes=yes, dry_run=dry_run, name=name)
    number = 0
    with lookup.writing(name) as (session, campaign):
        keep_domain_out(session, campaign.id, domain)
    for start in range(0, len(found.all), AT_ONCE):
        with lookup.writing(name) as (session, campaign):
            number += withdraw_voices(session, campaign.id, found.all[start : start + AT_ONCE])
    with lookup.looking(name) as (session, campaign):
        more = load_of_domain(session, campaign, domain).all
    console.say(f"Withdrawn: {number:,}. They are not counted any more.")
    if more:
        console.say(f"{len(more):,} more came from {domain} meanwhile: type the command again.")
    console.say(f"No more come from {domain}. To let them: {console.command('members', name, '--let-domain', domain)}")
    console.say(f"To let nobody add a voice any more: {console.command('members', name, '--stop')}")


def let_domain(name: str, typed: str, *, yes: bool, dry_run: bool) -> None:
    """Let persons of a mail domain that was dropped add their voices again."""
    from worker.acts.voices_by_hand import let_domain_again
    from worker.cli import lookup
    from worker.wording.acts import members as words

    domain = _as_domain("--let-domain", typed)
    with lookup.dry_run(name) as (session, campaign):
        mails = let_domain_again(session, campaign.id, domain)
    console.agree(words.let_domain_again(domain, mails), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        mails = let_domain_again(session, campaign.id, domain)
    lookup.notify("deliver")
    console.say(f"Voices from {domain} are accepted again. {console.count(mails, 'email')} to confirm.")


def _as_address(option: str, typed: str) -> str:
    """An address as it is kept; ends the command if it is none, and does not repeat it."""
    from worker.text import addresses

    email, problem = addresses.normalize(typed.strip())
    if problem:
        console.fail(f"{option}: expected one email address, such as name@provider.example.", console.USAGE)
    return email


def _as_domain(option: str, typed: str) -> str:
    """A mail domain as addresses are kept with it; ends the command if it is none."""
    from worker.text import addresses

    domain = addresses.domain(typed)
    if not domain:
        console.fail(f"{option}: expected a domain, such as provider.example; found {typed!r}.", console.USAGE)
    return domain
