"""How a partner is printed, as columns, and what its links have changed of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.models import Campaign, ListingChange, Mail, Partner
from worker.text import countries

COLUMNS = ("organization", "acronym", "country", "sort_as", "names", "proposed")
COUNTRY = "country"
"""The key, beside languages, under which `proposed` has a country that waits for an organizer's yes."""


def country_as_listed(session: Session, campaign: Campaign, wanted: str, besides: Partner | None = None) -> str | None:
    """How the others of a campaign's list write a country that is known, if they write it one way; else None."""
    code = countries.code(wanted)
    if code is None:
        return None
    others = select(Partner.country).where(Partner.campaign_id == campaign.id, Partner.is_in_list)
    if besides is not None:
        others = others.where(Partner.id != besides.id)
    theirs = {country for country in session.scalars(others.distinct()) if countries.code(country) == code}
    return theirs.pop() if len(theirs) == 1 else None


@dataclass(frozen=True)
class FieldChange:
    """One field of a listing, as it stood and as it stands; a name in another language is `name_<language>`.

    `country_waiting` is a country to which an organizer says yes first.
    """

    field: str
    before: str
    after: str


def as_columns(partner: Partner) -> dict[str, Any]:
    """All that a link may change of how a partner is printed, as it stands."""
    return {column: getattr(partner, column) for column in COLUMNS}


def changes_told_by(session: Session, mail: Mail) -> list[FieldChange]:
    """What was changed, as one mail tells it; the same each time it is asked for, whatever changed since."""
    of_it = select(ListingChange).where(ListingChange.partner_id == mail.partner_id).order_by(ListingChange.id)
    changes = session.scalars(of_it).all()
    told = [place for place, one in enumerate(changes) if one.mail_id == mail.id]
    if not told or mail.partner is None:
        return []
    later = changes[told[-1] + 1 :]
    before = _wished(changes[told[0]].stood)
    after = _wished(later[0].stood if later else as_columns(mail.partner))
    fields = dict.fromkeys([*before, *after])
    return [
        FieldChange(field, _of(before, field), _of(after, field))
        for field in fields
        if _of(before, field) != _of(after, field)
    ]


def was_undone(session: Session, mail: Mail) -> bool:
    """Whether what a mail tells last is that changes were undone."""
    last = select(ListingChange.generation).where(ListingChange.mail_id == mail.id).order_by(ListingChange.id.desc())
    return session.execute(last.limit(1)).scalar_one_or_none() is None


def _wished(columns: Mapping[str, Any]) -> dict[str, str]:
    """By field, how it is printed, or is to be once an organizer agrees."""
    proposed = columns["proposed"] or {"": columns["organization"], **(columns["names"] or {})}
    fields = {name: columns[name] or "" for name in ("acronym", "country", "sort_as")}
    if COUNTRY in proposed:
        fields["country_waiting"] = proposed[COUNTRY]
    other = {f"name_{code}": name for code, name in proposed.items() if code and code != COUNTRY}
    return {"organization": proposed[""], **fields} | other


def _of(fields: Mapping[str, str], field: str) -> str:
    """A field's value; where no country waits it is the one that stands."""
    return fields.get(field, fields["country"] if field == "country_waiting" else "")
