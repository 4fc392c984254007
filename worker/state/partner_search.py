"""Partners as an organizer looks for one beside another: by name, number or address."""

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import tokens
from worker.models import Campaign, Partner
from worker.text import similar_names

MOST = 10  # partners, of which one is chosen
_NUMBER = re.compile(r"#?([0-9]{1,18})")


def find_partners(session: Session, campaign: Campaign, words: str) -> Sequence[Partner]:
    """The partner that is called so, or whose number or address it is; else some whose names have these words."""
    words = words.strip()
    living = select(Partner).where(Partner.campaign_id == campaign.id, Partner.erased_at.is_(None)).order_by(Partner.id)
    if number := _NUMBER.fullmatch(words):
        return session.scalars(living.where(Partner.id == int(number[1]))).all()
    if "@" in words:
        return session.scalars(living.where(Partner.email_hmac.in_(tokens.fingerprints(words))).limit(MOST)).all()
    folded = similar_names.fold_name(words)
    if not folded:
        return []
    of_it = living.where(Partner.folded.contains(folded, autoescape=True))
    wanted = similar_names.same_name(words)
    called = [one for one in session.scalars(of_it) if wanted in map(similar_names.same_name, _names(one))]
    return called[:MOST] or session.scalars(of_it.limit(MOST)).all()


def _names(partner: Partner) -> list[str]:
    return [partner.organization, partner.acronym, *(partner.names or {}).values()]
