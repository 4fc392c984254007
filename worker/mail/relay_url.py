"""Where mail goes, and how it is protected on the way there, read from one URL."""

import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

import idna

_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9:.]+\]")


@dataclass(frozen=True)
class Relay:
    """Where mail goes, and how it is protected on the way there."""

    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "Relay":
        """Read `smtps://`, `smtp://` or `smtp+plain://` `user:password@host:port`.

        `smtp://` demands STARTTLS unless the host is this machine; plaintext to anywhere else is asked for
        by name. User and password are percent-decoded. Raises ValueError with a sentence that repeats
        nothing of the URL: in a malformed one the password may be in any part.
        """
        url = url.strip()
        parts = _split(url)
        if parts is None or re.search(r"[\s\x00-\x1f\x7f]", url):
            raise ValueError("not a URL; expected for example smtps://user:password@smtp.example.org:465")
        if parts.scheme not in _PORTS:
            raise ValueError("expected a URL that begins with smtps://, smtp:// or smtp+plain://")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("nothing may follow host and port; write / ? # in a password as %2F %3F %23")
        host, port = _host_and_port(parts)
        username, password = _decoded(parts.username), _decoded(parts.password)
        if bool(username) != bool(password):
            raise ValueError("a user name and a password come together, as user:password@host")
        security = _SECURITY[parts.scheme]
        if security == "starttls" and _is_loopback(host):
            security = "plain"
        return cls(host, port or _PORTS[parts.scheme], security, username, password)


_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
_SECURITY: dict[str, Literal["tls", "starttls", "plain"]] = {
    "smtps": "tls",
    "smtp": "starttls",
    "smtp+plain": "plain",
}


def ascii_domain(domain: str) -> str | None:
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


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    host = ascii_domain(parts.hostname or "") if ":" not in (parts.hostname or "") else parts.hostname
    if not host:
        raise ValueError("expected a host, as in smtps://user:password@smtp.example.org:465")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("expected a port from 1 to 65535 after the host; write : / @ in a password as %3A %2F %40")
    return host, port


def _decoded(text: str | None) -> str | None:
    if not text:
        return None
    decoded = unquote(text, errors="replace")
    if "\ufffd" in decoded:
        raise ValueError("user name and password must be UTF-8 where they are percent-encoded")
    return decoded
