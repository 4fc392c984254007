"""What a yes or no to organizations that ask to sign would do."""

from dataclasses import dataclass

from worker.models import Partner, ThirdPartyAddress
from worker.text import names
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


@dataclass(frozen=True)
class Asking:
    """Who asks to sign: as it would be printed, and who speaks for it. A no deletes both."""

    printed: str
    contact: str

    @classmethod
    def from_applicant(cls, applicant: ThirdPartyAddress) -> "Asking":
        return cls(names.signatory(applicant), f"{applicant.contact} <{applicant.email}>".strip())


def admit(asking: Asking, made: Partner | None, language: str = "en") -> Before:
    """`made`: the partner that it would be."""
    words = catalogue(language)
    lines = [words.gettext(O_("%(contact)s gets an invitation.")) % {"contact": asking.contact}]
    if made is not None and (printed := names.signatory(made)) != asking.printed:
        lines.append(words.gettext(O_("It is printed as %(printed)s.")) % {"printed": printed})
    title = words.gettext(O_("Invite %(partner)s to sign?")) % {"partner": asking.printed}
    return Before(title, lines, words.gettext(O_("Invite to sign")))


def refuse(asking: Asking, language: str = "en") -> Before:
    words = catalogue(language)
    said = O_("It gets no email. What it told us is deleted: its name, and %(contact)s.")
    title = words.gettext(O_("Refuse %(partner)s?")) % {"partner": asking.printed}
    return Before(title, [words.gettext(said) % {"contact": asking.contact}], words.gettext(O_("Refuse")))


def forget(wishes: int, mails: int, language: str = "en") -> Before:
    """`mails`: how many of those that ask for a confirmation had not been sent."""
    words = catalogue(language)
    counted = On_(
        "%(n)s request that nobody has confirmed is deleted.", "%(n)s requests that nobody has confirmed are deleted."
    )
    lines = [words.ngettext(*counted, wishes) % {"n": grouped(wishes, language)}]
    if mails:
        unsent = On_(
            "%(n)s email about them was not sent yet, and never is.",
            "%(n)s emails about them were not sent yet, and never are.",
        )
        lines.append(words.ngettext(*unsent, mails) % {"n": grouped(mails, language)})
    lines.append(
        words.gettext(
            O_(
                "Confirmed requests stay. An organization that still wants to sign can ask again a day after its "
                "request. It cannot be undone."
            )
        )
    )
    return Before(words.gettext(O_("Delete unconfirmed requests?")), lines, words.gettext(O_("Delete them")))
