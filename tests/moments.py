"""One moment of a played campaign: copied there, played on, put back, looked at by a person, played to its end."""

import random
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import select

from tests import copies
from tests.copies import How
from tests.played import PERSONS, Played, box
from worker import db, installation, tasks, tokens
from worker.acts.digests import note_arrived, resume_digests, send_again
from worker.models import Campaign, Contact, Member
from worker.state.digests import load_failures

WITHDREW = {
    "one withdraws": "withdraws",
    "one goes unnamed": "goes unnamed",
    "a person takes its voice back": "takes it back",
}
OPTED_OUT = {
    "one unsubscribes": "unsubscribes",
    "one is silenced": "is silenced",
    "one is erased": "is erased",
    "an invitation comes back": "bounces",
    "an address is corrected": "moves",
    "a person did not do it": "did not do it",
    "a person is forgotten": "is forgotten",
}
"""What takes something away, and from whom: what organizers say themselves where the journal is lost."""


@dataclass(frozen=True)
class Way:
    """How a database is put back: by what, where, and whether the data folder is kept."""

    how: How
    elsewhere: bool
    kept: bool

    def __str__(self) -> str:
        return f"{self.how}, {'elsewhere' if self.elsewhere else 'in place'}, {'kept' if self.kept else 'lost'}"


WAYS = (
    Way("backup", elsewhere=True, kept=True),
    Way("backup", elsewhere=True, kept=False),
    Way("plain", elsewhere=True, kept=True),
    Way("plain", elsewhere=True, kept=False),
    Way("plain", elsewhere=False, kept=True),
)
"""A plain copy that is put back in place, with the data folder lost, is what nobody can know (docs/operating.md)."""


def try_moment(rng: random.Random, way: Way, folder: Path, url: str = "") -> str:
    """Play, and assert what must hold; returns what was drawn. `url` is an empty database elsewhere."""
    played = Played(rng)
    assert not installation.check_at_start()
    copied_at = rng.randrange(1, len(played.steps))
    lost_at = rng.randrange(copied_at + 1, len(played.steps) + 1)
    told = f"copied before {played.steps[copied_at][0]!r}, lost after {played.steps[lost_at - 1][0]!r}; {way}"
    try:
        is_put_back(played, copied_at, lost_at, way, folder, url)
    except AssertionError as error:
        raise AssertionError(f"{told}: {error}") from error
    return told


def is_put_back(played: Played, copied_at: int, lost_at: int, way: Way, folder: Path, url: str = "") -> None:
    """Copy it before one step, lose it before another, put it back and play it to its end; assert what must hold."""
    played.play(0, copied_at)
    copy = copies.keep(way.how, folder / "copy")
    before = played.has_come_to()
    played.play(copied_at, lost_at)
    installation.stands_still()  # as the next sweep looks: the data folder knows how far it has come
    has_come_further = played.has_come_to() != before
    gone = {name for name, _ in played.steps[copied_at:lost_at]}
    if way.elsewhere:
        copies.put_back(copy, folder / "elsewhere", url=url, kept=way.kept)
    else:
        copies.put_back_in_place(copy)
    must_stop = way.how == "backup" or not way.kept or has_come_further
    assert installation.check_at_start() == must_stop
    if must_stop:
        _stands_still(played)
        _lets_go_on(way, folder, gone)
    sent = len(played.letters())
    _plays_to_the_end(played)
    played.letter_left_since = len(played.letters()) > sent
    _tells_of_who_is_new(played, way)
    _holds(played, way, gone)


def _stands_still(played: Played) -> None:
    """No mail and no advance by any task, though the deadline has passed."""
    rows, sent = played.rows_that_count(), len(played.relay.taken)
    with db.transaction(even_restored=True) as session:
        campaign = session.get_one(Campaign, played.campaign_id)
        deadline, campaign.deadline_at = campaign.deadline_at, campaign.launched_at
    for name in ("invite", "remind", "record", "close", "dispatch", "report", "erase"):
        getattr(tasks, name)(played.campaign_id)
    tasks.sweep()
    played.relay.deliver()
    with db.transaction(even_restored=True) as session:
        session.get_one(Campaign, played.campaign_id).deadline_at = deadline
    assert (played.rows_that_count(), len(played.relay.taken)) == (rows, sent)


def _lets_go_on(way: Way, folder: Path, gone: set[str]) -> None:
    """A person says yes; where the journal is lost, it says who has stepped back."""
    words = ["resume", "--restored", "--yes", "--ask-again"]
    given = 0
    if not way.kept:
        for option, roles in (("--opted-out", OPTED_OUT), ("--withdrew", WITHDREW)):
            if entries := [box(role) for step, role in roles.items() if step in gone]:
                file = folder / f"{option.strip('-')}.txt"
                file.write_text("\n".join(entries))
                words += [option, str(file)]
                given += 1
        words += ["--none-known"] if given < 2 else []
    copies.types(*words)


def _plays_to_the_end(played: Played) -> None:
    """A person decides on a letter in doubt: the one that is there already is noted, and any other is sent."""
    played.goes_on()
    if played.campaign().closed_at is None:
        played.one_signs_again()
        played.deadline_passes()
    played.goes_on()
    if played.campaign().dispatched_at is None:
        there = bool(played.letters())
        copies.types(*(("dispatch", "rivers", "--by-hand") if there else ("resend", "rivers")), "--yes")
        played.goes_on()


def _tells_of_who_is_new(played: Played, way: Way) -> None:
    """A person decides on a digest in doubt likewise; another adds its voice, and days pass in which none is held."""
    played.another_adds_its_voice()
    with db.reading() as session:
        campaign = session.get_one(Campaign, played.campaign_id)
        held, failed = campaign.digests_held_at, load_failures(session, [campaign.id]).get(campaign.id, [])
        links = {tokens.link(one.digest, "digest") for one in failed if one.digest is not None}
    there = [link for link in links if any(link in str(mail["List-Unsubscribe"]) for mail in played.digests())]
    assert len(links) <= 1
    with db.transaction() as session:
        (note_arrived if there else send_again)(session, played.campaign_id)
        if held and way.kept:
            resume_digests(session, played.campaign_id)
    for _ in range(3):
        played.a_day_passes()
        played.goes_on()


def _holds(played: Played, way: Way, gone: set[str]) -> None:
    """Nothing that was taken away is there again, and no mail was another under the same Message-ID."""
    assert not (differ := played.relay.different_under_one_id()), differ
    letters = played.letters()
    assert len({str(letter["Message-ID"]) for letter in letters}) == 1, "one letter, by its Message-ID"
    partners = played.partners()
    with db.reading() as session:
        living = {tokens.token(one) for one in partners.values() if one.erased_at is None}
        contacts = select(Contact).where(Contact.ended_at.is_(None))
        living |= {tokens.token(one) for one in session.scalars(contacts)}
        kept = select(Member).where(Member.disowned_at.is_(None), Member.erased_at.is_(None))
        living |= {tokens.token(one) for one in session.scalars(kept)}
    assert not living & set(played.revoked), "a revoked link lives"
    if "one is erased" in gone:
        erased = partners["is erased"]
        assert erased.email_hmac is None if way.kept else not erased.takes_alerts
    for step, role in (("one unsubscribes", "unsubscribes"), ("one is silenced", "is silenced")):
        assert step not in gone or not partners[role].takes_mail, f"{role} takes mail again"
    _holds_of_persons(played, way, gone)
    if played.letter_left_since:
        text = letters[-1].get_body(("plain",))
        assert text is not None
        for step, role in WITHDREW.items():
            assert step not in gone or f"Org that {role}" not in text.get_content(), f"{role} is named again"


def _holds_of_persons(played: Played, way: Way, gone: set[str]) -> None:
    """What persons took away is not there again; without a journal nobody knows who shows less of itself."""
    persons = played.persons()
    texts = {str(mail["Message-ID"]): said(mail) for mail in played.digests()}.values()
    told = Counter(role for text in texts for role in PERSONS if f"Person who {role}\n" in text)
    assert set(told.values()) <= {1}, "one was named in two mails"
    shows = {
        "a person takes its voice back": ("takes it back", lambda one: one.stands),
        "a person did not do it": ("did not do it", lambda one: one.stands or one.name),
        "a person is forgotten": ("is forgotten", lambda one: one.stands or one.name),
        "a person is only counted": ("is only counted", lambda one: way.kept and one.appearance == "named"),
        "a person has words refused": (
            "has words refused",
            lambda one: way.kept and one.words and one.words_refused_at is None,
        ),
    }
    for step, (role, is_back) in shows.items():
        assert step not in gone or role not in persons or not is_back(persons[role]), f"who {role} is back"


def said(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",))
    assert text is not None
    return "\n".join(text.get_content().splitlines())
