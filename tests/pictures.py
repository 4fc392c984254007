"""The letter's pages as pictures: what stands on them can be looked at."""

from datetime import datetime

from worker.wording import letter_pdf, typesetting
from worker.wording.sheet import Sheet

DOTS = 110.0  # an inch


def as_png(sheet: Sheet, sealed_at: datetime) -> list[bytes]:
    """Set a letter as its PDF is, one picture a page."""
    pages = typesetting.as_written(letter_pdf._job(sheet, sealed_at), format="png", ppi=DOTS)
    return [pages] if isinstance(pages, bytes) else pages
