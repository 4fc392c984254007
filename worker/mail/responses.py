"""What comes back and is no report of delivery: its words, shortened and cleaned, and whether a machine wrote it.

Anybody may have written it. The words are shown to organizers as those of whoever answered, and decide nothing.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message

from worker.mail import reply_text
from worker.models import ResponseKind

MAX_WORDS = 300  # characters that are kept of what somebody wrote
MAX_TEXT = 16_000  # octets of one part that are read
MAX_WALKED, MAX_DEPTH = 200, 20  # parts of a message that are looked at


@dataclass(frozen=True)
class Response:
    """An answer to one of our mails; `words` are a person's data, and in no log."""

    kind: ResponseKind
    words: str = field(repr=False)


def walk(message: Message) -> Iterator[tuple[Message, bool, str]]:
    """The parts of a message in order, as (part, whether it belongs to a mail that is attached, report-type).

    The report-type is that of the innermost multipart/report around it. Bounded in number and depth.
    """
    waiting = [(message, False, "", 0)]
    for _ in range(MAX_WALKED):
        if not waiting:
            return
        part, attached, about, depth = waiting.pop()
        if part.get_content_type() == "multipart/report":
            about = str(part.get_param("report-type") or "").lower()
        yield part, attached, about
        payload = part.get_payload()
        if isinstance(payload, list) and depth < MAX_DEPTH:
            within = attached or part.get_content_maintype() == "message"
            below = [(one, within, about, depth + 1) for one in payload[:MAX_WALKED] if isinstance(one, Message)]
            waiting += reversed(below)


def text_of(message: Message) -> str:
    """What a message says: its first plain text, or the text of its first HTML; nothing where it has neither."""
    texts = {"text/plain": "", "text/html": ""}
    for part, attached, _ in walk(message):
        kind = part.get_content_type()
        if attached or kind not in texts or texts[kind] or part.get_content_disposition() == "attachment":
            continue
        texts[kind] = decoded(part).strip()
    return texts["text/plain"] or _html_as_text(texts["text/html"]) or _without_boundary(message)


def _without_boundary(message: Message) -> str:
    """The beginning of what calls itself multipart and is not."""
    payload = message.get_payload()
    return payload[:MAX_TEXT] if isinstance(payload, str) and message.get_content_maintype() == "multipart" else ""


def decoded(part: Message, most: int = MAX_TEXT) -> str:
    """The beginning of the text of one part, whatever it says of its charset."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload[:most].decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        return payload[:most].decode("utf-8", "replace")


def subject_of(message: Message) -> str:
    given = next((str(value) for name, value in message.raw_items() if name.lower() == "subject"), "")[:2000]
    given = given.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # some write it without an encoding
    try:
        return str(make_header(decode_header(given)))
    except (LookupError, ValueError):
        return given


def words_of(message: Message) -> str:
    """The words of whoever answered, in one short line; the subject where there is no text."""
    return shortened(_without_quotation(text_of(message))) or shortened(subject_of(message))


_LINK = re.compile(r"(?:https?|ftp)://\S+|\bwww\.\S+", re.IGNORECASE)
_LONG_CODE = re.compile(r"\b\d{4}(?:[ \u00a0]\d{4}){3}\b")


def shortened(text: str) -> str:
    """One line of at most 300 characters, without links, codes of ours and characters that nobody sees."""
    line = _LONG_CODE.sub("<code>", _LINK.sub("<link>", reply_text.visible(text[:4000])))
    line = " ".join(line.split())
    return line if len(line) <= MAX_WORDS else line[: MAX_WORDS - 1].rstrip() + "…"


_QUOTATION = re.compile(
    r"-{2,} ?\S.{0,60}\S ?-{2,}$|_{10,}|-- $|(from|von|de|da) ?: ?\S.{0,200}@",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(on|am|le|el|em|il) \S.{5,200}(wrote|schrieb.{0,80}|écrit|escribió|ha scritto)\s?:$", re.IGNORECASE
)


def _without_quotation(text: str) -> str:
    """What is no quotation, above and below one; all of it where nothing else is left."""
    lines = [(line, line.lstrip()[:400]) for line in text[:MAX_TEXT].splitlines()]
    kept: list[str] = []
    for at, (line, begins) in enumerate(lines):
        if begins.startswith(">"):
            continue
        is_attribution = _ATTRIBUTION.match(begins.rstrip()) is not None
        if _QUOTATION.match(begins) or (is_attribution and not _quoted_below(lines[at + 1 :])):
            break
        if not is_attribution:
            kept.append(line)
    return "\n".join(kept).strip() or text


def _quoted_below(lines: Sequence[tuple[str, str]]) -> bool:
    """Whether what follows is marked as quoted, so that its end can be seen."""
    return next((begins.startswith(">") for _, begins in lines if begins), False)


def _html_as_text(source: str) -> str:
    for tag in ("style", "script", "head"):
        source = _without_element(source, tag)
    return html.unescape(re.sub(r"<[^<>]{0,2000}>", " ", source)).strip()


def _without_element(source: str, tag: str) -> str:
    """In one pass, however many begin and do not end."""
    kept, at, lower = [], 0, source.lower()
    while (start := lower.find(f"<{tag}", at)) >= 0:
        kept.append(source[at:start])
        end = lower.find(f"</{tag}", start)
        if end < 0:
            return "".join(kept)
        at = end
    return "".join([*kept, source[at:]])


_AUTOMATIC_SUBJECT = re.compile(
    r"(automatic reply|auto(matic)?[ -]?(reply|response)|out of (the )?office|auto:|réponse automatique|absence"
    r"|abwesen|automatische antwort|respuesta automática|resposta automática|автоответ)",
    re.IGNORECASE,
)


_NOBODY = re.compile(r"<?\s*(mailer-daemon(@\S+)?)?\s*>?", re.IGNORECASE)  # the second is how Postfix may write it


def is_from_nobody(message: Message) -> bool:
    """Whether its sender can get no answer (RFC 5321 4.5.5), as of reports and most automatic replies."""
    path = message.get("Return-Path")
    return path is not None and _NOBODY.fullmatch(str(path)[:400].strip()) is not None


def is_automatic(message: Message) -> bool:
    """By its sender, by RFC 3834, by what was written before it, and by what such replies are called."""
    submitted = str(message.get("Auto-Submitted", "no")).strip().lower()
    older = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress")
    precedence = str(message.get("Precedence", "")).strip().lower()
    return (
        is_from_nobody(message)
        or not submitted.startswith("no")
        or any(name in message for name in older)
        or precedence in {"auto_reply", "bulk", "junk"}
        or bool(_AUTOMATIC_SUBJECT.match(subject_of(message).strip()))
    )


def receipt_kind(disposition: str) -> ResponseKind:
    """What a receipt says of the mail (RFC 8098 3.2.6): read, deleted unread, or nothing of the kind."""
    said = disposition.rpartition(";")[2].partition("/")[0].strip().lower()
    return "read" if said == "displayed" else "deleted" if said == "deleted" else "automatic"
