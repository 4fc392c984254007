"""What the pages behind a link and a mail code share: look the link up, check the code, act once, answer."""

import asyncio
import functools
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Generic, Self, TypeVar

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import broker, db, tokens
from worker.acts import check_code
from worker.acts.check_code import SixDigits, Verdict
from worker.models import MAX_WRONG_CODES, CodeHolder, Member, Partner, ThirdPartyAddress
from worker.state.links import Holder, Owner
from worker.state.refusals import InPanic, LinkRevoked, Refused
from worker.tokens import Purpose
from worker.web import forms, link_auth, not_now, responses
from worker.web.batching import Batcher
from worker.web.link_auth import NotNow
from worker.web.not_now import FIELD, TakesBack

WRONG_CODE_DELAY_S = 1.0  # seconds
PAGES_AT_ONCE = 2  # that say that a code was wrong, in one process: the other threads are for who knows it
CODE_MISSING, CODE_WRONG = "mail code missing", "mail code wrong"
CODE_SPENT, LONG_CODE_WRONG = "mail code spent", "long code wrong"

_WORDS: dict[Verdict, str] = {"right": "", "wrong": CODE_WRONG, "last": CODE_SPENT, "spent": CODE_SPENT}

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
    digits: SixDigits | None = None
    """What the act still has to compare; null if the code is known to be right, or wrong."""

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

    takes_back: TakesBack | None = None
    """What its link takes back while the campaign is in panic and its page is not shown; null if nothing."""

    def take_back(self, holder: Holder) -> Act:
        """What does so; it changes nothing where there is nothing to take back."""
        raise NotImplementedError

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
        """Show the form in another language, or answer it; that its code was wrong is said after a second.

        No thread, no connection and no lock is held for that second, and whoever knows the code does not wait.
        """
        typed = self.form.from_form(sent)
        try:
            visit = Visit(request.path_params["token"], await self.holder(request), typed)
        except NotNow as refused:
            if refused.holder is None or self.takes_back is None or FIELD not in sent:
                raise
            return await self._take_back_in_panic(request, refused.holder, typed)
        if typed.switch:
            return await run_in_threadpool(self.look, replace(visit, typed=replace(typed, lang=typed.switch)))
        try:
            return await self.answer_if_right(visit)
        except WrongCode as wrong:
            visit = replace(visit, problems={"mail_code": wrong.word})
        if not typed.mail_code.strip():
            return await self.answer(visit)
        await asyncio.sleep(WRONG_CODE_DELAY_S)
        async with _narrow_lane():
            return await self.answer(visit)

    async def _take_back_in_panic(self, request: Request, holder: Holder, typed: Form) -> Response:
        """The form of the page that is shown in panic: it tells nothing but whether the code was right."""
        show = functools.partial(
            not_now.page,
            request.url.path,
            responses.choose_language(typed.lang, holder.language),
            holder,
            self.takes_back,
        )
        if wrong := await wrong_with_code(holder, typed.mail_code):
            if typed.mail_code.strip():
                await asyncio.sleep(WRONG_CODE_DELAY_S)
            return await run_in_threadpool(show, problems={"mail_code": wrong})
        await self.take_back_at_once(holder)
        return await run_in_threadpool(show, done=True)

    async def take_back_at_once(self, holder: Holder) -> None:
        """Do what the link takes back; ends in 404 if it was revoked since."""
        try:
            await run_in_threadpool(_in_transaction, self.take_back(holder))
        except LinkRevoked:
            raise HTTPException(404) from None
        broker.notify("record", holder.campaign_id)

    async def answer_if_right(self, visit: Visit[Form]) -> Response:
        """What came of a form whose code is right. Raises WrongCode."""
        if wrong := await wrong_with_code(visit.holder, visit.typed.mail_code):
            raise WrongCode(wrong)
        return await self.answer(visit)

    async def answer(self, visit: Visit[Form]) -> Response:
        """What came of a form whose code was checked, or is as it acts."""
        try:
            return await self.take(visit)
        except LinkRevoked:
            raise HTTPException(404) from None
        except InPanic:  # it began since the link was looked up
            raise NotNow(visit.holder.language, visit.holder) from None
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


def _in_transaction(act: Act) -> None:
    with db.transaction() as session:
        act(session)


class WrongCode(Exception):
    """The code that was typed is not the one of its mail."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word

    @classmethod
    def judged(cls, verdict: Verdict) -> "WrongCode | None":
        """What a comparison found; null if the code was right."""
        return cls(_WORDS[verdict]) if _WORDS[verdict] else None


def six_digits(holder: Holder, typed: str) -> SixDigits | None:
    """What was typed, if it has six digits and those of this holder are still compared."""
    if holder.wrong_codes >= MAX_WRONG_CODES or tokens.kind_of_code(typed) != "mail code":
        return None
    return SixDigits(holder.id, holder.ref, holder.generation, typed)


async def wrong_with_code(holder: Holder, typed: str) -> str:
    """What is wrong with the code that was typed, in the word that the templates know; empty if nothing.

    The long code is compared at any time. Six digits are compared, and wrong ones counted, together with others that
    come at the same time; nothing else is a guess.
    """
    takes_six_digits = holder.wrong_codes < MAX_WRONG_CODES
    if not typed.strip():
        return CODE_MISSING if takes_six_digits else CODE_SPENT
    kind = tokens.kind_of_code(typed)
    if kind == "long code":
        return "" if tokens.is_long_code(holder, typed) else LONG_CODE_WRONG
    if not takes_six_digits:
        return CODE_SPENT
    if (digits := six_digits(holder, typed)) is None:
        return CODE_WRONG
    return _WORDS[await _codes[holder.kind].ask(digits)]


def _check(model: type[CodeHolder], given: Sequence[SixDigits]) -> Sequence[Verdict | Exception]:
    """Compare and count a group; if what is wrong cannot be counted, who typed the right digits does not pay for it."""
    verdicts: list[Verdict] = []
    try:
        with db.transaction() as session:
            verdicts = check_code.compare_codes(session, model, given)
            check_code.count_wrong(session, model, given, verdicts)
    except Exception as error:
        if not verdicts:
            raise
        return [verdict if verdict == "right" else error for verdict in verdicts]
    if "last" in verdicts:
        broker.notify("deliver")
    return verdicts


_codes: dict[str, Batcher[SixDigits, Verdict]] = {
    "partner": Batcher(functools.partial(_check, Partner)),
    "applicant": Batcher(functools.partial(_check, ThirdPartyAddress)),
    "member": Batcher(functools.partial(_check, Member)),
}
_lanes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


def _narrow_lane() -> asyncio.Semaphore:
    """Through which those go who wait to hear that their code was wrong."""
    return _lanes.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(PAGES_AT_ONCE))
