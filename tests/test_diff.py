"""What changed in a letter, as people are shown it: whole lines, and in them the words."""

import re
import time

import pytest

from worker.text import diff

KHMER = "យើងខ្ញុំ អង្គការចំនួនដប់ សូមស្នើឱ្យរាជរដ្ឋាភិបាលការពារទន្លេទាំងអស់នៅក្នុងប្រទេសកម្ពុជា។"


def marked(before: str, after: str) -> list[str]:
    signs = {"same": "{}", "gone": "[-{}]", "new": "[+{}]"}
    return ["".join(signs[kind].format(words) for kind, words in one.pieces) for one in diff.between(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Eleven of us ask for rain.", "Twelve of us ask for rain.", ["[-Eleven][+Twelve] of us ask for rain."]),
        ("Eleven red boats.", "Twelve blue boats.", ["[-Eleven red][+Twelve blue] boats."]),
        ("We ask.\n\nThanks", "We ask.\n\nWe demand.\n\nThanks", ["[+We demand.]"]),
        ("One\n\nTwo\n\nThree", "One\n\nThree", ["[-Two]"]),
        ("We ask now.", "We ask *now*.", []),
        ("Ceci : cela.", "Ceci\u00a0: cela.", []),
        ("a {{ count }} b", "a {{count}} b", []),
    ],
)
def test_of_each_line_the_words_are_marked(before: str, after: str, shown: list[str]) -> None:
    assert marked(before, after) == shown


def test_a_line_that_changed_beside_a_new_one_is_shown_as_changed() -> None:
    before = "# Rivers\n\nWe ask for eleven clean rivers in the north.\n\nThank you"
    after = "# Rivers\n\nWe ask for twelve clean rivers in the north.\n\nAnd we ask for lakes.\n\nThank you"

    assert marked(before, after) == [
        "We ask for [-eleven][+twelve] clean rivers in the north.",
        "[+And we ask for lakes.]",
    ]


def test_a_khmer_paragraph_without_spaces_is_not_shown_as_a_whole() -> None:
    (shown,) = marked(KHMER, KHMER.replace("ដប់", "ដប់ពីរ"))
    assert shown == KHMER.replace("ដប់", "ដប់[+ពីរ]")
    (shown,) = marked(KHMER, KHMER.replace("ទន្លេ", "បឹង"))
    assert "[-ទន្លេ][+បឹង]" in shown


@pytest.mark.parametrize(("old", "new"), [("ការពារ", "ការព"), ("ប្រទេស", "ប្រទះ"), ("ស្នើ", "សួរ"), ("ខ្ញុំ", "ខ្មែរ")])
def test_no_khmer_letter_is_parted_from_its_marks(old: str, new: str) -> None:
    (change,) = diff.between(KHMER, KHMER.replace(old, new))

    for _, words in change.pieces:
        assert not re.match("[\u17b4-\u17d3\u17dd]", words), "it begins with a mark"
        assert not words.endswith("\u17d2"), "it ends before what stands below its letter"
    assert "".join(words for kind, words in change.pieces if kind != "new") == change.before
    assert "".join(words for kind, words in change.pieces if kind != "gone") == change.after


def test_a_long_paragraph_is_compared_within_a_second() -> None:
    long = KHMER * 150
    began = time.process_time()
    (shown,) = marked(long + "ក" + long, long + "ខ" + long)
    marked(long, "".join(reversed(long)))

    assert "[-ក][+ខ]" in shown
    assert time.process_time() - began < 3
