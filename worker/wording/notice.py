"""A notice for an addressee: who stepped back after the letter had left. An organizer reads it and sends it."""

from worker.models import Campaign
from worker.state.disclosures import Notice
from worker.text import dates
from worker.wording import templates
from worker.wording.letter import letter_subject, printed_rows, salutation


def as_text(campaign: Campaign, notice: Notice) -> str:
    """A mail in the letter's own language: to whom, a subject, and what it says."""
    language, addressee = campaign.authentic, notice.addressee
    words = templates.translations(language)
    withdrawn, unnamed = (printed_rows(campaign, those, language) for those in (notice.withdrawn, notice.unnamed))
    sent_at = campaign.dispatched_at or campaign.closed_at or campaign.deadline_at
    day = dates.date(sent_at, campaign.zone, language)
    said = [
        words.gettext("The following has changed since you received our joint letter “%(subject)s” of %(day)s:")
        % {"subject": letter_subject(campaign, language), "day": day}
    ]
    if withdrawn:
        sentence = words.gettext(
            "These organizations have withdrawn their signature. Please do not count them among the signatories, "
            "and do not pass on or publish their names:"
        )
        said.append("\n".join([sentence, *(f"- {row}" for row in withdrawn)]))
    if unnamed:
        sentence = words.gettext(
            "These organizations still sign the letter, but ask not to be named. "
            "Please do not pass on or publish their names:"
        )
        said.append("\n".join([sentence, *(f"- {row}" for row in unnamed)]))
    if notice.uncounted:
        said.append(
            words.ngettext(
                "%(number)d organization that the letter counts without its name has withdrawn its signature.",
                "%(number)d organizations that the letter counts without their names have withdrawn their signature.",
                notice.uncounted,
            )
            % {"number": notice.uncounted}
        )
    said.append(words.gettext("Please inform everyone who has received a copy from you."))
    to = f"{addressee.name} <{addressee.email}>" if addressee.email else addressee.name
    head = f"To: {to}\nSubject: " + words.gettext("A change in the signatories of our joint letter of %(day)s") % {
        "day": day
    }
    return "\n\n".join([head, salutation(campaign, addressee), *said, campaign.sender_in(language)]) + "\n"
