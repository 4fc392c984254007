"""One partner: all that is known of it, and what can be done for it."""

from starlette.responses import Response

from worker import db
from worker.web.desk import doing
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import Visit


def show_partner(visit: Visit) -> Response:
    """Its mails, its answers, who may answer for it."""
    with db.reading() as session:
        at = doing.where(session, visit)
        return visit.show(
            "partner",
            campaign=at.campaign,
            campaign_path=f"/desk/campaigns/{at.campaign.id}",
            partner=at.partner,
            happened=doing.what_happened(session, visit, ACTS, at),
            offers=doing.offers(ACTS, visit, at),
        )
