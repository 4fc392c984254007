"""Where things stand: per campaign, per partner and per letter, as rows say it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import answer, carry, close, dispatch, fates, notice, strangers
from worker.models import Answer, Campaign, Event, Letter, Mail, Partner, Stranger, Suppression
from worker.state import relay_status, signatories
from worker.state.relay_status import iso

word = fates.word
LATELY = timedelta(minutes=1)  # what left in this time says how fast it goes


def of(session: Session, campaign: Campaign) -> dict[str, Any]:
    """All that `status` shows, ready for JSON: times as ISO 8601 in UTC, no addresses, no codes.

    `partners` tell for each organization whether it has its invitation (`asked`: when a server took it, null if it
    came back), what it answered, how often it was reminded, what became of each mail to it (`mails`), why no mail
    reaches it (`unreached`), since when it wants none (`quiet`), when it said that an answer was not its own
    (`disowned`), when an organizer took its invitation there (`carried`), and when it was last `passed_on`. Of a wish
    for a change, `passage` and `reason` say what should be how. `proposed` is the name that it asks for, by language
    ("" is the letter's own); `earlier` is what it answered to a letter that meant something else.
    `applicants` ask to sign and wait for a yes or no. `notices` are how many addressees are to be told that somebody
    stepped back after the letter had left. `erases` is when contacts and withheld names are erased by themselves.
    """
    mails = session.scalars(select(Mail).where(Mail.campaign_id == campaign.id).order_by(Mail.id)).all()
    around = _around(session, campaign, mails)
    partners = _partners(session, campaign, mails, around)
    return {
        "campaign": campaign.slug,
        "title": campaign.title,
        "state": state(session, campaign),
        "now": iso(around.post.now),
        "deadline": iso(campaign.deadline_at),
        "launched": iso(campaign.launched_at),
        "held": iso(campaign.held_at),
        "closed": iso(campaign.closed_at),
        "review_ends": iso(campaign.review_ends_at),
        "dispatched": iso(campaign.dispatched_at),
        "erases": iso(campaign.erase_at),
        "erased": iso(campaign.erased_at),
        "seal": close.living_seal(session, campaign),
        "blockers": dispatch.blockers(session, campaign) if campaign.closed_at and not campaign.dispatched_at else [],
        "notices": len(notice.of(session, campaign)) if campaign.closed_at else 0,
        "post": of_the_post(around.post),
        "progress": _progress(campaign, mails, around),
        "counts": _counts(session, campaign, partners),
        "applicants": [_applicant(one) for one in strangers.applicants(session, campaign)],
        "letters": [_letter(mail) for mail in mails if mail.kind == "letter"],
        "mails": _mails(mails),
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


def of_the_post(found: relay_status.State) -> dict[str, Any]:
    """Whether mail leaves at all, of whatever campaign: the relay, the workers, the clock, the quotas."""
    return {
        "relay": found.relay,
        "stuck": found.stuck,
        "beat": found.beat,
        "due": found.due,
        "overdue_seconds": round(found.overdue, 1),
        "quotas": [
            {
                "hours": limit.hours,
                "allowed": limit.quota.allowed,
                "used": limit.quota.used,
                "room": limit.quota.room_for_bulk,
                "next": iso(limit.next_at),
            }
            for limit in found.limits
        ],
    }


def _around(session: Session, campaign: Campaign, mails: Sequence[Mail]) -> fates.Around:
    found = relay_status.state(session)
    invitations = [mail for mail in mails if mail.kind == "invitation"]
    under_way = any(mail.refused_at is None and mail.cancelled_at is None for mail in invitations)
    held = campaign.held_at is not None and campaign.dispatched_at is not None
    return fates.Around(
        campaign,
        found,
        takes_answers=campaign.takes_answers(at=found.now),
        suppressed={bytes(hmac) for hmac in session.scalars(_suppressed(campaign))},
        first_go_alone=under_way and not any(mail.sent_at for mail in invitations),
        copies_wait=held,
    )


def _suppressed(campaign: Campaign) -> Select[bytes]:
    return (
        select(Suppression.email_hmac)
        .join(Partner, Partner.email_hmac == Suppression.email_hmac)
        .where(Partner.campaign_id == campaign.id)
    )


def _counts(session: Session, campaign: Campaign, partners: list[dict[str, Any]]) -> dict[str, int]:
    """`asked`, `by_hand` and `unreached` exclude each other; `unreached` is refused, bounced or suppressed."""
    answers = Counter(partner["answer"] for partner in partners)
    reasons = Counter(partner["unreached"] for partner in partners if partner["unreached"])
    asked = [partner for partner in partners if partner["asked"] is not None and partner["unreached"] is None]
    return {
        "partners": len(partners),
        "asked": len(asked),
        "by_hand": sum(partner["invitation"] == "no address" for partner in partners),
        "unreached": reasons.total(),
        "refused": reasons["refused"],
        "bounced": reasons["bounced"],
        "suppressed": reasons["suppressed"],
        "signed": answers["sign"],
        "named_publicly": len(signatories.of(session, campaign, "public").named),
        "declined": answers["decline"],
        "withdrawn": answers["withdraw"],
        "wish_a_change": answers["change"],
        "silent": sum(partner["answer"] is None for partner in asked),
    }


def _partners(
    session: Session, campaign: Campaign, mails: Sequence[Mail], around: fates.Around
) -> list[dict[str, Any]]:
    by_partner: dict[int | None, list[Mail]] = {}
    for mail in mails:
        by_partner.setdefault(mail.partner_id, []).append(mail)
    standing = {
        one.partner_id: one
        for one in session.scalars(
            select(Answer).join(Partner).where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None))
        )
    }
    rows = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id))
    earlier = _earlier(session, campaign)
    disowned, carried = _last(session, campaign, answer.DISOWNED), _last(session, campaign, carry.CARRIED)
    passed_on = _last(session, campaign, strangers.PASSED_ON)
    return [
        _partner(partner, by_partner.get(partner.id, []), standing.get(partner.id), around)
        | {"disowned": iso(disowned.get(partner.id)), "carried": iso(carried.get(partner.id))}
        | {"passed_on": iso(passed_on.get(partner.id))}
        | {"earlier": None if partner.id in standing else earlier.get(partner.id)}
        for partner in signatories.in_order(list(rows))
    ]


def _earlier(session: Session, campaign: Campaign) -> dict[int, str]:
    """What partners last said to a letter that has changed its meaning since."""
    if campaign.letter.meaning == 1:
        return {}
    rows = session.execute(
        select(Answer.partner_id, Answer.choice)
        .join(Letter, Letter.id == Answer.letter_id)
        .where(Letter.campaign_id == campaign.id, Letter.meaning < campaign.letter.meaning)
        .order_by(Answer.id)
    )
    return {partner_id: str(choice) for partner_id, choice in rows}


def _last(session: Session, campaign: Campaign, what: str) -> dict[int | None, datetime]:
    """When this last happened, for each partner to whom it did."""
    moments = select(Event.partner_id, func.max(Event.at)).where(Event.campaign_id == campaign.id, Event.what == what)
    return {row[0]: row[1] for row in session.execute(moments.group_by(Event.partner_id))}


def _partner(partner: Partner, mails: list[Mail], answer: Answer | None, around: fates.Around) -> dict[str, Any]:
    told = fates.of(partner, mails, answer, around)
    invitation = next((mail for mail in reversed(mails) if mail.kind == "invitation"), None)
    asked = invitation is not None and fates.arrived(invitation, partner, whenever=answer is not None)
    return {
        "organization": partner.organization,
        "acronym": partner.acronym,
        "country": partner.country,
        "language": partner.language,
        "proposed": partner.proposed,
        "invitation": _invitation(partner, told),
        "asked": iso(invitation.sent_at) if invitation and asked else None,
        "reminded": [iso(mail.sent_at) for mail in mails if mail.kind == "reminder" and mail.sent_at],
        "reply": invitation.reply if invitation else None,
        "unreached": fates.unreached(partner, mails, around),
        "quiet": iso(partner.quiet_at),
        "erased": iso(partner.erased_at),
        "answer": answer.choice if answer else None,
        "visibility": answer.visibility if answer else None,
        "answered": iso(answer.at) if answer else None,
        "channel": answer.channel if answer else None,
        "passage": answer.passage or None if answer else None,
        "reason": answer.reason or None if answer else None,
        "note": answer.note or None if answer else None,
        "mails": [fate.as_json() for fate in told],
    }


def _invitation(partner: Partner, told: list[fates.Fate]) -> str:
    """How the latest invitation stands."""
    states = [fate.state for fate in told if fate.kind == "invitation"]
    if states:
        return states[-1]
    return "no address" if partner.email_hmac is None else "not asked"


def _mails(mails: Sequence[Mail]) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for mail in mails:
        words = counted.setdefault(mail.kind, {})
        words[word(mail)] = words.get(word(mail), 0) + 1
    return counted


def _progress(campaign: Campaign, mails: Sequence[Mail], around: fates.Around) -> dict[str, Any] | None:
    """How far the mails are that leave now, and how fast they leave; null when none is leaving.

    `seconds_left` is null where a quota will stop them before.
    """
    now = around.post.now
    to_partners = [mail for mail in mails if mail.partner_id is not None]
    waiting = [m for m in to_partners if m.due_at is not None and m.due_at <= now and m.reply is None]
    rounds = {kind: min(m.dated_at for m in waiting if m.kind == kind) for kind in {m.kind for m in waiting}}
    if "invitation" in rounds:
        rounds["invitation"] = campaign.launched_at  # the first few were put before the others
    sent = [m.sent_at for m in to_partners if m.sent_at and m.kind in rounds and m.dated_at >= rounds[m.kind]]
    lately = [moment for moment in sent if moment > now - LATELY]
    if not waiting or not lately or around.post.blocked_at is not None:
        return None
    per_second = len(lately) / max(1.0, (now - min(lately)).total_seconds())
    room = min((limit.quota.room_for_bulk for limit in around.post.limits), default=len(waiting))
    return {
        "sent": len(sent),
        "of": len(sent) + len(waiting),
        "per_second": round(per_second, 2),
        "seconds_left": round(len(waiting) / per_second, 1) if len(waiting) <= room else None,
    }


def _applicant(stranger: Stranger) -> dict[str, Any]:
    return {
        "organization": stranger.organization,
        "acronym": stranger.acronym,
        "country": stranger.country,
        "language": stranger.language,
        "confirmed": iso(stranger.confirmed_at),
    }


def _letter(mail: Mail) -> dict[str, Any]:
    return {
        "addressee": mail.addressee.name if mail.addressee else None,
        "seal": mail.seal_number,
        "state": word(mail),
        "sent": iso(mail.sent_at),
        "reply": mail.reply,
        "meaning": fates.meaning_of(mail),
    }
