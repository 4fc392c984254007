"""Whatever partner, colleague, thief and organizer do one after the other: who hears of it, which links live, what
would be printed.

Hypothesis plays lives of one partner. Everybody acts by the mails that reached a mailbox, whoever reads it. What each
act must come to is written down beside it, and what must hold at any moment below.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import cast
from worker import db, tokens
from worker.acts import (
    answer,
    contacts,
    correct_address,
    correct_listing,
    disown,
    erase,
    invite,
    pass_on,
    receipts,
    unsubscribe,
)
from worker.acts.answer import AnswerInput, Statement
from worker.acts.correct_listing import Listing
from worker.acts.third_party_limits import Person
from worker.cli.demo.partner import LINK
from worker.mail.mime import Message, NothingToSay
from worker.models import Contact, Mail, Partner
from worker.state import links
from worker.state.links import Link
from worker.state.refusals import Refused
from worker.state.signatories import load_renditions
from worker.wording import mails

SAID = Statement(representative="Ada", role="Chair")
RANK = {"counted": 1, "addressee": 2, "public": 3}
BEFORE = {"acronym": "RW", "country": "USA"}


class Life(RuleBasedStateMachine):
    """One partner, and all who have a mail that was sent because of it."""

    number = 0

    @initialize()
    def is_asked(self) -> None:
        Life.number += 1
        with db.transaction() as session:
            campaign = cast.a_campaign(session, f"life-{Life.number}")
            self.campaign_id, self.partner_id = campaign.id, campaign.partners[0].id
            campaign.partners[0].email = f"office@life-{Life.number}.example"
            campaign.partners[0].email_hmac = tokens.fingerprint(campaign.partners[0].email)
            self.registered = campaign.partners[0].email
        self.mailboxes: dict[str, list[Message]] = defaultdict(list)
        self.heard = BEFORE["acronym"]
        self.listing, self.changes = dict(BEFORE), list[tuple[int | None, dict[str, str]]]()
        self.standing: tuple[str, str | None, int | None] | None = None
        self.added = self.numbered = 0
        self.closed = self.silenced = self.quiet = self.erased = False
        with db.transaction() as session:
            invite.enqueue_invitations(session, self.campaign_id)
        self.mail_leaves()

    # What people do by a mail that they have.

    @rule(whose=st.integers(0, 30), visibility=st.sampled_from(sorted(RANK)), leaves=st.booleans())
    def signs(self, whose: int, visibility: str, leaves: bool) -> None:
        if (link := self.living_link(whose)) is None:
            return
        before = RANK[self.standing[1] or ""] if self.standing and self.standing[0] == "sign" else 0
        same = self.standing is not None and self.standing[:2] == ("sign", visibility)
        taken = self.answers(link, "sign", visibility)
        rank = RANK[visibility]
        assert taken == (not (self.closed or self.silenced) or before > rank)
        if taken and not same:
            self.standing = ("sign", visibility, link.contact_id)
            self.is_told("signs", leaves, always=rank >= before)

    @rule(whose=st.integers(0, 30), choice=st.sampled_from(["decline", "withdraw", "change"]), leaves=st.booleans())
    def steps_back(self, whose: int, choice: str, leaves: bool) -> None:
        if (link := self.living_link(whose)) is None:
            return
        signed = self.standing is not None and self.standing[0] == "sign"
        same = self.standing is not None and self.standing[0] == choice
        taken = self.answers(link, choice, None)
        assert same or taken == (signed if choice == "withdraw" else not self.closed)
        if taken and not same:
            self.standing = (choice, None, link.contact_id)
            self.is_told("", leaves, always=False)

    @rule(whose=st.integers(0, 30), acronym=st.sampled_from(["SHAM", "HOAX"]), leaves=st.booleans())
    def is_to_be_printed_otherwise(self, whose: int, acronym: str, leaves: bool) -> None:
        if (link := self.living_link(whose)) is None or self.listing["acronym"] == acronym:
            return
        wanted = Listing("River Watch", acronym, self.listing["country"])
        taken = self.acts(lambda s: correct_listing.change_listing(s, self.partner_id, wanted, link=link))
        assert taken == (not self.closed and not self.silenced)
        if taken:
            self.changes.append((link.contact_id, dict(self.listing)))
            self.listing["acronym"] = acronym
            if acronym != self.heard:
                self.is_told(acronym, leaves, always=True)
            elif leaves:
                self.mail_leaves()  # it has changed back before anybody was told, so there is nothing to tell

    @rule(whose=st.integers(0, 30), leaves=st.booleans())
    def passes_it_on(self, whose: int, leaves: bool) -> None:
        if (link := self.living_link(whose)) is None or self.added >= 3:
            return
        to = Person(f"person-{self.added}@life-{Life.number}.example", "en")
        taken = self.acts(lambda s: pass_on.pass_invitation_on(s, self.partner_id, to, link=link))
        assert taken == (not self.closed and not self.silenced)
        if taken:
            self.added += 1
            self.is_told("passed the invitation on", leaves, always=True)

    @rule(whose=st.integers(0, 30))
    def presses_unsubscribe(self, whose: int) -> None:
        if (link := self.living_link(whose)) is None:
            return
        assert self.acts(lambda s: unsubscribe.unsubscribe_reader(s, self.partner_id, link=link))
        self.quiet = self.quiet or link.contact_id is None

    @rule(whose=st.integers(0, 30))
    def says_it_was_not_us(self, whose: int) -> None:
        if (link := self.living_link(whose)) is None:
            return
        standing, tokens_before = self.standing, self.living_tokens()
        suspects = self.suspects(link)
        taken = self.acts(lambda s: disown.disown_answer(s, self.partner_id, link=link))
        if not taken:
            assert self.closed or standing is None
            return
        assert not tokens_before & self.living_tokens(), "every link that was sent before is dead"
        self.standing, self.quiet = None, False
        undone = [
            place for place, (contact_id, _) in enumerate(self.changes) if suspects is None or contact_id in suspects
        ]
        if undone:
            self.listing = self.changes[undone[0]][1]
            del self.changes[undone[0] :]
        self.mail_leaves()
        if not self.closed and not self.silenced:
            assert self.living_in(self.registered), "the registered contact has a new link"

    # What organizers do.

    @rule()
    def its_address_is_corrected(self) -> None:
        if self.erased:
            return
        kept = self.tokens_of("organizer")
        before = self.living_tokens()
        self.registered = f"right-{self.next_one()}@life-{Life.number}.example"
        assert self.acts(lambda s: correct_address.change_address(s, self.partner_id, self.registered))
        assert before & self.living_tokens() <= kept, "the links of before are dead"
        self.quiet = False
        if self.changes:
            self.listing = self.changes[0][1]
            self.changes.clear()

    @rule()
    def one_more_is_added(self) -> None:
        email = f"colleague-{self.next_one()}@life-{Life.number}.example"
        self.acts(lambda s: contacts.add_contact(s, self.partner_id, email, language="fr"))

    @rule(which=st.integers(0, 5))
    def a_link_is_ended(self, which: int) -> None:
        with db.reading() as session:
            living = contacts.load_living(session, self.partner_id)
        if living:
            chosen = living[which % len(living)].id
            assert self.acts(lambda s: contacts.end_contact(s, self.partner_id, chosen))
            assert not {link for _, link in self.living_tokens() if link.contact_id == chosen}

    @rule(on=st.booleans())
    def organizers_silence_it(self, on: bool) -> None:
        do = unsubscribe.silence_partner if on else unsubscribe.allow_mail
        self.acts(lambda s: do(s, self.partner_id))
        self.silenced, self.quiet = on, self.quiet and on

    @precondition(lambda self: not self.closed)
    @rule()
    def the_list_is_closed(self) -> None:
        with db.transaction() as session:
            cast.passes_its_deadline(session, session.get_one(Partner, self.partner_id).campaign)
        self.closed = True

    @rule()
    def mail_leaves(self) -> None:
        """Every mail that waits is worded, as it is just before it is handed over."""
        with db.transaction() as session:
            receipts.put_receipts(session, self.campaign_id)
            waiting = select(Mail).where(Mail.partner_id == self.partner_id, Mail.due_at.is_not(None))
            for mail in session.scalars(waiting.order_by(Mail.id)).all():
                mail.due_at = None
                try:
                    message = mails.word_mail(session, mail)
                except NothingToSay:
                    mail.cancelled_at = db.clock(session)
                else:
                    mail.sent_at = db.clock(session)
                    self.mailboxes[message.to].append(message)
        self.heard = self.listing["acronym"]

    @precondition(lambda self: not self.erased)
    @rule()
    def is_erased(self) -> None:
        if self.acts(lambda s: erase.erase_partner(s, self.partner_id)):
            self.erased = True
            assert not self.living_tokens()

    # What holds at any moment.

    @invariant()
    def nobody_reads_a_living_link_but_whose_it_is(self) -> None:
        with db.reading() as session:
            partner = session.get(Partner, self.partner_id) if hasattr(self, "partner_id") else None
            if partner is None:
                return
            for mailbox, link in self.living_tokens():
                owner = session.get_one(Contact, link.contact_id) if link.contact_id is not None else partner
                assert mailbox == owner.email

    @invariant()
    def what_would_be_printed_is_what_was_last_said(self) -> None:
        if not hasattr(self, "partner_id") or self.erased:
            return
        with db.reading() as session:
            partner = session.get_one(Partner, self.partner_id)
            printed = load_renditions(session, partner.campaign)
            named = {rendition: bool(found.named) for rendition, found in printed.items()}
            visibility = self.standing[1] if self.standing and self.standing[0] == "sign" else None
            assert named == {"public": visibility == "public", "addressee": visibility in {"public", "addressee"}}
            assert printed["public"].count == (visibility is not None)
            assert {"acronym": partner.acronym, "country": partner.country} == self.listing

    # How it is done.

    def next_one(self) -> int:
        self.numbered += 1
        return self.numbered

    def acts(self, act: Callable[[Session], Any]) -> bool:
        """Do it as a page or a command does; whether it was taken."""
        try:
            with db.transaction() as session:
                act(session)
        except Refused:
            return False
        return True

    def answers(self, link: Link, choice: Any, visibility: Any) -> bool:
        with db.transaction() as session:
            given = AnswerInput(
                self.partner_id, choice, visibility, SAID if choice == "sign" else Statement(reason="no"), link
            )
            (result,) = answer.record_answers(session, [given])
        return not isinstance(result, Refused)

    def is_told(self, words: str, leaves: bool, *, always: bool) -> None:
        """The registered contact hears of it, where it must; and not where it wishes for silence and need not."""
        if not leaves:
            return
        before = len(self.mailboxes[self.registered])
        self.mail_leaves()
        new = [
            message for message in self.mailboxes[self.registered][before:] if words in " ".join(message.text.split())
        ]
        if self.silenced or self.erased:
            assert not new
        elif always or not self.quiet:
            assert new

    def sent_tokens(self) -> set[tuple[str, str]]:
        return {
            (mailbox, token.rpartition("/")[2])
            for mailbox, messages in self.mailboxes.items()
            for message in messages
            for token in LINK.findall(message.text)
        }

    def living_tokens(self) -> set[tuple[str, Link]]:
        """Whose mailbox holds which living link."""
        if not hasattr(self, "mailboxes"):
            return set()
        sent = sorted(self.sent_tokens())
        holders = links.find_partners([tokens.read_token(token) for _, token in sent])
        return {
            (mailbox, one.link)
            for (mailbox, _), one in zip(sent, holders, strict=True)
            if isinstance(one, links.Holder)
        }

    def living_in(self, mailbox: str) -> set[Link]:
        return {link for owner, link in self.living_tokens() if owner == mailbox}

    def living_link(self, whose: int) -> Link | None:
        """One of the links that live, the registered contact's among them, chosen by a number."""
        living = sorted({link for _, link in self.living_tokens()}, key=lambda link: link.contact_id or 0)
        return living[whose % len(living)] if living else None

    def tokens_of(self, added_by: str) -> set[tuple[str, Link]]:
        with db.reading() as session:
            chosen = {one.id for one in contacts.load_living(session, self.partner_id) if one.added_by == added_by}
        return {(mailbox, link) for mailbox, link in self.living_tokens() if link.contact_id in chosen}

    def suspects(self, link: Link) -> set[int | None] | None:
        """By whose links the listing is undone; null for all."""
        if self.standing is None or link.contact_id is not None:
            return None
        others: set[int | None] = {contact_id for contact_id, _ in self.changes if contact_id is not None}
        return others if self.standing[2] is not None else others | {None}


def test_whatever_is_done_one_after_the_other_nobody_acts_unheard(database: str) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Life, settings=settings(max_examples=25, stateful_step_count=14, deadline=None, suppress_health_check=checks)
    )
