"""Where mail goes, and how it is protected on the way there, read from one URL."""

from dataclasses import dataclass, field

from worker.mail.server_url import Scheme, Security, parse_server_url

_EXAMPLE = "smtps://user:password@smtp.example.org:465"
_SCHEMES = {"smtps": Scheme(465, "tls"), "smtp": Scheme(587, "starttls"), "smtp+plain": Scheme(25, "plain")}


@dataclass(frozen=True)
class Relay:
    """Where mail goes, and how it is protected on the way there."""

    host: str
    port: int
    security: Security
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "Relay":
        """Read `smtps://`, `smtp://` or `smtp+plain://` `user:password@host:port`.

        `smtp://` demands STARTTLS unless the host is this machine; plaintext to anywhere else is asked for
        by name. Raises ValueError with a sentence that repeats nothing of the URL.
        """
        read = parse_server_url(url, _SCHEMES, _EXAMPLE)
        if bool(read.username) != bool(read.password):
            raise ValueError("a user name and a password come together, as user:password@host")
        return cls(read.host, read.port, read.security, read.username or None, read.password or None)
