"""What organizers take out: the signatures as a sheet, and the sealed documents. Both hold withheld names."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from worker.models import Answer, Campaign, Partner, Seal
from worker.state import signatories
from worker.state.letters import living_seal

_FORMULA = re.compile(r"(^|[;,\t\r\n]\s*)(?=[=+\-@\t\r\n＝＋－＠])")
COLUMNS = ("organization", "acronym", "country", "visibility", "representative", "role", "time")


def signatures(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """One row for each organization that signs, in the printed order; `time` is ISO 8601 in UTC."""
    rows = session.execute(signatories.standing_signatures(Partner, Answer, campaign_id=campaign.id))
    answers = dict(rows.all())
    return [_row(partner, answers[partner]) for partner in signatories.in_order(list(answers))]


def documents(session: Session, campaign: Campaign) -> Iterator[tuple[str, bytes]]:
    """The living seal, as (`addressee/letter.en.pdf`, bytes), but for what was erased; nothing while there is none."""
    from worker.wording.letter_formats import FORMATS  # which brings all that sets a letter

    seals = select(Seal).where(Seal.campaign_id == campaign.id, Seal.number == living_seal(session, campaign))
    for seal in session.scalars(seals.options(undefer(Seal.content)).order_by(Seal.id)):
        if not seal.content:
            continue
        yield f"{seal.rendition}/{FORMATS[seal.format].file_name(seal.language)}", seal.content


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not calculate: an apostrophe before whatever begins a formula.

    Also after a semicolon, comma or tab, where a spreadsheet of another country parts the cell.
    """
    return _FORMULA.sub(r"\1'", cell)


def _row(partner: Partner, answer: Answer) -> dict[str, Any]:
    cells = (
        *(partner.organization, partner.acronym, partner.country, answer.visibility or ""),
        *(answer.representative, answer.role, answer.at.isoformat(timespec="seconds")),
    )
    return dict(zip(COLUMNS, cells, strict=True))
