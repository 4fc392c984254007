"""Four Khmer words that browsers break in two are held together; nothing else of a text changes."""

import pytest

from worker.text.khmer import keep_words


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("ហត្ថលេខា", "ហត្ថ\u2060លេខា"),
        ("លោកអ្នក", "លោក\u2060អ្នក"),
        ("យ៉ាងយូរ", "យ៉ាង\u2060យូរ"),
        ("ខាងក្រោម", "ខាង\u2060ក្រោម"),
    ],
)
def test_a_word_is_held_together_wherever_it_stands(word: str, kept: str) -> None:
    assert keep_words(word) == kept
    assert keep_words(f"សូម{word}នៅ <b>{word}</b>។") == f"សូម{kept}នៅ <b>{kept}</b>។"
    assert keep_words(keep_words(word)) == kept, "once only"
    assert keep_words(word).replace("\u2060", "") == word


@pytest.mark.parametrize("text", ["", "Sign the letter", "លោក អ្នក", "អ្នកដែលលោកស្គាល់", "ខាងលើ", "ហត្ថកម្ម និងលេខា"])
def test_what_is_not_one_of_them_stays(text: str) -> None:
    assert keep_words(text) == text
