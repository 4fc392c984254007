"""What a person types to look at a database that was put back from a backup, and to let it go on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worker import db, installation, journal, mirror
from worker.acts import go_on as act
from worker.acts.apply_journal import AppliedJournal, is_lost
from worker.cli import console, lookup
from worker.models import Campaign, Installation, Partner, RestoredBy
from worker.state.campaigns import find_campaign
from worker.state.since_backup import SinceBackup, load_installation, load_since_backup
from worker.text import addresses, dates, durations
from worker.wording.relay_status import iso


@dataclass(frozen=True)
class Wishes:
    """The options as they were typed."""

    keep_links: bool
    opted_out: Path | None
    withdrew: Path | None
    none_known: bool
    extend: Sequence[str]
    ask_again: bool | None
    journal_lost: bool


def resume_restored(wishes: Wishes, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """List where each campaign stands, ask, and let everything go on."""
    lookup.make_ready_to_act()
    with db.reading() as session:
        restored = load_installation(session)
        if restored is None or restored.restored_at is None:
            console.nothing_to_do("This database does not stand still: nothing was changed.")
        campaigns = load_since_backup(session, restored.restored_at)
        behind = installation.lost_since_backup()
        if as_json:
            console.give(_as_json(restored, campaigns, behind))
            return
        for line in _listed(restored, campaigns, behind):
            console.say(line)
        journal_is_lost = wishes.journal_lost or is_lost(session, restored.backup_of)
        if not journal_is_lost and (entry := mirror.load_entries().get(restored.number.hex())) is not None:
            console.say(_KNOWN_UNTIL.format(moment=_moment(datetime.fromisoformat(entry.at))))
        deadlines = _deadlines(session, wishes.extend, campaigns)
        if wishes.none_known and wishes.opted_out and wishes.withdrew:
            console.fail("--none-known says that there is nobody, and there are two files with names.", console.USAGE)
        opted_out, withdrew = _listed_in(session, wishes.opted_out), _listed_in(session, wishes.withdrew)
    renew_links = journal_is_lost and not wishes.keep_links
    if journal_is_lost and not ((wishes.opted_out and wishes.withdrew) or wishes.none_known):
        console.fail(_WHO_OPTED_OUT, 0 if dry_run else console.USAGE)
    if not yes and not dry_run:
        deadlines |= _asked_for_deadlines(campaigns, deadlines)

    def go_on(session: Session, *, ask_lost: bool, only_look: bool = False) -> tuple[act.WentOn, list[str], list[str]]:
        done = act.let_everything_go_on(
            session,
            renew_links=renew_links,
            opted_out=opted_out,
            withdrew=withdrew,
            deadlines=deadlines,
            ask_lost=ask_lost,
            journal_lost=wishes.journal_lost,
            only_look=only_look,
        )
        about_members = [session.get_one(Campaign, one).slug for one in sorted(done.journal.digests)]
        return done, [session.get_one(Partner, one).organization for one in done.journal.lost_answers], about_members

    with lookup.trying("", even_restored=True) as session:
        looked, lost, digests = go_on(session, ask_lost=True, only_look=True)
    would = _what_happens(campaigns, looked.letters_in_doubt, deadlines, opted_out, withdrew, renew_links=renew_links)
    if digests:
        would += f" {_DIGESTS.format(campaigns=console.some(digests))}"
    if number := looked.journal.lost_voices.total():
        would += f" {_LOST_VOICES.format(persons=console.count(number, 'person'))}"
    if lost:
        would += f" {_LOST.format(told=console.some(lost, most=20))}"
    if dry_run:
        console.say(f"Dry run: {would}")
        return
    question = f"{would}\nLet everything go on?"
    ask_lost = bool(looked.asked_again and wishes.ask_again)
    if looked.asked_again and wishes.ask_again is None:
        them = f"{console.count(looked.asked_again, 'organization')} by email for their answers"
        if yes:
            console.fail(f"Say whether to ask {them}: --ask-again or --no-ask-again.", console.USAGE)
        ask_lost = console.answer(f"{would}\nAsk {them} again? [y/N]: ").casefold() in {"y", "yes"}
        question = "Let everything go on?"  # what would happen was just said
    console.ask_for_name(question, "restored", yes=yes)
    with lookup.refusals_told(""), db.transaction(even_restored=True) as session:
        done, lost, digests = go_on(session, ask_lost=ask_lost)
        without_address = [session.get_one(Partner, one).organization for one in done.journal.without_address]
    installation.remember()
    lookup.notify("sweep")
    console.say("It goes on.")
    for line in _taken_away_again(done.journal, without_address):
        console.say(line)
    if done.letters_in_doubt:
        console.say(f"{console.count(len(done.letters_in_doubt), 'letter')} in doubt: not sent again until you decide.")
    if digests:
        console.say(f"{_DIGESTS.format(campaigns=console.some(digests))} {console.command('digest', 'NAME')}")
    if number := done.journal.lost_voices.total():
        console.say(_LOST_VOICES.format(persons=console.count(number, "person")))
    if lost:
        asked = console.count(done.asked_again, "organization") if done.asked_again else "None of these organizations"
        console.say(f"{asked} {'are' if done.asked_again > 1 else 'is'} asked again by email.")
    if done.journal.failed:
        left = ", ".join(f"{number} {kind}" for kind, number in done.journal.failed.items())
        console.say(f"The journal says that this was done since the backup. It could not be repeated: {left}")
    if done.links:
        console.say(
            f"{console.count(done.links, 'link')} renewed: the old ones do not work any more. To send the new links "
            f"to all who have not answered: {console.command('remind', 'NAME', '--again')}. To send one to anybody "
            f"else: {console.command('resend', 'NAME', '--partner', 'ORGANIZATION')}"
        )
    console.say(f"Next: {console.command('status')}")


def _taken_away_again(journal: AppliedJournal, without_address: Sequence[str]) -> Iterator[str]:
    """What the journal knew, so that nobody wonders."""
    done = [f"{number} {_TAKEN[kind]}" for kind, number in journal.counts.items() if kind in _TAKEN]
    if done:
        yield f"Taken away again, as it was after the backup: {', '.join(done)}."
    if without_address:
        yield (
            f"Without an email address now, because it was corrected after the backup and the new one is lost: "
            f"{console.some(without_address)}. Enter it again: "
            f"{console.command('amend', 'NAME', '--partner', 'ORGANIZATION', '--email', 'ADDRESS')}"
        )


_TAKEN: dict[journal.Kind, str] = {
    "reduced": "signature or visibility",
    "revoked": "link",
    "ended": "link of a further contact",
    "erased": "organization (erased)",
    "quiet": "wish for no more email",
    "silenced": "silence by an organizer",
    "taken out": "partner that was taken out",
    "suppressed": "address from which email came back",
    "campaign erased": "campaign (erased)",
    "cancelled": "campaign (cancelled)",
    "held": "hold of a letter",
    "mail held": "hold of all email",
    "shows less": "page or list that fewer may read",
    "panic": "panic",
    "voice withdrawn": "voice (withdrawn)",
    "voice disowned": "voice (not the person's own)",
    "voice erased": "person (erased)",
    "voice counted": "name of a person",
    "words gone": "person's own words",
    "voices stopped": "campaign that takes no more voices",
    "digests held": "hold of emails about members",
    "digests stopped": "addressee who wants no emails about members",
}
_NOTICED: dict[RestoredBy, str] = {
    "restore": "it was restored from a backup",
    "mirror ahead": "the data folder remembers more than it does",
    "moved": "it is in another place than before, and the data folder does not know it",
}
_WHO_OPTED_OUT = (
    "Nothing was changed. It is not known here what was taken away since the backup. If you have the file `journal` "
    "of the old DATA_DIR, put it into this one, and type this again. Otherwise ask people who may know, and give two "
    "files with one email address or organization on each line: --opted-out FILE for those who must get no email "
    "(those who asked for that, who were erased, and old addresses that were corrected since), and --withdrew FILE "
    "for those who do not sign any more. --none-known stands for a file in which there is nobody."
)
_KNOWN_UNTIL = (
    "Who withdrew or opted out is known until {moment}, when the data folder was last written. If the program was "
    "still running after that (the folder is an old copy), add --journal-lost."
)
_DIGESTS = "Emails about members that may have been sent, or stopped, and are not sent until you decide: {campaigns}."
_LOST_VOICES = (
    "{persons} added a voice since the backup and may be lost. Nobody knows who: ask your organizations to ask their "
    "members again."
)
_LOST = "What these organizations answered since the backup is lost, or may be lost: {told}."


def _listed(restored: Installation, campaigns: Sequence[SinceBackup], lost: dict[str, int]) -> Iterator[str]:
    assert restored.restored_at is not None
    noticed = _NOTICED[restored.restored_by or "restore"]
    yield f"Everything stands still since {_moment(restored.restored_at)}: {noticed}."
    since = f"of {_moment(restored.backup_of)}" if restored.backup_of else "of an unknown moment"
    if lost:
        told = f"at least {console.count(lost['answer'], 'answer')} and {console.count(lost['mail'], 'email')}"
        yield f"The database is as it was at the backup {since}. Lost since then: {told}."
    else:
        yield f"The database is as it was at the backup {since}. How many emails were sent since is not known here."
    for one in campaigns:
        numbers = f"{console.count(one.answers, 'answer')}, {console.count(one.mails_waiting, 'email')} waiting"
        yield f"  {one.campaign.slug}: {one.state}, {numbers}{_DEADLINES[one.deadline_passed]}"
        if one.letter_in_doubt:
            yield "    Its letter may have been sent since the backup: it will not be sent again until you decide."


_DEADLINES = {
    None: "",
    "before": "; its deadline had passed before: it closes at once",
    "meanwhile": "; its deadline passed while everything stood still: it closes at once, unless you --extend it",
}


def _as_json(restored: Installation, campaigns: Sequence[SinceBackup], lost: dict[str, int]) -> dict[str, Any]:
    return {
        "restored": iso(restored.restored_at),
        "noticed": restored.restored_by,
        "backup_of": iso(restored.backup_of),
        "lost": lost or None,
        "campaigns": [
            {
                "campaign": one.campaign.slug,
                "state": one.state,
                "deadline": iso(one.campaign.deadline_at),
                "deadline_passed": one.deadline_passed,
                "answers": one.answers,
                "mails_waiting": one.mails_waiting,
                "letter_in_doubt": one.letter_in_doubt,
            }
            for one in campaigns
        ],
    }


def _what_happens(
    campaigns: Sequence[SinceBackup],
    in_doubt: Sequence[int],
    deadlines: dict[int, datetime],
    opted_out: Sequence[str],
    withdrew: Sequence[str],
    *,
    renew_links: bool,
) -> str:
    closing = [one.campaign.slug for one in campaigns if one.deadline_passed and one.campaign.id not in deadlines]
    doubted = [one.campaign.slug for one in campaigns if one.campaign.id in in_doubt]
    waiting = sum(one.mails_waiting for one in campaigns)
    leave = "email that waits is" if waiting == 1 else "emails that wait are"
    told = [f"{waiting} {leave} sent, even if sent already since the backup." if waiting else "No email waits."]
    told += [f"Closing at once: {console.some(closing)}."] if closing else []
    told += [f"Letters that are not sent until you decide: {console.some(doubted)}."] if doubted else []
    told += ["All links are renewed, and the old ones stop working."] if renew_links else []
    told += [f"No more email is sent to those in your list ({len(opted_out)})."] if opted_out else []
    told += [f"Those in your list of withdrawals do not sign any more ({len(withdrew)})."] if withdrew else []
    return " ".join(told)


def _deadlines(session: Session, typed: Sequence[str], campaigns: Sequence[SinceBackup]) -> dict[int, datetime]:
    """New deadlines by campaign; ends the command with all that is wrong."""
    found, wrong = dict[int, datetime](), list[str]()
    for one in typed:
        slug, _, when = one.partition("=")
        campaign = find_campaign(session, slug.strip())
        if campaign is None or not when or all(campaign.id != known.campaign.id for known in campaigns):
            wrong.append(
                f'--extend {one}: expected NAME=WHEN with a campaign from the list, such as rivers="in 3 days"'
            )
            continue
        try:
            found[campaign.id] = durations.deadline(when, now=db.clock(session), zone=ZoneInfo(campaign.zone))
        except durations.NotATime as error:
            wrong.append(f"--extend {one}: {error}")
    if wrong:
        console.fail("\n".join([*wrong, "Nothing was changed."]), console.USAGE)
    return found


def _asked_for_deadlines(campaigns: Sequence[SinceBackup], known: dict[int, datetime]) -> dict[int, datetime]:
    """What a person types for each deadline that passed while everything stood still."""
    found = dict[int, datetime]()
    for one in campaigns:
        if one.deadline_passed != "meanwhile" or one.campaign.id in known:
            continue
        question = f'New deadline of {one.campaign.slug}, such as "in 3 days" (Enter: it closes at once): '
        while typed := console.answer(question).strip("\"'“”"):
            try:
                with db.reading() as session:
                    now = db.clock(session)
                found[one.campaign.id] = durations.deadline(typed, now=now, zone=ZoneInfo(one.campaign.zone))
                break
            except durations.NotATime as error:
                console.say(str(error))
    return found


def _listed_in(session: Session, file: Path | None) -> list[str]:
    """The lines of a file; ends the command with all that is wrong, and says of whom nothing is known here."""
    if file is None:
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        console.fail(f"{file}: expected a text file in UTF-8. Nothing was changed.", console.USAGE)
    if not any(map(str.strip, lines)):
        console.fail(f"{file} is empty. If there is nobody: --none-known. Nothing was changed.", console.USAGE)
    found, wrong = list[str](), list[str]()
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line:
            continue
        entry, problem = addresses.normalize(line) if "@" in line else (line, "")
        if problem:
            wrong.append(f"{file}, line {number}: {problem}")
        elif act.is_known(session, entry):
            found.append(entry)
        elif "@" in line:
            console.say(f"{file}, line {number}: nobody here has this address.")
        else:
            wrong.append(f"{file}, line {number}: no organization is called {line!r} in this database")
    if wrong:
        console.fail("\n".join([*wrong, "Correct these lines; nothing was changed."]))
    return found


def _moment(moment: datetime) -> str:
    return dates.day_and_time(moment, "UTC", "en")
