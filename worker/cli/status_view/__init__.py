"""A campaign's status as tables for a terminal, in the campaign's own time."""

from rich.table import Table
from rich.text import Text

from worker import db
from worker.cli import backup_status, console, status_json
from worker.cli.status_view.partners import most_telling, partners_table
from worker.cli.status_view.persons import words_line
from worker.cli.status_view.phrases import local_time, short
from worker.cli.status_view.top import head, late_lines, relay_lines
from worker.cli.status_view.waiting import applicants, flood, names_asked_for, not_reached, responses, wishes
from worker.state.member_counts import NO_MEMBERS
from worker.state.overview import load_lines, load_overviews
from worker.state.relay_status import load_relay_status
from worker.state.status import CampaignStatus

MAX_NOT_REACHED = 4  # on a screen that is watched; without --watch all are told


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
    with_voices = any(one.voices != NO_MEMBERS for one in found)
    columns = ("campaign", "state", "deadline", "asked", "signed", "silent", *(["voices"] if with_voices else []))
    table = Table(*columns, box=None, pad_edge=False)
    for one in found:
        deadline = f"{short(one.campaign.deadline_at, one)} {local_time(one.campaign.deadline_at, one):%Z}"
        numbers = [str(number) for number in (one.counts.asked, one.counts.signed, one.counts.silent)]
        numbers += [str(one.voices.counting)] if with_voices else []
        state = f"{one.state}, not to all" if one.partly else one.state
        table.add_row(*map(Text, (one.campaign.slug, state, deadline, *numbers)))
    console.screen().print(table)
    for one in found:
        if one.voices.words_waiting:
            console.screen().print(words_line(one.campaign.slug, one.voices.words_waiting))
    for line in backups:
        console.screen().print(line)


def one_campaign(found: CampaignStatus) -> None:
    """The head, what stands in the way, whom no mail reaches, and a line for each partner."""
    screen = console.screen()
    waiting = [*responses(found), *wishes(found), *names_asked_for(found), *flood(found), *applicants(found)]
    with db.reading() as session:
        missing = backup_status.lines(session, only_missing=True)
    for line in [*missing, *head(found), *not_reached(found), *waiting]:
        screen.print(line)
    screen.print(partners_table(found, found.partners, screen.width))


def one_screen(found: CampaignStatus) -> None:
    """The head, and of the partners as many as fit: those that are not finished, and the latest answers."""
    screen = console.screen()
    lines = [*head(found), *not_reached(found, most=MAX_NOT_REACHED)]
    used = sum(len(screen.render_lines(line)) for line in lines)
    chosen, more = most_telling(found.partners, screen.height - used - 3)
    screen.clear()
    for line in lines:
        screen.print(line)
    screen.print(partners_table(found, chosen, screen.width, one_line=True))
    if more:
        screen.print(f"and {more} more")
