"""The times of a campaign: what the file says, or what the command line says instead."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from worker.definition.problems import Problem, any_of, key_named, shown
from worker.definition.toml_table import Table
from worker.text import dates, durations
from worker.text.phrases import P_

REMINDERS = [timedelta(days=7), timedelta(days=3), timedelta(days=1)]
REVIEW = timedelta(hours=2)
KEEP_CONTACTS = "6 months"
SHORTEST_KEEPING = timedelta(days=7)  # copies of the letter are tried for days, and organizers have questions
_MAX_REMINDERS = 20


@dataclass(frozen=True)
class Overrides:
    """What was typed behind --deadline, --reminders and --review; None where nothing was."""

    deadline: str | None = None
    reminders: str | None = None
    review: str | None = None


def read_deadline(table: Table, typed: str | None, now: datetime, remarks: list[Problem]) -> tuple[datetime, str]:
    """Read the deadline, in UTC, and the zone; what is wrong is noted with the table.

    Where the zone is wrong the deadline is read in UTC, so that one that has passed is told in the same round.
    """
    zone = _zone(table, now, remarks)
    written = _written_deadline(table, zone or UTC, needed=typed is None)
    if typed is None:
        if written is not None:
            _in_reach(table, None, written, now)
        deadline = written
    else:
        deadline = _typed_deadline(table, typed, zone or UTC, now)
    where = zone.key if zone else "UTC"
    if deadline is not None and (remark := midnight_remark(deadline, where)):
        place = key_named("deadline") if typed is None else ""
        remarks.append(Problem(table.file if typed is None else "--deadline", place, *remark))
    return deadline or now, where


def midnight_remark(deadline: datetime, zone: str) -> tuple[str, str, str] | None:
    """Say of a deadline at 00:00 that the day it names is not in it: what was found, what is usual, what to do."""
    if not dates.is_midnight(deadline, zone):
        return None
    after, last = dates.date(deadline, zone, "en"), dates.last_day(deadline, zone, "en")
    fix = P_(
        "The last day to answer is %(last)s, and emails say so. For all of %(day)s write 23:59.", last=last, day=after
    )
    return P_("00:00, the first second of %(day)s", day=after), P_("a time within the last day"), fix


def _note_typed(table: Table, option: str, typed: str, expected: str, fix: str) -> None:
    table.problems.append(Problem(option, "", shown(typed), expected, fix))


def _zone(table: Table, now: datetime, remarks: list[Problem]) -> ZoneInfo | None:
    written = table.values.get("deadline")
    example = 'zone = "Europe/Zurich"'
    if "zone" in table.values or not isinstance(written, datetime) or written.tzinfo is None:
        name = table.text("zone", most=60, example='"Europe/Zurich"')
        found = durations.find_zone(name) if name else None
        if name and not found:
            fix = P_("Write it like %(example)s.", example=example)
            if likely := [f'"{one}"' for one in durations.likely_zones(name, now)]:
                fix = P_("Is it %(zones)s? Write zone = and one of them.", zones=any_of(likely))
            table.note("zone", shown(name), P_("a time zone by the name of a city, or UTC"), fix)
        return found
    fix = P_("Emails and pages show the deadline in UTC. For another time zone add %(example)s.", example=example)
    where, expected = key_named("zone"), P_("the zone in which times are shown")
    remarks.append(Problem(table.file, where, P_("nothing"), expected, fix))
    return durations.find_zone("UTC")


def _written_deadline(table: Table, zone: tzinfo, *, needed: bool) -> datetime | None:
    if "deadline" not in table.values and not needed:
        return None
    if not table.has("deadline", durations.A_DEADLINE, P_("Add deadline = 2030-04-14T18:00:00.")):
        return None
    value = table.values["deadline"]
    if not isinstance(value, datetime):
        fix = P_("Write it without quotation marks, like deadline = 2030-04-14T18:00:00.")
        if isinstance(value, date):
            fix = P_("Add the time of day: deadline = %(day)sT18:00:00.", day=value.isoformat())
        table.note("deadline", shown(value), P_("a date and a time of day"), fix)
        return None
    try:
        return durations.instant(value, zone)
    except durations.NotATime as error:
        table.note("deadline", shown(value.isoformat()), durations.A_DEADLINE, error.why)
        return None


def _typed_deadline(table: Table, typed: str, zone: tzinfo, now: datetime) -> datetime | None:
    try:
        moment = durations.deadline(typed, now=now, zone=zone)
    except durations.NotATime as error:
        _note_typed(table, "--deadline", typed, durations.A_DEADLINE, error.why)
        return None
    _in_reach(table, typed, moment, now)
    return moment


def _in_reach(table: Table, typed: str | None, moment: datetime, now: datetime) -> None:
    if now < moment <= now + durations.MAX_AHEAD:
        return
    expected = P_("a time in the future") if moment <= now else P_("a time within ten years")
    if typed is not None:
        _note_typed(table, "--deadline", typed, expected, P_("Choose another deadline."))
    else:
        found = shown(table.values["deadline"].isoformat())
        fix = P_('Choose another, or give one with --deadline "in 2 weeks".')
        table.note("deadline", found, expected, fix)


def read_reminders(table: Table, typed: str | None) -> list[timedelta]:
    """Read how long before the deadline the silent are reminded, the longest first."""
    written = _written_reminders(table)
    if typed is None:
        return written
    try:
        spans = durations.duration_list(typed)
    except durations.NotATime as error:
        _note_typed(table, "--reminders", typed, P_('durations parted by commas, such as "7d,3d,1d"'), error.why)
        return written
    if timedelta(0) in spans:
        _note_typed(table, "--reminders", typed, P_("times before the deadline"), P_("Write 1s or more."))
    return sorted(set(spans), reverse=True)


def _written_reminders(table: Table) -> list[timedelta]:
    if "reminders" not in table.values:
        return list(REMINDERS)
    texts = table.texts("reminders", most=40)
    if len(texts) > _MAX_REMINDERS:
        found, most = P_("%(n)s reminders", n=str(len(texts))), P_("%(n)s at most", n=_MAX_REMINDERS)
        table.note("reminders", found, most, P_("Remove some."))
    spans = [_written_duration(table, f"reminders[{place}]", text) for place, text in enumerate(texts, 1)]
    for place, span in enumerate(spans, 1):
        if span == timedelta(0):
            found, expected = P_("no time at all"), P_("a time before the deadline")
            table.note(f"reminders[{place}]", found, expected, P_("Remove it."))
    return sorted({span for span in spans if span}, reverse=True)


def read_review(table: Table, typed: str | None) -> timedelta:
    """Read how long the sealed letter waits before it leaves."""
    written = _written_duration(table, "review", table.text("review", most=40, default="2h"))
    if typed is None:
        return REVIEW if written is None else written
    try:
        return durations.duration(typed)
    except durations.NotATime as error:
        _note_typed(table, "--review", typed, durations.A_DURATION, error.why)
        return REVIEW


def read_keep_contacts(table: Table) -> timedelta:
    """Read for how long after the letter has left contacts are kept."""
    span = _written_duration(table, "keep_contacts", table.text("keep_contacts", most=40, default=KEEP_CONTACTS))
    if span is not None and span < SHORTEST_KEEPING:
        fix = P_("Copies of the letter are tried for some days: write 7d or more.")
        expected = P_("a week or more after the letter")
        table.note("keep_contacts", shown(table.values["keep_contacts"]), expected, fix)
    return span or durations.duration(KEEP_CONTACTS)


def _written_duration(table: Table, key: str, text: str) -> timedelta | None:
    try:
        return durations.duration(text) if text else None
    except durations.NotATime as error:
        table.note(key, shown(text), durations.A_DURATION, error.why)
        return None
