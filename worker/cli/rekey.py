"""`undersigned rekey`: bring everything from the key before under the present one."""

import time
from typing import TYPE_CHECKING

from worker.cli import console
from worker.cli.options import DryRun

if TYPE_CHECKING:
    from worker.state.key_change import KeyChange

PASSES, PAUSE_S = 10, 1.0  # a row that somebody holds is looked at again


def rekey(dry_run: DryRun = False) -> None:
    """Rewrite all that was encrypted under SECRET_KEY_OLD, under SECRET_KEY. Safe while everything runs, and to repeat.

    Example: `undersigned rekey`
    """
    from worker import db, settings
    from worker.acts import rekey as act
    from worker.cli import lookup
    from worker.state.key_change import encrypted_tables, load_key_change

    if not settings.current().secret_key_old:
        console.fail(
            f"{settings.PREFIX}SECRET_KEY_OLD is not set. To change the key, set it to the present key and "
            f"{settings.PREFIX}SECRET_KEY to a new one, restart everything, and type this again.",
            console.USAGE,
        )
    lookup.make_ready()
    with db.reading() as session:
        before = load_key_change(session)
    if dry_run:
        console.say(f"Dry run: {console.count(before.rows, 'row')} would be rewritten. {_says(before)}")
        return
    for number in range(PASSES):
        if number:
            time.sleep(PAUSE_S)
        for table in encrypted_tables():
            last: int | None = 0
            while last is not None:
                with db.transaction() as session:
                    last = act.rewrite_some(session, table, last)
        with db.reading() as session:
            left = load_key_change(session)
        if not left.rows:
            break
    else:
        console.fail(
            f"{console.count(left.rows, 'row')} could not be rewritten: they are in use, or a process has "
            "the old key only. Look whether all were restarted, and type this again."
        )
    with db.transaction() as session:
        act.finish(session, rewritten=before.rows > 0)
    with db.reading() as session:
        after = load_key_change(session)
    console.say(f"{console.count(before.rows, 'row')} rewritten. {_says(after)}")


def _says(change: "KeyChange") -> str:
    words = f"{console.count(change.lost, 'row')} cannot be read under either key. " if change.lost else ""
    if change.running:
        return f"{words}Keep SECRET_KEY_OLD: links of running campaigns depend on it: {console.some(change.running)}."
    if change.ended:
        links = console.some(change.ended)
        return (
            f"{words}No running campaign depends on SECRET_KEY_OLD any more. Links of campaigns that ended do: {links}."
        )
    return f"{words}Nothing depends on SECRET_KEY_OLD any more: remove it, and restart everything."
