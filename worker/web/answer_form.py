"""The form on a partner's page: what was typed, and what is wrong with it, all at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

from worker.acts import answer
from worker.acts.answer import AnswerInput, Statement
from worker.choices import CHOICES, Choice
from worker.models import Visibility
from worker.state.links import Link
from worker.text import characters
from worker.web.code_page import CodeForm


@dataclass(frozen=True)
class AnswerForm(CodeForm):
    """The fields as they were typed, so that nothing is lost when one of them is wrong."""

    choice: str = ""
    visibility: str = ""
    representative: str = ""
    role: str = ""
    authorised: str = ""
    reason: str = ""
    passage: str = ""
    wish: str = ""
    read: str = ""  # the meaning of the letter that stood on the page
    version: str = ""  # and its version
    stood: str = ""  # the answer that stood on it

    def problems(self, *, reduces: bool = False) -> dict[str, str]:
        """What is wrong beside the code, by field; the sentences are in the template.

        Who only `reduces` its exposure is not asked again who it is.
        """
        return dict(self._what_is_missing(asks_who=self._signs() and not reduces))

    def answer_input(self, partner_id: int, link: Link, language: str) -> AnswerInput:
        """The answer that a form without problems gives."""
        choice = cast(Choice, self.choice)
        visibility = cast(Visibility, self.visibility) if self._signs() else None
        return AnswerInput(partner_id, choice, visibility, self.statement(language), link)

    def meaning_read(self) -> int | None:
        """The meaning of the letter that was read, if the form says it."""
        return _number(self.read)

    def version_read(self) -> int | None:
        """The version of the letter that was read, if the form says it."""
        return _number(self.version)

    def statement(self, language: str) -> Statement:
        """Who speaks, and what beside the choice itself: a reason, or for a change the words and the wish."""
        choice = CHOICES.get(self.choice)
        reason = getattr(self, choice.reason_field) if choice and choice.reason_field else ""
        return Statement(
            representative=_name(self.representative),
            role=_name(self.role),
            reason=_lines(reason),
            language=language,
            passage=_lines(self.passage) if choice and choice.has_passage else "",
            read=self.meaning_read() or 1,  # whoever does not say it read no later one
            version=self.version_read(),
            stood=self.stood,
        )

    def by_field(self, problems: Mapping[str, str]) -> dict[str, str]:
        """The act's problems by the fields of this form: the reason of a change is its `wish` here."""
        choice = CHOICES.get(self.choice)
        own = (choice and choice.reason_field) or "reason"
        fields, codes = {"reason": own}, {"reason missing": f"{own} missing"}
        return {fields.get(field, field): codes.get(code, code) for field, code in problems.items()}

    def _signs(self) -> bool:
        return self.choice in CHOICES and CHOICES[self.choice].signs

    def _what_is_missing(self, *, asks_who: bool) -> Iterator[tuple[str, str]]:
        if self.choice not in CHOICES:
            yield "choice", "choice missing"
        if self._signs() and self.visibility not in get_args(Visibility):
            yield "visibility", "visibility missing"
        typed = replace(self.statement(""), representative=self.representative, role=self.role)
        found = self.by_field(answer.problems(typed, self.choice, names_itself=asks_who))
        yield from ((field, found.pop(field)) for field in ("representative", "role") if field in found)
        if asks_who and not self.authorised:
            yield "authorised", "authorised missing"
        yield from found.items()
        for field in ("reason", "passage", "wish"):  # also one that does not belong to the choice
            if wrong := answer.wrong_with_text(_lines(getattr(self, field))):
                yield field, wrong


def _number(typed: str) -> int | None:
    return int(typed) if re.fullmatch("[0-9]{1,6}", typed) else None


def _lines(typed: str) -> str:
    """A text of several lines as it is kept."""
    return typed.replace("\r\n", "\n").replace("\r", "\n").strip()


def _name(typed: str) -> str:
    """A name or role as it is kept; a dash in a field that need not be filled in says nothing."""
    tidied = characters.tidy(typed)
    return tidied if characters.has_letters(tidied) else ""
