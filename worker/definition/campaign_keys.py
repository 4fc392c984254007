"""The keys of `campaign.toml`, each declared once: what it decides, how it is read, and how it is kept."""

import functools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from worker.definition.problems import Problem, any_of, did_you_mean, shown, what_is_wrong_with
from worker.definition.schedule import (
    KEEP_CONTACTS,
    Overrides,
    read_deadline,
    read_keep_contacts,
    read_reminders,
    read_review,
)
from worker.definition.toml_table import Table
from worker.registry import by_name
from worker.text.phrases import P_

VISIBILITIES = ("public", "addressee", "counted")
SHOW_SIGNERS = ("nobody", "partners", "everyone")
PUBLIC_PAGE = ("never", "after dispatch", "from launch")
JOIN = ("closed", "approved")
MEMBERS = ("closed", "counted", "named")
NOT_YET = ("late_signatures",)  # keys that are not built
ADDRESSEE_KEYS = ("name", "office", "address", "salutation", "email", "copy", "single_mails")

Value = TypeVar("Value")


@dataclass(frozen=True)
class Sender:
    """Who runs the campaign; printed, and named as responsible for the data."""

    name: str | dict[str, str] = ""
    lines: list[str] | dict[str, list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Addressee:
    """To whom the letter goes; without an email it is carried by hand."""

    name: str | dict[str, str]
    office: str | dict[str, str]
    address: list[str] | dict[str, list[str]]
    salutation: str | dict[str, str]
    email: str
    copy: bool
    single_mails: str = ""
    """How it asked for an email of its own about each person who adds its voice; empty where it did not."""


@dataclass
class Reading:
    """A file that is read: its table, what was typed and goes before it, the time, and what is remarked."""

    table: Table
    typed: Overrides
    now: datetime
    remarks: list[Problem]

    @functools.cached_property
    def deadline(self) -> tuple[datetime, str]:
        """The deadline in UTC and its zone: each decides how the other is read."""
        return read_deadline(self.table, self.typed.deadline, self.now, self.remarks)


def _as_it_is(value: Value) -> Value:
    return value


@dataclass(frozen=True)
class Key(Generic[Value]):
    """One key of the file, and one field of a `Definition`."""

    name: str
    says: str
    """What it decides, in the words that stand above it in the file that `new` writes."""
    read: Callable[[Reading], Value]
    """Reads it; what is wrong is noted with the table."""
    keep: Callable[[Value], Any] = _as_it_is
    """Makes of it what JSON has: times in ISO, durations in seconds."""
    default: str | None = None
    """In TOML, what holds where the key is missing; None where it must be there, or is empty without it."""
    other_field: str = ""

    @property
    def field(self) -> str:
        return self.other_field or self.name


def _line(name: str, says: str, *, most: int, example: str = "", default: str | None = None) -> Key[str]:
    """A line of text, of so many characters at most."""
    read = lambda reading: reading.table.text(name, most=most, example=example, default=default)
    return Key(name, says, read, default=default and json.dumps(default))


def _whole(name: str, says: str, *, default: int, least: int, most: int) -> Key[int]:
    """A whole number."""
    read = lambda reading: reading.table.whole(name, default=default, least=least, most=most)
    return Key(name, says, read, default=str(default))


def _one_of(name: str, says: str, words: tuple[str, ...]) -> Key[str]:
    """One word of these; the first is the default."""
    return Key(name, says, lambda reading: reading.table.one_of(name, words), default=json.dumps(words[0]))


def read_keys(reading: Reading) -> dict[str, Any]:
    """Read every key of the file, as the fields of a definition."""
    reading.table.only(tuple(KEYS), NOT_YET)
    return {key.field: key.read(reading) for key in KEYS.values()}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _authentic(reading: Reading) -> str:
    table = reading.table
    language = table.text("authentic", most=20, example='"en"')
    if language and (wrong := what_is_wrong_with(language)):
        table.note("authentic", shown(language), *wrong)
    return language


def _visibility(reading: Reading) -> list[str]:
    table = reading.table
    if "visibility" not in table.values:
        return list(VISIBILITIES)
    chosen = table.texts("visibility", most=40)
    if not chosen and table.values["visibility"] == []:
        fix = P_('Write visibility = ["public"] at least.')
        table.note("visibility", P_("an empty list"), P_("how partners may sign"), fix)
    for place, one in enumerate(chosen, 1):
        if one and one not in VISIBILITIES:
            fix = did_you_mean(one, VISIBILITIES)
            table.note(f"visibility[{place}]", shown(one), any_of(VISIBILITIES), fix)
        elif one in chosen[: place - 1]:
            found = P_("%(value)s again", value=shown(one))
            table.note(f"visibility[{place}]", found, P_("each once"), P_("Remove it."))
    return chosen


def _each_once(table: Table, key: str) -> list[str]:
    """A list of names, none of them twice."""
    return list(dict.fromkeys(filter(None, table.texts(key, most=300))))


def _sender(reading: Reading) -> Sender:
    table = reading.table
    values = table.values.get("sender")
    if not isinstance(values, dict):
        found = P_("nothing") if values is None else shown(values)
        fix = P_('Write [sender] on a line of its own and name = "…" below it.')
        table.note("sender", found, P_("a table: who runs the campaign"), fix)
        return Sender()
    inner = Table(table.file, values, table.problems, "sender.")
    inner.only(("name", "lines"))
    name = inner.by_language("name", most=300, example='"Our Secretariat"', needed=True)
    return Sender(name, inner.lines_by_language("lines", most=300))


def _addressees(reading: Reading) -> list[Addressee]:
    table = reading.table
    values = table.values.get("addressee")
    if not isinstance(values, list) or not values or not all(isinstance(one, dict) for one in values):
        found = P_("nothing") if values is None else shown(values)
        fix = P_('Write [[addressee]], in two brackets, on a line of its own and name = "…" below it.')
        table.note("addressee", found, P_("at least one table: to whom the letter goes"), fix)
        return []
    return [_addressee(table, place, one) for place, one in enumerate(values, 1)]


def _addressee(table: Table, place: int, values: dict[str, Any]) -> Addressee:
    inner = Table(table.file, values, table.problems, f"addressee[{place}].")
    inner.only(ADDRESSEE_KEYS)
    addressee = Addressee(
        name=inner.by_language("name", most=300, example='"Professor …"', needed=True),
        office=inner.by_language("office", most=300, example='"Special Rapporteur"', needed=False),
        address=inner.lines_by_language("address", most=300),
        salutation=inner.by_language("salutation", most=300, example='"Dear Professor …,"', needed=True),
        email=inner.address("email", example='"office@name.example"', default=""),
        copy=inner.yes("copy"),
        single_mails=inner.text("single_mails", most=300, default=""),
    )
    if place > 1 and addressee.single_mails:
        fix = P_("Remove it: only the first addressee is told of persons who add their voices.")
        inner.note("single_mails", shown(addressee.single_mails), P_("nothing for a copy"), fix)
    if addressee.copy is not (place > 1) and isinstance(values.get("copy", False), bool):
        found, fix = (
            (P_("copy = true for the first"), P_("Remove it: the first addressee is written to."))
            if place == 1
            else (P_("a second main addressee"), P_("Add copy = true: only the first is written to."))
        )
        inner.note("copy", found, P_("one addressee, then copies"), fix)
    return addressee


KEYS: dict[str, Key[Any]] = by_name(
    _line("title", "The name of the campaign on pages and in emails.", most=300, example='"Postpone the elections"'),
    Key("authentic", "The language of the authoritative letter.", _authentic),
    Key(
        "deadline",
        "Until when organizations may sign, in the time of the zone below.",
        lambda reading: reading.deadline[0],
        datetime.isoformat,
    ),
    Key(
        "zone",
        "The time zone of the deadline and of all times shown, by the name of a city.",
        lambda reading: reading.deadline[1],
    ),
    Key(
        "reminders",
        "How long before the deadline those who have not answered are reminded.",
        lambda reading: read_reminders(reading.table, reading.typed.reminders),
        lambda spans: [_seconds(span) for span in spans],
        default='["7d", "3d", "1d"]',
    ),
    Key(
        "review",
        "The time between the deadline and the sending of the letter, for a last look.",
        lambda reading: read_review(reading.table, reading.typed.review),
        _seconds,
        default='"2h"',
    ),
    Key(
        "keep_contacts",
        "How long we keep contacts, and the names of those who do not sign publicly, after the letter was sent.",
        lambda reading: read_keep_contacts(reading.table),
        _seconds,
        default=json.dumps(KEEP_CONTACTS),
    ),
    Key(
        "reply_to",
        "The email address for replies to our emails; a person must read them.",
        lambda reading: reading.table.address("reply_to", example='"secretariat@name.example"'),
    ),
    _line(
        "from_name",
        "The sender's name in emails. A locked phone shows it too: choose one that gives nobody away.",
        most=100,
        default="Joint letters",
    ),
    _whole(
        "quorum",
        "With fewer signatures than this the letter is not sent automatically: a person decides.",
        default=1,
        least=1,
        most=100_000,
    ),
    Key(
        "visibility",
        "How organizations may sign; each chooses one itself.",
        _visibility,
        default=json.dumps(VISIBILITIES),
    ),
    _one_of(
        "show_signers",
        "Who sees, before the letter is sent, which organizations sign publicly: nobody, partners or everyone.",
        SHOW_SIGNERS,
    ),
    _one_of(
        "public_page",
        "From when on everyone may read the letter at /c/ and the name of this folder: "
        "never, after dispatch, from launch.",
        PUBLIC_PAGE,
    ),
    _one_of(
        "join",
        "Whether other organizations may ask on the public page to sign too: closed, or approved by you one by one.",
        JOIN,
    ),
    _one_of(
        "members",
        "Whether persons may add their voices on the public page: closed, counted, or named to the addressee if they "
        "wish.",
        MEMBERS,
    ),
    Key(
        "two_persons",
        "Whether what exposes more, and what erases all, needs the yes of a second organizer at the desk.",
        lambda reading: reading.table.yes("two_persons"),
        default="false",
    ),
    Key(
        "namesakes",
        "Names that two different organizations of the list have, in the same country.",
        lambda reading: _each_once(reading.table, "namesakes"),
        lambda names: [],  # whom was asked is kept in one place, which is erased
        default="[]",
    ),
    Key(
        "sender",
        "Who runs the campaign and is responsible for the data: printed on the letter and in emails.",
        _sender,
        asdict,
    ),
    Key(
        "addressee",
        "To whom the letter goes.",
        _addressees,
        lambda addressees: [asdict(addressee) for addressee in addressees],
        other_field="addressees",
    ),
)
