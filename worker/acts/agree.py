"""A second person says yes, and the act is done at that moment; or no, and it is not."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worker import db
from worker.acts import (
    answer,
    audit,
    change_settings,
    contacts,
    correct_address,
    dispatch,
    erase,
    export,
    extend,
    hand_out,
    merge,
    panic,
    two_persons,
)
from worker.acts.answer import Statement
from worker.acts.close import close_early
from worker.models import Approval, AuditCode, Campaign, Organizer, Partner
from worker.state.approvals import ActOfTwo, Request, load_request, why_not_second
from worker.state.campaigns import get_partner
from worker.state.refusals import NoSecondPerson, RequestOver


def agree_and_do(session: Session, campaign_id: int, number: int, second: Organizer) -> Any:
    """Say yes to a request, and do what was asked for; returns what the act does.

    Raises RequestOver, NoSecondPerson, and whatever the act raises: then nothing was decided.
    """
    campaign, request = _lock(session, campaign_id, number)
    if why := why_not_second(session, campaign, request, second):
        raise NoSecondPerson(not_second=why)
    _decide(session, campaign, request, second, agreed=True)
    two_persons.let_do(session, two_persons.Agreed(campaign.id, request.act, dict(request.fields)))
    return _DO[request.act](session, campaign, request.fields)


def decline_request(session: Session, campaign_id: int, number: int, organizer: Organizer) -> None:
    """Say no to a request, or take one's own back. Raises RequestOver."""
    campaign, request = _lock(session, campaign_id, number)
    _decide(session, campaign, request, organizer, agreed=False)


def _lock(session: Session, campaign_id: int, number: int) -> tuple[Campaign, Request]:
    campaign = db.locked(session, campaign_id)
    request = load_request(session, campaign, number)
    if request is None or request.over is not None:
        raise RequestOver(over=request.over if request else "decided")
    return campaign, request


def _decide(session: Session, campaign: Campaign, request: Request, who: Organizer, *, agreed: bool) -> None:
    row, now = session.get_one(Approval, request.number), db.clock(session)
    row.decided_by, row.decided_at, row.agreed_at = who.id, now, now if agreed else None
    code: AuditCode = "second_agreed" if agreed else "second_declined"
    audit.log(session, campaign, "organizer", code, detail=request.act, at=now)
    session.flush()


def _dispatch(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> int:
    return dispatch.dispatch_seal(session, campaign.id, by_person=True)


def _brought(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> list[str]:
    return dispatch.note_brought_by_hand(session, campaign.id, fields["addressee"], fields["on"])


def _close(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> None:
    close_early(session, campaign.id)


def _earlier(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> int:
    return extend.bring_deadline_forward(session, campaign.id, datetime.fromisoformat(fields["deadline"]))


def _settings(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> dict[str, Any]:
    return change_settings.apply_settings(session, campaign.id, fields)


def _show_more(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> object:
    said = {name: fields[name] for name in ("representative", "role", "note", "language")}
    return answer.sign(session, fields["partner"], fields["visibility"], Statement(**said, channel="by hand"))


def _address(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> object:
    return correct_address.change_address(session, _partner(session, campaign, fields["partner"]).id, fields["email"])


def _contact(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> object:
    said = {name: fields[name] for name in ("language", "name")}
    return contacts.add_contact(session, _partner(session, campaign, fields["partner"]).id, fields["email"], **said)


def _carry(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> Partner:
    partner = _partner(session, campaign, fields["partner"])
    hand_out.note_handed_out(session, partner)
    return partner


def _merge(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> object:
    kept, merged = (_partner(session, campaign, fields[name]) for name in ("partner", "other"))
    return merge.merge_partners(session, kept.id, merged.id)


def _partner(session: Session, campaign: Campaign, number: int) -> Partner:
    """Raises RequestOver where it was merged with another meanwhile."""
    if (partner := get_partner(session, campaign, number)) is None:
        raise RequestOver(over="decided")
    return partner


def _export(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    if fields["what"] == "documents":
        return export.export_documents(session, campaign)
    return [("signatures-CONFIDENTIAL.csv", export.spell_csv(export.export_signatures(session, campaign, "csv")))]


def _end_panic(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> panic.Ended | None:
    deadline = fields["deadline"]
    return panic.end_panic(session, campaign.id, datetime.fromisoformat(deadline) if deadline else None)


def _erase(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> int:
    return erase.erase_campaign(session, campaign.id, give_up=fields["give_up"])


def _erase_after_telling(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> int:
    return erase.give_up(session, campaign.id)


def _two_persons_off(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> bool:
    return two_persons.switch_two_persons(session, campaign.id, on=False)


_DO: dict[ActOfTwo, Callable[[Session, Campaign, Mapping[str, Any]], Any]] = {
    "dispatch": _dispatch,
    "brought": _brought,
    "close": _close,
    "earlier": _earlier,
    "settings": _settings,
    "show_more": _show_more,
    "address": _address,
    "contact": _contact,
    "carry": _carry,
    "merge": _merge,
    "export": _export,
    "end_panic": _end_panic,
    "erase": _erase,
    "erase_after_telling": _erase_after_telling,
    "two_persons_off": _two_persons_off,
}
