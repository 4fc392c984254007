"""What a status says of persons who add their voices, and of the mails that tell the addressee of them."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from worker.cli import console
from worker.cli.status_view.phrases import CHECK, response, short_moment
from worker.models import Campaign
from worker.state.digests import DigestState, Hindrance
from worker.state.member_counts import MemberCounts
from worker.state.member_status import DigestsInShort, MemberStatus
from worker.state.overview import Line
from worker.wording.voices import door_sentence


def person_lines(status: MemberStatus, found: Line) -> Iterator[Text]:
    """How many there are, what waits for an organizer, and when the addressee is told; nothing if none can be there."""
    if not status.is_of_interest:
        return
    besides = "; ".join(not_counted(status.counts))
    named = f", {status.counts.named:,} to be named to the addressee" if status.counts.named else ""
    yield Text(f"{voices(status.counts)}{named}{f'; {besides}' if besides else ''}")
    if status.shut in {"stopped", "not public"}:
        yield Text(f"  {door_sentence(status.shut)}")
    if status.counts.words_waiting:
        yield words_line(found.campaign.slug, status.counts.words_waiting)
    if status.digests:
        yield from digest_lines(status.digests, found.campaign, found.now)
    yield from answers(status, found.campaign, found.now)


def voices(counts: MemberCounts) -> str:
    """`1,204 voices of persons`."""
    return f"{counts.counting:,} {'voice of a person' if counts.counting == 1 else 'voices of persons'}"


def not_counted(counts: MemberCounts) -> Iterator[str]:
    """Who is not counted, and why."""
    if counts.unconfirmed:
        yield f"{counts.unconfirmed:,} not confirmed by email"
    if counts.withdrawn:
        yield f"{counts.withdrawn:,} withdrawn"
    if counts.earlier:
        yield f"{counts.earlier:,} for the letter before its meaning changed"


def words_line(slug: str, waiting: int) -> Text:
    """How many own words wait, and how to read them."""
    whose = "one person wait" if waiting == 1 else f"{waiting:,} persons wait"
    return Text(f"  own words of {whose} for your yes or no: {console.command('words', slug)}", style="yellow")


def digest_lines(digests: DigestsInShort, campaign: Campaign, now: datetime) -> Iterator[Text]:
    """When the addressee was told last and is told next, or what keeps it; nothing before the letter was sent."""
    if digests.hindrance in {"closed", "letter_not_there"}:
        return
    last = f"last {short_moment(digests.last, now, campaign.zone)}" if digests.last else "none yet"
    next_one = ""
    if digests.next and not digests.hindrance:
        next_one = f", the next at {short_moment(digests.next, now, campaign.zone)}"
    yield Text(f"  email to the addressee about them: {last}{next_one}")
    if digests.hindrance in _KEEPS:
        yield Text(f"  {_keeps(digests, campaign, now)}", style="yellow")
    if digests.failed:
        those = f"of emails about one person each, {digests.failed:,} may not have arrived"
        what = _FAILED.get(digests.open_state or "waiting", those)
        yield Text(f"  {what}: {console.command('digest', campaign.slug)}", style="bold yellow")


def answers(status: MemberStatus, campaign: Campaign, now: datetime) -> Iterator[Text]:
    """What was answered by mail to the emails about persons."""
    for one in status.responses:
        said = f"  answer to an email about them, {short_moment(one.at, now, campaign.zone)}: {response(one)}"
        yield Text(said, style="yellow")
    if status.responses:
        yield Text(f"  → {CHECK}")


_KEEPS: dict[Hindrance, str] = {
    "stopped": "{by} stopped these emails {since}",
    "held": "you hold these emails: {resume}",
    "no_email": "the addressee has no email address: it gets none of these emails",
}
_FAILED: dict[DigestState, str] = {
    "uncertain": "nobody knows whether the last one arrived",
    "refused": "the last one was refused",
    "returned": "the last one came back",
}


def _keeps(digests: DigestsInShort, campaign: Campaign, now: datetime) -> str:
    assert digests.hindrance is not None
    by = "the addressee" if digests.stopped_by == "addressee" else "you"
    since = short_moment(digests.stopped, now, campaign.zone) if digests.stopped else ""
    own = digests.held is not None
    resume = console.command("digest", campaign.slug, "--resume") if own else console.command("resume", campaign.slug)
    return _KEEPS[digests.hindrance].format(by=by, since=since, resume=resume)
