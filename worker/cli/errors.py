"""What can be wrong around the program, in one sentence each; what is wrong inside it keeps its traceback."""

from sqlalchemy.exc import DatabaseError, OperationalError

from worker.registry import NotRegistered
from worker.settings import BadSettings


def sentence(error: Exception) -> str | None:
    """What to say instead of a traceback, or None. Statements and their values are left out."""
    if isinstance(error, BadSettings):
        return f"The settings cannot be used:\n{error}"
    if isinstance(error, NotRegistered):
        return f"The program is not whole; nothing was started:\n{error}"
    if type(error) in {OperationalError, DatabaseError}:
        return _of_the_database(str(getattr(error, "orig", "")))
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"That did not work: {where}{error.strerror or error}"
    return None


def _of_the_database(said: str) -> str:
    """The driver's words decide and are not repeated: they may hold a host or a user."""
    from worker import settings

    where = "DATABASE_URL" if settings.current().database_url else str(settings.current().data_dir / "undersigned.db")
    if "not a database" in said or "malformed" in said:
        return f"{where} is no database, or a damaged one: move it away, or set UNDERSIGNED_DATA_DIR to another folder."
    if "locked" in said or "lock timeout" in said:
        return "The database is busy: try again in a moment."
    if "readonly" in said or "unable to open" in said:
        return f"{where} cannot be opened for writing: look at who owns it and its folder."
    return "The database does not answer: look whether it runs, and at UNDERSIGNED_DATABASE_URL."
