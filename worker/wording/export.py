"""What organizers take out: the signatures as a sheet, and the sealed documents. Both hold withheld names."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from worker.models import Answer, Campaign, Seal
from worker.state import signatories
from worker.state.letters import living_seal, names_in_confidence

COLUMNS = ("organization", "acronym", "country", "visibility", "representative", "role", "time")


def signatures(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """One row for each organization that signs, in the printed order; `time` is ISO 8601 in UTC."""
    rows = session.execute(signatories.standing_signatures(*_READ, campaign_id=campaign.id))
    return [_row(one) for one in signatories.in_order(rows.all())]


def documents(session: Session, campaign: Campaign) -> Iterator[tuple[str, bytes]]:
    """The living seal, as (name, bytes), but for what was erased; nothing while there is none.

    A name is that of the rendition, and of a file that says whether it may be passed on:
    `addressee/2026-11-29-postpone-the-elections-CONFIDENTIAL.en.pdf`.
    """
    from worker.wording.letter import file_title
    from worker.wording.letter_formats import FORMATS  # which brings all that sets a letter

    number = living_seal(session, campaign)
    in_confidence = names_in_confidence(session, campaign, number)
    titles = {
        "public": file_title(campaign, confidential=False),
        "addressee": file_title(campaign, confidential=in_confidence),
    }
    seals = select(Seal).where(Seal.campaign_id == campaign.id, Seal.number == number)
    for seal in session.scalars(seals.options(undefer(Seal.content)).order_by(Seal.id)):
        if not seal.content:
            continue
        name = FORMATS[seal.format].file_name(seal.language, titles[seal.rendition])
        yield f"{seal.rendition}/{name}", seal.content


_READ = (*signatories.PRINTED, Answer.visibility, Answer.representative, Answer.role, Answer.at)


def _row(one: Any) -> dict[str, Any]:
    cells = (
        *(one.organization, one.acronym, one.country, one.visibility or ""),
        *(one.representative, one.role, one.at.isoformat(timespec="seconds")),
    )
    return dict(zip(COLUMNS, cells, strict=True))
