"""Bounces: what other servers report of our mail, believed only with a token of ours (RFC 3464, 6533).

A report can be written by anybody. It counts when it came to the signed return path of one mail, or names that
mail by its envelope id; both are made by tokens.envid(). What the network sends is parsed with limits. Whatever came
to a return path of ours is told, understood or not; all other mail is nothing, and stays unread for people.
"""

import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from email import message_from_bytes, message_from_string
from email.message import Message
from email.parser import BytesParser
from typing import Literal

from worker import tokens
from worker.mail import reply_text, responses
from worker.mail.responses import Response
from worker.models import ResponseKind

MAX_READ = 256 * 1024  # octets of a message that are fetched and read: the report stands before the returned mail
MAX_PARTS = 50  # a report has three parts; who nests a thousand wants to hurt
MAX_HEADERS = 50  # of each kind that may hold the return path, and recipients in one report

BounceKind = Literal["hard", "soft", "delayed", "none", "response", "unclear"]


@dataclass(frozen=True)
class Bounce:
    """What came back to a mail of ours. It holds no address, but in the words of a response.

    hard: there is no such mailbox. soft: not delivered, for a reason that says little of the address. delayed: a
    server still tries. none: it was delivered or passed on. response: somebody or something answered. unclear: it came
    to us, and nobody knows what it says. `response` is there beside a failure too: somebody wrote above a report.
    `about` are the fingerprints of the recipients it speaks of; empty where it names none.
    """

    mail_id: int
    kind: BounceKind
    status: str | None = None
    diagnostic: str = ""
    about: frozenset[bytes] = frozenset()
    response: Response | None = None


def parse_report(message: bytes) -> Bounce | None:
    """What a message says of one of our mails; None if it did not come to one, or names two.

    Raises nothing, whatever the bytes. More than the first 256 KiB are not looked at.
    """
    message = message[:MAX_READ]
    try:
        named = _named_by_address(BytesParser().parsebytes(message, headersonly=True))
    except Exception:
        return None
    unclear = Bounce(next(iter(named)), "unclear") if len(named) == 1 else None
    if len(re.findall(rb"boundary\s*=", message, re.IGNORECASE)) > MAX_PARTS:
        return unclear
    try:
        return _parse(message_from_bytes(_REPORT_PART.sub(rb"\1text/x-\2", message)), named)
    except Exception:
        # Strangers choose these bytes: messages in messages, a thousand deep, end in a RecursionError, and what
        # else the library may raise on what is no mail changes from one Python to the next.
        return unclear


# Parts for programs, read as text: so their transfer encoding is undone, which the library does not do in a message/*.
_REPORT_PART = re.compile(
    rb"^(content-type[ \t]*:\s*)message/(?:global-)?(delivery-status|disposition-notification|feedback-report)",
    re.IGNORECASE | re.MULTILINE,
)
_DELIVERY, _RECEIPT, _COMPLAINT = "text/x-delivery-status", "text/x-disposition-notification", "text/x-feedback-report"


def masked(text: str, *addresses: str) -> str:
    """One line of at most 500 characters that repeats no address, the given ones in no form."""
    if len(text) > 4000:
        text = text[:4000].rpartition(" ")[0]  # no half of an address at the end
    for address in addresses:
        text = reply_text.without_recipient(text, address)
    return reply_text.redact(text)


def _parse(message: Message, named: set[int]) -> Bounce | None:
    found: dict[str, tuple[Message, bool]] = {}
    for part, attached, about in responses.walk(message):
        if (kind := part.get_content_type()) in {_DELIVERY, _RECEIPT, _COMPLAINT}:
            believed = not attached and about in {"", "delivery-status", "global-delivery-status"}
            if kind not in found or (believed and not found[kind][1]):
                found[kind] = part, believed
    groups, believed = (_groups(found[_DELIVERY][0]), found[_DELIVERY][1]) if _DELIVERY in found else ([], False)
    named = named | (_named_by_envelope_id(groups[0]) if groups and believed else set())
    if len(named) != 1:
        return None  # nobody's, or of two minds
    (mail_id,) = named
    recipients = [fields for fields in groups if any(name in fields for name in _OF_A_RECIPIENT)]
    if recipients:
        said = _verdict(mail_id, recipients[:MAX_HEADERS], _coded_line(responses.text_of(message)), believed=believed)
        return replace(said, response=_above_a_report(message))
    if _RECEIPT in found:
        fields = (_groups(found[_RECEIPT][0]) or [Message()])[0]
        kind = responses.receipt_kind(_field(fields, "Disposition"))
        return Bounce(mail_id, "response", response=Response(kind, responses.words_of(message)))
    if _COMPLAINT in found:
        return Bounce(mail_id, "response", response=Response("complaint", responses.words_of(message)))
    return _read_without_form(message, mail_id)


def _above_a_report(message: Message) -> Response | None:
    """What somebody wrote in a mail to which a report is attached; nothing where a server sent both."""
    if message.get_content_type() == "multipart/report":
        return None
    if _is_from_a_server(message, responses.subject_of(message), responses.text_of(message)):
        return None
    words = responses.words_of(message)
    return Response("automatic" if responses.is_automatic(message) else "person", words) if words else None


_OF_A_RECIPIENT = ("Action", "Status", "Final-Recipient", "Diagnostic-Code")


def _groups(part: Message) -> list[Message]:
    """The groups of fields in the part of a report that is for programs."""
    text = responses.decoded(part, MAX_READ // 4).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    blocks = re.split(r"\n[ \t]*\n", text, maxsplit=2 * MAX_HEADERS)
    return [message_from_string(block.lstrip("\n")) for block in blocks[: 2 * MAX_HEADERS] if block.strip()]


# What the receiving mailbox writes down of the envelope, under the names that it has for that.
_ENVELOPE_RECIPIENT = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "X-RCPT-To",
    "X-Real-To",
    "Apparently-To",
    "To",
)
_OUR_ADDRESS = re.compile(r"\+[A-Za-z2-7]{24}@")


def _named_by_address(report: Message) -> set[int]:
    """The mails whose return path this message was sent to."""
    lines = (line for name in _ENVELOPE_RECIPIENT for line in report.get_all(name, [])[:MAX_HEADERS])
    addresses = (address for line in lines for address in _OUR_ADDRESS.findall(str(line)[:5000]))
    return _valid(tokens.read_return_path, addresses)


def _named_by_envelope_id(about_all: Message) -> set[int]:
    """The mail whose ENVID the reporting server was given (RFC 3464 2.2.1)."""
    return _valid(tokens.read_envid, (str(line)[:200] for line in about_all.get_all("Original-Envelope-Id", [])[:1]))


def _valid(reading: Callable[[str], int], tokens_found: Iterable[str]) -> set[int]:
    named = set()
    for token in tokens_found:
        with contextlib.suppress(tokens.NotALink):
            named.add(reading(token))
    return named


# Statuses (RFC 3463) that say of the address itself that mail cannot reach it: no such mailbox, no such domain, a
# domain without mail, a mailbox that moved or was closed. A full one, a policy or a quarrel about us says nothing.
_NO_SUCH_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}
_SAYS_NOTHING = {"5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.1", "5.5.0"}  # then the words of the server decide
_NO_SUCH_USER = re.compile(
    r"no such (user|recipient|mailbox|address|person)|unknown (user|recipient|mailbox|address)|invalid recipient"
    r"|(user|recipient|mailbox|address|account)( address)? (is )?(unknown|not found|(does not|doesn't) exist)"
    r"|no mailbox (here )?by that name"
    # Microsoft's words for it, under statuses that mean something else.
    r"|5\.4\.1 (\[?\S{3,320}\]?:? )?recipient address rejected: access denied"
    r"|5\.5\.0 requested action not taken: mailbox unavailable",
    re.IGNORECASE,
)
# What speaks of the mail or of us, under whatever status.
_NOT_THE_ADDRESS = re.compile(
    r"\bquota\b|(mailbox|inbox|account) (is )?full|\bspam|\bdmarc\b|\bspf\b|\bdkim\b|too (quickly|many)"
    r"|black ?list|block ?list|\bblocked\b|\bbanned\b|\breputation\b|\bdnsbl\b|\brbl\b|grey ?list|rate ?limit"
    r"|relaying|sender (address )?(rejected|denied|not)|authenticat|\bvirus|\bmalware|attachment|temporar",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")


def _verdict(mail_id: int, recipients: list[Message], coded: str, *, believed: bool) -> Bounce:
    """The gravest of what is said of the recipients; one of our mails has one, unless it was passed on to many.

    `coded` is what the part for people says with a code: it is shown where the report has no words.

    A report that is not `believed` says nothing of the address: it stood in another mail or kind of report.
    """
    found = [_about_one(mail_id, fields, coded) for fields in recipients]
    for kind in ("hard", "soft", "delayed"):
        if of_this_kind := [bounce for bounce in found if bounce.kind == kind]:
            first = of_this_kind[0]
            about = frozenset[bytes]().union(*(bounce.about for bounce in of_this_kind))
            graded = first.kind if believed or first.kind == "delayed" else "soft"
            return Bounce(mail_id, graded, first.status, first.diagnostic, about)
    return Bounce(mail_id, "none")


_NO_FAILURE = {"delivered", "relayed", "expanded"}  # RFC 3464 2.3.3


def _about_one(mail_id: int, fields: Message, coded: str) -> Bounce:
    """What is said of one recipient. An action that RFC 3464 does not know is a failure, unless its status is none."""
    action = next(iter(_field(fields, "Action").lower().split()), "")
    addresses = [found for name in ("Final-Recipient", "Original-Recipient") if (found := _address(fields, name))]
    words = _one_reply(_field(fields, "Diagnostic-Code"))
    given = _STATUS.match(_field(fields, "Status"))
    status = _status(given[1] if given else "", words)
    if action in _NO_FAILURE or (action not in {"failed", "delayed"} and (status or "").startswith("2.")):
        return Bounce(mail_id, "none")
    kind: BounceKind = "delayed" if action == "delayed" else "soft"
    if action == "failed" and _is_hard(given[1] if given else None, status, words):
        kind = "hard"
    about = frozenset(tokens.fingerprint(address) for address in addresses[:1])
    shown = words or _supplementary(fields) or coded or status or "no reason given"
    return Bounce(mail_id, kind, status, masked(shown, *addresses), about)


def _supplementary(fields: Message) -> str:
    """Where Exchange puts the words of another server that it gives no Diagnostic-Code for."""
    return re.sub(r"^<\s*(#[\d.]+\s+)?(smtp;)?\s*|\s*>$", "", _field(fields, "X-Supplementary-Info"))


def _one_reply(diagnostic: str) -> str:
    """The words of a Diagnostic-Code; a reply of several lines as one, with its codes once (RFC 5321 4.2.1)."""
    kind, semicolon, said = diagnostic.partition(";")
    words = (said if semicolon and re.fullmatch(r"[\w.-]+", kind.strip()) else diagnostic).strip()
    found = re.match(r"([245]\d\d)[- ](?:([245]\.\d{1,3}\.\d{1,3})[ ])?", words)
    if found is None:
        return words
    status = f"(?:{re.escape(found[2])} )?" if found[2] else ""
    rest = re.sub(rf"(?<!\S){found[1]}[- ]{status}", "", words[found.end() :])
    return f"{found[1]} {found[2] + ' ' if found[2] else ''}{rest}".strip()


def _status(given: str, said: str) -> str | None:
    """The status of the report, or the finer one that the refusing server gave in its words."""
    status = found[1] if (found := _STATUS.match(given)) else None
    finer = found[1] if (found := _STATUS.search(said[:100])) else None
    return finer if finer and (status is None or status in _SAYS_NOTHING) else status


def _is_hard(given: str | None, status: str | None, said: str) -> bool:
    """Whether it speaks of the address itself, for good: the status, and nothing else in the server's words."""
    finer = found[1] if (found := _STATUS.search(said[:100])) else None
    if _NOT_THE_ADDRESS.search(said[:1000]) or (finer and finer not in _NO_SUCH_ADDRESS | _SAYS_NOTHING):
        return False
    if status is None or status in _SAYS_NOTHING:
        return bool(re.match(r"55[013](?!\d)", said) and _NO_SUCH_USER.search(said[:1000]))
    return status in _NO_SUCH_ADDRESS


def _address(fields: Message, name: str) -> str:
    """The mail address in a field such as `rfc822; somebody@host`, or nothing (RFC 6533 3 for other scripts)."""
    kind, _, address = _field(fields, name).partition(";")
    kind, address = kind.strip().lower(), address.strip().strip("<>")
    if kind == "utf-8":
        address = re.sub(r"\\x\{([0-9A-Fa-f]{2,5})\}", lambda found: chr(int(found[1], 16)), address)
    return address if kind in {"rfc822", "utf-8"} and "@" in address else ""


def _field(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, ""))[:5000].split())


def _read_without_form(letter: Message, mail_id: int) -> Bounce:
    """Plain words of a mail server, which never say surely of whom they speak; all else somebody answered."""
    text, subject = responses.text_of(letter), responses.subject_of(letter)
    if not _is_from_a_server(letter, subject, text):
        kind: ResponseKind = "automatic" if responses.is_automatic(letter) else "person"
        words = responses.words_of(letter)
        if not words:
            return Bounce(mail_id, "unclear")
        return Bounce(mail_id, "response", response=Response(kind, words))
    reason = _reason(text) or subject
    said = masked(reason)
    still_tries = _DELAYED.search(text[:4000]) and not _GIVEN_UP.search(text[:4000])
    if _DELAYED_SUBJECT.search(subject) or _DELAYED.search(subject) or still_tries:
        return Bounce(mail_id, "delayed", _status("", reason), said)
    return Bounce(mail_id, "soft", _status("", reason), said) if said else Bounce(mail_id, "unclear")


_A_SERVER = re.compile(
    r"(?<![\w.+-])(mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mail-delivery-system)@", re.IGNORECASE
)
_FAILED = re.compile(
    r"undeliver|delivery (status|failure|has failed|problem|report|notification)|failure notice"
    r"|returned (mail|to sender)|mail (system error|delivery failed)|delivery failed|delayed mail"
    r"|(not|n[’']t) (yet )?(be |been )?deliver|unable to deliver|warning: (message|could not send)"
    r"|(message|mail) .{0,60}\b(blocked|rejected|quarantined|placed on hold)|recipient name is not recognized"
    r"|(mailbox|inbox) (is )?full|over ?quota|quota exceeded"
    r"|unzustellbar|nicht (zugestellt|zustellbar)|fehler bei der (nachrichten)?übermittlung|postfach .{0,60}\bvoll\b"
    r"|zustellung .{0,60}(verzögert|fehlgeschlagen)"
    r"|échec|non (remis|distribué|délivré)|n[’']a pas (pu être|été) (remis|distribué|délivré|livré)"
    r"|boîte .{0,60}\bpleine\b|remise .{0,60}(retardée|différée)"
    r"|no se (ha podido|pudo|puede) entregar|no (pudo ser )?entregado|fue rechazado|buzón .{0,60}\blleno\b"
    r"|não (foi|pôde ser) entregue|não foi possível entregar|mancato recapito|casella .{0,60}\bpiena\b|onbestelbaar"
    r"|не ?доставлен|не удалось доставить|退信|无法(投递|送达)|配信(不能|できません)|không thể gửi",
    re.IGNORECASE,
)
_DELAYED_SUBJECT = re.compile(r"\bdelay(ed)?\b|verzögert|retardé|différé|retrasad", re.IGNORECASE)
_DELAYED = re.compile(
    r"(is|was|been) delayed|not yet been delivered|will be retried|will (continue|keep) (trying|to try)"
    r"|no action is required|still being retried|could not send message for past|weitere zustell"
    r"|nouvelles tentatives|se seguirá intentando",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"permanent|given up|giving up|final failure|undeliverable|expired|too (long|old)|retry timeout exceeded"
    r"|(?<![\d.])5(\d\d[ -]|\.\d{1,3}\.\d{1,3})(?![\d.]*\d)",
    re.IGNORECASE,
)


def _is_from_a_server(letter: Message, subject: str, text: str) -> bool:
    """By its sender, by what Exim and Gmail add, or by how such mail begins.

    What calls itself an auto-reply, as servers and people's mailboxes do, has to have a code in its text too.
    """
    if _A_SERVER.search(_field(letter, "From")) or "X-Failed-Recipients" in letter:
        return True
    if "Return-Path" in letter and not responses.is_from_nobody(letter):
        return False
    if _field(letter, "Auto-Submitted").lower().startswith("auto-replied"):
        return bool(_FAILED.search(subject) and _coded_line(text))
    return bool(_FAILED.search(subject) or ("Return-Path" in letter and _FAILED.search(text[:500])))


_CODE = re.compile(r"(?<![\d.])(?:[45]\d\d[ -](?=\D)|[45]\.\d{1,3}\.\d{1,3}(?![\d.]))")
_ONLY_AN_ADDRESS = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@]{1,255}>?:?$")


def _coded_line(text: str) -> str:
    lines = (line.strip()[:1000] for line in text[:MAX_READ].splitlines())
    return next((line for line in lines if _CODE.search(line)), "")


def _reason(text: str) -> str:
    """Why, in the words of a mail server.

    The line with a reply code of RFC 5321 or a status of RFC 3463; else what stands below the address, or first.
    """
    if coded := _coded_line(text):
        return coded
    lines = [line.strip()[:1000] for line in text[:MAX_READ].splitlines()]
    below = next((at for at, line in enumerate(lines) if _ONLY_AN_ADDRESS.match(line)), -1)
    if below >= 0 and (said := next((line for line in lines[below + 1 :] if line), None)):
        return said
    return " ".join([line for line in lines if line][:3])
