"""Mails put into the outbox and worded, and what is read in them."""

import html
import re
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import voices
from worker import db
from worker.mail import circuit_breaker, kinds, mime, outbox
from worker.mail.mime import Message
from worker.models import Campaign, ListingChange, Mail, Partner
from worker.state import answers
from worker.state.listings import as_columns
from worker.text.khmer import WORD_JOINER
from worker.wording import mails

TO_PARTNERS = kinds.names(lambda kind: kind.audience == "partner")
TO_ORGANIZERS = kinds.names(lambda kind: kind.audience == "organizers")
A_TAG = re.compile(r"<[^>]+>")


def put(session: Session, kind: str, campaign: Campaign, partner: Partner | None, language: str) -> Message:
    """Put a mail into the outbox and say it."""
    now = db.clock(session)
    if kind == "outage":
        post = circuit_breaker.relay_health(session)
        post.blocked_at, post.mended_at, post.reply = now - timedelta(hours=2), now, "535 5.7.8 login refused"
    if kind == "words":
        voices.a_row(session, campaign, f"person{language}@home.example", words="We drink from this river.")
    standing = answers.standing_answer(session, partner.id) if partner else None
    if partner:
        answer_id = standing.id if standing and kind in ("receipt", "amended", "corrected") else None
        seal = 1 if kind == "copy" else None
        row = outbox.to_partner(
            kind, campaign, partner, "x", now, language=language, answer_id=answer_id, seal_number=seal
        )
    else:
        seal = 1 if kind in ("closed", "report") else None
        row = outbox.to_organizers(kind, campaign, "x", now, seal_number=seal) | {"language": language}
        if kind == "digest_ready":
            row["digest_id"] = voices.a_digest(session, campaign).id
    outbox.put(session, [row])
    mail = session.scalars(select(Mail).where(Mail.key == row["key"])).one()
    if kind == "listing" and partner:
        before = as_columns(partner) | {"acronym": "", "proposed": {"": "River Friends"}}
        change = ListingChange(partner_id=partner.id, generation=partner.generation, mail_id=mail.id)
        change.before, change.stood, change.at = before, before, now
        session.add(change)
        session.flush()
    if kind == "taken_out" and partner:
        partner.taken_out_at = now
    message = mails.word_mail(session, mail)
    if partner:
        partner.taken_out_at = None
    assert mime.compose(message, mail.message_id, mail.dated_at).content
    return message


def says(message: Message, fragment: str) -> None:
    """It is in the text part and in the HTML part, however its spaces and its lines are broken there."""
    fragment = " ".join(fragment.split())
    one_line = " ".join(message.text.split())
    read = " ".join(html.unescape(A_TAG.sub("", message.html)).replace(WORD_JOINER, "").split())
    assert fragment in one_line
    assert fragment in read


def is_silent_about(message: Message, *secrets: str) -> None:
    for secret in secrets:
        assert secret not in message.subject + message.text + message.html
