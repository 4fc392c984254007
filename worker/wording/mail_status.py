"""How a mail stands and what can be done about it, in words for organizers: no full stop, no command."""

from collections.abc import Callable, Mapping
from typing import Any

from worker.mail.outcomes import REPORT_PREFIX
from worker.mail.reply_text import explain_reply
from worker.models import OrganizerAct, ResponseKind
from worker.state.mail_status import Reason, ReasonCode, Todo
from worker.text import dates


def reason_words(reason: Reason | None) -> str | None:
    """Why a mail stands as it does; null where nothing is known."""
    return _REASONS[reason.code](reason.facts) if reason else None


def todo_words(todo: Todo) -> str:
    """What a person can do about a mail that did not arrive; the command line adds the command."""
    return _TODO[todo]


def _said(facts: Mapping[str, Any]) -> str | None:
    """What a reply means; a delivery report's words have a mark before them."""
    reply = facts["reply"]
    if not reply:
        return None
    is_report, given_up = reply.startswith(REPORT_PREFIX), facts.get("given_up", False)
    return explain_reply(reply.removeprefix(REPORT_PREFIX), reported=is_report, given_up=given_up)


def _uncertain(facts: Mapping[str, Any]) -> str:
    said = _said(facts)
    return f"it may have arrived: {said}" if said else "it may have arrived"


def _reported(facts: Mapping[str, Any]) -> str:
    said = _said(facts)
    return f"it may not have arrived: {said}" if said else "it may not have arrived"


def _delayed(facts: Mapping[str, Any]) -> str:
    said = _said(facts)
    return (
        f"it is delayed, and a server is still trying: {said}"
        if said
        else "it is delayed, and a server is still trying"
    )


RESPONSES: dict[ResponseKind, str] = {
    "automatic": "an automatic reply says",
    "person": "somebody wrote",
    "read": "a receipt says that it was read",
    "deleted": "a receipt says that it was deleted without being read",
    "complaint": "it was reported as spam",
}
"""Who is said to have answered one of our mails; the words behind it are theirs, and anybody can have written them."""


ACTS: dict[OrganizerAct, str] = {
    "launch": "the launch",
    "amend": "the change of the letter",
    "remind": "the reminder",
    "extend": "the new deadline",
}
_REASONS: dict[ReasonCode, Callable[[Mapping[str, Any]], str | None]] = {
    "handing_over": lambda f: "it is being handed over now",
    "held": lambda f: "the campaign is held",
    "relay_blocked": lambda f: (
        f"the relay has accepted no email since {dates.day_and_time(f['since'], f['zone'], 'en')}"
    ),
    "quota": lambda f: f"the quota of the {f['span']} is used up: {f['used']} of {f['allowed']}",
    "undo": lambda f: f"{ACTS[f['act']]} can still be taken back",
    "first_few": lambda f: "only the first invitations are sent until the relay has accepted one",
    "suppressed": lambda f: "an earlier email to this address came back",
    "no_recipient": lambda f: "nobody to send it to",
    "cancelled": lambda f: "not sent: it was not needed any more",
    "uncertain": _uncertain,
    "reported": _reported,
    "delayed": _delayed,
    "returned": _said,
    "reply": _said,
}
_TODO: dict[Todo, str] = {
    "correct_address": "Find the right address",
    "resend": "Ask whether it arrived",
    "ask": "Ask in another way whether it arrived",
}
