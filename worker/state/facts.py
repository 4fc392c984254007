"""What decides over a campaign's letter, read once and passed on."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Answer, Campaign, Mail
from worker.state import letters as state_letters
from worker.state import lifecycle
from worker.state.letters import DeliveryState, Served
from worker.state.lifecycle import VISIBILITY_RANK, Stage
from worker.state.signatories import count_in_seal, count_signing, is_named, standing_signatures


@dataclass(frozen=True)
class CampaignFacts:
    """A campaign at one moment: load it after the campaign is locked, and load it anew after a change."""

    campaign: Campaign
    now: datetime
    letters: Sequence[Mail]
    """All that were ever put for an addressee, cancelled ones included, in order."""
    seal: int | None
    """The number of the seal that may be sent."""
    signing: Mapping[str, int]
    """How many sign the letter in its present meaning, by visibility."""

    @functools.cached_property
    def living(self) -> list[Mail]:
        """The letters that carry, carried or may have carried a seal to an addressee."""
        return state_letters.living(self.letters)

    @property
    def served(self) -> list[Served]:
        """What became of the letter for each addressee."""
        return state_letters.served(self.campaign, self.letters)

    @functools.cached_property
    def stage(self) -> Stage:
        return lifecycle.stage_at(self.campaign, self.letters, self.now)

    @functools.cached_property
    def delivery(self) -> DeliveryState:
        return state_letters.delivery_state(self.campaign, self.letters)

    @functools.cached_property
    def is_irrevocable(self) -> bool:
        return state_letters.is_irrevocable(self.campaign, self.letters)

    @property
    def signed(self) -> int:
        """All who sign, named or not."""
        return sum(self.signing.values())

    @property
    def named_publicly(self) -> int:
        return sum(number for visibility, number in self.signing.items() if is_named(visibility, "public"))


def load_facts(session: Session, campaign: Campaign) -> CampaignFacts:
    """Read what holds of a campaign now, by the database's clock."""
    letters = state_letters.load_letters(session, campaign)
    now, seal, *signing = session.execute(_NOW, {"campaign_id": campaign.id}).one()
    return CampaignFacts(campaign, now, letters, seal, dict(zip(_VISIBILITIES, signing, strict=True)))


def as_sealed(session: Session, facts: CampaignFacts, seal_number: int | None) -> CampaignFacts:
    """The same with who signed the letter as it was sealed with this number; as they are without one."""
    if seal_number is None:
        return facts
    return replace(facts, signing=count_in_seal(session, facts.campaign, seal_number))


def load_facts_of(session: Session, campaigns: Sequence[Campaign], now: datetime) -> list[CampaignFacts]:
    """The same of several campaigns, in as many statements as for one; `now` is by the database's clock."""
    if not campaigns:
        return []
    ids = [campaign.id for campaign in campaigns]
    session.scalars(select(Campaign).where(Campaign.id.in_(ids)).options(state_letters.WITH_ADDRESSEES)).all()
    letters, seals = state_letters.load_letters_of(session, ids), state_letters.living_seals(session, ids)
    signing = count_signing(session, ids)
    return [
        CampaignFacts(
            one,
            now,
            letters.get(one.id, []),
            seals.get(one.id),
            dict.fromkeys(_VISIBILITIES, 0) | signing.get(one.id, {}),
        )
        for one in campaigns
    ]


_CAMPAIGN: BindParameter[int] = bindparam("campaign_id")
_VISIBILITIES = tuple(VISIBILITY_RANK)
# The clock, the living seal and who signs: in one statement, after all locks are held.
_NOW = standing_signatures(
    db.now(),
    state_letters.living_seal_number(_CAMPAIGN),
    *(func.count().filter(Answer.visibility == visibility) for visibility in _VISIBILITIES),
    campaign_id=_CAMPAIGN,
)
