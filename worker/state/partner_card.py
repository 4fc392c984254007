"""Everything about one partner, for a page of its own: how it stands, its mails, its answers, who may answer for it.

Here names and addresses of people are decrypted: only who runs the campaign reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worker.choices import Choice
from worker.models import Answer, Channel, Contact, Mail, Organizer, Partner, Visibility
from worker.state.answers import was_disowned
from worker.state.contacts import load_contacts_of
from worker.state.mail_status import MailCode, MailState, Reason, load_mails_to, mail_moment, mail_state, reason_of
from worker.state.notes import NoteStatus, load_notes_of
from worker.state.organizers import find_carer
from worker.state.status import ContactStatus, PartnerStatus, load_status_of


@dataclass(frozen=True)
class CardMail:
    """One mail that was put, in their order; `number` from 1.

    `contact` is the number of the contact to whom it goes, null for the registered one; `reason` why it stands so.
    `mail_id` leads to its words (`wording/mail_again.py`).
    """

    number: int
    mail_id: int
    kind: str
    contact: int | None
    state: MailState
    when: datetime
    reason: Reason | None


@dataclass(frozen=True)
class CardAnswer:
    """One answer; the one that is not `superseded` stands.

    `through` is the number of the contact by whose link it came, null for the registered one and by hand; `version`
    the letter's that was read; `disowned`: whether the partner said that it was not its own.
    """

    choice: Choice
    visibility: Visibility | None
    at: datetime
    superseded: datetime | None
    channel: Channel
    through: int | None
    version: int
    representative: str
    role: str
    passage: str
    reason: str
    note: str
    disowned: bool


@dataclass(frozen=True)
class CardContact:
    """Somebody else who may answer, by name and address; both are empty once they were erased."""

    status: ContactStatus
    name: str
    email: str


@dataclass(frozen=True)
class PartnerCard:
    """One partner, with its registered contact; `answers` and `notes` are the newest first.

    `note` stood in the organizers' list; `carer` is who looks after it.
    """

    status: PartnerStatus
    contact: str
    email: str
    note: str
    mails: Sequence[CardMail]
    answers: Sequence[CardAnswer]
    contacts: Sequence[CardContact]
    notes: Sequence[NoteStatus]
    carer: Organizer | None

    def helps(self, act: str, *, is_open: bool) -> bool:
        """Whether an act can do anything now, by its name at the desk; the act itself knows better.

        `is_open`: whether answers are taken.
        """
        has_signed = self.status.answer == "sign" or self.status.earlier == "sign"
        wanted: dict[str, bool] = {
            "sign": is_open or has_signed,
            "withdraw": has_signed,
            "mail-again": is_open or bool(self.answers),
            "end-contact": any(one.status.ended is None for one in self.contacts),
        }
        return wanted.get(act, True)

    @property
    def mail_code(self) -> MailCode:
        """How the mail of the registered contact stands in one word, as the board says it (`mail_status.mail_code`)."""
        status = self.status
        if status.erased is not None:
            return "erased"
        if status.unreached is not None:
            return status.unreached
        if status.may_not_have_arrived:
            return "may not have arrived"
        states = [one.state for one in status.mails]
        last = next((one for one in reversed(states) if one != "cancelled"), states[-1] if states else None)
        return last or ("not asked" if self.email else "no address")


def load_partner_card(session: Session, partner: Partner, now: datetime) -> PartnerCard:
    """Read it, in as many statements for a partner of ten thousand as of ten."""
    contacts = load_contacts_of(session, partner)
    status = load_status_of(session, partner, now)
    numbers = number_contacts(contacts)
    return PartnerCard(
        status=status,
        contact=partner.contact,
        email=partner.email if partner.email_hmac is not None else "",
        note=partner.note,
        mails=list_mails(load_mails_to(session, partner), numbers),
        answers=_load_answers(session, partner, numbers),
        contacts=[CardContact(told, one.name, one.email) for told, one in zip(status.contacts, contacts, strict=True)],
        notes=load_notes_of(session, partner, now),
        carer=find_carer(session, partner),
    )


def find_mail_to(session: Session, partner: Partner, number: int) -> Mail | None:
    """The mail of this number, if it went to this partner or to one of its contacts."""
    return session.scalar(select(Mail).where(Mail.id == number, Mail.partner_id == partner.id))


def number_contacts(contacts: Sequence[Contact]) -> dict[int, int]:
    """The number of each contact, by that of its row."""
    return {contact.id: number for number, contact in enumerate(contacts, 1)}


def list_mails(mails: Sequence[Mail], numbers: Mapping[int, int]) -> list[CardMail]:
    """All mails to a partner, with what became of each; `numbers` are those of its contacts."""
    return [
        CardMail(
            number=number,
            mail_id=mail.id,
            kind=mail.kind,
            contact=numbers.get(mail.contact_id) if mail.contact_id is not None else None,
            state=mail_state(mail),
            when=mail_moment(mail),
            reason=reason_of(mail),
        )
        for number, mail in enumerate(mails, 1)
    ]


def _load_answers(session: Session, partner: Partner, numbers: Mapping[int, int]) -> list[CardAnswer]:
    given = select(Answer).where(Answer.partner_id == partner.id).options(joinedload(Answer.letter))
    return [
        CardAnswer(
            choice=one.choice,
            visibility=one.visibility,
            at=one.at,
            superseded=one.superseded_at,
            channel=one.channel,
            through=numbers.get(one.contact_id) if one.contact_id is not None else None,
            version=one.letter.version,
            representative=one.representative,
            role=one.role,
            passage=one.passage or "",
            reason=one.reason,
            note=one.note,
            disowned=was_disowned(partner, one),
        )
        for one in session.scalars(given.order_by(Answer.id.desc()))
    ]
