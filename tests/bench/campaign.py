"""A campaign of any size: the example's own letter, and its organizations numbered on until there are enough."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, settings
from worker.acts import launch
from worker.definition import campaign as definitions
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.mail import outbox
from worker.models import Campaign, Partner
from worker.state.signatories import Signatories
from worker.wording import letter
from worker.wording.sheet import Sheet

EXAMPLE = settings.CHECKOUT / "campaigns" / "cambodia-2023"
_numbers = count(1)


def definition(partners: int, **changed: Any) -> Definition:
    """The example with a name of its own, a deadline in two weeks and this many partners, none shown to others.

    With thousands of names on it a page would be as slow as it is long.
    """
    example = definitions.read_definition(EXAMPLE, now=datetime.now(UTC), deadline="in 2 weeks")
    rows = list(islice(_numbered_on(example.partners), partners))
    return replace(example, **{"slug": f"bench-{next(_numbers)}", "partners": rows, "show_signers": "nobody"} | changed)


def launched(partners: int, **changed: Any) -> int:
    """Launch such a campaign, and return its number; what it mails does not wait to be taken back."""
    with db.transaction() as session:
        campaign = launch.launch_campaign(session, definition(partners, **changed))
        campaign.undo = campaign.undo_until = None
        return campaign.id


def put_invitations(session: Session, launched: int, which: str = "1") -> int:
    """Put one for every partner, all due now; the act would let the first few go alone, and after a while only."""
    asking, now = session.get_one(Campaign, launched), db.clock(session)
    partners = session.scalars(select(Partner).where(Partner.campaign_id == launched).order_by(Partner.id))
    return outbox.put(session, [outbox.to_partner("invitation", asking, one, which, now) for one in partners])


def sheet(names: int) -> Sheet:
    """The letter in English with this many organizations under it."""
    defined = definition(names)
    campaign = launch.as_row(defined, datetime.now(UTC))
    named = [Partner(**launch.partner_columns(defined, row)) for row in defined.partners]
    return letter.build_letter(campaign, Signatories(named, withheld=0), "en")


def _numbered_on(rows: list[PartnerRow]) -> Iterator[PartnerRow]:
    yield from rows
    for number in count(2):
        for row in rows:
            yield replace(row, organization=f"{row.organization} {number}", email=f"{number}.{row.email}")
