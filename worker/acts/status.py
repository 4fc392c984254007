"""Where things stand: per campaign, per partner and per letter, as rows say it."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import close, dispatch
from worker.letter import signatories
from worker.models import Answer, Campaign, Mail, Partner


def of(session: Session, campaign: Campaign) -> dict[str, Any]:
    """All that `status` shows, ready for JSON: times as ISO 8601 in UTC, no addresses, no codes.

    `partners` tell for each organization whether its invitation was accepted by a server, what it
    answered, how often it was reminded, and by what its mail was refused.
    """
    partners = _partners(session, campaign)
    return {
        "campaign": campaign.slug,
        "title": campaign.title,
        "state": state(session, campaign),
        "now": _iso(db.clock(session)),
        "deadline": _iso(campaign.deadline_at),
        "launched": _iso(campaign.launched_at),
        "held": _iso(campaign.held_at),
        "closed": _iso(campaign.closed_at),
        "review_ends": _iso(campaign.review_ends_at),
        "dispatched": _iso(campaign.dispatched_at),
        "seal": close.living_seal(session, campaign),
        "blockers": dispatch.blockers(session, campaign) if campaign.closed_at and not campaign.dispatched_at else [],
        "counts": _counts(session, campaign, partners),
        "letters": [_letter(mail) for mail in dispatch.letters(session, campaign)],
        "mails": _mails(session, campaign),
        "partners": partners,
    }


def state(session: Session, campaign: Campaign) -> str:
    """One word for where the campaign is.

    open, overdue (the deadline has passed), sealing, held, review, waiting (for a person), leaving, dispatched,
    cancelled.
    """
    if campaign.cancelled_at is not None:
        return "cancelled"
    if campaign.dispatched_at is not None:
        return "dispatched"
    if campaign.held_at is not None:
        return "held"
    if campaign.closed_at is None:
        return "open" if campaign.takes_answers(at=db.clock(session)) else "overdue"
    if close.living_seal(session, campaign) is None:
        return "sealing"
    if dispatch.waits_for_a_person(session, campaign):
        return "waiting"
    return "leaving" if dispatch.living_letters(session, campaign) else "review"


def _counts(session: Session, campaign: Campaign, partners: list[dict[str, Any]]) -> dict[str, int]:
    answers = Counter(partner["answer"] for partner in partners)
    return {
        "partners": len(partners),
        "asked": sum(partner["asked"] is not None for partner in partners),
        "by_hand": sum(partner["invitation"] == "no address" for partner in partners),
        "refused": sum(partner["invitation"] == "refused" for partner in partners),
        "signed": answers["sign"],
        "named_publicly": len(signatories.of(session, campaign, "public").named),
        "declined": answers["decline"],
        "withdrawn": answers["withdraw"],
        "silent": sum(p["answer"] is None and p["asked"] is not None for p in partners),
    }


def _partners(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    invitations, reminders = _by_partner(session, campaign, "invitation"), _by_partner(session, campaign, "reminder")
    standing = {
        answer.partner_id: answer
        for answer in session.scalars(
            select(Answer).join(Partner).where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None))
        )
    }
    rows = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id))
    return [
        _partner(campaign, p, invitations.get(p.id, []), reminders.get(p.id, []), standing.get(p.id))
        for p in signatories.in_order(list(rows))
    ]


def _by_partner(session: Session, campaign: Campaign, kind: str) -> dict[int, list[Mail]]:
    found: dict[int, list[Mail]] = {}
    for mail in session.scalars(select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == kind)):
        found.setdefault(mail.partner_id or 0, []).append(mail)
    return found


def _partner(
    campaign: Campaign, partner: Partner, invitations: list[Mail], reminders: list[Mail], answer: Answer | None
) -> dict[str, Any]:
    invitation = invitations[-1] if invitations else None
    sent = [reminder for reminder in reminders if reminder.sent_at]
    return {
        "organization": partner.organization,
        "acronym": partner.acronym,
        "country": partner.country,
        "language": partner.language,
        "invitation": word(invitation) if invitation else _never_invited(campaign, partner),
        "asked": _iso(invitation.sent_at) if invitation else None,
        "reminded": [_iso(reminder.sent_at) for reminder in sent],
        "reply": invitation.reply if invitation else None,
        "answer": answer.choice if answer else None,
        "visibility": answer.visibility if answer else None,
        "answered": _iso(answer.at) if answer else None,
        "channel": answer.channel if answer else None,
        "reason": answer.reason or None if answer else None,
        "note": answer.note or None if answer else None,
    }


def _never_invited(campaign: Campaign, partner: Partner) -> str:
    if not partner.email_hmac:
        return "no address"
    return "due" if campaign.closed_at is None else "not asked"


def _mails(session: Session, campaign: Campaign) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for mail in session.scalars(select(Mail).where(Mail.campaign_id == campaign.id)):
        words = counted.setdefault(mail.kind, {})
        words[word(mail)] = words.get(word(mail), 0) + 1
    return counted


def _letter(mail: Mail) -> dict[str, Any]:
    return {
        "addressee": mail.addressee.name if mail.addressee else None,
        "seal": mail.seal_number,
        "state": word(mail),
        "sent": _iso(mail.sent_at),
        "reply": mail.reply,
    }


def word(mail: Mail) -> str:
    """What became of a mail, in one word: sent, refused, cancelled, uncertain, sending, deferred, due."""
    if mail.sent_at is not None:
        return "sent"
    if mail.refused_at is not None:
        return "refused"
    if mail.cancelled_at is not None:
        return "cancelled"
    if mail.uncertain_at is not None:
        return "uncertain"
    if mail.in_data_at is not None:
        return "sending"
    return "deferred" if mail.attempts and mail.reply and mail.lease_holder is None else "due"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
