"""Whoever has a mail of ours: with its link and code it can do all that its page offers, whoever it is."""

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage

from tests.servers import TIMEOUT_S
from tests.stage import post
from worker.cli.demo import partner as player

CODE = re.compile(r"code: *([\w -]*\w)", re.IGNORECASE)


def words(mail: EmailMessage) -> str:
    """What somebody reads who sees text only, on one line."""
    return " ".join(player.text_of(mail).split())


def links_in(mail: EmailMessage) -> list[str]:
    """All partners' links that stand anywhere in a mail."""
    return list(dict.fromkeys(player.LINK.findall(player.text_of(mail))))


def codes_in(mail: EmailMessage) -> list[str]:
    """All mail codes, as they are printed; where there is one that no guess can end, it is the last."""
    return CODE.findall(player.LINK.sub("", player.text_of(mail)))


def opens(url: str) -> tuple[int, str]:
    """Follow a link: the status and the page."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def living_links_in(mails: list[EmailMessage]) -> list[str]:
    """The links in these mails that open a partner's page."""
    return [link for mail in mails for link in links_in(mail) if opens(link)[0] == 200]


@dataclass(frozen=True)
class Holder:
    """Acts by the link and the code of one mail, in the language of one page."""

    mail: EmailMessage
    language: str = ""

    @property
    def link(self) -> str:
        return player.link_in(self.mail)

    @property
    def code(self) -> str:
        return player.code_in(self.mail)

    def page(self, below: str = "") -> str:
        """What the link shows, or the page below it: `/row`, `/pass-on`, `/not-us`."""
        return opens(f"{self.link}{below}{f'?lang={self.language}' if self.language else ''}")[1]

    def posts(self, below: str = "", /, **form: str) -> tuple[int, str]:
        """Send a form with the code and nothing else that was not given."""
        return post(f"{self.link}{below}", {"mail_code": self.code, "lang": self.language} | form)

    def answers(self, choice: str, *, page: str = "", **said: str) -> tuple[int, str]:
        """Fill in the form of a page, of one opened before if it is given, and send it."""
        return self.posts(**player.hidden_fields(page or self.page()), choice=choice, **said)

    def signs(self, visibility: str = "public", *, page: str = "", who: str = "Somebody") -> tuple[int, str]:
        said = {"visibility": visibility, "representative": who, "role": "Chair", "authorised": "yes"}
        return self.answers("sign", page=page, **said)

    def declines(self, *, page: str = "") -> tuple[int, str]:
        return self.answers("decline", page=page)

    def is_to_be_printed(self, **row: str) -> tuple[int, str]:
        """Correct the row under the letter; what is not given stays as the form shows it."""
        shown = re.findall(r'<input id="(\w+)" name="\1" type="text"[^>]*? value="([^"]*)"', self.page("/row"))
        return self.posts("/row", **(dict(shown) | {"mail_code": self.code} | row))

    def passes_on(self, to: str, language: str = "en") -> tuple[int, str]:
        return self.posts("/pass-on", email=to, language=language)

    def says_it_was_not_us(self) -> tuple[int, str]:
        return self.posts("/not-us")

    def presses_unsubscribe(self) -> tuple[int, str]:
        """The button of a mail program: one click, and no code (RFC 8058)."""
        address = str(self.mail["List-Unsubscribe"]).strip().strip("<>")
        return post(address, {"List-Unsubscribe": "One-Click"})

    def asks_for_no_more_mail(self) -> tuple[int, str]:
        """The page behind that button, with the code."""
        address = str(self.mail["List-Unsubscribe"]).strip().strip("<>")
        return post(address, {"mail_code": self.code, "wish": "no more mail"})
