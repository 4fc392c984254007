"""What may not stand in names and letters, and what must."""

import pytest

from worker.text import characters


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("River\u202eWatch", "U+202E, a character that turns the direction of writing"),
        ("River\u2069Watch", "U+2069, a character that turns the direction of writing"),
        ("River\u061cWatch", "U+061C, a character that turns the direction of writing"),
        ("River\u200fWatch", "U+200F, a character that turns the direction of writing"),
        ("River\u200bWatch", "U+200B, an invisible character"),
        ("River\ufeffWatch", "U+FEFF, an invisible character"),
        ("River\u00ad Watch", "U+00AD, an invisible character"),
        ("River\u200cWatch", "U+200C, an invisible character"),
        ("River\u200dWatch", "U+200D, an invisible character"),
        ("River\u3164Watch", "U+3164, an invisible character"),
        ("River\nWatch", "U+000A, a line break"),
        ("River\u2028Watch", "U+2028, a line break"),
        ("River\x85Watch", "U+0085, a line break"),
        ("River\x07Watch", "U+0007, a control character"),
        ("River\tWatch", "U+0009, a control character"),
        ("River\ufffdWatch", "U+FFFD, the sign for a letter that was lost"),
        ("River\ud800Watch", "U+D800, half a character"),
        ("River\ue000Watch", "U+E000, a character that has no meaning outside one font"),
        ("River\U000e0041Watch", "U+E0041, an invisible character"),
        ("River\u17b4Watch", "U+17B4, an invisible character"),
        ("River\u17b5Watch", "U+17B5, an invisible character"),
    ],
)
def test_what_hides_or_turns_or_breaks_is_named_by_its_code_point(text, named):
    assert list(characters.unfit(text)) == [(5, named)]


@pytest.mark.parametrize(
    "name",
    [
        "Sons & Daughters of Cambodia",
        "Association des Bouddhistes Khmers d’Alsace",
        "Lao Nation/Study and Research Center",
        "សមាគម\u200bខ្មែរ",
        "Ligue — “Droits”",
        "ສະມາຄົມ",
        "منظمة",
        "No\u00a0break",
        "ព្រះរាជាណាចក្រកម្ពុជា សង្គ្រាម ស្ត្រី កញ្ញា ម៉្ងៃ ស៊ើ",
        "ក\u17b4ម្ពុជា",
        "བསྒྲིབས་ རྐྱེན",
        "Vie\u0323\u0302t Nam",
        "خانه\u200cی روان\u200cشناسان",
        "NGO\u200cهای ۲۰\u200cساله",
        "سال ۱۴۰۲ ه\u200d.ش",
        "ශ්\u200dරී ලංකා ජල සංගමය",
        "র\u200d\u09cdয\u09beলি বাংলাদেশ",
        "সন্ধান ক্\u200c",
        "അവന്\u200d കേരളം",
        "क्\u200dष क्\u200cष",
        "ਪੰ\u200cਜਾਬ ਸ੍\u200dਰੀ",
        "ᠮᠣᠩᠭᠣᠯ\u180eᠠ",
        "สมาคม\u200bแม่น้ำ",
        "ສະມາ\u200bຄົມ",
        "မြစ်\u200bအသင်း",
        "ថ្ងៃ\u200b ទី\u200b14\u200b ខែ\u200bធ្នូ\u200b។",
        "អង្គការ\u200b (NGO)\u200bខ្មែរ\u200b",
        "ខ\u200b\u200bម",
        "inter\u00adnational Bünd\u00adnis",
    ],
)
def test_names_in_any_script_are_fit(name):
    assert list(characters.unfit(name)) == []


@pytest.mark.parametrize("text", ["\u200b", "\u200bA", "2026\u200b", "ខ្មែរ (A\u200bB)", "ខ្មែរ" + "1" * 50 + "\u200b"])
def test_zero_width_spaces_are_only_fit_beside_a_script_that_has_them(text):
    assert list(characters.unfit(text))


@pytest.mark.parametrize("text", ["\u17b4", "\u17b5\u17b4", "ក\u17b4\u17b5", "\u17b4\u200b\u17b5"])
def test_vowels_that_nobody_sees_are_only_fit_after_a_khmer_letter(text):
    assert list(characters.unfit(text))


@pytest.mark.parametrize("mark", ["\u0301", "\u17c6", "\u20dd", "\u0e49"])
def test_a_tower_of_marks_is_cut_at_the_ninth(mark):
    assert list(characters.unfit("ក" + mark * 8)) == []
    assert [position for position, _ in characters.unfit("ក" + mark * 10 + "x" + mark)] == [9, 10]
    assert characters.without_unfit("ក" + mark * 10)[0] == "ក" + mark * 8


@pytest.mark.parametrize(
    ("text", "has"),
    [("—", False), (". /", False), ("\u17b4", False), ("\u3164\uffa0", False), ("ខ", True), ("7", True)],
)
def test_a_name_has_a_letter_or_a_digit(text, has):
    assert characters.has_letters(text) is has


def test_what_is_unfit_is_taken_out_and_told():
    assert characters.without_unfit("Ri\u200bver\u2028Watch\t") == (
        "River Watch\t",
        ["U+200B, an invisible character", "U+2028, a line break"],
    )


def test_a_tidy_name_is_composed_and_has_single_spaces():
    assert characters.tidy("  De\u0301mocratie\u00a0 pour   tous ") == "Démocratie pour tous"


def test_a_tidy_name_has_no_space_of_no_width_beside_another():
    assert characters.tidy("\u200bថ្ងៃ\u200b ទី\u200b\u200bពីរ \u200b ") == "ថ្ងៃ ទី\u200bពីរ"


@pytest.mark.parametrize(
    "text",
    [
        "\u200cعلی",
        "علی\u200c",
        "علی\u200c\u200cرضا",
        "علی \u200dرضا",
        "ශ්\u200d\u200dරී",
        "\u200dശ്രീ",
        "ക\u200d",
        "Ri\u200dver",
        "Ri\u00ad\u00adver",
        "River\u00ad",
        "ᠮ\u180eA",
    ],
)
def test_a_joiner_is_only_fit_where_its_script_has_it(text):
    assert list(characters.unfit(text))


UNPRINTED = {
    "a joiner anywhere": "A\u200dnna\u200c",
    "a soft hyphen": "River\u00ad",
    "a zero-width space": "\u200bRosa",
    "a byte order mark": "\ufeffRosa",
    "direction marks": "\u200fרוזה\u200e (ו\u061c)",
    "an isolate as telephones copy it": "\u2068Rosa\u2069 \u202a+855 12\u202c",
    "an emoji family": "Rosa 👩\u200d👩\u200d👧",
    "a letter of one font only": "\ue000",
    "a letter that is newer than this Python": "\U0001fae9\u0378",
    "a lost letter": "Ros\ufffd",
    "a line separator": "one\u2028two",
}


@pytest.mark.parametrize("text", UNPRINTED.values(), ids=UNPRINTED)
def test_a_text_that_is_never_printed_takes_what_people_type(text):
    assert list(characters.unfit_unprinted(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        *("\x00", "a\x07", "\x1b[2J", "\x9b2J", "a\x7f", "\n", "\t", "\ud800", "a" + "\u0301" * 9),
        *("\u202eRosa", "\u202dRosa\u202c", "\u2067Rosa", "Rosa\u2069"),
        *("\u2066Rosa\nand more\u2069", "\u202a\u2068Rosa\u202c\u2069"),
    ],
)
def test_a_text_that_is_never_printed_has_no_controls_or_overrides(text):
    assert list(characters.unfit_unprinted(text))


def test_lines_are_allowed_where_a_text_has_several():
    assert list(characters.unfit_unprinted("one\n\ttwo \u2068three\u2069", "\n\t")) == []
