"""Parts of a letter that came along with its text: heads of mails and pages, notes, what each letter prints anyway."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from worker.text.passages import Letter, Line, Passage

_MAIL_HEAD = re.compile(
    r"[*_]*(?:from|to|cc|bcc|sent|date|subject|reply-to|attachments?|de|à|a|cci|envoyé|objet|pièces? jointes?"
    r"|ពី|ជូន|ជូនចំពោះ|ចម្លងជូន|កាលបរិច្ឆេទ|កម្មវត្ថុ)[ \u00a0]?[*_]*[:៖]",
    re.IGNORECASE,
)
_OF_A_MAIL = re.compile(
    r"[->* ]*(?:original message|forwarded message|message d.origine|message transféré)[-* ]*"
    r"|begin forwarded message:|sent from my .{1,40}|envoyé de mon .{1,40}"
    r"|on .{6,120} wrote:|le .{6,120} a écrit[ \u00a0]?:",
    re.IGNORECASE,
)
_NUMBER_OF_A_PAGE = re.compile(
    r"(?:.{1,40}[|–—-] *)?(?:page|p\.|ទំព័រ)[ \u00a0]*[0-9០-៩]{1,3}"
    r"(?:[ \u00a0]*(?:of|/|de|sur|នៃ)[ \u00a0]*[0-9០-៩]{1,3})?(?: *[|–—-] *.{1,40})?"
    r"|[-–—~\[|] *[0-9០-៩]{1,3} *[-–—~\]|]|[0-9]{1,3} */ *[0-9]{1,3}|[0-9០-៩]{1,3}",
    re.IGNORECASE,
)
_DRAWN = re.compile(r"_{5,}|\.{5,}|…{3,}|(?:\. ){4,}|(?:_ ){4,}")
_ALL_DRAWN = re.compile(r"[=~_–—•·*.]{4,}")

_GREETING = re.compile(
    r"(?:my )?dear\b|to whom it may concern|(?:your )?excellenc(?:y|ies)\b|(?:dear )?(?:sir|madam)\b"
    r"|ladies and gentlemen|honou?rable\b|(?:mon |ma )?ch(?:er|ère)s?\b|madame\b|monsieur\b|mesdames\b|messieurs\b"
    r"|(?:votre )?excellence\b|à qui de droit|ជូនចំពោះ|សូមគោរពជូន|គោរពជូន|ជម្រាបជូន|សូមគោរព|ឯកឧត្តម|លោកជំទាវ|លោក",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"[*_]*(?:subject|re|ref|object|objet|réf|concerne|កម្មវត្ថុ)[ \u00a0]?[*_]*[:៖]", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|[១២][០-៩]{3}|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")

_CLOSING = re.compile(
    r"(?:yours|sincerely|respectfully|faithfully|cordially|(?:with )?(?:kind|best|warm)(?:est)? (?:regards|wishes)"
    r"|regards|in solidarity|signed|veuillez agréer|nous vous prions|je vous prie|respectueusement|cordialement"
    r"|bien à vous|avec nos|salutations|ដោយសេចក្ដីគោរព|ដោយសេចក្តីគោរព|ដោយក្តីគោរព|ដោយក្ដីគោរព|សូមទទួល)",
    re.IGNORECASE,
)
_SIGNATORIES = re.compile(
    r"[*_]*(?:list of )?(?:the )?(?:undersigned|signator(?:y|ies)|(?:co-?)?signed|endorsed|supported)(?: by)?\b"
    r"|[*_]*(?:liste des |les )?(?:organi[sz]ations? )?(?:co-?)?(?:signataires|soussignée?s|signé)"
    r"|[*_]*(?:បញ្ជី)?(?:អង្គការ)?(?:ដែល)?(?:បាន)?(?:ចុះ)?ហត្ថលេខ",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"(?:b?cc|c\.c\.|copy(?: to)?|copies(?: to)?|copie(?: à)?|ampliations?|ចម្លងជូន)[ \u00a0]?[:៖]", re.IGNORECASE
)
_BELOW_A_CLOSING = re.compile(
    r"[*_]*(?:p\.? ?s\.?\b|annex|appendi|encl|attach|copy|copie|cc\b|contact|note|source|reference|pièce|ឧបសម្ព័ន្ធ|ចម្លង"
    r"|\[|http|<|\||[⁰¹²³⁴-⁹])",
    re.IGNORECASE,
)

_NOTE = re.compile(r"\[(?P<mark>[0-9]{1,3}|[ivx]{1,6})\](?![(\[:])[ \t\u00a0]*\S|[⁰¹²³⁴-⁹]{1,3}[ \t\u00a0]*\S")
_MARK = re.compile(r"\[(?:[0-9]{1,3}|[ivx]{1,6})\](?![(\[:])")
_RAISED = re.compile(r"[⁰¹²³⁴-⁹]+")
_UNIT = re.compile(r"[kcdm]?m|ha|ft|mi|yd|in|kg|s")
_GLUED = re.compile(
    r"(?<=[a-zß-öø-ÿ]{4})[0-9]{1,2}(?=[\s.,;:!?)”\"’»]|\Z)|(?<=[a-zß-öø-ÿ]{3}[.,;:!?”\"’»)])[0-9]{1,2}(?=\s|\Z)"
)
_NUMBERED = re.compile(
    r"(?:annexe?|article|table(?:au)?|figure|notes?|part|phase|level|type|pages?|section|point)\Z", re.I
)

_TO_FILL_IN = re.compile(
    r"\[(?![^\]\n]{0,60}(?:withheld|redacted|omitted|known|changed|caviardé|tue?s?\b))"
    r"(?:your|insert|enter|add|fill|name|date|title|place|city|town|country|organi[sz]ation|address|e-?mail|phone"
    r"|signature|logo|recipient|sender|x{2,}|tb[acd]|todo|to be |votre|vos |nom\b|insérer|ajouter|à compléter|lieu"
    r"|ville|pays|adresse|titre|ឈ្មោះ|កាលបរិច្ឆេទ|អាសយដ្ឋាន)[^\]\n]{0,60}\](?!\()"
    r"|<<[^<>\n]{1,40}>>|«\w{1,30}_\w{1,30}»|\bX{4,}\b|\bTODO\b|\bTB[CD]\b|\blorem ipsum\b",
    re.IGNORECASE,
)
_OF_WORD = re.compile(
    r"Error! (?:Reference source|Bookmark|Hyperlink)|Erreur ! |\bHYPERLINK \""
    r"|\[Comment(?:ed)? ?\[|\[[A-Z]{1,3}\d{1,2}\](?!\()"
    r"|\{ ?(?:PAGE|REF|TOC) |(?:=[0-9A-F]{2}){2,}|=20\Z",
)


def mail_heads(letter: Letter) -> list[int]:
    """Lines as From: and Subject:, two at least, and what programs write around a mail."""
    heads = [line.number for line in _lines(letter) if line.width <= 200 and _MAIL_HEAD.match(line.text)]
    found = [one for pair in pairwise(heads) if pair[1] - pair[0] <= 2 for one in pair]
    found += [line.number for line in _lines(letter) if line.width <= 160 and _OF_A_MAIL.fullmatch(line.text)]
    return sorted(set(found))


def _lines(letter: Letter) -> Iterator[Line]:
    return (line for passage in letter.passages if passage.kind == "paragraph" for line in passage.lines)


def heads_of_pages(letter: Letter) -> list[int]:
    """Numbers of pages on lines of their own, and a line that comes three times or more."""
    found = [
        number
        for number, typed in enumerate(letter.typed[1:], 2)
        if len(typed) < 120 and _NUMBER_OF_A_PAGE.fullmatch(typed.strip())
    ]
    short = [line for line in _lines(letter) if 3 < len(line.text) <= 60 and line.is_open and line.text[0].isalnum()]
    times = Counter(line.text for line in short)
    return sorted({*found, *(line.number for line in short if times[line.text] > 2)})


def drawn_lines(letter: Letter) -> list[int]:
    """Where somebody was to write on a line, and lines drawn with signs that are none in Markdown."""
    return [
        number
        for number, typed in enumerate(letter.typed[1:], 2)
        if _DRAWN.search(typed) or (_ALL_DRAWN.fullmatch(typed.strip()) and len(set(typed.strip())) == 1)
        if not re.fullmatch(r"[*_]{3,4}", typed.strip())
    ]


def word_before_the_subject(letter: Letter) -> list[int]:
    """The first line, where it begins with a word such as `Subject:`."""
    return [1] if _SUBJECT.match(letter.typed[0].lstrip("# ")) else []


def printed_above(letter: Letter, taken: set[int]) -> list[int]:
    """What each letter prints above its text: an address, a date, a subject, a salutation."""
    found: set[int] = set()
    above: list[Line] = []
    for passage in letter.passages[:12]:
        if passage.kind != "paragraph" or passage.within:
            break
        for line in passage.lines[:12]:
            if line.width > 100:
                break
            if line.number not in taken and (_is_a_greeting(line) or _SUBJECT.match(line.text)):
                found.add(line.number)
                if _is_a_greeting(line):
                    found |= {one.number for one in above if one.number not in taken}
        if not passage.is_prose and (len(passage.lines) > 1 or any(map(str.isdigit, passage.first.text))):
            above += [line for line in passage.lines if line.width <= 80]
        if passage.is_prose or any("{{" in line.text for line in passage.lines):
            break
        found |= {line.number for line in passage.lines if _is_a_date(line) and line.number not in taken}
        rest = [line for line in passage.lines if line.number not in taken]
        if len(rest) > 1 and all(map(_may_be_of_an_address, rest)):
            found |= {line.number for line in rest}
    return sorted(found)


def _may_be_of_an_address(line: Line) -> bool:
    is_a_line = line.width <= 60 and line.begins_anew and not line.keeps_its_end
    return is_a_line and "{" not in line.text and (line.is_open or line.text.endswith((",", ".")))


def _is_a_greeting(line: Line) -> bool:
    words = line.text.strip("*_")
    ends = words.endswith((",", ":", "!", "៖", "–", "-", "،")) or (line.is_open and len(words.split()) < 6)
    return line.width <= 80 and ends and bool(_GREETING.match(words))


def _is_a_date(line: Line) -> bool:
    return line.width <= 60 and bool(_YEAR.search(line.text)) and not line.ends_a_sentence and "{{" not in line.text


def printed_below(letter: Letter, taken: set[int]) -> list[int]:
    """Names below the closing words, or below a heading for them: each letter prints the list of who signs."""
    last = letter.passages[-8:] if len(letter.passages) < 40 else letter.passages[len(letter.passages) // 2 :]
    for order, passage in enumerate(last):
        for place, line in enumerate(passage.lines):
            is_heading = passage.kind == "heading" or line.text.endswith((":", "៖"))
            heads = line.width <= 60 and line.text and bool(_SIGNATORIES.match(line.text)) and not line.ends_a_sentence
            closes = line.width <= 160 and bool(_CLOSING.match(line.text)) and passage.kind == "paragraph"
            if not heads and not closes:
                continue
            names = list(_names(passage.lines[place + 1 :], last[order + 1 :]))
            if heads and (is_heading or len(names) > 1) and not (closes and len(names) < 2):
                return [one.number for one in (line, *names) if one.number not in taken]
            if closes and len(names) > 1:
                return [one.number for one in names if one.number not in taken]
    return []


def _names(rest: Iterable[Line], passages: Iterable[Passage]) -> Iterator[Line]:
    """The short lines that follow; none where an annex, a note or another text does."""
    for line in [*rest, *(line for passage in passages for line in passage.lines)]:
        if line.width > 100 or line.ends_a_sentence or _BELOW_A_CLOSING.match(line.text):
            return
        if any(map(str.isalpha, line.text)):
            yield line


def copies(letter: Letter) -> list[int]:
    """Lines that say who gets a copy, as each letter does below its list."""
    last = letter.passages[-6:]
    return [line.number for passage in last for line in passage.lines if line.width < 100 and _COPY.match(line.text)]


def marks_of_notes(letter: Letter) -> list[int]:
    """Lines with marks of footnotes that Markdown does not know: [1], a raised number, a number glued to a word."""
    notes = [line.number for line in _lines(letter) if _NOTE.match(line.text)]
    marks = [line.number for line in _lines(letter) if _has_a_mark(line.text)]
    found = [*notes, *marks] if marks or len(notes) > 1 else []
    glued = [(int(number), line.number) for line in _lines(letter) for number in _glued(line.text)]
    numbers = [number for number, _ in glued]
    if numbers[:1] == [1]:
        tail = [line.number for line in _lines(letter) if re.match(r"1[ \t]+[^\W\d_]", line.text)]
        if numbers[:2] == [1, 2] or any(number > glued[0][1] for number in tail):
            found += [line for _, line in glued]
            found += [one.number for one in _lines(letter) if tail and re.match(r"[0-9]{1,2}[ \t]+[^\W\d_]", one.text)]
    return sorted(set(found))


def _has_a_mark(text: str) -> bool:
    if any(match.start() for match in _MARK.finditer(text)):
        return True
    for match in _RAISED.finditer(text):
        before = re.split(r"[\W\d_]", text[max(0, match.start() - 20) : match.start()])[-1]
        sign = text[match.start() - 1 : match.start()]
        if match.start() and not _UNIT.fullmatch(before) and (sign.isalpha() or sign in '.,;:!?)”"’»។'):
            return True
    return False


def _glued(text: str) -> Iterator[str]:
    for match in _GLUED.finditer(text):
        word = text[max(0, match.start() - 60) : match.start()].split(" ")[-1]
        if not re.search(r"[/@#]|www\.", word) and not _NUMBERED.search(word):
            yield match[0]


def left_to_fill_in(letter: Letter) -> list[int]:
    """Lines with something like [your name]."""
    return [number for number, line in enumerate(letter.typed, 1) if _TO_FILL_IN.search(line)]


def left_by_word(letter: Letter) -> list[int]:
    """Lines with what Word or a mail program writes for itself: codes of fields, marks of comments, =20."""
    return [number for number, line in enumerate(letter.typed, 1) if _OF_WORD.search(line)]
