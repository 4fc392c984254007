"""Organizations that ask to sign: who they are, and a yes or no to each."""

from typing import Any

from sqlalchemy.orm import Session

from worker.acts.join import decide_applicant, forget_unconfirmed
from worker.models import ThirdPartyAddress
from worker.state.joining import NOBODY, load_joining
from worker.state.newcomers import load_alike_of
from worker.state.recipients import load_applicants
from worker.state.refusals import AlreadyPartner, TakenOut
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.wording.acts import Before
from worker.wording.acts import applicants as words
from worker.wording.organizers import O_

FORGET = "forget"


def _page(session: Session, at: At) -> dict[str, Any]:
    """Who waits for a yes or no, each with the partners that it may be."""
    waiting = load_applicants(session, at.campaign)
    joining = load_joining(session, [at.campaign.id], at.visitor.now).get(at.campaign.id, NOBODY)
    return {
        "waiting": list(zip(waiting, load_alike_of(session, at.campaign, waiting), strict=True)),
        "unconfirmed": joining.unconfirmed,
    }


def _chosen(session: Session, at: At) -> tuple[ThirdPartyAddress, str]:
    """The applicant whose button was pressed, and what the button says."""
    what, _, number = at.typed.get("decide", "").partition("-")
    waiting = {str(one.id): one for one in load_applicants(session, at.campaign)}
    if number not in waiting:
        raise Wrong(decide="applicant missing")
    return waiting[number], what


def _admit(session: Session, at: At) -> object:
    one, what = _chosen(session, at)
    return decide_applicant(session, one.id, admitted=True, namesake=what == "namesake")


def _before_admit(session: Session, at: At) -> Before:
    one, what = _chosen(session, at)
    asked = words.Asking.from_applicant(one)
    try:
        made = decide_applicant(session, one.id, admitted=True, namesake=what == "namesake")
    except (AlreadyPartner, TakenOut) as refused:
        raise Wrong(decide=refused) from None
    return words.admit(asked, made, at.language)


def _refuse(session: Session, at: At) -> object:
    if at.typed.get("decide") == FORGET:
        return forget_unconfirmed(session, at.campaign.id)
    return decide_applicant(session, _chosen(session, at)[0].id, admitted=False)


def _before_refuse(session: Session, at: At) -> Before:
    if at.typed.get("decide") == FORGET:
        wishes, mails = forget_unconfirmed(session, at.campaign.id)
        if not wishes:
            raise Wrong(decide="applicant missing")
        return words.forget(wishes, mails, at.language)
    one, _ = _chosen(session, at)
    asked = words.Asking.from_applicant(one)
    decide_applicant(session, one.id, admitted=False)
    return words.refuse(asked, at.language)


ACTS: tuple[DeskAct, ...] = (
    DeskAct(
        "applicants",
        O_("Organizations that ask to sign"),
        "partners",
        _before_refuse,
        _refuse,
        form_page="applicants",
        form=_page,
        fits=lambda at: at.campaign.may_be_joined,
    ),
    # The same page: a yes sends an email, and a no does not.
    DeskAct(
        "admit",
        O_("Organizations that ask to sign"),
        "partners",
        _before_admit,
        _admit,
        form_page="applicants",
        form=_page,
        sends=True,
        fits=lambda at: False,
        then=O_("It gets its invitation now."),
    ),
)
