"""The form on a partner's page: what was typed, and what is wrong with it, all at once."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import cast, get_args

from worker import tokens
from worker.acts.answer import Choice, Said, Visibility
from worker.definition import characters
from worker.models import Partner

LONGEST_NAME = 200
LONGEST_REASON = 2000


@dataclass(frozen=True)
class AnswerForm:
    """The fields as they were typed, so that nothing is lost when one of them is wrong."""

    choice: str = ""
    visibility: str = ""
    representative: str = ""
    role: str = ""
    authorised: str = ""
    mail_code: str = ""
    reason: str = ""
    lang: str = ""
    switch: str = ""  # the language in which to show the form again, with all that was typed

    @classmethod
    def of(cls, sent: dict[str, str]) -> "AnswerForm":
        """Take what we know out of a form; what is not there is empty."""
        return cls(**{field.name: sent.get(field.name, "") for field in fields(cls)})

    def has_wrong_code(self, partner: Partner) -> bool:
        """Whether a mail code was typed that is not the partner's."""
        return bool(self.mail_code.strip()) and not tokens.is_mail_code(partner, self.mail_code)

    def problems(self, partner: Partner, *, reduces: bool = False) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template.

        Who only `reduces` its exposure is not asked again who it is.
        """
        found = dict(self._what_is_missing(asks_who=self.choice == "sign" and not reduces))
        if not self.mail_code.strip():
            found["mail_code"] = "mail code missing"
        elif self.has_wrong_code(partner):
            found["mail_code"] = "mail code wrong"
        return found

    def known_visibility(self) -> Visibility:
        """The visibility of a form without problems."""
        return cast(Visibility, self.visibility)

    def said(self, language: str) -> Said:
        """Who speaks, and why; a reason belongs to those who do not sign."""
        return Said(
            representative=_name(self.representative),
            role=_name(self.role),
            reason="" if self.choice == "sign" else self._plain_reason().strip(),
            language=language,
        )

    def _what_is_missing(self, *, asks_who: bool) -> Iterator[tuple[str, str]]:
        if self.choice not in get_args(Choice):
            yield "choice", "choice missing"
        if self.choice == "sign" and self.visibility not in get_args(Visibility):
            yield "visibility", "visibility missing"
        for field in ("representative", "role"):
            if problem := _of_name(getattr(self, field), needed=asks_who):
                yield field, f"{field} {problem}"
        if asks_who and not self.authorised:
            yield "authorised", "authorised missing"
        if len(self.reason) > LONGEST_REASON:
            yield "reason", "too long"
        elif any(characters.unfit(self._plain_reason(), allowed="\n\t")):
            yield "reason", "unfit"

    def _plain_reason(self) -> str:
        return self.reason.replace("\r\n", "\n").replace("\r", "\n")


def _name(typed: str) -> str:
    """A name or role as it is kept; a dash in a field that need not be filled in says nothing."""
    tidied = characters.tidy(typed)
    return tidied if characters.has_letters(tidied) else ""


def _of_name(typed: str, *, needed: bool) -> str:
    if needed and not _name(typed):
        return "missing"
    if len(typed) > LONGEST_NAME:
        return "too long"
    return "unfit" if any(characters.unfit(typed.strip())) else ""
