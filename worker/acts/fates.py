"""What became of each mail to a partner, in true words: how it stands, what the server meant, what a person can do.

That a mail did not arrive is never told as silence.
"""

import functools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from worker import render
from worker.acts import launch
from worker.acts.bounces import CAME_BACK
from worker.mail.outcomes import meaning
from worker.models import Answer, Campaign, Mail, Partner
from worker.state.relay_status import State, iso

SUPPRESSED = "the address is suppressed"  # what delivery writes down of a mail that it does not send
_NOBODY = "nobody to send it to"
_ASKS = {"invitation", "reminder", "extended", "amended"}
_FAILED = {"refused", "bounced", "suppressed"}


@dataclass(frozen=True)
class Around:
    """What decides over a mail beside its own row, the same for all partners of a campaign."""

    campaign: Campaign
    post: State
    takes_answers: bool
    suppressed: set[bytes]  # fingerprints of addresses
    first_go_alone: bool  # no other invitation is put before the relay took one of these
    copies_wait: bool  # the letter is with its addressee, and the campaign is held

    @functools.cached_property
    def blocked(self) -> str:
        assert self.post.blocked_at is not None
        return f"the relay takes no mail since {_when(self.post.blocked_at, self.campaign)}"


@dataclass(frozen=True)
class Fate:
    """How one mail stands; `state` is due, held back, sending, sent, deferred, refused, bounced, uncertain, cancelled.

    `when` it came to be so, or was put; `next`: when it is tried again by itself; `todo`: what a person can do.
    """

    kind: str
    state: str
    when: datetime | None
    reply: str | None = None
    meaning: str | None = None
    attempts: int = 0
    next: datetime | None = None
    todo: str | None = None

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"when": iso(self.when), "next": iso(self.next)}


def word(mail: Mail) -> str:
    """What the row alone says: bounced, sent, refused, cancelled, uncertain, sending, deferred, due."""
    if mail.bounced_at is not None:
        return "bounced"
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


def of(partner: Partner, mails: Sequence[Mail], standing: Answer | None, around: Around) -> list[Fate]:
    """What became of a partner's mails, in the order in which they were put; with those that are not put yet."""
    fates = [_fate(mail, around) for mail in mails]
    lost = unreached(partner, mails, around) is not None
    told = [
        replace(fate, todo=_todo(partner, mail, fate, mails[number + 1 :], standing, around, lost=lost))
        for number, (mail, fate) in enumerate(zip(mails, fates, strict=True))
    ]
    return told + _not_put_yet(partner, mails, standing, around)


def unreached(partner: Partner, mails: Sequence[Mail], around: Around) -> str | None:
    """Why no mail of ours reaches a partner that has an address, in one word: bounced, refused or suppressed."""
    if partner.email_hmac is None:
        return None
    states = [_failure(mail) for mail in mails if is_to_present_address(mail, partner)]
    if partner.bounced_at is not None:
        return "bounced"
    if bytes(partner.email_hmac) in around.suppressed:
        return "suppressed"
    if any(arrived(mail, partner) for mail in mails):
        return None
    return next((state for state in reversed(states) if state), None)


def arrived(mail: Mail, partner: Partner, *, whenever: bool = False) -> bool:
    """Whether it was taken for the partner's present address (or `whenever`: an earlier one), and did not come back."""
    taken = mail.sent_at is not None and mail.bounced_at is None
    return taken and (whenever or is_to_present_address(mail, partner))


def is_to_present_address(mail: Mail, partner: Partner) -> bool:
    return mail.generation in {None, partner.generation} or partner.erased_at is not None


def _failure(mail: Mail) -> str | None:
    if mail.cancelled_at is not None and mail.sent_at is None and mail.reply == SUPPRESSED:
        return "suppressed"
    return state if (state := word(mail)) in _FAILED else None


def _fate(mail: Mail, around: Around) -> Fate:
    state, now = word(mail), around.post.now
    told = Fate(mail.kind, state, _came_to_be(mail), mail.reply, meaning_of(mail), mail.attempts)
    if mail.due_at is None:
        return told
    if mail.lease_until is not None and mail.lease_until >= now:
        return replace(told, state="sending", meaning="it is being handed over now")
    if held := _held_back(mail, around):
        why, until = held
        return replace(told, state="held back", meaning=why, next=until)
    return replace(told, next=mail.due_at)


def _held_back(mail: Mail, around: Around) -> tuple[str, datetime | None] | None:
    """Why a mail that waits does not leave at its time, and when it may."""
    post, campaign = around.post, around.campaign
    assert mail.due_at is not None
    if mail.kind == "letter" and campaign.held_at is not None:
        return _held(campaign), None
    if post.blocked_at is not None and mail.due_at <= max(post.now, post.retry_at or post.now):
        return around.blocked, post.retry_at
    if mail.due_at > post.now:
        return _may_be_taken_back(mail, around)
    if limit := post.limit_of(mail.urgency):
        quota = limit.quota
        return f"the {limit.name}'s quota is used up: {quota.used} of {quota.allowed}", limit.next_at
    return None


def _may_be_taken_back(mail: Mail, around: Around) -> tuple[str, datetime | None] | None:
    if mail.kind != "invitation" or mail.attempts or around.post.now >= launch.first_mail_at(around.campaign):
        return None
    return "the launch can still be taken back", mail.due_at


def _not_put_yet(partner: Partner, mails: Sequence[Mail], standing: Answer | None, around: Around) -> list[Fate]:
    """The invitation or the copy that a partner will get, though no row says so yet."""
    campaign = around.campaign
    if partner.email_hmac is None or partner.quiet_at is not None:
        return []
    kinds = {mail.kind for mail in mails}
    if around.takes_answers and standing is None and "invitation" not in kinds:
        if around.post.blocked_at is not None:
            return [Fate("invitation", "held back", campaign.launched_at, meaning=around.blocked)]
        if around.first_go_alone:
            alone = "the first invitations go alone until the relay took one"
            return [Fate("invitation", "held back", campaign.launched_at, meaning=alone)]
        return [Fate("invitation", "due", campaign.launched_at)]
    if around.copies_wait and standing is not None and standing.signs and "copy" not in kinds:
        return [Fate("copy", "held back", campaign.held_at, meaning=_held(campaign))]
    return []


def _todo(
    partner: Partner,
    mail: Mail,
    fate: Fate,
    later: Sequence[Mail],
    standing: Answer | None,
    around: Around,
    *,
    lost: bool,
) -> str | None:
    """What a person can do about a mail that did not arrive; nothing once it is past, or a later one arrived.

    `lost`: no mail reaches the partner any more, even if this one, its last, did.
    """
    of_use = (around.takes_answers and standing is None) if mail.kind in _ASKS else standing is not None
    superseded = any(arrived(one, partner) for one in later)
    if superseded or partner.quiet_at is not None or not (of_use and is_to_present_address(mail, partner)):
        return None
    slug, name = around.campaign.slug, shlex.quote(partner.organization)
    if _failure(mail) or (lost and not later):
        return f"Find the right address, then: `undersigned amend {slug} --partner {name} --email ADDRESS`"
    if fate.state == "uncertain" and mail.due_at is None:
        return f"Ask whether it arrived; if not: `undersigned resend {slug} --partner {name}`"
    return None


def meaning_of(mail: Mail) -> str | None:
    """One sentence, without a full stop, about how the mail stands."""
    state, reply = word(mail), mail.reply or ""
    said = meaning(reply.removeprefix(CAME_BACK)) if reply else None
    if state == "cancelled":
        return reply if reply in {SUPPRESSED, _NOBODY} else "called back: it was of no use any more"
    if state == "uncertain":
        return f"nobody knows whether it arrived: {said}" if said else "nobody knows whether it arrived"
    if state == "sent" and reply.startswith(CAME_BACK):
        return f"it may not have arrived: {said}"
    return said


def _came_to_be(mail: Mail) -> datetime:
    moments = (mail.bounced_at, mail.sent_at, mail.refused_at, mail.cancelled_at, mail.uncertain_at, mail.in_data_at)
    return next((moment for moment in moments if moment is not None), mail.dated_at)


def _held(campaign: Campaign) -> str:
    return f"the campaign is held: `undersigned resume {campaign.slug}` lets it go on"


def _when(moment: datetime, campaign: Campaign) -> str:
    return render.day_and_time(moment, campaign.zone, "en")
