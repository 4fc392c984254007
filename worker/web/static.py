"""The style sheets and the font, which browsers keep: `make_app` says under which addresses."""

import functools
import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from worker import settings
from worker.web import compression

AN_HOUR, A_MONTH = 3600, 30 * 24 * 3600


class _File(NamedTuple):
    content: bytes
    compressed: bytes
    tag: str


async def stylesheet(request: Request) -> Response:
    """What is text is sent compressed to who takes it."""
    return _response(request, "text/css; charset=utf-8", AN_HOUR, compressible=True)


async def font(request: Request) -> Response:
    """Noto Sans Khmer for pages in Khmer; a browser asks for it only where it is used (`make font` makes it)."""
    return _response(request, "font/woff2", A_MONTH, compressible=False)


def _response(request: Request, media_type: str, seconds: int, *, compressible: bool) -> Response:
    path = settings.current().templates_dir / "pages" / request.url.path.removeprefix("/")
    found = path.stat()
    file = _read(path, found.st_mtime_ns, found.st_size)
    headers = {"Cache-Control": f"max-age={seconds}", "ETag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers | {"Vary": "Accept-Encoding"})
    is_compressed = compressible and compression.takes_gzip(request)
    content = file.compressed if is_compressed else file.content
    return compression.response(content, media_type, is_compressed=is_compressed, **headers)


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int, size: int) -> _File:
    content = path.read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:16]
    return _File(content, compression.compress(content), f'W/"{tag}"')
