"""All that we ever say by mail: one function a mail, one template each (`templates/mail/<kind>.<language>.md`)."""

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeAlias

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from worker import changes, prose, render, tokens
from worker.models import Answer, Campaign, Letter, Mail, Partner, Post, Seal, Stranger


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
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A partner, as far as a mail to it goes."""

    ref: bytes
    generation: int
    organization: str
    acronym: str
    country: str
    contact: str
    email: str
    quiet_at: datetime | None
    names: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ToMany:
    """A row of the outbox of a kind that goes to thousands, read without all that such a mail does not say."""

    id: int
    kind: str
    language: str
    message_id: str
    dated_at: datetime
    body_hash: str | None
    campaign: Campaign
    partner: Reader


def read(session: Session, ids: Sequence[int]) -> dict[int, Mail | ToMany]:
    """These rows of the outbox, with all that they say."""
    found: dict[int, Mail | ToMany] = {}
    campaigns: dict[int, Campaign] = {}
    for row in session.execute(_TO_MANY.where(Mail.id.in_(ids))):
        campaign_id, mail_id, kind, language, message_id, dated_at, body_hash, *reader = row
        if campaign_id not in campaigns:
            campaigns[campaign_id] = session.get_one(Campaign, campaign_id)
        itself = (mail_id, kind, language, message_id, dated_at, body_hash)
        found[mail_id] = ToMany(*itself, campaigns[campaign_id], Reader(*reader))
    if len(found) < len(ids):
        others = select(Mail).where(Mail.id.in_([mail_id for mail_id in ids if mail_id not in found]))
        found |= {mail.id: mail for mail in session.scalars(others)}
    return found


def message(session: Session, mail: Mail | ToMany) -> Message:
    """What a row of the outbox says, read fresh; raises NothingToSay if nobody is to have it."""
    return _MESSAGES[mail.kind](session, mail)


class NothingToSay(Exception):
    """The mail has no recipient any more, or one that wants no mail."""


def invitation(session: Session, mail: Mail | ToMany) -> Message:
    """Asks a partner to sign."""
    return _to_partner(mail)


def reminder(session: Session, mail: Mail | ToMany) -> Message:
    """Asks a silent partner again, with the same link."""
    return _to_partner(mail)


def extended(session: Session, mail: Mail | ToMany) -> Message:
    """Tells a partner that the deadline moved."""
    return _to_partner(mail)


def amended(session: Session, mail: Mail) -> Message:
    """Asks a partner again, because the letter means something else now; with the difference if it has answered."""
    return _to_partner(mail, answer=mail.answer, changes=_changes(mail))


def corrected(session: Session, mail: Mail) -> Message:
    """Tells a partner that signed that a slip in the letter was mended."""
    return _to_partner(mail, changes=_changes(mail))


def passed_on(session: Session, mail: Mail) -> Message:
    """Brings a partner's invitation to another person of it; somebody typed the address, so it says who did."""
    stranger = _stranger(session, mail)
    if stranger.partner is None:
        raise NothingToSay
    return _to_stranger(mail, stranger, stranger.partner, tokens.link(stranger.partner))


def was_passed_on(session: Session, mail: Mail) -> Message:
    """Tells the address that the invitation came to first that it was passed on."""
    return _to_partner(mail)


def confirm(session: Session, mail: Mail) -> Message:
    """Asks an address whether it was its organization that asked to sign."""
    stranger = _stranger(session, mail)
    return _to_stranger(mail, stranger, stranger, tokens.link(stranger, "join"))


def receipt(session: Session, mail: Mail) -> Message:
    """Tells a partner what was recorded in its name, and that it can be changed."""
    return _to_partner(mail, answer=mail.answer, departed=_departed_before(session, mail))


def copy(session: Session, mail: Mail) -> Message:
    """Brings the letter as it was sent to a partner that signed it; without it once it names somebody too many."""
    attachments = []
    if whole := not _names_too_many(session, mail):
        language = _letter_language(mail)
        text = _sealed(session, mail, "public", "text", language)
        attachments = [
            Attachment("letter.pdf", "application/pdf", _sealed(session, mail, "public", "pdf")),
            Attachment(f"letter.{language}.txt", "text/plain; charset=utf-8", text),
        ]
    return _to_partner(mail, attachments, addressee=_first_addressee(mail.campaign), whole=whole)


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


def returned(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a server reported, after it had left, that the letter was not delivered."""
    return _to_organizers(session, mail)


def report(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter was accepted, and what the server said."""
    return _to_organizers(session, mail)


def unreached(session: Session, mail: Mail) -> Message:
    """Tells the organizers how many partners no mail reaches; their names stay in `status`."""
    failed = Mail.refused_at.is_not(None) | Mail.bounced_at.is_not(None)
    unknown = Mail.uncertain_at.is_not(None) & Mail.due_at.is_(None)
    number = select(func.count(Mail.partner_id.distinct())).where(Mail.campaign_id == mail.campaign_id)
    return _to_organizers(
        session,
        mail,
        unreached=session.scalar(number.where(failed)),
        doubtful=session.scalar(number.where(~failed, unknown)),
    )


def disowned(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a partner says an answer was not its own; its name stays in `status`."""
    return _to_organizers(session, mail)


def wish(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a partner would sign if the text changed; who and what stays in `status`."""
    return _to_organizers(session, mail)


def row(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a partner corrected how it is printed, and what waits for them."""
    return _to_organizers(session, mail)


def applicant(session: Session, mail: Mail) -> Message:
    """Tells the organizers that an organization asks to sign; its name stays in `status`."""
    return _to_organizers(session, mail)


def notice(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a partner stepped back after the letter had left, and where the notice is."""
    return _to_organizers(session, mail)


def erased(session: Session, mail: Mail) -> Message:
    """Tells the organizers that contacts and withheld names were erased, and what is theirs to erase."""
    return _to_organizers(session, mail)


def outage(session: Session, mail: Mail) -> Message:
    """Tells the organizers since when the relay took no mail, and that nothing was lost."""
    return _to_organizers(session, mail, post=session.get_one(Post, 1))


_MESSAGES: dict[str, Callable[[Session, Any], Message]] = {
    f.__name__: f
    for f in (
        invitation,
        reminder,
        extended,
        amended,
        corrected,
        passed_on,
        was_passed_on,
        confirm,
        receipt,
        copy,
        letter,
        closed,
        waiting,
        doubt,
        returned,
        report,
        unreached,
        disowned,
        wish,
        row,
        applicant,
        notice,
        erased,
        outage,
    )
}
KINDS = tuple(_MESSAGES)
_SAME_FOR_ALL = {"invitation", "reminder", "extended", "copy"}  # but for what is personal
_OF_THE_MAIL = (Mail.campaign_id, Mail.id, Mail.kind, Mail.language, Mail.message_id, Mail.dated_at, Mail.body_hash)
_OF_THE_READER = (
    *(Partner.ref, Partner.generation, Partner.organization, Partner.acronym, Partner.country),
    *(Partner.contact, Partner.email, Partner.quiet_at, Partner.names),
)
_TO_MANY = (
    select(*_OF_THE_MAIL, *_OF_THE_READER)
    .join(Partner, Partner.id == Mail.partner_id)
    .where(Mail.kind.in_(["invitation", "reminder", "extended"]))
)
_MOST_DRAFTS = 200


def _to_partner(mail: Mail | ToMany, attachments: list[Attachment] | None = None, **context: Any) -> Message:
    partner = mail.partner
    if partner is None or not partner.email or partner.quiet_at is not None:
        raise NothingToSay
    code = tokens.mail_code(partner)
    personal = {
        "contact": partner.contact,
        "organization": partner.organization,
        "link": tokens.link(partner),
        "mail_code": f"{code[:3]} {code[3:]}",
        "row": render.signatory(partner, mail.language, mail.campaign.authentic),
    }
    return _from_template(mail, partner.email, attachments or [], personal, context, tokens.link(partner, "quiet"))


def _stranger(session: Session, mail: Mail) -> Stranger:
    stranger = session.scalar(select(Stranger).where(Stranger.mail_id == mail.id))
    if stranger is None or not stranger.email:
        raise NothingToSay
    return stranger


def _to_stranger(mail: Mail, stranger: Stranger, named: Partner | Stranger, link: tokens.Url) -> Message:
    """A mail to an address of which we know nothing: with the link and code of whom it is about, and nothing more."""
    code = tokens.mail_code(named)
    personal = {
        "contact": "",  # nothing that a stranger may have typed, or anybody could write to anybody through us
        "organization": named.organization if isinstance(named, Partner) else "",
        "link": link,
        "mail_code": f"{code[:3]} {code[3:]}",
        "row": "",
    }
    return _from_template(mail, stranger.email, [], personal, {})


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
        {},
        {"letters": letters, "signed": sum(signing.values()), "visibility": signing} | context,
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
    mail: Mail | ToMany,
    to: str,
    attachments: list[Attachment],
    personal: dict[str, str],
    context: dict[str, Any],
    unsubscribe: str = "",
) -> Message:
    draft = _draft(mail, personal, context)
    values = {_MARKS[name]: prose.one_line(value) for name, value in personal.items()}
    return Message(
        to,
        draft.subject,
        draft.text(values),
        draft.html(values),
        mail.campaign.from_name,
        mail.campaign.reply_to,
        attachments,
        unsubscribe=unsubscribe,
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
        fill = lambda text: render.A_MARK.sub(lambda found: values.get(found[0], found[0]), text)
        return "\n\n".join([part(fill) for part in self.parts])

    def html(self, values: dict[str, str]) -> str:
        escaped = {mark: html.escape(value) for mark, value in values.items()}
        return "".join([escaped.get(piece, piece) for piece in self.pieces])


_MARKS = dict(zip(("contact", "organization", "mail_code", "row"), render.MARKS, strict=False))
_MARKS["link"] = render.MARK_OF_AN_ADDRESS
_drafts: dict[tuple[object, ...], _Draft] = {}


def _draft(mail: Mail | ToMany, personal: dict[str, str], context: dict[str, Any]) -> _Draft:
    """Word a mail, or remember how it was worded: for those who get the same, all but their own part is the same."""
    campaign = mail.campaign
    if mail.kind not in _SAME_FOR_ALL or campaign.id is None:
        return _worded(mail, personal, context)
    filled = tuple(map(bool, personal.values()))
    seen = (campaign.id, campaign.launched_at, campaign.deadline_at, campaign.dispatched_at, campaign.letter.hash)
    key = (mail.kind, mail.language, *seen, *filled, context.get("whole"))
    if key not in _drafts:
        if len(_drafts) >= _MOST_DRAFTS:
            _drafts.clear()
        _drafts[key] = _worded(mail, personal, context)
    return _drafts[key]


def _worded(mail: Mail | ToMany, personal: dict[str, str], context: dict[str, Any]) -> _Draft:
    slots = {name: render.Slot(_MARKS[name], bool(value)) for name, value in personal.items()}
    if slots:
        partner = SimpleNamespace(contact=slots.pop("contact"), organization=slots.pop("organization"))
        context = context | slots | {"partner": partner}
    context = context | {"campaign": mail.campaign, "letter_subject": _letter_subject(mail)}
    subject, blocks = render.mail(mail.kind, mail.language, **context)
    page = render.page("mail/_layout.html", mail.language, subject=subject, body=blocks, campaign=mail.campaign)
    return _Draft(subject, [_part(block) for block in blocks], re.split(f"({render.A_MARK.pattern})", page))


def _part(block: prose.Block) -> Callable[[_Fill], str]:
    """How one block is set once its marks are filled; at once, if it has none."""
    if block["kind"] == "paragraph":
        line = prose.plain(block["runs"])
        if render.A_MARK.search(line):
            return lambda fill: "\n".join(prose.wrap(fill(line), prose.WIDTH))
    elif render.A_MARK.search(json.dumps(block, ensure_ascii=False)):
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


def _changes(mail: Mail) -> list[dict[str, str]]:
    """What was changed in the letter since the answer that this mail refers to."""
    language, present = _letter_language(mail), mail.campaign.letter.texts
    before = mail.answer.letter.texts if mail.answer else {}
    if language not in before:
        return []
    return [{"before": one.before, "after": one.after} for one in changes.between(before[language], present[language])]


def _letter_subject(mail: Mail | ToMany) -> str:
    """The letter's first line, in the language of the mail if it exists in that."""
    texts = mail.campaign.letter.texts
    return texts[_letter_language(mail)].partition("\n")[0].removeprefix("#").strip()


def _letter_language(mail: Mail | ToMany) -> str:
    """Pages speak more languages than a letter may have: then it is read in the authentic one."""
    return mail.language if mail.language in mail.campaign.letter.texts else mail.campaign.authentic


def _names_too_many(session: Session, mail: Mail) -> bool:
    """Whether somebody whom the public letter names has stepped back since it was sealed."""
    seal = select(func.max(Seal.sealed_at)).where(
        Seal.campaign_id == mail.campaign_id, Seal.number == mail.seal_number, Seal.rendition == "public"
    )
    still = aliased(Answer)
    signs_on = exists().where(
        still.partner_id == Answer.partner_id, still.superseded_at.is_(None), still.visibility == "public"
    )
    stepped_back = (
        select(Answer.id)
        .join(Partner)
        .where(Partner.campaign_id == mail.campaign_id, Answer.visibility == "public")
        .where(Answer.superseded_at > seal.scalar_subquery(), ~signs_on)
    )
    return session.scalar(stepped_back.limit(1)) is not None


def _sealed(session: Session, mail: Mail, rendition: str, format: str, language: str = "") -> bytes:
    """The bytes of the seal that this mail carries; the authentic language unless another is named."""
    content = session.execute(
        select(Seal.content).where(
            Seal.campaign_id == mail.campaign_id,
            Seal.number == mail.seal_number,
            Seal.rendition == rendition,
            Seal.format == format,
            Seal.language == (language or mail.campaign.authentic),
        )
    ).scalar_one()
    if not content:
        raise NothingToSay  # it was erased
    return bytes(content)


def _first_addressee(campaign: Campaign) -> Any:
    return campaign.letter.addressees[0]
