"""What of a letter has gone before a partner's last answer, and says more of the partner than that answer does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from worker.models import REDACTED, Addressee, Answer, Campaign, Letter, Mail, Partner
from worker.state import signatories
from worker.state.letters import living, load_letters, served
from worker.state.positions import Position


@dataclass(frozen=True)
class Copy:
    """A letter that has reached an addressee or may have, and the moment as of which it names."""

    addressee: Addressee
    dated_at: datetime


@dataclass(frozen=True)
class Disclosure:
    """Names of addressees who have the letter, or may have it."""

    to: list[str] = field(default_factory=list)
    not_to: list[str] = field(default_factory=list)
    """Those that do not have it yet."""
    naming: list[str] = field(default_factory=list)
    """Those in whose copy the partner is named, though its standing answer would not name it there."""
    counting: list[str] = field(default_factory=list)
    """Those in whose copy it is counted without its name, though it has withdrawn."""

    def called(self, names: Mapping[str, str]) -> "Disclosure":
        """The same with what its reader calls each of them."""
        lists = (self.to, self.not_to, self.naming, self.counting)
        return Disclosure(*([names[one] for one in those] for those in lists))


@dataclass
class Notice:
    """What one addressee is to be told; the partners are named in its copy."""

    addressee: Addressee
    withdrawn: list[Partner] = field(default_factory=list)
    unnamed: list[Partner] = field(default_factory=list)
    """Those that still sign, and ask to be named no more."""
    uncounted: int = 0
    """How many have withdrawn that its copy counts without naming them."""


_Given = Row[int, str, str | None, datetime, datetime | None, int]


def copies(campaign: Campaign, letters: Sequence[Mail]) -> list[Copy]:
    """Whom the letter has reached or may have reached, in the order of the addressees."""
    gone = []
    for one in served(campaign, letters):
        by_mail = [one.mail.dated_at] if one.mail and one.mail.has_left else []
        by_hand = [one.addressee.brought_at] if one.addressee.brought_at else []
        if by_mail or by_hand:
            gone.append(Copy(one.addressee, min(by_mail + by_hand)))
    return gone


def has_left(session: Session, campaign: Campaign) -> bool:
    """Whether the letter has reached some addressee, or may have reached it."""
    return bool(copies(campaign, load_letters(session, campaign)))


def had_left_by(campaign: Campaign, letters: Sequence[Mail], moment: datetime) -> bool:
    """Whether some addressee had the letter at that moment, or may have had it."""
    moments = [at for letter in living(letters) for at in (letter.in_data_at, letter.sent_at)]
    return any(at is not None and at <= moment for at in (campaign.dispatched_at, *moments))


def load_disclosure(session: Session, position: Position, standing: Answer | None) -> Disclosure:
    """Compare each copy that has gone, or may have gone, with an answer of this partner: the one that stands or is to.

    A copy names whoever was to be named when it was dated: later reductions make another seal.
    """
    campaign = position.campaign
    if campaign.closed_at is None or not (gone := copies(campaign, position.letters)):
        return Disclosure()
    given = session.execute(_GIVEN.where(Answer.partner_id == position.partner.id)).all()
    return _compared(campaign, gone, given, standing)


def load_disclosures(
    session: Session, letters: Mapping[Campaign, Sequence[Mail]], standing: Mapping[int, tuple[Campaign, "_Standing"]]
) -> dict[int, Disclosure]:
    """The same of several partners, by partner, in one statement."""
    gone = {campaign: copies(campaign, of_it) if campaign.closed_at else [] for campaign, of_it in letters.items()}
    concerned = [partner_id for partner_id, (campaign, _) in standing.items() if gone[campaign]]
    given: dict[int, list[_Given]] = {}
    for row in session.execute(_GIVEN.where(Answer.partner_id.in_(concerned))) if concerned else []:
        given.setdefault(row.partner_id, []).append(row)
    return {
        partner_id: _compared(campaign, gone[campaign], given.get(partner_id, []), stands)
        for partner_id, (campaign, stands) in standing.items()
    }


def load_notices(session: Session, campaign: Campaign, letters: Sequence[Mail]) -> list[Notice]:
    """One for each addressee whose copy says more of somebody than its answer says now, and who was not told of it."""
    return load_notices_of(session, [(campaign, letters)]).get(campaign.id, [])


def load_notices_of(session: Session, campaigns: Iterable[tuple[Campaign, Sequence[Mail]]]) -> dict[int, list[Notice]]:
    """The same of several campaigns with their letters, by campaign, in as many statements as for one."""
    gone = {campaign: found for campaign, letters in campaigns if (found := copies(campaign, letters))}
    if not gone:
        return {}
    first = min(copy.dated_at for those in gone.values() for copy in those)
    ids = [campaign.id for campaign in gone]
    stepped_back = (
        select(Answer.partner_id)
        .join(Partner)
        .where(Partner.campaign_id.in_(ids), Answer.superseded_at >= first, Answer.choice == "sign")
    )
    partners = session.scalars(
        select(Partner).where(Partner.id.in_(stepped_back), Partner.organization != REDACTED)
    ).all()
    given: dict[int, list[_Given]] = {partner.id: [] for partner in partners}
    for row in session.execute(_GIVEN.where(Answer.partner_id.in_(stepped_back))) if partners else []:
        given.setdefault(row.partner_id, []).append(row)
    of_each: dict[int, list[Partner]] = {}
    for partner in signatories.in_order(partners):
        of_each.setdefault(partner.campaign_id, []).append(partner)
    return {one.id: _notices(one, copied, of_each.get(one.id, []), given) for one, copied in gone.items()}


def is_untold(session: Session, campaign: Campaign, partner: Partner | None = None) -> bool:
    """Whether an addressee should be told that this partner, or any, has stepped back since it got its copy."""
    found = load_notices(session, campaign, load_letters(session, campaign)) if campaign.closed_at else []
    if partner is None:
        return bool(found)
    return any(partner in (*one.withdrawn, *one.unnamed) for one in found)


def _notices(
    campaign: Campaign, gone: Sequence[Copy], partners: Sequence[Partner], given: Mapping[int, Sequence[_Given]]
) -> list[Notice]:
    notices = {copy.addressee.id: Notice(copy.addressee) for copy in gone}
    for partner in partners:
        standing = next((row for row in given[partner.id] if row.superseded_at is None), None)
        found = _compared(campaign, gone, given[partner.id], standing)
        changed_at = standing.at if standing else max(filter(None, (row.superseded_at for row in given[partner.id])))
        for copy in gone:
            if copy.addressee.told_at is not None and changed_at <= copy.addressee.told_at:
                continue
            _add(notices[copy.addressee.id], partner, found, signs=standing is not None and standing.choice == "sign")
    return [one for one in notices.values() if one.withdrawn or one.unnamed or one.uncounted]


def _add(notice: Notice, partner: Partner, found: Disclosure, *, signs: bool) -> None:
    if notice.addressee.name in found.naming:
        (notice.unnamed if signs else notice.withdrawn).append(partner)
    elif notice.addressee.name in found.counting:
        notice.uncounted += 1


_GIVEN: Select[int, str, str | None, datetime, datetime | None, int] = (
    select(Answer.partner_id, Answer.choice, Answer.visibility, Answer.at, Answer.superseded_at, Letter.meaning)
    .join(Letter, Letter.id == Answer.letter_id)
    .order_by(Answer.id)
)


class _Standing(Protocol):
    """How a partner's answer stands; without a choice where it has none."""

    @property
    def choice(self) -> str | None: ...
    @property
    def visibility(self) -> str | None: ...


def _compared(
    campaign: Campaign, gone: Sequence[Copy], given: Sequence[_Given], standing: _Standing | None
) -> Disclosure:
    reached = [copy.addressee for copy in gone]
    others = [one.name for one in campaign.letter.addressees if one not in reached]
    found = Disclosure(to=[one.name for one in reached], not_to=others)
    for copy in gone:
        then = _answer_in(campaign, given, copy.dated_at)
        if _is_named(then, copy.addressee) and not _is_named(standing, copy.addressee):
            found.naming.append(copy.addressee.name)
        elif _is_counted(then) and not _is_counted(standing):
            found.counting.append(copy.addressee.name)
    return found


def _answer_in(campaign: Campaign, given: Sequence[_Given], dated_at: datetime) -> _Given | None:
    """What stood when a copy was dated; if two moments are one, the answer that was replaced."""
    for row in given:
        stood = row.at <= dated_at and (row.superseded_at is None or row.superseded_at >= dated_at)
        if stood and row.meaning == campaign.letter.meaning:
            return row
    return None


def _is_named(answer: _Standing | None, addressee: Addressee) -> bool:
    return answer is not None and signatories.is_named(answer.visibility, signatories.rendition_for(addressee))


def _is_counted(answer: _Standing | None) -> bool:
    return answer is not None and answer.choice == "sign"
