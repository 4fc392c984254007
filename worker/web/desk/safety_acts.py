"""What stops a campaign, or what it sends, and what lets it go on."""

from sqlalchemy.orm import Session

from worker.acts.hold import hold_letter
from worker.web.desk.doing import At, DeskAct
from worker.wording.acts import Before, safety
from worker.wording.organizers import O_


def _hold(session: Session, at: At) -> object:
    return hold_letter(session, at.campaign.id, all_mail=True)


def _before_hold(session: Session, at: At) -> Before:
    hold_letter(session, at.campaign.id, all_mail=True)
    return safety.hold_all_mail(at.language)


ACTS = (
    DeskAct(
        "hold",
        O_("Hold the letter and all email"),
        "safety",
        _before_hold,
        _hold,
        fits=lambda at: at.campaign.mail_held_at is None and at.campaign.cancelled_at is None,
        then=O_("Partners can still answer. Resume when you want it to go on."),
    ),
)
