"""A list of signatories as it is pasted out of a letter: numbers, stray commas, brackets and all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.definition.problems import Problem, shown
from worker.text import addresses, characters, countries

MAX_LINES, MAX_LINE = 20_000, 2_000  # lines, and characters in one
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_NUMBER = re.compile(r"\(?([0-9]{1,5})\s?[.)](?: (?=\S)|(?=[^\s0-9]))")
_BULLET = re.compile(r"[•◦▪‣*–—-] (?=\S)")
_BRACKET = re.compile(r"(?P<name>.*\S)\s*\((?P<acronym>[^()]{1,42})\)(?P<rest>[^()]*)")
_QUOTED = re.compile(r"(?:> ?)+")
_BEFORE_ADDRESS = re.compile(r"[\s,;:<(\[]")
_STRAY_BEFORE_ADDRESS = " ,;:<([–—-"
_STRAY_AFTER_ADDRESS = " .,;>)]"
_STRAY = " ,;"
_STRAY_BEFORE_COUNTRY = " ,;:.–—-"


@dataclass(frozen=True)
class Fix:
    """One thing done to a line, or only seen in it when `now` is what it was."""

    line: int
    what: str
    was: str
    now: str
    place: str = "line"
    """What `line` counts: lines of a text, or the rows of a spreadsheet."""

    @property
    def sentence(self) -> str:
        if self.was == self.now:
            return f"{self.place} {self.line}: {self.what}: {shown(self.was)}. Look at it, please."
        return f"{self.place} {self.line}: {self.what}: {shown(self.was)} → {shown(self.now)}"


@dataclass
class Line:
    """One organization, as one line of the paste had it."""

    number: int
    organization: str
    acronym: str = ""
    country: str = ""
    email: str = ""
    fixes: list[Fix] = field(default_factory=list)

    def tell(self, what: str, was: str, now: str) -> None:
        self.fixes.append(Fix(self.number, what, was, now))


def lines(text: str, language: str = "en") -> Iterator[Line]:
    """Take each line apart into `Name (ACR), Country, address`; one that resists is kept whole and says so.

    Country names come out as letters in that language print them. A number that does not follow the one
    before it is taken off too, and told: it may belong to the name, or a line may be missing.
    """
    next_number = 1
    for number, raw in enumerate(_LINE_END.split(text), 1):
        if (line := _visible(number, raw)) and _take_off_quote_marks(line):
            next_number = _take_off_number(line, next_number)
            yield _read(line, language)


def too_much(file: str, text: str) -> Problem | None:
    """What is no list of organizations, and is not taken apart: to do it would take minutes."""
    written = _LINE_END.split(text)
    if len(written) > MAX_LINES:
        return Problem(file, "", f"{len(written):,} lines", f"{MAX_LINES:,} at most", "Split the list.")
    for number, line in enumerate(written, 1):
        if len(line) > MAX_LINE:
            fix = "Write one organization a line."
            return Problem(file, f"line {number}", f"{len(line):,} characters", f"{MAX_LINE:,} at most", fix)
    return None


def _visible(number: int, raw: str) -> Line | None:
    """Take out the characters that nobody sees; None when nothing is left."""
    visible, taken = characters.without_unfit(raw)
    line = Line(number, characters.tidy(visible))
    for character in taken:
        line.tell(f"{character}, taken out", raw, line.organization)
    return line if line.organization else None


def _take_off_quote_marks(line: Line) -> bool:
    """Take off the `>` that mail programs put before what is answered; whether anything is left."""
    if match := _QUOTED.match(was := line.organization):
        line.organization = was[match.end() :]
        line.tell("quote marks", was, line.organization)
    return bool(line.organization)


def _take_off_number(line: Line, expected: int) -> int:
    """Take off `12.`, `12)` or a bullet; return the number that comes next."""
    was = line.organization
    if not (match := _NUMBER.match(was)):
        line.organization = _BULLET.sub("", was, count=1) if _BULLET.match(was) else was
        return expected
    line.organization = was[match.end() :]
    if int(match[1]) != expected:
        line.tell(f"a number that is not the next one ({expected})", was, line.organization)
    return int(match[1]) + 1


def _read(line: Line, language: str) -> Line:
    """Split at the last bracket, else at the last comma before a known country."""
    _take_address(line)
    whole = line.organization
    if match := _BRACKET.fullmatch(whole):
        _take_bracket(line, match)
    else:
        _take_country_after_comma(line)
    if line.organization == whole:
        line.tell("not taken apart, kept whole as the organization", whole, whole)
    else:
        _spell_country(line, language)
    return line


def _take_address(line: Line) -> None:
    """Take a mail address that ends the line; one that cannot be used stays where it is."""
    was = line.organization
    written = _BEFORE_ADDRESS.split(was.rstrip(_STRAY_AFTER_ADDRESS))[-1]
    rest = was[: was.rfind(written)].removesuffix("mailto:").rstrip(_STRAY_BEFORE_ADDRESS)
    if "@" not in written or not rest:
        return
    address, wrong = addresses.normalize(written)
    if wrong:
        line.tell("no address that can be used", was, was)
    else:
        line.organization, line.email = rest, address
        line.tell("an address, taken as email", was, address)


def _take_bracket(line: Line, match: re.Match[str]) -> None:
    name, acronym, rest = match["name"].rstrip(_STRAY), match["acronym"].strip(_STRAY), match["rest"]
    country = rest.strip(_STRAY_BEFORE_COUNTRY)
    if not name or not acronym:
        return
    was, now = line.organization, f"{name} ({acronym})" + (f", {country}" if country else "")
    line.organization, line.acronym, line.country = name, acronym, country
    if was != now:
        line.tell("commas and spaces", was, now)
    if not country:
        line.tell("no country", was, was)


def _take_country_after_comma(line: Line) -> None:
    was = line.organization.rstrip(_STRAY)
    name, comma, country = was.rpartition(",")
    if comma and name.rstrip(_STRAY) and countries.code(country):
        line.organization, line.country = name.rstrip(_STRAY), country.strip(_STRAY)
        if (now := f"{line.organization}, {line.country}") != was:
            line.tell("commas and spaces", was, now)


def _spell_country(line: Line, language: str) -> None:
    spelled = countries.spelling(line.country, language)
    if spelled is None:
        if line.country:
            line.tell("no country that is known", line.country, line.country)
    elif spelled != line.country:
        line.tell("country", line.country, spelled)
        line.country = spelled
