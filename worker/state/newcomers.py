"""Whether those of a list are partners already, ask to sign themselves, or are called like one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import tokens
from worker.definition.additions import Additions
from worker.definition.partners import PartnerRow
from worker.definition.problems import Problem
from worker.models import REDACTED, Campaign, Contact, Partner, Suppression, ThirdPartyAddress
from worker.state.recipients import load_applicants
from worker.text import countries, similar_names

Why = Literal["partner", "address", "taken out", "applicant"]


@dataclass(frozen=True)
class LeftOut:
    """A row that is not added, by its place in the list: `number` is that of the partner or applicant that it is."""

    at: int
    why: Why
    organization: str
    number: int


@dataclass(frozen=True)
class Compared:
    """Places in the list: who is new, who is left out, and whose address gets no mail of ours."""

    new: Sequence[int]
    left_out: Sequence[LeftOut]
    without_mail: Sequence[int]


@dataclass(frozen=True)
class _Known:
    why: Why
    number: int
    organization: str
    country: str
    addresses: frozenset[bytes]


def compare(session: Session, campaign: Campaign, additions: Additions, *, namesake: bool = False) -> Compared:
    """Look at each row once, however many partners there are.

    Of the same name, and country as far as both say one, or of the same address is the same organization; but not if
    a person says that it is a `namesake`, unless it has both.
    """
    by_name: dict[str, list[_Known]] = {}
    by_address: dict[bytes, list[_Known]] = {}
    for one in _load_known(session, campaign):
        by_name.setdefault(similar_names.same_name(one.organization), []).append(one)
        for address in one.addresses:
            by_address.setdefault(address, []).append(one)
    suppressed = {bytes(one) for one in session.scalars(select(Suppression.email_hmac))}
    new, left_out, without_mail = [], [], []
    for at, row in enumerate(additions.rows):
        its = set(tokens.fingerprints(row.email)) if row.email else set()
        named = [one for one in by_name.get(similar_names.same_name(row.organization), []) if _fits(row, one)]
        reached = [one for address in its for one in by_address.get(address, [])]
        same = [one for one in named if one in reached] if namesake else [*named, *reached]
        if same:
            first = min(same, key=lambda one: (one.why != "partner", one.number))
            why: Why = "address" if first.why == "partner" and first not in named else first.why
            left_out.append(LeftOut(at, why, first.organization, first.number))
            continue
        new.append(at)
        if not its.isdisjoint(suppressed):
            without_mail.append(at)
    return Compared(new, left_out, without_mail)


MAX_COMPARED = 4_000_000  # names with names: a second or two


def find_problems(campaign: Campaign, additions: Additions) -> list[Problem]:
    """All that keeps a list from being added, as far as it and the letter say it."""
    addressees = [one.email for one in campaign.letter.addressees if one.email]
    return additions.all_problems(campaign.letter.texts.keys(), addressees)


@dataclass(frozen=True)
class Alike:
    """A row that may be a partner under another spelling, or in another language: said, and nothing is refused.

    `organization` and `number` are the partner's; `row` is the name in the list.
    """

    row: str
    organization: str
    number: int


def load_alike(session: Session, campaign: Campaign, rows: Sequence[PartnerRow]) -> list[Alike]:
    """Rows and partners that look alike by any name of the partner, and are not the same by its first.

    None where so many are compared with so many that a person would wait.
    """
    in_it = (Partner.campaign_id == campaign.id, Partner.organization != REDACTED, Partner.is_in_list)
    columns: Any = (Partner.id, Partner.organization, Partner.acronym, Partner.names)
    partners = session.execute(select(*columns).where(*in_it).order_by(Partner.id)).all()
    added = [row.organization for row in rows]
    known = [(name, one) for one in partners for name in (one.organization, *(one.names or {}).values())]
    if len(added) * (len(known) + len(added)) > MAX_COMPARED:
        return []
    known = [known[at] for at in similar_names.near(added, [name for name, _ in known])]
    pairs, _ = similar_names.alike([*(name for name, _ in known), *added])
    found = [(added[second - len(known)], known[first][1]) for first, second in pairs if first < len(known) <= second]
    called: dict[str, list[Any]] = {}
    for one in partners:
        for name in filter(None, (one.acronym, *(one.names or {}).values())):
            called.setdefault(similar_names.same_name(name), []).append(one)
    found += [(name, one) for name in added for one in called.get(similar_names.same_name(name), [])]
    by_name = similar_names.same_name
    differ = [(name, one) for name, one in found if by_name(name) != by_name(one.organization)]
    return list(dict.fromkeys(Alike(name, one.organization, one.id) for name, one in differ))


def load_taken_out(session: Session, campaign: Campaign) -> list[tuple[int, str]]:
    """Who was taken out of the list and can be put back: the number and the name of each, in the printed order."""
    out = (Partner.campaign_id == campaign.id, Partner.organization != REDACTED, ~Partner.is_in_list)
    rows = session.execute(select(Partner.id, Partner.organization).where(*out).order_by(Partner.sort_key, Partner.id))
    return [(number, organization) for number, organization in rows]


def load_alike_of(session: Session, campaign: Campaign, applicants: Sequence[ThirdPartyAddress]) -> list[list[str]]:
    """The partners that each who asks to sign may be: of its name, or of one that looks like it."""
    if not applicants:
        return []
    in_it = (Partner.campaign_id == campaign.id, Partner.organization != REDACTED, Partner.is_in_list)
    known = list(session.scalars(select(Partner.organization).where(*in_it).order_by(Partner.id)))
    asking = [one.organization for one in applicants]
    near = [known[at] for at in similar_names.near(asking, known)]
    return [_alike_to(one, near) for one in asking]


def _alike_to(name: str, near: list[str]) -> list[str]:
    pairs, _ = similar_names.alike([*near, name])
    same = [one for one in near if similar_names.same_name(one) == similar_names.same_name(name)]
    return list(dict.fromkeys([*same, *(near[first] for first, second in pairs if second == len(near))]))


def _fits(row: PartnerRow, one: _Known) -> bool:
    theirs, its = countries.same_country(one.country), countries.same_country(row.country)
    return not theirs or not its or theirs == its


def _load_known(session: Session, campaign: Campaign) -> Iterator[_Known]:
    contacts: dict[int, set[bytes]] = {}
    living = (Contact.ended_at.is_(None), Contact.email_hmac.is_not(None), Partner.campaign_id == campaign.id)
    of_it = select(Contact.partner_id, Contact.email_hmac).join(Partner, Partner.id == Contact.partner_id)
    for partner_id, address in session.execute(of_it.where(*living)):
        contacts.setdefault(partner_id, set()).add(bytes(address or b""))
    columns: Any = (Partner.id, Partner.organization, Partner.country, Partner.email_hmac, Partner.taken_out_at)
    partners = select(*columns).where(Partner.campaign_id == campaign.id, Partner.organization != REDACTED)
    for number, organization, country, address, taken_out_at in session.execute(partners.order_by(Partner.id)):
        its = contacts.get(number, set()) | ({bytes(address)} if address else set())
        yield _Known("taken out" if taken_out_at else "partner", number, organization, country, frozenset(its))
    for one in load_applicants(session, campaign):
        yield _Known("applicant", one.id, one.organization, one.country, frozenset([bytes(one.email_hmac)]))
