"""The list of partners: add some, take one out, let one in that asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from worker import db, vacuum
from worker.acts import add_partners, take_out
from worker.definition import additions as lists
from worker.definition import partners
from worker.definition.additions import Additions
from worker.definition.pasted_list import grouped
from worker.definition.problems import Problem, few
from worker.models import Partner
from worker.state import newcomers
from worker.state.campaigns import get_campaign
from worker.state.refusals import BadList, NobodyNew
from worker.text.languages import LANGUAGES
from worker.web import forms
from worker.web.desk.applicant_acts import ACTS as OF_APPLICANTS
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.web.desk.visit import Visit
from worker.wording.acts import Before, partner_list
from worker.wording.organizers import O_, in_language

MAX_KEPT = forms.MAX_UPLOAD - 64 * 1024  # bytes of a list that the next page sends back
MAX_SAID = 100  # changes to a list that was taken over
FIELDS = ("organization", "acronym", "country", "contact", "email", "language", "note")
_LATER = O_("The invitations leave in a minute. Until then you can take an organization out again with nobody told.")


def _read_list(visit: Visit, at: At) -> Mapping[str, str]:
    """The rows of a file or of what was pasted, as text for a hidden field, and what is to be looked at in them."""
    file, pasted, sheet = visit.files.get("list"), at.typed.get("pasted", ""), at.typed.get("sheet", "").strip()
    language = at.campaign.authentic
    if file is not None:
        taken = partners.take_octets(lists.label(file.name), file.content, language, sheet)
    elif pasted.strip():
        taken = partners.take_octets(Path(lists.A_LIST), pasted.encode(), language, sheet).called(lists.A_LIST)
    else:
        raise Wrong(list="list missing")
    read = Additions.from_list(lists.A_LIST, taken)
    remarks = [in_language(remark.sentence, at.language) for remark in grouped(taken.remarks)[:MAX_SAID]]
    told = json.dumps(_looked_at(at, read, remarks, "list wrong"))
    if len((rows := read.spelled()).encode()) + len(told) > MAX_KEPT:
        raise Wrong(list="list too large")
    return {"rows": rows, "told": told}


def _read_one(visit: Visit, at: At) -> Mapping[str, str]:
    return {**at.typed, "told": json.dumps(_looked_at(at, _one(at), [], "row wrong"))}


def _looked_at(at: At, read: Additions, remarks: list[str], wrong: str) -> list[str]:
    """What is to be looked at; raises Wrong with all problems. It may take seconds, so nothing is locked meanwhile."""
    with db.reading() as session:
        campaign = get_campaign(session, at.campaign.id)
        if problems := newcomers.find_problems(campaign, read):
            raise _wrong(at, problems, wrong)
        new = [read.rows[one] for one in newcomers.compare(session, campaign, read).new]
        return [*remarks, *partner_list.alike(newcomers.load_alike(session, campaign, new), at.language)]


def _wrong(at: At, problems: Sequence[Problem], code: str) -> Wrong:
    if code == "list wrong":
        return Wrong(*(in_language(one.sentence, at.language) for one in few(problems)), list=code)
    fields: dict[str, list[Problem]] = {}
    for one in problems:
        field = one.where if one.where in FIELDS else "organization"
        fields.setdefault(field, []).append(replace(one, where="") if field == one.where else one)
    return Wrong(**fields)


def _listed(at: At) -> Additions:
    return Additions.from_spelled(at.typed.get("rows", ""))


def _one(at: At) -> Additions:
    return Additions.alone({name: at.typed.get(name, "") for name in FIELDS})


def _told(at: At) -> list[str]:
    """What the page before had the person look at."""
    try:
        found = json.loads(at.typed.get("told", "[]"))
    except (ValueError, RecursionError):
        return []
    return [str(one).encode("utf-8", "replace").decode() for one in found] if isinstance(found, list) else []


def _add(session: Session, at: At, wanted: Additions, field: str, wrong: str) -> add_partners.Added:
    try:
        return add_partners.add_new_partners(session, at.campaign.id, wanted, namesake=bool(at.typed.get("namesake")))
    except BadList as refused:
        raise _wrong(at, refused.facts["wrong"], wrong) from None
    except NobodyNew as refused:
        said = partner_list.left_out(wanted, refused.facts["left_out"], at.language)
        raise Wrong(*said, **{field: "nobody new"}) from None


def _add_list(session: Session, at: At) -> add_partners.Added:
    return _add(session, at, _listed(at), "list", "list wrong")


def _add_one(session: Session, at: At) -> add_partners.Added:
    return _add(session, at, _one(at), "organization", "row wrong")


def _before_add(at: At, wanted: Additions, added: add_partners.Added) -> Before:
    return partner_list.add(wanted, added.compared, added.rows, added.asked, _told(at), at.language)


def _list_form(session: Session, at: At) -> dict[str, Any]:
    return {"taken_out": newcomers.load_taken_out(session, at.campaign)}


def _row_form(session: Session, at: At) -> dict[str, Any]:
    known = at.campaign.letter.texts
    return {"letter_languages": {code: LANGUAGES[code].endonym for code in LANGUAGES if code in known}}


def _before_take_out(session: Session, at: At) -> Before:
    done = take_out.take_out_partner(session, at.its_partner.id)
    return partner_list.take_out(
        at.its_partner, done.told, answered=done.answered, voids=done.voids, language=at.language
    )


def _take_out(session: Session, at: At) -> object:
    return take_out.take_out_partner(session, at.its_partner.id)


def _before_put_back(session: Session, at: At) -> Before:
    asked = take_out.put_back_partner(session, at.its_partner.id)
    return partner_list.put_back(at.its_partner, asked=asked, language=at.language)


def _put_back(session: Session, at: At) -> object:
    return take_out.put_back_partner(session, at.its_partner.id)


def _is_open(at: At) -> bool:
    return at.campaign.takes_answers(at.visitor.now)


ACTS: tuple[DeskAct, ...] = (
    DeskAct(
        "add",
        O_("Add a list of organizations"),
        "partners",
        lambda session, at: _before_add(at, _listed(at), _add_list(session, at)),
        _add_list,
        form_page="add",
        form=_list_form,
        sends=True,
        fits=_is_open,
        then=_LATER,
        wakes=(),
        wakes_for_it=("invite",),
        read=_read_list,
        afterwards=lambda campaign_id: vacuum.analyze(Partner),
    ),
    DeskAct(
        "add-one",
        O_("Add one organization"),
        "partners",
        lambda session, at: _before_add(at, _one(at), _add_one(session, at)),
        _add_one,
        form_page="add_one",
        form=_row_form,
        sends=True,
        fits=_is_open,
        then=_LATER,
        wakes=(),
        wakes_for_it=("invite",),
        read=_read_one,
    ),
    *OF_APPLICANTS,
    DeskAct(
        "take-out",
        O_("Take it out of the list"),
        "partners",
        _before_take_out,
        _take_out,
        sends=True,
        of_partner=True,
        fits=lambda at: at.its_partner.is_in_list and at.its_partner.erased_at is None and not _has_left(at),
        watches="partner",
        wakes_for_it=("close",),
    ),
    DeskAct(
        "put-back",
        O_("Put it back into the list"),
        "partners",
        _before_put_back,
        _put_back,
        sends=True,
        of_partner=True,
        fits=lambda at: not at.its_partner.is_in_list and _is_open(at),
        watches="partner",
        for_taken_out=True,
    ),
)


def _has_left(at: At) -> bool:
    return at.campaign.dispatched_at is not None or at.campaign.cancelled_at is not None
