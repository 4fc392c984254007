"""An organizer has read own words of persons, and agrees that the addressee reads them, or refuses."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from worker import db
from worker.acts import audit, locking
from worker.models import Member
from worker.state.member_addresses import ENCRYPTED
from worker.state.refusals import WordsNotDecided
from worker.state.waiting_words import mark_of


def decide_words(session: Session, campaign_id: int, *, agree: Mapping[int, str], refuse: Mapping[int, str]) -> None:
    """Agree to words and refuse others: by person, with the mark of the words that were read. All of them, or none.

    Refused words are not sent; the voice counts, and its name is told if it may be. Raises WordsNotDecided, with each
    that cannot be, if a person has changed its words since or does not stand any more, or another organizer was faster.
    """
    campaign = db.locked(session, campaign_id)
    if agree:
        locking.require_calm(campaign)
    now = db.clock(session)
    found, read = _load_members(session, campaign_id, {*agree, *refuse}), {**agree, **refuse}
    wrong: dict[str, list[int]] = {"changed": [], "decided": [], "unknown": []}
    for member_id, mark in sorted(read.items()):
        member = found.get(member_id)
        if member is None or not member.stands or member.words_at is None:
            wrong["unknown"].append(member_id)
        elif mark_of(member.words_at) != mark:
            wrong["changed"].append(member_id)
        elif not member.words_wait:
            wrong["decided"].append(member_id)
    if any(wrong.values()):
        raise WordsNotDecided(**wrong)
    for member_id in agree:
        found[member_id].words_agreed_at = now
    for member_id in refuse:
        found[member_id].words_refused_at = now
    if agree:
        audit.log(session, campaign, "organizer", "words_agreed", detail=len(agree), at=now)
    if refuse:
        audit.log(session, campaign, "organizer", "words_refused", detail=len(refuse), at=now)


def _load_members(session: Session, campaign_id: int, ids: Collection[int]) -> dict[int, Member]:
    """These persons, locked in one order, without what would be decrypted."""
    rows = (
        select(Member)
        .where(Member.campaign_id == campaign_id, Member.id.in_(ids))
        .order_by(Member.id)
        .options(*map(defer, ENCRYPTED))
        .with_for_update(of=Member)
        .execution_options(populate_existing=True)
    )
    return {member.id: member for member in session.scalars(rows)}
