"""Who is named under the letter, and in which order. Nothing else decides that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, get_args

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, aliased

from worker import db
from worker.column_types import Moment
from worker.models import Addressee, Answer, Campaign, Letter, Partner, Rendition, Visibility
from worker.state.letters import first_seal_sent, sealed_at
from worker.state.lifecycle import BEYOND_RECALL, Stage
from worker.state.positions import FEW_PARTNERS, Position
from worker.text.collation import sort_key
from worker.text.names import Printable

PRINTED = (Partner.id, Partner.organization, Partner.acronym, Partner.country, Partner.names, Partner.sort_as)
_NAMED: dict[Rendition, set[str]] = {"public": {"public"}, "addressee": {"public", "addressee"}}


class Printed(Printable, Protocol):
    """What is printed of a signatory, and decides over its place in the list."""

    @property
    def id(self) -> int: ...
    @property
    def sort_as(self) -> str | None: ...


P = TypeVar("P", bound=Printed)


@dataclass(frozen=True)
class Signatories:
    """The named organizations in printed order, and how many more sign without being named."""

    named: Sequence[Printed]
    withheld: int
    in_confidence: Sequence[Printed] = ()
    """Those of the named that the public rendition does not name."""

    @property
    def count(self) -> int:
        """All who sign, named or not."""
        return len(self.named) + self.withheld


def load_signatories(session: Session, campaign: Campaign, rendition: Rendition) -> Signatories:
    """Those whose standing answer signs the letter in the meaning it has now, as this rendition names them."""
    return load_renditions(session, campaign)[rendition]


def load_renditions(
    session: Session, campaign: Campaign, as_of: datetime | None = None
) -> dict[Rendition, Signatories]:
    """Who signs now, as each rendition names them, all from one look; with `as_of`, who signed at that moment."""
    return as_renditions(load_signed(session, campaign, as_of))


def load_signed(session: Session, campaign: Campaign, as_of: datetime | None = None) -> Sequence[Row[Any]]:
    """What is printed of all who sign, named or not, in no order that is printed: two looks can be compared."""
    signing = _SIGNED if as_of is None else _SIGNED_AS_OF
    return session.execute(signing, {"campaign": campaign.id, "moment": as_of}).all()


def as_renditions(rows: Sequence[Row[Any]]) -> dict[Rendition, Signatories]:
    """How each rendition names those that `load_signed` found."""
    signed = in_order(rows)
    found: dict[Rendition, Signatories] = {}
    for rendition in _NAMED:
        named = [one for one in signed if is_named(one.visibility, rendition)]
        in_confidence = [one for one in named if not is_named(one.visibility, "public")]
        found[rendition] = Signatories(named, len(signed) - len(named), in_confidence)
    return found


def lists_others(campaign: Campaign, stage: Stage) -> bool:
    """Whether partners see each other under the letter: as the campaign allows it, until the letter has left."""
    return campaign.show_signers != "nobody" and stage != "cancelled" and stage not in BEYOND_RECALL


def lists_itself(position: Position) -> bool:
    """Whether a partner sees itself under the letter, as it is printed or would be."""
    standing, stage = position.standing, position.stage
    return stage == "open" or (
        stage != "cancelled" and standing is not None and is_named(standing.visibility, "public")
    )


def everyone_sees(campaign: Campaign) -> bool:
    """Whether the public page names those that sign publicly at this moment."""
    return campaign.dispatched_at is not None or campaign.show_signers == "everyone"


def standing_signatures(
    *columns: Any,
    campaign_id: int | ColumnElement[int],
    as_of: datetime | ColumnElement[datetime] | ScalarSelect[datetime] | None = None,
    among: str | None = None,
) -> Select[*tuple[Any, ...]]:
    """Selects columns of Partner and Answer for everyone who signs the letter in its present meaning.

    `as_of`: whose signature stood at that moment, in place of now; nobody's if it is a column and null. `among`: the
    name under which the statement is given the numbers of those who are asked for.
    """
    meaning = select(func.max(Letter.meaning)).where(Letter.campaign_id == campaign_id).scalar_subquery()
    stands: ColumnElement[bool] = Answer.superseded_at.is_(None)
    if as_of is not None:
        stands = (Answer.at <= as_of) & (stands | (Answer.superseded_at > as_of))
    these = Partner.campaign_id == campaign_id
    if among is not None:
        these = (db.unindexed(Partner.campaign_id) == campaign_id) & db.among(Partner.id, among)
    return (
        select(*columns)
        .select_from(Answer)
        .join(Partner, Partner.id == Answer.partner_id)
        .join(Letter, Letter.id == Answer.letter_id)
        .where(these, Answer.choice == "sign", Letter.meaning == meaning, stands)
    )


_CAMPAIGN: BindParameter[int] = bindparam("campaign", type_=Integer)
_MOMENT: BindParameter[datetime] = bindparam("moment", type_=Moment)
_SIGNED = standing_signatures(*PRINTED, Answer.visibility, campaign_id=_CAMPAIGN).order_by(Partner.id)
_SIGNED_AS_OF = standing_signatures(*PRINTED, Answer.visibility, campaign_id=_CAMPAIGN, as_of=_MOMENT).order_by(
    Partner.id
)
_SENT_UNDER = standing_signatures(
    func.count(),
    campaign_id=_CAMPAIGN,
    as_of=func.coalesce(sealed_at(_CAMPAIGN, first_seal_sent(_CAMPAIGN, _MOMENT)), _MOMENT),
)
_PUBLICLY = Answer.visibility.in_(_NAMED["public"])
_PUBLIC = standing_signatures(*PRINTED, campaign_id=_CAMPAIGN).where(_PUBLICLY).order_by(Partner.sort_key, Partner.id)
_PUBLIC_IDS = _PUBLIC.with_only_columns(Partner.id)
_PUBLIC_OF_THESE = standing_signatures(*PRINTED, campaign_id=_CAMPAIGN, among="ids").where(_PUBLICLY)


def load_public(session: Session, campaign_id: int) -> Sequence[Row[Any]]:
    """What is printed of those that the public rendition names, in the printed order."""
    return session.execute(_PUBLIC, {"campaign": campaign_id}).all()


def load_public_ids(session: Session, campaign_id: int) -> Sequence[int]:
    """Which partners they are, in the same order."""
    return session.scalars(_PUBLIC_IDS, {"campaign": campaign_id}).all()


def load_public_of(session: Session, campaign_id: int, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """The same of those among these partners that it names, in no order."""
    return session.execute(_PUBLIC_OF_THESE, {"campaign": campaign_id, "ids": ids}).all()


def count_signing(session: Session, campaign_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many sign each of several letters in its present meaning, by campaign and visibility."""
    meaning = present_meanings()
    signing = (
        select(Partner.campaign_id, Answer.visibility, func.count())
        .select_from(Answer)
        .join(Partner, Partner.id == Answer.partner_id)
        .join(Letter, Letter.id == Answer.letter_id)
        .join(meaning, (meaning.c.campaign_id == Partner.campaign_id) & (meaning.c.meaning == Letter.meaning))
        .where(Partner.campaign_id.in_(campaign_ids), Answer.choice == "sign", Answer.superseded_at.is_(None))
        .group_by(Partner.campaign_id, Answer.visibility)
    )
    found: dict[int, dict[str, int]] = {}
    for campaign_id, visibility, number in session.execute(signing):
        found.setdefault(campaign_id, {})[visibility or ""] = number
    return found


def present_meanings() -> Subquery:
    """Selects which meaning each campaign's letter has now."""
    latest = select(Letter.campaign_id, func.max(Letter.meaning).label("meaning"))
    return latest.group_by(Letter.campaign_id).subquery()


def count_sent_under(session: Session, campaign: Campaign) -> int | None:
    """Under how many organizations, named or not, the letter was sent; null while it has not left.

    That is the number in the first seal that a server accepted, or in the one that was brought by hand. It stays,
    whoever steps back later: a number that falls or rises as a name goes would tell whether its bearer still signs.
    """
    if campaign.dispatched_at is None:
        return None
    return session.scalar(_SENT_UNDER, {"campaign": campaign.id, "moment": campaign.dispatched_at}) or 0


def count_in_seal(session: Session, campaign: Campaign, seal_number: int | None) -> dict[str, int]:
    """How many sign the letter as it was sealed with this number, by visibility."""
    counted = standing_signatures(
        Answer.visibility, func.count(), campaign_id=campaign.id, as_of=sealed_at(campaign.id, seal_number)
    )
    found = session.execute(counted.group_by(Answer.visibility))
    return dict.fromkeys(get_args(Visibility), 0) | dict(found.all())


def could_be_guessed(partners: int, visibilities: Sequence[str]) -> bool:
    """Whether so few are asked that one who signs without being named could be guessed.

    How many have signed must not matter: whoever is warned would learn it.
    """
    return partners < FEW_PARTNERS and offers_withheld(visibilities)


def offers_withheld(visibilities: Sequence[str]) -> bool:
    """Whether organizations may sign and not be named in some copy."""
    return not all(is_named(visibility, "public") for visibility in visibilities)


def names_too_many(session: Session, campaign: Campaign, seal_number: int | None) -> bool:
    """Whether somebody whom the public letter names has stepped back since it was sealed."""
    return bool(session.scalar(_NAMES_TOO_MANY, {"campaign": campaign.id, "number": seal_number}))


def name_too_many(seals: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of which of these seals, each a campaign's and a number, the same holds at this moment: in a round trip each."""
    return {one for one in seals if db.read_autocommit(_NAMES_TOO_MANY, campaign=one[0], number=one[1])[0][0]}


def _names_too_many() -> Select[bool]:
    still = aliased(Answer)
    named_still = exists().where(
        still.partner_id == Answer.partner_id, still.superseded_at.is_(None), still.visibility.in_(_NAMED["public"])
    )
    stepped_back = (
        select(Answer.id)
        .join(Partner)
        .where(Partner.campaign_id == _CAMPAIGN, Answer.visibility.in_(_NAMED["public"]))
        .where(Answer.superseded_at > sealed_at(_CAMPAIGN, bindparam("number", type_=Integer)), ~named_still)
    )
    return select(stepped_back.exists())


_NAMES_TOO_MANY = _names_too_many()


def is_named(visibility: str | None, rendition: Rendition) -> bool:
    """Whether somebody who signed so is named in this rendition."""
    return visibility in _NAMED[rendition]


def named_in(rendition: Rendition) -> ColumnElement[bool]:
    """The same of any answer, as the condition in SQL."""
    return Answer.visibility.in_(_NAMED[rendition])


def rendition_for(addressee: Addressee) -> Rendition:
    """The one to whom the letter is written reads more names than those who get a copy."""
    return "public" if addressee.copy else "addressee"


def in_order(partners: Iterable[P]) -> list[P]:
    """The printed order: A to Z as people read it, whatever the case, an apostrophe before letters."""
    return sorted(partners, key=place_of)


def place_of(partner: Printed) -> tuple[tuple[int, ...], str, int]:
    """What the printed order goes by."""
    return sort_key(partner.sort_as or partner.organization), partner.country, partner.id
