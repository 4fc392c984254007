"""A campaign played step by step, so that its database can be put back to any moment of it.

Each step is what one person, the clock or the relay does. Roles are fixed, so that what was taken away after a moment
can be looked for after the restore: who withdrew, whose link was revoked, who wants silence, who was erased.
"""

import asyncio
import difflib
import email
import email.policy
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import persons
from tests.definitions import a_definition
from tests.scripted_smtp import ScriptedServer
from worker import db, settings, tasks, tokens
from worker.acts import correct_address, disown, erase, erase_members, pass_on, remind, unsubscribe
from worker.acts.answer import AnswerInput, Statement, record_answers
from worker.acts.bounce import apply_report
from worker.acts.launch import launch_campaign
from worker.acts.third_party_limits import Person
from worker.acts.voices_since_backup import disown_anew
from worker.definition.partners import PartnerRow
from worker.mail import delivery
from worker.mail.bounce_reports import Bounce
from worker.models import Answer, AuditEvent, Campaign, Contact, Installation, Mail, Member, Partner, Seal
from worker.state.links import Link
from worker.state.signatories import name_too_many
from worker.wording.composing import compose_batch

SAID = Statement(representative="Ada", role="Chair")
ROLES = (
    "signs", "withdraws", "goes unnamed", "moves", "is impersonated", "unsubscribes", "is silenced", "is erased",
    "bounces", "declines", "stays silent", "signs late",
)  # fmt: skip
PERSONS = ("adds a voice", "takes it back", "is only counted", "did not do it", "has words refused", "is forgotten")
ADDRESSEE = "rapporteur@office.example"
ACTS = ("invite", "remind", "record", "close", "dispatch", "report", "digest")


def box(role: str) -> str:
    """The address of who plays a role."""
    return f"{role.replace(' ', '-')}@partner.example"


@dataclass
class Relay:
    """A relay on loopback and everything that it ever took, as (recipient, bytes)."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)

    def deliver(self, most: int | None = None) -> int:
        """Send what is due, or so many mails of it, and return how many were taken."""
        before = len(self.taken)
        asyncio.run(self._deliver(most))
        return len(self.taken) - before

    async def _deliver(self, most: int | None) -> None:
        async with ScriptedServer() as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}", smtp_connections=1)

            def enough() -> bool:
                return most is not None and sum(len(visit.mails) for visit in server.visits) >= most

            await delivery.deliver_due(compose_batch, time.monotonic() + 60, enough, outdated=name_too_many)
            mails = [mail for visit in server.visits for mail in visit.mails]
            self.taken += [(re.findall("<(.*)>", recipient.decode())[0], body) for _, recipient, body in mails]

    def mails(self, recipient: str, since: int = 0) -> list[EmailMessage]:
        return [read(body) for to, body in self.taken[since:] if to == recipient]

    def different_under_one_id(self) -> list[str]:
        """The lines that differ where a recipient was sent different bytes under one Message-ID."""
        found = defaultdict(set)
        for recipient, body in self.taken:
            found[recipient, str(read(body)["Message-ID"])].add(body)
        differing = [sorted(bodies)[:2] for bodies in found.values() if len(bodies) > 1]
        changes = [line for one, other in differing for line in difflib.ndiff(_lines(one), _lines(other))]
        return [line for line in changes if line[0] in "+-"]


def _lines(body: bytes) -> list[str]:
    return body.decode("latin-1").splitlines()


def read(body: bytes) -> EmailMessage:
    message = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


class Played:
    """One campaign and who takes part; `steps` lead it from nothing to its end, in an order drawn by `rng`."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.relay = rng, Relay()
        self.letter_left_since = False
        """Whether the letter was sent after the database was put back."""
        self.revoked: list[str] = []
        """Tokens that were revoked by an act, in the order in which they were."""
        self.person_ids: dict[str, int] = {}
        early: list[tuple[str, Callable[[], object]]] = [
            ("the first half of the invitations leaves", lambda: self.mail_leaves(5)),
            ("all invitations have left", self.mail_leaves),
        ]
        people: list[tuple[str, Callable[[], object]]] = [
            ("most sign", self.most_answer),
            ("a colleague is told", self.is_passed_on),
            ("some receipts leave", lambda: self.mail_leaves(3)),
            ("persons add their voices", self.persons_add_their_voices),
        ]
        taken_away: list[tuple[str, Callable[[], object]]] = [
            ("one withdraws", self.withdraws),
            ("one goes unnamed", self.goes_unnamed),
            ("an address is corrected", self.moves),
            ("a thief's answer is disowned", self.disowns),
            ("one unsubscribes", self.unsubscribes),
            ("one is silenced", self.is_silenced),
            ("one is erased", self.is_erased),
            ("an invitation comes back", self.bounces),
            ("mail leaves", self.mail_leaves),
            ("the silent are reminded", self.reminds),
            ("one signs late", self.signs_late),
            ("a person takes its voice back", self.takes_it_back),
            ("a person is only counted", self.is_only_counted),
            ("a person did not do it", self.did_not_do_it),
            ("a person has words refused", self.has_words_refused),
            ("a person is forgotten", self.is_forgotten),
        ]
        rng.shuffle(taken_away)
        late: list[tuple[str, Callable[[], object]]] = [
            ("the deadline passes", self.deadline_passes),
            ("the letter is sealed", lambda: self.clock_acts("close")),
            ("the letter is put", lambda: self.clock_acts("dispatch")),
            ("the letter leaves", lambda: self.mail_leaves(1)),
            ("it is reported", lambda: self.clock_acts("dispatch", "report")),
            ("half of the copies leave", lambda: self.mail_leaves(4)),
            ("everything has left", self.goes_on),
            ("a digest is drawn", self.digest_is_drawn),
            ("the digest leaves", self.mail_leaves),
        ]
        self.steps = [("launched", self.launches), *early, *people, *taken_away, *late]

    def play(self, first: int, last: int) -> None:
        """Play the steps `first` to `last`, both counted from 0, `last` left out."""
        for _, step in self.steps[first:last]:
            step()

    # What happens.

    def launches(self) -> None:
        rows = [PartnerRow(f"Org that {role}", "", "France", "", box(role), "en", "") for role in ROLES]
        with db.transaction() as session:
            definition = a_definition(rows, db.clock(session), review=timedelta(), members="named")
            self.campaign_id = launch_campaign(session, definition).id
        self.clock_acts("invite")

    def mail_leaves(self, most: int | None = None) -> None:
        self.clock_acts("invite", "record")
        self.relay.deliver(most)

    def most_answer(self) -> None:
        for role in ("signs", "withdraws", "goes unnamed", "moves", "unsubscribes", "is silenced"):
            self.answers(role, "sign", "public")
        self.answers("bounces", "sign", "public")
        self.answers("declines", "decline", None)
        self.answers("is erased", "decline", None)

    def is_passed_on(self) -> None:
        with db.transaction() as session:
            partner_id, generation = self.of(session, "is impersonated")
            to = Person("colleague@partner.example", "en")
            pass_on.pass_invitation_on(session, partner_id, to, link=Link(generation))

    def withdraws(self) -> None:
        self.answers("withdraws", "withdraw", None)

    def goes_unnamed(self) -> None:
        self.answers("goes unnamed", "sign", "counted")

    def moves(self) -> None:
        self._revoke("moves")
        with db.transaction() as session:
            correct_address.change_address(session, self.of(session, "moves")[0], "moved@partner.example")

    def disowns(self) -> None:
        self.answers("is impersonated", "sign", "public")
        self._revoke("is impersonated")
        with db.transaction() as session:
            partner_id, generation = self.of(session, "is impersonated")
            disown.disown_answer(session, partner_id, link=Link(generation))

    def unsubscribes(self) -> None:
        with db.transaction() as session:
            partner_id, generation = self.of(session, "unsubscribes")
            unsubscribe.unsubscribe_reader(session, partner_id, link=Link(generation))

    def is_silenced(self) -> None:
        with db.transaction() as session:
            unsubscribe.silence_partner(session, self.of(session, "is silenced")[0])

    def is_erased(self) -> None:
        self._revoke("is erased")
        with db.transaction() as session:
            erase.erase_partner(session, self.of(session, "is erased")[0])

    def bounces(self) -> None:
        with db.transaction() as session:
            partner_id, _ = self.of(session, "bounces")
            sent = select(Mail.id).where(Mail.partner_id == partner_id, Mail.sent_at.is_not(None))
            mail_id = session.scalars(sent.order_by(Mail.id)).first()
            assert mail_id is not None
            report = Bounce(mail_id, "hard", "5.1.1", "no such user", frozenset({tokens.fingerprint(box("bounces"))}))
            apply_report(session, report)

    def reminds(self) -> None:
        with db.transaction() as session:
            remind.remind_now(session, self.campaign_id)

    def signs_late(self) -> None:
        self.answers("signs late", "sign", "public")

    def persons_add_their_voices(self) -> None:
        for role in PERSONS:
            with db.transaction() as session:
                campaign = session.get_one(Campaign, self.campaign_id)
                said: dict[str, Any] = {"name": f"Person who {role}", "words": f"Words of who {role}"}
                said |= {"confirmed_at": None, "words_agreed_at": db.clock(session)}
                member = persons.adds_voice(session, campaign, email=box(role), **said)
            with db.transaction() as session:
                self.person(session, role, member.id).confirmed_at = db.clock(session)
            self.person_ids[role] = member.id

    def another_adds_its_voice(self) -> None:
        with db.transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            persons.adds_voice(session, campaign, email="late@partner.example", name="Person who comes late", words="")

    def digest_is_drawn(self) -> None:
        self.a_day_passes()
        self.clock_acts("digest")
        self.organizers_have_looked()

    def organizers_have_looked(self) -> None:
        """The hour is over in which they can look at a digest before it leaves."""
        with db.transaction() as session:
            waits = (Mail.kind == "digest", Mail.due_at.is_not(None))
            session.execute(update(Mail).where(*waits).values(due_at=db.clock(session)))

    def a_day_passes(self) -> None:
        """For mails to the addressee: the next may follow the last one that left."""
        self.organizers_have_looked()
        with db.transaction() as session:
            for mail in session.scalars(select(Mail).where(Mail.addressee_id.is_not(None), Mail.sent_at.is_not(None))):
                assert mail.sent_at is not None
                mail.sent_at -= timedelta(days=1)

    def letters(self) -> list[EmailMessage]:
        return [mail for mail in self.relay.mails(ADDRESSEE) if "List-Unsubscribe" not in mail]

    def digests(self) -> list[EmailMessage]:
        """What the addressee was told of persons, in the order in which it came."""
        return [mail for mail in self.relay.mails(ADDRESSEE) if "List-Unsubscribe" in mail]

    def takes_it_back(self) -> None:
        with db.transaction() as session:
            self.person(session, "takes it back").withdrawn_at = db.clock(session)

    def is_only_counted(self) -> None:
        with db.transaction() as session:
            self.person(session, "is only counted").appearance = "counted"

    def did_not_do_it(self) -> None:
        with db.transaction() as session:
            member = self.person(session, "did not do it")
            self.revoked.append(tokens.token(member))
            disown_anew(session, member, db.clock(session))

    def has_words_refused(self) -> None:
        with db.transaction() as session:
            self.person(session, "has words refused").words_refused_at = db.clock(session)

    def is_forgotten(self) -> None:
        with db.transaction() as session:
            member = self.person(session, "is forgotten")
            self.revoked.append(tokens.token(member))
            erase_members.erase_member(session, member.id)

    def person(self, session: Session, role: str, number: int | None = None) -> Member:
        return session.get_one(Member, number or self.person_ids[role])

    def persons(self) -> dict[str, Member]:
        """Who added its voice, by role, as far as the database has them."""
        with db.reading() as session:
            found = {role: session.get(Member, number) for role, number in self.person_ids.items()}
        return {role: one for role, one in found.items() if one is not None}

    def one_signs_again(self) -> None:
        """Whoever plays the first role signs, if its answer was lost."""
        if self.campaign().closed_at is None:
            self.answers("signs", "sign", "public")

    def deadline_passes(self) -> None:
        with db.transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            campaign.deadline_at = db.clock(session) - timedelta(seconds=1)

    def goes_on(self) -> None:
        """The clock and the relay do all that they do by themselves."""
        for _ in range(10):
            acts = self.clock_acts(*ACTS)
            if not self.relay.deliver() and not acts:
                return

    def clock_acts(self, *names: str) -> int:
        """Run what the sweep finds due, of these acts; returns how many that were."""
        due = [(name, campaign_id) for name, campaign_id in tasks.due_now() if name in names]
        for name, campaign_id in due:
            getattr(tasks, name)(campaign_id)  # as a worker calls it, which may refuse
        return len(due)

    # What can be asked.

    def answers(self, role: str, choice: str, visibility: str | None) -> None:
        with db.transaction() as session:
            partner_id, generation = self.of(session, role)
            given = AnswerInput(partner_id, choice, visibility, SAID, Link(generation))  # type: ignore[arg-type]
            [answered] = record_answers(session, [given])
            assert not isinstance(answered, Exception), (role, choice, answered)

    def of(self, session: Session, role: str) -> tuple[int, int]:
        """The number and the link's generation of who plays a role."""
        partners = select(Partner.id, Partner.generation).where(Partner.campaign_id == self.campaign_id)
        partner_id, generation = session.execute(partners.order_by(Partner.id)).all()[ROLES.index(role)]
        return partner_id, generation

    def _revoke(self, role: str) -> None:
        with db.reading() as session:
            partner = session.get_one(Partner, self.of(session, role)[0])
            self.revoked.append(tokens.token(partner))
            for contact in session.scalars(select(Contact).where(Contact.partner_id == partner.id)):
                self.revoked.append(tokens.token(contact))

    def has_come_to(self) -> tuple[int, ...]:
        """The highest numbers of answers, mails and audit events, and how often mail was taken to send."""
        with db.reading() as session:
            highest = [session.scalar(select(func.max(of.id))) or 0 for of in (Answer, Mail, AuditEvent)]
            return (*highest, session.scalar(select(Installation.drains)) or 0)

    def campaign(self) -> Campaign:
        with db.reading() as session:
            return session.get_one(Campaign, self.campaign_id)

    def partners(self) -> dict[str, Partner]:
        """Who plays which role, as the database has it."""
        with db.reading() as session:
            found = session.scalars(select(Partner).where(Partner.campaign_id == self.campaign_id).order_by(Partner.id))
            return dict(zip(ROLES, found, strict=True))

    def rows_that_count(self) -> tuple[int, ...]:
        """How many mails have left or were put, and how many seals there are: they stay while all stands still."""
        with db.reading() as session:
            return tuple(
                session.scalar(select(func.count()).select_from(of).where(*which)) or 0
                for of, which in (
                    (Mail, ()), (Mail, (Mail.sent_at.is_not(None),)), (Mail, (Mail.attempts > 0,)), (Seal, ()),
                    (Campaign, (Campaign.closed_at.is_not(None),)),
                )
            )  # fmt: skip
