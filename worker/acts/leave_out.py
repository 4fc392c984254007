"""An organizer has read a name that the addressee is not to read: its voice counts without it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from worker import db
from worker.acts import audit
from worker.models import Member
from worker.state.digests import has_been_told, load_names_to_tell
from worker.state.member_addresses import ENCRYPTED
from worker.state.refusals import NameNotTold, NoDigests
from worker.text.names import as_told


def leave_names_out(session: Session, campaign_id: int, names: Sequence[str]) -> int:
    """Count all who go by these names without them, as if they had chosen that; returns how many persons that are.

    The names are as a mail about members shows them: all are left out, or none. Each person can choose again to be
    named, which organizers see before the addressee does. Raises NoDigests, and NameNotTold with each that is in no
    mail that is still to leave.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.members == "closed":
        raise NoDigests
    to_tell = load_names_to_tell(session, campaign)
    ids = {member_id for name in names for member_id in to_tell.get(as_told(name), ())}
    rows = select(Member).where(Member.id.in_(ids)).order_by(Member.id).options(*map(defer, ENCRYPTED))
    found = session.scalars(rows.with_for_update(of=Member).execution_options(populate_existing=True)).all()
    too_late = set(session.scalars(select(Member.id).where(Member.id.in_(ids), has_been_told())))
    if wrong := [n for n, name in enumerate(names, 1) if not set(to_tell.get(as_told(name), ())) - too_late]:
        raise NameNotTold(numbers=wrong)
    left_out = [member for member in found if member.id not in too_late]
    for member in left_out:
        member.appearance = "counted"
    audit.log(session, campaign, "organizer", "names_left_out", detail=len(left_out))
    return len(left_out)
