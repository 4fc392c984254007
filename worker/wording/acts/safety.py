"""What holding the letter back would do."""

from worker.wording.acts import Before
from worker.wording.organizers import O_, catalogue


def hold_all_mail(language: str = "en") -> Before:
    """All mail but the organizers' own."""
    words = catalogue(language)
    lines = [
        words.gettext(O_("No email goes to partners, addressees or others, not even receipts. You still get yours.")),
        words.gettext(O_("Partners can still answer. An email that is being handed over now may still arrive.")),
    ]
    return Before(words.gettext(O_("Hold all email?")), lines, words.gettext(O_("Hold all email")))
