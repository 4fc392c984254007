"""Names that a reader could take for one another: shown to the organizer, never merged."""

import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice

_CLOSE = 88
_CLOSE_REST = 75
MAX_PAIRS = 50
MAX_LOOKED_AT = 20_000  # pairs that nearly agree at their beginning: very many do only where long names begin alike
_ONE_WORD = 64  # rapidfuzz compares up to 64 characters in one machine word: ten times faster
_ONE_LETTER = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})  # of no accent that parts
# Inherent vowels of Khmer, variation selectors, joiners, the soft hyphen and other signs of no width.
_UNSEEN = {
    *("\u17b4", "\u17b5", *map(chr, range(0xFE00, 0xFE10))),
    *("\u00ad", "\u034f", "\u061c", "\u180e", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff"),
}
_CHILLUS = str.maketrans(dict(zip("ൺൻർൽൾൿ", ("ണ്", "ന്", "ര്", "ല്", "ള്", "ക്"), strict=True)))  # of Malayalam, in parts
_SMALL_WORDS = {
    *("a", "an", "and", "at", "for", "in", "of", "on", "s", "the", "to", "inc"),
    *("au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour"),
}


def alike(names: Sequence[str]) -> tuple[list[tuple[int, int]], bool]:
    """Find pairs of positions, the lower first, whose names look alike; at most 50, and whether there may be more.

    Two names look alike when they nearly agree letter by letter, in any order of words, or when they share two
    words or more that are rare in this list and make up half of the shorter name.
    """
    keys = [_key(name) for name in names]
    looked_at = list(islice(_beginning_alike(keys), MAX_LOOKED_AT))
    spelled = ((first, second) for first, second in looked_at if _differ_in_spelling_only(keys[first], keys[second]))
    found = set(islice(spelled, MAX_PAIRS)) | set(islice(_sharing(keys), MAX_PAIRS))
    return sorted(found)[:MAX_PAIRS], len(found) >= MAX_PAIRS or len(looked_at) == MAX_LOOKED_AT


def near(names: Sequence[str], known: Sequence[str]) -> list[int]:
    """The positions of those among `known` that may look like one of `names`, for `alike` to tell."""
    from rapidfuzz import fuzz, process

    keys = [_key(name) for name in known]
    cut, holders = [key[:_ONE_WORD] for key in keys], _holders(frozenset(key.split()) for key in keys)
    found: set[int] = set()
    for key in map(_key, names):
        close = process.extract(key[:_ONE_WORD], cut, scorer=fuzz.ratio, score_cutoff=_CLOSE, limit=None)
        found |= {position for _, _, position in close}
        shared = Counter(position for word in set(key.split()) for position in holders.get(word, ()))
        found |= {position for position, number in shared.items() if number >= 2}
    return sorted(found)


def fold_name(name: str) -> str:
    """Reduce a name to what decides whether it is the same: no case, accents, punctuation or joiners."""
    letters = unicodedata.normalize("NFKD", name).casefold().replace("&", " and ").translate(_ONE_LETTER)
    letters = letters.translate(_CHILLUS)
    return " ".join("".join(map(_bare, letters)).split())


def same_name(name: str) -> str:
    """Reduce a name further, to what two spellings of one name share: no spaces, seen or unseen, either.

    Empty only for a name without a letter or digit.
    """
    return fold_name(name).replace(" ", "")


def _bare(character: str) -> str:
    """Drop Latin accents only, and what nobody sees: what combines in Khmer makes other words."""
    if "\u0300" <= character <= "\u036f" or character in _UNSEEN:
        return ""
    return " " if unicodedata.category(character)[0] in "PSZC" else character


def _key(name: str) -> str:
    words = fold_name(name).split()
    return " ".join(sorted(word for word in words if word not in _SMALL_WORDS) or words)


def _beginning_alike(keys: list[str]) -> Iterator[tuple[int, int]]:
    """Compare each key with those not much longer than it, which is all that can be close."""
    from rapidfuzz import fuzz, process

    order = sorted(range(len(keys)), key=lambda position: len(keys[position]))
    by_length = [keys[position][:_ONE_WORD] for position in order]
    lengths = [len(key) for key in by_length]
    for place, key in enumerate(by_length):
        end = bisect_right(lengths, len(key) * (200 - _CLOSE) / _CLOSE)
        rest = by_length[place + 1 : end]
        for _, _, offset in process.extract(key, rest, scorer=fuzz.ratio, score_cutoff=_CLOSE, limit=None):
            first, second = sorted((order[place], order[place + 1 + offset]))
            yield first, second


def _differ_in_spelling_only(first: str, second: str) -> bool:
    """Look at the words that are not shared: Ohio and Lyon are other places in however long a name."""
    from rapidfuzz import fuzz

    one, other = first.split(), second.split()
    shared = {*one} & {*other}
    rest = " ".join(word for word in one if word not in shared)
    other_rest = " ".join(word for word in other if word not in shared)
    return not rest or not other_rest or fuzz.ratio(rest, other_rest) >= _CLOSE_REST


def _sharing(keys: list[str]) -> Iterator[tuple[int, int]]:
    words = [frozenset(key.split()) for key in keys]
    holders = _holders(words)
    rare = max(3, min(20, len(keys) // 200))
    shared: Counter[tuple[int, int]] = Counter()
    for positions in holders.values():
        if 2 <= len(positions) <= rare:
            shared.update(combinations(positions, 2))
    for (first, second), count in shared.items():
        if count >= 2 and count * 2 >= min(len(words[first]), len(words[second])):
            yield first, second


def _holders(words: Iterable[frozenset[str]]) -> dict[str, list[int]]:
    """In which places each word is."""
    holders: dict[str, list[int]] = defaultdict(list)
    for position, own in enumerate(words):
        for word in own:
            holders[word].append(position)
    return holders
