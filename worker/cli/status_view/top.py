"""The first lines of a status: what everybody wants to know first, and what keeps the letter or its emails."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from worker import settings
from worker.cli import console, hints, status_json
from worker.cli.status_view.persons import person_lines
from worker.cli.status_view.phrases import CHECK, emails_wait, exact, response, short
from worker.mail.outcomes import REPORT_PREFIX
from worker.mail.reply_text import explain_reply
from worker.state.counts import Counts
from worker.state.letters import HAS_IT
from worker.state.mail_status import reason_of
from worker.state.overview import Line
from worker.state.relay_status import RelayStatus
from worker.state.status import CampaignStatus
from worker.text import dates
from worker.wording import due_acts, standing
from worker.wording.acts.two_persons import NAMES
from worker.wording.mail_status import ACTS, reason_words


def summary(counts: Counts) -> str:
    """`60 partners: 59 asked, 1 refused, 56 signed, 2 declined, 1 silent`."""
    words = ("asked", "by_hand", "refused", "bounced", "suppressed", "may_not_have_arrived", *counts.answers, "silent")
    numbers = counts.as_json()
    called = {"by_hand": "without an email address"}
    told = [f"{numbers[word]} {called.get(word, word.replace('_', ' '))}" for word in words if numbers[word]]
    return f"{console.partners(counts.partners)}: {', '.join(told) or 'nobody asked yet'}"


def head(found: CampaignStatus) -> list[Text]:
    """What everybody wants to know first; the zone of all times is named here, once."""
    campaign = found.campaign
    lines = [*relay_lines(found.relay, found), *late_lines(found), Text(campaign.title, style="bold")]
    lines.append(Text(f"{campaign.slug}: {found.state}"))
    deadline = dates.day_and_time(campaign.deadline_at, campaign.zone, "en")
    if campaign.closed_at and campaign.closed_at < campaign.deadline_at:
        lines.append(Text(f"closed early, {short(campaign.closed_at, found)}; the deadline was {deadline}"))
    else:
        lines.append(Text(f"deadline {deadline}"))
    lines += _held(found)
    for one in found.requests:
        until = f"until {exact(one.ends_at, found)}"
        lines.append(Text(f"waits for a second person at the desk {until}: {NAMES[one.act]}", style="bold yellow"))
    lines.append(Text(summary(found.counts)))
    lines += person_lines(found.members, found)
    lines += [Text(f"  {line}") for line in [*_progress(found), *_quotas(found), *_held_back(found)]]
    if found.undo is not None:
        back = console.command(found.undo.act, campaign.slug, "--undo")
        until = f"{exact(found.undo.until, found)}, unless somebody answers first"
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
        lines.append(Text(f"  letter to {letter.addressee}: {letter.state} {short(letter.mail.sent_at, found)}"))
        if letter.mail.reply:
            lines.append(Text(f"    the server said: {letter.mail.reply.removeprefix(REPORT_PREFIX)}"))
        if letter.mail.delayed_at:
            lines.append(Text(f"    {reason_words(reason_of(letter.mail))}", style="yellow"))
        lines += [Text(f"    {response(one)}", style="yellow") for one in letter.responses]
        if letter.responses:
            lines.append(Text(f"    → {CHECK}; if the letter did not arrive, print it and bring it"))
        if letter.to_do:
            note = ("dispatch", campaign.slug, "--by-hand", "--addressee", letter.addressee or "")
            lines.append(Text(f"      Once the addressee has it: {console.command(*note)}"))
    lines += [Text(line) for line in _replies(found)]
    if campaign.cancelled_at:
        lines.append(
            Text(f"  cancelled {short(campaign.cancelled_at, found)}; the letter will never be sent{_told(found)}")
        )
    if campaign.erase_by and not campaign.erased_at:
        by = short(campaign.erase_at, found)
        lines.append(Text(f"  all is erased once everyone who was asked was told, by {by} at the latest"))
    elif campaign.erased_at:
        lines.append(Text(f"  contacts and withheld names were erased {short(campaign.erased_at, found)}"))
    elif campaign.erase_at:
        lines.append(Text(f"  contacts and withheld names are erased {short(campaign.erase_at, found)}"))
    return lines


def _replies(found: CampaignStatus) -> Iterator[str]:
    """What addressees replied, and when."""
    for one in found.replies:
        who = one.addressee.name if one.addressee else "an addressee"
        day = dates.date(one.came_at, found.campaign.zone, "en")
        yield f"  {who} replied on {day}: {' '.join(one.text.split())}"


def _held(found: CampaignStatus) -> list[Text]:
    """What a panic or a hold keeps, since when, and how many mails wait for its end."""
    campaign = found.campaign
    if campaign.panic_at is not None:
        waits = f"; {emails_wait(found.held_mails)}" if found.held_mails else ""
        what = f"PANIC since {short(campaign.panic_at, found)}: nothing is shown, no email is sent except to you{waits}"
        return [Text(f"{what}. To end it: {console.command('panic', campaign.slug, '--end')}", style="bold red")]
    if campaign.held_at is None or campaign.cancelled_at is not None:
        return []
    waits = f"; {emails_wait(found.held_mails)}" if found.held_mails else ""
    what = f"letter and copies held since {short(campaign.held_at, found)}"
    if campaign.mail_held_at is not None:
        what = f"all email except yours held since {short(campaign.mail_held_at, found)}"
    return [Text(f"{what}{waits}: {console.command('resume', campaign.slug)}", style="bold yellow")]


def _served(found: CampaignStatus) -> Iterator[Text]:
    """Who has the letter where it goes to several or is brought, with which seal, and what is still to be done."""
    those, have = found.addressees, sum(one.state in HAS_IT for one in found.addressees)
    if found.campaign.dispatched_at is not None and have < len(those) > 1:
        yield Text(f"  sent to {have} of {len(those)}", style="bold yellow")
    for one in those:
        if len(those) > 1 or one.by_hand or one.state == "brought":
            seal = f", seal {one.seal}" if one.seal else ""
            when = f" {short(one.at, found)}" if one.at else ""
            yield Text(f"  {'copy for' if one.copy else 'for'} {one.name}: {standing.served(one.state)}{when}{seal}")
        if one.to_do:
            todo = hints.served_with_command(one.state, one.name, found.campaign.slug, copy=one.copy)
            yield Text(f"  → {console.hint(todo)}", style="yellow")


def _told(found: CampaignStatus) -> str:
    """`; 12 of 14 were told` that a letter was cancelled."""
    states = found.mails.get("cancelled", {})
    of = sum(number for state, number in states.items() if state != "cancelled")
    return f"; {states.get('sent', 0)} of {of} who were asked were told" if of else ""


def relay_lines(relay: RelayStatus, found: Line) -> list[Text]:
    """What keeps mail from leaving at all, and who can fix it; nothing when it leaves."""
    lines = []
    if relay.blocked_at is not None:
        since, again = short(relay.blocked_at, found), short(relay.retry_at, found)
        meant = explain_reply(relay.reply) if relay.reply else None
        lines.append(Text(f"NO EMAIL IS SENT since {since}{f': {meant}' if meant else ''}", style="bold red"))
        if relay.reply and relay.reply != meant:
            lines.append(Text(f"  the relay said: {relay.reply}"))
        waits = f"; {emails_wait(relay.due)}" if relay.due else ""
        lines.append(Text(f"  tried again at {again}{waits}; `{console.command('doctor')}` says more"))
    if console.nobody_sends():
        waits = f"; {emails_wait(relay.due)}" if relay.due else ""
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
    since = f"since {short(relay.seen_at, found)}" if relay.seen_at else "yet"
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
        + (f"; the next are sent at about {short(limit.next_at, found)}" if limit.next_at else "")
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
        f"{emails_wait(number)}{f' until {exact(until, found)}' if until else ''}: {console.hint(why)}"
        for (why, until), number in waiting.items()
    ]
