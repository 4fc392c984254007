"""What a form sent, as a few short texts, and never more than a few; and what is wrong with a mail address."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from worker.definition.partners import MAX_LENGTH
from worker.text import addresses, characters

MAX_FORM = 64 * 1024
MAX_LETTER = 2 * MAX_FORM  # at the desk, in several languages: a sign of Khmer takes nine bytes
MAX_FORM_KEPT = 3 * MAX_FORM  # where such a form travels in one field of another, and some signs take more room
MAX_FIELDS = 50
MAX_UPLOAD = 2 * 1024 * 1024  # a form with a file, and all its fields
_ROUTING = "%!"  # by which some servers pass an email on to another address that stands in the local part
BODY_TIMEOUT_S = 10.0  # for the whole of it: at 50 kbit/s nearly MAX_FORM, and most forms are a tenth of it
UPLOAD_TIMEOUT_S = 60.0  # at 300 kbit/s MAX_UPLOAD


@dataclass(frozen=True)
class Upload:
    """A file as a form brought it; `name` is what its sender called it, and is written nowhere."""

    name: str
    content: bytes


async def read_form(request: Request, limit: int = MAX_FORM) -> dict[str, str]:
    """The fields of a form, the first of each name; answers 408, 413 or 400: late, too large, no form.

    They are kept beside the request, so that nothing is lost where the database is away.
    """
    try:
        body = (await _body(request, limit)).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    request.state.form = dict(reversed(pairs))
    return dict(request.state.form)


async def read_upload_form(request: Request, limit: int = MAX_UPLOAD) -> tuple[dict[str, str], dict[str, Upload]]:
    """The fields and the files of a form that may bring some, in memory; a file without content is none.

    A form that is no `multipart/form-data` is read as every other. Answers 408, 413 or 400.
    """
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type", "")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        return await read_form(request, min(limit, MAX_FORM)), {}
    body = await _body(request, limit, UPLOAD_TIMEOUT_S)
    fields, files = _parts(body, boundary.encode("ascii", "replace"))
    request.state.form = fields
    return dict(fields), files


async def discard(request: Request, limit: int = MAX_UPLOAD) -> None:
    """Read a form and keep nothing of it, so that its sender can be answered. Answers 408 or 413."""
    await _read(request, limit, UPLOAD_TIMEOUT_S, lambda _: None)


def _parts(body: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    """What stands between the boundaries (RFC 7578), the first of each name. Answers 400."""
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_FIELDS + 1)
    if first.strip() or not parts or len(parts) > MAX_FIELDS:
        raise HTTPException(400)
    for part in parts:
        if part.startswith(b"--"):
            return fields, files
        head, parted, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not parted or name is None or len(head) > MAX_HEAD:
            raise HTTPException(400)
        called = name[1].decode("utf-8", "replace")
        if file := _FILE_NAME.search(head):
            if content:
                files.setdefault(called, Upload(file[1].decode("utf-8", "replace"), content))
        else:
            fields.setdefault(called, content.decode("utf-8", "replace"))
    raise HTTPException(400)  # it was cut off


MAX_HEAD = 4_000  # bytes before the content of one part
_NAME = re.compile(rb'^content-disposition:\s*form-data;[^\r\n]*?(?<!file)name="([^"\r\n]*)"', re.I | re.M)
_FILE_NAME = re.compile(rb'^content-disposition:[^\r\n]*?\bfilename="([^"\r\n]*)"', re.I | re.M)


def wrong_with_address(typed: str) -> str:
    """What keeps a text from being a mail address, in the word that the templates know; empty if nothing."""
    typed = typed.strip()
    if not typed or len(typed) > MAX_LENGTH["email"] or any(characters.unfit(typed)):
        return "address wrong"
    return "address wrong" if addresses.normalize(typed)[1] or any(sign in typed for sign in _ROUTING) else ""


async def _body(request: Request, limit: int = MAX_FORM, seconds: float = BODY_TIMEOUT_S) -> bytes:
    body = bytearray()
    await _read(request, limit, seconds, body.extend)
    return bytes(body)


async def _read(request: Request, limit: int, seconds: float, take: Callable[[bytes], None]) -> None:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise HTTPException(413)
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise HTTPException(413)
                take(chunk)
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
