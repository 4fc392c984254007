"""How programs read a letter: the words and lists of its HTML, the parts of its tagged PDF."""

import html.parser
from collections.abc import Iterator

import pypdf


def folded(words: str) -> str:
    return " ".join(words.split())


class Page(html.parser.HTMLParser):
    """A reader of HTML: its tags, its words, and the items of the last list."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.items: list[str] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for key, value in attrs if key in ("href", "src")]
        if tag == "ol":
            self.items = []
        if tag == "li":
            self.items.append("")

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.items:
            self.items[-1] += data


def kinds_below(part: pypdf.generic.DictionaryObject) -> Iterator[str]:
    """The kinds of the parts of a tagged text, in the order in which it is read."""
    for each in part["/K"]:  # type: ignore[attr-defined]
        child = each.get_object()
        if isinstance(child, pypdf.generic.DictionaryObject) and "/S" in child:
            yield str(child["/S"])
            yield from kinds_below(child)
