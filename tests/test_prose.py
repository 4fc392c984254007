"""Markdown as people write it comes out as fine plain text and clean HTML, and a name is never markup."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.text import html, markdown_lint, plain_text
from worker.text.markdown import Run, blocks, escape

KHMER = "សហភាពខ្មែរដើម្បីប្រជាធិបតេយ្យ"


def folded(text: str) -> str:
    return " ".join(text.split())


def text_of(markdown: str, width: int = 72) -> str:
    return plain_text.to_text(blocks(markdown), width)


def html_of(markdown: str) -> str:
    return html.to_html(blocks(markdown))


MARKUP = ["**", "*", "_", "[x](https://y.z)", "<b>", "</p>", "<https://a.b>", "1. ", "# ", "> ", "- ", "\\", "`"]
MARKUP += ["&lt;", "&#10;", "![x](y)", "{{ 7*7 }}", "$x$", "~~", "---", "===", "\n", "\r\n", "  \n", "https://"]
MARKUP += ["[^1]", "[^1]: ", "\n\n[^1]: note"]
WORDS = ["mailto:a@b.c", KHMER, "L’Été d’Angkor", "« mot »", "👩\u200d👩\u200d👧", "(ABC)", "’", "é", " "]
AWKWARD = st.sampled_from(MARKUP + WORDS)
NAMES = st.one_of(
    st.lists(AWKWARD, max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)


@given(NAMES)
@settings(max_examples=400, deadline=None)
@example("# at the start")
@example("1. at the start")
@example("https://evil.example/_a_")
@example("a\n\n# b")
def test_a_name_stands_for_itself_and_is_never_markup(name):
    for before, after in (("Hello ", " end"), ("", " end"), ("Hello ", "")):
        markdown = before + escape(name) + after
        assert folded(before + name + after) in folded(text_of(markdown))
        assert set(re.findall(r"<[^>]*>", html_of(markdown))) <= {"<p>", "</p>"}


@given(st.lists(st.one_of(AWKWARD, st.sampled_from(["\n\n", "word ", "    ", "1) ", "| a | b |\n|---|---|\n"]))))
@settings(max_examples=300, deadline=None)
def test_no_markdown_raises_and_no_html_comes_out_that_we_do_not_write(parts):
    markdown = "".join(parts)
    ours = r"</?(p|h[1-6]|ul|ol|li|blockquote|strong|em|a)>|<(br|hr)>|<ol start=\"\d+\">|"
    ours += r"<a href=\"(https?://|mailto:)[^\"<>]*\">|</?(table|thead|tbody|tr|td|div|sup)>|</th>|<th scope=\"col\">|"
    ours += r"<div class=\"table\" role=\"group\" tabindex=\"0\" aria-label=\"[^\"<>]*\">|<ul class=\"notes\">|"
    ours += r"<li id=\"note-\d+\">|<a href=\"#note-\d+\" id=\"ref-[\d-]+\" role=\"doc-noteref\">|"
    ours += r"<a href=\"#ref-[\d-]+\" role=\"doc-backlink\">"
    assert all(re.fullmatch(ours, tag) for tag in re.findall(r"<[^>]*>", html_of(markdown)))
    text_of(markdown)
    markdown_lint.problems(markdown)


def test_the_tree_is_plain_json():
    tree = blocks("# A\n\nb **c** [d](https://e.example)  \nf\n\n3. g\n   - h\n\n> i\n\n---\n")
    assert json.loads(json.dumps(tree)) == tree
    assert [block["kind"] for block in tree] == ["heading", "paragraph", "list", "quote", "rule"]
    assert tree[1]["kind"] == "paragraph"
    assert tree[1]["runs"] == [
        {"text": "b ", "bold": False, "italic": False, "href": ""},
        {"text": "c", "bold": True, "italic": False, "href": ""},
        {"text": " ", "bold": False, "italic": False, "href": ""},
        {"text": "d", "bold": False, "italic": False, "href": "https://e.example"},
        {"text": "\n", "bold": False, "italic": False, "href": ""},
        {"text": "f", "bold": False, "italic": False, "href": ""},
    ]


def test_plain_text_is_wrapped_and_lists_hang_with_their_numbers_in_line():
    items = "\n".join(f"{number}. {'word ' * 16}" for number in range(9, 11))
    assert text_of(f"Here {'are words ' * 9}\nand more.\n\n{items}\n\n- one\n- two", 40).splitlines() == [
        "Here are words are words are words are",
        "words are words are words are words are",
        "words are words and more.",
        "",
        " 9. word word word word word word word",
        "    word word word word word word word",
        "    word word",
        "10. word word word word word word word",
        "    word word word word word word word",
        "    word word",
        "",
        "- one",
        "- two",
    ]


def test_items_with_blank_lines_between_stay_apart():
    assert text_of("1. a\n\n2. b\n\n   c\n") == "1. a\n\n2. b\n\n   c"
    assert html_of("1. a\n\n2. b\n") == "<ol>\n<li><p>a</p></li>\n<li><p>b</p></li>\n</ol>"
    assert html_of("1. a\n2. b\n") == "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"


def test_headings_quotations_and_rules_have_their_form_in_plain_text():
    assert text_of("# One\n\n## Two\n\n### Three\n\n> said\n>\n> so\n\nend\n---\n").splitlines() == (
        ["One", "===", "", "Two", "---", "", "Three", "", "> said", ">", "> so", "", "end", "", "* * *"]
    )


def test_a_hard_break_breaks_the_line_and_a_soft_one_does_not():
    assert text_of("Palais  \ndes\nNations\\\nGeneva") == "Palais\ndes Nations\nGeneva"
    assert html_of("a  \nb\nc") == "<p>a<br>\nb c</p>"


def test_a_french_sign_keeps_to_its_word():
    for typed in ("mot\u00a0? ", "mot ? ", "« mot » ", "mot : "):
        lines = [text_of(typed * 30, width) for width in range(12, 40)]
        assert not [line for text in lines for line in text.splitlines() if line[0] in "?»:" or line[-1] == "«"]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("[the letter](https://a.example/x)", "the letter: https://a.example/x"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("<https://a.example/é>", "https://a.example/é"),
        ("[write to us](mailto:a@b.example)", "write to us: a@b.example"),
        ("<a@b.example>", "a@b.example"),
        ("(see https://a.example/b_(c)).", "(see https://a.example/b_(c))."),
        ("[**bold** and plain](https://a.example)", "bold and plain: https://a.example"),
    ],
)
def test_a_link_in_plain_text_is_its_words_and_its_address(markdown, text):
    assert text_of(markdown) == text


def test_an_address_is_never_broken():
    address = "https://letters.example/s/" + "Ab_-9" * 40
    assert address in text_of(f"Words {address} and [more words]({address}) and <{address}>.", 40).splitlines()


@pytest.mark.parametrize("token", ["_abc_", "__a__", "a*b*", "abc_", "~~x~~", "-._~"])
def test_a_bare_address_is_a_link_and_its_underscores_are_no_italics(token):
    address = f"https://letters.example/s/{token}?a=b_c_&d=1"
    html = html_of(f"Open {address}: now.")
    assert html == f'<p>Open <a href="{address.replace("&", "&amp;")}">{address.replace("&", "&amp;")}</a>: now.</p>'


def test_what_closes_the_sentence_is_no_part_of_the_address():
    assert html_of("(https://a.example/b).") == '<p>(<a href="https://a.example/b">https://a.example/b</a>).</p>'
    assert html_of("**https://a.example!**") == (
        '<p><a href="https://a.example"><strong>https://a.example</strong></a><strong>!</strong></p>'
    )
    assert html_of("https://... and http://") == "<p>https://... and http://</p>"


def test_an_escaped_address_is_whole():
    assert 'href="https://a.example/b_c"' in html_of(r"see https://a\.example/b\_c\.")


@pytest.mark.parametrize("target", ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "/x", "ftp://a.b", "x"])
def test_only_web_and_mail_addresses_become_links(target):
    assert "<a" not in html_of(f"[x]({target})")
    assert markdown_lint.problems(f"[x]({target})")


def test_links_are_checked_again_when_html_is_written():
    run: Run = {"text": "<x>", "bold": True, "italic": True, "href": "javascript:alert(1)"}
    assert html.to_html([{"kind": "paragraph", "runs": [run]}]) == "<p><strong><em>&lt;x&gt;</em></strong></p>"


@pytest.mark.parametrize(
    ("markdown", "line", "word"),
    [
        ("a\nb ![x](https://y.example/z.png)", 2, "Pictures"),
        ("a\n\n```\ncode\n```", 3, "Code blocks"),
        ("a\n\n    code", 3, "four spaces"),
        ("a\nb\nand `code`", 3, "` signs"),
        ("a\n\n<div>x</div>", 3, "HTML"),
        ("a\nb <b>x</b>", 2, "HTML"),
        ("a\n\n<!-- note -->", 3, "HTML"),
        ("[a][b]\n\n[b]: https://c.example", 3, "link is written"),
        ("a ~~b~~", 1, "Struck-out"),
        ("a\n---", 1, "---"),
        ("- a\n- b\n  [x](y)", 3, "no address"),
    ],
)
def test_what_goes_beyond_is_named_with_its_line(markdown, line, word):
    assert [found for found in markdown_lint.problems(markdown) if found[0] == line and word in found[1]]


@pytest.mark.parametrize(
    "markdown",
    ["a\n\n| x |\n| 1 |", "b ![x](y)", "```\ncode\n```", "`c`", "<b>x</b>", "n[^1]\n\n[^2]: note"],
)
def test_what_goes_beyond_stands_as_it_was_typed(markdown):
    assert folded(text_of(markdown)) == folded(markdown)


def test_ordinary_prose_has_no_problems():
    fine = "# T\n\nA **b** *c*, 5 < 6, [d](https://e.example), <f@g.example>, https://h.example  \ni\n\n1. j\n\n---\n"
    assert markdown_lint.problems(fine) == []


def test_what_stands_too_deep_for_paper_is_named():
    assert markdown_lint.problems("> " * 4 + "a") == []
    assert [line for line, _ in markdown_lint.problems("a\n\n- b\n  - c\n    - d\n      - e\n        - f")] == [7]


def test_a_hundred_levels_lose_no_words():
    assert "deep" in text_of("> " * 60 + "deep")


def test_wide_letters_take_two_columns_and_marks_none():
    assert plain_text.columns("abc") == 3
    assert plain_text.columns("日本") == 4
    assert plain_text.columns("é") == 1
    assert plain_text.columns("e\u0301") == 1
    assert plain_text.columns("\u1112\u1161\u11ab") == 2  # a Hangul syllable in its parts


def test_a_khmer_letter_is_measured_with_the_vowel_signs_around_it():
    assert plain_text.columns("ខ្មែ") == 2  # one letter, its subscript and a vowel sign that has room of its own
    assert plain_text.columns("ភាសាខ្មែរ") == 7


def test_no_escape_sequence_makes_the_line_under_a_heading_longer():
    assert plain_text.columns("\x1b[9999C") == 0
    assert text_of("# é\x1b[9999C").split("\n")[1] == "="


def test_whatever_is_broken_at_each_space_has_one_column_a_letter():
    narrow = [chr(code) for code in range(0x3000) if plain_text._NARROW.fullmatch(chr(code))]
    assert len(narrow) > 700
    assert [letter for letter in narrow if plain_text.columns(letter) != 1] == []


@given(st.text("ab é ü «»:;!?-–’\t 日\n", max_size=120), st.integers(-3, 40))
@example("« a » : b", 4)
@example("1. one two three", -3)
def test_the_fast_way_to_break_lines_breaks_them_as_the_slow_one_does(text, width):
    slowly = [line for part in text.split("\n") for line in plain_text._wrap_by_words(part, width)]
    assert plain_text.wrap(text, width) == slowly
