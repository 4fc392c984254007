"""The signatures as a sheet, for organizers only: it holds withheld names too."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.letter import signatories
from worker.models import Answer, Campaign, Partner

COLUMNS = ("organization", "acronym", "country", "visibility", "representative", "role", "time")


def signatures(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """One row for each organization that signs, in the printed order; `time` is ISO 8601 in UTC."""
    standing = {
        answer.partner_id: answer
        for answer in session.scalars(
            select(Answer)
            .join(Partner)
            .where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None), Answer.choice == "sign")
        )
    }
    partners = session.scalars(select(Partner).where(Partner.id.in_(standing)))
    return [_row(partner, standing[partner.id]) for partner in signatories.in_order(list(partners))]


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not calculate: an apostrophe before = + - @ and control characters."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else cell


def _row(partner: Partner, answer: Answer) -> dict[str, Any]:
    cells = (
        *(partner.organization, partner.acronym, partner.country, answer.visibility or ""),
        *(answer.representative, answer.role, answer.at.isoformat(timespec="seconds")),
    )
    return dict(zip(COLUMNS, cells, strict=True))
