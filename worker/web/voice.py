"""`/c/<slug>/voice`: a person types its address, to which we write, and what it says of itself."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import broker, db
from worker.acts import add_voice
from worker.models import Campaign
from worker.state import members
from worker.state.campaigns import find_campaign
from worker.state.refusals import Closed, InPanic, TooManyAtOnce
from worker.text import addresses
from worker.web import forms, responses, voice_form
from worker.web.key_gate import require_key
from worker.web.origins import Origins

AN_HOUR = "3600"  # seconds, as a header has them


@dataclass(frozen=True)
class VoiceForm:
    """The fields as they were typed."""

    name: str = ""
    email: str = ""
    country: str = ""
    words: str = ""
    appearance: str = "counted"
    lang: str = ""
    switch: str = ""  # the language in which to show the form again, with all that was typed

    @classmethod
    def from_form(cls, sent: dict[str, str]) -> "VoiceForm":
        """Take what we know out of a form; what is not there is as in an empty one."""
        return cls(**{name: sent[name] for name in cls.__dataclass_fields__ if name in sent})

    def problems(self, campaign: Campaign) -> dict[str, str]:
        """What is wrong, by field in the order of the page."""
        found = voice_form.problems(self, campaign)
        if wrong := forms.wrong_with_address(self.email):
            found["email"] = wrong
        return {field: found[field] for field in self.__dataclass_fields__ if field in found}


class VoicePage(HTTPEndpoint):
    """Whoever types an address is told the same whether a mail goes or not: nobody learns what we know of it."""

    async def get(self, request: Request) -> Response:
        slug, language = request.path_params["slug"], request.query_params.get("lang", "")
        return await run_in_threadpool(_page, slug, VoiceForm(lang=language))

    async def post(self, request: Request) -> Response:
        slug, typed = request.path_params["slug"], VoiceForm.from_form(await forms.read_form(request))
        if typed.switch:
            return await run_in_threadpool(_page, slug, replace(typed, lang=typed.switch))
        host = request.client.host if request.client else ""
        return await run_in_threadpool(_asks, slug, typed, request.app.state.origins_of_voices, host)


def _page(
    slug: str, typed: VoiceForm, problems: dict[str, str] | None = None, *, done: bool = False, crowded: bool = False
) -> Response:
    with db.reading() as session:
        campaign = _with_voices(session, slug)
        closed = not members.can_add_voice(campaign)
        page = responses.show(
            "public/voice.html",
            _language(typed, campaign),
            429 if crowded else 410 if closed else 422 if problems else 200,
            campaign=campaign,
            addressee=campaign.letter.addressees[0].name_in(_language(typed, campaign)),
            typed=typed,
            problems=problems or {},
            closed=closed,
            done=done,
            crowded=crowded,
            max_words=voice_form.MAX_WORDS,
        )
    if crowded:
        page.headers["Retry-After"] = AN_HOUR
    return page


def _asks(slug: str, typed: VoiceForm, origins: Origins, host: str) -> Response:
    with db.reading() as session:
        campaign = _with_voices(session, slug)
    if problems := typed.problems(campaign):
        return _page(slug, typed, problems)
    require_key()
    email, before = addresses.normalize(typed.email.strip())[0], origins.note(campaign.id, host)
    said = voice_form.voice(typed, campaign, _language(typed, campaign))
    try:
        with db.transaction() as session:
            add_voice.ask_for_voice(session, campaign.id, email, said, of_its_origin=before)
        broker.notify("deliver")
    except InPanic:
        raise HTTPException(404) from None
    except TooManyAtOnce:
        return _page(slug, typed, crowded=True)
    except Closed:
        return _page(slug, typed)  # which says that it is too late
    return _page(slug, typed, done=True)


def _with_voices(session: Session, slug: str) -> Campaign:
    """A campaign to which persons may add their voices, or might before that was stopped."""
    campaign = find_campaign(session, slug)
    if campaign is None or campaign.members == "closed" or not campaign.is_public or campaign.erased_at is not None:
        raise HTTPException(404)
    return campaign


def _language(typed: VoiceForm, campaign: Campaign) -> str:
    return responses.choose_language(typed.lang, campaign.authentic)
