"""What the styles and the numbering of a Word file say of a paragraph."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

_OFF = {"0", "false", "off", "none"}
_MAX_CHAIN = 20  # of styles that are based on each other


def is_on(element: Element | None) -> bool:
    return element is not None and element.get("w:val", "1").lower() not in _OFF


def inside(element: Element | None, path: str) -> Element | None:
    """The first element at a path of names such as `w:pPr/w:ind` (ElementPath would look for a map of prefixes)."""
    for name in path.split("/"):
        element = element.find(name) if element is not None else None
    return element


def value(element: Element | None, path: str) -> str:
    found = inside(element, path)
    return found.get("w:val", "") if found is not None else ""


def number(text: str | None, otherwise: int = 0) -> int:
    """A whole number of a file: small, or what stands for one that is none."""
    try:
        found = int(float(text or ""))
    except (ValueError, OverflowError):
        return otherwise
    return found if -1_000_000 < found < 1_000_000 else otherwise


class Styles:
    """Styles by identity, each with those that it is based on."""

    def __init__(self, root: Element | None) -> None:
        self._by_identity: dict[str, Element] = {}
        self._default = ""
        self._basis: Element | None = None
        for style in [] if root is None else root.iter("w:style"):
            identity = style.get("w:styleId", "")
            self._by_identity[identity] = style
            if style.get("w:type") == "paragraph" and is_on_attribute(style.get("w:default")):
                self._default = identity
        if root is not None:
            self._basis = root.find("w:docDefaults")

    def of_paragraph(self, properties: Element | None) -> str:
        return value(properties, "w:pStyle") or self._default

    def chain(self, identity: str) -> Iterator[Element]:
        for _ in range(_MAX_CHAIN):
            style = self._by_identity.get(identity)
            if style is None:
                return
            yield style
            identity = value(style, "w:basedOn")

    def names(self, identity: str) -> list[str]:
        """The names of a style and of those that it is based on, small: `heading 1` in every language of Word."""
        return [value(style, "w:name").lower() or style.get("w:styleId", "").lower() for style in self.chain(identity)]

    def find(self, properties: Element | None, identity: str, path: str, *, defaults: bool = True) -> Element | None:
        """The nearest `w:pPr/…` or `w:rPr/…` (`path` without it is looked for in the paragraph's own properties)."""
        group, _, name = path.partition("/")
        if properties is not None and (found := properties.find(name)) is not None:
            return found
        for style in self.chain(identity):
            if (found := inside(style, path)) is not None:
                return found
        return inside(self._basis, f"{group}Default/{path}") if defaults else None

    def language(self) -> str:
        return value(self._basis, "w:rPrDefault/w:rPr/w:lang")

    def has(self, *names: str) -> bool:
        return {*names} <= {value(style, "w:name") for style in self._by_identity.values()}


def is_on_attribute(text: str | None) -> bool:
    return (text or "0").lower() not in _OFF


@dataclass(frozen=True)
class Numbered:
    """How one paragraph of a list is numbered."""

    identity: str
    level: int
    format: str
    number: int
    label: str
    """As Word prints it: `1.`, `(b)`, `1.2`; empty for a bullet."""
    left: int
    is_words: bool = False
    """Whether it is no number but words before the paragraph, the same each time; or nothing."""


class Numbering:
    """Lists, counted as Word counts them: a list goes on wherever it is taken up again."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._levels: dict[str, dict[int, Element]] = {}
        self._numbers: dict[str, tuple[str, dict[int, Element]]] = {}
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, int]] = set()
        linked: dict[str, str] = {}
        for one in [] if root is None else root.iter("w:abstractNum"):
            identity = one.get("w:abstractNumId", "")
            self._levels[identity] = {number(level.get("w:ilvl")): level for level in one.findall("w:lvl")}
            if (style := value(one, "w:styleLink")) and self._levels[identity]:
                linked[style] = identity
        for one in [] if root is None else root.iter("w:abstractNum"):
            if not self._levels[one.get("w:abstractNumId", "")] and (style := value(one, "w:numStyleLink")) in linked:
                self._levels[one.get("w:abstractNumId", "")] = self._levels[linked[style]]
        for one in [] if root is None else root.iter("w:num"):
            overrides = {number(level.get("w:ilvl")): level for level in one.findall("w:lvlOverride")}
            self._numbers[one.get("w:numId", "")] = (value(one, "w:abstractNumId"), overrides)

    def count(self, properties: Element | None, style: str) -> Numbered | None:
        """Count a paragraph, None where it is in no list."""
        given = self._styles.find(properties, style, "w:pPr/w:numPr", defaults=False)
        own = properties.find("w:numPr") if properties is not None else None
        identity = value(given, "w:numId")
        if own is not None and not identity:  # its own level in the list of its style
            identity = value(self._styles.find(None, style, "w:pPr/w:numPr", defaults=False), "w:numId")
        if identity in ("", "0") or identity not in self._numbers:
            return None
        abstract, overrides = self._numbers[identity]
        levels = self._levels.get(abstract, {})
        at = number(value(given, "w:ilvl")) if own is not None else self._level_of_style(levels, style, given)
        at = min(max(at, 0), 8)
        definition = levels.get(at)
        override = overrides.get(at)
        if override is not None and override.find("w:lvl") is not None:
            definition = override.find("w:lvl")
        self._advance(abstract, identity, at, definition, override)
        kind = value(definition, "w:numFmt") or ("decimal" if definition is not None else "bullet")
        indent = self._styles.find(properties, "", "w:pPr/w:ind", defaults=False)
        if indent is None and definition is not None:
            indent = inside(definition, "w:pPr/w:ind")
        left = number(indent.get("w:left") or indent.get("w:start")) if indent is not None else 360 * (at + 1)
        label = self._label(abstract, levels, at, definition)
        has_words = sum(map(str.isalpha, label)) > 1
        is_words = kind == "none" or (kind == "bullet" and has_words)
        label = "" if kind in ("bullet", "none") and not has_words else label
        return Numbered(identity, at, kind, self._counters[abstract][at], label, left, is_words)

    def _level_of_style(self, levels: dict[int, Element], style: str, given: Element | None) -> int:
        linked = (at for at, level in levels.items() if value(level, "w:pStyle") == style)
        return next(linked, number(value(given, "w:ilvl")))

    def _advance(
        self, abstract: str, identity: str, at: int, definition: Element | None, override: Element | None
    ) -> None:
        counters = self._counters[abstract]
        first = number(value(definition, "w:start"), 1)
        anew = value(override, "w:startOverride")
        if anew and (identity, at) not in self._begun:
            counters[at] = number(anew, 1)
        else:
            counters[at] = counters[at] + 1 if at in counters else first
        self._begun.add((identity, at))
        for deeper in [one for one in counters if one > at]:
            del counters[deeper]

    def _label(self, abstract: str, levels: dict[int, Element], at: int, definition: Element | None) -> str:
        label = value(definition, "w:lvlText") if definition is not None else "%1."
        counters = self._counters[abstract]
        for one in range(at + 1):
            if f"%{one + 1}" in label:
                level = definition if one == at else levels.get(one)
                counted = counters.get(one, number(value(level, "w:start"), 1))
                kind = value(level, "w:numFmt")
                if one != at and is_on(definition.find("w:isLgl") if definition is not None else None):
                    kind = "decimal"
                label = label.replace(f"%{one + 1}", counting(counted, kind))
        return label.strip()[:40]


def counting(counted: int, kind: str) -> str:
    """A number as a list of that kind writes it."""
    if kind == "none":
        return ""
    if kind in ("lowerLetter", "upperLetter") and 1 <= counted <= 780:
        letters = chr(ord("a") + (counted - 1) % 26) * ((counted - 1) // 26 + 1)
        return letters.upper() if kind == "upperLetter" else letters
    if kind in ("lowerRoman", "upperRoman") and 1 <= counted < 4000:
        roman = ""
        for amount, sign in _ROMAN:
            roman += sign * (counted // amount)
            counted %= amount
        return roman.upper() if kind == "upperRoman" else roman
    return f"{counted:02}" if kind == "decimalZero" else str(counted)


_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
