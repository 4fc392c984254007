"""What is wrong with a field of a form, as a sentence: once, for every page and for the commands."""

from collections.abc import Mapping, Sequence

from worker.definition.problems import Problem
from worker.state.refusals import Refused
from worker.text.languages import N_
from worker.wording import refusals, templates
from worker.wording.organizers import in_language

Why = str | Refused | Sequence[Problem]
"""A code, the act's refusal that concerns the field, or what `check` says of it."""


def sentences(problems: Mapping[str, Why], language: str) -> dict[str, str]:
    """The sentence for each field, or a line for each problem of it."""
    return {field: _said(why, language) for field, why in problems.items()}


def _said(why: Why, language: str) -> str:
    if isinstance(why, Refused):
        return refusals.sentence(why, language, "partner")
    return sentence(why, language) if isinstance(why, str) else "\n".join(_of_a_field(one, language) for one in why)


def _of_a_field(problem: Problem, language: str) -> str:
    """Where it stands below its field, nothing has to say where."""
    said = in_language(problem.without_file, language)
    return said[:1].upper() + said[1:]


def sentence(code: str, language: str = "en") -> str:
    """One sentence in the reader's language. Raises KeyError for a code that nobody has registered."""
    return templates.translations(language).gettext(_SENTENCES[code])


_TOO_LONG = N_("This text is too long. Please shorten it.")
_UNFIT = N_("It contains an invisible or unusual character. Please type it again.")
_SENTENCES = {
    "link missing": N_("Choose the link that you want to end."),
    "choice missing": N_("Choose your answer."),
    "visibility missing": N_("Choose who may see your organization’s name."),
    "representative missing": N_("Enter your name."),
    "role missing": N_("Enter your role in the organization."),
    "authorised missing": N_("Tick the box to confirm that you are authorised to sign."),
    "wish missing": N_("Enter what the text should say instead."),
    "tick missing": N_("Tick the box to confirm."),
    "mail code missing": N_("Enter the six digits of the confirmation code."),
    "mail code wrong": N_("That code is not right. Check the six digits in our email."),
    "mail code spent": N_("The six digits no longer work here. Enter the long code."),
    "long code wrong": N_("That long code is not right. Check the 16 digits in our email."),
    "name missing": N_("Enter a name that contains letters."),
    "address wrong": N_("Enter an email address, such as office@name.example."),
    "domain wrong": N_("Enter the part of email addresses behind the @, such as provider.example."),
    "language unknown": N_("The letter does not exist in this language."),
    "speaks for itself": N_("Tick the box to confirm that you speak for yourself."),
    "voice choice missing": N_("Choose what you would like to do."),
    "words without name": N_("Your own words go with your name only. Choose to be named, or delete the words."),
    "has link": N_(
        "It contains a web address, an email address or a phone number, or a full stop without a space after it. "
        "Please write it without these."
    ),
    "unprintable": N_(
        "It contains a character that the letter cannot show. Please write the name in Latin or Khmer letters."
    ),
    "too long": _TOO_LONG,
    "representative too long": _TOO_LONG,
    "role too long": _TOO_LONG,
    "unfit": _UNFIT,
    "representative unfit": _UNFIT,
    "role unfit": _UNFIT,
    "code wrong": N_("This code is not right. Check the eight digits in our latest email."),
    "code too late": N_("This code is too old. Ask for a new one."),
    "no code asked": N_("Ask for a new code: this browser has none that still works."),
    "factor wrong": N_("This code is not right. Type the one that your app shows now, or a recovery code."),
    "too many factors": N_("There were too many wrong codes. Try again tomorrow, or ask who runs this server."),
    "name of another": N_("Another organizer is called so. Choose a name that tells you apart."),
    "desk language unknown": N_("Choose one of these languages."),
    "visibility by hand missing": N_("Choose who may see its name."),
    "signer missing": N_("Enter who signs for the organization."),
    "signer role missing": N_("Enter the role of who signs in the organization."),
    "note missing": N_("Enter how it reached you, such as “phone call with the director”."),
    "address of it already": N_("This address is the one that it has already, and no email came back from it."),
    "answers already": N_("This person can answer for the organization already."),
    "contact choice missing": N_("Choose the person whose link is to end."),
    "name choice missing": N_("Choose yes or no."),
    "other missing": N_("Enter the name or the number of the other partner."),
    "other unknown": N_("No other partner of this campaign is called so. Try one word of its name, or its number."),
    "others alike": N_("Several partners are called so. Choose one."),
    "itself": N_("This is the partner itself. Enter the other one."),
    "confirming name wrong": N_("Type the name of the organization as it stands above."),
    "text missing": N_("Write what is to be remembered."),
    "due day unknown": N_("Enter a day, such as 2030-04-21 or “in 3 days”."),
    "day past": N_("Choose today or a later day."),
    "day too far": N_("Choose a day within ten years."),
    "carer unknown": N_("Choose one of these people, or nobody."),
    "deadline unknown": N_("Enter a day and a time, such as 2030-04-21 18:00, or “in 3 days”."),
    "deadline too far": N_("Choose a time within ten years."),
    "day unknown": N_("Enter a day, such as 2030-04-21, or “today” or “yesterday”."),
    "reply missing": N_("Enter what was replied."),
    "addressee missing": N_("Choose the addressee."),
    "campaign name wrong": N_("Type the campaign’s name exactly as it stands here."),
    "list missing": N_("Choose a file, or paste a list."),
    "list wrong": N_("Nobody was added. Correct the list, and send it again: choose the file once more."),
    "list too large": N_("The list is too long for one form. Split it, and add one part after the other."),
    "row wrong": N_("Nobody was added. Correct what is said above."),
    "nobody new": N_("Nobody was added: nobody of it is new."),
    "organization missing": N_("Enter the organization’s name."),
    "applicant missing": N_("Choose one of those that ask to sign."),
    "salutation missing": N_("Enter the words by which the letter begins."),
    "kind missing": N_("Choose whether the meaning stays the same."),
    "same missing": N_("Tick the box if this language says the same already. If not, change its words too."),
    "letter of another version": N_(
        "Somebody else changed the letter while you typed. What you typed is still here: look at what would change now."
    ),
}
