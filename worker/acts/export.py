"""What organizers take out: the log says who took it; where two persons are wanted, withheld names need both."""

from typing import Any, Literal

from sqlalchemy.orm import Session

from worker.acts import audit, two_persons
from worker.models import Campaign, Rendition
from worker.state.letters import living_seal, names_in_confidence
from worker.wording import export as exports
from worker.wording import spreadsheet


def export_signatures(session: Session, campaign: Campaign, form: str) -> list[dict[str, Any]]:
    """Who signs, with who signed for it; `form` is that of the file. Raises SecondPersonNeeded."""
    two_persons.require_to_read(session, campaign, "export", what="signatures")
    note_taken_out(session, campaign, "signatures", form)
    return exports.signatures(session, campaign)


def export_documents(session: Session, campaign: Campaign) -> list[tuple[str, bytes]]:
    """The living seal, as (name, bytes). Raises SecondPersonNeeded if a name in it is for the addressee only."""
    if names_in_confidence(session, campaign, living_seal(session, campaign)):
        two_persons.require_to_read(session, campaign, "export", what="documents")
    if found := list(exports.documents(session, campaign)):
        note_taken_out(session, campaign, "documents")
    return found


def note_taken_out(
    session: Session, campaign: Campaign, what: Rendition | Literal["signatures", "documents"], form: str = "-"
) -> None:
    """Leave a line about a file with names that somebody takes; commit it before the file is handed over."""
    audit.log(session, campaign, "organizer", "names_exported", detail=(what, form))


def spell_csv(rows: list[dict[str, Any]]) -> bytes:
    """The signatures as a file that a spreadsheet opens; no cell of it is a formula."""
    return (spreadsheet.BYTE_ORDER_MARK + spreadsheet.as_csv(exports.COLUMNS, rows)).encode()
