"""What mails to all readers share: the template that is filled, the subject, the seal that is attached."""

from typing import Any

from jinja2.utils import LRUCache
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worker.mail.kinds import kind_named
from worker.mail.mime import Attachment, Message, NothingToSay
from worker.models import Mail, Seal
from worker.state.signatories import names_too_many
from worker.wording import templates
from worker.wording.drafts import shared_draft, word_draft
from worker.wording.letter import letter_subject
from worker.wording.letter_formats import FORMATS
from worker.wording.mail_rows import BulkMail


def require_not_over(mail: Mail | BulkMail) -> None:
    """Of a letter that was cancelled nothing is said but that, and what a reader asks for afterwards.

    Raises NothingToSay.
    """
    if mail.campaign.cancelled_at is not None and mail.kind not in {"cancelled", "silence"}:
        raise NothingToSay


def fill_template(
    mail: Mail | BulkMail,
    to: str,
    attachments: list[Attachment],
    personal: dict[str, str],
    context: dict[str, Any],
    unsubscribe: str = "",
) -> Message:
    campaign = mail.campaign
    if kind_named(mail.kind).bulk and campaign.id is not None:
        draft = shared_draft(
            mail.kind,
            mail.language,
            campaign,
            personal,
            lambda: _with_subject(mail, context),
            variant=tuple(context.get(one) for one in ("renewed", "whole", "went", "still")),
        )
    else:
        draft = word_draft(mail.kind, mail.language, campaign, personal, _with_subject(mail, context))
    text, page = draft.filled(personal)
    names = (campaign.from_name, campaign.reply_to)
    return Message(to, _told_apart(draft.subject, mail), text, page, *names, attachments, unsubscribe=unsubscribe)


def _told_apart(subject: str, mail: Mail | BulkMail) -> str:
    """A subject that tells the mails of two campaigns apart, and not what either is about.

    Organizers read the title in theirs.
    """
    number = mail.campaign.id
    if kind_named(mail.kind).audience == "organizers" or number is None or number == 1:
        return subject
    words = templates.translations(mail.language)
    letter = words.gettext("letter %(number)s") % {"number": number}
    return f"{subject} ({letter})"


def _with_subject(mail: Mail | BulkMail, context: dict[str, Any]) -> dict[str, Any]:
    return context | {"letter_subject": letter_subject(mail.campaign, mail.language)}


def attach_public_letter(session: Session, mail: Mail, language: str = "", title: str = "letter") -> list[Attachment]:
    """The public letter as it was sealed, as PDF and as text; nothing once it names somebody too many, or is gone."""
    if names_too_many(session, mail.campaign, mail.seal_number):
        return []
    try:
        return [
            attach_seal(session, mail, "public", "pdf", title=title),
            attach_seal(session, mail, "public", "text", language, title),
        ]
    except NothingToSay:
        return []


def attach_seal(
    session: Session, mail: Mail, rendition: str, form: str, language: str = "", title: str = "letter"
) -> Attachment:
    """One form of the seal that this mail carries, as a file; its name says the language where that is given.

    The public one is remembered, since many mails carry it; whether it is still to be sent is asked each time.
    """
    name = FORMATS[form].file_name(language, title)
    sealed = _of_the_seal(mail, rendition, form, language)
    key = (*session.execute(sealed.with_only_columns(Seal.id, Seal.sha256, func.length(Seal.content))).one(), name)
    attachment: Attachment | None = _attachments.get(key)
    if attachment is None:
        attachment = Attachment(name, FORMATS[form].media_type, read_seal(session, mail, rendition, form, language))
        if rendition == "public":
            _attachments[key] = attachment
    return attachment


MAX_ATTACHMENTS = 4  # that are remembered: of a campaign whose copies leave, the PDF and the text in three languages


_attachments = LRUCache(MAX_ATTACHMENTS)


def read_seal(session: Session, mail: Mail, rendition: str, format: str, language: str = "") -> bytes:
    """The bytes of the seal that this mail carries; the authentic language unless another is named."""
    content = session.execute(_of_the_seal(mail, rendition, format, language)).scalar_one()
    if not content:
        raise NothingToSay  # it was erased
    return bytes(content)


def _of_the_seal(mail: Mail, rendition: str, format: str, language: str) -> Select[bytes]:
    return select(Seal.content).where(
        Seal.campaign_id == mail.campaign_id,
        Seal.number == mail.seal_number,
        Seal.rendition == rendition,
        Seal.format == format,
        Seal.language == (language or mail.campaign.authentic),
    )
