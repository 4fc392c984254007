"""The words of what tells an addressee of members."""

import re
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import tokens
from worker.mail.holds import ABOUT_MEMBERS
from worker.mail.mime import Message, NothingToSay
from worker.models import Campaign, Digest, Mail
from worker.state import digests, members
from worker.state.digests import DigestState, DigestStatus, Person
from worker.state.letters import load_letters
from worker.state.signatories import count_sent_under
from worker.text.languages import said
from worker.wording.drafts import word_draft
from worker.wording.letter import letter_subject
from worker.wording.sheet import UNKNOWN


def word_digest(session: Session, mail: Mail) -> Message:
    """A digest as it reads if it leaves now; raises NothingToSay if there is nothing new in it any more."""
    _, to = _digest_of(session, mail)
    return _worded(mail.campaign, "digest", to, digest_context(session, mail))


def digest_context(session: Session, mail: Mail, *, with_link: bool = True) -> dict[str, Any]:
    """What the template of a digest is given; raises NothingToSay likewise.

    `with_link`: with that by which the addressee stops these mails, which nobody else is to have.
    """
    digest, _ = _digest_of(session, mail)
    persons, total = digests.load_persons(session, digest), digests.count_told(session, digest)
    if not persons and total <= (members.number_told(session, mail.campaign) or 0):
        raise NothingToSay
    return _context(session, mail.campaign, total, persons, tokens.link(digest, "digest") if with_link else "")


def singles_context(session: Session, mail: Mail) -> dict[str, Any]:
    """Of whom the mails about one member each tell that were drawn together with this one; raises NothingToSay if none
    waits any more.
    """
    drawn_with = [] if mail.digest is None else digests.load_singles_waiting(session, mail.digest)
    ids = [one.digest_id for one in drawn_with if one.digest_id is not None]
    if not (persons := digests.load_persons_singly(session, mail.campaign, ids)):
        raise NothingToSay
    leaves_at = min(one.due_at for one in drawn_with if one.due_at is not None)
    return {"leaves_at": leaves_at, "persons": _shown(persons)}


def word_waiting_digest(session: Session, mail: Mail) -> Message:
    """The same for organizers: without the link. Raises NothingToSay likewise."""
    return _worded(mail.campaign, "digest", "", digest_context(session, mail, with_link=False))


def word_next_digest(session: Session, campaign: Campaign) -> Message:
    """What a digest would say that is drawn now; to nobody, and without a link."""
    singly = bool(digests.single_mails(campaign))
    persons = [] if singly else digests.load_new_persons(session, campaign)
    total = digests.load_news(session, [campaign])[campaign.id].total
    return _worded(campaign, "digest", "", _context(session, campaign, total, persons, ""))


def word_open_digest(session: Session, campaign: Campaign, status: DigestStatus) -> Message | None:
    """The one that waits, or else the next; none where there is nothing to tell, or nobody to tell it."""
    try:
        if status.open is not None:
            return word_waiting_digest(session, status.open)
        wanted = status.hindrance in {None, "held", "letter_not_there", "no_email"} and status.news.is_any
        return word_next_digest(session, campaign) if wanted and campaign.dispatched_at else None
    except NothingToSay:
        return None


def word_single(session: Session, mail: Mail) -> Message:
    """A mail about one member; raises NothingToSay if it is not to be named any more."""
    digest, to = _digest_of(session, mail)
    if len(persons := digests.load_persons(session, digest)) != 1:
        raise NothingToSay
    link = tokens.link(digest, "digest")
    return _worded(mail.campaign, "single", to, _context(session, mail.campaign, 1, persons, link))


def mail_of(session: Session, mail: Mail) -> Mail | None:
    """The mail to the addressee of which a mail to the organizers speaks."""
    its = select(Mail).where(Mail.digest_id == mail.digest_id, Mail.kind.in_(ABOUT_MEMBERS))
    return session.scalars(its.execution_options(populate_existing=True)).one_or_none()


def failed_states(session: Session, campaign: Campaign) -> Counter[DigestState]:
    """How many mails about members wait for a person, by state."""
    failed = digests.load_failures(session, [campaign.id]).get(campaign.id, [])
    return Counter(digests.state_of(mail) for mail in failed)


def _digest_of(session: Session, mail: Mail) -> tuple[Digest, str]:
    """What a mail tells of, and the address; raises NothingToSay where the addressee wants or can have none.

    Nor is it told of anybody while it does not have the letter, which may have come back since this was drawn.
    """
    campaign, addressee = mail.campaign, mail.addressee
    stopped = campaign.digests_stopped_at is not None or campaign.erased_at is not None
    if stopped or mail.digest is None or addressee is None or not addressee.email:
        raise NothingToSay
    if digests.has_letter_since(campaign, load_letters(session, campaign)) is None:
        raise NothingToSay
    return mail.digest, addressee.email


def _context(session: Session, campaign: Campaign, total: int, persons: list[Person], link: str) -> dict[str, Any]:
    language = campaign.authentic
    return {
        "salutation": said(digests.first_addressee(campaign).salutation, language, language),
        "letter_subject": _subject(session, campaign),
        "total": total,
        "persons": _shown(persons),
        "stop": link,
    }


def _shown(persons: list[Person]) -> list[dict[str, Any]]:
    return [{"name": one.name, "paragraphs": _paragraphs(one.words)} for one in persons]


def _subject(session: Session, campaign: Campaign) -> str:
    """The letter's subject as the addressee has it, with the numbers that it says."""
    signed, persons = count_sent_under(session, campaign), members.count_in_letter_sent(session, campaign)
    return letter_subject(campaign, campaign.authentic, *(UNKNOWN if one is None else one for one in (signed, persons)))


def _paragraphs(words: str) -> list[list[str]]:
    """The lines of each paragraph, as they were typed."""
    paragraphs = re.split(r"\n\s*\n", words.strip().replace("\r\n", "\n"))
    return [[line.strip() for line in one.split("\n")] for one in paragraphs if one.strip()]


def _worded(campaign: Campaign, kind: str, to: str, context: dict[str, Any]) -> Message:
    draft = word_draft(kind, campaign.authentic, campaign, {}, context)
    text, page = draft.filled({})
    names = (campaign.sender_in(campaign.authentic), campaign.reply_to)
    return Message(to, draft.subject, text, page, *names, unsubscribe=context["stop"], one_click=False)
