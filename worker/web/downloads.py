"""Files that a browser keeps: under a good name, shown by no page of ours."""

from starlette.responses import Response


def file(content: bytes, name: str, media_type: str) -> Response:
    """A file to keep. `name` is of plain letters, as those of all our files are."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
