"""A notice for an addressee: who stepped back after the letter had left. An organizer reads it and sends it."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import render
from worker.acts import departure, sheets, speaking
from worker.models import NAMELESS, Addressee, Answer, Campaign, Partner
from worker.state import signatories


@dataclass
class Notice:
    """What one addressee is to be told; the names are those that stand in its copy."""

    addressee: Addressee
    withdrawn: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    """Those that sign on, and ask to be named no more."""
    uncounted: int = 0
    """How many have withdrawn that its copy counts without naming them."""


def of(session: Session, campaign: Campaign) -> list[Notice]:
    """One for each addressee whose copy says more of somebody than its answer says now."""
    copies = departure.gone(session, campaign)
    if not copies:
        return []
    first = min(dated_at for _, dated_at in copies)
    stepped_back = select(Answer.partner_id).where(Answer.superseded_at >= first, Answer.choice == "sign")
    partners = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id, Partner.id.in_(stepped_back)))
    notices = {addressee.id: Notice(addressee) for addressee, _ in copies}
    for partner in signatories.in_order([one for one in partners if one.organization != NAMELESS]):
        standing = speaking.standing(session, partner.id)
        found = departure.of(session, campaign, partner, standing)
        row = render.signatory(partner, campaign.authentic, campaign.authentic)
        for addressee, _ in copies:
            one = notices[addressee.id]
            if addressee.name in found.naming and standing is not None and standing.signs:
                one.unnamed.append(row)
            elif addressee.name in found.naming:
                one.withdrawn.append(row)
            elif addressee.name in found.counting:
                one.uncounted += 1
    return [one for one in notices.values() if one.withdrawn or one.unnamed or one.uncounted]


def as_text(campaign: Campaign, notice: Notice) -> str:
    """A mail in the letter's own language: to whom, a subject, and what it says."""
    language, addressee = campaign.authentic, notice.addressee
    words = render.translations(language)
    sheet = sheets.of(campaign, signatories.Signatories([], withheld=0), language)
    sent_at = campaign.dispatched_at or campaign.closed_at or campaign.deadline_at
    day = render.date(sent_at, campaign.zone, language)
    said = [
        words.gettext("After our joint letter “%(subject)s” of %(day)s had reached you, this has changed:")
        % {"subject": sheet.subject, "day": day}
    ]
    if notice.withdrawn:
        sentence = words.gettext(
            "These organizations have withdrawn their signature. Please do not count them among the signatories, "
            "and do not pass on or publish their names:"
        )
        said.append("\n".join([sentence, *(f"- {row}" for row in notice.withdrawn)]))
    if notice.unnamed:
        sentence = words.gettext(
            "These organizations sign the letter still, and ask not to be named. "
            "Please do not pass on or publish their names:"
        )
        said.append("\n".join([sentence, *(f"- {row}" for row in notice.unnamed)]))
    if notice.uncounted:
        said.append(
            words.ngettext(
                "%(number)d organization that the letter counts without its name has withdrawn its signature.",
                "%(number)d organizations that the letter counts without their names have withdrawn their signature.",
                notice.uncounted,
            )
            % {"number": notice.uncounted}
        )
    said.append(words.gettext("Please tell whoever has received a copy from you."))
    to = f"{addressee.name} <{addressee.email}>" if addressee.email else addressee.name
    head = f"To: {to}\nSubject: " + words.gettext("A change in the signatories of our joint letter of %(day)s") % {
        "day": day
    }
    return "\n\n".join([head, sheets.salutation(campaign, addressee), *said, str(campaign.sender["name"])]) + "\n"
