"""A second factor at the organizers' desk: a code of six digits that changes each half minute (TOTP, RFC 6238)."""

import base64
import hmac
import secrets
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.models import DeskSession, Organizer
from worker.state.organizers import Visitor

STEP_S = 30
MAX_WRONG = 10  # codes of one person within a day: in browsers that it never used, and in those that it did
RECOVERY_CODES = 10
ISSUER = "Undersigned"

FactorProblem = Literal["factor wrong", "too many factors"]


def begin_factor(session: Session, visitor: Visitor) -> None:
    """Draw a secret that is to be confirmed; one that is confirmed stays."""
    import pyotp

    organizer = _locked(session, visitor)
    if organizer.totp_at is None:
        organizer.totp_secret = pyotp.random_base32()


def confirm_factor(session: Session, visitor: Visitor, typed: str) -> list[str] | FactorProblem:
    """Ask for the second factor from now on, once a code shows that the secret arrived; returns recovery codes."""
    organizer = _locked(session, visitor)
    if organizer.totp_at is not None or not organizer.totp_secret:
        return "factor wrong"
    if (step := _matching_step(organizer, visitor, typed)) is None:
        return "factor wrong"
    organizer.totp_at, organizer.totp_step = visitor.now, step
    session.get_one(DeskSession, visitor.session.id).factor_at = visitor.now
    return draw_recovery_codes(session, visitor)


def take_factor(session: Session, visitor: Visitor, typed: str) -> str | FactorProblem:
    """Take a code, or a recovery code, once each; returns the new key of the session.

    A wrong one counts, so it is to be committed whatever comes of it.
    """
    organizer = _locked(session, visitor)
    its = session.get_one(DeskSession, visitor.session.id)
    since = visitor.now - timedelta(days=1)
    of_day = DeskSession.organizer_id == organizer.id, DeskSession.is_known == its.is_known
    wrong = session.scalar(select(func.sum(DeskSession.wrong_factors)).where(*of_day, DeskSession.created_at > since))
    if (wrong or 0) >= MAX_WRONG:
        return "too many factors"
    if (step := _matching_step(organizer, visitor, typed)) is not None:
        organizer.totp_step = step
    elif not _use_recovery_code(organizer, typed):
        its.wrong_factors += 1
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
