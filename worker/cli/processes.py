"""What an operator types: the processes, the database, and everything at once for looking around."""

import logging
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun
from worker.cli.organizer import link_for_local

STILL_WAITING_S = 60  # between two lines about a database that is away

Port = Annotated[
    int, typer.Option(help="Port on this machine; the next free one is taken if it is busy.", min=1, max=65535)
]


def demo() -> None:
    """Play a whole campaign in under a minute, with invented partners.

    Example: `undersigned demo`, then open `var/demo/letter.pdf`
    """
    from worker.cli import demo as play

    raise typer.Exit(play.play())


def up(
    port: Port = 8000,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on: 0.0.0.0 in a container, nowhere else.")
    ] = "127.0.0.1",
) -> None:
    """Run everything in one process, to try it out: pages, worker, clock and a mail catcher.

    Only this machine reaches it. A container needs --host 0.0.0.0: publish its port on 127.0.0.1 alone.

    Example: `undersigned up`, then open the address it prints; Ctrl-C ends it
    """
    from worker import embedded, installation, log, settings
    from worker.cli import errors

    log.to_stderr()

    def ready(server: embedded.EmbeddedServer) -> None:
        stands = installation.stands_still()
        shown = "caught emails, partner pages" if server.inbox_url else "partner pages; email goes to the relay"
        console.say(f"Undersigned is up: {server.inbox_url or server.web_url}   ({shown}; Ctrl-C ends it)")
        if server.inbox_url:
            console.say("Anyone who has this address can read the caught emails, with their links and codes.")
        where = "in another terminal"
        if host not in settings.LOOPBACK:
            where = "in the same container"
            console.say(f"It listens on {host}: publish port {port} on 127.0.0.1 alone, for its pages have no TLS.")
        if stands:
            console.say(f"{errors.stands_still()}. No email is sent, and partners read that we will be back soon.")
            return
        console.say(f"The organizers’ desk, for you alone: {link_for_local()}   (works once, within ten minutes)")
        options = ("--deadline", "in 10 minutes", "--reminders", "5m", "--review", "1m")
        console.say(f"Then, {where}: {console.command('launch', 'campaigns/cambodia-2023', *options)}")

    try:
        embedded.run(ready, host=host, port=port)
    except embedded.RunningAlready as other:
        address = other.inbox_url or other.web_url
        console.fail(f"It is running already, on this DATA_DIR{f': {address}' if address else '.'}")
    console.say("Undersigned has stopped; everything is kept.")


def web(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Serve the partners' pages.

    Example: `undersigned web --host 0.0.0.0 --port 8000`
    """
    from worker import log, process, startup

    _check_settings()
    startup.check_registered()
    log.to_stderr()
    _check_schema(wait=False)  # while the database is away, partners read an apology rather than nothing
    process.become("web", host, str(port))


def worker(
    threads: Annotated[int, typer.Option(help="Tasks at the same time.", min=1)] = 4,
    heartbeat: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File for a health check: dated ahead as long as this worker ends tasks."),
    ] = None,
) -> None:
    """Run a worker: it sends email, closes campaigns, sends letters, and looks every few seconds for what is due.

    Run as many as you like.

    Example: `undersigned worker`
    """
    from worker import log, process, startup

    _check_settings(queue=True, relay=True)
    if heartbeat is not None and not os.access(heartbeat.parent, os.W_OK):
        console.fail(f"--heartbeat: {heartbeat.parent} is no folder that we can write into.", console.USAGE)
    startup.check_registered()
    log.to_stderr()
    _check_schema(wait=True)
    process.become("worker", str(threads), *([str(heartbeat)] if heartbeat else []))


def beat() -> None:
    """Run only the clock. Each worker has one already; another does no harm.

    Example: `undersigned beat`
    """
    from worker import log, startup, tasks

    _check_settings(queue=True)
    startup.check_registered()
    log.to_stderr()
    _check_schema(wait=True)
    tasks.queue.Beat(scheduler_cls="celery.beat.Scheduler", quiet=True, loglevel="WARNING").run()


def migrate(dry_run: DryRun = False) -> None:
    """Bring the database to this version, or say why that is not possible. Safe to repeat.

    Example: `undersigned migrate`
    """
    from worker import migrations

    if dry_run:
        console.say(f"Dry run: {_what_migrate_does()}")
        return
    migrations.upgrade()
    console.say("The database is at this version.")


def _what_migrate_does() -> str:
    """Raises migrations.WrongSchema where it would change nothing and say why."""
    from worker import migrations

    try:
        migrations.check_tables()
    except migrations.OlderSchema:
        return "the database would be brought to this version, with all its rows."
    except migrations.OtherTables as error:
        if not error.repairable:
            raise
        return "the tables of the database would be repaired."
    return "the database is at this version already."


def _check_schema(*, wait: bool) -> None:
    """Raise migrations.WrongSchema before anything is served or sent from tables that are not of this version.

    So too key_check.WrongKey, where they were written under another key.

    A database that is away, as when a machine starts, is waited for or left unchecked.
    """
    from worker import db, installation, key_check, migrations
    from worker.cli import errors

    log = logging.getLogger("start")
    told_at = 0.0
    while True:
        try:
            migrations.check_tables()
            key_check.check()
            if installation.check_at_start():
                log.error(errors.stands_still())
            return db.dispose()  # beat asks nothing of it any more
        except db.DATABASE_UNAVAILABLE:
            if not wait:
                return log.warning("the database does not answer, so its tables are not checked")
        if time.monotonic() > told_at + STILL_WAITING_S or not told_at:
            log.warning("the database does not answer; waiting for it (`undersigned doctor` says more)")
            told_at = time.monotonic()
        time.sleep(1)


def _check_settings(*, queue: bool = False, relay: bool = False) -> None:
    from worker import settings

    conf = settings.current()
    if queue and conf.embedded:
        console.fail(
            "UNDERSIGNED_BROKER_URL is not set: the processes need a Redis, for example redis://localhost:6379/0. "
            f"To run everything in one process: {console.command('up')}",
            console.USAGE,
        )
    if relay and not conf.smtp_url:
        console.fail(
            "UNDERSIGNED_SMTP_URL is not set: a worker needs a relay, for example smtps://user:password@host",
            console.USAGE,
        )
