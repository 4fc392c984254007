"""One partner: all that is known of it, what can be done for it, notes about it, and who looks after it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker import db
from worker.acts import look_after, partner_notes
from worker.mail.mime import NothingToSay
from worker.state import log
from worker.state.contacts import load_contacts_of
from worker.state.notes import find_note
from worker.state.organizers import load_carers
from worker.state.partner_card import find_mail_to, list_mails, load_partner_card, number_contacts
from worker.state.refusals import Erased, NoSeat
from worker.web.desk import doing
from worker.web.desk.doing import At
from worker.web.desk.door import acting
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import Visit
from worker.wording.mail_again import word_again
from worker.wording.partners import PartnerWords

_NOBODY = "nobody"


def show_partner(visit: Visit) -> Response:
    """Its mails, its answers, who may answer for it; of one that was erased nothing but that."""
    return _page(visit, visit.refill)


def show_mail(visit: Visit) -> Response:
    """One mail in the words in which it left."""
    with db.reading() as session:
        at = doing.where(session, visit)
        partner = at.its_partner
        if partner.erased_at is not None:
            return visit.go_to(_place(visit))
        mail = find_mail_to(session, partner, int(visit.request.path_params["mail"]))
        if mail is None:
            raise HTTPException(404)
        try:
            again = word_again(session, mail)
        except NothingToSay:
            again = None
        [card] = list_mails([mail], number_contacts(load_contacts_of(session, partner)))
        words = PartnerWords(at.language)
        return visit.show(
            "mail",
            title=words.kind(mail.kind),
            campaign=at.campaign,
            campaign_path=visit.campaign_path,
            partner=partner,
            back=_place(visit),
            words=words,
            mail=card,
            mail_language=mail.language,
            again=again,
        )


def add_note(visit: Visit) -> Response:
    """Keep a note; what was typed stands there again if it cannot be taken."""
    try:
        with acting(visit) as session:
            at = doing.where(session, visit)
            text, day = visit.typed.get("text", ""), visit.typed.get("day", "")
            note = partner_notes.read_note(text, day, now=db.clock(session), zone=at.campaign.zone)
            since = _since(session, at)
            if not note.problems:
                partner_notes.add_note(session, at.its_partner.id, note.text, note.due)
    except Erased:
        return visit.go_to(_place(visit))
    return _page(visit, visit.typed, note.problems) if note.problems else _noted(visit, since)


def finish_note(visit: Visit) -> Response:
    """Tick a note off."""
    with acting(visit) as session:
        at = doing.where(session, visit)
        since = _since(session, at)
        note = find_note(session, at.campaign, int(visit.request.path_params["note"]))
        if note is None or note.partner_id != at.its_partner.id:
            raise HTTPException(404)
        partner_notes.finish_note(session, note.id)
    return _noted(visit, since)


def choose_carer(visit: Visit) -> Response:
    """Let one of the organizers look after it, or nobody."""
    chosen = visit.typed.get("care", "")
    is_number = chosen.isascii() and chosen.isdecimal() and len(chosen) < 10
    try:
        if not is_number and chosen != _NOBODY:
            raise NoSeat
        with acting(visit) as session:
            at = doing.where(session, visit)
            since = _since(session, at)
            look_after.choose_carer(session, at.its_partner.id, int(chosen) if is_number else None)
    except NoSeat:
        return _page(visit, visit.typed, {"care": "carer unknown"})
    except Erased:
        return visit.go_to(_place(visit))
    return _noted(visit, since)


def _page(visit: Visit, typed: Mapping[str, str] | None, problems: Mapping[str, str] | None = None) -> Response:
    with db.reading() as session:
        at = doing.where(session, visit)
        partner = at.its_partner
        around: dict[str, Any] = {
            "campaign": at.campaign,
            "campaign_path": visit.campaign_path,
            "partner": partner,
            "happened": _happened(session, visit, at),
        }
        if partner.erased_at is not None:
            return visit.show("partner_erased", **around)
        card = load_partner_card(session, partner, at.visitor.now)
        carers = [(str(one.id), one.name) for one in load_carers(session, at.campaign)]
        is_open = at.campaign.takes_answers(at.visitor.now)
        its_carer = str(card.carer.id) if card.carer else _NOBODY
        return visit.show(
            "partner",
            422 if problems else 200,
            **around,
            place=_place(visit),
            words=PartnerWords(at.language),
            card=card,
            carers=carers,
            nobody=_NOBODY,
            chosen_carer=(typed or {}).get("care", its_carer),
            typed=typed or {},
            is_refilled=visit.refill is not None,
            problems=problems or {},
            offers=[one for one in doing.offers(ACTS, visit, at) if card.helps(one.name, is_open=is_open)],
        )


def _happened(session: Session, visit: Visit, at: At) -> doing.Happened | None:
    if (since := visit.request.query_params.get("noted")) is not None:
        return doing.Happened(doing.own_lines(session, at, since), "")
    return doing.what_happened(session, visit, ACTS, at)


def _since(session: Session, at: At) -> int:
    return log.load_mark(session, at.campaign, "everything")


def _noted(visit: Visit, since: int) -> Response:
    return visit.go_to(f"{_place(visit)}?noted={since}")


def _place(visit: Visit) -> str:
    return f"{visit.campaign_path}/partners/{visit.request.path_params['partner']}"
