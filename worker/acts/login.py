"""Into the organizers' desk and out of it: by a mailed code that is typed, or by a link that a command printed.

Who asks for a code learns nothing of an address: a row is written for any, and a worker looks later whose it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.mail import outbox
from worker.models import DeskLink, DeskSession, Login, Mail, MailResponse, Organizer
from worker.state.organizers import load_organizers

LASTS = timedelta(days=7)  # a session, however much it is used
SEEN_EVERY = timedelta(minutes=5)  # between two notes that a session is used
LINK_HOLDS = timedelta(minutes=10)
CODE_HOLDS = timedelta(minutes=10)  # from the moment at which the relay took its mail
MAIL_MAY_TAKE = timedelta(hours=2)  # until the relay takes it, if it was away or put it off
MAX_TRIES = 5  # of the codes of one browser
PRESSED_TWICE = timedelta(seconds=10)  # from the first press until a second one of the same browser is another login
MAX_CODES = 4  # an hour to one person: for browsers that it never used, and for each that it did
MAX_WAITING = 5000  # requests within CODE_HOLDS, of all the world
KEPT = timedelta(days=10)  # rows that are of no use any more
NOBODYS = timedelta(days=1)  # and requests for addresses that are no organizer's

CodeProblem = Literal["code wrong", "code too late", "no code asked"]


@dataclass(frozen=True)
class Entered:
    """What a browser gets that was let in: the key of its session."""

    organizer: Organizer
    key: str


def ask_for_code(
    session: Session, email: str, browser: str, mark: bytes | None, language: str, *, was_here: bool = False
) -> bool:
    """Note that somebody asks for a code; false if so many ask at this moment that no stranger can.

    The same statements for any address. `browser` is the key by which the code is taken later, `mark` what the
    browser kept of an earlier login; `was_here`: that it is one of ours.
    """
    now = db.clock(session)
    if not was_here and (session.scalar(select(func.count()).where(Login.at > now - CODE_HOLDS)) or 0) >= MAX_WAITING:
        return False
    asked = Login(
        ref=tokens.new_ref(),
        email_hmac=tokens.fingerprint(email),
        browser_hash=tokens.key_hash(browser),
        browser_mark=mark if mark and len(mark) == 2 * tokens.MARK else None,
        language=language,
        at=now,
        is_known=False,
        tries=0,
    )
    session.add(asked)
    return True


def put_codes(session: Session) -> int:
    """Put a mail for each request whose address is an organizer's, and return how many.

    No more than MAX_CODES an hour, so that nobody can be flooded, nor guess often: a browser that a person has used
    before has an allowance of its own, which no stranger uses up.
    """
    waiting = select(Login).where(Login.looked_up_at.is_(None)).order_by(Login.id).limit(200)
    rows = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    # By what they decrypt to: while a key is changed, either address may be known by its fingerprint of before.
    everybody = [one for one in load_organizers(session) if one.email]
    by_address = {known: one for one in everybody for known in tokens.fingerprints(one.email)}
    now, put = db.clock(session), 0
    for asked in rows:
        asked.looked_up_at = now
        organizer = by_address.get(bytes(asked.email_hmac))
        if organizer is None or asked.at < now - MAIL_MAY_TAKE:
            continue
        session.get_one(Organizer, organizer.id, with_for_update=True)  # two workers count one after the other
        asked.is_known = _shows_mark(asked, organizer)
        if _count_codes(session, asked, organizer, now) >= MAX_CODES:
            continue
        asked.organizer_id = organizer.id
        session.flush()
        put += outbox.put(session, [outbox.to_organizer(asked, organizer.language, now)])
    return put


def _count_codes(session: Session, asked: Login, organizer: Organizer, now: datetime) -> int:
    its = [Login.organizer_id == organizer.id, Login.at > now - timedelta(hours=1), Login.is_known == asked.is_known]
    if asked.is_known:
        its.append(Login.browser_mark == asked.browser_mark)
    return session.scalar(select(func.count()).where(*its)) or 0


def _shows_mark(asked: Login, organizer: Organizer) -> bool:
    return asked.browser_mark is not None and tokens.is_marked(organizer, bytes(asked.browser_mark))


def take_code(session: Session, browser: str, typed: str, before: str = "") -> Entered | CodeProblem:
    """Let in the browser that asked for this code; every try counts, so it is to be committed whatever comes of it.

    `before`: the key of a session that the browser had, which ends. Only what this browser asked for is compared and
    counted: a stranger uses up nobody's tries. Whoever presses twice on a slow line never sees what the first press
    brought, so the second one has a session in place of that of the first.
    """
    now = db.clock(session)
    is_open = Login.used_at.is_(None) | (Login.used_at > now - PRESSED_TWICE)
    tried = (
        update(Login)
        .where(Login.browser_hash == tokens.key_hash(browser), is_open, Login.tries < MAX_TRIES)
        .where(Login.at > now - MAIL_MAY_TAKE)
        .values(tries=Login.tries + 1)
        .returning(Login.id, Login.ref)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(tried).all()
    if not rows:
        return "no code asked"
    right = [row.id for row in rows if tokens.is_login_code(bytes(row.ref), typed)]
    if not right:
        return "code wrong"
    asked = session.get_one(Login, right[0], populate_existing=True)
    organizer = asked.organizer
    if organizer is None or organizer.removed_at is not None:
        return "code wrong"
    sent_at = session.scalar(select(Mail.sent_at).where(Mail.login_id == asked.id))
    if sent_at is not None and sent_at <= now - CODE_HOLDS:
        return "code too late"
    if asked.used_at is not None and not _ends_first(session, organizer, asked.used_at):
        return "no code asked"
    asked.used_at = now
    return _enter(session, organizer, before, now, is_known=asked.is_known and _shows_mark(asked, organizer))


def _ends_first(session: Session, organizer: Organizer, used_at: datetime) -> bool:
    """End the session that a code opened at its first press; False if there is none, as where a person ended all."""
    first = (
        update(DeskSession)
        .where(DeskSession.organizer_id == organizer.id, DeskSession.created_at == used_at)
        .where(DeskSession.ended_at.is_(None))
        .values(ended_at=db.clock(session))
        .returning(DeskSession.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(first) is not None


def make_link(session: Session, organizer: Organizer) -> str:
    """The key of a link that opens the desk for this person once, for ten minutes."""
    key = tokens.new_key()
    ends_at = db.clock(session) + LINK_HOLDS
    session.add(DeskLink(key_hash=tokens.key_hash(key), organizer_id=organizer.id, ends_at=ends_at))
    return key


def take_link(session: Session, key: str, before: str = "") -> Entered | None:
    """Let in who has a link of `make_link`, unless it was used or is too old."""
    now = db.clock(session)
    used = (
        update(DeskLink)
        .where(DeskLink.key_hash == tokens.key_hash(key), DeskLink.used_at.is_(None), DeskLink.ends_at > now)
        .values(used_at=now)
        .returning(DeskLink.organizer_id)
        .execution_options(synchronize_session=False)
    )
    if (organizer_id := session.scalar(used)) is None:
        return None
    organizer = session.get_one(Organizer, organizer_id)
    return _enter(session, organizer, before, now, is_known=True) if organizer.removed_at is None else None


def note_seen(session: Session, session_id: int) -> None:
    """Note that a session is used, so that it does not end by itself."""
    seen = update(DeskSession).where(DeskSession.id == session_id).values(seen_at=db.clock(session))
    session.execute(seen.execution_options(synchronize_session=False))


def end_session(session: Session, organizer_id: int, session_id: int) -> None:
    """End one session of a person; one of another person stays."""
    _end(session, DeskSession.organizer_id == organizer_id, DeskSession.id == session_id)


def end_all_sessions(session: Session, organizer_id: int) -> None:
    """End all sessions of a person, its links and codes, and forget the browsers that it is known by."""
    now = db.clock(session)
    # Sessions last: whoever is let in at this moment holds the row of its code or link, and is waited for.
    _run(session, update(Login).where(Login.organizer_id == organizer_id, _CODE).values(used_at=now))
    _run(session, update(DeskLink).where(DeskLink.organizer_id == organizer_id, _LINK).values(used_at=now))
    raised = update(Organizer).where(Organizer.id == organizer_id).values(generation=Organizer.generation + 1)
    _run(session, raised)
    _end(session, DeskSession.organizer_id == organizer_id)


def end_everything(session: Session) -> None:
    """End all that lets anybody in, for a database that was put back from a backup; everybody logs in anew."""
    now = db.clock(session)
    _end(session)
    _run(session, update(DeskLink).where(_LINK).values(used_at=now))
    _run(session, update(Login).where(_CODE).values(used_at=now, looked_up_at=func.coalesce(Login.looked_up_at, now)))
    outbox.cancel(session, *_WAITING_MAILS, at=now)


def forget_old_logins(session: Session) -> None:
    """Call back codes that nobody waits for any more, and forget what is of no use; one look, if there is nothing."""
    now = db.clock(session)
    late = (*_WAITING_MAILS, Mail.dated_at < now - MAIL_MAY_TAKE)
    nobodys = Login.at < now - NOBODYS, Login.organizer_id.is_(None)
    old_sessions, old_links = DeskSession.ends_at < now - KEPT, DeskLink.ends_at < now - KEPT
    old_logins = Login.at < now - KEPT
    of_no_use = [exists().where(*one) for one in (late, nobodys, [old_logins], [old_sessions], [old_links])]
    if not session.scalar(select(or_(*of_no_use))):
        return
    outbox.cancel(session, *late, at=now)
    _run(session, delete(Login).where(*nobodys))
    mails = select(Mail.id).where(Mail.login_id.in_(select(Login.id).where(old_logins)))
    _run(session, delete(MailResponse).where(MailResponse.mail_id.in_(mails)))
    _run(session, delete(Mail).where(Mail.login_id.in_(select(Login.id).where(old_logins))))
    _run(session, delete(Login).where(old_logins))
    _run(session, delete(DeskSession).where(old_sessions))
    _run(session, delete(DeskLink).where(old_links))


_WAITING_MAILS = Mail.login_id.is_not(None), Mail.due_at.is_not(None)  # as the index of each has it
_LINK, _CODE = DeskLink.used_at.is_(None), Login.used_at.is_(None)


def _enter(session: Session, organizer: Organizer, before: str, now: datetime, *, is_known: bool) -> Entered:
    """A session under a new key, whatever key the browser showed: one that somebody gave it opens nothing."""
    if before:
        _end(session, DeskSession.key_hash == tokens.key_hash(before))
    key = tokens.new_key()
    session.add(
        DeskSession(
            key_hash=tokens.key_hash(key),
            organizer_id=organizer.id,
            is_known=is_known,
            created_at=now,
            seen_at=now,
            ends_at=now + LASTS,
            wrong_factors=0,
        )
    )
    session.flush()
    return Entered(organizer, key)


def _end(session: Session, *which: ColumnElement[bool]) -> None:
    ended = update(DeskSession).where(DeskSession.ended_at.is_(None), *which).values(ended_at=db.clock(session))
    _run(session, ended)


def _run(session: Session, statement: object) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]
