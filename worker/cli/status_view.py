"""A campaign's status as tables for a terminal, in the campaign's own time."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from worker import db, settings
from worker.choices import CHOICES
from worker.cli import backup_status, console, hints, status_json
from worker.mail.outcomes import REPORT_PREFIX
from worker.mail.reply_text import explain_reply
from worker.models import MailResponse
from worker.state.counts import Counts
from worker.state.joining import FIRST_OF_CAMPAIGN
from worker.state.letters import HAS_IT, ServedState
from worker.state.listings import COUNTRY
from worker.state.mail_status import MailStatus, reason_of
from worker.state.overview import Line, load_lines, load_overviews
from worker.state.relay_status import RelayStatus, load_relay_status
from worker.state.status import CampaignStatus, ContactStatus, PartnerStatus
from worker.text import dates, similar_names
from worker.wording import due_acts
from worker.wording.mail_status import ACTS, RESPONSES, reason_words

NARROW = 100  # columns under which an organization is its acronym, and the rest is stacked beside it
_Unreached: TypeAlias = list[tuple[PartnerStatus, MailStatus]]  # partners, each with the mail that tells why
MAX_NOT_REACHED = 4  # on a screen that is watched; without --watch all are told
_TO_EXPLAIN = {"refused", "bounced", "deferred", "uncertain", "cancelled"}
_MAX_SHORT_NAME = 34


def all_campaigns(*, as_json: bool) -> None:
    """One line a campaign."""
    with db.reading() as session:
        if as_json:
            console.give([status_json.overview_as_json(one) for one in load_overviews(session)])
            return
        found = load_lines(session)
        relay = load_relay_status(session, found[0].now) if found else None
        backups = backup_status.lines(session)
    if relay is None:
        console.say(f"No campaign was launched yet: {console.command('launch', 'campaigns/')}…")
        return
    late = [line for one in found for line in late_lines(one)]
    for line in [*relay_lines(relay, found[0]), *late]:
        console.screen().print(line)
    table = Table("campaign", "state", "deadline", "asked", "signed", "silent", box=None, pad_edge=False)
    for one in found:
        deadline = f"{_short(one.campaign.deadline_at, one)} {_local(one.campaign.deadline_at, one):%Z}"
        numbers = [str(number) for number in (one.counts.asked, one.counts.signed, one.counts.silent)]
        state = f"{one.state}, not to all" if one.partly else one.state
        table.add_row(*map(Text, (one.campaign.slug, state, deadline, *numbers)))
    console.screen().print(table)
    for line in backups:
        console.screen().print(line)


def one_campaign(found: CampaignStatus) -> None:
    """The head, what stands in the way, whom no mail reaches, and a line for each partner."""
    screen = console.screen()
    waiting = [*_responses(found), *_wishes(found), *_names(found), *_flood(found), *_applicants(found)]
    with db.reading() as session:
        missing = backup_status.lines(session, only_missing=True)
    for line in [*missing, *_head(found), *_not_reached(found), *waiting]:
        screen.print(line)
    screen.print(partners_table(found, found.partners, screen.width))


def one_screen(found: CampaignStatus) -> None:
    """The head, and of the partners as many as fit: those that are not finished, and the latest answers."""
    screen = console.screen()
    head = [*_head(found), *_not_reached(found, most=MAX_NOT_REACHED)]
    used = sum(len(screen.render_lines(line)) for line in head)
    chosen, more = _most_telling(found.partners, screen.height - used - 3)
    screen.clear()
    for line in head:
        screen.print(line)
    screen.print(partners_table(found, chosen, screen.width, one_line=True))
    if more:
        screen.print(f"and {more} more")


def summary(counts: Counts) -> str:
    """`60 partners: 59 asked, 1 refused, 56 signed, 2 declined, 1 silent`."""
    words = ("asked", "by_hand", "refused", "bounced", "suppressed", "may_not_have_arrived", *counts.answers, "silent")
    numbers = counts.as_json()
    called = {"by_hand": "without an email address"}
    told = [f"{numbers[word]} {called.get(word, word.replace('_', ' '))}" for word in words if numbers[word]]
    return f"{console.partners(counts.partners)}: {', '.join(told) or 'nobody asked yet'}"


def partners_table(
    found: CampaignStatus, partners: Sequence[PartnerStatus], width: int, *, one_line: bool = False
) -> Table:
    """Who was asked when, who answered what and when, who was reminded, whose mail was refused and why."""
    if width < NARROW:
        return _narrow(found, partners, one_line=one_line)
    endless = width >= console.NO_EDGE
    table = Table(box=None, pad_edge=False, expand=not endless)
    table.add_column("organization", ratio=None if endless else 1, no_wrap=True, overflow="ellipsis")
    for name in ("asked", "answer", "answered"):
        table.add_column(name, no_wrap=True)
    table.add_column(
        "", max_width=None if endless else 40, no_wrap=one_line, overflow="ellipsis" if one_line else "fold"
    )
    for partner in partners:
        asked = _short(partner.asked, found) or partner.invitation
        cells = (
            _numbered(partner, _with_acronym(partner)),
            asked,
            _answer(partner),
            _short(partner.answered, found),
            _aside(partner),
        )
        table.add_row(*map(Text, cells))
    return table


def _narrow(found: CampaignStatus, partners: Sequence[PartnerStatus], *, one_line: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("organization", no_wrap=True, max_width=_MAX_SHORT_NAME, overflow="ellipsis")
    table.add_column("", no_wrap=one_line, overflow="ellipsis" if one_line else "fold")
    for partner in partners:
        asked = _short(partner.asked, found)
        latest = f"{_answer(partner)} {_short(partner.answered, found)}" if partner.answer else ""
        first = latest or (f"asked {asked}" if asked else partner.invitation)
        told = [first, *filter(None, [_aside(partner)])]
        name = _numbered(partner, ", ".join(filter(None, [partner.acronym, partner.organization])))
        table.add_row(Text(name), Text((" · " if one_line else "\n").join(told)))
    return table


def _with_acronym(partner: PartnerStatus) -> str:
    return f"{partner.organization} ({partner.acronym})" if partner.acronym else partner.organization


def _numbered(partner: PartnerStatus, name: str) -> str:
    """Its name, after its number where another has the same: a name that is too long loses its end."""
    return f"{partner.called} {name}" if partner.namesake else name


def _head(found: CampaignStatus) -> list[Text]:
    """What everybody wants to know first; the zone of all times is named here, once."""
    campaign = found.campaign
    lines = [*relay_lines(found.relay, found), *late_lines(found), Text(campaign.title, style="bold")]
    lines.append(Text(f"{campaign.slug}: {found.state}"))
    deadline = dates.day_and_time(campaign.deadline_at, campaign.zone, "en")
    if campaign.closed_at and campaign.closed_at < campaign.deadline_at:
        lines.append(Text(f"closed early, {_short(campaign.closed_at, found)}; the deadline was {deadline}"))
    else:
        lines.append(Text(f"deadline {deadline}"))
    lines += _held(found)
    lines.append(Text(summary(found.counts)))
    lines += [Text(f"  {line}") for line in [*_progress(found), *_quotas(found), *_held_back(found)]]
    if found.undo is not None:
        back = console.command(found.undo.act, campaign.slug, "--undo")
        until = f"{_exact(found.undo.until, found)}, unless somebody answers first"
        lines.append(Text(f"  {back} can take {ACTS[found.undo.act]} back until {until}", style="yellow"))
    blockers = [console.hint(hints.blocker_with_command(one, campaign.slug)) for one in found.blockers]
    lines += [Text(f"  waits: {blocker}", style="yellow") for blocker in blockers]
    if found.notices:
        hint = console.command("notice", campaign.slug)
        lines.append(
            Text(
                f"  an organization withdrew, or asked not to be named, after the letter was sent: {hint}",
                style="bold yellow",
            )
        )
    if found.others_returned:
        many = console.count(found.others_returned, "email")
        lines.append(
            Text(f"  {many} to you, or to those who asked to sign, came back or may not have arrived", style="yellow")
        )
    lines += _served(found)
    for letter in found.letters:
        lines.append(Text(f"  letter to {letter.addressee}: {letter.state} {_short(letter.mail.sent_at, found)}"))
        if letter.mail.reply:
            lines.append(Text(f"    the server said: {letter.mail.reply.removeprefix(REPORT_PREFIX)}"))
        if letter.mail.delayed_at:
            lines.append(Text(f"    {reason_words(reason_of(letter.mail))}", style="yellow"))
        lines += [Text(f"    {_response(one)}", style="yellow") for one in letter.responses]
        if letter.responses:
            lines.append(Text(f"    → {_CHECK}; if the letter did not arrive, print it and bring it"))
        if letter.to_do:
            note = ("dispatch", campaign.slug, "--by-hand", "--addressee", letter.addressee or "")
            lines.append(Text(f"      Once the addressee has it: {console.command(*note)}"))
    if campaign.cancelled_at:
        lines.append(
            Text(f"  cancelled {_short(campaign.cancelled_at, found)}; the letter will never be sent{_told(found)}")
        )
    if campaign.erase_by and not campaign.erased_at:
        by = _short(campaign.erase_at, found)
        lines.append(Text(f"  all is erased once everyone who was asked was told, by {by} at the latest"))
    elif campaign.erased_at:
        lines.append(Text(f"  contacts and withheld names were erased {_short(campaign.erased_at, found)}"))
    elif campaign.erase_at:
        lines.append(Text(f"  contacts and withheld names are erased {_short(campaign.erase_at, found)}"))
    return lines


def _held(found: CampaignStatus) -> list[Text]:
    """What a hold keeps, since when, and how many mails wait for it."""
    campaign = found.campaign
    if campaign.held_at is None or campaign.cancelled_at is not None:
        return []
    waits = f"; {_mails(found.held_mails)}" if found.held_mails else ""
    what = f"letter and copies held since {_short(campaign.held_at, found)}"
    if campaign.mail_held_at is not None:
        what = f"all email except yours held since {_short(campaign.mail_held_at, found)}"
    return [Text(f"{what}{waits}: {console.command('resume', campaign.slug)}", style="bold yellow")]


def _served(found: CampaignStatus) -> Iterator[Text]:
    """Who has the letter where it goes to several or is brought, with which seal, and what is still to be done."""
    those, have = found.addressees, sum(one.state in HAS_IT for one in found.addressees)
    if found.campaign.dispatched_at is not None and have < len(those) > 1:
        yield Text(f"  sent to {have} of {len(those)}", style="bold yellow")
    for one in those:
        if len(those) > 1 or one.by_hand or one.state == "brought":
            seal = f", seal {one.seal}" if one.seal else ""
            when = f" {_short(one.at, found)}" if one.at else ""
            yield Text(f"  {'copy for' if one.copy else 'for'} {one.name}: {_SERVED[one.state]}{when}{seal}")
        if one.to_do:
            todo = hints.served_with_command(one.state, one.name, found.campaign.slug, copy=one.copy)
            yield Text(f"  → {console.hint(todo)}", style="yellow")


_SERVED: dict[ServedState, str] = {
    "waiting": "will be sent by email",
    "to_bring": "no email address: you bring it",
    "queued": "waits to be sent",
    "sending": "is being handed over",
    "uncertain": "it may have arrived",
    "refused": "its server refused it",
    "returned": "it came back",
    "sent": "has it",
    "brought": "has it, by hand",
}


def _told(found: CampaignStatus) -> str:
    """`; 12 of 14 were told` that a letter was cancelled."""
    states = found.mails.get("cancelled", {})
    of = sum(number for state, number in states.items() if state != "cancelled")
    return f"; {states.get('sent', 0)} of {of} who were asked were told" if of else ""


def relay_lines(relay: RelayStatus, found: Line) -> list[Text]:
    """What keeps mail from leaving at all, and who can fix it; nothing when it leaves."""
    lines = []
    if relay.blocked_at is not None:
        since, again = _short(relay.blocked_at, found), _short(relay.retry_at, found)
        meant = explain_reply(relay.reply) if relay.reply else None
        lines.append(Text(f"NO EMAIL IS SENT since {since}{f': {meant}' if meant else ''}", style="bold red"))
        if relay.reply and relay.reply != meant:
            lines.append(Text(f"  the relay said: {relay.reply}"))
        waits = f"; {_mails(relay.due)}" if relay.due else ""
        lines.append(Text(f"  tried again at {again}{waits}; `{console.command('doctor')}` says more"))
    if console.nobody_sends():
        waits = f"; {_mails(relay.due)}" if relay.due else ""
        told = f"Nothing is running, so nothing is sent or closed: {console.command('up')}{waits}"
        lines.append(Text(told, style="yellow"))
    elif relay.stuck:
        are, them = ("is", "it") if relay.due == 1 else ("are", "them")
        due = f"{console.count(relay.due, 'email')} {are} overdue by {int(relay.overdue // 60)} minutes"
        running = f"is `{console.command(_runner('worker'))}` running?"
        lines.append(Text(f"NO EMAIL IS SENT: {due} and no worker sends {them}: {running}", style="bold red"))
    elif not relay.beat:
        lines.append(Text(_silent(relay, found), style="bold red"))
    return lines


def _silent(relay: RelayStatus, found: Line) -> str:
    """Which of our processes gives no sign of life, as far as that can be told, since when, and what to do."""
    runner = console.command(_runner("worker"))
    if relay.worker:
        return f"NOTHING CLOSES BY ITSELF: no clock makes the workers look for what is due; restart `{runner}`"
    since = f"since {_short(relay.seen_at, found)}" if relay.seen_at else "yet"
    return f"NOTHING IS SENT OR CLOSED: no worker has given a sign of life {since}; is `{runner}` running?"


def late_lines(found: Line) -> list[Text]:
    """What should have been done with the letter by itself; at once where nothing runs that could do it."""
    if not status_json.is_overdue(found):
        return []
    assert found.due is not None
    told = f"THE LETTER of {found.campaign.slug} {due_acts.sentence(found.due, found.now)}"
    return [Text(told, style="bold red"), Text(f"  `{console.command('doctor')}` says more")]


def _runner(process: str) -> str:
    """What has to run for this process to run."""
    return "up" if settings.current().embedded else process


def _mails(number: int) -> str:
    return f"{number:,} email waits" if number == 1 else f"{number:,} emails wait"


def _progress(found: CampaignStatus) -> list[str]:
    """`1,204 of 5,000 sent, 230 a second, about 16 s left`; nothing when nothing is leaving."""
    if (now := found.progress) is None:
        return []
    fast = now.per_second
    pace = f"{fast:,.0f} a second" if fast >= 1 else f"{max(1, round(fast * 60))} a minute"
    left = f", about {_span(now.seconds_left)} left" if now.seconds_left is not None else ""
    return [f"{now.sent:,} of {now.total:,} sent, {pace}{left}"]


def _span(seconds: float) -> str:
    """An estimate in one unit, from two of it on: `90 min` are not about two hours."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}"
    return f"{max(1, round(seconds))} s"


def _quotas(found: CampaignStatus) -> list[str]:
    """`48 of 50 this hour; the next are sent at about 14:10`, once a quota keeps mail back."""
    if not found.relay.due:
        return []
    return [
        f"{limit.quota.used:,} of {limit.quota.allowed:,} {'this hour' if limit.hours == 1 else 'in 24 hours'}"
        + (f"; the next are sent at about {_short(limit.next_at, found)}" if limit.next_at else "")
        for limit in found.relay.limits
        if limit.quota.room_for_bulk == 0
    ]


def _held_back(found: CampaignStatus) -> list[str]:
    """How many mails wait for what will pass by itself; relay, quotas and a hold have lines of their own."""
    waiting = Counter(
        (hints.reason_with_command(mail.reason, found.campaign.slug) or "", mail.next)
        for partner in found.partners
        for mail in partner.mails
        if mail.state == "held back"
        and mail.reason
        and mail.reason.code not in {"quota", "held"}
        and not found.relay.blocked_at
    )
    return [
        f"{_mails(number)}{f' until {_exact(until, found)}' if until else ''}: {console.hint(why)}"
        for (why, until), number in waiting.items()
    ]


def _not_reached(found: CampaignStatus, most: int | None = None) -> list[RenderableType]:
    """Whom no mail reaches, what the server said, and what to do: once for all where it is the same."""
    lost: _Unreached = []
    uncertain: _Unreached = []
    reported: _Unreached = []
    for partner in found.partners:
        if mail := next((mail for mail in reversed(partner.mails) if mail.todo), None):
            of_this = reported if mail.todo == "ask" else uncertain if mail.state == "uncertain" else lost
            of_this.append((partner, mail))
    slug = found.campaign.slug
    return [
        *_block("Not reached", lost, most, slug),
        *_block("Perhaps not reached", uncertain, most, slug),
        *_block("May not have arrived", reported, most, slug),
    ]


def _responses(found: CampaignStatus) -> list[RenderableType]:
    """What people and machines wrote back to our mails, in their own words."""
    those = [(partner, one) for partner in found.partners for one in partner.responses]
    lines = [Text("Answers to our emails", style="bold yellow")] if those else []
    for partner, one in those:
        lines.append(Text(f"  {_numbered(partner, partner.organization)}, {_short(one.at, found)}: {_response(one)}"))
    if those:
        lines.append(Text(f"  → {_CHECK}"))
    return [*lines]


_CHECK = "Anyone can have written this: check it before you act on it"


def _response(one: MailResponse) -> str:
    """`an automatic reply says: “I am away until Monday”`."""
    return f"{RESPONSES[one.kind]}: “{one.words}”" if one.words else RESPONSES[one.kind]


def _wishes(found: CampaignStatus) -> list[RenderableType]:
    """Who would sign if a passage changed, the passage, and what is wished instead."""
    wishes = [partner for partner in found.partners if partner.answer == "change" and not partner.erased]
    lines = [Text("Requests for a change", style="bold yellow")] if wishes else []
    for partner in wishes:
        lines.append(Text(f"  {_numbered(partner, partner.organization)}"))
        lines += [Text(f"    now:  {_one_line(partner.passage)}")] if partner.passage else []
        lines.append(Text(f"    new:  {_one_line(partner.reason or '')}"))
    if wishes:
        lines.append(Text(f"  → edit the letter, then: {console.command('amend', found.campaign.slug, '--letter')}"))
    return [*lines]


def _names(found: CampaignStatus) -> list[RenderableType]:
    """Who asks to be printed under another name, and how to say yes or no."""
    asking = [(partner, partner.proposed) for partner in found.partners if partner.proposed]
    lines = [Text("Other names or countries that wait for your yes or no", style="bold yellow")] if asking else []
    for partner, proposed in asking:
        words = {"": "", COUNTRY: "country: "}
        names = [
            f"{words.get(key, f'{key}: ')}{name}"
            for key, name in proposed.items()
            if key or name != partner.organization or COUNTRY not in proposed
        ]
        lines.append(Text(f"  {_numbered(partner, partner.organization)} → {'; '.join(names)}"))
    if asking:
        options = ("--partner", asking[0][0].called if len(asking) == 1 else "NAME", "--name", "yes")
        command = console.command("amend", found.campaign.slug, *options)
        lines.append(Text(f"  → {command}", no_wrap=True, overflow="ignore"))
    return [*lines]


def _applicants(found: CampaignStatus) -> list[RenderableType]:
    """Who asks to sign without having been asked, and how to say yes or no."""
    lines = (
        [Text("Organizations that ask to sign, and wait for your yes or no", style="bold yellow")]
        if found.applicants
        else []
    )
    asking, asked = [[one.organization for one in those] for those in (found.applicants, found.partners)]
    times = Counter(map(similar_names.same_name, [*asking, *asked]))
    called = [
        f"#A{one.id}" if times[similar_names.same_name(one.organization)] > 1 else one.organization
        for one in found.applicants
    ]
    for one, word in zip(found.applicants, called, strict=True):
        name = f"{one.organization} ({one.acronym})" if one.acronym else one.organization
        name = f"{word} {name}" if word != one.organization else name
        confirmed = _short(one.confirmed_at, found)
        lines.append(Text(f"  {name}, {one.country or 'no country'}; confirmed by email {confirmed}"))
    if found.applicants:
        command = console.command("admit", found.campaign.slug, called[0])
        lines.append(Text(f"  → {command}"))
    return [*lines]


def _flood(found: CampaignStatus) -> list[RenderableType]:
    """That very many ask to sign, whether some are turned away, and how to forget whom nobody confirmed."""
    now = found.joining
    if found.campaign.closed_at or not (now.is_flood or now.unconfirmed > FIRST_OF_CAMPAIGN):
        return []
    lines = [Text(f"Many ask to sign: {now.asked_lately:,} within the hour", style="bold yellow")]
    if now.turns_away:
        lines.append(Text("  so many that new ones get no email until fewer ask", style="bold yellow"))
    waits = f"; {_mails(now.waiting)} for a turn" if now.waiting else ""
    lines.append(Text(f"  {now.unconfirmed:,} not confirmed by email{waits}"))
    lines.append(Text(f"  → {console.command('admit', found.campaign.slug, '--forget-unconfirmed')}"))
    return [*lines]


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _block(title: str, those: _Unreached, most: int | None, slug: str) -> Iterator[RenderableType]:
    if not those:
        return
    yield Text(title, style="bold yellow")
    table = Table.grid(padding=(0, 2))
    for partner, mail in those[:most]:
        suppressed = partner.unreached == "suppressed"
        why = "an earlier email to this address came back" if suppressed else _why(mail)
        table.add_row(Text(f"  {_numbered(partner, partner.organization)}"), Text(why))
        said = (mail.reply or "").removeprefix(REPORT_PREFIX)
        if mail.todo == "ask" and said and said not in why:
            table.add_row(Text(""), Text(f"the server said: {said}"))
    yield table
    if most is not None and len(those) > most:
        yield Text(f"  and {len(those) - most} more")
    first, mail = those[0]
    assert mail.todo is not None
    sentence, _, command = hints.todo_with_command(mail.todo, slug, first.called).removesuffix("`").partition("`")
    if len(those) > 1 or most is not None:
        command = re.sub(r"(?<= --partner )('([^']|'\"'\"')*'|\S+)+", "NAME", command)
    yield Text(f"  → {sentence.rstrip()}")
    copied = console.hint(f"`{command}`").removeprefix("`").removesuffix("`")
    yield Text(f"    {copied}", no_wrap=True, overflow="ignore")  # to be copied whole


def _most_telling(partners: Sequence[PartnerStatus], room: int) -> tuple[list[PartnerStatus], int]:
    """Those who did not answer, then the latest answers, which have a third of the room at least."""
    unfinished = [one for one in partners if one.answer is None]
    answered = [(one.answered, one) for one in partners if one.answer and one.answered]
    latest = [one for _, one in sorted(answered, key=lambda pair: pair[0], reverse=True)]
    room = max(room, 3)
    answers_shown = min(len(latest), max(room // 3, room - len(unfinished)))
    chosen = unfinished[: room - answers_shown] + latest[:answers_shown]
    return chosen, len(partners) - len(chosen)


def mail_in_short(mail: MailStatus | None) -> str:
    """`last mail bounced: the mailbox does not exist (550 5.1.1)`."""
    if mail is None:
        return "no email yet"
    to_explain = mail.state in _TO_EXPLAIN or mail.reported or mail.delayed
    return f"last email {mail.state}" + (f": {_why(mail)}" if to_explain else "")


def _why(mail: MailStatus) -> str:
    """`the mailbox does not exist (550 5.1.1)`: in words, and with what a mail administrator asks for."""
    words = reason_words(mail.reason) or "the server gave no reason"
    code = re.match(r"(?:came back: )?([245]\d\d(?: [245]\.\d+\.\d+)?)\b", mail.reply or "")
    return f"{words} ({code[1]})" if code and code[1] not in words else words


def _answer(partner: PartnerStatus) -> str:
    if partner.answer is None:
        return ""
    choice = CHOICES[partner.answer]
    return (choice.shown_as or choice.did) + (f" ({partner.visibility})" if partner.visibility else "")


def _aside(partner: PartnerStatus) -> str:
    """What else an organizer wants to know of a partner: why its mail did not arrive, or how often it was reminded."""
    if partner.erased:
        return "erased"
    invitation = next((mail for mail in reversed(partner.mails) if mail.kind == "invitation"), None)
    further = contacts_in_short(partner.contacts)
    latest = partner.mails[-1] if partner.mails else None
    delayed = "the last email is delayed" if latest and latest.delayed else ""
    doubt = "the last email may not have arrived" if partner.may_not_have_arrived else ""
    if invitation and invitation.state in _TO_EXPLAIN and not (invitation.todo or partner.answer or partner.silenced):
        return ", ".join(filter(None, [_why(invitation), further]))
    times = len(partner.reminded)
    reminded = {0: "", 1: "reminded"}.get(times, f"reminded {times} times")
    quiet = "you stopped its email" if partner.silenced else "unsubscribed" if partner.quiet else ""
    disowned = "says that an answer was not its own" if partner.disowned else ""
    carried = "invitation brought there" if partner.carried else ""
    by_hand = "by hand" if partner.channel == "by hand" else ""
    passed_on = "passed on" if partner.passed_on else ""
    earlier = "signed the earlier text" if partner.earlier == "sign" else ""
    through = f"by contact {partner.through}" if partner.through else ""
    guessed = "" if partner.takes_six_digits else "somebody guessed at its code: the six digits no longer work"
    said = [doubt, delayed, guessed, disowned, earlier, passed_on, carried, reminded, quiet, by_hand, through, further]
    return ", ".join(filter(None, said))


def contacts_in_short(contacts: Sequence[ContactStatus]) -> str:
    """`2 further contacts, 1 ended`; nothing where there is none."""
    ended = sum(one.ended is not None for one in contacts)
    told = [console.count(len(contacts), "further contact")] if contacts else []
    return ", ".join(told + ([f"{ended} ended"] if ended else []))


def _local(moment: datetime, found: Line) -> datetime:
    return moment.astimezone(ZoneInfo(found.campaign.zone))


def _short(moment: datetime | None, found: Line) -> str:
    """Day and time in the campaign's zone; the time alone today, and the year too in another one."""
    return "" if moment is None else short_moment(moment, found.now, found.campaign.zone)


def short_moment(moment: datetime, now: datetime, zone: str) -> str:
    """The same of a moment and the present one."""
    local, now = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%d %b %Y %H:%M}"


def _exact(moment: datetime, found: CampaignStatus) -> str:
    """The time with its seconds: for what is minutes away."""
    return f"{_local(moment, found):%H:%M:%S}"
