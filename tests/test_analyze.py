"""PostgreSQL is told at once when tables have grown, so that no page keeps a plan for small ones."""

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, text
from typer.testing import CliRunner

from tests import cast, organizers, servers
from worker import db, settings, tasks, vacuum
from worker.cli.commands import app
from worker.models import Base, Mail, Partner

only_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
EXAMPLE = Path(__file__).resolve().parent.parent / "campaigns" / "cambodia-2023"


@only_postgresql
@pytest.mark.parametrize("partners", [vacuum.MANY - 1, vacuum.MANY])
def test_a_launch_with_many_partners_tells_how_large_the_list_is(
    partners: int, database: str, notified: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "many-rivers")
    head, first, *_ = (EXAMPLE / "partners.csv").read_text().splitlines()
    rows = [first.replace("ANP", "", 1).replace("secretariat@", f"box{n}@") for n in range(partners)]
    (folder / "partners.csv").write_text("\n".join([head, *(f"River Group {n} {row}" for n, row in enumerate(rows))]))

    ran = CliRunner().invoke(app, ["launch", str(folder), "--deadline", "in 2 weeks", "--yes"])

    assert ran.exit_code == 0, ran.output
    assert known_rows(Partner) == (partners if partners == vacuum.MANY else 0)


@pytest.mark.parametrize("many", [2, 3])
def test_after_a_large_group_of_mails_postgresql_knows_how_many_there_are(
    many: int, database: str, notified: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vacuum, "MANY", many)
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        for partner in campaign.partners:
            cast.signs(session, partner)
        campaign_id = campaign.id

    tasks.record.run(campaign_id)

    if database == "postgresql":
        assert known_rows(Mail) == (2 if many == 2 else 0)
    else:
        assert "sqlite_stat1" not in inspect(db.engine()).get_table_names()


@only_postgresql
def test_a_list_that_is_added_at_the_desk_tells_how_large_the_list_is(
    database: str, notified: list[tuple[Any, ...]]
) -> None:
    with db.transaction() as session:
        campaign_id = cast.a_campaign(session).id
    organizers.add(seats={campaign_id: "owner"}, may_send=True)
    browser = organizers.DeskBrowser()
    browser.enters()

    added = browser.does(f"/desk/campaigns/{campaign_id}/add", {"pasted": "organization\nRiver A\nRiver B\n"})

    assert added.status_code == 303, added.text
    assert known_rows(Partner) == 4


@only_postgresql
def test_nobody_waits_for_it_and_nothing_fails_by_it(database: str) -> None:
    with psycopg.connect(servers.plain(settings.current().database)) as other:
        other.execute("LOCK TABLE partner IN ACCESS EXCLUSIVE MODE")
        assert vacuum.analyze(Partner)
        assert known_rows(Partner) == 0
    settings.set_for_this_process(database_url=f"{settings.current().database}_that_is_not_there")
    db.dispose()
    assert not vacuum.analyze(Partner)


def known_rows(model: type[Base]) -> int:
    """How many rows PostgreSQL believes to be in a table; 0 also if nobody ever told it."""
    with db.reading() as session:
        known = text("SELECT greatest(reltuples, 0) FROM pg_class WHERE relname = :table")
        return int(session.execute(known, {"table": model.__tablename__}).scalar_one())
