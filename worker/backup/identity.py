"""The key of the backups: an age identity under a passphrase. What runs needs its public half only, the recipient."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from worker import settings
from worker.backup import DamagedIdentity, NoIdentity, TooMuchWork, WrongPassphrase

SHORTEST_PASSPHRASE = 16  # characters of one that a person made up
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 that nobody confuses, when they are read from paper
_GROUPS, _OF = 6, 4  # 120 bits
_SEALED, _RECIPIENT = "identity.age", "recipient.txt"


@dataclass(frozen=True)
class Key:
    """What a backup is made with: to whom it is encrypted, and that one's identity under the passphrase."""

    recipient: str
    sealed: bytes

    @property
    def encrypts_to(self) -> Any:
        return pyrage.x25519.Recipient.from_str(self.recipient)


def new_passphrase() -> str:
    """Six groups of four letters and digits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_OF)) for _ in range(_GROUPS))


def make_key(passphrase: str) -> Key:
    """A new identity; takes about a second and a gigabyte of memory, so that nobody tries passphrases quickly."""
    identity = pyrage.x25519.Identity.generate()
    return Key(str(identity.to_public()), pyrage.passphrase.encrypt(f"{identity}\n".encode(), passphrase))


def unlock(sealed: bytes, passphrase: str) -> Any:
    """The identity that opens the data. Raises WrongPassphrase, TooMuchWork."""
    try:
        opened = pyrage.passphrase.decrypt(sealed, passphrase)
        lines = [line for line in opened.decode().splitlines() if line and not line.startswith("#")]
        return pyrage.x25519.Identity.from_str(lines[0])
    except pyrage.DecryptError as error:
        if "work" in str(error).casefold():
            raise TooMuchWork from None
        raise WrongPassphrase from None


def key_of(identity: Any, sealed: bytes) -> Key:
    """The key as `make_key` gave it, of an identity that was unlocked."""
    return Key(str(identity.to_public()), sealed)


def folders() -> list[Path]:
    """Where a key is kept and looked for: with what this machine keeps, and with the backups, which may outlive it."""
    conf = settings.current()
    return [conf.data_dir / "backup", *([Path(conf.backup_dir)] if conf.backup_dir else [])]


def find_key() -> Key | None:
    """The key that was made here, or None. Raises DamagedIdentity."""
    return next(filter(None, map(_read, folders())), None)


def load_key() -> Key:
    """The key that was made here. Raises NoIdentity, DamagedIdentity."""
    if (key := find_key()) is None:
        raise NoIdentity
    return key


def keep_key(key: Key) -> list[Path]:
    """Write it into every folder in which it is looked for; in which ones it is now."""
    for folder in folders():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / _SEALED, key.sealed)
        _write(folder / _RECIPIENT, f"{key.recipient} {_fingerprint(key.sealed)}\n".encode())
    return folders()


def _read(folder: Path) -> Key | None:
    if not (folder / _RECIPIENT).exists():
        return None
    recipient, _, fingerprint = (folder / _RECIPIENT).read_text(encoding="utf-8").strip().partition(" ")
    try:
        key = Key(recipient, (folder / _SEALED).read_bytes())
        _ = key.encrypts_to
    except (FileNotFoundError, pyrage.RecipientError):
        raise DamagedIdentity(folder) from None
    if fingerprint != _fingerprint(key.sealed):  # a crash between the two files; nobody could open what is made with it
        raise DamagedIdentity(folder)
    return key


def _fingerprint(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
