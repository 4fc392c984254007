"""Compressed answers, for pages and files that hold nothing but what everybody may read.

A page that holds a link's token, a code or what somebody typed is never compressed: whoever can make a browser send
what it typed could tell from the length of the answer what else stands on the page (BREACH).
"""

import gzip
import re

from starlette.requests import Request
from starlette.responses import Response

_QUALITY = re.compile(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*")


def takes_gzip(request: Request) -> bool:
    """Whether a reader takes gzip, which it may refuse by a quality of 0."""
    qualities = dict(map(_quality, request.headers.get("accept-encoding", "").lower().split(",")))
    return qualities.get("gzip", qualities.get("*", 0)) > 0


def _quality(coding: str) -> tuple[str, float]:
    name, *parameters = coding.split(";")
    found = [match for one in parameters if (match := _QUALITY.fullmatch(one))]
    return name.strip(), float(found[0][1]) if found else 1


def compress(content: bytes) -> bytes:
    """The same bytes for the same content, at any time."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def response(content: bytes, media_type: str, *, is_compressed: bool, **headers: str) -> Response:
    """Content that was made for readers who take it compressed, or for the others."""
    told = {"Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if is_compressed else {})}
    return Response(content, media_type=media_type, headers=told | headers)
