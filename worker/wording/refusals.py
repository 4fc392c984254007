"""Why an act was refused, as a sentence in the reader's language: once, for the commands and for every page."""

from collections.abc import Callable
from gettext import NullTranslations
from typing import Any, Literal

from worker.state.letters import DeliveryState
from worker.state.refusals import ClosedFor, NotMailedReason, Refused
from worker.text import dates
from worker.text.languages import LANGUAGES
from worker.wording import blockers, templates
from worker.wording.mail_status import ACTS

Audience = Literal["partner", "organizer"]
_Sentence = Callable[[NullTranslations, dict[str, Any]], str]


def sentence(refused: Refused, language: str = "en", audience: Audience = "organizer") -> str:
    """One sentence or two, without a command; the command line adds what to type next."""
    words = templates.translations(language)
    if audience == "partner" and refused.code in _FOR_PARTNERS:
        return _FOR_PARTNERS[refused.code](words, refused.facts)
    return _SENTENCES[refused.code](words, refused.facts)


def _closed(words: NullTranslations, facts: dict[str, Any]) -> str:
    what = facts.get("what", "answer")
    if facts.get("cancelled"):
        return f"The letter was cancelled: {_NO_MORE.get(what, 'nothing can be changed any more')}."
    if what == "rename":
        return "The list is closed: the name stays as it was sealed."
    why = "It was closed early" if facts.get("early") else "The deadline has passed"
    return f"{why}: {_NO_MORE[what]}."


_NO_MORE: dict[ClosedFor, str] = {
    "answer": "nothing more can be added",
    "extend": "the deadline cannot be moved any more",
    "amend": "the letter cannot be changed any more",
    "remind": "nobody can be reminded any more",
    "admit": "nobody can be admitted any more",
    "hand_out": "nobody can answer any more",
    "merge": "partners cannot be merged any more",
}


_NOT_MAILED: dict[NotMailedReason, str] = {
    "no address": "has no email address",
    "unsubscribed": "unsubscribed",
    "silenced": "gets no email, because you stopped it",
    "came back": "has an address from which an email came back",
    "waits": "has an email with its link that waits to be sent",
    "lately": "got an email with its link less than ten minutes ago",
    "nothing to say": "has not answered, and the deadline has passed",
}


def _not_later(words: NullTranslations, facts: dict[str, Any]) -> str:
    present = dates.day_and_time(facts["deadline"], facts["zone"], "en")
    return f"The new deadline must be at least a minute later than the present one, {present}: nothing was changed."


def _closed_for_partners(words: NullTranslations, facts: dict[str, Any]) -> str:
    if facts.get("cancelled"):
        return words.gettext(
            "This letter was cancelled: it will not be sent, your organization’s name will not be published, and "
            "nothing more is recorded."
        )
    return words.gettext("The deadline has passed: nothing more can be added.")


def _cannot_be_cancelled(words: NullTranslations, facts: dict[str, Any]) -> str:
    return f"{_WHERE[facts['where']]}: it cannot be cancelled any more."


_WHERE: dict[DeliveryState, str] = {
    "not_sent": "The letter is on its way",
    "sending": "The letter is being handed over at this moment",
    "uncertain": "The letter may have arrived already",
    "partly_sent": "One addressee has the letter already",
    "sent": "The letter has been sent already",
}


def _cannot_be_undone(words: NullTranslations, facts: dict[str, Any]) -> str:
    left, answers = facts["left"], facts["answers"]
    said = []
    if left:
        said.append(
            f"{left} email{'' if left == 1 else 's'} {'was' if left == 1 else 'were'} sent or may have been sent"
        )
    if answers:
        said.append(f"{answers} answer{'' if answers == 1 else 's'} {'is' if answers == 1 else 'are'} recorded")
    return f"It cannot be taken back: {' and '.join(said)}."


def _nothing_to_undo(words: NullTranslations, facts: dict[str, Any]) -> str:
    if facts["last"]:
        return f"Only your last action can be taken back, and that is {ACTS[facts['last']]}: nothing was changed."
    return f"There is {ACTS[facts['act']].replace('the ', 'no ', 1)} that can still be taken back: nothing was changed."


def _words_not_decided(words: NullTranslations, facts: dict[str, Any]) -> str:
    said = ["Nothing was decided."]
    for why, sentence in _NOT_DECIDED.items():
        if numbers := facts.get(why):
            said.append(sentence.format(", ".join(f"#{number}" for number in numbers)))
    return " ".join(said)


_NOT_DECIDED = {
    "changed": "Changed by the person since you read them: {}. Read them again by `words`.",
    "decided": "Decided already: {}.",
    "unknown": "No words with this number: {}.",
}


def _blocked(words: NullTranslations, facts: dict[str, Any]) -> str:
    return " ".join(["The letter is not sent:", *map(blockers.sentence, facts["blockers"])])


# What partners are told too is gettext; organizers read English.
_SENTENCES: dict[str, _Sentence] = {
    "closed": _closed,
    "letter_has_left": lambda w, f: w.gettext("The letter has been sent and cannot be recalled."),
    "already_served": lambda w, f: (
        f"It was recorded already: {f['addressee']} has the letter."
        if f["addressee"]
        else "It was recorded already: the letter has been sent, and every addressee has it."
    ),
    "letter_changed": lambda w, f: w.gettext(
        "The letter was changed while you were reading it. What you typed is still there: please read what changed, "
        "and answer the letter as it is now."
    ),
    "silenced": lambda w, f: w.gettext(
        "We send no email to your organization about this letter, so this cannot be done with a link. Please write "
        "to the organizers."
    ),
    "answered_meanwhile": lambda w, f: w.gettext(
        "Someone in your organization has answered since you opened this page. Please look at that answer, and "
        "submit yours again if it should replace it."
    ),
    "no_such_contact": lambda w, f: w.gettext("That link has already been ended."),
    "link_revoked": lambda w, f: "This link was revoked: it cannot answer for anybody any more.",
    "not_signed": lambda w, f: f"{f['organization']} has not signed: there is nothing to withdraw.",
    "not_answered": lambda w, f: "There is no answer, so there is none to take back.",
    "not_offered": lambda w, f: f"This campaign offers only: {', '.join(f['visibilities'])}.",
    "not_filled_in": lambda w, f: f"Missing or not valid: {', '.join(f['problems'])}.",
    "rate_limited": lambda w, f: w.gettext(
        "We cannot write to this address at the moment. Please enter another one, or write to the organizers."
    ),
    "too_many_at_once": lambda w, f: "Too many people are adding their voices at this moment.",
    "no_voice": lambda w, f: w.gettext("You have withdrawn your voice, so there was nothing to change."),
    "not_mailed": lambda w, f: f"{f['organization']} {_NOT_MAILED[f['why']]}: no email was sent.",
    "passed_on_too_often": lambda w, f: w.gettext(
        "The invitation has already been passed on three times. Please write to the organizers."
    ),
    "same_address": lambda w, f: (
        f"That is the address of {f['organization']} already, and no email came back from it: nothing was changed."
    ),
    "erased": lambda w, f: f"{f['organization']} was erased: it gets no email any more, and its address is not kept.",
    "not_an_address": lambda w, f: f"{f['typed']!r} is not an email address: {f['reason']}",
    "already_decided": lambda w, f: "It has been decided already: nothing was changed.",
    "words_not_decided": _words_not_decided,
    "already_partner": lambda w, f: (
        f"There is already a partner called {f['organization']} in the same country (#{f['number']}): nothing was "
        "changed."
    ),
    "same_partner": lambda w, f: f"You gave {f['organization']} twice: nothing was changed.",
    "nothing_proposed": lambda w, f: f"{f['organization']} asks for no other name: nothing was changed.",
    "not_later": _not_later,
    "same_letter": lambda w, f: (
        f"The letter in the folder is the same as the letter of {f['slug']}: nothing was changed."
    ),
    "members_closed": lambda w, f: (
        f"The letter says the number of members, but {f['slug']} was launched so that nobody can add a voice before "
        "the letter is sent. Remove {{ members }} from the letter."
    ),
    "other_addressee": lambda w, f: (
        "Another addressee is never a typo: organizations signed a letter to the one that was named."
    ),
    "language_left_alone": lambda w, f: (
        "One language of the letter changes and another does not: a person has to confirm whether the letter says the "
        f"same already in {dates.listed([LANGUAGES[one].name for one in f['languages']], 'en')}."
    ),
    "already_launched": lambda w, f: (
        f"{f['slug']} is launched already: nothing was changed, and nobody was asked again."
    ),
    "cannot_be_undone": _cannot_be_undone,
    "nothing_to_undo": _nothing_to_undo,
    "cannot_be_cancelled": _cannot_be_cancelled,
    "not_over": lambda w, f: (
        "The letter has not been sent to every addressee yet, so its partners must still be reachable."
    ),
    "still_signs": lambda w, f: f"{f['organization']} signs, and the letter has not been sent.",
    "blocked": _blocked,
}
_FOR_PARTNERS: dict[str, _Sentence] = {
    "closed": _closed_for_partners,
    "not_signed": lambda w, f: w.gettext("There is no signature of your organization to withdraw."),
    "not_offered": lambda w, f: w.gettext(
        "This letter cannot be signed that way. Please choose one of the options below."
    ),
    "same_address": lambda w, f: w.gettext("This address has already received the invitation."),
}
