"""The file itself: a tar of `identity.age` and `data.age`, which is a tar too; both are written and read as they come.

In `data.age`, in this order: `manifest.json`; `secrets.json` (SECRET_KEY, by name of its setting); `settings.json`;
`tables/TABLE/NNNNNN.jsonl`, a JSON object for each row; `campaigns/…`, the files of the campaigns' folders. A large
table is several files, as a file of a tar says first how long it is.
"""

import io
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

import pyrage

from worker.backup import Damaged, NotABackup
from worker.backup.identity import Key

FORMAT = 1
IDENTITY, DATA = "identity.age", "data.age"
MANIFEST, SECRETS, SETTINGS, TABLES, CAMPAIGNS = "manifest.json", "secrets.json", "settings.json", "tables", "campaigns"
MAX_IDENTITY = 100_000  # bytes; ours has 400
_BLOCK = tarfile.BLOCKSIZE


def member(name: str, content: bytes, moment: datetime) -> Iterator[bytes]:
    """A file of a tar."""
    yield header(name, len(content), moment)
    yield content
    yield padding(len(content))


def header(name: str, size: int, moment: datetime) -> bytes:
    """What stands before a file in a tar; one block, unless the name has more than a hundred bytes."""
    told = tarfile.TarInfo(name)
    told.size, told.mtime, told.mode = size, int(moment.timestamp()), 0o600
    return told.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


END = bytes(2 * _BLOCK)


def write(file: BinaryIO, key: Key, moment: datetime, data: Iterator[bytes]) -> None:
    """Write a backup into a file that can be seeked in: how long `data.age` is, is known once it is written."""
    for block in member(IDENTITY, key.sealed, moment):
        file.write(block)
    place = file.tell()
    file.write(header(DATA, 0, moment))
    begin = file.tell()
    reader = _Reader(data)
    try:
        pyrage.encrypt_io(reader, file, [key.encrypts_to])
    except pyrage.EncryptError:
        if reader.failed is not None:
            raise reader.failed from None
        raise
    size = file.tell() - begin
    file.write(padding(size))
    file.write(END)
    file.seek(place)
    file.write(header(DATA, size, moment))
    file.seek(0, os.SEEK_END)


class _Reader(io.RawIOBase):
    """What `encrypt_io` reads from; it tells of an exception by its words only, so the exception is kept."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks, self._rest = blocks, memoryview(b"")
        self.failed: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._blocks))
        except StopIteration:
            return 0
        except Exception as error:
            self.failed = error
            raise
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


@dataclass(frozen=True)
class Outside:
    """What a backup shows without its passphrase; when it was made is only what the file says of itself."""

    sealed: bytes
    made_at: datetime
    size: int


def look(path: Path) -> Outside:
    """What a file shows to everybody. Raises NotABackup, and Damaged where its end is missing."""
    with _opened(path) as (file, identity, data):
        sealed = file.extractfile(identity)
        assert sealed is not None
        return Outside(sealed.read(), datetime.fromtimestamp(data.mtime, UTC), data.size)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo, tarfile.TarInfo]]:
    size = path.stat().st_size
    try:
        with tarfile.open(path, "r:") as file:
            identity, data = file.next(), file.next()
            found = [one.name for one in (identity, data) if one is not None and one.isfile()]
            if identity is None or data is None or found != [IDENTITY, DATA] or identity.size > MAX_IDENTITY:
                raise Damaged if identity is not None and found == [IDENTITY] else NotABackup
            if data.offset_data + data.size + len(END) > size:
                raise Damaged
            yield file, identity, data
    except tarfile.TarError:
        raise (Damaged if _begins_as_ours(path) else NotABackup) from None


def _begins_as_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(IDENTITY) + 1) == f"{IDENTITY}\0".encode()


class Files:
    """The files in `data.age`, each by its name and content, in their order; each is read before the next.

    What they say is not to be relied on before `finish` has come to the end of them.
    """

    def __init__(self, encrypted: Any, opener: Any) -> None:
        self._decrypting = _Decrypting(encrypted, opener)
        try:
            self._tar = tarfile.open(fileobj=self._decrypting.plain, mode="r|")  # noqa: SIM115
        except tarfile.TarError:
            self._decrypting.end()
            raise Damaged from None

    def __iter__(self) -> Iterator[tuple[str, IO[bytes]]]:
        try:
            for one in self._tar:
                content = self._tar.extractfile(one) if one.isfile() else None
                if content is not None:
                    yield one.name, content
        except tarfile.TarError:
            raise Damaged from None

    def finish(self) -> None:
        """Read what is left. Raises Damaged unless all was as it was written."""
        for _ in self:
            pass
        while self._decrypting.plain.read(io.DEFAULT_BUFFER_SIZE):
            pass
        self._decrypting.join()
        if self._decrypting.failed:
            raise Damaged

    def close(self) -> None:
        """Let it go, also where nobody wants the rest."""
        self._decrypting.end()


@contextmanager
def opened(path: Path, opener: Any) -> Iterator[Files]:
    """What a backup holds; `opener` is its unlocked identity. Raises NotABackup and Damaged."""
    with _opened(path) as (file, _, data):
        files = Files(file.extractfile(data), opener)
        try:
            yield files
        finally:
            files.close()


class _Decrypting(threading.Thread):
    """Decrypts into a pipe, as far as it is read: nothing is kept, in memory or on the disk."""

    def __init__(self, encrypted: Any, identity: Any) -> None:
        super().__init__(name="decrypting", daemon=True)
        reading, writing = os.pipe()
        self.plain, self._into = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
        self._encrypted, self._identity = encrypted, identity
        self.failed = False
        self.start()

    def run(self) -> None:
        try:
            with self._into:
                pyrage.decrypt_io(self._encrypted, self._into, [self._identity])
        except (pyrage.DecryptError, OSError, ValueError):
            self.failed = True

    def end(self) -> None:
        self.plain.close()
        self.join()
