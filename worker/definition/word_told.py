"""What a Word file has that a letter in Markdown has not: told with its place, before anything is written."""

from dataclasses import dataclass, field

from worker.definition.problems import shown, visible

MAX_TOLD = 20  # things of which words or pictures are lost; then how many more
MAX_KEPT = 5_000  # of all
MAX_PLACES = 3  # of a way of writing that is lost


@dataclass(frozen=True)
class Kind:
    """`found` names one; `lost` whether words or pictures are not in the letter any more."""

    found: str
    fix: str
    lost: bool = True


_DESCRIBE = "It is left out: say in words what it shows, or link to it."
_KEPT = "The words are kept, this is not: does it carry a meaning?"
KINDS = {
    "hidden": Kind("hidden text", "It is left out, and may be a secret: look at it in Word (Font, Hidden)."),
    "box": Kind("a text box", "Its words are put after this paragraph: move them where they belong.", False),
    "comment": Kind("a comment", "It is left out: answer it, or take over what it says."),
    "picture": Kind("a picture", _DESCRIBE),
    "linked picture": Kind("a picture that lies in another file", f"That file is not opened. {_DESCRIBE}"),
    "shape": Kind("a drawing", _DESCRIBE),
    "chart": Kind("a chart", _DESCRIBE),
    "diagram": Kind("a diagram (SmartArt)", _DESCRIBE),
    "object": Kind("an embedded object", _DESCRIBE),
    "equation": Kind("an equation", "It is left out: write it in a sentence."),
    "form": Kind("a form field", "Its words are kept, what can be chosen in it is not.", False),
    "merge": Kind("a field of a mail merge", "It is kept as it is: write what is true for everybody.", False),
    "placeholder": Kind("a place that nobody has filled in", "It is left out: write the words there."),
    "field": Kind(
        "a field that Word fills in",
        "Its words are kept as they are in the file: check dates, numbers and pages.",
        False,
    ),
    "contents": Kind("a table of contents", "It is left out: pages of the letter are set anew."),
    "header": Kind("a header or footer", "It is left out: the letter has its own."),
    "file": Kind("a part of another file", "It is left out: copy its words into the document."),
    "macro": Kind("macros", "They are left out."),
    "sign": Kind("a character that only one font has", "It is left out: type it as a letter that all fonts have."),
    "font": Kind(
        "a font that shows other characters than those that are typed",
        "It is kept as it is typed, perhaps as nonsense: type these words anew, in Khmer with Khmer Unicode.",
        False,
    ),
    "unfit": Kind("invisible characters", "They are taken out.", False),
    "tower": Kind("characters that cannot be printed", "They are taken out: look at the words around them."),
    "note in note": Kind("a note within a note", "It is left out: write it into the text."),
    "note in heading": Kind("a note in a heading", "It stays there: it is safer in the paragraph below.", False),
    "note in subject": Kind(
        "a note in the subject",
        "It is moved to the end of the first paragraph: the subject of a letter has none.",
        False,
    ),
    "note mark": Kind("a note with a mark of its own", "It is given a number.", False),
    "note gone": Kind("a note that is not in the file", "Its mark is left out."),
    "note block": Kind("a note of several paragraphs", "They are joined into one.", False),
    "ruby": Kind("words above words", "What stands above is left out."),
    "merged": Kind("a table with merged or nested cells", "Its words are kept, one row a paragraph.", False),
    "layout": Kind("a table of one row or one column", "Its words are kept as paragraphs.", False),
    "cell": Kind("several lines in one cell", "They are joined into one line.", False),
    "deep": Kind("a list deeper than four levels", "What is deeper is moved to the fourth.", False),
    "numbers": Kind("a list numbered in another way", "It is numbered 1., 2., 3.: correct what refers to it.", False),
    "anchor": Kind("a link to another place in the document", "Its words are kept, the link is not.", False),
    "address": Kind(
        "a link to something that is not a web or email address", "Its words are kept, the link is not.", False
    ),
    "struck": Kind("text that is struck out", f"Is it meant to be deleted? {_KEPT}", False),
    "white": Kind(
        "text in white, which nobody sees on paper", "The words are kept: should they be in the letter?", False
    ),
    "tiny": Kind("text too small to be read", "The words are kept: should they be in the letter?", False),
    "capitals": Kind("capitals that are only formatting", "The words are kept as they are typed.", False),
    "highlighted": Kind("highlighted text", f"Is it still open? {_KEPT}", False),
    "underlined": Kind("underlined text", _KEPT, False),
    "coloured": Kind("coloured text", _KEPT, False),
    "raised": Kind("raised or lowered text", f"Write m² for m2 where it does. {_KEPT}", False),
    "formatting": Kind("a tracked change of formatting", "It is taken as accepted.", False),
    "style": Kind("bold or italics within a word", "The words are kept, this is not.", False),
    "unknown": Kind("something that this program does not know", "It is left out: look whether words are missing."),
}


@dataclass
class Told:
    kind: str
    where: str = ""
    detail: str = ""


@dataclass
class Remark:
    where: str
    found: str
    fix: str


@dataclass
class Telling:
    """What was found so far; a place is known when the paragraph around it ends."""

    found: list[Told] = field(default_factory=list)
    tracked: list[Told] = field(default_factory=list)
    paragraph: int = 0
    place: str = ""
    """Where we are when that is not a paragraph of the text itself: `table 2, row 3`."""
    _before: str = ""

    def tell(self, kind: str, detail: str = "", where: str = "") -> None:
        if len(self.found) < MAX_KEPT:
            self.found.append(Told(kind, where, detail))

    def track(self) -> None:
        if len(self.tracked) < MAX_KEPT:
            self.tracked.append(Told("tracked"))

    def marks(self) -> tuple[int, int]:
        return len(self.found), len(self.tracked)

    def settle(self, marks: tuple[int, int], text: str) -> None:
        """Give what was found since `marks` the place of the paragraph that ends, with its first words."""
        text = " ".join(text.split())
        if self.place:
            where = f"{self.place}, {shown(text, 40)}" if text else self.place
        elif text:
            self.paragraph += 1
            self._before = text
            where = f"paragraph {self.paragraph}, {shown(text, 40)}"
        else:
            where = (
                f"after paragraph {self.paragraph}, {shown(self._before, 40)}" if self.paragraph else "the beginning"
            )
        for told in [*self.found[marks[0] :], *self.tracked[marks[1] :]]:
            told.where = told.where or where

    def remarks(self) -> list[Remark]:
        """What is lost, one by one; then ways of writing, each with its first places."""
        lost = [one for one in self.found if KINDS[one.kind].lost or one.kind not in _WAYS]
        lost.sort(key=lambda one: list(KINDS).index(one.kind) if one.kind == "hidden" else len(KINDS))
        told: dict[tuple[str, str, str], int] = {}
        for one in lost:
            key = (one.kind, one.where, one.detail)
            told[key] = told.get(key, 0) + 1
        remarks = [_remark(*key, several) for key, several in list(told.items())[:MAX_TOLD]]
        if (more := len(told) - MAX_TOLD) > 0:
            remarks.append(Remark("", f"{more:,} more of this kind", "Look through the document beside the letter."))
        return [*remarks, *self._ways()]

    def _ways(self) -> list[Remark]:
        remarks = []
        for kind in _WAYS:
            those = [one for one in self.found if one.kind == kind]
            places = list(dict.fromkeys(one.where for one in those))
            if places:
                more = f" and {len(places) - MAX_PLACES:,} more places" if len(places) > MAX_PLACES else ""
                details = visible(", ".join(dict.fromkeys(one.detail for one in those[:50] if one.detail))[:120])
                found = KINDS[kind].found + (f" ({details})" if details else "")
                remarks.append(Remark("; ".join(places[:MAX_PLACES]) + more, found, KINDS[kind].fix))
        return remarks

    def places(self) -> str:
        places = list(dict.fromkeys(one.where for one in self.tracked))
        more = f" and {len(places) - 5:,} more places" if len(places) > 5 else ""
        return "; ".join(places[:5]) + more


def _remark(kind: str, where: str, detail: str, several: int) -> Remark:
    found = KINDS[kind].found + (f" ({visible(detail)})" if detail else "")
    return Remark(where, f"{found}, {several:,} times" if several > 1 else found, KINDS[kind].fix)


_WAYS = (
    *("struck", "white", "tiny", "highlighted", "unfit", "numbers", "anchor", "underlined", "coloured", "raised"),
    *("font", "field", "capitals", "formatting", "style", "cell", "note mark"),
)
