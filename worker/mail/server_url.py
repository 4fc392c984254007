"""The URL of a mail server, for sending or for reading: where it is, and how the way there is protected."""

import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

import idna

Security = Literal["tls", "starttls", "plain"]
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9:.]+\]")


@dataclass(frozen=True)
class Scheme:
    """What `imaps://` and the like mean; the port is the one used when none is named."""

    port: int
    security: Security


@dataclass(frozen=True)
class ServerUrl:
    """A URL's parts, percent-decoded; what it does not have is empty."""

    host: str
    port: int
    security: Security
    username: str = field(repr=False)
    password: str = field(repr=False)
    path: str = field(repr=False)


def parse_server_url(url: str, schemes: Mapping[str, Scheme], example: str, *, path: str = "") -> ServerUrl:
    """Read `scheme://user:password@host:port`, and what follows it if `path` names what that is ("the folder").

    STARTTLS is demanded where the scheme says so, unless the host is this machine. Raises ValueError with a
    sentence that repeats nothing of the URL: in a malformed one the password may be in any part.
    """
    parts = _split(url.strip())
    if parts is None or re.search(r"[\x00-\x1f\x7f]", url.strip()):
        raise ValueError(f"not a URL; expected for example {example}")
    if re.search(r"\s", parts.netloc):
        raise ValueError("no space may stand before the host's end; write one in a password as %20")
    if parts.scheme not in schemes:
        *others, last = (f"{scheme}://" for scheme in schemes)
        raise ValueError(f"expected a URL that begins with {', '.join(others)} or {last}")
    if parts.query or parts.fragment or (not path and parts.path not in {"", "/"}):
        raise ValueError(f"nothing may follow {path or 'host and port'}; write / ? # in a password as %2F %3F %23")
    host, port = _host_and_port(parts, example)
    scheme = schemes[parts.scheme]
    for name, other in schemes.items():
        if scheme.security == "starttls" and other.security == "tls" and port == other.port:
            raise ValueError(f"port {port} is encrypted from the first byte: write {name}://")
    return ServerUrl(
        host,
        port or scheme.port,
        "plain" if scheme.security == "starttls" and _is_loopback(host) else scheme.security,
        _decoded(parts.username),
        _decoded(parts.password),
        _decoded(parts.path.strip("/")),
    )


def ascii_domain(domain: str) -> str | None:
    """The domain as SMTP and DNS take it (IDNA, UTS 46); None for what is no domain."""
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return None
    return encoded if _DOMAIN.fullmatch(encoded) else None


def tls_context() -> ssl.SSLContext:
    """Check certificates against this machine's authorities (or SSL_CERT_FILE), TLS 1.2 at least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    """None for what is no URL: urlsplit's own error repeats the password, also as the cause of ours."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host_and_port(parts: SplitResult, example: str) -> tuple[str, int | None]:
    host = ascii_domain(parts.hostname or "") if ":" not in (parts.hostname or "") else parts.hostname
    if not host:
        raise ValueError(f"expected a host, as in {example}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("expected a port from 1 to 65535 after the host; write : / @ in a password as %3A %2F %40")
    return host, port


def _decoded(text: str | None) -> str:
    decoded = unquote(text or "", errors="replace")
    if re.search(r"[\x00-\x1f\x7f\ufffd]", decoded):
        raise ValueError("what is percent-encoded must be UTF-8 without control characters")
    return decoded
