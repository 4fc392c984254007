"""The letter's words: what is filled in, what is hashed, and how it reads as plain text."""

import re
from pathlib import Path

import pytest

from worker.text import markdown, markdown_lint, plain_text
from worker.text.glyphs import unprintable
from worker.wording.sheet import fill, hash_of

LETTERS = Path(__file__).parent.parent / "campaigns" / "cambodia-2023"


def test_the_first_heading_is_the_subject_and_the_rest_is_the_body():
    subject, body = fill("# Keep the *river*\nclean\n\nWe, the {{ count }} undersigned", 56)
    assert subject == "Keep the river"
    assert plain_text.to_text(body) == "clean\n\nWe, the 56 undersigned"


@pytest.mark.parametrize("written", ["{{ count }}", "{{count}}", "{{  count\t}}"])
def test_the_count_is_a_plain_number_however_the_braces_are_spaced(written):
    assert fill(f"# {written} ask\n\n{written} and {written}", 10000) == (
        "10000 ask",
        markdown.blocks("10000 and 10000"),
    )


@pytest.mark.parametrize("code", ["{{ 7*7 }}", "{% for x in y %}", "{{ count.real }}", "{{ Count }}", "{# #}"])
def test_nothing_but_the_count_is_filled_in(code):
    assert plain_text.to_text(fill(f"# S\n\na {code} b", 3)[1]) == f"a {code} b"


def test_the_number_of_members_is_unknown_unless_it_is_given():
    text = "# {{ members }} and {{ count }}\n\n{{members}} of {{ count }}"
    assert fill(text, 3) == ("… and 3", markdown.blocks("… of 3"))
    assert fill(text, 3, 12) == ("12 and 3", markdown.blocks("12 of 3"))


def test_a_letter_without_a_heading_has_no_subject_and_loses_no_words():
    assert fill("Words\n\n# Later", 1) == ("", markdown.blocks("Words\n\n# Later"))
    assert fill("", 1) == ("", [])


def test_the_hash_is_the_one_that_the_description_gives():
    # printf '[["en","A\nB"],["fr","\303\251"]]' with \n as the two characters of JSON | sha256sum
    assert hash_of({"fr": "é", "en": "A\nB"}) == ("e81b84ec9239c19271e937634f44e99dda67063afe62ca96c90fbd66fa3f7806")


def test_the_hash_does_not_depend_on_order_line_ends_or_composition():
    assert hash_of({"en": "a\r\nb\rc", "fr": "e\u0301"}) == hash_of({"fr": "\u00e9", "en": "a\nb\nc"})


@pytest.mark.parametrize(
    "other",
    [
        {"en": "a", "fr": "bc"},
        {"en": "abc"},
        {"en": "ab", "fr": "c "},
        {"en": 'ab"],["fr","c'},
        {"fr": "ab", "en": "c"},
    ],
)
def test_texts_that_differ_have_hashes_that_differ(other):
    assert hash_of({"en": "ab", "fr": "c"}) != hash_of(other)


@pytest.mark.parametrize("language", ["en", "fr", "km"])
class TestTheLetterOfTheFirstCampaign:
    def read(self, language: str) -> str:
        return (LETTERS / f"letter.{language}.md").read_text(encoding="utf-8")

    def test_has_no_problem_and_every_letter_of_it_can_be_printed(self, language):
        assert markdown_lint.problems(self.read(language)) == []
        assert unprintable([self.read(language)]) == set()

    def test_says_the_number_once_and_has_the_three_ways_as_a_numbered_list(self, language):
        subject, body = fill(self.read(language), 4711)
        lists = [block for block in body if block["kind"] == "list"]
        assert subject
        assert plain_text.to_text(body).count("4711") == 1
        assert [(each["ordered"], len(each["items"])) for each in lists] == [(True, 3)]

    def test_rests_on_the_facts(self, language):
        words = " ".join(self.read(language).split())
        facts = ["23 July 2023", "August 2022", "13 February 2023", "VOD", "3 March 2023", "Kem Sokha", "27"]
        if language == "fr":
            facts = ["23 juillet 2023", "août 2022", "13 février 2023", "VOD", "3 mars 2023", "Kem Sokha", "27"]
        if language == "km":
            facts = ["ថ្ងៃទី23 ខែកក្កដា ឆ្នាំ2023", "ខែសីហា ឆ្នាំ2022", "ថ្ងៃទី13 ខែកុម្ភៈ ឆ្នាំ2023", "VOD"]
            facts += ["ថ្ងៃទី3 ខែមីនា ឆ្នាំ2023", "កឹម សុខា", "27"]
        assert [fact for fact in facts if fact not in words] == []
        assert re.search("unanim|ឯកច្ឆន្ទ", words)

    def test_keeps_french_signs_with_their_words(self, language):
        if language == "fr":
            assert re.findall(r" [:;!?»]|« ", self.read(language)) == []
