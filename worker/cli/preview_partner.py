"""What one partner of a folder would get and see; made in a database of its own, which is thrown away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.acts import launch
from worker.cli import lookup
from worker.definition.campaign import Definition
from worker.mail import mime
from worker.mail.mime import Envelope, Message
from worker.models import Base, Campaign, Mail, Partner
from worker.web import partner_page, public_page
from worker.wording import mails

TEST = "This is a test. The link in this email leads nowhere, and no answer is recorded."


@dataclass(frozen=True)
class Preview:
    """A partner's invitation, and the pages behind it in its language, as files by name."""

    organization: str
    language: str
    invitation: Message
    pages: dict[str, bytes]

    def files(self) -> dict[str, bytes]:
        """Everything to be looked at; the pages ask for nothing that is not among the files."""
        pages = settings.current().templates_dir / "pages"
        style = (pages / "style.css").read_text(encoding="utf-8").replace('url("/khmer', 'url("khmer')
        return {
            "invitation.txt": f"Subject: {self.invitation.subject}\n\n{self.invitation.text}".encode(),
            "invitation.html": self.invitation.html.encode(),
            **{name: page.replace(b'href="/style.css"', b'href="style.css"') for name, page in self.pages.items()},
            "style.css": style.encode(),
            "khmer.woff2": (pages / "khmer.woff2").read_bytes(),
        }

    def test_mail(self, to: str) -> Envelope:
        """The invitation for the organizer's own address, marked as a test wherever it is read."""
        begins = f'<div class="mail" lang="{self.language}">'
        page = self.invitation.html.replace(begins, f'{begins}<p lang="en"><b>{escape(TEST)}</b></p>', 1)
        message = replace(
            self.invitation,
            to=to,
            subject=f"[Test] {self.invitation.subject}",
            text=f"{TEST}\n\n{self.invitation.text}",
            html=page,
            unsubscribe="",
        )
        # The envelope sender is as in every other mail, and names a mail that never exists.
        return mime.compose(message, tokens.message_id(), datetime.now(UTC), tokens.return_path(0))


def preview_for(definition: Definition, organization: str) -> Preview:
    """Find the partner by its name, acronym or number; ends the command if there is none."""
    with _thrown_away() as session:
        campaign = launch.launch_campaign(session, definition)
        session.flush()
        partner = lookup.partner_named(session, campaign, organization)
        return Preview(partner.organization, partner.language, _invitation(session, partner), _pages(session, partner))


def _invitation(session: Session, partner: Partner) -> Message:
    to = partner.email or "nobody@partner.invalid"  # one without an address is shown what it would read
    mail = Mail(kind="invitation", language=partner.language, partner=partner, campaign=partner.campaign)
    was, partner.email = partner.email, to
    try:
        return mails.word_mail(session, mail)
    finally:
        partner.email = was


def _pages(session: Session, partner: Partner) -> dict[str, bytes]:
    campaign: Campaign = partner.campaign
    pages = {"page.html": partner_page.as_seen_by(session, partner)}
    if (public := public_page.as_seen(session, campaign.slug, partner.language)) is not None:
        pages["public-page.html"] = public
    return pages


@contextmanager
def _thrown_away() -> Iterator[Session]:
    """A session on an empty database, and the settings as they were afterwards."""
    was = settings.current().database_url
    with tempfile.TemporaryDirectory(prefix="undersigned-preview-") as folder:
        db.dispose()
        settings.set_for_this_process(database_url=f"sqlite:///{Path(folder) / 'preview.db'}")
        try:
            Base.metadata.create_all(db.engine())
            with db.transaction() as session:
                yield session
        finally:
            db.dispose()
            settings.set_for_this_process(database_url=was)
