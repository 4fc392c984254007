"""A person adds its voice to a letter: somebody types an address, and whoever reads that mailbox confirms it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import locking, voice_limits
from worker.acts.member_returned import keep_what_was_told
from worker.mail import outbox
from worker.models import Appearance, Campaign, Mail, Member, bound
from worker.state.members import can_add_voice, counts_for
from worker.state.refusals import Closed, LetterChanged, NoVoice
from worker.text.addresses import mailbox

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Voice:
    """What a person says of itself, cleaned and without problems.

    Words of its own go with its name only: whoever is counted has none.
    """

    name: str
    appearance: Appearance = "counted"
    country: str = ""
    words: str = ""
    language: str = "en"


def ask_for_voice(session: Session, campaign_id: int, email: str, said: Voice, *, of_its_origin: int = 0) -> None:
    """Write to an address that somebody typed, now or later, so that whoever reads that mailbox may add its voice.

    What was typed last is what its page shows, until it is confirmed; from then on what anybody types changes nothing.
    `of_its_origin` wishes came before it from where it came, within the hour. Raises InPanic, Closed if no voice is
    taken, and TooManyAtOnce. Whether a mail goes to this address is told nobody, nor by how long this takes: it is
    decided once the mail is worded, and until then all addresses are alike.
    """
    campaign = locking.lock_calm(session, campaign_id, "shared")
    now = db.clock(session)
    if not can_add_voice(campaign):
        raise Closed.to("answer", campaign)
    voice_limits.require_room(session, campaign, of_its_origin)
    wait = voice_limits.wait_of(voice_limits.count_asked_lately(session, campaign, now), of_its_origin)
    member = _of_mailbox(session, campaign, email, said, now)
    due_at = voice_limits.next_mail_at(session, member, email, now, wait)
    if member.disowned_at is None:
        its_day_is_over = due_at is not None and due_at <= now + wait
        if not member.email or (its_day_is_over and member.confirmed_at is None and not _is_its_address(member, email)):
            _begin_anew(member, email)
        if not member.stands and _is_its_address(member, email):
            _write(member, said, now)
    member.at = now
    if due_at is not None:
        member.mails, member.mailed_at = member.mails + 1, due_at
        row = outbox.to_member("voice", campaign, member, str(member.mails), now, due_at=due_at)
        outbox.put(session, [row])


def confirm_voice(session: Session, member_id: int, generation: int, said: Voice, *, read: int | None = None) -> None:
    """Add a voice, as whoever reads its mailbox wants it: also after it was withdrawn, or the letter had another sense.

    `read` is the meaning of the letter that stood on the page. The same again changes nothing. Raises InPanic, Closed
    if no voice is taken, or none of its email domain, LetterChanged, or LinkRevoked.
    """
    campaign, member, now = locking.lock_member(session, member_id, generation)
    locking.require_calm(campaign)
    if member.stands and counts_for(member, campaign):
        _correct(session, campaign, member, said, now)
        return
    if not can_add_voice(campaign) or campaign.drops(member.email):
        raise Closed.to("answer", campaign)
    if read not in {None, campaign.letter.meaning}:
        raise LetterChanged
    if member.withdrawn_at is not None or (member.confirmed_at is not None and _exposes_more(member, said)):
        _tell(session, campaign, member, now)  # whoever has the link could do it in silence else
    keep_what_was_told(session, campaign, member)
    _write(member, said, now)
    member.letter_id = campaign.letter.id
    member.confirmed_at, member.withdrawn_at = now, None
    if said.words:
        member.words_at = member.words_at or now


def correct_voice(session: Session, member_id: int, generation: int, said: Voice) -> None:
    """Change how a voice appears. Its reader is told by mail if it exposes more than before, at most once in an hour.

    Words that are changed wait for an organizer anew. Raises InPanic, NoVoice if none stands, and LinkRevoked.
    """
    campaign, member, now = locking.lock_member(session, member_id, generation)
    locking.require_calm(campaign)
    if not member.stands:
        raise NoVoice
    _correct(session, campaign, member, said, now)


def _of_mailbox(session: Session, campaign: Campaign, email: str, said: Voice, now: datetime) -> Member:
    """The row of a mailbox, locked; a new one if nobody has typed its address yet."""
    fingerprints = tokens.fingerprints(mailbox(email))
    its = select(Member).where(Member.campaign_id == campaign.id, Member.mailbox_hmac.in_(fingerprints))
    locked = its.with_for_update().execution_options(populate_existing=True)
    if (known := session.scalar(locked)) is not None:
        return known
    typed = {"name": said.name, "country": said.country, "words": said.words, "appearance": said.appearance}
    row = bound(
        Member,
        {
            "campaign_id": campaign.id,
            "ref": tokens.new_ref(),
            "generation": 1,
            "language": said.language,
            "email": email,
            "email_hmac": tokens.fingerprint(email),
            "mailbox_hmac": fingerprints[0],
            "at": now,
            "mails": 0,
            **typed,
        },
    )
    db.upsert_ignore(session, Member, [row], Member.campaign_id, Member.mailbox_hmac)
    return session.scalars(locked).one()


def _is_its_address(member: Member, email: str) -> bool:
    """Whether it is the address that is written to.

    Another one of the same mailbox, with something else behind the plus, is none on servers that know no plus: its
    reader must not see what another person typed. So it changes nothing for a day after a mail, nor once confirmed;
    then a wish is begun anew with it, lest somebody keeps a person out by an address that is none.
    """
    return member.email_hmac is not None and bytes(member.email_hmac) in tokens.fingerprints(email)


def _begin_anew(member: Member, email: str) -> None:
    """Begin a wish anew that nobody confirmed, with another address or none: the link that was mailed is revoked."""
    member.email, member.email_hmac = email, tokens.fingerprint(email)
    member.generation, member.wrong_codes = member.generation + 1, 0


def _write(member: Member, said: Voice, now: datetime) -> None:
    """Keep what was said; words that are others than before wait for an organizer, once the voice stands.

    Of a name that is another than before organizers are shown, too, before the addressee is.
    """
    words_are_new = said.words != member.words
    if member.stands and (said.name, said.appearance) != (member.name, member.appearance):
        member.named_at = now
    member.name, member.country, member.words = said.name, said.country, said.words
    member.appearance, member.language = said.appearance, said.language
    if words_are_new or not said.words:
        member.words_at = now if said.words and member.stands else None
        member.words_agreed_at = member.words_refused_at = None


def _correct(session: Session, campaign: Campaign, member: Member, said: Voice, now: datetime) -> None:
    if _exposes_more(member, said):
        _tell(session, campaign, member, now)
    _write(member, said, now)


def _exposes_more(member: Member, said: Voice) -> bool:
    """Whether its addressee would read a name, another name, or other words than before."""
    if said.appearance != "named":
        return False
    is_new = (member.appearance, member.name) != (said.appearance, said.name)
    return is_new or bool(said.words and said.words != member.words)


def _tell(session: Session, campaign: Campaign, member: Member, now: datetime) -> None:
    """Put a mail that says how a voice stands when it leaves: none if one waits, an hour after the last at most."""
    its = Mail.member_id == member.id, Mail.kind == "voice_changed"
    if session.scalar(select(Mail.id).where(*its, Mail.due_at.is_not(None)).limit(1)) is not None:
        return
    latest = session.scalar(select(func.max(Mail.dated_at)).where(*its))
    due_at = max(now, latest + AN_HOUR) if latest else now
    which = f"{now:%Y%m%dT%H%M%S.%f}"
    outbox.put(session, [outbox.to_member("voice_changed", campaign, member, which, now, due_at=due_at)])
