"""A relay's reply in words: explained to an organizer, and redacted before it is stored or shown."""

import re
import unicodedata
from collections.abc import Callable

from worker.text.marks import O_

# What a refusal says, for people: by the whole enhanced status code, by its subject and detail in either class, by
# class and subject, by the basic code, by the class; the first that is found (RFC 3463, RFC 5321 section 4.2.3,
# https://www.iana.org/assignments/smtp-enhanced-status-codes). Two of one sentence stand together.
_LATER, _DOES_NOT_UNDERSTAND = (
    O_("%(server)s asks to come back later"),
    O_("%(server)s does not understand what we say"),
)
_NO_SUCH_DOMAIN, _OUR_SENDER = (
    O_("the domain does not exist or takes no mail"),
    O_("%(server)s does not accept our sender"),
)
_TOO_LARGE, _NOT_SUCH_A_ONE = O_("the message is too large"), O_("the recipient's server does not take such a message")
_LATIN_ONLY = O_("%(server)s takes only unaccented Latin letters in an address")
_OUR_LOGIN, _ENCRYPTION = O_("%(server)s does not accept our login"), O_("%(server)s demands encryption")
_MEANINGS = {
    "4.1.1": _LATER,
    "4.2.1": O_("the mailbox takes no mail for now"),
    "4.4.1": O_("the recipient's server does not answer for now"),
    "4.7.0": _LATER,
    "4.7.1": _LATER,
    "x.1.1": O_("the mailbox does not exist"),
    "x.1.2": _NO_SUCH_DOMAIN,
    "x.1.3": O_("this is not an email address"),
    "x.1.4": O_("the address fits more than one mailbox"),
    "x.1.6": O_("the mailbox has moved and left no new address"),
    "x.1.7": _OUR_SENDER,
    "x.1.8": _OUR_SENDER,
    "x.1.10": _NO_SUCH_DOMAIN,
    "x.2.1": O_("the mailbox is switched off"),
    "x.2.2": O_("the mailbox is full"),
    "x.2.3": _TOO_LARGE,
    "x.2.4": O_("the mailing list behind the address is broken"),
    "x.3.1": O_("the recipient's server is full"),
    "x.3.2": O_("the recipient's server takes no mail for now"),
    "x.3.3": _NOT_SUCH_A_ONE,
    "x.3.4": _TOO_LARGE,
    "x.3.5": O_("%(server)s is not set up rightly"),
    "x.4.1": O_("the recipient's server does not answer"),
    "x.4.2": O_("the connection to the recipient's server broke"),
    "x.4.3": O_("the recipient's domain cannot be looked up"),
    "x.4.4": O_("%(server)s finds no way to the recipient's domain"),
    "x.4.5": O_("%(server)s is overloaded"),
    "x.4.6": O_("the mail goes round in circles between servers"),
    "x.4.7": O_("the recipient's server was not reached in time"),
    "x.5.1": _DOES_NOT_UNDERSTAND,
    "x.5.2": _DOES_NOT_UNDERSTAND,
    "x.5.3": O_("%(server)s takes fewer recipients at a time"),
    "x.5.4": _DOES_NOT_UNDERSTAND,
    "x.5.5": _DOES_NOT_UNDERSTAND,
    "x.6.1": _NOT_SUCH_A_ONE,
    "x.6.2": _NOT_SUCH_A_ONE,
    "x.6.3": _NOT_SUCH_A_ONE,
    "x.6.6": _NOT_SUCH_A_ONE,
    "x.6.7": _LATIN_ONLY,
    "x.6.8": _LATIN_ONLY,
    "x.6.9": _LATIN_ONLY,
    "x.7.1": O_("%(server)s does not accept our mail"),
    "x.7.2": O_("the mailing list takes no mail from us"),
    "x.7.4": _ENCRYPTION,
    "x.7.5": _ENCRYPTION,
    "x.7.8": _OUR_LOGIN,
    "x.7.9": O_("our way to log in is too weak for %(server)s"),
    "x.7.10": _ENCRYPTION,
    "x.7.11": _ENCRYPTION,
    "x.7.12": O_("%(server)s demands a new password"),
    "x.7.13": O_("our account at %(server)s is switched off"),
    "x.7.17": O_("the mailbox belongs to somebody else now"),
    "x.7.18": O_("the domain belongs to somebody else now"),
    "x.7.20": O_("the mail is not signed as the recipient's server demands"),
    "x.7.21": O_("the mail is not signed as the recipient's server demands"),
    "x.7.22": O_("the mail is not signed as the recipient's server demands"),
    "x.7.23": O_("our domain does not name %(server)s as one that may send for it"),
    "x.7.24": O_("our domain does not name %(server)s as one that may send for it"),
    "x.7.25": O_("%(server)s's own name and address do not agree"),
    "x.7.26": O_("the mail does not prove that it comes from our domain"),
    "x.7.27": _OUR_SENDER,
    "x.7.28": O_("we sent too many mails in a short time"),
    "x.7.30": _ENCRYPTION,
    "4.7.x": _LATER,
    "5.5.x": _DOES_NOT_UNDERSTAND,
    "5.6.x": _NOT_SUCH_A_ONE,
    "5.7.x": O_("%(server)s does not accept our mail"),
    "421": _LATER,
    "450": _LATER,
    "451": O_("%(server)s has trouble of its own for now"),
    "452": O_("%(server)s is short of room for now"),
    "454": O_("%(server)s cannot check our login for now"),
    "500": _DOES_NOT_UNDERSTAND,
    "501": _DOES_NOT_UNDERSTAND,
    "502": _DOES_NOT_UNDERSTAND,
    "503": _DOES_NOT_UNDERSTAND,
    "504": _DOES_NOT_UNDERSTAND,
    "521": _NO_SUCH_DOMAIN,
    "530": O_("%(server)s demands a login or encryption first"),
    "534": O_("our way to log in is too weak for %(server)s"),
    "535": _OUR_LOGIN,
    "538": _ENCRYPTION,
    "550": O_("the mailbox does not exist or takes no mail from us"),
    "551": O_("the mailbox has moved"),
    "552": O_("the mailbox is full or the message is too large"),
    "553": O_("%(server)s does not accept the address"),
    "555": _DOES_NOT_UNDERSTAND,
    "556": _NO_SUCH_DOMAIN,
    "2": O_("the relay took it"),
    "4": O_("%(server)s put it off"),
    "5": O_("%(server)s refused it"),
}
_STORED = re.compile(r"(?P<code>(?P<kind>[245])\d\d)(?: (?P=kind)\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3}))?(?!\S)")
_STATUS_ALONE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


# Where a code alone says too little or too much, the server's own words do. The first that is found.
_VAGUE = {"1.0", "1.10", "3.0", "4.1", "5.0", "7.0", "7.1", None}  # subject and detail
_BY_WORDS = [
    (
        re.compile(r"\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated (mail|e-?mail|message)", re.IGNORECASE),
        _MEANINGS["x.7.26"],
    ),
    (re.compile(r"over ?quota|quota exceeded|mailbox (is )?full|out of storage", re.IGNORECASE), _MEANINGS["x.2.2"]),
    (
        re.compile(
            r"no such (user|recipient|mailbox|person)|(unknown|invalid) (user|recipient|mailbox)|recipient ?not ?found"
            r"|(user|recipient|mailbox) (is )?(unknown|not found)|recipient address rejected: access denied"
            r"|(user|recipient|mailbox|account)[^.]{0,60} (does not|doesn't) exist",
            re.IGNORECASE,
        ),
        _MEANINGS["x.1.1"],
    ),
    (
        re.compile(
            r"\bspam\b|unsolicited|black ?list|block ?list|blocked using|\breputation\b|rejected.{0,30} content",
            re.IGNORECASE,
        ),
        O_("the recipient's server takes our mail for spam"),
    ),
]


def explain_reply(
    reply: str, *, reported: bool = False, given_up: bool = False, translate: Callable[[str], str] = str
) -> str:
    """What a stored reply tells an organizer: one sentence without a full stop; our own sentences stay as they are.

    `reported`: it is of a server behind our relay, and stood in a delivery report. `given_up`: nobody tries any more,
    so that what was to pass has not passed in time.
    """
    found = _meaning(reply, reported=reported, given_up=given_up)
    if found is None:
        return reply
    return translate(found) % {"server": translate(_THEIR_SERVER if reported else _OUR_RELAY)}


_OUR_RELAY, _THEIR_SERVER = O_("the relay"), O_("the recipient's server")


def _meaning(reply: str, *, reported: bool, given_up: bool) -> str | None:
    """Null for what is no reply of a server."""
    found = _STORED.match(f"{reply[0]}99 {reply}" if _STATUS_ALONE.fullmatch(reply) else reply)
    if found is None:
        return None
    code, kind, subject, detail = found["code"], found["kind"], found["subject"], found["detail"]
    if kind == "2":
        return _MEANINGS[kind]
    if (f"{subject}.{detail}" if subject else None) in _VAGUE and kind == "5":
        for words, meaning in _BY_WORDS:
            if words.search(reply):
                return meaning
    keys = (f"{kind}.{subject}.{detail}", f"x.{subject}.{detail}", f"{kind}.{subject}.x", code, kind)
    tables = (_REPORTED, _MEANINGS) if reported else (_MEANINGS,)
    said = next(known[key] for key in keys for known in tables if key in known)
    if given_up:
        said = _GIVEN_UP.get(said, said)
    return said


_GIVEN_UP = {
    _LATER: O_("%(server)s did not accept it in time"),
    _MEANINGS["4.2.1"]: O_("the mailbox took no mail in that time"),
    _MEANINGS["4.4.1"]: O_("the recipient's server did not answer in that time"),
    _MEANINGS["x.3.2"]: O_("the recipient's server took no mail in that time"),
    _MEANINGS["451"]: O_("%(server)s had trouble of its own in that time"),
    _MEANINGS["452"]: O_("%(server)s was short of room in that time"),
    _MEANINGS["454"]: O_("%(server)s could not check our login in that time"),
    _MEANINGS["4"]: O_("%(server)s did not accept it in time"),
}


# What a code of the recipient's own server says, where our relay's would say something else.
_NOT_ALLOWED = O_("the recipient's server does not allow this mail")
_REPORTED = {
    "x.1.10": O_("the address does not exist, or its domain takes no mail"),
    "x.3.5": O_("the recipient's server is not set up rightly"),
    "x.7.1": _NOT_ALLOWED,
    "x.7.0": _NOT_ALLOWED,
    "5.7.x": _NOT_ALLOWED,
}


# A relay's own words, which may also be the name of a mailbox: hiding them would turn its meaning.
_COMMON_WORDS = {
    "address",
    "admin",
    "contact",
    "host",
    "info",
    "mail",
    "mailbox",
    "office",
    "recipient",
    "user",
}
_PART = r"""[^\s<>()\[\],;:"'@]"""
_ADDRESS = re.compile(rf"""<?(?:"[^"]{{0,64}}"|(?<!{_PART}){_PART}*+)(?:@{_PART}*+)++>?""")
_LINK_OF_A_PARTNER = re.compile(r"/[su]/[\w-]{20,}")


def without_recipient(text: str, recipient: str) -> str:
    if not recipient:
        return text
    name = recipient.rpartition("@")[0]
    if text.isascii() and name.isascii() and name.lower() not in text.lower():
        return text  # nearly always: a pattern for one recipient costs more than sending it a mail
    text = re.sub(rf"<?{re.escape(recipient)}>?", "<address>", text, flags=re.IGNORECASE)
    if len(name) < 3 or name.lower() in _COMMON_WORDS:
        return text
    return re.sub(rf"(?<![\w@]){re.escape(name)}(?![\w@])", "<address>", text, flags=re.IGNORECASE)


def visible(text: str) -> str:
    """The same without characters that nobody sees; each kind of space is a blank."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")


def redact(text: str) -> str:
    text = visible(text)
    if "@" in text:
        text = _ADDRESS.sub("<address>", text)
    text = _LINK_OF_A_PARTNER.sub("/<link>", text)
    words = ("<address>" if "%40" in word else word for word in text.split())
    return " ".join(words)[:500]
