"""A campaign's status as data for programs: times as ISO 8601 in UTC, sentences where people read."""

from typing import Any

from worker.cli import console, hints
from worker.models import Campaign, MailResponse, Reply
from worker.state.mail_status import MailStatus, reason_of
from worker.state.member_status import MemberStatus
from worker.state.overview import AddresseeStatus, LetterStatus, Line, Overview
from worker.state.status import CampaignStatus, ContactStatus, PartnerStatus
from worker.wording.relay_status import iso, relay_as_json


def as_json(status: CampaignStatus) -> dict[str, Any]:
    """All that `status --json` prints of one campaign."""
    return overview_as_json(status) | {
        "replies": [_reply(one) for one in status.replies],
        "partners": [_partner(one, status.campaign.slug) for one in status.partners],
    }


def overview_as_json(status: Overview) -> dict[str, Any]:
    """What it prints of each of all campaigns."""
    campaign = status.campaign
    due = status.due if is_overdue(status) else None
    return {
        "zone": campaign.zone,
        "campaign": campaign.slug,
        "title": campaign.title,
        "state": status.state,
        "now": iso(status.now),
        "deadline": iso(campaign.deadline_at),
        "launched": iso(campaign.launched_at),
        "held": iso(campaign.held_at),
        "mail_held": iso(campaign.mail_held_at),
        "panic": iso(campaign.panic_at),
        "two_persons": campaign.two_persons,
        "requests": [{"number": one.number, "act": one.act, "ends": iso(one.ends_at)} for one in status.requests],
        "held_mails": status.held_mails,
        "others_returned": status.others_returned,
        "closed": iso(campaign.closed_at),
        "review_ends": iso(campaign.review_ends_at),
        "dispatched": iso(campaign.dispatched_at),
        "cancelled": iso(campaign.cancelled_at),
        "erases": iso(campaign.erase_at),
        "erased": iso(campaign.erased_at),
        "undo": _undo(status),
        "seal": status.seal,
        "blockers": [hints.blocker_with_command(blocker, campaign.slug) for blocker in status.blockers],
        "notices": status.notices,
        "overdue": {"act": due.act, "since": iso(due.since)} if due else None,
        "post": relay_as_json(status.relay) | ({"worker": False, "beat": False} if console.nobody_sends() else {}),
        "progress": _progress(status),
        "counts": status.counts.as_json(),
        "applicants": [
            {
                "number": f"#A{one.id}",
                "organization": one.organization,
                "acronym": one.acronym,
                "country": one.country,
                "language": one.language,
                "confirmed": iso(one.confirmed_at),
            }
            for one in status.applicants
        ],
        "joining": vars(status.joining) | {"flood": status.joining.is_flood, "turned_away": status.joining.turns_away},
        "partly": status.partly,
        "addressees": [_addressee(one, campaign.slug) for one in status.addressees],
        "letters": [_letter(letter, campaign.slug) for letter in status.letters],
        "members": members_as_json(status.members, campaign),
        "mails": status.mails,
    }


def members_as_json(members: MemberStatus, campaign: Campaign) -> dict[str, Any]:
    """The persons who add their voices, in numbers, and the mails about them."""
    digests = members.digests
    moments = ("held", "stopped", "last", "next")
    return {
        "open": members.shut is None,
        "because": members.shut,
        "stopped": iso(campaign.voices_stopped_at),
        **vars(members.counts),
        "digests": vars(digests) | {one: iso(getattr(digests, one)) for one in moments} if digests else None,
        "responses": [_response(one) for one in members.responses],
    }


def is_overdue(status: Line) -> bool:
    """Whether the clock should have done something with the letter: at once where nothing runs that could do it."""
    return status.due is not None and (status.due.late or console.nobody_sends())


def _undo(status: Overview) -> dict[str, Any] | None:
    if (found := status.undo) is None:
        return None
    command = console.command(found.act, status.campaign.slug, "--undo")
    return {"act": found.act, "until": iso(found.until), "command": command}


def _progress(status: Overview) -> dict[str, Any] | None:
    if (now := status.progress) is None:
        return None
    left = None if now.seconds_left is None else round(now.seconds_left, 1)
    return {"sent": now.sent, "of": now.total, "per_second": round(now.per_second, 2), "seconds_left": left}


def _partner(partner: PartnerStatus, slug: str) -> dict[str, Any]:
    moments = ("asked", "quiet", "silenced", "erased", "answered", "disowned", "carried", "passed_on")
    return (
        vars(partner)
        | {name: iso(getattr(partner, name)) for name in moments}
        | {
            "number": f"#{partner.number}",
            "reminded": [iso(moment) for moment in partner.reminded],
            "mails": [_mail(one, slug, partner.called) for one in partner.mails],
            "responses": [_response(one) for one in partner.responses],
            "contacts": [contact_as_json(one) for one in partner.contacts],
        }
    )


def contact_as_json(contact: ContactStatus) -> dict[str, Any]:
    """One further contact of a partner, without its name and address."""
    moments = {name: iso(getattr(contact, name)) for name in ("added", "ended", "quiet")}
    doubt = contact.mail is not None and contact.mail.reported is not None
    mail = {"mail": contact.mail.state if contact.mail else None, "may_not_have_arrived": doubt}
    return vars(contact) | moments | mail


def _response(one: MailResponse) -> dict[str, Any]:
    return {"mail": one.mail.kind, "kind": one.kind, "words": one.words, "at": iso(one.at)}


def _mail(status: MailStatus, slug: str, organization: str) -> dict[str, Any]:
    return {
        "kind": status.kind,
        "state": status.state,
        "when": iso(status.when),
        "reply": status.reply,
        "meaning": hints.reason_with_command(status.reason, slug),
        "may_not_have_arrived": iso(status.reported),
        "delayed": iso(status.delayed),
        "attempts": status.attempts,
        "next": iso(status.next),
        "todo": hints.todo_with_command(status.todo, slug, organization) if status.todo else None,
    }


def _addressee(one: AddresseeStatus, slug: str) -> dict[str, Any]:
    todo = hints.served_with_command(one.state, one.name, slug, copy=one.copy) if one.to_do else None
    return vars(one) | {"at": iso(one.at), "to_do": todo}


def _reply(one: Reply) -> dict[str, Any]:
    addressee = one.addressee.name if one.addressee else None
    return {"addressee": addressee, "came": iso(one.came_at), "noted": iso(one.noted_at), "text": one.text}


def _letter(letter: LetterStatus, slug: str) -> dict[str, Any]:
    return {
        "addressee": letter.addressee,
        "seal": letter.mail.seal_number,
        "state": letter.state,
        "sent": iso(letter.mail.sent_at),
        "reply": letter.mail.reply,
        "meaning": hints.reason_with_command(reason_of(letter.mail), slug),
        "delayed": iso(letter.mail.delayed_at),
        "responses": [_response(one) for one in letter.responses],
        "to_do": letter.to_do,
    }
