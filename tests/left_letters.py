"""A letter with three numbers of organizations, how far it got on its way, and its page."""

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.two_addressees import a_campaign_with_two_addressees
from worker import db
from worker.acts import close, dispatch
from worker.models import Campaign, Mail, Visibility

TEXTS = {
    "en": "# {{ count }} of us ask you\n\nWe, the {{ count }} undersigned, ask.\n",
    "fr": "# {{ count }} demandent\n\nNous, les {{ count }} soussignées, demandons.\n",
    "km": "# {{ count }} នាក់\n\nយើងខ្ញុំ {{ count }} អង្គការ។\n",
}
MIXED: tuple[Visibility, ...] = ("public", "addressee", "counted")


def a_campaign(
    slug: str, visibilities: tuple[Visibility, ...] = MIXED, texts: dict[str, str] = TEXTS, **definition: Any
) -> list[int]:
    """Its deadline has passed, and an organization signs with each visibility; returns the partners in that order."""
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session, ("Clean Coast", "Alpine Streams"))
        campaign.slug = slug
        asked = {"quorum": 1, "review": 0, "public_page": "after dispatch"}
        campaign.definition = campaign.definition | asked | definition
        campaign.letter.texts = dict(texts)
        signing = list(campaign.partners)[: len(visibilities)]
        for partner, visibility in zip(signing, visibilities, strict=True):
            cast.signs(session, partner, visibility)
        cast.passes_its_deadline(session, campaign, closed=False)
        return [partner.id for partner in signing]


def a_sealed_campaign(slug: str, visibilities: tuple[Visibility, ...] = MIXED, **options: Any) -> list[int]:
    """The same, sealed."""
    partners = a_campaign(slug, visibilities, **options)
    is_sealed(slug)
    return partners


def is_sealed(slug: str) -> None:
    """As it is to be said now."""
    with db.reading() as session:
        campaign_id = campaign_of(session, slug).id
    close.close_and_seal(campaign_id)


def campaign_of(session: Session, slug: str) -> Campaign:
    return session.scalars(select(Campaign).where(Campaign.slug == slug)).one()


def letters_of(session: Session, campaign: Campaign) -> list[Mail]:
    which = (Mail.campaign_id == campaign.id, Mail.kind == "letter", Mail.cancelled_at.is_(None))
    return list(session.scalars(select(Mail).where(*which).order_by(Mail.id)))


def is_put(slug: str) -> None:
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign_of(session, slug).id)


def is_in_data(slug: str) -> None:
    is_put(slug)
    with db.transaction() as session:
        for letter in letters_of(session, campaign_of(session, slug)):
            letter.in_data_at, letter.due_at = db.clock(session), None


def is_in_doubt(slug: str) -> None:
    is_in_data(slug)
    with db.transaction() as session:
        for letter in letters_of(session, campaign_of(session, slug)):
            letter.uncertain_at = db.clock(session)


def reaches_the_first(slug: str) -> None:
    is_put(slug)
    with db.transaction() as session:
        first = letters_of(session, campaign_of(session, slug))[0]
        first.in_data_at = first.sent_at = db.clock(session)
        first.due_at = None
    is_put(slug)


def reaches_all(slug: str) -> None:
    is_sealed(slug)
    is_put(slug)
    with db.transaction() as session:
        for letter in letters_of(session, campaign_of(session, slug)):
            if letter.sent_at is None:
                letter.in_data_at = letter.sent_at = db.clock(session)
                letter.due_at = None
    is_put(slug)


def is_brought(slug: str) -> None:
    """An organizer notes that it is there; a seal may have been made again before."""
    is_sealed(slug)
    with db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign_of(session, slug).id)


def page(browser: TestClient, slug: str, language: str = "en") -> str:
    """What is said of the letter, without what leads to other letters."""
    shown = browser.get(f"/c/{slug}?lang={language}")
    assert shown.status_code == 200
    text = re.sub(r"<nav.*?</nav>", "", shown.text.partition("<main>")[2], flags=re.DOTALL)
    return " ".join(text.replace(slug, "this-campaign").split())


def nothing(slug: str) -> None:
    """It has left for good before."""
