"""The letter on paper: pages as PDF. A large one is set in a child process, for typst keeps the memory that it took."""

import dataclasses
import json
import logging
import threading
from datetime import datetime
from typing import Any, cast

from worker import child_process, settings
from worker.wording import typesetting
from worker.wording.sheet import Sheet

LARGE = 50_000  # bytes of a sheet, some 800 names: 30 MB for good, beside a tenth of a second to start a process
MAX_SECONDS = 120  # 20,000 names take three; a busy machine takes ten times as long
_one_at_a_time = threading.Lock()
log = logging.getLogger("letter")


def as_pdf(sheet: Sheet, sealed_at: datetime) -> bytes:
    """Set a letter as PDF; the same sheet and moment give the same bytes, in this process or in a child.

    `sealed_at` carries its zone. Needs no network, and reads no file but the letter's template and fonts. Raises
    ChildFailed if a large one could not be set, such as for want of memory.
    """
    job = _job(sheet, sealed_at)
    if len(job) < LARGE:
        return typesetting.as_pdf(job)
    with _one_at_a_time:
        return _as_pdf_in_a_child(job)


def as_written(sheet: Sheet, sealed_at: datetime, **options: Any) -> bytes:
    """Set the same letter as typst writes it: larger, and the names of its fonts can be read in the bytes."""
    return cast(bytes, typesetting.as_written(_job(sheet, sealed_at), format="pdf", **options))


def _job(sheet: Sheet, sealed_at: datetime) -> bytes:
    if sealed_at.tzinfo is None:
        raise ValueError("sealed_at needs its zone")
    folder = settings.current().templates_dir.absolute() / "letter"
    words = json.dumps(dataclasses.asdict(sheet), ensure_ascii=False)
    described = {"folder": str(folder), "sheet": words, "timestamp": int(sealed_at.timestamp())}
    return json.dumps(described, ensure_ascii=False).encode()


def _as_pdf_in_a_child(job: bytes) -> bytes:
    try:
        pdf = child_process.call_trusted(typesetting.as_pdf, job, seconds=MAX_SECONDS)
        if not (pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")):
            raise child_process.ChildFailed("crash")
    except child_process.ChildFailed as failed:
        log.error("a large letter was not set as PDF: reason=%s", failed.reason)
        raise
    return pdf
