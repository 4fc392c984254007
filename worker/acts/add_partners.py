"""More organizations are asked after the launch: each becomes a partner once, and is invited like every other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, launch, locking
from worker.definition import csv_list
from worker.definition.additions import Additions
from worker.definition.partners import PartnerRow
from worker.models import Campaign, Partner
from worker.state import listings, newcomers
from worker.state.newcomers import Compared
from worker.state.refusals import BadList, Closed, NobodyNew, TooManyPartners

MAX_PARTNERS = csv_list.MAX_ROWS


@dataclass(frozen=True)
class Added:
    """Who was added, as it is printed; and what became of the other rows."""

    rows: Sequence[PartnerRow]
    compared: Compared

    @property
    def asked(self) -> int:
        """How many invitations follow."""
        return sum(bool(row.email) for row in self.rows) - len(self.compared.without_mail)


def add_new_partners(session: Session, campaign_id: int, additions: Additions, *, namesake: bool = False) -> Added:
    """Make partners of the rows of a list that are none yet; the others are left out, so that nobody is asked twice.

    Their invitations are put by `invite`, and wait a minute. `namesake`: a person says that one row is another
    organization than the partner with its name or address. Raises InPanic, Closed once answers are taken no more,
    BadList with every problem, TooManyPartners, and NobodyNew if none is left.
    """
    campaign = locking.lock_calm(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("add", campaign)
    if problems := newcomers.find_problems(campaign, additions):
        raise BadList(wrong=problems)
    compared = newcomers.compare(session, campaign, additions, namesake=namesake)
    if not compared.new:
        raise NobodyNew(additions=additions, left_out=compared.left_out)
    there = session.scalar(select(func.count(Partner.id)).where(Partner.campaign_id == campaign.id)) or 0
    if there + len(compared.new) > MAX_PARTNERS:
        raise TooManyPartners(most=MAX_PARTNERS, there=there)
    rows = _as_listed(session, campaign, [additions.rows[at] for at in compared.new])
    launch.put_partners(session, campaign.id, campaign, rows, added_at=now)
    audit.log(session, campaign, "organizer", "partners_added", detail=len(rows), at=now)
    return Added(rows, compared)


def _as_listed(session: Session, campaign: Campaign, rows: Sequence[PartnerRow]) -> list[PartnerRow]:
    """Each country as the others of the list write it."""
    known = {row.country for row in rows if row.country}
    spelled = {country: listings.country_as_listed(session, campaign, country) or country for country in known}
    return [replace(row, country=spelled.get(row.country, row.country)) for row in rows]
