"""The two headers behind a mail program's button for no more mail: in each mail to a partner, and in no other."""

import asyncio
import email
import email.policy
import re
import time
from email.message import Message as Parsed

import pytest
from sqlalchemy import select

from tests import cast
from tests.mails import TO_ORGANIZERS, TO_PARTNERS, put
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from worker import db, settings, tokens
from worker.acts import unsubscribe
from worker.mail import delivery
from worker.mail.mime import compose
from worker.models import Mail, Partner
from worker.state.links import Link
from worker.wording import mails
from worker.wording.composing import compose_batch

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HOSTS = {
    "short": "https://a.example",
    "as usual": "https://letters.river-coalition.example",
    "as long as one line takes": f"https://{'a' * 63}.example",
    "as long as a host can be": f"https://{'.'.join(['a' * 63] * 3)}.{'b' * 53}.example:65535",
    "of this machine": "http://127.0.0.1:8000/",
}


def written(kind: str) -> tuple[bytes, Partner]:
    """A mail as it travels, and the partner of the campaign that it is about."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        cast.signs(session, partner)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        if kind == "letter":
            mail = session.scalars(select(Mail).where(Mail.kind == "letter")).one()
            message = mails.word_mail(session, mail)
        else:
            message = put(session, kind, campaign, None if kind in TO_ORGANIZERS else partner, "fr")
        return compose(message, "<1@letters.example>", db.clock(session)).content, partner


def head(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0] + b"\r\n"


@pytest.mark.parametrize("kind", TO_PARTNERS)
def test_each_mail_to_a_partner_says_where_to_ask_for_no_more(kind: str, database: str) -> None:
    content, partner = written(kind)
    for policy in (email.policy.default, email.policy.compat32):
        mail: Parsed = email.message_from_bytes(content, policy=policy)
        assert str(mail["List-Unsubscribe"]).strip() == f"<{tokens.link(partner, 'quiet')}>"
        assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    for name in (b"List-Unsubscribe", b"List-Unsubscribe-Post"):
        assert len(re.findall(rb"^" + name + rb":", content, re.MULTILINE)) == 1


@pytest.mark.parametrize("kind", [*TO_ORGANIZERS, "letter"])
def test_no_other_mail_does(kind: str, database: str) -> None:
    assert b"list-unsubscribe" not in written(kind)[0].lower()


@pytest.mark.parametrize("host", HOSTS)
def test_the_address_stands_raw_and_in_one_piece_however_long_it_is(host: str, database: str) -> None:
    settings.set_for_this_process(public_url=HOSTS[host])
    content, partner = written("reminder")
    url = tokens.link(partner, "quiet")

    found = re.search(rb"^List-Unsubscribe:([ \t]*(?:\r\n[ \t]+)?)(.*)\r\n(?![ \t])", content, re.MULTILINE)
    assert found, "nothing else than the fold before the address"
    assert found[2].decode() == f"<{url}>"
    assert url == f"{HOSTS[host].rstrip('/')}/u/{tokens.token(partner, 'quiet')}"
    lines = head(content).split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert len(f"List-Unsubscribe: <{url}>") <= 78 or f" <{url}>".encode() in lines, "folded where it is long"
    for policy in (email.policy.default, email.policy.compat32):
        mail: Parsed = email.message_from_bytes(content, policy=policy)
        assert re.findall(r"<([^<>]*)>", str(mail["List-Unsubscribe"])) == [url]
        assert str(mail["Subject"]), "the headers after it are still headers"


@pytest.mark.parametrize("kind", TO_PARTNERS)
def test_what_travels_to_the_relay_says_it(kind: str, database: str) -> None:
    """As delivery reads, words and sends it, and not as these tests do."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        for partner in campaign.partners:
            cast.signs(session, partner)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        for partner in campaign.partners:
            put(session, kind, campaign, partner, "en")
            partner.taken_out_at = db.clock(session) if kind == "taken_out" else None

    async def drain() -> list[bytes]:
        async with ScriptedServer({}) as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
            await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)
        return [body for visit in server.visits for _, _, body in visit.mails]

    said = [email.message_from_bytes(body, policy=email.policy.default) for body in asyncio.run(drain())]
    expected = {partner.email: f"<{tokens.link(partner, 'quiet')}>" for partner in campaign.partners}
    assert {mail["To"]: str(mail["List-Unsubscribe"]).strip() for mail in said} == expected
    assert [mail["List-Unsubscribe-Post"] for mail in said] == ["List-Unsubscribe=One-Click"] * 2


def test_the_address_can_not_sign_and_the_signing_one_asks_for_nothing_of_it(database: str) -> None:
    with db.transaction() as session:
        partner = cast.a_campaign(session).partners[0]
    assert tokens.token(partner, "quiet") != tokens.token(partner, "sign")
    assert tokens.read_token(tokens.token(partner, "quiet"), "quiet") == (partner.ref, partner.generation)
    with pytest.raises(tokens.NotALink):
        tokens.read_token(tokens.token(partner, "quiet"), "sign")
    with pytest.raises(tokens.NotALink):
        tokens.read_token(tokens.token(partner, "sign"), "quiet")


@pytest.mark.parametrize("kind", TO_PARTNERS)
def test_the_last_line_of_the_mail_leads_there_too(kind: str, database: str) -> None:
    """Many mail programs show no button for the header."""
    content, partner = written(kind)
    mail = email.message_from_bytes(content, policy=email.policy.default)
    bodies = [part.get_content() for part in mail.walk() if part.get_content_type() in ("text/plain", "text/html")]
    assert len(bodies) >= 2
    link = str(tokens.link(partner, "quiet"))
    for body in bodies[:2]:
        assert body.count(link) >= 1
    assert bodies[0].rstrip().splitlines()[-1] == link


def test_who_has_unsubscribed_is_not_offered_it_again(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner = campaign.partners[0]
        unsubscribe.unsubscribe_reader(session, partner.id, link=Link(partner.generation))
        message = put(session, "silence", campaign, partner, "en")
    assert "/u/" not in message.text
    assert "/u/" not in message.html
