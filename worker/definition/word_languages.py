"""In which language a letter seems to be written: by its letters, its commonest words, then by what Word says."""

import re
from collections.abc import Mapping

from worker.text.languages import LANGUAGES

_COMMON = {
    "en": {
        *("the", "of", "and", "to", "in", "that", "is", "are", "we", "for", "on", "with", "by", "this", "which"),
        *("be", "have", "not", "your", "our"),
    },
    "fr": {
        *("le", "la", "les", "des", "de", "et", "du", "que", "qui", "pour", "dans", "nous", "une", "est", "sur"),
        *("par", "aux", "vous", "ce", "cette"),
    },
}
_ENOUGH = 5  # words before they say anything


def guess(text: str, tagged: Mapping[str, int], default: str) -> tuple[str, str]:
    """A language and what it was guessed by: `letters`, `words`, `tag`, or nothing where nothing tells (English).

    `tagged` counts characters by the language that Word noted for them, `default` is what the document says of the
    rest.
    """
    letters = [one for one in text[:20_000] if one.isalpha()]
    if letters and sum("\u1780" <= one <= "\u17ff" for one in letters) > len(letters) / 3:
        return "km", "letters"
    words = re.findall(r"[^\W\d_]+", text[:20_000].lower())
    hits = sorted(((sum(map(common.__contains__, words)), code) for code, common in _COMMON.items()), reverse=True)
    (most, code), (second, _) = hits
    if most >= _ENOUGH and most >= 2 * second:
        return code, "words"
    tags: dict[str, int] = {}
    for tag, length in tagged.items():
        language = (tag or default).partition("-")[0].lower()
        tags[language] = tags.get(language, 0) + length
    tag = max(tags, key=lambda one: tags[one], default="")
    return (tag, "tag") if tag in LANGUAGES else ("en", "")
