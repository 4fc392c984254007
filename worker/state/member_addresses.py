"""Persons by their email addresses, which are read and never shown: one of them, all of one mail domain, or who gets
no mail.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, defer

from worker import tokens
from worker.models import Campaign, Contact, Member, Partner, Suppression
from worker.state.member_counts import domain_of
from worker.state.refusals import NoSuchMember
from worker.text import addresses

ENCRYPTED = (Member.name, Member.email, Member.country, Member.words)


@dataclass(frozen=True)
class OfDomain:
    """Who typed an address of one mail domain, and did not withdraw: by number, those whose voice stands, and others.

    `named`: how many of those that stand are to be named to the addressee; `told`: how many a mail to it may name.
    """

    standing: list[int]
    unconfirmed: list[int]
    named: int
    told: int

    @property
    def all(self) -> list[int]:
        """Whom an organizer withdraws who drops the domain."""
        return [*self.standing, *self.unconfirmed]


def find_member(session: Session, campaign: Campaign, email: str) -> Member | None:
    """The person with this address, whatever it adds to it behind a plus; null if there is none, or it was erased."""
    known = tokens.fingerprints(addresses.mailbox(email))
    of_it = select(Member).where(Member.campaign_id == campaign.id, Member.mailbox_hmac.in_(known))
    return session.scalars(of_it.options(*map(defer, ENCRYPTED))).first()


def get_member(session: Session, campaign: Campaign, email: str) -> Member:
    """The same where there has to be one: raises NoSuchMember."""
    member = find_member(session, campaign, email)
    if member is None:
        raise NoSuchMember
    return member


def may_be_written_to(session: Session, campaign: Campaign, email: str) -> bool:
    """Whether an address that somebody typed to add a voice gets mail of this kind at all.

    Not one whose mailbox is an addressee's, a partner's or a further contact's of this letter, however it is spelled
    here and there, nor of a domain that an organizer dropped, nor one from which mail came back.
    """
    its_mailbox = addresses.mailbox(email)
    if campaign.drops(email) or its_mailbox in {addresses.mailbox(one) for one in _already_there(session, campaign)}:
        return False
    of_it = {*tokens.fingerprints(email), *tokens.fingerprints(its_mailbox)}
    return not session.scalar(select(exists().where(Suppression.email_hmac.in_(of_it))))


def _already_there(session: Session, campaign: Campaign) -> Iterator[str]:
    """The addresses of who is written to, or asked: read, for a fingerprint of one does not find its variants."""
    yield from (one.email for letter in campaign.letters for one in letter.addressees)
    yield from session.scalars(select(Partner.email).where(Partner.campaign_id == campaign.id))
    yield from session.scalars(select(Contact.email).join(Partner).where(Partner.campaign_id == campaign.id))


def count_kept_out(session: Session, campaign: Campaign) -> int:
    """How many typed an address of a domain that was dropped, and wait for an organizer to let it in again."""
    if not campaign.dropped_domains:
        return 0
    waiting = select(Member.email).where(Member.campaign_id == campaign.id, Member.is_kept, *_NOBODY_CONFIRMED)
    return sum(campaign.drops(email) for email in session.scalars(waiting))


_NOBODY_CONFIRMED = (Member.confirmed_at.is_(None), Member.withdrawn_at.is_(None))


def load_of_domain(session: Session, campaign: Campaign, domain: str) -> OfDomain:
    """Whoever is reached through exactly this mail domain."""
    rows = select(Member.id, Member.confirmed_at, Member.appearance, Member.digest_id, Member.email).where(
        Member.campaign_id == campaign.id, Member.withdrawn_at.is_(None), Member.erased_at.is_(None)
    )
    wanted = domain.casefold()
    of_it = [row for row in session.execute(rows.order_by(Member.id)) if domain_of(row.email) == wanted]
    standing = [row for row in of_it if row.confirmed_at is not None]
    return OfDomain(
        standing=[row.id for row in standing],
        unconfirmed=[row.id for row in of_it if row.confirmed_at is None],
        named=sum(row.appearance == "named" for row in standing),
        told=sum(row.digest_id is not None for row in standing),
    )
