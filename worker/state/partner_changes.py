"""What an act on one partner came to, or would: the facts of which sentences are made before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from worker import tokens
from worker.models import Answer, Partner
from worker.state.answers import exposes_more, standing_answer
from worker.text.names import signatory

ReceiptFate = Literal["goes", "no address", "silenced", "unsubscribed"]


@dataclass(frozen=True)
class Corrected:
    """What a corrected address changed: the kinds of mail that go to it, and whether it got none of ours before.

    `is_quiet`: the partner has said that it wants no more mail, so none goes. `listing_restored`: how it is printed
    had been changed by an old link, and is as it was before. `links_ended`: how many that were passed on;
    `links_kept`: how many further contacts have one that works on.
    """

    goes: Sequence[str]
    was_suppressed: bool
    is_quiet: bool
    listing_restored: bool
    links_ended: int
    links_kept: int


@dataclass(frozen=True)
class MailedAgain:
    """What a partner is sent once more: so many mails of which nobody knew whether they arrived, or one of a kind."""

    uncertain: int = 0
    kind: Literal["reminder", "receipt"] | None = None


@dataclass(frozen=True)
class Merged:
    """What became of two: the answer that stands, the one that stood beside it and does not any more, who is told.

    `registered_is_merged`: the registered contact is that of the partner that is gone, for mail reaches it alone.
    """

    stands: Answer | None
    falls: Answer | None
    told: int
    registered_is_merged: bool


Dropped = Literal["organization", "acronym", "country", "sort_as", "names", "proposed", "note"]


@dataclass(frozen=True)
class BeforeMerging:
    """What of two partners is in no row once they are one: read it before.

    `gave`: the number of the partner that gave an answer, by the answer's. `dropped`: what of the second is lost, with
    its words where they were printed. `one_address`: whether both have the same.
    """

    kept: str
    kept_number: int
    merged: str
    merged_number: int
    gave: dict[int, int]
    dropped: Sequence[tuple[Dropped, str]]
    one_address: bool


def before_merging(session: Session, kept: Partner, merged: Partner) -> BeforeMerging:
    """Read what two partners are before one becomes part of the other."""
    standing = [standing_answer(session, one.id) for one in (kept, merged)]
    known = [one.email for one in (kept, merged) if one.email_hmac is not None]
    return BeforeMerging(
        kept=signatory(kept),
        kept_number=kept.id,
        merged=signatory(merged),
        merged_number=merged.id,
        gave={one.id: one.partner_id for one in standing if one is not None},
        dropped=_dropped(kept, merged),
        one_address=len(known) == 2 and len(set(map(tokens.fingerprint, known))) == 1,
    )


def receipt_fate(session: Session, partner: Partner, answer: Answer | None) -> ReceiptFate:
    """Whether a partner gets a receipt of an answer that was recorded for it, and if not, why."""
    if partner.email_hmac is None:
        return "no address"
    if partner.silenced_at is not None:
        return "silenced"
    if partner.takes_mail or (answer is not None and exposes_more(session, answer)):
        return "goes"
    return "unsubscribed"


def _dropped(kept: Partner, merged: Partner) -> list[tuple[Dropped, str]]:
    """How the second was printed, and its note where the first has one."""
    columns: tuple[Dropped, ...] = ("organization", "acronym", "country", "sort_as")
    printed = [(column, getattr(merged, column) or "") for column in columns]
    gone = [(column, words) for column, words in printed if words and words != getattr(kept, column)]
    gone += [("names", "")] if merged.names and merged.names != kept.names else []
    gone += [("proposed", "")] if merged.proposed else []
    gone += [("note", "")] if merged.note and kept.note and merged.note != kept.note else []
    return gone
