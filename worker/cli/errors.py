"""What can be wrong around the program, in one sentence each; what is wrong inside it keeps its traceback."""

import errno

from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from worker import db, migrations, settings
from worker.child_process import ChildFailed, Reason
from worker.cli import console
from worker.column_types import CannotBeRead
from worker.key_check import WrongKey
from worker.migrations import NewerSchema, OtherTables, WrongSchema
from worker.registry import NotRegistered
from worker.settings import PREFIX, BadKey, BadSettings


def sentence(error: Exception) -> str | None:
    """What to say instead of a traceback, or None. Statements and their values are left out."""
    if isinstance(error, BadSettings):
        return f"The settings cannot be used:\n{error}"
    if isinstance(error, NotRegistered):
        return f"The program is incomplete; nothing was started:\n{error}"
    if isinstance(error, WrongSchema):
        return "The database {}: {}".format(*explain_schema(error))
    if isinstance(error, db.Restored):
        return nothing_was_changed()
    if type(error) in {OperationalError, DatabaseError} and not _misses_a_part(error):
        return _of_the_database(str(getattr(error, "orig", "")))
    if db.is_read_only(error):
        return "The database can only be read: set UNDERSIGNED_DATABASE_URL to a primary, with rights to write."
    if isinstance(error, WrongKey):
        return "{}: {}".format(*explain_key())
    if isinstance(error, CannotBeRead):
        return (
            f"A value in the database cannot be read ({error}): somebody changed it there, or it was written under "
            "another key. Look who can write to the database, and restore it from a backup."
        )
    if isinstance(error, ChildFailed):
        return (
            f"The letter could not be set as PDF: {_OF_SETTING[error.reason]}. Try again. If you closed the campaign, "
            "it stays closed, and a worker seals its letter."
        )
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"This did not work: {where}{error.strerror or error}{_where_it_would(error)}"
    return _of_unchecked_tables()


_OF_SETTING: dict[Reason, str] = {
    "time": "it took too long",
    "memory": "there was not enough memory",
    "output": "it is too large",
    "crash": "the process that sets it failed",
}


def stands_still() -> str:
    """Why nothing is changed, and what helps."""
    said = "This database was put back from a backup, and everything stands still until a person has looked"
    return f"{said}: {console.command('resume', '--restored')}"


def nothing_was_changed() -> str:
    """The same for whoever typed what would change something."""
    return f"Nothing was changed. {stands_still()}"


def _where_it_would(error: OSError) -> str:
    out = settings.current().out_dir
    return f". Here, commands write below {out}" if out and error.errno in {errno.EROFS, errno.EACCES} else ""


def exit_code(error: Exception) -> int:
    """A code of its own where the key is wrong, missing or another one."""
    return console.WRONG_KEY if isinstance(error, (WrongKey, BadKey)) else console.FAILED


def explain_key() -> tuple[str, str]:
    """What is wrong where the database was written under a key that is not here, and what helps."""
    if not settings.is_set("secret_key"):
        file = settings.current().data_dir / "secret_key"
        found = f"the key in {file} is not the key of this database; nothing was read or changed"
        return found[0].upper() + found[1:], f"look whether {PREFIX}DATA_DIR is right, and put the right key there"
    found = f"{PREFIX}SECRET_KEY is not the key of this database; nothing was read or changed"
    return found, f"set it to the right key; while you change the key, set {PREFIX}SECRET_KEY_OLD to the old one"


def explain_schema(error: WrongSchema) -> tuple[str, str]:
    """What is wrong with the tables of the database, and what helps."""
    migrate = f"`{console.command('migrate')}`"
    if isinstance(error, NewerSchema):
        found = f"was made by a newer version (it is at {error}, which is not known here)"
        return found, f"install that version, or set {PREFIX}DATABASE_URL to another database"
    if not isinstance(error, OtherTables):
        return "is not at this version", migrate
    told = console.some([str(one) for one in error.differences], most=3)
    if error.revision is None:
        found = f"says nothing of a version and is not empty ({told})"
        return found, f"nothing was changed; set {PREFIX}DATABASE_URL to a database of its own"
    found = f"says that it is at {error.revision} and has other tables than that ({told})"
    if error.repairable:
        return found, f"{migrate} repairs it"
    return found, f"nothing was changed; restore a backup, or repair that yourself and then {migrate}"


def _misses_a_part(error: Exception) -> bool:
    """Whether SQLite knows no such table or column, for which it has no class of its own."""
    said = str(getattr(error, "orig", ""))
    return "no such" in said or "has no column" in said


def _of_unchecked_tables() -> str | None:
    """A command looks at the revision only; when it fails, the tables may be why."""
    if not db.engine.cache_info().currsize:  # it has not asked the database anything
        return None
    try:
        migrations.check_tables()
    except WrongSchema as error:
        return sentence(error)
    except SQLAlchemyError:
        pass
    return None


def _of_the_database(said: str) -> str:
    """The driver's words decide and are not repeated: they may hold a host or a user."""
    where = "DATABASE_URL" if settings.current().database_url else str(settings.current().data_dir / "undersigned.db")
    if "not a database" in said or "malformed" in said:
        return (
            f"{where} is not a database, or a damaged one: move it away, or set UNDERSIGNED_DATA_DIR to another folder."
        )
    if "locked" in said or "lock timeout" in said:
        return "The database is busy: try again in a moment."
    if "readonly" in said or "unable to open" in said:
        return f"{where} cannot be opened for writing: check who owns it and its folder."
    return "The database does not answer: check whether it is running, and UNDERSIGNED_DATABASE_URL."
