"""A campaign whose partners answered in every way: what one of them keeps to itself is to be looked for later."""

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from tests import cast
from worker.acts import answer, correct_listing, pass_on, third_party_limits
from worker.acts.answer import Statement
from worker.acts.correct_listing import Listing
from worker.models import Campaign, Partner, Seal

PUBLIC, NAMED, COUNTED, DECLINED, SILENT = (
    "Public Falls",
    "Named Creek",
    "Counted Marsh",
    "Declining Bog",
    "Still Pond",
)
WITHHELD = (NAMED, COUNTED, DECLINED, SILENT)
WHO = Statement(
    representative="Sophea Chan", role="Boatswain", reason="we are afraid of the police", note="by telephone"
)
SPOKEN = ("Sophea Chan", "Boatswain", "afraid of the police", "by telephone")


def a_campaign(session: Session) -> Campaign:
    """One of each, open, with a name that waits, a stranger, and a mail that waits for everybody."""
    names = (PUBLIC, NAMED, COUNTED, DECLINED, SILENT)
    campaign = cast.a_campaign(session, partners=names, public_page="after dispatch", join="approved")
    by = partners(session)
    for name, visibility in ((PUBLIC, "public"), (NAMED, "addressee"), (COUNTED, "counted")):
        answer.sign(session, by[name].id, visibility, WHO)  # type: ignore[arg-type]
    answer.decline(session, by[DECLINED].id, WHO)
    silent = by[SILENT]
    correct_listing.change_listing(session, silent.id, Listing(f"{SILENT} Friends", "", "France", "", {"fr": "Étang"}))
    pass_on.pass_invitation_on(session, silent.id, third_party_limits.Person("chair@passed.example", "en"))
    return campaign


def leaves(session: Session, campaign: Campaign) -> None:
    cast.is_sealed(session, campaign)
    for seal in session.scalars(select(Seal).options(undefer(Seal.content))):
        held = {"public": PUBLIC, "addressee": f"{PUBLIC} {NAMED}"}[seal.rendition]
        seal.content = held.encode()
    cast.the_letter_leaves(session, campaign)


def partners(session: Session) -> dict[str, Partner]:
    return {one.organization: one for one in session.scalars(select(Partner).order_by(Partner.id))}
