"""What is wrong with a field of a form, as a sentence: once, for every page and for the commands."""

from collections.abc import Mapping

from worker.state.refusals import Refused
from worker.text.languages import N_
from worker.wording import refusals, templates


def sentences(problems: Mapping[str, str | Refused], language: str) -> dict[str, str]:
    """The sentence for each field, by the code that was found, or by the act's refusal that concerns the field."""
    return {
        field: refusals.sentence(why, language, "partner") if isinstance(why, Refused) else sentence(why, language)
        for field, why in problems.items()
    }


def sentence(code: str, language: str = "en") -> str:
    """One sentence in the reader's language. Raises KeyError for a code that nobody has registered."""
    return templates.translations(language).gettext(_SENTENCES[code])


_TOO_LONG = N_("This text is too long. Please shorten it.")
_UNFIT = N_("There is an invisible or unusual character in it. Please type it anew.")
_SENTENCES = {
    "link missing": N_("Please choose which link is to end."),
    "choice missing": N_("Please choose your answer."),
    "visibility missing": N_("Please choose how your organization signs."),
    "representative missing": N_("Please write your name."),
    "role missing": N_("Please write your role in the organization."),
    "authorised missing": N_("Please tick that you are authorised to sign."),
    "wish missing": N_("Please write what should change."),
    "mail code missing": N_("Please type the six digits of the mail code."),
    "mail code wrong": N_("This is not the mail code of your mail. Please compare the six digits."),
    "mail code spent": N_("The six digits are no longer taken here. Please type the long code."),
    "long code wrong": N_("This is not the long code of your mail. Please compare the 16 digits."),
    "name missing": N_("Please write a name in letters."),
    "address wrong": N_("Please write a mail address, such as office@name.example."),
    "language unknown": N_("The letter does not exist in this language."),
    "unprintable": N_(
        "There is a character in it that the letter cannot print. Please write the name in Latin or Khmer letters."
    ),
    "too long": _TOO_LONG,
    "representative too long": _TOO_LONG,
    "role too long": _TOO_LONG,
    "unfit": _UNFIT,
    "representative unfit": _UNFIT,
    "role unfit": _UNFIT,
}
