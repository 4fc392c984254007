"""Report: everyone who signed gets a copy of what was sent; the organizers hear what the server said."""

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.acts.invite import BATCH
from worker.mail import outbox
from worker.models import Contact, Mail, Partner
from worker.state.facts import load_facts
from worker.state.letters import load_seal_sent
from worker.state.recipients import OF_A_READER, has_answering_contact, has_no, select_answering_contacts
from worker.state.signatories import standing_signatures


def put_copies(session: Session, campaign_id: int) -> int:
    """Put a copy for partners that signed and have none; returns how many mails are new, BATCH copies at most.

    Whoever gets BATCH calls it again. The organizers' report comes with the last copies: without it the sweep goes
    on. Waits until the first addressee has the letter, by mail or by hand, and while held. Copies carry what that one
    got, in the public rendition, whatever visibility the reader chose; who wants no mail gets none.
    """
    campaign = db.locked(session, campaign_id, "shared")
    if campaign.dispatched_at is None or campaign.held_at is not None or campaign.panic_at is not None:
        return 0
    facts = load_facts(session, campaign)
    number = load_seal_sent(session, campaign, facts.letters)
    if number is None:
        return 0
    has_none = has_no(Mail.partner_id == Partner.id, Mail.kind == "copy", Mail.seal_number == number)
    signed = standing_signatures(*OF_A_READER, Partner.takes_mail.label("takes_mail"), campaign_id=campaign.id)
    somebody = (Partner.takes_mail | has_answering_contact()) & Partner.silenced_at.is_(None)
    signers = session.execute(signed.where(somebody, has_none).order_by(Partner.id).limit(BATCH)).all()
    dated_at = outbox.fact_moment(campaign.dispatched_at, facts.now)
    about, which = outbox.MailOptions(seal_number=number, dated_at=dated_at), f"seal-{number}"
    rows = [outbox.to_partner("copy", campaign, one, which, facts.now, **about) for one in signers if one.takes_mail]
    theirs = select_answering_contacts(Contact.partner_id.in_([one.id for one in signers]))
    rows += [outbox.to_contact("copy", campaign, one, which, facts.now, **about) for one in session.scalars(theirs)]
    copies = len(rows)
    if len(signers) < BATCH:
        rows.append(outbox.to_organizers("report", campaign, which, facts.now, **about))
    put = outbox.put(session, rows)
    if put and copies:
        audit.log(session, campaign, "clock", "copied", detail=copies, at=facts.now)
    return put
