"""A sheet that is opened in a spreadsheet calculates nothing."""

import pytest

from worker.text.formulas import harmless


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+41 22 917", "'+41 22 917"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-1", "'-1"),
        ("\t=1", "'\t'=1"),
        ("Jane;=HYPERLINK(1)", "Jane;'=HYPERLINK(1)"),  # where the list separator is a semicolon
        ("Jane, -2+3", "Jane, '-2+3"),
        ("＝1", "'＝1"),
        ("Ah Nah Podcast - Conversation with Myanmar", "Ah Nah Podcast - Conversation with Myanmar"),
        ("Sons & Daughters", "Sons & Daughters"),
        ("", ""),
    ],
)
def test_no_cell_begins_a_formula(cell: str, shown: str) -> None:
    assert harmless(cell) == shown
