"""Mail codes are compared: of one partner so many wrong ones and no more, whichever process is asked, and for good.

So brute force finds nothing, and locks nobody out: the long code is beyond it, and not compared here. A wrong one is
counted, and committed, before anybody hears that it was wrong; a right one writes nothing.
"""

import functools
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import audit
from worker.mail import outbox
from worker.models import MAX_WRONG_CODES, CodeHolder, Partner

log = logging.getLogger("codes")

Verdict = Literal["right", "wrong", "last", "spent"]
"""last: wrong, and the last that was compared; spent: not compared any more."""


@dataclass(frozen=True)
class SixDigits:
    """What was typed at a link: `id` is the holder's (of any contact, the partner's), ref and generation the link's."""

    id: int
    ref: bytes
    generation: int
    typed: str


def compare_codes(session: Session, model: type[CodeHolder], given: Sequence[SixDigits]) -> list[Verdict]:
    """Compare a group; those of one partner one after the other, and nobody else's of it until the transaction ends."""
    ids = sorted({one.id for one in given})
    db.lock_codes(session, model, ids)
    counted = session.execute(_counted(model), {"ids": ids})
    return judged(given, {row.id: row.wrong_codes for row in counted})


def judged(given: Sequence[SixDigits], counted: Mapping[int, int]) -> list[Verdict]:
    """The same for holders whose codes are locked, and of whom so many wrong ones were counted."""
    left = {id: MAX_WRONG_CODES - wrong for id, wrong in counted.items()}
    verdicts: list[Verdict] = []
    for one in given:
        if left.get(one.id, 0) <= 0:
            verdicts.append("spent")
        elif tokens.is_mail_code(one, one.typed):
            verdicts.append("right")
        else:
            left[one.id] -= 1
            verdicts.append("wrong" if left[one.id] else "last")
    return verdicts


@functools.cache
def _counted(model: type[CodeHolder]) -> Select[int, int]:
    return select(model.id, model.wrong_codes).where(db.among(model.id, "ids"))


def count_wrong(
    session: Session,
    model: type[CodeHolder],
    given: Sequence[SixDigits],
    verdicts: Sequence[Verdict],
) -> None:
    """Count what was wrong, in the transaction that compared it; after the last, tell the partner and the organizers.

    An applicant and a member are told nothing: they have their mail, and can ask anew.
    """
    wrong = Counter(one.id for one, verdict in zip(given, verdicts, strict=True) if verdict in {"wrong", "last"})
    for id, times in sorted(wrong.items()):
        adding = update(model).where(model.id == id).values(wrong_codes=model.wrong_codes + times)
        counted = session.execute(
            adding.returning(model.wrong_codes, model.campaign_id).execution_options(synchronize_session=False)
        ).one_or_none()  # less than was seen, if its link was renewed meanwhile
        if counted is None or counted.wrong_codes < MAX_WRONG_CODES:
            continue
        about = {"campaign": counted.campaign_id}
        log.warning("%s %d: %d wrong mail codes", model.__tablename__, id, counted.wrong_codes, extra=about)
        if model is Partner:
            _tell(session, session.get_one(Partner, id, populate_existing=True))


def _tell(session: Session, partner: Partner) -> None:
    campaign, now = partner.campaign, db.clock(session)
    mails = [outbox.to_organizers("guessing", campaign, f"partner-{partner.id}/{partner.generation}", now)]
    if partner.takes_alerts:
        mails.append(outbox.to_partner("code_guessed", campaign, partner, str(partner.generation), now))
    outbox.put(session, mails)
    audit.log(session, campaign, "partner", "code_guessed", partner, at=now)
