"""What was taken away from readers, kept beside the database: a restored one is brought up to it.

`DATA_DIR/journal` has one line for each fact that a backup may not know yet: a link that died, silence, an answer that
shows less. A line names nobody: it holds HMACs under a key of ours, a number and a moment. What shows less is written
before the commit, so that a line may be of something that was rolled back; what shows more again, after it.
`acts/apply_journal.py` reads it and only ever reduces what is shown.
"""

import contextlib
import errno
import fcntl
import hmac
import logging
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from worker import settings
from worker.models import Campaign, Contact, Member, Partner, Suppression, ThirdPartyAddress

log = logging.getLogger("journal")

Kind = Literal[
    "revoked", "ended", "erased", "quiet", "silenced", "corrected", "suppressed", "answered", "reduced", "held",
    "mail held", "letter", "undone", "cancelled", "campaign erased", "resubscribed", "allowed", "vouched", "resumed",
    "merged", "taken out", "put back", "organizer removed",
    "voice", "voice withdrawn", "voice disowned", "voice erased", "voice counted", "words gone",
    "voices stopped", "voices reopened", "digest", "told", "digests held", "digests resumed", "digests stopped",
    "digests restarted", "shows less", "panic", "panic ended",
]  # fmt: skip
"""revoked: a link, up to and with a generation. ended: a further contact's. erased: an organization, or one that asked
to sign. letter: a campaign's was about to leave, or was brought. reduced: an answer, to what `detail` says. corrected:
`detail` has the fingerprints of both addresses. undone: an organizer's act, whose moment `detail` has. merged: a
partner that is another one's now, whose mark `detail` has. taken out: a partner that should not have been asked. voice:
a person confirmed; `detail` has the campaign's mark. voice counted: it is not named any more, or not by the name that
it had. words gone: its own words, written at the moment in `detail`, were changed or refused. digests stopped: `detail`
says by whom. digest: one is about to leave, by its number; `detail` has when it was drawn, its kind, and the ref of its
link. told: the person whom it names. shows less: a campaign, by the setting in `detail`."""
SHOWS_MORE: frozenset[Kind] = frozenset(
    {
        *("resubscribed", "allowed", "vouched", "resumed", "put back", "panic ended"),
        *("voices reopened", "digests resumed", "digests restarted"),
    }
)
_ADDED: frozenset[Kind] = frozenset({"answered", "voice"})
"""What only says that somebody answered: not worth a wait for the disk."""
KEPT = timedelta(days=400)
_PRUNED_AFTER = KEPT + timedelta(days=30)  # so that the file is not written anew each day
_MAGIC = "undersigned-journal"
_unwritable: set[Path] = set()  # of which it was said


class Line(NamedTuple):
    """One fact: what was taken away, from whom (as `mark_of` has it), and when."""

    at: datetime
    kind: Kind
    who: str
    number: int = 0
    detail: str = "-"


@dataclass(frozen=True)
class Journal:
    """What a journal says: whose it is, since when it is whole, and its lines in their order."""

    installation: str
    begun_at: datetime
    lines: list[Line]


def marks_of(what: bytes) -> list[str]:
    """All by which a line may name it: under SECRET_KEY, and under SECRET_KEY_OLD while there is one."""
    keys = settings.current().keys("journal")
    return [tag + hmac.digest(key, what, "sha256")[:12].hex() for tag, key in zip(tags(), keys, strict=True)]


def tags() -> list[str]:
    """How a mark under each of our keys begins."""
    return [hmac.digest(key, b"tag", "sha256")[:4].hex() for key in settings.current().keys("journal")]


def mark_of(what: bytes) -> str:
    """How a link's ref, a campaign's random number or an address's fingerprint stands in a line."""
    return marks_of(what)[0]


def note(
    session: Session, kind: Kind, what: bytes, number: int = 0, detail: str = "-", at: datetime | None = None
) -> None:
    """Have a line written with this transaction; without a moment, with that at which it ends."""
    if not session.info.get(_PAUSED):
        session.info.setdefault(_NOTED, []).append((kind, mark_of(what), number, detail, at))


@contextlib.contextmanager
def paused(session: Session) -> Iterator[None]:
    """Write no lines of what this session does meanwhile: they are there."""
    session.flush()
    session.info[_PAUSED] = True
    try:
        yield
        session.flush()
    finally:
        del session.info[_PAUSED]


def take_noted(session: Session, *, shows_more: bool) -> list[tuple[Kind, str, int, str, datetime | None]]:
    """Take the lines that are to be written, of one sort, out of the session."""
    noted = session.info.get(_NOTED, [])
    session.info[_NOTED] = [one for one in noted if (one[0] in SHOWS_MORE) is not shows_more]
    return [one for one in noted if (one[0] in SHOWS_MORE) is shows_more]


def forget_noted(session: Session, *_: object) -> None:
    """After a rollback nothing that was noted is so."""
    session.info.pop(_NOTED, None)


def append(installation: bytes, lines: list[Line]) -> bool:
    """Write lines in one piece, durably unless they only say that somebody answered; whether that could be done.

    A folder that cannot be written is told once, and the act goes on.
    """
    try:
        with _locked(fcntl.LOCK_SH):
            if is_ours := _header(_file()) == installation.hex():
                _write(_file(), lines)
        if not is_ours:
            begin(installation, min(line.at for line in lines))
            with _locked(fcntl.LOCK_SH):
                _write(_file(), lines)
    except OSError as error:
        _warn(error)
        return False
    return True


def begin(installation: bytes, now: datetime) -> None:
    """See that there is a journal of this installation; that of another is set aside under its number."""
    try:
        with _locked(fcntl.LOCK_EX):
            file = _file()
            if (before := _header(file)) == installation.hex():
                return
            if file.exists():
                file.replace(file.with_name(f"journal.{before or 'unreadable'}"))
            _replace(file, [_spelled_header(installation.hex(), now)])
    except OSError as error:
        _warn(error)


def keep(installation: bytes, now: datetime) -> None:
    """See that there is a journal, and drop what is older than any backup of use."""
    begin(installation, now)
    try:
        found = read_journal()
        if found is None or found.begun_at > now - _PRUNED_AFTER:
            return
        with _locked(fcntl.LOCK_EX):
            found = read_journal() or found
            since = now - KEPT
            kept = [_spelled(line) for line in found.lines if line.at >= since]
            _replace(_file(), [_spelled_header(found.installation, since), *kept])
    except OSError as error:
        _warn(error)


def read_journal() -> Journal | None:
    """The journal; None where there is none or it cannot be read. A line that is torn, or not ours, is left out."""
    try:
        first, *rest = _file().read_text(encoding="ascii", errors="replace").split("\n")
    except OSError:
        return None
    try:
        magic, installation, begun_at = first.split(" ")
        bytes.fromhex(installation)
        begun = datetime.fromisoformat(begun_at)
    except ValueError:
        return None
    if magic != _MAGIC or begun.tzinfo is None:
        return None
    return Journal(installation, begun, [line for text in rest if (line := _parsed(text)) is not None])


def collect_changes(session: Session, *_: object) -> None:
    """Note what the rows that are about to be written take away; called before each flush."""
    for row in session.dirty:
        for kind, what, number, detail in _taken_away(row):
            note(session, kind, what, number, detail)
    for row in session.deleted:
        if isinstance(row, Suppression):
            note(session, "vouched", row.email_hmac, detail=row.email_hmac.hex())


_NOTED, _PAUSED = "journal", "journal paused"
_Taken = tuple[Kind, bytes, int, str]


def _taken_away(row: object) -> Iterator[_Taken]:
    if isinstance(row, Partner | Contact):
        yield from _of_reader(row, _changes(row))
    elif isinstance(row, ThirdPartyAddress):
        changed = _changes(row)
        if changed.get("organization") and not row.organization and row.partner_id is None:
            yield "erased", changed.get("ref", row.ref), 1, "-"
    elif isinstance(row, Member):
        yield from _of_member(row, _changes(row))
    elif isinstance(row, Campaign):
        yield from _of_campaign(row, _changes(row))


def _of_reader(row: Partner | Contact, changed: Mapping[str, Any]) -> Iterator[_Taken]:
    """The lines of a link's owner; one whose link became another's (`merge`) lost nothing."""
    ref, generation = changed.get("ref", row.ref), changed.get("generation", row.generation)
    if isinstance(row, Partner) and _came(row, changed, "erased_at"):
        yield "erased", ref, generation, "-"
        return
    if isinstance(row, Contact) and _came(row, changed, "ended_at"):
        yield "ended", ref, generation, "-"
        return
    if "ref" in changed:
        return
    if row.generation > generation:
        yield "revoked", ref, row.generation - 1, "-"
    if isinstance(row, Partner) and changed.get("email_hmac") and "email" in changed:  # not under another key only
        now = row.email_hmac.hex() if row.email_hmac else ""
        yield "corrected", ref, generation, f"{changed['email_hmac'].hex()}:{now}"
    if isinstance(row, Partner) and _came(row, changed, "silenced_at"):
        yield "silenced", ref, 0, "-"
    if isinstance(row, Partner) and _came(row, changed, "taken_out_at"):
        yield "taken out", ref, 0, "-"
    if _came(row, changed, "quiet_at"):
        yield "quiet", ref, 0, "-"
    if _went(row, changed, "silenced_at"):
        yield "allowed", ref, 0, "-"
    if _went(row, changed, "taken_out_at"):
        yield "put back", ref, 0, "-"
    if _went(row, changed, "quiet_at"):
        yield "resubscribed", ref, 0, "-"


def _of_member(row: Member, changed: Mapping[str, Any]) -> Iterator[_Taken]:
    """The lines of a person who adds its voice; before it has confirmed there is nothing to be shown less."""
    ref, generation = changed.get("ref", row.ref), changed.get("generation", row.generation)
    for column, kind in _ENDS_A_VOICE.items():
        if _came(row, changed, column):
            yield kind, ref, generation, "-"
            return
    if changed.get("confirmed_at", row.confirmed_at) is not None:
        if changed.get("appearance", row.appearance) == "named" and (row.appearance != "named" or "name" in changed):
            yield "voice counted", ref, generation, "-"
        if changed.get("words") or _came(row, changed, "words_refused_at"):
            written_at = changed.get("words_at", row.words_at)
            yield "words gone", ref, generation, written_at.isoformat() if written_at else "-"
    if row.stands and ("confirmed_at" in changed or _went(row, changed, "withdrawn_at")):
        yield "voice", ref, generation, mark_of(row.campaign.seed)


_ENDS_A_VOICE: dict[str, Kind] = {
    "erased_at": "voice erased",
    "disowned_at": "voice disowned",
    "withdrawn_at": "voice withdrawn",
}


def _of_campaign(row: Campaign, changed: Mapping[str, Any]) -> Iterator[_Taken]:
    if _came(row, changed, "erased_at"):
        yield "campaign erased", row.seed, 0, "-"
    if _came(row, changed, "cancelled_at"):
        yield "cancelled", row.seed, 0, "-"
    if _came(row, changed, "held_at"):
        yield "held", row.seed, 0, "-"
    if _came(row, changed, "mail_held_at"):
        yield "mail held", row.seed, 0, "-"
    if row.cancelled_at is None and (_went(row, changed, "held_at") or _went(row, changed, "mail_held_at")):
        yield "resumed", row.seed, 0, "-"
    for column, (taken, given) in _TAKEN_AND_GIVEN.items():
        if _came(row, changed, column):
            yield taken, row.seed, 0, (row.digests_stopped_by or "-") if column == "digests_stopped_at" else "-"
        if _went(row, changed, column):
            yield given, row.seed, 0, "-"


_TAKEN_AND_GIVEN: dict[str, tuple[Kind, Kind]] = {
    "panic_at": ("panic", "panic ended"),
    "voices_stopped_at": ("voices stopped", "voices reopened"),
    "digests_held_at": ("digests held", "digests resumed"),
    "digests_stopped_at": ("digests stopped", "digests restarted"),
}
_WATCHED = (
    *("ref", "generation", "email", "email_hmac", "organization", "quiet_at", "silenced_at", "ended_at", "erased_at"),
    *("taken_out_at", "cancelled_at", "held_at", "mail_held_at", *_TAKEN_AND_GIVEN),
    *("confirmed_at", "withdrawn_at", "disowned_at", "appearance", "name", "words", "words_at"),
    "words_refused_at",
)


def _changes(row: object) -> dict[str, Any]:
    """The columns that are about to change, with what stood in them."""
    state = inspect(row)
    assert state is not None
    histories = {name: state.attrs[name].history for name in _WATCHED if name in state.dict}
    return {name: found.deleted[0] for name, found in histories.items() if found.added and found.deleted}


def _came(row: object, changed: Mapping[str, Any], column: str) -> bool:
    return column in changed and changed[column] is None and getattr(row, column) is not None


def _went(row: object, changed: Mapping[str, Any], column: str) -> bool:
    return changed.get(column) is not None and getattr(row, column) is None


def _file() -> Path:
    return settings.current().data_dir / "journal"


@contextlib.contextmanager
def _locked(how: int) -> Iterator[None]:
    """Several processes append at once; who replaces the file is alone."""
    _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(_file().with_name("journal.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        settings.give_to_folders_owner(handle)
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _header(file: Path) -> str | None:
    try:
        with file.open(encoding="ascii", errors="replace") as opened:
            magic, installation, _ = opened.readline().strip().split(" ")
    except (FileNotFoundError, ValueError):
        return None
    return installation if magic == _MAGIC and installation.isalnum() else None


def _spelled_header(installation: str, begun_at: datetime) -> str:
    return f"{_MAGIC} {installation} {begun_at.astimezone(UTC).isoformat()}"


def _write(file: Path, lines: list[Line]) -> None:
    """An end of line comes first too, so that a line that a crash tore takes no other with it."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    said = ("\n" + "\n".join(map(_spelled, lines)) + "\n").encode()
    try:
        if os.write(handle, said) < len(said):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if any(line.kind not in _ADDED for line in lines):
            os.fsync(handle)
    finally:
        os.close(handle)


def _replace(file: Path, lines: list[str]) -> None:
    new = file.with_name("journal.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as opened:
        settings.give_to_folders_owner(opened.fileno())
        opened.write("\n".join(lines) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def _spelled(line: Line) -> str:
    kind = line.kind.replace(" ", "_")
    said = f"{line.at.astimezone(UTC).isoformat()} {kind} {line.who} {line.number} {line.detail}"
    return f"{said} {zlib.crc32(said.encode()):08x}"


def _parsed(text: str) -> Line | None:
    said, _, check = text.rpartition(" ")
    if check != f"{zlib.crc32(said.encode()):08x}":
        return None
    try:
        at, kind, who, number, detail = said.split(" ")
        line = Line(datetime.fromisoformat(at), kind.replace("_", " "), who, int(number), detail)  # type: ignore[arg-type]
    except ValueError:
        return None
    return line if line.kind in get_args(Kind) else None


def _warn(error: OSError) -> None:
    with contextlib.suppress(OSError):  # it is not whole any more: the next line begins another
        _file().replace(_file().with_name("journal.incomplete"))
    if (folder := settings.current().data_dir) not in _unwritable:
        _unwritable.add(folder)
        told = "the journal in %s cannot be written (%s): what is taken away now may come back with a backup"
        log.warning(told, folder, error.strerror)
