"""The form on a partner's page: what was typed, and what is wrong with it, all at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast, get_args

from worker.acts.answer import Choice, Said, Visibility
from worker.definition import characters
from worker.models import Partner
from worker.web.links import CodeForm

LONGEST_NAME = 200
LONGEST_REASON = 2000


@dataclass(frozen=True)
class AnswerForm(CodeForm):
    """The fields as they were typed, so that nothing is lost when one of them is wrong."""

    choice: str = ""
    visibility: str = ""
    representative: str = ""
    role: str = ""
    authorised: str = ""
    reason: str = ""
    switch: str = ""  # the language in which to show the form again, with all that was typed

    def problems(self, partner: Partner, *, reduces: bool = False) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template.

        Who only `reduces` its exposure is not asked again who it is.
        """
        found = dict(self._what_is_missing(asks_who=self.choice == "sign" and not reduces))
        return found | super().problems(partner)

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
