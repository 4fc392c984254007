"""A campaign as its organizer wrote it: read whole from a folder, or refused with every problem at once."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, overload

from worker.definition import example, files, lines, partners
from worker.definition.keys import Table
from worker.definition.letters import read_letters
from worker.definition.partners import PartnerRow
from worker.definition.problems import BadDefinition, Problem, did_you_mean, shown
from worker.definition.schedule import Overrides, read_schedule
from worker.text.languages import what_is_wrong_with

FILE = "campaign.toml"
LARGEST_DEFINITION = 256 * 1024
VISIBILITIES = ("public", "addressee", "counted")
SHOW_SIGNERS = ("nobody", "partners", "everyone")
PUBLIC_PAGE = ("never", "after dispatch", "from launch")
JOIN = ("closed", "approved")
NOT_YET = ("late_signatures",)
KEYS = (
    *("title", "authentic", "deadline", "zone", "reply_to", "from_name", "reminders", "quorum", "review"),
    *("visibility", "show_signers", "public_page", "join", "keep_contacts", "sender", "addressee"),
)
ADDRESSEE_KEYS = ("name", "office", "address", "salutation", "email", "copy")


@dataclass(frozen=True)
class Sender:
    """Who runs the campaign; printed, and named as responsible for the data."""

    name: str = ""
    lines: list[str] | dict[str, list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Addressee:
    """To whom the letter goes; without an email it is carried by hand."""

    name: str
    office: str | dict[str, str]
    address: list[str]
    salutation: str | dict[str, str]
    email: str
    copy: bool


@dataclass(frozen=True)
class Definition:
    """All that a campaign's folder says; `remarks` are to be looked at and refuse nothing."""

    slug: str
    title: str
    authentic: str
    deadline: datetime
    """In UTC."""
    zone: str
    reply_to: str
    from_name: str
    reminders: list[timedelta]
    """Before the deadline, the longest first."""
    quorum: int
    review: timedelta
    visibility: list[str]
    sender: Sender
    addressees: list[Addressee]
    """The first is written to, the others get a copy."""
    letters: dict[str, str]
    """The whole file by language, its first line `# subject` included; LF between lines."""
    partners: list[PartnerRow]
    remarks: list[Problem]
    show_signers: str = SHOW_SIGNERS[0]
    """Who sees before dispatch which organizations sign publicly: one of SHOW_SIGNERS."""
    public_page: str = PUBLIC_PAGE[0]
    """From when on everyone may read the letter: one of PUBLIC_PAGE."""
    join: str = JOIN[0]
    """Whether others may ask to sign: one of JOIN."""
    keep_contacts: timedelta = timedelta(days=180)
    """How long after the letter has left."""

    def as_json(self) -> dict[str, Any]:
        """Return what a database column keeps, by the keys of the file: times in ISO, durations in seconds.

        Letters, partners and remarks are left out: the first two become rows of their own.
        """
        return {
            "slug": self.slug,
            "title": self.title,
            "authentic": self.authentic,
            "deadline": self.deadline.isoformat(),
            "zone": self.zone,
            "reply_to": self.reply_to,
            "from_name": self.from_name,
            "reminders": [int(reminder.total_seconds()) for reminder in self.reminders],
            "quorum": self.quorum,
            "review": int(self.review.total_seconds()),
            "visibility": self.visibility,
            "show_signers": self.show_signers,
            "public_page": self.public_page,
            "join": self.join,
            "keep_contacts": int(self.keep_contacts.total_seconds()),
            "sender": asdict(self.sender),
            "addressee": [asdict(addressee) for addressee in self.addressees],
        }


@overload
def in_language(value: str | Mapping[str, str], language: str, authentic: str) -> str: ...
@overload
def in_language(value: list[str] | Mapping[str, list[str]], language: str, authentic: str) -> list[str]: ...
def in_language(value: Any, language: str, authentic: str) -> Any:
    """Choose from a table by language; what has no such table, or not this language, stays authentic."""
    if not isinstance(value, Mapping):
        return value
    return next((value[one] for one in (language, authentic) if one in value), next(iter(value.values())))


def read(
    folder: Path,
    *,
    now: datetime,
    deadline: str | None = None,
    reminders: str | None = None,
    review: str | None = None,
) -> Definition:
    """Read a campaign's folder; `deadline`, `reminders` and `review` go before what the file says.

    Raises BadDefinition with every problem, whatever is in the folder.
    """
    if problem := _no_folder(folder):
        raise BadDefinition([problem])
    problems: list[Problem] = []
    slug = _slug(folder, problems)
    source, values = _toml(folder / FILE, problems)
    rows, wrong_rows, remarks = partners.read_csv(folder / "partners.csv")
    table = Table(FILE, values or {}, [] if values is None else problems)
    read_so_far = _read_table(table, Overrides(deadline, reminders, review), now, remarks)
    authentic = read_so_far["authentic"]
    rows = [replace(row, language=row.language or authentic) for row in rows]
    letters = read_letters(folder, _languages_wanted(table, rows), problems, remarks)
    problems += example.left_over(values or {}, letters)
    if problems or wrong_rows:
        raise BadDefinition([*lines.with_lines(FILE, source, problems), *wrong_rows])
    definition = Definition(slug=slug, letters=letters, partners=rows, remarks=remarks, **read_so_far)
    remarks[:] = lines.with_lines(FILE, source, [*remarks, *_remarks(definition)])
    return definition


def _no_folder(folder: Path) -> Problem | None:
    if folder.is_dir():
        return None
    found = "a file" if folder.exists() else "no such folder"
    return Problem(shown(str(folder)), "", found, f"a folder with {FILE} in it", "Correct its name.")


def _slug(folder: Path, problems: list[Problem]) -> str:
    """Take the campaign's name in addresses and file names from the folder's."""
    name = Path(os.path.abspath(folder)).name
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) or len(name) > 60:
        expected = "a folder named in small letters a-z, digits and single hyphens, 60 at most"
        problems.append(Problem(shown(name), "", "that name", expected, "Rename the folder."))
    return name


def _toml(path: Path, problems: list[Problem]) -> tuple[str, dict[str, Any] | None]:
    """Read the file: (its text, its values); None when it cannot be parsed, so that nothing is said of its keys."""
    try:
        text = files.utf8(path, files.content(path, expected="the campaign in TOML", most=LARGEST_DEFINITION))
        return text, tomllib.loads(text)
    except files.Unreadable as error:
        problems.append(error.problem)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        problems.append(_not_toml(path.name, str(error)))
    return "", None


def _not_toml(file: str, message: str) -> Problem:
    message, _, place = message.removesuffix(")").partition(" (at ")
    where = place.replace("end of document", "the end of the file")
    found = f"something that is no TOML ({message[:1].lower()}{message[1:120]})"
    mend = "Compare the line with the example in the documentation: name = value, texts in quotation marks."
    return Problem(file, where, found, "lines such as name = value", mend)


def _read_table(table: Table, overrides: Overrides, now: datetime, remarks: list[Problem]) -> dict[str, Any]:
    """Read every key of the file, as the fields of a definition."""
    table.only(KEYS, NOT_YET)
    return {
        "title": table.text("title", most=300, example='"Postpone the elections"'),
        "authentic": _authentic(table),
        **vars(read_schedule(table, overrides, now, remarks)),
        "reply_to": table.address("reply_to", example='"secretariat@name.example"'),
        "from_name": table.text("from_name", most=100, default="Joint letters"),
        "quorum": table.whole("quorum", default=1, least=1, most=100_000),
        "visibility": _visibility(table),
        "show_signers": table.one_of("show_signers", SHOW_SIGNERS),
        "public_page": table.one_of("public_page", PUBLIC_PAGE),
        "join": table.one_of("join", JOIN),
        "sender": _sender(table),
        "addressees": _addressees(table),
    }


def _authentic(table: Table) -> str:
    language = table.text("authentic", most=20, example='"en"')
    if language and (wrong := what_is_wrong_with(language)):
        table.note("authentic", shown(language), *wrong)
    return language


def _visibility(table: Table) -> list[str]:
    if "visibility" not in table.values:
        return list(VISIBILITIES)
    chosen = table.texts("visibility", most=40)
    if not chosen and table.values["visibility"] == []:
        mend = 'Write visibility = ["public"] at least.'
        table.note("visibility", "an empty list", "how partners may sign", mend)
    for place, one in enumerate(chosen, 1):
        if one and one not in VISIBILITIES:
            mend = did_you_mean(one, VISIBILITIES)
            table.note(f"visibility[{place}]", shown(one), " or ".join(VISIBILITIES), mend)
        elif one in chosen[: place - 1]:
            table.note(f"visibility[{place}]", f"{shown(one)} again", "each once", "Remove it.")
    return chosen


def _sender(table: Table) -> Sender:
    values = table.values.get("sender")
    if not isinstance(values, dict):
        found = "nothing" if values is None else shown(values)
        mend = 'Write [sender] on a line of its own and name = "…" below it.'
        table.note("sender", found, "a table: who runs the campaign", mend)
        return Sender()
    inner = Table(table.file, values, table.problems, "sender.")
    inner.only(("name", "lines"))
    name = inner.text("name", most=300, example='"Our Secretariat"')
    return Sender(name, inner.lines_by_language("lines", most=300))


def _addressees(table: Table) -> list[Addressee]:
    values = table.values.get("addressee")
    if not isinstance(values, list) or not values or not all(isinstance(one, dict) for one in values):
        found = "nothing" if values is None else shown(values)
        mend = 'Write [[addressee]], in two brackets, on a line of its own and name = "…" below it.'
        table.note("addressee", found, "at least one table: to whom the letter goes", mend)
        return []
    return [_addressee(table, place, one) for place, one in enumerate(values, 1)]


def _addressee(table: Table, place: int, values: dict[str, Any]) -> Addressee:
    inner = Table(table.file, values, table.problems, f"addressee[{place}].")
    inner.only(ADDRESSEE_KEYS)
    addressee = Addressee(
        name=inner.text("name", most=300, example='"Professor …"'),
        office=inner.by_language("office", most=300, example='"Special Rapporteur"', needed=False),
        address=inner.texts("address", most=300),
        salutation=inner.by_language("salutation", most=300, example='"Dear Professor …,"', needed=True),
        email=inner.address("email", example='"office@name.example"', default=""),
        copy=inner.yes("copy"),
    )
    if addressee.copy is not (place > 1) and isinstance(values.get("copy", False), bool):
        found, mend = (
            ("copy = true for the first", "Remove it: the first addressee is written to.")
            if place == 1
            else ("a second main addressee", "Add copy = true: only the first is written to.")
        )
        inner.note("copy", found, "one addressee, then copies", mend)
    return addressee


def _languages_wanted(table: Table, rows: list[PartnerRow]) -> dict[str, str]:
    """Say in which languages letters must be there, and why."""
    wanted = {row.language: f"partners are asked in {row.language}" for row in rows}
    authentic = str(table.values.get("authentic"))
    return wanted | {authentic: f"authentic is {authentic}"}


def _remarks(definition: Definition) -> list[Problem]:
    remarks = []
    if definition.show_signers == "everyone" and definition.public_page != "from launch":
        found = f'"everyone", with public_page = "{definition.public_page}"'
        mend = "As it stands only partners see who signs, for there is no public page before the letter has left."
        remarks.append(Problem(FILE, "key show_signers", found, 'public_page = "from launch" beside it', mend))
    if definition.join != "closed" and definition.public_page != "from launch":
        found = f'"{definition.join}", with public_page = "{definition.public_page}"'
        mend = "As it stands nobody can ask to sign, for there is no public page before the letter has left."
        remarks.append(Problem(FILE, "key join", found, 'public_page = "from launch" beside it', mend))
    if definition.quorum > len(definition.partners):
        found = f"{definition.quorum}, with {len(definition.partners)} partners"
        mend = "As it stands the letter always waits for a person."
        remarks.append(Problem(FILE, "key quorum", found, "no more than there are partners", mend))
    for key, value in _by_language(definition).items():
        for language in definition.letters:
            if isinstance(value, dict) and language not in value:
                fallback = definition.authentic if definition.authentic in value else next(iter(value))
                mend = f"Readers of {language} see it in {fallback}: is that meant?"
                remarks.append(Problem(FILE, f"key {key}", f"nothing in {language}", "each language", mend))
    return remarks


def _by_language(definition: Definition) -> dict[str, object]:
    values: dict[str, object] = {"sender.lines": definition.sender.lines}
    for place, addressee in enumerate(definition.addressees, 1):
        values[f"addressee[{place}].office"] = addressee.office
        values[f"addressee[{place}].salutation"] = addressee.salutation
    return values
