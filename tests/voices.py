"""Persons who add their voices, as tests need them: by form and mail, by the acts, or as rows, one and many."""

from typing import Any

import httpx2
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from worker import db, tokens
from worker.acts import add_voice
from worker.acts.add_voice import Voice
from worker.acts.draw_digests import draw_digest
from worker.models import Appearance, Campaign, Digest, Mail, Member, bound
from worker.state import digests, letters
from worker.text.addresses import mailbox

SOPHEA = "sophea@home.example"
NAMED = Voice("Sophea Chan", "named", "Cambodia", "My river is dry.\n\nPlease wait.")


def a_campaign(session: Session, slug: str = "dam", members: str = "named", **more: Any) -> Campaign:
    """One whose public page takes voices from the launch on."""
    return cast.a_campaign(session, slug, public_page="from launch", members=members, **more)


def asks(session: Session, campaign: Campaign, email: str = SOPHEA, said: Voice = NAMED, *, before: int = 0) -> None:
    add_voice.ask_for_voice(session, campaign.id, email, said, of_its_origin=before)


def confirms(session: Session, member: Member, said: Voice = NAMED) -> None:
    add_voice.confirm_voice(session, member.id, member.generation, said)


def a_voice(session: Session, campaign: Campaign, email: str = SOPHEA, said: Voice = NAMED) -> Member:
    """One that counts."""
    asks(session, campaign, email, said)
    member = session.scalars(select(Member).where(Member.campaign_id == campaign.id).order_by(Member.id.desc())).first()
    assert member is not None
    confirms(session, member, said)
    return member


def members() -> list[Member]:
    with db.reading() as session:
        return list(session.scalars(select(Member).order_by(Member.id)))


def mails(kind: str = "voice") -> list[Mail]:
    with db.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)))


def link(member: Member, below: str = "") -> str:
    return f"/v/{tokens.token(member, 'voice')}{below}"


def types(browser: TestClient, email: str = SOPHEA, slug: str = "dam", **typed: str) -> httpx2.Response:
    """Somebody fills in the public form."""
    form = {"name": "Sophea Chan", "email": email, "country": "Cambodia", "appearance": "counted"}
    return browser.post(f"/c/{slug}/voice", data=form | typed)


def presses(browser: TestClient, member: Member, choice: str = "add", **typed: str) -> httpx2.Response:
    """Whoever reads the mail fills in the page behind its link."""
    form = {"choice": choice, "name": "Sophea Chan", "appearance": "counted", "authorised": "yes"}
    return browser.post(link(member), data=form | {"mail_code": tokens.mail_code(member)} | typed)


def a_row(session: Session, campaign: Campaign, email: str, **columns: Any) -> Member:
    """A person as a row: confirmed and counted unless told otherwise; its words wait from now on if it wrote any."""
    member = Member(**_values(session, campaign, email, columns))
    session.add(member)
    session.flush()
    return member


def many(session: Session, campaign: Campaign, number: int, domain: str = "many.example", **columns: Any) -> None:
    """So many rows at once, each at an address of this domain."""
    rows = [bound(Member, _values(session, campaign, f"person{n}@{domain}", columns)) for n in range(number)]
    session.execute(insert(Member), rows)


def a_member(
    session: Session,
    campaign: Campaign,
    name: str = "Dara Sok",
    *,
    appearance: Appearance = "named",
    words: str = "",
    agreed: bool = True,
) -> Member:
    """One whose voice counts; an organizer has agreed to its words, or they wait."""
    now, email = db.clock(session), f"{tokens.new_ref().hex()}@person.example"
    agreed_at = now if words and agreed else None
    about = {"name": name, "appearance": appearance, "words": words, "words_agreed_at": agreed_at}
    return a_row(session, campaign, email, **about)


def a_digest(session: Session, campaign: Campaign) -> Digest:
    """One that waits to leave, with one name in it; the letter left a day before."""
    campaign.definition = campaign.definition | {"members": "named"}
    for letter in letters.load_letters(session, campaign):
        letter.sent_at = db.clock(session) - digests.DAY
    a_member(session, campaign)
    assert draw_digest(session, campaign.id)
    return session.scalars(select(Digest).where(Digest.campaign_id == campaign.id)).one()


def _values(session: Session, campaign: Campaign, email: str, columns: dict[str, Any]) -> dict[str, Any]:
    now = db.clock(session)
    return {
        "campaign_id": campaign.id,
        "ref": tokens.new_ref(),
        "generation": 1,
        "language": "en",
        "name": "Somebody Shy",
        "email": email,
        "email_hmac": tokens.fingerprint(email),
        "mailbox_hmac": tokens.fingerprint(mailbox(email)),
        "country": "",
        "words": "",
        "appearance": "counted",
        "letter_id": campaign.letter.id,
        "at": now,
        "confirmed_at": now,
        "words_at": now if columns.get("words") else None,
        "mails": 1,
        "mailed_at": now,
    } | columns
