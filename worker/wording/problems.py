"""What is wrong with a field of a form, as a sentence: once, for every page and for the commands."""

from collections.abc import Mapping

from worker import render
from worker.state.refusals import Refused
from worker.wording import refusals


def sentences(problems: Mapping[str, str | Refused], language: str) -> dict[str, str]:
    """The sentence for each field, by the code that was found, or by the act's refusal that concerns the field."""
    return {
        field: refusals.sentence(why, language, "partner") if isinstance(why, Refused) else sentence(why, language)
        for field, why in problems.items()
    }


def sentence(code: str, language: str = "en") -> str:
    """One sentence in the reader's language. Raises KeyError for a code that nobody has registered."""
    return render.translations(language).gettext(_SENTENCES[code])


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


_TOO_LONG = _("This text is too long. Please shorten it.")
_UNFIT = _("There is an invisible or unusual character in it. Please type it anew.")
_SENTENCES = {
    "choice missing": _("Please choose your answer."),
    "visibility missing": _("Please choose how your organization signs."),
    "representative missing": _("Please write your name."),
    "role missing": _("Please write your role in the organization."),
    "authorised missing": _("Please tick that you are authorised to sign."),
    "wish missing": _("Please write what should change."),
    "mail code missing": _("Please type the six digits of the mail code."),
    "mail code wrong": _("This is not the mail code of your mail. Please compare the six digits."),
    "name missing": _("Please write a name in letters."),
    "address wrong": _("Please write a mail address, such as office@name.example."),
    "country unknown": _(
        "We do not know this country. Please write its usual name, leave it empty, or write to the organizers."
    ),
    "unprintable": _(
        "There is a character in it that the letter cannot print. Please write the name in Latin or Khmer letters."
    ),
    "too long": _TOO_LONG,
    "representative too long": _TOO_LONG,
    "role too long": _TOO_LONG,
    "unfit": _UNFIT,
    "representative unfit": _UNFIT,
    "role unfit": _UNFIT,
}
