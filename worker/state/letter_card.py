"""A campaign's letter as organizers look at it: whom it names, what stands in its way, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from worker.models import Campaign, Rendition, Reply, Seal
from worker.state import signatories
from worker.state.blockers import Blocker, blockers_to_tell, is_under_way
from worker.state.disclosures import Notice, load_notices
from worker.state.facts import CampaignFacts, load_facts
from worker.state.letters import (
    HAS_IT,
    LEFT,
    Served,
    living_seal,
    load_sealed_at,
    load_seals,
    names_in_confidence,
    seal_of,
    served,
)
from worker.state.overview import LetterStatus
from worker.state.replies import load_replies
from worker.state.responses import load_responses
from worker.state.signatories import Signatories


@dataclass(frozen=True)
class ServedCard:
    """What became of the letter for one addressee; `seal` is the one that it has or may have."""

    served: Served
    seal: int | None
    letter: LetterStatus | None


@dataclass(frozen=True)
class LetterCard:
    """All that is known of it. It holds withheld names.

    `named`: whom each rendition names, as it is sealed, or as it would be if it were sealed now; `leaves_at`: when it
    leaves by itself at the earliest, null where it has left or is about to (`is_under_way`), or never will.
    """

    facts: CampaignFacts
    sealed_at: datetime | None
    named: Mapping[Rendition, Signatories]
    in_confidence: bool
    blockers: Sequence[Blocker]
    leaves_at: datetime | None
    is_under_way: bool
    addressees: Sequence[ServedCard]
    notices: Sequence[Notice]
    replies: Sequence[Reply]

    @property
    def is_sealed(self) -> bool:
        return self.sealed_at is not None

    def helps(self, act: str) -> bool:
        """Whether an act can do anything now, by its name at the desk; the act itself knows better."""
        states = {one.served.state for one in self.addressees}
        is_answered = any(one.letter is not None and one.letter.to_do for one in self.addressees)
        wanted: dict[str, bool] = {
            "dispatch": bool(states & {"waiting", "refused"}),
            "resend-letter": "uncertain" in states,
            "letter-arrived": bool(states - HAS_IT) or is_answered,
            "notice-told": bool(self.notices),
            "reply": bool(states & (LEFT | {"uncertain"})),
        }
        return wanted.get(act, True)


def load_letter_card(session: Session, campaign: Campaign) -> LetterCard:
    """Read it, in as many statements for a thousand signatures as for one."""
    facts = load_facts(session, campaign)
    sealed_at = load_sealed_at(session, campaign, facts.seal) if facts.seal is not None else None
    responses = load_responses(session, [campaign.id], to_addressees=True)
    letters = {mail.id: LetterStatus.from_mail(mail, responses.get(mail.id, [])) for mail in facts.letters}
    seals = load_seals(session, [campaign.id])
    return LetterCard(
        facts=facts,
        sealed_at=sealed_at,
        named=signatories.load_renditions(session, campaign, as_of=sealed_at),
        in_confidence=facts.seal is None or names_in_confidence(session, campaign, facts.seal),
        blockers=blockers_to_tell(facts),
        leaves_at=None if is_under_way(facts) else _leaves_at(campaign),
        is_under_way=is_under_way(facts),
        addressees=[
            ServedCard(one, seal_of(campaign, one, seals), letters[one.mail.id] if one.mail else None)
            for one in served(campaign, facts.letters)
        ],
        notices=load_notices(session, campaign, facts.letters) if campaign.closed_at else [],
        replies=load_replies(session, campaign),
    )


def may_be_taken_out(campaign: Campaign, *, in_confidence: bool) -> bool:
    """Whether one person alone may take a file of the letter out: not what holds withheld names, if it takes two."""
    return not (in_confidence and campaign.two_persons)


def load_sealed_file(session: Session, campaign: Campaign, rendition: Rendition, format: str) -> Seal | None:
    """A file of the seal that lives, in the letter's own language; null while there is none, and of what was erased."""
    number = living_seal(session, campaign)
    of_it = select(Seal).where(Seal.campaign_id == campaign.id, Seal.number == number, Seal.rendition == rendition)
    found = session.scalar(
        of_it.where(Seal.format == format, Seal.language == campaign.authentic).options(undefer(Seal.content))
    )
    return found if found is not None and found.content else None


def _leaves_at(campaign: Campaign) -> datetime | None:
    if campaign.dispatched_at or campaign.cancelled_at or campaign.erased_at:
        return None
    return campaign.review_ends_at or campaign.deadline_at + timedelta(seconds=campaign.definition["review"])
