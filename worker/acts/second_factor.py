"""A second factor at the organizers' desk: a code of six digits that changes each half minute (TOTP, RFC 6238)."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from worker import tokens
from worker.models import DeskSession, Organizer
from worker.state.organizers import Visitor

STEP_S = 30
MAX_WRONG = 10  # codes of one person within a day: in browsers that it never used, and in those that it did
RECOVERY_CODES = 10
ISSUER = "Undersigned"

FactorProblem = Literal["factor wrong", "too many factors"]


@dataclass(frozen=True)
class SetUp:
    """What a person gets that set up a second factor, and the mark by which its browser is known from now on."""

    recovery_codes: list[str]
    mark: bytes


def begin_factor(session: Session, visitor: Visitor) -> None:
    """Draw a secret that is to be confirmed; one that is confirmed stays."""
    import pyotp

    organizer = _locked(session, visitor)
    if organizer.totp_at is None:
        organizer.totp_secret = pyotp.random_base32()


def confirm_factor(session: Session, visitor: Visitor, typed: str) -> SetUp | FactorProblem:
    """Ask for the second factor from now on, once a code shows that the secret arrived."""
    organizer = _locked(session, visitor)
    if organizer.totp_at is not None or not organizer.totp_secret:
        return "factor wrong"
    if (step := _matching_step(organizer, visitor, typed)) is None:
        return "factor wrong"
    organizer.totp_at, organizer.totp_step = visitor.now, step
    organizer.generation += 1  # the marks and sessions of before may be those of whoever reads the email alone
    others = update(DeskSession).where(DeskSession.organizer_id == organizer.id, DeskSession.id != visitor.session.id)
    session.execute(others.values(is_known=False).execution_options(synchronize_session=False))
    session.get_one(DeskSession, visitor.session.id).factor_at = visitor.now
    session.flush()  # what is drawn next reads the row anew
    return SetUp(draw_recovery_codes(session, visitor), tokens.browser_mark(organizer))


def take_factor(session: Session, visitor: Visitor, typed: str) -> str | FactorProblem:
    """Take a code, or a recovery code, once each; returns the new key of the session.

    A wrong one counts, so it is to be committed whatever comes of it.
    """
    organizer = _locked(session, visitor)
    its = session.get_one(DeskSession, visitor.session.id)
    since = visitor.now - timedelta(days=1)
    alike = DeskSession.organizer_id == organizer.id, DeskSession.is_known == its.is_known
    of_day = select(func.sum(DeskSession.wrong_factors)).where(*alike, DeskSession.wrong_factor_at > since)
    if (session.scalar(of_day) or 0) >= MAX_WRONG:
        return "too many factors"
    if (step := _matching_step(organizer, visitor, typed)) is not None:
        organizer.totp_step = step
    elif not _use_recovery_code(organizer, typed):
        before = its.wrong_factors if its.wrong_factor_at is not None and its.wrong_factor_at > since else 0
        its.wrong_factors, its.wrong_factor_at = before + 1, visitor.now
        return "factor wrong"
    key = tokens.new_key()
    its.key_hash, its.factor_at = tokens.key_hash(key), visitor.now
    return key


def draw_recovery_codes(session: Session, visitor: Visitor) -> list[str]:
    """Ten codes for whoever lost the device, each good once; those of before end. Only their hashes are kept."""
    organizer = _locked(session, visitor)
    drawn = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    organizer.recovery_codes = [tokens.key_hash(one).hex() for one in drawn]
    return ["-".join(one[at : at + 4] for at in range(0, len(one), 4)) for one in drawn]


def end_factor(session: Session, visitor: Visitor) -> None:
    """Ask for no second factor any more."""
    organizer = _locked(session, visitor)
    organizer.totp_secret, organizer.totp_at, organizer.totp_step = "", None, None
    organizer.recovery_codes = []


def enrolment_uri(organizer: Organizer) -> str:
    """What an authenticator app reads out of the picture."""
    import pyotp

    totp = pyotp.TOTP(organizer.totp_secret)
    return str(totp.provisioning_uri(name=organizer.email or organizer.name, issuer_name=ISSUER))


def _locked(session: Session, visitor: Visitor) -> Organizer:
    return session.get_one(Organizer, visitor.organizer.id, with_for_update=True, populate_existing=True)


def _matching_step(organizer: Organizer, visitor: Visitor, typed: str) -> int | None:
    """The half minute whose code this is, of three around now, and none that was taken before or lies behind it."""
    import pyotp

    totp = pyotp.TOTP(organizer.totp_secret)
    digits, now = tokens.digits_of(typed), int(visitor.now.timestamp()) // STEP_S
    for step in (now - 1, now, now + 1):
        is_new = organizer.totp_step is None or step > organizer.totp_step
        if is_new and hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def _use_recovery_code(organizer: Organizer, typed: str) -> bool:
    hashed = tokens.key_hash("".join(sign for sign in typed.upper() if sign.isalnum())).hex()
    if hashed not in organizer.recovery_codes:
        return False
    organizer.recovery_codes = [one for one in organizer.recovery_codes if one != hashed]
    return True
