"""What a check of `undersigned doctor` says: ok, warning or failed, what was found, and how to fix it."""

import ssl
import time
from dataclasses import dataclass
from typing import Literal

from worker.cli import console

Verdict = Literal["ok", "warning", "failed"]

TIMEOUT_S = 4.0  # seconds for one answer; a check as a whole has ten
DAYS_TO_RENEW = 14


@dataclass(frozen=True)
class Note:
    """One thing that a check found; the fix says what to type or whom to ask."""

    verdict: Verdict
    found: str
    fix: str = ""


def ok(found: str) -> Note:
    return Note("ok", found)


def warning(found: str, fix: str) -> Note:
    return Note("warning", found, fix)


def failed(found: str, fix: str) -> Note:
    return Note("failed", found, fix)


def of_certificate(days: int, whose: str) -> Note:
    if days < DAYS_TO_RENEW:
        return warning(f"{whose} expires in {console.count(days, 'day')}", "ask who runs that server to renew it")
    return ok(f"{whose} is valid for {days} more days")


def days_left(line: ssl.SSLSocket) -> int:
    certificate = line.getpeercert() or {}
    return int(ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) // 86_400
