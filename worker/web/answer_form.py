"""The form on a partner's page: what was typed, and what is wrong with it, all at once."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import cast, get_args

from worker import tokens
from worker.acts.answer import Choice, Said, Visibility
from worker.definition import characters
from worker.models import Answer, Partner

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

    @classmethod
    def of(cls, sent: dict[str, str]) -> "AnswerForm":
        """Take what we know out of a form; what is not there is empty."""
        return cls(**{field.name: sent.get(field.name, "") for field in fields(cls)})

    @classmethod
    def beginning_with(cls, standing: Answer | None) -> "AnswerForm":
        """A form in which nothing is chosen; whoever signed before need not type its name again."""
        return cls(representative=standing.representative, role=standing.role) if standing else cls()

    def problems(self, partner: Partner) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template."""
        found = dict(self._what_is_missing())
        if not self.mail_code.strip():
            found["mail_code"] = "mail code missing"
        elif not tokens.is_mail_code(partner, self.mail_code):
            found["mail_code"] = "mail code wrong"
        return found

    def known_visibility(self) -> Visibility:
        """The visibility of a form without problems."""
        return cast(Visibility, self.visibility)

    def said(self, language: str) -> Said:
        """Who speaks, and why; a reason belongs to those who do not sign."""
        return Said(
            representative=characters.tidy(self.representative),
            role=characters.tidy(self.role),
            reason="" if self.choice == "sign" else self._plain_reason().strip(),
            language=language,
        )

    def _what_is_missing(self) -> Iterator[tuple[str, str]]:
        if self.choice not in get_args(Choice):
            yield "choice", "choice missing"
        signs = self.choice == "sign"
        if signs and self.visibility not in get_args(Visibility):
            yield "visibility", "visibility missing"
        for field in ("representative", "role"):
            if problem := _of_name(getattr(self, field), needed=signs):
                yield field, f"{field} {problem}"
        if signs and not self.authorised:
            yield "authorised", "authorised missing"
        if len(self.reason) > LONGEST_REASON:
            yield "reason", "too long"
        elif any(characters.unfit(self._plain_reason(), allowed="\n\t")):
            yield "reason", "unfit"

    def _plain_reason(self) -> str:
        return self.reason.replace("\r\n", "\n").replace("\r", "\n")


def _of_name(typed: str, *, needed: bool) -> str:
    if needed and not characters.tidy(typed):
        return "missing"
    if len(typed) > LONGEST_NAME:
        return "too long"
    return "unfit" if any(characters.unfit(typed.strip())) else ""
