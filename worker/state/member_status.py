"""What a status says of the persons who add their voices, and of the mails that tell the addressee of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from worker.models import Campaign, DigestsStoppedBy, Mail, MailResponse
from worker.state import digests, responses
from worker.state.digests import DigestState, Hindrance
from worker.state.member_counts import NO_MEMBERS, MemberCounts, ShutBecause, load_member_counts, shut_because


@dataclass(frozen=True)
class DigestsInShort:
    """How the mails about persons to the addressee stand.

    `hindrance`: why none is made, null where nothing is in the way. `last`: when the last one left; `open_state`: how
    the one stands that is under way; `next`: when the next one may leave, null where nobody knows or there is nothing
    to tell. `failed`: how many wait for a person, because nobody knows whether they arrived, or they did not.
    """

    hindrance: Hindrance | None
    held: datetime | None
    stopped: datetime | None
    stopped_by: DigestsStoppedBy | None
    last: datetime | None
    open_state: DigestState | None
    next: datetime | None
    failed: int


@dataclass(frozen=True)
class MemberStatus:
    """Numbers of persons, why no more can come (null while they can), and the mails about them, if there may be any.

    `responses`: what was answered to these mails by mail.
    """

    counts: MemberCounts
    shut: ShutBecause | None
    digests: DigestsInShort | None
    responses: Sequence[MailResponse] = ()

    @property
    def failed_mails(self) -> int:
        """How many mails about persons wait for a person, who is to find out what became of them."""
        return self.digests.failed if self.digests is not None else 0

    @property
    def is_of_interest(self) -> bool:
        """Whether the letter is open to persons, or ever was."""
        return self.shut != "closed" or self.counts != NO_MEMBERS

    @property
    def waits_for_a_person(self) -> bool:
        """Whether an organizer is to read words, or to find out what became of a mail."""
        return self.counts.words_waiting > 0 or self.failed_mails > 0


def load_member_status(
    session: Session, campaigns: Sequence[Campaign], letters: Mapping[int, Sequence[Mail]]
) -> dict[int, MemberStatus]:
    """Of each campaign, by number; `letters` are the mails with the letter itself. In a constant number of statements.

    Without a campaign that is open to persons it is one statement.
    """
    counts = load_member_counts(session, [campaign.id for campaign in campaigns])
    about = [one for one in campaigns if one.members != "closed" and one.erased_at is None and one.cancelled_at is None]
    in_short = _load_digests(session, about, letters) if about else {}
    answered = responses.load_responses_about_members(session, [one.id for one in about]) if about else {}
    return {
        one.id: MemberStatus(
            counts.get(one.id, NO_MEMBERS), shut_because(one), in_short.get(one.id), answered.get(one.id, [])
        )
        for one in campaigns
    }


def _load_digests(
    session: Session, campaigns: Sequence[Campaign], letters: Mapping[int, Sequence[Mail]]
) -> dict[int, DigestsInShort]:
    ids = [campaign.id for campaign in campaigns]
    mails, failed = digests.load_digest_mails(session, ids), digests.load_failures(session, ids)
    news = digests.load_news(session, campaigns)
    return {
        one.id: _in_short(
            one,
            letters.get(one.id, []),
            mails.get(one.id, []),
            len(failed.get(one.id, [])),
            is_any_news=news[one.id].is_any,
        )
        for one in campaigns
    }


def _in_short(
    campaign: Campaign, letters: Sequence[Mail], mails: Sequence[Mail], failed: int, *, is_any_news: bool
) -> DigestsInShort:
    hindrance, under_way = digests.hindrance(campaign, letters, mails), digests.open_digest(mails)
    leaves = under_way.due_at if under_way else None
    if hindrance is None and under_way is None and is_any_news:
        leaves = digests.may_leave_from(campaign, letters, mails)
    return DigestsInShort(
        hindrance=hindrance,
        held=campaign.digests_held_at,
        stopped=campaign.digests_stopped_at,
        stopped_by=campaign.digests_stopped_by,
        last=max((mail.sent_at for mail in mails if mail.sent_at and mail.bounced_at is None), default=None),
        open_state=digests.state_of(under_way) if under_way else None,
        next=leaves,
        failed=failed,
    )
