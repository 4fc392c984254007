"""What a form sent, as a few short texts, and never more than a few; and what is wrong with a mail address."""

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from worker.definition.partners import MAX_LENGTH
from worker.text import addresses, characters

MAX_FORM = 64 * 1024
MAX_FORM_KEPT = 3 * MAX_FORM  # where such a form travels in one field of another, and some signs take more room
MAX_FIELDS = 50
_ROUTING = "%!"  # by which some servers pass an email on to another address that stands in the local part
BODY_TIMEOUT_S = 10.0  # for the whole of it: at 50 kbit/s nearly MAX_FORM, and most forms are a tenth of it


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


def wrong_with_address(typed: str) -> str:
    """What keeps a text from being a mail address, in the word that the templates know; empty if nothing."""
    typed = typed.strip()
    if not typed or len(typed) > MAX_LENGTH["email"] or any(characters.unfit(typed)):
        return "address wrong"
    return "address wrong" if addresses.normalize(typed)[1] or any(sign in typed for sign in _ROUTING) else ""


async def _body(request: Request, limit: int = MAX_FORM) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise HTTPException(413)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
    return bytes(body)
