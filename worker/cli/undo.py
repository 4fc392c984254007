"""How `amend`, `remind` and `extend` are taken back, and for how long that can be done, as the commands say it."""

from typing import TYPE_CHECKING

from worker.cli import console

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.acts.undo import UndoableAct
    from worker.models import Campaign, OrganizerAct


def seconds_to_undo(session: "Session", campaign: "Campaign") -> float:
    """For how long the act that was just done can be taken back."""
    from worker import db

    return (campaign.undo_until - db.clock(session)).total_seconds() if campaign.undo_until else 0


def when_they_leave(act: "OrganizerAct", name: str, seconds: float, *, mails: int) -> str:
    """When the mails of an act leave, and how it is taken back until then; what starts them if nothing runs."""
    number, back = max(0, round(seconds)), console.command(act, name, "--undo")
    if not number:
        return console.who_sends() if mails else ""
    if not mails:
        return f"To take it back within {number} s: {back}"
    if console.nobody_sends():
        up = console.command("up")
        return (
            f"Nothing is running: nothing is sent before you start {up}, nor within {number} s. To take it back: {back}"
        )
    return f"The emails are sent in {number} s. To take it back: {back}"


def take_back(name: str, act: "UndoableAct", *, dry_run: bool) -> None:
    """No question: nobody had a mail of it, and it can be done again."""
    from worker.acts.undo import undo_act
    from worker.cli import lookup
    from worker.wording.acts.deadline import undo

    with lookup.dry_run(name) if dry_run else lookup.writing(name) as (session, campaign):
        undone = undo_act(session, campaign.id, act)
        slug, zone = campaign.slug, campaign.zone
    stands = " ".join(undo(act, undone.mails, undone.answers, undone.deadline, zone).lines)
    if dry_run:
        console.say(f"Dry run: it would be taken back. Then: {stands}")
        return
    console.say(f"It is taken back. {stands}\nNext: {console.command('status', slug)}")
