"""Cells of CSV files that a spreadsheet would take for formulas."""

import re

_SIGNS = r"=+\-@＝＋－＠"
_FORMULA = re.compile(rf"(^|[;,\t\r\n]\s*)(?=[{_SIGNS}\t\r\n])")
_KEPT_AS_TEXT = re.compile(rf"(^|[;,\t\r\n]\s*)'(?=[{_SIGNS}\t\r\n])")


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not calculate: an apostrophe before whatever begins a formula.

    Also after a semicolon, comma or tab, where a spreadsheet of another country parts the cell.
    """
    return _FORMULA.sub(r"\1'", cell)


def as_meant(cell: str) -> str:
    """The cell without these apostrophes."""
    return _KEPT_AS_TEXT.sub(r"\1", cell)
