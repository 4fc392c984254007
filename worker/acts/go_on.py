"""Let a database that was put back from a backup go on, once a person has looked at what it says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from worker import db, installation, tokens
from worker.acts import answer, audit, login
from worker.acts.after_member_left import void_what_counts
from worker.acts.answer import AnswerInput, Statement
from worker.acts.apply_journal import AppliedJournal, count_as_of_next_link, replay_journal
from worker.acts.ask_again import ask_for_lost_answers
from worker.acts.contacts import end_contact
from worker.acts.extend import move_deadline
from worker.acts.unsubscribe import silence_partner
from worker.acts.voices_since_backup import disown_anew
from worker.mail import outbox
from worker.models import Approval, Campaign, Contact, Installation, Mail, Member, Partner, ThirdPartyAddress
from worker.state.answers import standing_answer
from worker.state.facts import load_facts
from worker.state.since_backup import may_have_left
from worker.text import similar_names
from worker.text.addresses import mailbox


@dataclass(frozen=True)
class WentOn:
    """Campaigns whose letter waits for a person; how many links were renewed, readers get no mail, and partners are
    asked again; and what the journal knew.
    """

    letters_in_doubt: list[int]
    links: int
    silenced: int
    asked_again: int
    journal: AppliedJournal


def let_everything_go_on(
    session: Session,
    *,
    renew_links: bool,
    opted_out: Collection[str] = (),
    withdrew: Collection[str] = (),
    deadlines: Mapping[int, datetime] | None = None,
    ask_lost: bool = False,
    journal_lost: bool = False,
    only_look: bool = False,
) -> WentOn:
    """Let everything go on, each campaign locked: nothing is sent twice that cannot be taken back.

    What the journal says was taken away since is taken away again. A letter that may have left waits for a person.
    `opted_out`: email addresses and names of organizations to which no mail goes any more; `withdrew`: of those that
    do not sign any more; `deadlines`: new ones by campaign, also where one has passed; `ask_lost`: whether partners
    whose answers were lost are asked again by mail; `journal_lost`: the journal is older than what was lost. With
    `only_look` the database stands still afterwards, too. Needs a transaction that is right even while it does. Raises
    NotLater.
    """
    campaigns = [db.locked(session, number) for number in session.scalars(select(Campaign.id).order_by(Campaign.id))]
    now = db.clock(session)
    backup_of = session.scalar(select(Installation.backup_of))
    for campaign in campaigns:
        if deadline := (deadlines or {}).get(campaign.id):
            move_deadline(session, campaign.id, deadline, even_passed=True)
    applied = replay_journal(session, backup_of, counts_as_lost=journal_lost)
    for entry in withdrew:
        _withdraw(session, entry)
    silenced = sum(_silence(session, entry, now) for entry in opted_out)
    links = sum(_renew_links(session, campaign, now) for campaign in campaigns) if renew_links else 0
    in_doubt = list[int]()
    for campaign in campaigns:
        if may_have_left(load_facts(session, campaign), even_while_open=campaign.id in applied.letters):
            campaign.doubted_at = now
            outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter", at=now)
            in_doubt.append(campaign.id)
        audit.log(session, campaign, "organizer", "restored", at=now)
    login.end_everything(session)
    session.execute(update(Approval).where(Approval.decided_at.is_(None)).values(decided_at=now))
    session.flush()
    asked = ask_for_lost_answers(session, applied.lost_answers, backup_of or now) if ask_lost else 0
    if not only_look:
        installation.go_on(session)
    return WentOn(in_doubt, links, silenced, asked, applied)


def is_known(session: Session, entry: str) -> bool:
    """Whether an email address or an organization's name is that of anybody to whom mail could go."""
    found = (_partners, _contacts, _applicants, _members)
    return any(of_whom(session, entry) for of_whom in found)


def _withdraw(session: Session, entry: str) -> None:
    """Take back the signatures, and the voices, of who has this address or name."""
    of_contacts = [session.get_one(Partner, one.partner_id) for one in _contacts(session, entry)]
    for partner in dict.fromkeys([*_partners(session, entry), *of_contacts]):
        standing = standing_answer(session, partner.id)
        if standing is not None and standing.signs:
            said = Statement(language=partner.language, channel="by hand")
            answer.record_answers(session, [AnswerInput(partner.id, "withdraw", None, said)])
    for member in _members(session, entry):
        if member.stands:
            member.withdrawn_at = db.clock(session)
            void_what_counts(session, member.campaign, [member], member.withdrawn_at)


def _silence(session: Session, entry: str, now: datetime) -> int:
    """Send nothing any more to who has this address or name; returns how many that were."""
    partners = [one for one in _partners(session, entry) if one.erased_at is None]
    contacts = [one for one in _contacts(session, entry) if one.ended_at is None]
    applicants, members = _applicants(session, entry), _members(session, entry)
    for partner in partners:
        silence_partner(session, partner.id)
    for contact in contacts:
        end_contact(session, contact.partner_id, contact.id)
    for applicant in applicants:
        applicant.forget()
        applicant.decided_at = applicant.decided_at or now
        outbox.cancel(session, Mail.id == applicant.mail_id, at=now)
    for member in members:
        stood = member.stands
        disown_anew(session, member, now)
        if stood:
            void_what_counts(session, member.campaign, [member], now)
    return len(partners) + len(contacts) + len(applicants) + len(members)


def _partners(session: Session, entry: str) -> list[Partner]:
    if "@" in entry:
        return list(session.scalars(select(Partner).where(Partner.email_hmac.in_(tokens.fingerprints(entry)))))
    wanted = similar_names.same_name(entry)
    called = [
        (one, (one.organization, one.acronym, f"{one.organization} ({one.acronym})"))  # the last as `status` prints it
        for one in session.scalars(select(Partner))
    ]
    return [one for one, names in called if wanted in {similar_names.same_name(name) for name in names if name}]


def _contacts(session: Session, entry: str) -> list[Contact]:
    by_address = select(Contact).where(Contact.email_hmac.in_(tokens.fingerprints(entry)))
    return list(session.scalars(by_address)) if "@" in entry else []


def _applicants(session: Session, entry: str) -> list[ThirdPartyAddress]:
    by_address = select(ThirdPartyAddress).where(ThirdPartyAddress.email_hmac.in_(tokens.fingerprints(entry)))
    return list(session.scalars(by_address)) if "@" in entry else []


def _members(session: Session, entry: str) -> list[Member]:
    """Persons who add their voices, by any address of their mailbox."""
    hmacs = tokens.fingerprints(entry), tokens.fingerprints(mailbox(entry))
    by_address = select(Member).where(or_(Member.email_hmac.in_(hmacs[0]), Member.mailbox_hmac.in_(hmacs[1])))
    return list(session.scalars(by_address.where(Member.disowned_at.is_(None)))) if "@" in entry else []


def _renew_links(session: Session, campaign: Campaign, now: datetime) -> int:
    """Revoke every link of a campaign, for some were revoked since; returns how many. What waits brings new ones.

    The addresses are the same, so whoever was asked is one who was asked.
    """
    partners = [one for one in campaign.partners if one.erased_at is None and one.is_in_list]
    living = select(Contact).join(Partner).where(Partner.campaign_id == campaign.id, Contact.ended_at.is_(None))
    contacts = session.scalars(living).all()
    for partner in partners:
        count_as_of_next_link(session, partner, partner.generation)
        partner.renew_link()
    for contact in contacts:
        count_as_of_next_link(session, contact, contact.generation)
        contact.generation += 1
    strangers = session.scalars(select(ThirdPartyAddress).where(ThirdPartyAddress.campaign_id == campaign.id)).all()
    for stranger in strangers:
        stranger.ref = tokens.new_ref()
    members = _renew_links_of_members(session, campaign)
    return len(partners) + len(contacts) + len(strangers) + members


def _renew_links_of_members(session: Session, campaign: Campaign) -> int:
    """They may be thousands; who types its address again is mailed the new link."""
    waiting = update(Mail).where(Mail.campaign_id == campaign.id, Mail.member_id.is_not(None), Mail.due_at.is_not(None))
    session.execute(waiting.values(generation=Mail.generation + 1).execution_options(synchronize_session=False))
    living = Member.campaign_id == campaign.id, Member.erased_at.is_(None), Member.disowned_at.is_(None)
    renewed = update(Member).where(*living).values(generation=Member.generation + 1, wrong_codes=0)
    renewed = renewed.execution_options(synchronize_session="fetch")
    return len(session.scalars(renewed.returning(Member.id)).all())
