"""Names of files that say what is in them, in letters that every system and mail program takes."""

import re

from worker.text.similar_names import fold_name

MAX_TITLE = 36  # characters: with a date and a mark it fits one line of a mail
_POSSESSIVE = re.compile(r"['’](?=s\b)", re.IGNORECASE)
_LIGATURES = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})  # what no normal form takes apart


def short_title(text: str) -> str:
    """`postpone-the-july-2023-elections`: the first words, as far as they are written in Latin letters.

    Empty where no Latin letter is left. A word that alone is longer than MAX_TITLE is cut.
    """
    latin = fold_name(_POSSESSIVE.sub("", text)).translate(_LIGATURES)
    title = "-".join(re.findall("[a-z0-9]+", latin))
    if not re.search("[a-z]", title):
        return ""
    if len(title) <= MAX_TITLE:
        return title
    return title[: MAX_TITLE + 1].rpartition("-")[0] or title[:MAX_TITLE]
