"""All that we ever say by mail: one function a mail, one template each (`templates/mail/<kind>.<language>.md`)."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeAlias

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from worker import prose, render, tokens
from worker.models import Answer, Campaign, Letter, Mail, Partner, Post, Seal


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


def unreached(session: Session, mail: Mail) -> Message:
    """Tells the organizers how many partners no mail reaches; their names stay in `status`."""
    failed = Mail.refused_at.is_not(None) | Mail.bounced_at.is_not(None)
    number = select(func.count(Mail.partner_id.distinct())).where(Mail.campaign_id == mail.campaign_id, failed)
    return _to_organizers(session, mail, unreached=session.scalar(number))


def outage(session: Session, mail: Mail) -> Message:
    """Tells the organizers since when the relay took no mail, and that nothing was lost."""
    return _to_organizers(session, mail, post=session.get_one(Post, 1))


_MESSAGES = {
    f.__name__: f
    for f in (
        invitation,
        reminder,
        extended,
        receipt,
        copy,
        letter,
        closed,
        waiting,
        doubt,
        report,
        unreached,
        outage,
    )
}
KINDS = tuple(_MESSAGES)
_SAME_FOR_ALL = {"invitation", "reminder", "extended", "copy"}  # but for what is personal
_MOST_DRAFTS = 200


def _to_partner(mail: Mail, attachments: list[Attachment] | None = None, **context: Any) -> Message:
    partner = mail.partner
    if partner is None or not partner.email:
        raise NothingToSay
    code = tokens.mail_code(partner)
    personal = {
        "contact": partner.contact,
        "organization": partner.organization,
        "link": tokens.link(partner),
        "mail_code": f"{code[:3]} {code[3:]}",
        "row": render.signatory(partner, mail.language, mail.campaign.authentic),
    }
    return _from_template(mail, partner.email, attachments or [], personal, **context)


def _to_organizers(session: Session, mail: Mail, **context: Any) -> Message:
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
        **context,
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


def _from_template(
    mail: Mail, to: str, attachments: list[Attachment], personal: dict[str, str] | None = None, **context: Any
) -> Message:
    slots = {name: render.Slot(number, value) for number, (name, value) in enumerate((personal or {}).items())}
    draft = _draft(mail, slots, context)
    values = {slots[name].mark: prose.one_line(value) for name, value in (personal or {}).items()}
    return Message(
        to=to,
        subject=draft.subject,
        text=draft.text(values),
        html=draft.html(values),
        from_name=mail.campaign.from_name,
        reply_to=mail.campaign.reply_to,
        attachments=attachments,
    )


_Fill: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class _Draft:
    """One mail worded for nobody in particular: what is finished is set, what is personal has its place."""

    subject: str
    parts: list[Callable[[_Fill], str]]
    """The text, block by block: each gives what it says once its marks are filled."""
    pieces: list[str]
    """The page, cut at its marks."""

    def text(self, values: dict[str, str]) -> str:
        fill = lambda text: _MARKS.sub(lambda found: values[found[0]], text)
        return "\n\n".join([part(fill) for part in self.parts])

    def html(self, values: dict[str, str]) -> str:
        escaped = {mark: html.escape(value) for mark, value in values.items()}
        return "".join([escaped.get(piece, piece) for piece in self.pieces])


_MARKS = re.compile(r"[\uE000-\uE0FF]|https://slot-\d+\.invalid/")
_drafts: dict[tuple[object, ...], _Draft] = {}


def _draft(mail: Mail, slots: dict[str, render.Slot], context: dict[str, Any]) -> _Draft:
    """Word a mail, or remember how it was worded: for those who get the same, all but their own part is the same."""
    campaign = mail.campaign
    if mail.kind not in _SAME_FOR_ALL or campaign.id is None:
        return _worded(mail, slots, context)
    filled = tuple(bool(slot) for slot in slots.values())
    seen = (campaign.id, campaign.launched_at, campaign.deadline_at, campaign.dispatched_at, campaign.letter.hash)
    key = (mail.kind, mail.language, *seen, *filled)
    if key not in _drafts:
        if len(_drafts) >= _MOST_DRAFTS:
            _drafts.clear()
        _drafts[key] = _worded(mail, slots, context)
    return _drafts[key]


def _worded(mail: Mail, slots: dict[str, render.Slot], context: dict[str, Any]) -> _Draft:
    own = dict(slots)
    if own:
        context = context | {
            "partner": SimpleNamespace(contact=own.pop("contact"), organization=own.pop("organization"))
        }
    context = context | own | {"campaign": mail.campaign, "letter_subject": _letter_subject(mail)}
    subject, blocks = render.mail(mail.kind, mail.language, **context)
    page = render.page("mail/_layout.html", mail.language, subject=subject, body=blocks, campaign=mail.campaign)
    return _Draft(subject, [_part(block) for block in blocks], re.split(f"({_MARKS.pattern})", page))


def _part(block: prose.Block) -> Callable[[_Fill], str]:
    """How one block is set once its marks are filled; at once, if it has none."""
    if block["kind"] == "paragraph":
        line = prose.plain(block["runs"])
        if _MARKS.search(line):
            return lambda fill: "\n".join(prose.wrap(fill(line), prose.WIDTH))
    elif _MARKS.search(json.dumps(block, ensure_ascii=False)):
        return lambda fill: prose.to_text(prose.rewritten([block], fill))
    text = prose.to_text([block])
    return lambda fill: text


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
