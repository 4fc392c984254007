"""The letter as a page for the browser."""

from worker.wording import templates
from worker.wording.sheet import Sheet


def as_html(sheet: Sheet) -> str:
    """Set a letter as a whole HTML page that asks nothing of the network."""
    return templates.page("letter/letter.html", sheet.language, sheet=sheet)
