"""All that we ever say by mail: one function a mail, one template each (`templates/mail/<kind>.<language>.md`)."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from worker import prose, render, tokens
from worker.models import Answer, Campaign, Letter, Mail, Partner, Seal


@dataclass(frozen=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """One mail in words, before it becomes bytes; `text` and `html` are final."""

    to: str
    subject: str
    text: str
    html: str
    from_name: str
    reply_to: str
    attachments: list[Attachment] = field(default_factory=list)
    automatic: bool = True


def message(session: Session, mail: Mail) -> Message:
    """What a row of the outbox says, read fresh; raises NothingToSay if its recipient has no address."""
    return _MESSAGES[mail.kind](session, mail)


class NothingToSay(Exception):
    """The mail has no recipient any more."""


def invitation(session: Session, mail: Mail) -> Message:
    """Asks a partner to sign."""
    return _to_partner(mail)


def reminder(session: Session, mail: Mail) -> Message:
    """Asks a silent partner again, with the same link."""
    return _to_partner(mail)


def extended(session: Session, mail: Mail) -> Message:
    """Tells a partner that the deadline moved."""
    return _to_partner(mail)


def receipt(session: Session, mail: Mail) -> Message:
    """Tells a partner what was recorded in its name, and that it can be changed."""
    return _to_partner(mail, answer=mail.answer, departed=_departed_before(session, mail))


def copy(session: Session, mail: Mail) -> Message:
    """Brings the letter as it was sent to a partner that signed it."""
    return _to_partner(
        mail,
        [
            Attachment("letter.pdf", "application/pdf", _sealed(session, mail, "public", "pdf")),
            Attachment(
                f"letter.{_letter_language(mail)}.txt",
                "text/plain; charset=utf-8",
                _sealed(session, mail, "public", "text", _letter_language(mail)),
            ),
        ],
        addressee=_first_addressee(mail.campaign),
    )


def letter(session: Session, mail: Mail) -> Message:
    """The sealed letter itself; a copy addressee gets the public rendition."""
    if mail.addressee is None or not mail.addressee.email:
        raise NothingToSay
    rendition = "public" if mail.addressee.copy else "addressee"
    return Message(
        to=mail.addressee.email,
        subject=_letter_subject(mail),
        text=_sealed(session, mail, rendition, "text").decode(),
        html=_sealed(session, mail, rendition, "html").decode(),
        from_name=str(mail.campaign.sender["name"]),
        reply_to=mail.campaign.reply_to,
        attachments=[Attachment("letter.pdf", "application/pdf", _sealed(session, mail, rendition, "pdf"))],
        automatic=False,
    )


def closed(session: Session, mail: Mail) -> Message:
    """Brings the sealed letter to the organizers, and says when it leaves and how to hold it."""
    return _to_organizers(session, mail)


def waiting(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter waits for a person, and why."""
    return _to_organizers(session, mail)


def doubt(session: Session, mail: Mail) -> Message:
    """Tells the organizers that nobody knows whether the letter arrived."""
    return _to_organizers(session, mail)


def report(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter was accepted, and what the server said."""
    return _to_organizers(session, mail)


_MESSAGES = {
    f.__name__: f for f in (invitation, reminder, extended, receipt, copy, letter, closed, waiting, doubt, report)
}
KINDS = tuple(_MESSAGES)


def _to_partner(mail: Mail, attachments: list[Attachment] | None = None, **context: Any) -> Message:
    partner = mail.partner
    if partner is None or not partner.email:
        raise NothingToSay
    return _from_template(
        mail,
        partner.email,
        attachments or [],
        partner=partner,
        link=tokens.link(partner),
        mail_code=tokens.mail_code(partner),
        row=render.signatory(partner, mail.language, mail.campaign.authentic),
        letter_subject=_letter_subject(mail),
        **context,
    )


def _to_organizers(session: Session, mail: Mail) -> Message:
    living = (
        []
        if mail.seal_number is None
        else [Attachment("letter.pdf", "application/pdf", _sealed(session, mail, "public", "pdf"))]
    )
    letters = session.scalars(
        select(Mail).where(Mail.campaign_id == mail.campaign_id, Mail.kind == "letter").order_by(Mail.id)
    ).all()
    signing = _signing(session, mail.campaign)
    return _from_template(
        mail,
        mail.campaign.reply_to,
        living,
        letters=letters,
        signed=sum(signing.values()),
        visibility=signing,
    )


def _signing(session: Session, campaign: Campaign) -> dict[str, int]:
    """How many sign the letter in the sense it has now, by visibility."""
    counted = session.execute(
        select(Answer.visibility, func.count())
        .join(Partner, Partner.id == Answer.partner_id)
        .join(Letter, Letter.id == Answer.letter_id)
        .where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None), Answer.choice == "sign")
        .where(Letter.meaning == campaign.letter.meaning)
        .group_by(Answer.visibility)
    )
    return {"public": 0, "addressee": 0, "counted": 0} | {str(v): number for v, number in counted}


def _from_template(mail: Mail, to: str, attachments: list[Attachment], **context: Any) -> Message:
    campaign = mail.campaign
    subject, blocks = render.mail(mail.kind, mail.language, campaign=campaign, **context)
    return Message(
        to=to,
        subject=subject,
        text=prose.to_text(blocks),
        html=render.page("mail/_layout.html", mail.language, subject=subject, body=blocks, campaign=campaign),
        from_name=campaign.from_name,
        reply_to=campaign.reply_to,
        attachments=attachments,
    )


def _departed_before(session: Session, mail: Mail) -> bool:
    """Whether some addressee had the letter, or may have had it, when this answer was given."""
    if mail.answer is None:
        return False
    gone = exists().where(
        Mail.campaign_id == mail.campaign_id,
        Mail.kind == "letter",
        Mail.cancelled_at.is_(None),
        (Mail.in_data_at <= mail.answer.at) | (Mail.sent_at <= mail.answer.at),
    )
    by_hand_at = mail.campaign.dispatched_at
    return (by_hand_at is not None and by_hand_at <= mail.answer.at) or bool(session.scalar(select(gone)))


def _letter_subject(mail: Mail) -> str:
    """The letter's first line, in the language of the mail if it exists in that."""
    texts = mail.campaign.letter.texts
    return texts[_letter_language(mail)].partition("\n")[0].removeprefix("#").strip()


def _letter_language(mail: Mail) -> str:
    """Pages speak more languages than a letter may have: then it is read in the authentic one."""
    return mail.language if mail.language in mail.campaign.letter.texts else mail.campaign.authentic


def _sealed(session: Session, mail: Mail, rendition: str, format: str, language: str = "") -> bytes:
    """The bytes of the seal that this mail carries; the authentic language unless another is named."""
    return session.execute(
        select(Seal.content).where(
            Seal.campaign_id == mail.campaign_id,
            Seal.number == mail.seal_number,
            Seal.rendition == rendition,
            Seal.format == format,
            Seal.language == (language or mail.campaign.authentic),
        )
    ).scalar_one()


def _first_addressee(campaign: Campaign) -> Any:
    return campaign.letter.addressees[0]
