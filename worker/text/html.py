"""HTML of a Markdown tree, all escaped."""

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from worker.text.markdown import BREAK, SAFE_LINK, Block, Listing, Notes, Run, Table, runs_of
from worker.text.plain_text import plain


@dataclass(frozen=True)
class _Page:
    """What makes the notes of one tree its own on a page that may show others."""

    ids: str
    referred: Mapping[int, int]
    """How often each note is referred to."""


def to_html(tree: list[Block], ids: str = "") -> str:
    """Write a tree as HTML elements, one a line, all escaped; only web and mail addresses are links.

    `ids` tells the notes of this tree from those of another on the same page.
    """
    referred = Counter(run["note"] for run in runs_of(tree) if "note" in run)
    return _elements(tree, _Page(html.escape(ids + "-" if ids else ""), referred))


def _elements(tree: list[Block], page: _Page) -> str:
    return "\n".join(_element(block, page) for block in tree)


def _element(block: Block, page: _Page) -> str:
    match block["kind"]:
        case "heading":
            return f"<h{block['level']}>{_inline(block['runs'], page)}</h{block['level']}>"
        case "paragraph":
            return f"<p>{_inline(block['runs'], page)}</p>"
        case "list":
            return _list_element(block, page)
        case "quote":
            return f"<blockquote>\n{_elements(block['blocks'], page)}\n</blockquote>"
        case "rule":
            return "<hr>"
        case "table":
            return _table_element(block, page)
        case "notes":
            return _notes_element(block, page)


def _list_element(block: Listing, page: _Page) -> str:
    tag = "ol" if block["ordered"] else "ul"
    start = f' start="{block["start"]}"' if block["ordered"] and block["start"] != 1 else ""
    items = "\n".join(f"<li>{_item(item, block['tight'], page)}</li>" for item in block["items"])
    return f"<{tag}{start}>\n{items}\n</{tag}>"


def _item(item: list[Block], tight: bool, page: _Page) -> str:
    if not tight:
        return _elements(item, page)
    return "\n".join(
        _inline(block["runs"], page) if block["kind"] == "paragraph" else _element(block, page) for block in item
    )


def _table_element(block: Table, page: _Page) -> str:
    """A table in a box of its own, which scrolls where the screen is narrower; the keyboard reaches it too."""
    aligned = [f' class="{side}"' if side in ("center", "right") else "" for side in block["align"]]
    heads = [
        f'<th scope="col"{side}>{_inline(cell, page)}</th>' if plain(cell).strip() else "<td></td>"
        for side, cell in zip(aligned, block["header"], strict=True)
    ]
    rows = [
        "<tr>" + "".join(f"<td{side}>{_inline(cell, page)}</td>" for side, cell in zip(aligned, row, strict=True))
        for row in block["rows"]
    ]
    name = html.escape(", ".join(filter(None, (_words(cell) for cell in block["header"]))))
    body = "</tr>\n".join(rows) + "</tr>" if rows else ""
    return (
        f'<div class="table" role="group" tabindex="0" aria-label="{name}">\n<table>\n'
        f"<thead>\n<tr>{''.join(heads)}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _words(cell: list[Run]) -> str:
    return "".join(run["text"] for run in cell if "note" not in run).strip()


def _notes_element(block: Notes, page: _Page) -> str:
    """The notes, each behind its number, which leads back; so does a `(2)` where it is referred to a second time."""
    items = []
    for number, note in enumerate(block["notes"], 1):
        back = " ".join(
            f'<a href="#{_reference_id(page, number, again)}" role="doc-backlink">'
            f"{f'({again + 1})' if again else f'[{number}]'}</a>"
            for again in range(page.referred.get(number, 0))
        )
        items.append(f'<li id="{page.ids}note-{number}">{back} {_inline(note, page)}</li>')
    return '<ul class="notes">\n' + "\n".join(items) + "\n</ul>"


def _reference_id(page: _Page, number: int, again: int) -> str:
    return f"{page.ids}ref-{number}" + (f"-{again + 1}" if again else "")


def _inline(runs: list[Run], page: _Page) -> str:
    parts: list[str] = []
    for href, linked in groupby(runs, key=lambda run: run["href"]):
        inside = "".join(_inline_run(run, page) for run in linked)
        parts.append(f'<a href="{html.escape(href)}">{inside}</a>' if SAFE_LINK.match(href) else inside)
    return "".join(parts)


def _inline_run(run: Run, page: _Page) -> str:
    if "note" in run:
        there, here = f"{page.ids}note-{run['note']}", _reference_id(page, run["note"], run["again"])
        return f'<sup><a href="#{there}" id="{here}" role="doc-noteref">{html.escape(run["text"])}</a></sup>'
    if run["text"] == BREAK:
        return "<br>\n"
    text = html.escape(run["text"])
    if run["italic"]:
        text = f"<em>{text}</em>"
    return f"<strong>{text}</strong>" if run["bold"] else text
