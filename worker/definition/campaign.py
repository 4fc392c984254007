"""A campaign as its organizer wrote it: read whole from a folder, or refused with every problem at once."""

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from worker.definition import partners, placeholders, readable_files, toml_lines
from worker.definition.campaign_keys import (
    JOIN,
    KEYS,
    MEMBERS,
    PUBLIC_PAGE,
    SHOW_SIGNERS,
    Addressee,
    Reading,
    Sender,
    read_keys,
)
from worker.definition.letters import Pasted, asked_in, members_not_said, members_of_nobody, read_letters
from worker.definition.partners import PartnerRow
from worker.definition.problems import BadDefinition, Problem, all_of, few, in_column, key_named, line_named, shown
from worker.definition.schedule import Overrides
from worker.definition.toml_table import Table
from worker.text.phrases import P_

FILE = "campaign.toml"
MAX_DEFINITION = 256 * 1024
MAX_DOTS = 200  # in one line: tomllib takes minutes for a key of many parts, and what it reads is as deep


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
    members: str = MEMBERS[0]
    """Whether persons may add their voices, and may be named to the addressee: one of MEMBERS."""
    two_persons: bool = False
    """Whether what exposes more, and what erases all, needs the yes of a second organizer."""
    keep_contacts: timedelta = timedelta(days=180)
    """How long after the letter has left."""
    namesakes: list[str] = field(default_factory=list)
    """Names that two rows of the list share with their country, and are two organizations all the same."""

    def as_json(self) -> dict[str, Any]:
        """Return what a database column keeps, by the keys of the file: times in ISO, durations in seconds.

        Letters, partners and remarks are left out: the first two become rows of their own.
        """
        return {"slug": self.slug} | {key.name: key.keep(getattr(self, key.field)) for key in KEYS.values()}


def read_definition(
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
    remarks: list[Problem] = []
    table = Table(FILE, values or {}, [] if values is None else problems)
    read_so_far = read_keys(Reading(table, Overrides(deadline, reminders, review), now, remarks))
    namesakes = None if values is None else read_so_far["namesakes"]
    rows, wrong_rows, remarked = partners.read_csv(folder / "partners.csv", namesakes)
    remarks[:0] = remarked
    authentic = read_so_far["authentic"]
    rows = [replace(row, language=row.language or authentic) for row in rows]
    letters = read_letters(folder, _languages_wanted(table, rows), problems, remarks)
    problems += placeholders.left_over(values or {}, letters)
    if values is not None:
        closed = values.get("members", MEMBERS[0]) == "closed"
        if closed or values.get("public_page", PUBLIC_PAGE[0]) in ("never", "after dispatch"):
            problems += members_of_nobody(letters, closed=closed)
    if problems or wrong_rows:
        pasted = [remark for remark in remarks if isinstance(remark, Pasted)]
        raise BadDefinition(toml_lines.with_lines(FILE, source, few([*problems, *wrong_rows])), few(pasted))
    definition = Definition(slug=slug, letters=letters, partners=rows, remarks=remarks, **read_so_far)
    remarks[:] = toml_lines.with_lines(FILE, source, few([*remarks, *_remarks(definition)]))
    return definition


def _no_folder(folder: Path) -> Problem | None:
    if folder.is_dir():
        return None
    found = P_("a file") if folder.exists() else P_("no such folder")
    expected = P_("a folder with %(file)s in it", file=FILE)
    return Problem(shown(str(folder)), "", found, expected, P_("Correct its name."))


def _slug(folder: Path, problems: list[Problem]) -> str:
    """Take the campaign's name in addresses and file names from the folder's."""
    name = Path(os.path.abspath(folder)).name
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) or len(name) > 60:
        expected = P_("a folder named in small letters a-z, digits and single hyphens, 60 at most")
        problems.append(Problem(shown(name), "", P_("that name"), expected, P_("Rename the folder.")))
    return name


def _toml(path: Path, problems: list[Problem]) -> tuple[str, dict[str, Any] | None]:
    """Read the file: (its text, its values); None when it cannot be parsed, so that nothing is said of its keys."""
    try:
        text = readable_files.utf8(
            path, readable_files.content(path, expected=P_("the campaign in TOML"), most=MAX_DEFINITION)
        )
        if too_deep := _too_many_dots(path.name, text):
            problems.append(too_deep)
            return "", None
        return text, tomllib.loads(text)
    except readable_files.Unreadable as error:
        problems.append(error.problem)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        problems.append(_not_toml(path.name, str(error)))
    return "", None


def _too_many_dots(file: str, text: str) -> Problem | None:
    for number, line in enumerate(text.split("\n"), 1):
        if (dots := line.count(".")) > MAX_DOTS:
            found, most = P_("%(n)s full stops in one line", n=dots), P_("%(n)s at most", n=MAX_DOTS)
            return Problem(file, line_named(number), found, most, P_("Write keys such as title, without dots."))
    return None


def _not_toml(file: str, message: str) -> Problem:
    message, _, place = message.removesuffix(")").partition(" (at ")
    where = P_("the end of the file") if place == "end of document" else place
    if at := re.fullmatch("line ([0-9]+), column ([0-9]+)", place):
        where = in_column(line_named(int(at[1])), at[2])
    found = P_("something that is no TOML (%(why)s)", why=f"{message[:1].lower()}{message[1:120]}")
    fix = P_("Compare the line with the example in the documentation: name = value, texts in quotation marks.")
    return Problem(file, where, found, P_("lines such as name = value"), fix)


def _languages_wanted(table: Table, rows: list[PartnerRow]) -> dict[str, str]:
    """Say in which languages letters must be there, and why."""
    wanted: dict[str, str] = {row.language: asked_in(row.language) for row in rows}
    authentic = str(table.values.get("authentic"))
    return wanted | {authentic: P_("authentic is %(language)s", language=authentic)}


def _remarks(definition: Definition) -> list[Problem]:
    remarks = []
    if definition.show_signers == "everyone" and definition.public_page != "from launch":
        fix = P_("As it stands only partners see who signs, for there is no public page before the letter has left.")
        remarks.append(_beside("show_signers", "everyone", "public_page", definition.public_page, "from launch", fix))
    if definition.join != "closed" and definition.public_page != "from launch":
        fix = P_("As it stands nobody can ask to sign, for there is no public page before the letter has left.")
        remarks.append(_beside("join", definition.join, "public_page", definition.public_page, "from launch", fix))
    if definition.members != "closed" and definition.public_page == "never":
        fix = P_("As it stands nobody can add a voice, for there is no public page.")
        remarks.append(_beside("members", definition.members, "public_page", "never", "from launch", fix))
    if definition.members != "closed" and definition.public_page == "from launch":
        remarks += members_not_said(definition.letters, definition.authentic)
    if definition.addressees[0].single_mails and definition.members != "named":
        found = P_("%(setting)s, with single_mails", setting=f'members = "{definition.members}"')
        expected = P_("%(setting)s beside it", setting='members = "named"')
        fix = P_("As it stands nobody is named to the addressee, so there is nobody to send an email about.")
        remarks.append(Problem(FILE, key_named("members"), found, expected, fix))
    if definition.quorum > len(definition.partners):
        partners, quorum = str(len(definition.partners)), str(definition.quorum)
        found = P_("%(quorum)s, with %(n)s partners", quorum=quorum, n=partners)
        fix = P_("As it stands the letter always waits for a person.")
        remarks.append(Problem(FILE, key_named("quorum"), found, P_("no more than there are partners"), fix))
    for key, value in _by_language(definition).items():
        remarks += _missing_words(definition, key_named(key), value)
    return remarks


def _beside(key: str, value: str, other: str, stands: str, wanted: str, fix: str) -> Problem:
    """One setting that means nothing beside another."""
    found = P_("%(value)s, with %(setting)s", value=f'"{value}"', setting=f'{other} = "{stands}"')
    return Problem(FILE, key_named(key), found, P_("%(setting)s beside it", setting=f'{other} = "{wanted}"'), fix)


def _missing_words(definition: Definition, key: str, value: object) -> Iterator[Problem]:
    """What is not said in each language of the letter, and what is said in a language in which there is none."""
    if not isinstance(value, dict):
        others = [language for language in definition.letters if language != definition.authentic]
        if value and others:
            fix = P_("Readers of %(languages)s see the same words: is that intended?", languages=all_of(others))
            yield Problem(FILE, key, P_("the same for every language"), _EACH_LANGUAGE, fix)
        return
    for language in definition.letters:
        if not value.get(language):
            said = value if language not in value else {}  # an empty list is said, and printed as it is
            fallback = definition.authentic if definition.authentic in said else next(iter(said), "")
            fix = P_("Readers of %(language)s see none of it: is that intended?", language=language)
            if fallback:
                fix = P_(
                    "Readers of %(language)s see it in %(other)s: is that intended?", language=language, other=fallback
                )
            yield Problem(FILE, key, P_("nothing in %(language)s", language=language), P_("each language"), fix)
    for language in value:
        if language not in definition.letters:
            file = f"letter.{language}.md"
            fix = P_("Nobody reads it, for there is no %(file)s: is that intended?", file=file)
            found = P_("words in %(language)s", language=language)
            yield Problem(FILE, key, found, P_("the languages of the letter"), fix)


_EACH_LANGUAGE = P_('a text for each language, such as { en = "…", fr = "…" }')


def _by_language(definition: Definition) -> dict[str, object]:
    values: dict[str, object] = {"sender.name": definition.sender.name, "sender.lines": definition.sender.lines}
    for place, addressee in enumerate(definition.addressees, 1):
        for key in ("name", "office", "address", "salutation"):
            values[f"addressee[{place}].{key}"] = getattr(addressee, key)
    often_the_same = {key for key, value in values.items() if key.endswith(_OFTEN_THE_SAME) and _is_once(value)}
    return {key: value for key, value in values.items() if key not in often_the_same}


_OFTEN_THE_SAME = ("name", "address")


def _is_once(value: object) -> bool:
    return not isinstance(value, dict)
