"""One campaign: where it stands, and what can be done about it."""

from starlette.responses import Response

from worker import db
from worker.web.desk import doing
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import Visit


def show_campaign(visit: Visit) -> Response:
    """Where it stands, and what this person can do."""
    with db.reading() as session:
        at = doing.where(session, visit)
        return visit.show(
            "campaign",
            campaign=at.campaign,
            happened=doing.what_happened(session, visit, ACTS, at),
            offers=doing.offers(ACTS, visit, at),
        )
