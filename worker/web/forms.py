"""What a form sent, as a few short texts, and never more than a few."""

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 50


async def read(request: Request) -> dict[str, str]:
    """The fields of a form, the first of each name; answers 413 or 400 when it is too large or no form."""
    try:
        body = (await _body(request)).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    return dict(reversed(pairs))


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST_FORM:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413)
    return bytes(body)
