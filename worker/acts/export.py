"""What organizers take out, with the yes of a second person where the campaign wants two: it holds withheld names."""

from typing import Any

from sqlalchemy.orm import Session

from worker.acts import two_persons
from worker.models import Campaign
from worker.state.letters import living_seal, names_in_confidence
from worker.wording import export as exports
from worker.wording import spreadsheet


def export_signatures(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """Who signs, with who signed for it. Raises SecondPersonNeeded."""
    two_persons.require_to_read(session, campaign, "export", what="signatures")
    return exports.signatures(session, campaign)


def export_documents(session: Session, campaign: Campaign) -> list[tuple[str, bytes]]:
    """The living seal, as (name, bytes). Raises SecondPersonNeeded if a name in it is for the addressee only."""
    if names_in_confidence(session, campaign, living_seal(session, campaign)):
        two_persons.require_to_read(session, campaign, "export", what="documents")
    return list(exports.documents(session, campaign))


def spell_csv(rows: list[dict[str, Any]]) -> bytes:
    """The signatures as a file that a spreadsheet opens; no cell of it is a formula."""
    return (spreadsheet.BYTE_ORDER_MARK + spreadsheet.as_csv(exports.COLUMNS, rows)).encode()
