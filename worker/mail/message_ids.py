"""Message-IDs are derived from what a mail says, so that one that is put again after a restore has the ID it had.

A mail that says something else has another: a mail program that knows an ID shows nothing that came under it again.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.models import Answer, Campaign, Letter, Seal


def derive(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The Message-ID of each of these mails, given as columns of `mail`: in three statements at most, for any number.

    It depends on the campaign's random number, the mail's key, reader and moment, and on letter, deadline, answer and
    seal as they stand now.
    """
    campaigns = _campaigns(session, {row["campaign_id"] for row in rows} - {None})
    answers = _answers(session, {row["answer_id"] for row in rows} - {None})
    sealing = {(row["campaign_id"], row["seal_number"]) for row in rows if row["seal_number"] is not None}
    seals = _seals(session, sealing)
    derived = []
    for row in rows:
        facts = [
            *campaigns.get(row["campaign_id"], []),
            *(row["key"], row["generation"], row["language"], row["dated_at"]),
            answers.get(row["answer_id"]),
            seals.get((row["campaign_id"], row["seal_number"])),
        ]
        derived.append(tokens.derived_message_id(json.dumps(facts, default=_spelled).encode()))
    return derived


def _spelled(value: datetime | bytes) -> str:
    return value.hex() if isinstance(value, bytes) else value.isoformat()


def _campaigns(session: Session, ids: set[int]) -> dict[int, list[Any]]:
    """Of each campaign its random number, its deadline, and the letter that counts."""
    if not ids:
        return {}
    latest = (
        select(Letter.campaign_id, func.max(Letter.version).label("version")).group_by(Letter.campaign_id).subquery()
    )
    found = (
        select(Campaign.id, Campaign.seed, Campaign.deadline_at, Letter.version, Letter.hash)
        .join(Letter, Letter.campaign_id == Campaign.id)
        .join(latest, (latest.c.campaign_id == Letter.campaign_id) & (latest.c.version == Letter.version))
        .where(Campaign.id.in_(ids))
    )
    return {campaign_id: facts for campaign_id, *facts in session.execute(found)}


def _answers(session: Session, ids: set[int]) -> dict[int | None, list[Any]]:
    """Of each answer what tells it from every other; who spoke is not decrypted for it."""
    if not ids:
        return {}
    of_it = (Answer.at, Answer.choice, Answer.visibility, Answer.letter_id, Answer.contact_id, Answer.replaces_id)
    found = select(Answer.id, *of_it).where(Answer.id.in_(ids))
    return {answer_id: facts for answer_id, *facts in session.execute(found)}


def _seals(session: Session, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], list[str]]:
    """Of each seal the hashes of all its documents."""
    if not wanted:
        return {}
    campaigns, numbers = ({pair[place] for pair in wanted} for place in (0, 1))
    of_these = Seal.campaign_id.in_(campaigns), Seal.number.in_(numbers)
    found = select(Seal.campaign_id, Seal.number, Seal.sha256).where(*of_these)
    hashes: dict[tuple[int, int], list[str]] = {}
    for campaign_id, number, sha256 in session.execute(found.order_by(Seal.id)):
        hashes.setdefault((campaign_id, number), []).append(sha256)
    return hashes
