"""The letter as a page for the browser."""

from worker import render
from worker.wording.sheet import Sheet


def as_html(sheet: Sheet) -> str:
    """Set a letter as a whole HTML page that asks nothing of the network."""
    return render.page("letter/letter.html", sheet.language, sheet=sheet)
