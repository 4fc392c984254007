"""The demo's partners: they read their mail, open their link, and fill in the page. They see nothing else.

An HTTP client of its own, because that is what a partner has: never the database.
"""

import email
import email.policy
import html
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

LINK = re.compile(r"http://[^\s<>\"]+/s/[A-Za-z0-9_-]+")
CODE = re.compile(r"(?<!\d)(\d{3}) ?(\d{3})(?!\d)")


class NotUnderstood(Exception):
    """A partner could not find its way: the mail or the page is not as a person needs it."""


@dataclass(frozen=True)
class Letterbox:
    """The folder into which every mail falls."""

    folder: Path

    def mails(self, to: str | None = None) -> list[EmailMessage]:
        """The mails that arrived, the oldest first; those for one address if it is named."""
        found = [read_mail(path) for path in sorted(self.folder.glob("*.eml"))]
        return [mail for mail in found if to is None or str(mail["To"]) == to]

    def count(self) -> int:
        return len(list(self.folder.glob("*.eml")))


def read_mail(path: Path) -> EmailMessage:
    """One caught mail."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: EmailMessage) -> str:
    """What somebody reads who sees text only."""
    part = mail.get_body(preferencelist=("plain",))
    return str(part.get_content()) if part is not None else ""


def link_in(mail: EmailMessage) -> str:
    """The partner's link; raises NotUnderstood."""
    if (found := LINK.search(text_of(mail))) is None:
        raise NotUnderstood("an email without a link")
    return found[0]


def code_in(mail: EmailMessage) -> str:
    """The mail code, as it is printed; raises NotUnderstood."""
    if (found := CODE.search(LINK.sub("", text_of(mail)))) is None:
        raise NotUnderstood("an email without a confirmation code")
    return found[0]


def opens(link: str) -> str:
    """Open a page and return its HTML."""
    with urllib.request.urlopen(link, timeout=20) as answer:
        return str(answer.read().decode())


def signs(mail: EmailMessage, *, visibility: str, representative: str, role: str) -> str:
    """Read the letter and sign it; returns the page that confirms it. Raises NotUnderstood."""
    answer = {"choice": "sign", "visibility": visibility, "representative": representative, "role": role}
    return _answers(mail, answer | {"authorised": "yes"})


def declines(mail: EmailMessage, *, reason: str = "") -> str:
    """Read the letter and decline; returns the page that confirms it. Raises NotUnderstood."""
    return _answers(mail, {"choice": "decline", "reason": reason})


def asks_for_a_change(mail: EmailMessage, *, passage: str, wish: str) -> str:
    """Would sign if a passage changed; returns the page that confirms it. Raises NotUnderstood."""
    return _answers(mail, {"choice": "change", "passage": passage, "wish": wish})


def withdraws(mail: EmailMessage, *, reason: str = "") -> str:
    """Take the signature back; returns the page that confirms it. Raises NotUnderstood."""
    return _answers(mail, {"choice": "withdraw", "reason": reason})


def _answers(mail: EmailMessage, answer: dict[str, str]) -> str:
    """Only what the page asks for is filled in, with the hidden fields it came with."""
    link = link_in(mail)
    page = opens(link)
    for name, value in answer.items():
        if f'name="{name}"' not in page:
            raise NotUnderstood(f"the page has no field {name}")
        if name in {"choice", "visibility"} and f'value="{value}"' not in page:
            raise NotUnderstood(f"the page does not offer {value}")
    form = hidden_fields(page) | answer | {"mail_code": code_in(mail)}
    request = urllib.request.Request(link, urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request, timeout=20) as confirmed:
            return str(confirmed.read().decode())
    except urllib.error.HTTPError as refused:
        raise NotUnderstood(f"the page answered {refused.code} to {answer['choice']}") from None


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's form, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}
