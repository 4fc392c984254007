"""HTML of a Markdown tree, all escaped."""

import html
from itertools import groupby

from worker.text.markdown import BREAK, SAFE_LINK, Block, Listing, Run


def to_html(tree: list[Block]) -> str:
    """Write a tree as HTML elements, one a line, all escaped; only web and mail addresses are links."""
    return "\n".join(_element(block) for block in tree)


def _element(block: Block) -> str:
    match block["kind"]:
        case "heading":
            return f"<h{block['level']}>{_inline(block['runs'])}</h{block['level']}>"
        case "paragraph":
            return f"<p>{_inline(block['runs'])}</p>"
        case "list":
            return _list_element(block)
        case "quote":
            return f"<blockquote>\n{to_html(block['blocks'])}\n</blockquote>"
        case "rule":
            return "<hr>"


def _list_element(block: Listing) -> str:
    tag = "ol" if block["ordered"] else "ul"
    start = f' start="{block["start"]}"' if block["ordered"] and block["start"] != 1 else ""
    items = "\n".join(f"<li>{_item(item, block['tight'])}</li>" for item in block["items"])
    return f"<{tag}{start}>\n{items}\n</{tag}>"


def _item(item: list[Block], tight: bool) -> str:
    if not tight:
        return to_html(item)
    return "\n".join(_inline(block["runs"]) if block["kind"] == "paragraph" else _element(block) for block in item)


def _inline(runs: list[Run]) -> str:
    parts: list[str] = []
    for href, linked in groupby(runs, key=lambda run: run["href"]):
        inside = "".join(map(_inline_run, linked))
        parts.append(f'<a href="{html.escape(href)}">{inside}</a>' if SAFE_LINK.match(href) else inside)
    return "".join(parts)


def _inline_run(run: Run) -> str:
    if run["text"] == BREAK:
        return "<br>\n"
    text = html.escape(run["text"])
    if run["italic"]:
        text = f"<em>{text}</em>"
    return f"<strong>{text}</strong>" if run["bold"] else text
