"""How a mail stands and what can be done about it, in words for organizers: no full stop, no command."""

from collections.abc import Callable, Mapping
from gettext import NullTranslations
from typing import Any

from worker.mail.outcomes import REPORT_PREFIX
from worker.mail.reply_text import explain_reply
from worker.models import OrganizerAct, ResponseKind
from worker.state.mail_status import Reason, ReasonCode, Todo
from worker.text import dates
from worker.wording.organizers import O_, catalogue

_Sentence = Callable[[NullTranslations, Mapping[str, Any], str], str | None]


def reason_words(reason: Reason | None, language: str = "en") -> str | None:
    """Why a mail stands as it does; null where nothing is known."""
    return _REASONS[reason.code](catalogue(language), reason.facts, language) if reason else None


def todo_words(todo: Todo, language: str = "en") -> str:
    """What a person can do about a mail that did not arrive; the command line adds the command."""
    return catalogue(language).gettext(_TODO[todo])


def _plain(said: str) -> _Sentence:
    return lambda words, facts, language: words.gettext(said) % facts


def _said(words: NullTranslations, facts: Mapping[str, Any], language: str) -> str | None:
    """What a reply means; a delivery report's words have a mark before them."""
    reply = facts["reply"]
    if not reply:
        return None
    is_report, given_up = reply.startswith(REPORT_PREFIX), facts.get("given_up", False)
    said = reply.removeprefix(REPORT_PREFIX)
    return explain_reply(said, reported=is_report, given_up=given_up, translate=words.gettext)


def _with_reply(said: str) -> _Sentence:
    """A sentence, and what the reply means where there is one."""

    def sentence(words: NullTranslations, facts: Mapping[str, Any], language: str) -> str:
        meant = _said(words, facts, language)
        if meant is None:
            return words.gettext(said)
        return words.gettext(O_("%(what)s: %(reply)s")) % {"what": words.gettext(said), "reply": meant}

    return sentence


def _relay_blocked(words: NullTranslations, facts: Mapping[str, Any], language: str) -> str:
    since = dates.day_and_time(facts["since"], facts["zone"], language)
    return words.gettext(O_("the relay has accepted no email since %(since)s")) % {"since": since}


_QUOTAS = {
    "hour": O_("the quota of the hour is used up: %(used)s of %(allowed)s"),
    "day": O_("the quota of the day is used up: %(used)s of %(allowed)s"),
}


def _quota(words: NullTranslations, facts: Mapping[str, Any], language: str) -> str:
    said = _QUOTAS[facts["span"]]
    return words.gettext(said) % facts


def _undo(words: NullTranslations, facts: Mapping[str, Any], language: str) -> str:
    act = ACTS[facts["act"]]
    return words.gettext(O_("%(act)s can still be taken back")) % {"act": words.gettext(act)}


RESPONSES: dict[ResponseKind, str] = {
    "automatic": O_("an automatic reply says"),
    "person": O_("somebody wrote"),
    "read": O_("a receipt says that it was read"),
    "deleted": O_("a receipt says that it was deleted without being read"),
    "complaint": O_("it was reported as spam"),
}
"""Who is said to have answered one of our mails; the words behind it are theirs, and anybody can have written them."""


def response_words(kind: ResponseKind, said: str, language: str = "en") -> str:
    """`an automatic reply says: “I am away until Monday”`."""
    words = catalogue(language)
    who = words.gettext(RESPONSES[kind])
    return words.gettext(O_("%(who)s: “%(said)s”")) % {"who": who, "said": said} if said else who


ACTS: dict[OrganizerAct, str] = {
    "launch": O_("the launch"),
    "amend": O_("the change of the letter"),
    "remind": O_("the reminder"),
    "extend": O_("the new deadline"),
}
_REASONS: dict[ReasonCode, _Sentence] = {
    "handing_over": _plain(O_("it is being handed over now")),
    "held": _plain(O_("the campaign is held")),
    "relay_blocked": _relay_blocked,
    "quota": _quota,
    "undo": _undo,
    "first_few": _plain(O_("only the first invitations are sent until the relay has accepted one")),
    "suppressed": _plain(O_("an earlier email to this address came back")),
    "no_recipient": _plain(O_("nobody to send it to")),
    "cancelled": _plain(O_("not sent: it was not needed any more")),
    "uncertain": _with_reply(O_("it may have arrived")),
    "reported": _with_reply(O_("it may not have arrived")),
    "delayed": _with_reply(O_("it is delayed, and a server is still trying")),
    "returned": _said,
    "reply": _said,
}
_TODO: dict[Todo, str] = {
    "correct_address": O_("Find the right address"),
    "resend": O_("Ask whether it arrived"),
    "ask": O_("Ask in another way whether it arrived"),
}
