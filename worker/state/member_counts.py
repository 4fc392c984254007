"""How many persons add their voices to a letter, in numbers that name nobody, and whether more can."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from worker.models import Campaign, Letter, Member
from worker.state import members, signatories, waiting_words
from worker.text import countries

FEW = 10  # voices from one country, below which the country is not told; through one mail domain, as well
ShutBecause = Literal["closed", "stopped", "not public", "cancelled", "erased"]
"""Why nobody can add a voice: the campaign never let anybody, or not any more; its page is not there, or it is over."""


@dataclass(frozen=True)
class MemberCounts:
    """Numbers of persons.

    `counting`: whose voices count now; of them `named` are to be named to the addressee. `earlier`: who confirmed a
    letter that meant something else. `unconfirmed`: who typed an address and has not confirmed it. `withdrawn`: who
    took its voice back, or said that it was not its own. `words_waiting`: whose own words an organizer is to read.
    """

    counting: int = 0
    named: int = 0
    earlier: int = 0
    unconfirmed: int = 0
    withdrawn: int = 0
    words_waiting: int = 0


NO_MEMBERS = MemberCounts()


@dataclass(frozen=True)
class Breakdown:
    """Where voices that count come from, the most first.

    `countries`: by ISO 3166 code, "other" for those of which there are few or which are unknown, "" where none is said.
    `domains`: of email addresses, as far as there are not few. `languages`: in which they read.
    """

    countries: dict[str, int]
    languages: dict[str, int]
    domains: dict[str, int]


def load_member_counts(session: Session, campaign_ids: Sequence[int]) -> dict[int, MemberCounts]:
    """The numbers of these campaigns, of those for which anybody typed anything; in one statement."""
    present = signatories.present_meanings()
    counting = Member.stands & (Letter.meaning == present.c.meaning)
    numbers: tuple[ColumnElement[bool], ...] = (
        counting,
        counting & (Member.appearance == "named"),
        Member.stands & (Letter.meaning != present.c.meaning),
        Member.confirmed_at.is_(None) & Member.withdrawn_at.is_(None) & Member.is_kept,
        Member.withdrawn_at.is_not(None) & (Member.mails > 0),  # a row without one is of nobody
        waiting_words.wait(),
    )
    counted = (
        select(Member.campaign_id, *(func.count().filter(which) for which in numbers))
        .outerjoin(Letter, Letter.id == Member.letter_id)
        .outerjoin(present, present.c.campaign_id == Member.campaign_id)
        .where(Member.campaign_id.in_(campaign_ids))
        .group_by(Member.campaign_id)
    )
    return {campaign_id: MemberCounts(*found) for campaign_id, *found in session.execute(counted)}


def load_breakdown(session: Session, campaign: Campaign) -> Breakdown:
    """Read where voices come from: countries and addresses are decrypted for it, and only their numbers told."""
    rows = select(Member.country, Member.language, Member.email).where(
        Member.campaign_id == campaign.id, members.counts()
    )
    by_country, by_language, by_domain = Counter[str](), Counter[str](), Counter[str]()
    for country, language, email in session.execute(rows):
        by_language[language] += 1
        if email:  # or it was erased
            by_country[(countries.code(country) or "other") if country else ""] += 1
            by_domain[domain_of(email)] += 1
    told = {code: number for code, number in by_country.most_common() if code in {"", "other"} or number >= FEW}
    if few := by_country.total() - sum(told.values()):
        told["other"] = told.get("other", 0) + few
    ranked = sorted(told, key=lambda code: (code in {"", "other"}, -told[code], code))
    return Breakdown(
        countries={code: told[code] for code in ranked},
        languages=dict(by_language.most_common()),
        domains={domain: number for domain, number in by_domain.most_common() if number >= FEW},
    )


def domain_of(email: str) -> str:
    """Through which mail domain an address is reached."""
    return email.rpartition("@")[2].casefold()


def shut_because(campaign: Campaign) -> ShutBecause | None:
    """Why no person can add its voice now; null while it can, as `members.can_add_voice` says."""
    if campaign.erased_at is not None:
        return "erased"
    if campaign.cancelled_at is not None:
        return "cancelled"
    if campaign.members == "closed":
        return "closed"
    if campaign.voices_stopped_at is not None:
        return "stopped"
    return None if campaign.is_public else "not public"
