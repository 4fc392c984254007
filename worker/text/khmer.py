"""Khmer words that browsers break in two."""

WORD_JOINER = "\u2060"
_PARTS = (("ហត្ថ", "លេខា"), ("លោក", "អ្នក"), ("យ៉ាង", "យូរ"), ("ខាង", "ក្រោម"))


def keep_words(text: str) -> str:
    """Put U+2060 inside four words that ICU's dictionary breaks in two, so that no line ends within them.

    For our own words in HTML alone: a text that is searched, compared or hashed stays as it is.
    """
    for first, second in _PARTS:
        text = text.replace(first + second, first + WORD_JOINER + second)
    return text
