"""Where things stand: per campaign, per partner and per letter, as rows say it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.mail import kinds
from worker.mail.holds import ABOUT_MEMBERS
from worker.models import REDACTED, Actor, Answer, Campaign, Contact, Mail, MailResponse, Partner, Reply
from worker.state import mail_status, recipients, signatories
from worker.state.answers import earlier_answer, earlier_answers, load_standing, standing_answer
from worker.state.approvals import load_open
from worker.state.blockers import blockers_to_tell, organizer_state
from worker.state.contacts import load_contacts, load_contacts_of
from worker.state.counts import Stand, count
from worker.state.disclosures import load_notices
from worker.state.facts import load_facts
from worker.state.held import count_held_mails
from worker.state.joining import NOBODY, load_joining
from worker.state.mail_status import Circumstances, MailState, MailStatus, mail_state
from worker.state.member_status import load_member_status
from worker.state.overdue import load_due_acts
from worker.state.overview import LetterStatus, Overview, count_mails, is_partly, load_addressees
from worker.state.progress import load_progress
from worker.state.replies import load_replies
from worker.state.responses import load_responses, load_responses_to
from worker.state.undo import load_undoable
from worker.text import similar_names


@dataclass(frozen=True)
class ContactStatus:
    """Somebody else who may answer for a partner; `number` is its place among them, ended ones included, from 1.

    `mail`: how the last one to it stands, which a report may say has not arrived; `quiet`: since when it wants none.
    """

    number: int
    added_by: Actor
    added: datetime
    language: str
    ended: datetime | None
    quiet: datetime | None
    mail: MailStatus | None


@dataclass(frozen=True)
class PartnerStatus:
    """One organization. What is said of its mails is said of those to its registered contact.

    `number` is its own for good, and by it a command tells it from its `namesake`: another that has the same name.
    `asked`: when a server took its invitation, null if it came back; `invitation`: how the latest one stands;
    `unreached`: why no mail reaches it; `may_not_have_arrived`: whether a report says so of the last mail to it;
    `responses`: what was answered to its mails otherwise than by its page; `quiet`: since when it wants none, as its
    link said; `silenced`: since when an organizer sends it nothing at all; `contacts`: who else may answer for it;
    `through`: the number of the contact by whose link the standing answer came, null for any other way; `disowned`:
    when it said that an answer was not its own; `carried`: when an organizer took its invitation there; `passed_on`:
    when it last passed it on. Of a wish for a change, `passage` and `reason` say what should be how. `proposed` is the
    name that it asks for, by language ("" is the letter's own); `earlier` is what it answered to a letter that meant
    something else. Without `takes_six_digits` too many wrong mail codes were typed at its links, and only the long
    code is taken.
    """

    number: int
    organization: str
    acronym: str
    country: str
    language: str
    namesake: bool
    proposed: dict[str, str] | None
    invitation: str
    asked: datetime | None
    reminded: list[datetime]
    reply: str | None
    unreached: MailState | None
    may_not_have_arrived: bool
    quiet: datetime | None
    silenced: datetime | None
    erased: datetime | None
    answer: str | None
    visibility: str | None
    answered: datetime | None
    channel: str | None
    through: int | None
    passage: str | None
    reason: str | None
    note: str | None
    mails: list[MailStatus]
    responses: list[MailResponse]
    contacts: list[ContactStatus]
    disowned: datetime | None
    carried: datetime | None
    passed_on: datetime | None
    earlier: str | None
    takes_six_digits: bool

    @property
    def called(self) -> str:
        """How a command calls it, so that no other is meant."""
        return f"#{self.number}" if self.namesake else self.organization


@dataclass(frozen=True)
class CampaignStatus(Overview):
    """All that `status` shows of a campaign: no codes, and no addresses but in what somebody answered by mail."""

    partners: list[PartnerStatus]
    replies: Sequence[Reply]
    """What addressees replied to the letter, as organizers noted it."""


def load_status(session: Session, campaign: Campaign) -> CampaignStatus:
    """Read where a campaign stands, in as many statements for ten thousand partners as for ten."""
    facts = load_facts(session, campaign)
    of_it = Mail.campaign_id == campaign.id
    mails = session.scalars(select(Mail).where(of_it, Mail.kind.not_in(_ONLY_COUNTED)).order_by(Mail.id)).all()
    around = mail_status.load_circumstances(session, campaign, facts.now)
    asked = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id, Partner.is_in_list)).all()
    responses = load_responses(session, [campaign.id])
    partners = _partners(session, campaign, signatories.in_order(asked), mails, responses, around)
    persons = load_member_status(session, [campaign], {campaign.id: facts.letters})[campaign.id]
    return CampaignStatus(
        campaign=campaign,
        now=facts.now,
        state=organizer_state(facts),
        partly=is_partly(facts),
        due=load_due_acts(session, [facts]).get(campaign.id),
        voices=persons.counts,
        undo=load_undoable(session, [campaign.id], facts.now).get(campaign.id),
        seal=facts.seal,
        blockers=blockers_to_tell(facts),
        notices=len(load_notices(session, campaign, facts.letters)) if campaign.closed_at else 0,
        relay=around.relay,
        progress=load_progress(session, [campaign.id], around.relay).get(campaign.id),
        counts=count(Counter(map(_stand, partners)), facts.named_publicly),
        applicants=recipients.load_applicants(session, campaign),
        joining=load_joining(session, [campaign.id], facts.now).get(campaign.id, NOBODY),
        addressees=load_addressees(session, [facts]).get(campaign.id, []),
        letters=[LetterStatus.from_mail(mail, responses.get(mail.id, [])) for mail in facts.letters],
        mails=_count_mails(mails) | count_mails(session, of_it, Mail.kind.in_(_ONLY_COUNTED)).get(campaign.id, {}),
        members=persons,
        held_mails=count_held_mails(session, [campaign]).get(campaign.id, 0),
        others_returned=sum(bool(one.bounced_at or one.reported_at) for one in mails if not one.is_to_others),
        requests=load_open(session, [campaign.id], facts.now).get(campaign.id, []),
        partners=partners,
        replies=load_replies(session, campaign) if campaign.closed_at else [],
    )


# To persons or about them: there may be ten thousand, and nothing is said of each.
_ONLY_COUNTED = (*kinds.names(lambda kind: kind.audience == "member"), *ABOUT_MEMBERS)


def load_status_of(session: Session, partner: Partner, now: datetime) -> PartnerStatus:
    """The same of one partner; of no other is anything loaded, nor is it told from a namesake."""
    mails = mail_status.load_mails_to(session, partner)
    contacts = load_contacts_of(session, partner)
    return _partner(
        partner,
        [mail for mail in mails if mail.contact_id is None],
        standing_answer(session, partner.id),
        earlier_answer(session, partner),
        contacts,
        [[mail for mail in mails if mail.contact_id == one.id] for one in contacts],
        load_responses_to(session, partner),
        mail_status.load_circumstances(session, partner.campaign, now),
        namesake=False,
    )


@dataclass(frozen=True)
class Unreached:
    """Numbers of partners, each counted once: no mail reaches them; nobody knows whether one did; it may not have."""

    lost: int
    unknown: int
    in_doubt: int


def count_unreached(session: Session, campaign: Campaign) -> Unreached:
    """What the organizers are told of what did not arrive."""
    partners = load_status(session, campaign).partners
    uncertain = [any(mail.state == "uncertain" and mail.next is None for mail in one.mails) for one in partners]
    unknown = sum(doubt and one.unreached is None for doubt, one in zip(uncertain, partners, strict=True))
    return Unreached(
        lost=sum(one.unreached is not None for one in partners),
        unknown=unknown,
        in_doubt=sum(one.may_not_have_arrived and not doubt for doubt, one in zip(uncertain, partners, strict=True)),
    )


def _stand(partner: PartnerStatus) -> Stand:
    by_hand = partner.invitation == "no address"
    return Stand(partner.answer, partner.asked is not None, partner.unreached, by_hand, partner.may_not_have_arrived)


def _partners(
    session: Session,
    campaign: Campaign,
    partners: Sequence[Partner],
    mails: Sequence[Mail],
    responses: Mapping[int, Sequence[MailResponse]],
    around: Circumstances,
) -> list[PartnerStatus]:
    by_reader: dict[tuple[int | None, int | None], list[Mail]] = {}
    for mail in mails:
        by_reader.setdefault((mail.partner_id, mail.contact_id), []).append(mail)
    times = Counter(similar_names.same_name(partner.organization) for partner in partners)
    contacts = load_contacts(session, campaign)
    standing = load_standing(session, campaign)
    earlier = earlier_answers(session, campaign)
    return [
        _partner(
            partner,
            by_reader.get((partner.id, None), []),
            standing.get(partner.id),
            earlier.get(partner.id),
            contacts.get(partner.id, []),
            [by_reader.get((partner.id, one.id), []) for one in contacts.get(partner.id, [])],
            responses,
            around,
            namesake=times[similar_names.same_name(partner.organization)] > 1 and partner.organization != REDACTED,
        )
        for partner in partners
    ]


def _partner(
    partner: Partner,
    mails: list[Mail],
    answer: Answer | None,
    earlier: Answer | None,
    contacts: Sequence[Contact],
    to_contacts: Sequence[Sequence[Mail]],
    responses: Mapping[int, Sequence[MailResponse]],
    around: Circumstances,
    *,
    namesake: bool,
) -> PartnerStatus:
    found = mail_status.partner_mails(partner, mails, answer, around)
    invitation = next((mail for mail in reversed(mails) if mail.kind == "invitation"), None)
    asked = invitation is not None and mail_status.arrived(invitation, partner, whenever=answer is not None)
    return PartnerStatus(
        number=partner.id,
        organization=partner.organization,
        acronym=partner.acronym,
        country=partner.country,
        language=partner.language,
        namesake=namesake,
        proposed=partner.proposed,
        invitation=_invitation(partner, found),
        asked=invitation.sent_at if invitation and asked else None,
        reminded=[mail.sent_at for mail in mails if mail.kind == "reminder" and mail.sent_at],
        reply=invitation.reply if invitation else None,
        unreached=mail_status.unreached(partner, mails, around),
        may_not_have_arrived=mail_status.in_doubt(partner, mails, answer, around),
        quiet=partner.quiet_at,
        silenced=partner.silenced_at,
        erased=partner.erased_at,
        answer=answer.choice if answer else None,
        visibility=answer.visibility if answer else None,
        answered=answer.at if answer else None,
        channel=answer.channel if answer else None,
        through=_number_of(answer.contact_id, contacts) if answer else None,
        passage=(answer.passage or None) if answer else None,
        reason=(answer.reason or None) if answer else None,
        note=(answer.note or None) if answer else None,
        mails=found,
        responses=[one for mail in [*mails, *chain(*to_contacts)] for one in responses.get(mail.id, [])],
        contacts=[
            _contact(number, contact, its, around)
            for number, (contact, its) in enumerate(zip(contacts, to_contacts, strict=True), 1)
        ],
        disowned=partner.disowned_at,
        carried=partner.handed_out_at,
        passed_on=partner.passed_on_at,
        earlier=earlier.choice if earlier and not answer else None,
        takes_six_digits=partner.takes_six_digits,
    )


def _contact(number: int, contact: Contact, mails: Sequence[Mail], around: Circumstances) -> ContactStatus:
    return ContactStatus(
        number=number,
        added_by=contact.added_by,
        added=contact.added_at,
        language=contact.language,
        ended=contact.ended_at,
        quiet=contact.quiet_at,
        mail=mail_status.contact_mail(mails, around),
    )


def _number_of(contact_id: int | None, contacts: Sequence[Contact]) -> int | None:
    return next((number for number, one in enumerate(contacts, 1) if one.id == contact_id), None)


def _invitation(partner: Partner, found: list[MailStatus]) -> str:
    """How the latest invitation stands."""
    states = [status.state for status in found if status.kind == "invitation"]
    if states:
        return states[-1]
    return "no address" if partner.email_hmac is None else "not asked"


def _count_mails(mails: Sequence[Mail]) -> dict[str, dict[MailState, int]]:
    counted: dict[str, dict[MailState, int]] = {}
    for mail in mails:
        states = counted.setdefault(mail.kind, {})
        states[mail_state(mail)] = states.get(mail_state(mail), 0) + 1
    return counted
