"""An organizer's desk: a folder, the command line, and a campaign at one of its stages."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner, Result

from tests.conftest import Clock
from tests.stage import Organization, Story
from worker import broker, db, settings, tasks
from worker.cli.commands import app
from worker.models import Campaign, Mail, Partner

SIGNED = ("--visibility", "public", "--representative", "Ada", "--role", "chair", "--note", "phone call", "--yes")


@dataclass
class Desk:
    """An organizer's desk: a campaign's folder, the command line, and hands of the relay."""

    story: Story
    clock: Clock

    def types(self, *words: str, code: int = 0) -> str:
        result: Result = CliRunner().invoke(app, list(words))
        printed = result.output
        assert result.exit_code == code, (printed, result.exception)
        return printed

    def launches(self, *, quorum: int = 1, title: str = "A letter") -> None:
        self.story.writes_its_folder(quorum=quorum)
        path = self.story.folder / "campaign.toml"
        path.write_text(path.read_text().replace("A letter of rivers", title))
        self.types("launch", str(self.story.folder), "--deadline", "in 2 weeks", "--yes")
        self.does(tasks.invite)

    def does(self, task: Any, *ids: int) -> None:
        """What a worker does when it is notified."""
        task.run(*(ids or (self.campaign().id,)))

    def relay_accepts(self) -> None:
        with db.transaction() as session:
            now = db.clock(session)
            waiting = Mail.sent_at.is_(None) & Mail.cancelled_at.is_(None) & Mail.refused_at.is_(None)
            session.execute(update(Mail).where(waiting).values(sent_at=now, due_at=None))

    def campaign(self) -> Campaign:
        with db.reading() as session:
            return session.scalars(select(Campaign)).one()

    def campaign_partners(self) -> list[Partner]:
        with db.reading() as session:
            return list(session.scalars(select(Partner).order_by(Partner.id)))

    def mails(self, kind: str) -> int:
        with db.reading() as session:
            living = (Mail.kind == kind) & Mail.cancelled_at.is_(None)
            return session.scalar(select(func.count()).select_from(Mail).where(living)) or 0

    def reaches_its_deadline(self) -> None:
        self.clock.set(self.campaign().deadline_at + timedelta(seconds=1))
        self.does(tasks.close)

    def passes_its_review(self) -> None:
        ends = self.campaign().review_ends_at
        assert ends is not None
        self.clock.set(ends + timedelta(seconds=1))


@pytest.fixture
def desk(database: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    campaigns = tmp_path / "campaigns"
    campaigns.mkdir()
    settings.set_for_this_process(campaigns_dir=campaigns)
    monkeypatch.setattr(broker, "notify", lambda *_: None)  # the tests run the tasks themselves

    class Folder:
        """All that a story's folder needs of a stage."""

    stage: Any = Folder()
    stage.campaigns = campaigns
    story = Story(stage, "rivers")
    story.partners += [
        Organization(stage, story, "River Watch", "RW", "Canada"),
        Organization(stage, story, "Les Amis du Fleuve", "ADF", "France", "fr"),
        Organization(stage, story, "Women & Water's Étoile", "WWE", "Chad"),
    ]
    return Desk(story, clock)


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """Launched, and every invitation accepted by the relay."""
    desk.launches()
    desk.relay_accepts()
    return desk


@pytest.fixture
def sealed(asked: Desk) -> Desk:
    """One signature, and the deadline has passed."""
    asked.types("sign", "rivers", "RW", *SIGNED)
    asked.reaches_its_deadline()
    return asked
