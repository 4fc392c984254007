"""Which version of the letter each reader has read: it is shown what changed since then."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from worker.mail import kinds
from worker.models import Answer, Campaign, Contact, Letter, Mail, Partner

Reader = tuple[int | None, int | None]  # a partner, and which of its contacts: null for the registered one

_TELL = kinds.cancelled_by("amendment")  # each tells of the version for which it was put


def load_last_read(
    session: Session, campaign: Campaign, before: datetime, *which: ColumnElement[bool]
) -> dict[Reader, Letter]:
    """By reader, the latest version that it answered, was told of, or first came to by its link, before a moment.

    What an organizer entered by hand, or handed out, counts where there is nothing else. `which` are conditions on
    Partner.
    """
    versions = [letter for letter in campaign.letters if letter.made_at is None or letter.made_at < before]
    if not versions:
        return {}
    by_id = {letter.id: letter for letter in versions}
    which = (Partner.campaign_id == campaign.id, *which)
    read, by_hand = dict[Reader, Letter](), dict[Reader, Letter]()
    for partner_id, contact_id, channel, letter_id in session.execute(_answers(before).where(*which)):
        if letter_id in by_id:
            _note(by_hand if channel == "by hand" else read, (partner_id, contact_id), by_id[letter_id])
    for reader_of, contact_id, first_at, told_at in session.execute(_mails(before).where(*which)):
        for moment in filter(None, (first_at, told_at)):
            _note(read, (reader_of, contact_id), _version_at(versions, moment))
    handed_out = select(Partner.id, Partner.handed_out_at).where(Partner.handed_out_at < before, *which)
    for partner_id, handed_out_at in session.execute(handed_out):
        if handed_out_at:
            _note(by_hand, (partner_id, None), _version_at(versions, handed_out_at))
    return by_hand | read


def load_first_shown(session: Session, campaign: Campaign, reader: Reader, now: datetime) -> Letter | None:
    """The version to which a reader first came by the link that it has; null if no mail brought it."""
    shown = _mails(now).where(Partner.id == reader[0])
    first = {(partner_id, contact_id): first_at for partner_id, contact_id, first_at, _ in session.execute(shown)}
    first_at = first.get(reader)
    return _version_at(campaign.letters, first_at) if first_at else None


def _answers(before: datetime) -> Select[int, int | None, str, int]:
    """Selects what partners answered themselves, and so read."""
    own = or_(Partner.disowned_at.is_(None), Partner.disowned_at < Answer.at)
    answers = select(Answer.partner_id, Answer.contact_id, Answer.channel, Answer.letter_id)
    return answers.join(Partner, Partner.id == Answer.partner_id).where(Answer.at < before, own)


def _mails(before: datetime) -> Select[int | None, int | None, datetime | None, datetime]:
    """Selects by reader when its link was first brought to it, and when it was last told of a version.

    Of mails that arrived, and with the link that it has: what came to an address since corrected it never read.
    """
    of_its_link = case((Mail.contact_id.is_(None), Partner.generation), else_=Contact.generation)
    return (
        select(
            *(Mail.partner_id, Mail.contact_id, func.min(Mail.sent_at)),
            func.max(Mail.dated_at).filter(Mail.kind.in_(_TELL)),
        )
        .join(Partner, Partner.id == Mail.partner_id)
        .outerjoin(Contact, Contact.id == Mail.contact_id)
        .where(Mail.dated_at < before, Mail.sent_at.is_not(None), Mail.bounced_at.is_(None))
        .where(func.coalesce(Mail.generation, of_its_link) == of_its_link)
        .group_by(Mail.partner_id, Mail.contact_id)
    )


def _version_at(versions: Sequence[Letter], moment: datetime) -> Letter:
    """The version that counted then; where nobody knows since when one counts, an earlier one."""
    counted = [letter for letter in versions if letter.made_at is not None and letter.made_at <= moment]
    return counted[-1] if counted else versions[0]


def _note(read: dict[Reader, Letter], reader: Reader, letter: Letter) -> None:
    if reader not in read or read[reader].version < letter.version:
        read[reader] = letter
