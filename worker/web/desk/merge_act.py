"""Two lines of the list were one organization: the other is looked for, and becomes part of this one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from worker.acts.merge import merge_partners
from worker.models import Partner
from worker.state.partner_changes import Merged, before_merging
from worker.state.partner_search import find_partners
from worker.text.names import signatory
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.wording.acts import Before, merging
from worker.wording.organizers import O_


def _found(session: Session, at: At) -> list[Partner]:
    """The others that may be meant, by what was typed."""
    found = find_partners(session, at.campaign, at.typed.get("other", ""))
    return [one for one in found if one is not at.partner]


def _other(session: Session, at: At) -> Partner:
    """The one that is meant; once it was shown it is known by its number alone."""
    number = at.typed.get("number", "")
    if at.typed.get("sure"):
        shown = find_partners(session, at.campaign, f"#{number}")
        if not shown:
            raise Wrong(other="other unknown")
        return shown[0]
    words = at.typed.get("other", "").strip()
    found = _found(session, at)
    chosen = [one for one in found if str(one.id) == number] or found
    if len(chosen) == 1:
        return chosen[0]
    if not words:
        raise Wrong(other="other missing")
    if chosen:
        raise Wrong(number="others alike")
    raise Wrong(other="itself" if find_partners(session, at.campaign, words) else "other unknown")


def _merge(session: Session, at: At) -> Merged:
    return merge_partners(session, at.its_partner.id, _other(session, at).id)


def _before(session: Session, at: At) -> Before:
    kept, merged = at.its_partner, _other(session, at)
    two = before_merging(session, kept, merged)
    return merging.merge(two, merge_partners(session, kept.id, merged.id), kept, at.campaign, at.language)


def _concerned(session: Session, at: At) -> Sequence[Partner]:
    try:
        return [_other(session, at)]
    except Wrong:
        return []


def _form(session: Session, at: At) -> dict[str, Any]:
    found = _found(session, at)
    return {"found": [(str(one.id), f"{signatory(one)} (#{one.id})") for one in found] if len(found) > 1 else []}


ACTS = (
    DeskAct(
        "merge",
        O_("Merge it with another partner"),
        "partners",
        _before,
        _merge,
        form_page="merge",
        form=_form,
        sends=True,
        is_dangerous=True,
        of_partner=True,
        fits=lambda at: at.campaign.takes_answers(at.visitor.now) and at.its_partner.erased_at is None,
        watches="partner",
        concerns=_concerned,
        then=O_("The partners’ list on your computer still has both rows: delete one."),
    ),
)
