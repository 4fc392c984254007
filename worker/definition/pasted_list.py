"""A list of signatories as it is pasted out of a letter: numbers, stray commas, brackets and all."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from worker.definition.cell_cleaning import as_typed, says_nothing
from worker.definition.problems import Problem, any_of, in_column, line_named, rows_named, shown
from worker.text import addresses, characters, countries, similar_names
from worker.text.phrases import P_, Phrase

MAX_LINES, MAX_LINE = 20_000, 2_000  # lines, and characters in one
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_NUMBER = re.compile(r"\(?([0-9]{1,5})\s?[.)](?: (?=\S)|(?=[^\s0-9]))")
_BULLET = re.compile(r"[•◦▪‣*–—-] (?=\S)")
_MAX_PLACE = 100  # characters of a country or another place with what stands around it: so far from the end is looked
_MAX_BRACKETS = 4  # of a line, the last ones, that may hold an acronym
_BRACKET = re.compile(r"[(\[](?P<acronym>[^()\[\]]{1,42})[)\]]")
_SAYS_TELEPHONE = (
    r"(?:(?:tele)?phone|tel|t[ée]l[ée]phone|t[ée]l|mobile|mob|cell|whatsapp|signal|viber|call|fax|ទូរស័ព្ទ)[.:]*\s*"
)
_DIGITS = r"\d?(?:[\s().-]?\d){6,14}"
_TELEPHONE = re.compile(
    r"(?:(?:\s*[,;:/–—(\[]|\s+-\s)\s*"
    rf"(?P<apart>(?:{_SAYS_TELEPHONE})?(?:\+|00|\(\+?\d{{1,4}}\)|0){_DIGITS})"
    rf"|\s(?P<said>{_SAYS_TELEPHONE}[+(0]?{_DIGITS}|\+{_DIGITS}))"
    r"[)\]]?(?=\s*(?:[,;/)\]<‹]|$|\S+@))",
    re.IGNORECASE,
)
MIN_ITEMS = 3  # lines with a number or a sign before them, that make a list with other lines around it
_ACRONYM = re.compile(r"[^\s,;:()]+(?: [^\s,;:()]+){0,3}")
_MAX_WORD = 12  # characters of an acronym that has no capitals, or one only
_QUOTED = re.compile(r"(?:> ?)+")
_BEFORE_ADDRESS = re.compile(r"[\s,;:<‹(\[/]")
_STRAY_BEFORE_ADDRESS = " ,;:<‹([–—-"
_STRAY_AFTER_ADDRESS = " .,;>›)]"
_BEFORE_PERSON = re.compile(r",| [–—-] |: ")
_AND = re.compile(r"[\s,;/&]+(?:and|or|et|ou)$")
MAX_ADDRESSES = 20  # of one organization
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
    column: str = ""
    """The letter above it in a sheet."""
    lines: tuple[int, ...] = ()
    """All of them, where the same was done in several."""

    @property
    def sentence(self) -> Phrase:
        where = rows_named(self.lines or (self.line,), self.place)
        where = in_column(where, self.column) if self.column else where
        was, now = shown(self.was), shown(self.now)
        if self.was == self.now:
            return P_("%(place)s: %(what)s: %(was)s. Look at it, please.", place=where, what=self.what, was=was)
        return P_("%(place)s: %(what)s: %(was)s → %(now)s", place=where, what=self.what, was=was, now=now)


def grouped(remarks: Sequence[Problem | Fix]) -> list[Problem | Fix]:
    """Tell the same that was done in several lines once, where it was done first: one country in forty rows."""
    lines: dict[Problem | Fix, list[int]] = {}
    for remark in remarks:
        same = replace(remark, line=0) if isinstance(remark, Fix) else remark
        lines.setdefault(same, []).append(remark.line if isinstance(remark, Fix) else 0)
    return [
        replace(one, line=those[0], lines=tuple(dict.fromkeys(those))) if isinstance(one, Fix) else one
        for one, those in lines.items()
    ]


@dataclass
class Line:
    """One organization, as one line of the paste had it."""

    number: int
    organization: str
    acronym: str = ""
    country: str = ""
    email: str = ""
    contact: str = ""
    note: str = ""
    beside: bool = False
    """Whether it stands above or below the list, and is no organization."""
    fixes: list[Fix] = field(default_factory=list)

    def tell(self, what: str, was: str, now: str) -> None:
        self.fixes.append(Fix(self.number, what, was, now))


def lines(text: str, language: str = "en") -> Iterator[Line]:
    """Take each line apart into `Name (ACR), Country, address`; one that resists is kept whole and says so.

    Country names come out as letters in that language print them. A number that does not follow the one
    before it is taken off too, and told: it may belong to the name, or a line may be missing.
    """
    next_number = 1
    written = _LINE_END.split(text)
    first, last = _where_the_items_are(written)
    for number, raw in enumerate(written, 1):
        if (line := _visible(number, raw)) and _take_off_quote_marks(line):
            next_number = _take_off_number(line, next_number)
            words = line.organization
            line = _read(line, language)
            if not first <= number <= last and line.organization == words:
                line.beside = True
                what = P_("no sign or number of the list before it, left out: add it if it is an organization")
                line.fixes = [Fix(number, what, words, words)]
            yield line


def _where_the_items_are(written: list[str]) -> tuple[int, int]:
    """The first and the last line with a sign or number before it, where that makes a list; else all lines."""
    items = []
    for number, raw in enumerate(written, 1):
        words = _QUOTED.sub("", raw.strip()[:40], count=1)
        if _NUMBER.match(words) or _BULLET.match(words):
            items.append(number)
    return (items[0], items[-1]) if len(items) >= MIN_ITEMS else (1, len(written))


def too_much(file: str, text: str) -> Problem | None:
    """What is no list of organizations, and is not taken apart: to do it would take minutes."""
    written = _LINE_END.split(text)
    if len(written) > MAX_LINES:
        found, most = P_("%(n)s lines", n=len(written)), P_("%(n)s at most", n=MAX_LINES)
        return Problem(file, "", found, most, P_("Split the list."))
    for number, line in enumerate(written, 1):
        if len(line) > MAX_LINE:
            found, most = P_("%(n)s characters", n=len(line)), P_("%(n)s at most", n=MAX_LINE)
            return Problem(file, line_named(number), found, most, P_("Write one organization a line."))
    return None


def _visible(number: int, raw: str) -> Line | None:
    """Take out the characters that nobody sees; None when nothing is left."""
    visible, taken = characters.without_unfit(raw)
    line = Line(number, characters.tidy(visible))
    for character in taken:
        line.tell(P_("%(character)s, taken out", character=character), raw, line.organization)
    return line if line.organization else None


def _take_off_quote_marks(line: Line) -> bool:
    """Take off the `>` that mail programs put before what is answered; whether anything is left."""
    if match := _QUOTED.match(was := line.organization):
        line.organization = was[match.end() :]
        line.tell(P_("quote marks"), was, line.organization)
    return bool(line.organization)


def _take_off_number(line: Line, expected: int) -> int:
    """Take off `12.`, `12)` or a bullet; return the number that comes next."""
    was = line.organization
    if not (match := _NUMBER.match(was)):
        line.organization = _BULLET.sub("", was, count=1) if _BULLET.match(was) else was
        return expected
    line.organization = was[match.end() :]
    if int(match[1]) != expected:
        what = P_("a number that is not the next one (%(number)s)", number=str(expected))
        line.tell(what, was, line.organization)
    return int(match[1]) + 1


def _read(line: Line, language: str) -> Line:
    """Split before a known country that ends the line, and at the last bracket with an acronym."""
    _take_telephones(line)
    if "@" not in line.organization:
        _take_off_nothing(line)
        _put_signs_into_address(line)
    _take_address(line)
    whole = line.organization
    before, country = _part_country(whole)
    if acronym := _last_acronym(before):
        _take_bracket(line, before, acronym, country)
    elif country:
        _take_country_after_comma(line, before, country)
    if line.organization == whole:
        may_be = [match["acronym"] for match in _last_brackets(whole) if countries.code(match["acronym"])]
        what = P_("not taken apart, kept whole as the organization")
        if may_be:
            country = countries.spelling(may_be[0]) or may_be[0]
            what = P_(
                "not taken apart, kept whole as the organization (%(country)s may be its country)", country=country
            )
        line.tell(what, whole, whole)
    else:
        _spell_country(line, language)
    return line


def _take_telephones(line: Line) -> None:
    """Take telephone numbers behind an organization into the note."""
    was = line.organization
    found: list[str] = []
    while match := _TELEPHONE.search(line.organization):
        before, after = line.organization[: match.start()], line.organization[match.end() :].lstrip(_STRAY)
        if not before.strip(_STRAY) or len(found) == MAX_ADDRESSES:
            break
        found.append((match["apart"] or match["said"]).strip())
        line.organization = ", ".join(filter(None, (before.rstrip(_STRAY_BEFORE_ADDRESS), after)))
    if found:
        line.note = "; ".join(found)
        line.tell(P_("a telephone number, kept in the note"), was, line.organization)


def looks_like_acronym(text: str, name: str) -> bool:
    """Whether the content of a bracket after a name is its acronym; not so a place, a remark or a former name."""
    text = text.strip(_STRAY)
    if not _ACRONYM.fullmatch(text) or not any(map(str.isalpha, text)):
        return False
    letters = [character for character in text if character.isalpha()]
    initials = "".join(word[0] for word in similar_names.fold_name(name).split())
    if similar_names.same_name(text) in initials:
        return True
    if countries.is_other_place(text) or (countries.code(text) and not _is_code(text)):
        return False
    capitals = sum(map(str.isupper, letters))
    if any(character.islower() for character in letters) and " " in text:
        words = text.split()
        return capitals >= 2 and words[0].isupper() and len(words) == 2  # the ICJ Norway
    if capitals >= 2 or (capitals == len(letters) and len(text) > 1):
        return True
    caseless = not any(character.isupper() or character.islower() for character in letters)
    return caseless and " " not in text and len(text) <= _MAX_WORD


def _is_code(text: str) -> bool:
    """Whether it is a country's code of three letters only, which is an acronym after a name as often."""
    return len(text) == 3 and text.isupper() and text not in {"USA", "UAE", "DRC", "RDC", "EAU"}


def _part_country(text: str) -> tuple[str, str]:
    """Part at the first comma after which nothing stands but a country or another place: (before it, it)."""
    text = text.rstrip(_STRAY)
    for comma in re.finditer(",", text[-_MAX_PLACE:]):
        at = comma.start() - min(len(text), _MAX_PLACE)  # counted from the end
        before, after = text[:at].rstrip(_STRAY), text[at:][1:].strip(_STRAY_BEFORE_COUNTRY)
        if before and after and (countries.code(after) or countries.readings(after) or countries.is_other_place(after)):
            return before, after
    return text, ""


def _last_brackets(text: str) -> list[re.Match[str]]:
    return list(_BRACKET.finditer(text))[-_MAX_BRACKETS:]


def _last_acronym(text: str) -> re.Match[str] | None:
    found = [
        match
        for match in _last_brackets(text)
        if text[: match.start()].strip(_STRAY) and looks_like_acronym(match["acronym"], text[: match.start()])
    ]
    return found[-1] if found else None


def _take_address(line: Line) -> None:
    """Take a mail address that ends the line; one that cannot be used stays where it is."""
    said, was = line.organization, re.sub("mailto:", "", line.organization, flags=re.IGNORECASE)
    written = _BEFORE_ADDRESS.split(was.rstrip(_STRAY_AFTER_ADDRESS))[-1]
    rest = was[: was.rfind(written)].rstrip(_STRAY_BEFORE_ADDRESS)
    if "@" not in written or not rest:
        return
    address, wrong = addresses.normalize(written)
    if wrong:
        line.tell(P_("no address that can be used"), said, said)
    else:
        line.organization, line.email = rest, address
        line.tell(P_("an address, taken as email"), said, address)
        _take_further_addresses(line)
        if was[len(rest) :].lstrip(" ,;:–—-").startswith(("<", "‹")):
            _take_name_before_address(line)


def _take_further_addresses(line: Line) -> None:
    """Of several addresses the first is asked; the others are kept in the note."""
    others: list[str] = []
    while len(others) < MAX_ADDRESSES:
        was = _AND.sub("", line.organization.rstrip(_STRAY_AFTER_ADDRESS + "/&"))
        written = _BEFORE_ADDRESS.split(was)[-1]
        rest = was[: len(was) - len(written)].rstrip(_STRAY_BEFORE_ADDRESS + "/&")
        if "@" not in written or not rest or addresses.normalize(written)[1]:
            break
        others.insert(0, line.email)
        line.organization, line.email = rest, addresses.normalize(written)[0]
    if others:
        line.note = "; ".join(filter(None, (line.note, f"further addresses: {'; '.join(others)}")))
        what = P_("several addresses: the first is asked, the others are kept in the note")
        line.tell(what, "; ".join([line.email, *others]), line.email)


def _take_name_before_address(line: Line) -> None:
    """Take `Anna Berg <anna@…>` for a person, where the organization is complete before it."""
    found = list(_BEFORE_PERSON.finditer(line.organization))
    if not found:
        return
    name = line.organization[: found[-1].start()].rstrip(_STRAY)
    person = line.organization[found[-1].end() :].strip()
    complete = name.endswith((")", "]")) or ("," in name and countries.code(name.rpartition(",")[2]))
    is_place = countries.code(person) or countries.is_other_place(person)
    if complete and not is_place and characters.has_letters(person) and "(" not in person:
        line.tell(P_("a name before the address, taken as contact"), line.organization, person)
        line.organization, line.contact = name, person


def _put_signs_into_address(line: Line) -> None:
    """Read `info(at)name.example` as an address, if one ends the line then."""
    was, now = line.organization, as_typed(line.organization)
    if now != was and not addresses.normalize(_BEFORE_ADDRESS.split(now.rstrip(_STRAY_AFTER_ADDRESS))[-1])[1]:
        line.organization = now
        line.tell(P_("an address that was written out"), was, now)


def _take_off_nothing(line: Line) -> None:
    """Take off a last part that only says that there is no address."""
    was = line.organization
    head, _, said = was.rstrip(_STRAY).rpartition(",") if "," in was else was.rpartition(" – ")
    if " - " in said:  # `River Watch, Kenya - n/a`
        head, _, said = was.rpartition(" - ")
    head = head.rstrip(_STRAY)
    if head and says_nothing(said, "acronym"):
        line.organization = head
        line.tell(P_("an address that is none, taken off"), was, head)


def _take_bracket(line: Line, before: str, match: re.Match[str], country: str) -> None:
    name, acronym = before[: match.start()].rstrip(_STRAY), match["acronym"].strip(_STRAY)
    after = before[match.end() :].strip(_STRAY_BEFORE_COUNTRY)
    country = ", ".join(part for part in (after, country) if part)
    was, now = line.organization, f"{name} ({acronym})" + (f", {country}" if country else "")
    line.organization, line.acronym, line.country = name, acronym, country
    if was != now:
        line.tell(P_("commas and spaces"), was, now)
    if not country:
        line.tell(P_("no country"), was, was)


def _take_country_after_comma(line: Line, name: str, country: str) -> None:
    was = line.organization.rstrip(_STRAY)
    line.organization, line.country = name, country
    if (now := f"{name}, {country}") != was:
        line.tell(P_("commas and spaces"), was, now)


def _spell_country(line: Line, language: str) -> None:
    if meant := countries.readings(line.country, language):
        line.tell(P_("a country that may be %(countries)s", countries=any_of(meant)), line.country, line.country)
        return
    spelled = countries.spelling(line.country, language)
    if spelled is None:
        if line.country:
            other = countries.is_other_place(line.country)
            unknown = P_("not a country that we know, printed as it is written")
            line.tell(unknown if other else P_("no country that is known"), line.country, line.country)
    elif spelled != line.country:
        line.tell(P_("country"), line.country, spelled)
        line.country = spelled
