"""What the pages behind a link and a mail code share: look the link up, check the code, act once, answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Generic, Self, TypeVar

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db, tokens
from worker.state.refusals import LinkRevoked, Refused
from worker.tokens import Linked, Purpose
from worker.web import forms, link_auth, responses
from worker.web.code_throttle import CodeThrottle, Guessed
from worker.web.link_auth import Holder, Owner

WRONG_CODE_DELAY_S = 1.0  # seconds; for how long it holds its slot `code_throttle` says
CODE_MISSING, CODE_WRONG = "mail code missing", "mail code wrong"

Act = Callable[[Session], object]
Problems = Mapping[str, str | Refused]


@dataclass(frozen=True)
class CodeForm:
    """A form that asks for the mail code; a robot that presses every button does not know it."""

    mail_code: str = ""
    lang: str = ""
    switch: str = ""  # the language in which to show the form again, with all that was typed

    @classmethod
    def from_form(cls, sent: dict[str, str]) -> Self:
        """Take what we know out of a form; what is not there is empty."""
        return cls(**{field.name: sent.get(field.name, "") for field in fields(cls)})

    def wrong_with_code(self, linked: Linked) -> str:
        """What is wrong with the mail code that was typed, in the word that the templates know; empty if nothing."""
        if not self.mail_code.strip():
            return CODE_MISSING
        return "" if tokens.is_mail_code(linked, self.mail_code) else CODE_WRONG


Form = TypeVar("Form", bound=CodeForm)


@dataclass(frozen=True)
class Visit(Generic[Form]):
    """One request behind a link: whose link it is, what was typed, what is wrong with it, and whether it is done."""

    token: str
    holder: Holder
    typed: Form
    problems: Problems = field(default_factory=dict)
    """By field, as a code or the act's refusal; the sentences are in `wording/problems.py`."""
    done: bool = False

    @property
    def language(self) -> str:
        """The one that was asked for if pages speak it, else the holder's."""
        return responses.choose_language(self.typed.lang, self.holder.language)


class CodePage(HTTPEndpoint, Generic[Owner, Form]):
    """A page whose `get` shows a form, and whose `post` does what the form asks for if its mail code is right.

    A page says of itself: the `purpose` of its links and the `model` of those who hold them, its `form`, and the
    functions from `show` to `refused`. Everything else stands here.
    """

    model: type[Owner]
    form: type[Form]
    purpose: Purpose = "sign"

    def show(self, session: Session, owner: Owner, visit: Visit[Form]) -> Response:
        """The page with its form; or, where there is nothing to ask, the way `home`."""
        raise NotImplementedError

    def first_form(self, owner: Owner, language: str) -> Form:
        """The form as it is first seen."""
        return self.form(lang=language)

    def problems(self, owner: Owner, typed: Form) -> dict[str, str]:
        """What is wrong with a form beside its code, by field."""
        return {}

    def act(self, owner: Owner, visit: Visit[Form]) -> Act:
        """What a form without problems asks for, to be done in a transaction, where it checks the link again."""
        raise NotImplementedError

    def done(self, visit: Visit[Form]) -> Response:
        """Tell the queue what was done, and answer."""
        return self.home(visit)

    def refused(self, visit: Visit[Form], refusal: Refused) -> Response:
        """Answer what the act refused; the partner's page says how things stand."""
        return self.home(visit)

    def home(self, visit: Visit[Form], below: str = "") -> Response:
        """Lead to the page of the link itself, or one below it. By GET, so that a reload sends nothing again."""
        query = "" if visit.language == visit.holder.language else f"?lang={visit.language}"
        return RedirectResponse(f"/{tokens.PATHS[self.purpose]}/{visit.token}{below}{query}", 303)

    def look(self, visit: Visit[Form]) -> Response:
        """Show the page as it stands now."""
        with db.reading() as session:
            return self.show(session, link_auth.load_owner(session, self.model, visit.holder), visit)

    async def get(self, request: Request) -> Response:
        """Show the form. Looking changes nothing: mail scanners open every link."""
        holder = await self.holder(request)
        wanted = request.query_params.get("lang", "")
        return await run_in_threadpool(self._first_look, request.path_params["token"], holder, wanted)

    async def post(self, request: Request) -> Response:
        """Take the form."""
        return await self.take_form(request, await forms.read_form(request))

    async def holder(self, request: Request) -> Holder:
        """Whose link was opened; ends in 404."""
        return await link_auth.find_holder(request.path_params["token"], self.purpose)

    async def take_form(self, request: Request, sent: dict[str, str]) -> Response:
        """Show the form in another language, or answer it: a wrong code takes a second, too many are not looked at.

        No thread and no lock is held for that second, and whoever knows the code does not wait.
        """
        typed = self.form.from_form(sent)
        visit = Visit(request.path_params["token"], await self.holder(request), typed)
        if typed.switch:
            return await run_in_threadpool(self.look, replace(visit, typed=replace(typed, lang=typed.switch)))
        if wrong := typed.wrong_with_code(visit.holder):
            visit = replace(visit, problems={"mail_code": wrong})
        throttle: CodeThrottle = request.app.state.throttle
        guessed = Guessed(visit.holder.kind, visit.holder.id)
        # Nothing is awaited from here to the note, so that guesses sent at the same moment do not pass together.
        if throttle.is_blocked(guessed):
            return await run_in_threadpool(responses.apology, "too many", {"Retry-After": "60"})
        if wrong != CODE_WRONG:
            return await self.answer(visit)
        throttle.note(guessed)
        response = await self.answer(visit)
        await asyncio.sleep(WRONG_CODE_DELAY_S)
        return response

    async def answer(self, visit: Visit[Form]) -> Response:
        """What came of a form whose code was checked."""
        try:
            return await self.take(visit)
        except LinkRevoked:
            raise HTTPException(404) from None
        except Refused as refusal:
            return await run_in_threadpool(self.refused, visit, refusal)

    async def take(self, visit: Visit[Form]) -> Response:
        """Say what is wrong, or act; raises what the act raises."""
        return await run_in_threadpool(self._take, visit)

    def _take(self, visit: Visit[Form]) -> Response:
        with db.reading() as session:
            owner = link_auth.load_owner(session, self.model, visit.holder)
            if problems := {**self.problems(owner, visit.typed), **visit.problems}:
                return self.show(session, owner, replace(visit, problems=problems))
            act = self.act(owner, visit)
        with db.transaction() as session:
            act(session)
        return self.done(visit)

    def _first_look(self, token: str, holder: Holder, wanted: str) -> Response:
        with db.reading() as session:
            owner = link_auth.load_owner(session, self.model, holder)
            typed = self.first_form(owner, responses.choose_language(wanted, holder.language))
            return self.show(session, owner, Visit(token, holder, typed))
