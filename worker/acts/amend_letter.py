"""Change the letter while partners answer: a typo is told to who signed, another meaning asks everybody again."""

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worker import db, journal
from worker.acts import ask_members_again, audit, launch, locking, tell_owners, undo
from worker.choices import CHOICES
from worker.definition.campaign import Definition
from worker.mail import kinds, outbox
from worker.models import Addressee, Answer, Campaign, Letter, Mail, Partner
from worker.state.answers import ANSWER_UNREAD, PARTNER_UNREAD, load_standing
from worker.state.last_read import Reader, load_last_read
from worker.state.members import can_be_in_letter, is_in_letter
from worker.state.recipients import load_answering_contacts, load_to_ask_again
from worker.state.refusals import Closed, LanguageLeftAlone, MembersClosed, OtherAddressee, SameLetter
from worker.text import letter_numbers
from worker.wording.changes import changes_since, parts_left_alone
from worker.wording.sheet import hash_of


@dataclass(frozen=True)
class Amended:
    """How many are told by mail, and the names of those whose signature lapses and whom no mail of ours tells."""

    told: int
    fallen: int
    not_told: list[str]
    not_concerned: int = 0
    """How many get no mail of a typo, because nothing changed in what they read."""
    members: int = 0
    """How many persons are asked to add their voices again."""


def change_letter(
    session: Session, campaign_id: int, definition: Definition, *, meaning: bool, unchanged: Collection[str] = ()
) -> Amended:
    """Put the letter and its addressees as a folder has them in place of the present ones, as `replace_letter` does."""
    return replace_letter(session, campaign_id, launch.letter_of(definition), meaning=meaning, unchanged=unchanged)


def replace_letter(
    session: Session, campaign_id: int, after: Letter, *, meaning: bool, unchanged: Collection[str] = ()
) -> Amended:
    """Put `after`, which is in no session, in place of the present letter and its addressees.

    A typo leaves every answer as it is; whom the change before it was to ask, and has not yet, is asked with it.
    Another `meaning` takes back who signed or asked for a change, and asks everybody again; who declined or withdrew
    is asked once and stays so without an answer. Voices of persons do not count for another meaning; each is asked to
    be added again. `unchanged`: the languages of which a person says that their words
    say the same already, where they change less than those of another.
    It can be taken back while its mails wait.
    Raises InPanic, Closed once the deadline has passed, SameLetter, MembersClosed, OtherAddressee or LanguageLeftAlone.
    """
    campaign = locking.lock_calm(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("amend", campaign)
    before = campaign.letter
    after.made_at = now
    if before.hash == after.hash and _addressed(before) == _addressed(after):
        raise SameLetter(slug=campaign.slug)
    if letter_numbers.say_members(after.texts) and not (is_in_letter(campaign) or can_be_in_letter(campaign)):
        raise MembersClosed(slug=campaign.slug)
    if not meaning and _to_whom(before) != _to_whom(after):
        raise OtherAddressee
    if alone := set(parts_left_alone(before, after, campaign.authentic)) - set(unchanged):
        raise LanguageLeftAlone(languages=sorted(alone))
    if _addresses(before) != _addresses(after):
        tell_owners.tell_of_moved_letter(session, campaign, now)
    _number(after, campaign, meaning=meaning)
    campaign.letters.append(after)
    session.flush()
    superseded = Mail.kind.in_(kinds.cancelled_by("amendment"))
    called_back = undo.call_back(session, Mail.campaign_id == campaign.id, superseded, at=now)
    partners = joinedload(Answer.partner).options(*PARTNER_UNREAD)
    standing = load_standing(session, campaign, partners, *ANSWER_UNREAD)
    fallen = [one for one in standing.values() if meaning and CHOICES[one.choice].lapses]
    of_fallen = Mail.answer_id.in_([one.id for one in fallen])
    called_back += undo.call_back(session, of_fallen, Mail.kind == "receipt", at=now)
    due_at = undo.remember(campaign, "amend", now, answers=[one.id for one in fallen], called_back=called_back)
    concerned = load_to_ask_again(session, campaign) if meaning else _signers(campaign, standing)
    kind, which = "amended" if meaning else "corrected", f"version-{after.version}"
    answering, rows = load_answering_contacts(session, campaign), []
    reads_other = _reads_other(campaign, load_last_read(session, campaign, now))
    not_concerned = 0
    if not meaning:
        rows = _asked_anew(session, campaign, [mail_id for mail_id, _ in called_back], which, now, due_at)
    for p in concerned:
        about = outbox.MailOptions(answer_id=standing[p.id].id if p.id in standing else None, due_at=due_at)
        mails = [outbox.to_partner(kind, campaign, p, which, now, **about)] if p.takes_mail else []
        if p.silenced_at is None:
            mails += [outbox.to_contact(kind, campaign, one, which, now, **about) for one in answering.get(p.id, [])]
        of_interest = [mail for mail in mails if meaning or reads_other(p.id, mail["contact_id"], mail["language"])]
        not_concerned += bool(mails and not of_interest)
        rows += of_interest
    told = outbox.put_unless_tried(session, rows)
    asked = ask_members_again.put_voice_again(session, campaign, before, now, due_at)
    for one in fallen:
        one.superseded_at = now
        if one.signs:
            journal.note(session, "reduced", one.partner.ref, detail="none", at=now)
    what = "meaning" if meaning else "typo"
    audit.log(session, campaign, "organizer", "amended", detail=("version", after.version, what, told), at=now)
    by_mail = {row["partner_id"] for row in rows}
    not_told = [one.partner.organization for one in fallen if one.partner_id not in by_mail]
    return Amended(told, sum(one.signs for one in fallen), not_told, not_concerned, asked)


def with_words(letter: Letter, texts: Mapping[str, str], addressed: Mapping[tuple[int, str, str], str]) -> Letter:
    """The same letter to the same addressees with other words, in no session.

    `addressed`: the office or the salutation of an addressee, by its position, the name of the column, and the
    language, which is empty where it is said once for all.
    """
    addressees = []
    for one in letter.addressees:
        columns = {name: getattr(one, name) for name in ("position", "name", "address", "email", "copy")}
        for part in ("office", "salutation"):
            own = getattr(one, part)
            columns[part] = {language: addressed.get((one.position, part, language), own[language]) for language in own}
        addressees.append(Addressee(**columns))
    return Letter(version=1, meaning=1, texts=dict(texts), hash=hash_of(dict(texts)), addressees=addressees)


def _asked_anew(
    session: Session, campaign: Campaign, called_back: Sequence[int], which: str, now: datetime, due_at: datetime
) -> list[outbox.MailRow]:
    """A mail for each that was to ask for an answer to another meaning, and had not left: nobody else would ask."""
    asked = select(Mail).where(Mail.id.in_(called_back), Mail.kind == "amended").order_by(Mail.id)
    rows = []
    for mail in session.scalars(asked):
        about = outbox.MailOptions(answer_id=mail.answer_id, due_at=due_at)
        if mail.contact is not None:
            rows.append(outbox.to_contact("amended", campaign, mail.contact, which, now, **about))
        elif mail.partner is not None:
            rows.append(outbox.to_partner("amended", campaign, mail.partner, which, now, **about))
    return rows


def _reads_other(campaign: Campaign, last_read: dict[Reader, Letter]) -> Callable[[int, int | None, str], bool]:
    """Tells of a reader, by its language, whether it would read anything else now than it read."""

    @functools.cache
    def differs(version: int, language: str) -> bool:
        before = next(one for one in campaign.letters if one.version == version)
        return changes_since(campaign, before, language).concern_reader

    def reads_other(partner_id: int, contact_id: int | None, language: str) -> bool:
        before = last_read.get((partner_id, contact_id))
        return before is None or differs(before.version, language)

    return reads_other


def _number(after: Letter, campaign: Campaign, *, meaning: bool) -> None:
    """Number the next version; no number of one that was taken back comes again, for somebody may have read it."""
    before, (version, highest) = campaign.letter, undo.used_numbers(campaign)
    after.version = max(before.version, version) + 1
    after.meaning = max(before.meaning, highest) + 1 if meaning else before.meaning


def _addressed(letter: Letter) -> list[tuple[Any, ...]]:
    return [(*_one(a), a.office, a.salutation, a.address, a.email) for a in letter.addressees]


def _addresses(letter: Letter) -> list[str]:
    return [addressee.email for addressee in letter.addressees]


def _to_whom(letter: Letter) -> list[tuple[Any, ...]]:
    return [_one(addressee) for addressee in letter.addressees]


def _one(addressee: Addressee) -> tuple[str, bool]:
    return addressee.name, addressee.copy


def _signers(campaign: Campaign, standing: dict[int, Answer]) -> list[Partner]:
    return [one.partner for one in standing.values() if one.signs and one.letter.meaning == campaign.letter.meaning]
