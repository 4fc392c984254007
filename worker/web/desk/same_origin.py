"""Only forms of our own pages are taken, and only at our own address."""

from urllib.parse import urlsplit

from starlette.requests import Request

from worker import settings


def is_same_origin(request: Request) -> bool:
    """Whether a form was sent by one of our own pages, as far as the browser says it; what says nothing does not pass.

    Also a page of another port or subdomain is another's (`same-site`). Browsers that do not send Sec-Fetch-Site say
    in Origin where they come from.
    """
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    return request.headers.get("origin", "") == settings.current().public_url.rstrip("/")


def is_safe_here() -> bool:
    """Whether sessions can be kept at PUBLIC_URL: over TLS, or where nothing leaves this machine."""
    ours = urlsplit(settings.current().public_url)
    return ours.scheme == "https" or ours.hostname in settings.LOOPBACK


def elsewhere(request: Request) -> str | None:
    """Where to go instead, if this machine was asked by another of its names, which has cookies of its own.

    Empty where it was asked by a name that is no name of this machine: somebody's who leads it here.
    """
    ours = urlsplit(settings.current().public_url)
    if ours.hostname not in settings.LOOPBACK:
        return None
    try:
        asked = urlsplit(f"http://{request.headers.get('host', '')}")
        name = (asked.hostname, asked.port or 80)
    except ValueError:
        return ""
    if name == (ours.hostname, ours.port or 80):
        return None
    if asked.hostname not in settings.LOOPBACK:
        return ""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    return f"{settings.current().public_url.rstrip('/')}{path}{'?' * bool(query)}{query}"
