"""A partner's page: reads the link, reads the form, calls the act, and shows what came of it."""

import dataclasses
import functools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, get_args

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from worker import broker, db, tokens
from worker.acts import answer, check_code, contacts, locking
from worker.acts.answer import AnswerInput, Statement, standing_mark
from worker.acts.check_code import SixDigits
from worker.choices import CHOICES, Choice
from worker.models import Answer, Campaign, Contact, Partner
from worker.state import lifecycle, links, members, public_list, signatories
from worker.state.answers import earlier_answer
from worker.state.disclosures import load_disclosure
from worker.state.last_read import Reader, load_first_shown
from worker.state.letters import version_read
from worker.state.lifecycle import Action
from worker.state.links import Holder
from worker.state.positions import Position, load_position
from worker.state.refusals import AnsweredMeanwhile, Closed, LetterChanged, LinkRevoked, NotFilledIn, Refused
from worker.text import dates, names
from worker.web import link_auth, page_cache, responses
from worker.web.answer_form import AnswerForm
from worker.web.batching import Batcher
from worker.web.code_page import Act, CodePage, Problems, Visit, WrongCode, six_digits
from worker.web.page_cache import After, PageTemplate, State
from worker.wording import letter, refusals, templates
from worker.wording.changes import Changes, changes_since

BY_THE_FORM: set[Action] = {*get_args(Choice), "reduce"}


class PartnerPage(CodePage[Partner, AnswerForm]):
    """`/s/<token>`: looking changes nothing, only a complete form with the mail code does."""

    model, form, takes_back = Partner, AnswerForm, "what was given"

    async def get(self, request: Request) -> Response:
        """Show the page, for most of those who only look as it was worded for all of them."""
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        if (seen := await page_cache.page(token, language, _worded_for_all)) is not None:
            return seen
        return await super().get(request)

    async def answer_if_right(self, visit: Visit[AnswerForm]) -> Response:
        """Have the six digits of a form that can be taken compared where the answer is recorded, not before it."""
        digits = None if visit.typed.problems() else six_digits(visit.holder, visit.typed.mail_code)
        if digits is None:
            return await super().answer_if_right(visit)
        return await self.answer(dataclasses.replace(visit, digits=digits))

    async def take(self, visit: Visit[AnswerForm]) -> Response:
        """Say what is wrong, or record the answer together with others that come at the same time."""
        typed, holder = visit.typed, visit.holder
        unfit = visit.digits is None and (typed.problems() or visit.problems)
        if unfit and (page := await run_in_threadpool(self._with_problems, visit)):
            return page
        given = Given(typed.answer_input(holder.id, holder.link, visit.language), visit.digits)
        await _answers_to(holder.campaign_id).ask(given)
        return self.home(visit)  # what it shows comes from the database

    def show(self, session: Session, partner: Partner, visit: Visit[AnswerForm]) -> Response:
        """The letter, what stands, and what can still be said."""
        return _page(session, load_position(session, partner), visit)

    def refused(self, visit: Visit[AnswerForm], refusal: Refused) -> Response:
        """The page with the reason; a letter that changed meanwhile is to be read before one signs."""
        if isinstance(refusal, NotFilledIn):
            return self.look(dataclasses.replace(visit, problems=visit.typed.by_field(refusal.facts["problems"])))
        again = dataclasses.replace(visit.typed, authorised="")
        keeps = isinstance(refusal, LetterChanged | AnsweredMeanwhile)
        typed = again if keeps else AnswerForm(lang=visit.typed.lang)
        with db.reading() as session:
            partner = link_auth.load_owner(session, Partner, visit.holder)
            position = load_position(session, partner)
            return _page(session, position, dataclasses.replace(visit, typed=typed), refusal)

    def take_back(self, holder: Holder) -> Act:
        said = Statement(language=holder.language)
        withdrawn = AnswerInput(holder.id, "withdraw", None, said, holder.link)
        return lambda session: _unless_revoked(answer.record_answers(session, [withdrawn]))

    def _with_problems(self, visit: Visit[AnswerForm]) -> Response | None:
        """The page that says what is wrong; None for one that only reduces its exposure, and need not say who it is."""
        with db.reading() as session:
            partner = link_auth.load_owner(session, Partner, visit.holder)
            position = load_position(session, partner)
            if problems := {**visit.typed.problems(reduces="reduce" in position.offered()), **visit.problems}:
                return _page(session, position, dataclasses.replace(visit, problems=problems))
        return None


def _unless_revoked(results: Sequence[object]) -> None:
    """Whether a signature fell is told nobody; that a link lives no more is."""
    for result in results:
        if isinstance(result, LinkRevoked):
            raise result


def as_seen_by(session: Session, partner: Partner) -> bytes:
    """The page as this partner sees it when it opens its link, in its language."""
    holder = Holder("partner", partner.id, partner.campaign_id, partner.ref, partner.generation, partner.language)
    visit = Visit(tokens.token(partner), holder, AnswerForm(lang=partner.language))
    return bytes(_page(session, load_position(session, partner), visit).body)


def _worded_for_all(partner_id: int, language: str) -> tuple[State, PageTemplate]:
    """A partner's page with marks for what is its own."""
    with db.reading() as session:
        partner = links.load_row(session, Partner, partner_id)
        campaign = partner.campaign
        position = load_position(session, partner)
        view = _view(session, position, language, page_cache.PRINTED)
        after = After.at(campaign, position.stage, position.now, view["disclosed"])
        state = State.from_rows(partner, campaign, position.standing, after, few_are_asked=position.few_are_asked)
        lists_others = signatories.lists_others(campaign, position.stage)
        if lists_others:
            # Others have a slot of their own; whoever happened to sign by now must not be worded for all.
            sheet = dataclasses.replace(view["sheet"], signatories=[page_cache.PRINTED])
            own_place = 0 if signatories.lists_itself(position) else None
            view |= {"sheet": sheet, "own_place": own_place, "more_before": 1}
        reader = SimpleNamespace(
            organization=page_cache.ORGANIZATION,
            takes_mail=partner.takes_mail,
            takes_six_digits=True,
            proposed=None,
        )
        own = {
            "partner": reader,
            "own_language": partner.language,
            "row": page_cache.ROW,
            "token": page_cache.TOKEN,
            "recorded_at": page_cache.RECORDED,
            "stood": page_cache.STOOD,
            "elsewhere": page_cache.ELSEWHERE,
            "through": None,
            "again": page_cache.AGAIN if _could_get_mail_again(partner) else "",
            "has_contacts": False,
        }
        page = templates.page("pages/partner/page.html", language, **view, **own)
        return state, page_cache.split_slots(page, campaign, view["sheet"].language, lists_others=lists_others)


class Given(NamedTuple):
    """An answer, with the six digits that are to be compared first; null where the code is known to be right."""

    answer: AnswerInput
    digits: SixDigits | None


@functools.cache
def _answers_to(campaign_id: int) -> Batcher[Given, None]:
    """Answers to one campaign are recorded together: one transaction for all that came while another was under way."""
    return Batcher(functools.partial(_record, campaign_id), key=lambda given: given.answer.partner_id)


def _record(campaign_id: int, given: Sequence[Given]) -> list[Exception | None]:
    """Compare the codes of a group, record what was given with right ones, and let the workers know once."""
    wrong: dict[int, WrongCode] = {}
    try:
        with db.transaction() as session:
            digits = [one.digits for one in given if one.digits is not None]
            ids = [one.answer.partner_id for one in given]
            partners = locking.lock_partners(session, ids, codes_of=[one.id for one in digits])
            verdicts = check_code.judged(digits, {partner.id: partner.wrong_codes for partner in partners})
            for one, verdict in zip(digits, verdicts, strict=True):
                if judged := WrongCode.judged(verdict):
                    wrong[one.id] = judged
            right = [one.answer for one in given if one.answer.partner_id not in wrong]
            results = dict(zip(right, answer.record_answers(session, right, partners) if right else [], strict=True))
            check_code.count_wrong(session, Partner, digits, verdicts)
    except Exception as error:
        is_away = isinstance(error, db.DATABASE_UNAVAILABLE) and not db.is_deadlock(error)
        if len(given) == 1 or (is_away and not wrong):
            return [error] * len(given)  # the database is as far away for each of them
        # One of them has a fault that nobody foresaw, and the others must not pay for it.
        return [_record(campaign_id, [one])[0] for one in given]
    if "last" in verdicts:
        broker.notify("deliver")
    refused = {given: result if isinstance(result, Refused) else None for given, result in results.items()}
    if None in refused.values():
        broker.notify("record", campaign_id)
    return [wrong.get(one.answer.partner_id) or refused[one.answer] for one in given]


def _page(session: Session, position: Position, visit: Visit[AnswerForm], refusal: Refused | None = None) -> Response:
    """The letter, what stands, and what can still be said; a form that cannot be taken any more is refused."""
    campaign, partner, standing = position.campaign, position.partner, position.standing
    language = visit.language
    if not partner.is_in_list:
        return _taken_out(session, partner, visit)
    row = names.signatory(partner, language, campaign.authentic)
    view = _view(session, position, language, "", visit.typed, visit.problems, refusal, visit.holder.contact_id)
    return responses.show(
        "partner/page.html",
        language,
        422 if view["problems"] else 409 if view["refusal"] else 200,
        partner=partner,
        own_language=visit.holder.language,
        row=row,
        token=visit.token,
        stood=standing_mark(standing.at if standing else None),
        elsewhere=dates.elsewhere(campaign.deadline_at, campaign.zone, partner.country, language),
        through=standing.contact if standing else None,
        again=_link_to_get_mail_again(session, partner, visit),
        has_contacts=visit.holder.contact_id is None and bool(contacts.load_living(session, partner.id)),
        recorded_at=dates.day_and_time(standing.at, campaign.zone, language) if standing else "",
        **view,
    )


def _taken_out(session: Session, partner: Partner, visit: Visit[AnswerForm]) -> Response:
    """That it is not asked any more; of the letter and of what it answered nothing is shown."""
    reader = links.load_contact(session, visit.holder) if visit.holder.contact_id is not None else partner
    return responses.show(
        "taken_out.html",
        visit.language,
        campaign=partner.campaign,
        partner=partner,
        own_language=visit.holder.language,
        token=visit.token,
        stop="" if reader is None or reader.quiet_at else f"/{tokens.PATHS['quiet']}/{tokens.token(reader, 'quiet')}",
    )


def _link_to_get_mail_again(session: Session, partner: Partner, visit: Visit[AnswerForm]) -> str:
    """Where a reader that asked for no more mail gets it again; empty for one that gets it."""
    reader = links.load_contact(session, visit.holder) or partner
    if not _could_get_mail_again(reader) or partner.silenced_at is not None:
        return ""
    return f"/{tokens.PATHS['quiet']}/{tokens.token(reader, 'quiet')}"


def _could_get_mail_again(reader: Partner | Contact) -> bool:
    return reader.quiet_at is not None and reader.email_hmac is not None


def _view(
    session: Session,
    position: Position,
    language: str,
    printed_as: str,
    typed: AnswerForm | None = None,
    problems: Problems | None = None,
    refusal: Refused | None = None,
    contact_id: int | None = None,
) -> dict[str, Any]:
    """All that the page says but for the reader's own words; `printed_as` stands for its row under the letter."""
    campaign, partner, standing, stage = position.campaign, position.partner, position.standing, position.stage
    shown = public_list.shown_to(session, position)
    earlier = earlier_answer(session, partner)
    letter_language = letter.letter_language(campaign, language)
    offered = position.offered() & {*BY_THE_FORM, "disown", "correct", "pass on"}
    if problems and not offered & BY_THE_FORM:
        typed, problems, refusal = None, None, Closed.to("answer", campaign)
    printed = letter.printed_rows(campaign, shown.rows, letter_language)
    if shown.own is not None and printed_as:
        printed[shown.own] = printed_as
    disclosed = load_disclosure(session, position, standing)
    called = {one.name: one.name_in(language) for one in campaign.letter.addressees}
    return {
        "campaign": campaign,
        "addressee": called[campaign.letter.addressees[0].name],
        "copies": [called[one.name] for one in campaign.letter.addressees if one.copy],
        "to_whom": letter.to_whom(campaign.letter.addressees, language),
        "sheet": letter.build_draft(campaign, printed, letter_language),
        "own_place": shown.own,
        "more_before": shown.link,
        "earlier": earlier,
        "changes": _changes(session, position, earlier, (partner.id, contact_id), typed, language)
        if stage == "open"
        else None,
        "mended": earlier is None and standing is not None and not (typed and _read_another_meaning(campaign, typed)),
        "stage": stage,
        "review_is_over": campaign.review_ends_at is not None and campaign.review_ends_at <= position.now,
        "disclosed": disclosed,
        "disclosure": disclosed.called(called),
        "standing": standing,
        "choices": CHOICES,
        "offered": offered,
        "is_public": campaign.is_public,
        "says_members": members.is_in_letter(campaign),
        "can_add_voice": members.can_add_voice(campaign),
        "silenced": partner.silenced_at is not None,
        "may_answer": bool(offered & BY_THE_FORM),
        "visibilities": _visibilities(campaign, standing, offered),
        "withheld_line": letter.withheld_line(letter_language),
        "few_are_asked": position.few_are_asked,
        "typed": typed or AnswerForm(),
        "problems": problems or {},
        "refusal": refusals.sentence(refusal, language, "partner") if refusal else "",
    }


def _changes(
    session: Session,
    position: Position,
    earlier: Answer | None,
    reader: Reader,
    typed: AnswerForm | None,
    language: str,
) -> Changes | None:
    """In what the letter differs from the one that was read: on this page, or when its partner last answered.

    Who has never answered reads what changed since the invitation, if that is the meaning. Null if nothing is to be
    told.
    """
    campaign, standing = position.campaign, position.standing
    if typed and _read_another_meaning(campaign, typed):
        before = version_read(campaign, typed.meaning_read() or 0, typed.version_read())
    elif earlier is not None:
        before = earlier.letter
    elif standing is not None:
        if standing.letter_id == campaign.letter.id:
            return None
        mended = changes_since(campaign, standing.letter, language)
        return mended if mended.concern_reader else None  # it stands, so what it does not read is not told
    elif campaign.letter.meaning > 1:
        before = load_first_shown(session, campaign, reader, position.now)
        before = before if before and before.meaning != campaign.letter.meaning else None
    else:
        before = None
    return changes_since(campaign, before, language) if before else None


def _read_another_meaning(campaign: Campaign, typed: AnswerForm) -> bool:
    return typed.meaning_read() not in {None, campaign.letter.meaning}


def _visibilities(campaign: Campaign, standing: Answer | None, offered: set[Action]) -> list[str]:
    """In which ways a partner may still sign."""
    if "sign" in offered:
        return campaign.visibilities
    return lifecycle.less_visible(campaign, standing) if "reduce" in offered else []
