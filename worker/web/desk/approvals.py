"""What waits for a second person: it reads what was asked for and what that would do now, and says yes or no."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker import broker, db
from worker.acts import agree
from worker.acts.close import close_and_seal
from worker.child_process import ChildFailed
from worker.models import Campaign, Partner
from worker.state import log
from worker.state.approvals import ActOfTwo, Request, load_request, why_not_second
from worker.state.campaigns import get_campaign, get_partner
from worker.state.facts import load_facts
from worker.state.recipients import load_asked, load_to_tell_of_end_by_hand
from worker.state.refusals import NoSecondPerson, Refused, RequestOver
from worker.text import dates, days
from worker.web import downloads
from worker.web.desk import doing
from worker.web.desk.door import acting
from worker.web.desk.partner_acts import carried
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import DeskRoute, Visit
from worker.wording import refusals, settings, spreadsheet
from worker.wording.acts import Before, deadline, panic, two_persons
from worker.wording.acts import settings as settings_words
from worker.wording.organizers import O_, catalogue

PATH = f"{doing.CAMPAIGN}/approvals/{{approval:number}}"


def show_request(visit: Visit, status: int = 200, *, changed: bool = False) -> Response:
    """What was asked for, by whom, and what would happen if this person said yes now; tried, and rolled back."""
    with doing.trying(visit) as session:
        db.locked(session, _numbers(visit)[0])
        campaign, request = _find(session, visit)
        context = {
            "campaign": campaign,
            "panic_at": campaign.panic_at,
            "campaign_path": visit.campaign_path,
            "act_path": visit.request.url.path,
            "request": request,
            "asked": two_persons.in_words(request.act, visit.language),
            "typed_before": two_persons.typed(
                request.fields, _known(session, campaign, request, visit.language), visit.language
            ),
            "mark": log.load_mark(session, campaign, "everything"),
            "changed": changed,
            "may_decline": visit.seat is not None and visit.seat.role == "owner",
        }
        before, why_not = None, ""
        if request.over is None:
            try:
                before = _look(session, campaign, request, visit)
            except Refused as refused:
                why_not = refusals.sentence(refused, visit.language)
        return visit.show("approval", status, before=before, why_not=why_not, **context)


def decide_request(visit: Visit) -> Response:
    """Say yes, and do it; or no. What changed since the page was opened is read first."""
    campaign_id, number = _numbers(visit)
    says_yes = visit.typed.get("answer") == "yes"
    if visit.typed.get("answer") not in {"yes", "no"}:
        raise HTTPException(400)
    result: Any = None
    try:
        with acting(visit) as session:
            db.locked(session, campaign_id)
            campaign, request = _find(session, visit)
            if request.act not in _SHOWN_ONCE:
                doing.require_first_press(session, visit, campaign)
            mark = log.load_mark(session, campaign, "everything")
            if says_yes and visit.typed.get("seen") != str(mark):
                raise _Changed
            if says_yes:
                result = agree.agree_and_do(session, campaign_id, number, visit.person.organizer)
                if request.act == "carry":
                    result = _show_carried(session, visit, campaign, result)
            else:
                agree.decline_request(session, campaign_id, number, visit.person.organizer)
    except doing.PressedAgain as again:
        return visit.go_to(f"{visit.campaign_path}?done={doing.AGREED}&since={again.since}")
    except _Changed:
        return show_request(visit, 409, changed=True)
    except Refused as refused:
        return _refused(visit, refused)
    if says_yes:
        if request.act == "close":
            with suppress(Refused, ChildFailed):  # a task seals it later
                close_and_seal(campaign_id, early=True)
        broker.notify("sweep")
        broker.notify("deliver")
        if request.act == "erase":
            broker.notify("scrub")
        if request.act == "export":
            return _download(result, campaign.slug)
        if request.act == "carry":
            return cast(Response, result)
    return visit.go_to(f"{visit.campaign_path}?done={doing.AGREED}&since={mark}")


ROUTES = (
    DeskRoute("GET", PATH, show_request, "editor"),
    DeskRoute("POST", PATH, decide_request, "owner", is_dangerous=True),
)


_SHOWN_ONCE = {"carry", "export"}
"""What these bring is on the answer to the press alone."""


class _Changed(Exception):
    """Somebody did something since the page was opened."""


def _numbers(visit: Visit) -> tuple[int, int]:
    parts = visit.request.path_params
    return int(parts["campaign"]), int(parts["approval"])


def _find(session: Session, visit: Visit) -> tuple[Campaign, Request]:
    """The request in the path; another campaign's is as unknown as one that does not exist."""
    campaign_id, number = _numbers(visit)
    campaign = get_campaign(session, campaign_id)
    request = load_request(session, campaign, number)
    if request is None:
        raise HTTPException(404)
    return campaign, request


def _look(session: Session, campaign: Campaign, request: Request, visit: Visit) -> Before:
    """Try it, so that what it refuses is told, and say what it did; nothing is rendered or read out for a look."""
    language, numbers = visit.language, dict[str, Any]()
    if why := why_not_second(session, campaign, request, visit.person.organizer):
        raise NoSecondPerson(not_second=why)
    lines, names = _as_checked(session, campaign, request, visit)
    if request.act in {"dispatch", "brought"}:
        facts = load_facts(session, campaign)
        of_each = {one: facts.signing.get(one, 0) for one in ("public", "addressee", "counted")}
        numbers = {"signed": facts.signed, "visibilities": of_each}
    if request.act not in {"close", "export", *_CHECKED}:
        done = agree.agree_and_do(session, campaign.id, request.number, visit.person.organizer)
        if request.act == "end_panic" and done is not None:
            return panic.end(
                done.mails,
                campaign.deadline_at,
                campaign.zone,
                is_held=done.is_held,
                has_passed=campaign.closed_at is None and campaign.deadline_at < db.clock(session),
                is_new=request.fields["deadline"] is not None,
                language=language,
            )
        if request.act == "settings":
            return settings_words.change_of(campaign, done, request.fields, language)
        if request.act == "earlier":
            names = [partner.organization for partner in load_asked(session, campaign)]
            by_hand = [partner.organization for partner in load_to_tell_of_end_by_hand(session, campaign)]
            moment = datetime.fromisoformat(request.fields["deadline"])
            return deadline.move(done, names, moment, campaign.zone, language, earlier=True, by_hand=by_hand)
    told = two_persons.before(request.act, numbers, language)
    return replace(told, lines=[*lines, *told.lines], names=names)


_CHECKED: Mapping[ActOfTwo, str] = {
    "dispatch": "dispatch",
    "show_more": "sign",
    "address": "address",
    "contact": "add-contact",
    "carry": "carry",
    "merge": "merge",
}
"""The acts at the desk whose own page says what they would do, and to whom."""


def _as_checked(
    session: Session, campaign: Campaign, request: Request, visit: Visit
) -> tuple[Sequence[str], Sequence[str]]:
    """What whoever asked was shown, as it would be now: what would be done, and whom it concerns. Raises Refused."""
    name = _CHECKED.get(request.act)
    if name is None:
        return (), ()
    fields = request.fields
    partner = get_partner(session, campaign, fields["partner"]) if "partner" in fields else None
    if "partner" in fields and partner is None:
        raise RequestOver(over="decided")
    typed = {key: str(value) for key, value in fields.items()}
    if "other" in fields:
        typed |= {"sure": "1", "number": typed["other"]}
    act = next(one for one in ACTS if one.name == name)
    try:
        before = act.before(session, doing.At(campaign, partner, typed, visit.person, visit.language))
    except doing.Wrong:  # what is refused is said in the words of the act itself
        agree.agree_and_do(session, campaign.id, request.number, visit.person.organizer)
        return (), ()
    return before.lines, before.names


def _known(session: Session, campaign: Campaign, request: Request, language: str) -> dict[str, str]:
    """What numbers and moments of the request stand for."""
    known, fields = dict[str, str](), request.fields
    if request.act == "settings":
        known |= {key: settings.value(key, wanted, language) for key, wanted in fields.items()}
    for name in ("partner", "other"):
        if name in fields:
            partner = get_partner(session, campaign, fields[name])
            known[name] = partner.organization if partner else str(fields[name])
    if fields.get("deadline"):
        known["deadline"] = dates.day_and_time(datetime.fromisoformat(fields["deadline"]), campaign.zone, language)
    if "on" in fields:
        known["on"] = dates.date(days.begins(date.fromisoformat(fields["on"]), campaign.zone), campaign.zone, language)
    if request.act == "brought" and fields["addressee"] is None:
        known["addressee"] = catalogue(language).gettext(O_("All that do not have it yet"))
    if fields.get("addressee"):
        named = [one.name_in(language) for one in campaign.letter.addressees if one.id == fields["addressee"]]
        known["addressee"] = dates.listed(named, language)
    return known


def _show_carried(session: Session, visit: Visit, campaign: Campaign, partner: Partner) -> Response:
    """The invitation, once, to whoever said yes."""
    path = f"/desk/campaigns/{campaign.id}"
    return visit.show(
        "acts/carried",
        title=two_persons.in_words("carry", visit.language),
        campaign=campaign,
        partner=partner,
        partner_called=partner.organization,
        campaign_path=path,
        back=f"{path}/partners/{partner.id}",
        **carried(session, partner, visit.language),
    )


def _refused(visit: Visit, refused: Refused) -> Response:
    with db.reading() as session:
        campaign = get_campaign(session, _numbers(visit)[0])
        return visit.show(
            "act_refused",
            409,
            said=[refusals.sentence(refused, visit.language)],
            title=catalogue(visit.language).gettext(O_("Waits for a second person")),
            campaign=campaign,
            partner=None,
            campaign_path=visit.campaign_path,
            back=visit.campaign_path,
        )


def _download(files: list[tuple[str, bytes]], slug: str) -> Response:
    if len(files) == 1:
        name, content = files[0]
        return downloads.file(content, f"{slug}-{name}", spreadsheet.CSV_TYPE)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return downloads.file(packed.getvalue(), f"{slug}-CONFIDENTIAL.zip", "application/zip")
