"""`/v/<token>`: a person confirms its voice, sees how it stands, and changes, withdraws or disowns it."""

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker import broker, db
from worker.acts import add_voice, take_back_voice
from worker.models import Member
from worker.state import links, members
from worker.state.links import Holder
from worker.state.refusals import LetterChanged, NoVoice, Refused
from worker.web import responses, voice_form
from worker.web.code_page import Act, CodeForm, CodePage, Problems, Visit

Choice = Literal["add", "change", "withdraw"]


@dataclass(frozen=True)
class MemberForm(CodeForm):
    """What is said, and what is to be done with it."""

    choice: str = ""
    name: str = ""
    country: str = ""
    words: str = ""
    appearance: str = ""
    authorised: str = ""
    read: str = ""  # the meaning of the letter that the page spoke of

    def meaning_read(self) -> int:
        """Whoever does not say it read no later one."""
        return int(self.read) if re.fullmatch("[0-9]{1,6}", self.read) else 1


class MemberPage(CodePage[Member, MemberForm]):
    """Looking changes nothing. Before it is confirmed it shows what was typed last, whoever typed it."""

    model, form, purpose, takes_back = Member, MemberForm, "voice", "what was given"

    def show(self, session: Session, member: Member, visit: Visit[MemberForm]) -> Response:
        return _page(session, member, visit, 422 if visit.problems else 200)

    def first_form(self, member: Member, language: str) -> MemberForm:
        return MemberForm(
            lang=language,
            name=member.name,
            country=member.country,
            words=member.words,
            appearance=member.appearance,
        )

    def problems(self, member: Member, typed: MemberForm) -> dict[str, str]:
        """All of it at once; who only withdraws is asked for nothing else."""
        if typed.choice not in get_args(Choice):
            return {"choice": "voice choice missing"}
        if typed.choice == "withdraw":
            return {}
        found = voice_form.problems(_without_words_put_away(typed, member), member.campaign)
        if typed.choice == "add" and not typed.authorised:
            found["authorised"] = "speaks for itself"
        return found

    def act(self, member: Member, visit: Visit[MemberForm]) -> Act:
        typed, generation = visit.typed, visit.holder.generation
        if typed.choice == "withdraw":
            return lambda session: take_back_voice.withdraw_voice(session, member.id, generation)
        said = voice_form.voice(_without_words_put_away(typed, member), member.campaign, visit.language)
        if typed.choice == "change":
            return lambda session: add_voice.correct_voice(session, member.id, generation, said)
        read = typed.meaning_read()
        return lambda session: add_voice.confirm_voice(session, member.id, generation, said, read=read)

    def take_back(self, holder: Holder) -> Act:
        return lambda session: take_back_voice.withdraw_voice(session, holder.id, holder.generation)

    def done(self, visit: Visit[MemberForm]) -> Response:
        broker.notify("deliver")
        return self.home(visit)

    def refused(self, visit: Visit[MemberForm], refusal: Refused) -> Response:
        """Say why; what was typed is kept where the letter is to be read again."""
        again = replace(visit, typed=replace(visit.typed, authorised=""))
        with db.reading() as session:
            member = links.load_row(session, Member, visit.holder.id)
            if isinstance(refusal, LetterChanged | NoVoice):
                return _page(session, member, again, 409, refusal)
            return _page(session, member, again, 410)


class NotMePage(CodePage[Member, CodeForm]):
    """The second of two steps: the first is the link on the person's page that leads here."""

    model, form, purpose = Member, CodeForm, "voice"

    def show(self, session: Session, member: Member, visit: Visit[CodeForm]) -> Response:
        return _not_me(member, visit)

    def act(self, member: Member, visit: Visit[CodeForm]) -> Act:
        return lambda session: take_back_voice.disown_voice(session, member.id, visit.holder.generation)

    def done(self, visit: Visit[CodeForm]) -> Response:
        """A page and no redirect: the link is revoked now."""
        with db.reading() as session:
            return _not_me(links.load_row(session, Member, visit.holder.id), replace(visit, token="", done=True))


def offered_to(member: Member) -> list[Choice]:
    """What may be done; to take a voice back is never closed."""
    campaign = member.campaign
    if campaign.cancelled_at is not None or campaign.erased_at is not None:
        return []
    if member.stands and members.counts_for(member, campaign):
        return ["change", "withdraw"]
    may_add = members.can_add_voice(campaign) and not campaign.drops(member.email)
    offered: list[Choice] = ["add"] if may_add else []
    return [*offered, "withdraw"] if member.stands else offered


def _without_words_put_away(typed: MemberForm, member: Member) -> MemberForm:
    """Whoever chooses to be counted sees its own words no more: those that it did not change go."""
    put_away = typed.appearance != "named" and voice_form.repeats(typed.words, member.words)
    return replace(typed, words="") if put_away else typed


def _page(
    session: Session, member: Member, visit: Visit[MemberForm], status: int, refusal: Refused | None = None
) -> Response:
    if not member.email:
        raise HTTPException(404)  # it was never confirmed, and what was typed is erased
    campaign, offered = member.campaign, offered_to(member)
    typed, shown = visit.typed, visit.problems
    if not typed.choice and len(offered) == 1:
        typed = replace(typed, choice=offered[0])
    return responses.show(
        "member/page.html",
        visit.language,
        status,
        campaign=campaign,
        member=member,
        own_language=visit.holder.language,
        token=visit.token,
        addressee=campaign.letter.addressees[0].name_in(visit.language),
        counts=members.counts_for(member, campaign),
        was_named=members.was_named(session, member),
        offered=offered,
        typed=typed,
        problems=_in_order(shown),
        letter_changed=isinstance(refusal, LetterChanged),
        no_voice=isinstance(refusal, NoVoice),
        max_words=voice_form.MAX_WORDS,
    )


def _in_order(problems: Problems) -> Problems:
    """As the fields stand on the page, so that the first one named is the first one met."""
    order = ("choice", "name", "country", "appearance", "words", "authorised", "mail_code")
    return {field: problems[field] for field in order if field in problems}


def _not_me(member: Member, visit: Visit[CodeForm]) -> Response:
    return responses.show(
        "member/not_me.html",
        visit.language,
        422 if visit.problems else 200,
        campaign=member.campaign,
        member=member,
        own_language=visit.holder.language,
        token=visit.token,
        typed=visit.typed,
        problems=visit.problems,
        done=visit.done,
    )
