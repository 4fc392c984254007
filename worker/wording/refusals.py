"""Why an act was refused, as a sentence in the reader's language: once, for the commands and for every page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Any, Literal

from worker.models import OrganizerAct
from worker.state.approvals import NotSecond, Over
from worker.state.letters import DeliveryState
from worker.state.refusals import ClosedFor, NotMailedReason, Refused
from worker.text import dates
from worker.text.languages import LANGUAGES
from worker.text.numbers import grouped
from worker.wording import blockers, templates, voices
from worker.wording.mail_status import ACTS
from worker.wording.organizers import O_, On_, catalogue, in_language
from worker.wording.settings import LABELS

Audience = Literal["partner", "organizer"]


@dataclass(frozen=True)
class _Words:
    """A catalogue, and the language that it is of."""

    catalogue: NullTranslations
    language: str

    def gettext(self, said: str) -> str:
        return self.catalogue.gettext(said)

    def say(self, said: str, /, **facts: Any) -> str:
        return self.catalogue.gettext(said) % facts

    def count(self, said: tuple[str, str], number: int) -> str:
        return self.catalogue.ngettext(*said, number) % {"n": grouped(number, self.language)}


_Sentence = Callable[[_Words, Mapping[str, Any]], str]


def sentence(refused: Refused, language: str = "en", audience: Audience = "organizer") -> str:
    """One sentence or two, without a command; the command line adds what to type next."""
    if audience == "partner" and refused.code in _FOR_PARTNERS:
        said = _FOR_PARTNERS[refused.code]
    elif refused.code in _FOR_BOTH:
        said = _FOR_BOTH[refused.code]
    else:
        return _SENTENCES[refused.code](_Words(catalogue(language), language), refused.facts)
    return said(_Words(templates.translations(language), language), refused.facts)


def _closed(words: _Words, facts: Mapping[str, Any]) -> str:
    what = facts.get("what", "answer")
    if facts.get("cancelled"):
        why = words.gettext(O_("The letter was cancelled"))
        no_more = words.gettext(_NO_MORE.get(what, O_("nothing can be changed any more")))
        return f"{words.say(_BECAUSE, why=why, therefore=no_more)}."
    if what == "rename":
        return words.gettext(O_("The list is closed: the name stays as it was sealed."))
    why = words.gettext(O_("It was closed early") if facts.get("early") else O_("The deadline has passed"))
    return f"{words.say(_BECAUSE, why=why, therefore=words.gettext(_NO_MORE[what]))}."


_BECAUSE = O_("%(why)s: %(therefore)s")
_NO_MORE: dict[ClosedFor, str] = {
    "answer": O_("nothing more can be added"),
    "extend": O_("the deadline cannot be moved any more"),
    "amend": O_("the letter cannot be changed any more"),
    "remind": O_("nobody can be reminded any more"),
    "admit": O_("nobody can be admitted any more"),
    "hand_out": O_("nobody can answer any more"),
    "merge": O_("partners cannot be merged any more"),
    "remove": O_("nobody can be taken out or put back any more"),
    "add": O_("nobody can be added any more"),
    "close": O_("there is nothing to close"),
    "change": O_("nobody is reminded any more, and the letter can only be made to wait longer"),
}


_NOT_MAILED: dict[NotMailedReason, str] = {
    "no address": O_("%(organization)s has no email address: no email was sent."),
    "unsubscribed": O_("%(organization)s unsubscribed: no email was sent."),
    "silenced": O_("%(organization)s gets no email, because you stopped it: no email was sent."),
    "came back": O_("%(organization)s has an address from which an email came back: no email was sent."),
    "waits": O_("%(organization)s has an email with its link that waits to be sent: no email was sent."),
    "lately": O_("%(organization)s got an email with its link less than ten minutes ago: no email was sent."),
    "nothing to say": O_("%(organization)s has not answered, and the deadline has passed: no email was sent."),
}


def _not_later(words: _Words, facts: Mapping[str, Any]) -> str:
    present = dates.day_and_time(facts["deadline"], facts["zone"], words.language)
    said = O_(
        "The new deadline must be at least a minute later than the present one, %(present)s: nothing was changed."
    )
    return words.say(said, present=present)


def _not_earlier(words: _Words, facts: Mapping[str, Any]) -> str:
    present = dates.day_and_time(facts["deadline"], facts["zone"], words.language)
    return words.say(
        O_("The new deadline must be earlier than the present one, %(present)s: nothing was changed."), present=present
    )


def _nobody_to_remind(words: _Words, facts: Mapping[str, Any]) -> str:
    if not facts["silent"]:
        return words.gettext(O_("Nobody who got the invitation by email is silent: nobody is reminded."))
    said = On_(
        "%(n)s partner is silent, and an email to it waits or was sent lately: nobody is reminded.",
        "%(n)s partners are silent, and an email to each waits or was sent lately: nobody is reminded.",
    )
    return words.count(said, facts["silent"])


def _no_settings(words: _Words, facts: Mapping[str, Any]) -> str:
    if facts["cancelled"]:
        return words.gettext(O_("The letter was cancelled: nothing of it can be set any more."))
    return words.gettext(O_("The letter was sent, or is being sent: this cannot be set any more."))


def _shows_more(words: _Words, facts: Mapping[str, Any]) -> str:
    keys = dates.listed([words.gettext(LABELS[key]) for key in facts["keys"]], words.language)
    said = O_(
        "This would show more than partners were told when they were asked (%(keys)s). They would have to be asked "
        "anew, by another campaign: nothing was changed."
    )
    return words.say(said, keys=keys)


def _closed_for_partners(words: _Words, facts: Mapping[str, Any]) -> str:
    if facts.get("cancelled"):
        return words.gettext(
            "This letter was cancelled: it will not be sent, your organization’s name will not be published, and "
            "nothing more is recorded."
        )
    return words.gettext("The deadline has passed: nothing more can be added.")


def _cannot_be_cancelled(words: _Words, facts: Mapping[str, Any]) -> str:
    why, therefore = words.say(_WHERE[facts["where"]]), words.gettext(O_("it cannot be cancelled any more"))
    return f"{words.say(_BECAUSE, why=why, therefore=therefore)}."


def _cannot_be_taken_out(words: _Words, facts: Mapping[str, Any]) -> str:
    why, therefore = words.say(_WHERE[facts["where"]]), words.gettext(O_("nobody can be taken out any more"))
    return f"{words.say(_BECAUSE, why=why, therefore=therefore)}."


_WHERE: dict[DeliveryState, str] = {
    "not_sent": O_("The letter is on its way"),
    "sending": O_("The letter is being handed over at this moment"),
    "uncertain": O_("The letter may have arrived already"),
    "partly_sent": O_("One addressee has the letter already"),
    "sent": O_("The letter has been sent already"),
}


def _cannot_be_undone(words: _Words, facts: Mapping[str, Any]) -> str:
    left, answers = facts["left"], facts["answers"]
    said = []
    if left:
        sent = On_("%(n)s email was sent or may have been sent", "%(n)s emails were sent or may have been sent")
        said.append(words.count(sent, left))
    if answers:
        said.append(words.count(On_("%(n)s answer is recorded", "%(n)s answers are recorded"), answers))
    return words.say(O_("It cannot be taken back: %(why)s."), why=dates.listed(said, words.language))


def _nothing_to_undo(words: _Words, facts: Mapping[str, Any]) -> str:
    if facts["last"]:
        act = ACTS[facts["last"]]
        last = words.gettext(act)
        return words.say(
            O_("Only your last action can be taken back, and that is %(last)s: nothing was changed."), last=last
        )
    said = _NOT_THERE[facts["act"]] if facts["act"] else _NOTHING_THERE
    return words.gettext(said)


_NOTHING_THERE = O_("There is nothing that can still be taken back: nothing was changed.")
_NOT_THERE: dict[OrganizerAct, str] = {
    "launch": O_("There is no launch that can still be taken back: nothing was changed."),
    "amend": O_("There is no change of the letter that can still be taken back: nothing was changed."),
    "remind": O_("There is no reminder that can still be taken back: nothing was changed."),
    "extend": O_("There is no new deadline that can still be taken back: nothing was changed."),
}


def _words_not_decided(words: _Words, facts: Mapping[str, Any]) -> str:
    said = [words.gettext(O_("Nothing was decided."))]
    for why, sentence in _NOT_DECIDED.items():
        if numbers := facts.get(why):
            said.append(words.say(sentence, numbers=", ".join(f"#{number}" for number in numbers)))
    return " ".join(said)


_NOT_DECIDED = {
    "changed": O_("Changed by the person since you read them: %(numbers)s. Read them again."),
    "decided": O_("Decided already: %(numbers)s."),
    "unknown": O_("No words with this number: %(numbers)s."),
}


_NO_SECOND: dict[NotSecond, str] = {
    "asker": O_("You asked for it yourself: another owner has to say yes."),
    "local": O_("Whoever sits at this machine cannot be the second person: another owner has to log in by email."),
    "no_email": O_("The second person has to log in by email."),
    "role": O_("Only an owner of the campaign can be the second person."),
    "may_not_send": O_("Email is sent by it: the second person needs the right to send."),
}
_REQUEST_OVER: dict[Over, str] = {
    "decided": O_("It was decided already."),
    "expired": O_("It has ended: nobody agreed within 48 hours."),
    "asker_gone": O_("It has ended: whoever asked may not do this any more."),
    "moot": O_("It has ended: the campaign has moved on, and there is nothing left to agree to."),
}


def _no_second_person(words: _Words, facts: Mapping[str, Any]) -> str:
    said = _NO_SECOND[facts["not_second"]]
    return words.gettext(said)


def _request_over(words: _Words, facts: Mapping[str, Any]) -> str:
    said = _REQUEST_OVER[facts["over"]]
    return f"{words.gettext(said)} {words.gettext(O_('Nothing was changed.'))}"


def _members_unchanged(words: _Words, facts: Mapping[str, Any]) -> str:
    said = voices.UNCHANGED[facts["because"]]
    return words.gettext(said)


def _taken_out(words: _Words, facts: Mapping[str, Any]) -> str:
    if facts.get("is_out", True):
        return words.say(O_("%(organization)s was taken out of the list: nothing was changed."), **facts)
    return words.say(O_("%(organization)s was not taken out of the list: nothing was changed."), **facts)


def _already_served(words: _Words, facts: Mapping[str, Any]) -> str:
    if facts["addressee"]:
        return words.say(O_("It was recorded already: %(addressee)s has the letter."), **facts)
    return words.gettext(O_("It was recorded already: the letter has been sent, and every addressee has it."))


def _contact_not_mailed(words: _Words, facts: Mapping[str, Any]) -> str:
    said = O_("An earlier email to %(email)s came back, so we send nothing there: nothing was changed.")
    if facts.get("silenced"):
        said = O_("You stopped all email to %(organization)s, so %(email)s would get no invitation either.")
    return words.say(said, **facts)


def _language_left_alone(words: _Words, facts: Mapping[str, Any]) -> str:
    called = [templates.translations(words.language).gettext(LANGUAGES[one].name) for one in facts["languages"]]
    said = O_(
        "One language of the letter changes and another does not: a person has to confirm whether the letter says the "
        "same already in %(languages)s."
    )
    return words.say(said, languages=dates.listed(called, words.language))


def _blocked(words: _Words, facts: Mapping[str, Any]) -> str:
    those = [blockers.sentence(one, words.language) for one in facts["blockers"]]
    return " ".join([words.gettext(O_("The letter is not sent:")), *those])


def _no_reply(words: _Words, facts: Mapping[str, Any]) -> str:
    said = O_("This addressee does not have the letter yet, so it cannot have replied: nothing was changed.")
    if facts["erased"]:
        said = O_("The campaign was erased: nothing more is kept of it.")
    return words.gettext(said)


def _not_that_day(words: _Words, facts: Mapping[str, Any]) -> str:
    day = dates.date(facts["day"], facts["zone"], words.language)
    to_come = O_("%(day)s is still to come: nothing was changed.")
    before = O_("On %(day)s the letter was not there yet: nothing was changed.")
    return words.say(to_come if facts["why"] == "to come" else before, day=day)


def _nothing_to_send(words: _Words, facts: Mapping[str, Any]) -> str:
    if to_bring := facts["to_bring"]:
        lacking = On_(
            "Nothing was sent: %(names)s has no email address.", "Nothing was sent: %(names)s have no email address."
        )
        return words.catalogue.ngettext(*lacking, len(to_bring)) % {"names": dates.listed(to_bring, words.language)}
    said = _NOTHING_SENT[facts["where"]]
    return words.gettext(said)


_NOTHING_SENT: dict[DeliveryState, str] = {
    "not_sent": O_("Nothing was sent: the letter waits already, and is sent automatically."),
    "sending": O_("Nothing was sent: the letter is being handed over at this moment."),
    "uncertain": O_("Nothing was sent: the letter may have arrived."),
    "partly_sent": O_(
        "Nothing was sent: one addressee has the letter already, and it is sent to the others automatically."
    ),
    "sent": O_("Nothing was sent: the letter has been sent already."),
}


def _plain(said: str) -> _Sentence:
    """A sentence that tells facts as they are."""
    return lambda words, facts: words.say(said, **facts)


# What only organizers are told is in their own catalogue, what partners are told too in that of the pages.
_SENTENCES: dict[str, _Sentence] = {
    "closed": _closed,
    "in_panic": _plain(
        O_(
            "The campaign is in panic: until an owner ends that, you can only do what exposes somebody less, or stops "
            "something. Nothing was changed."
        )
    ),
    "second_person_needed": _plain(O_("A second person has to agree. Nothing was changed.")),
    "no_second_person": _no_second_person,
    "request_over": _request_over,
    "already_served": _already_served,
    "link_revoked": _plain(O_("This link was revoked: it cannot answer for anybody any more.")),
    "not_signed": _plain(O_("%(organization)s has not signed: there is nothing to withdraw.")),
    "not_answered": _plain(O_("There is no answer, so there is none to take back.")),
    "not_offered": lambda w, f: w.say(
        O_("This campaign offers only: %(visibilities)s."), visibilities=", ".join(f["visibilities"])
    ),
    "not_filled_in": lambda w, f: w.say(O_("Missing or not valid: %(problems)s."), problems=", ".join(f["problems"])),
    "too_many_at_once": _plain(O_("Too many people are adding their voices at this moment.")),
    "not_mailed": lambda w, f: w.say(_NOT_MAILED[f["why"]], **f),
    "contact_not_mailed": _contact_not_mailed,
    "already_silenced": _plain(O_("You stopped all email to %(organization)s already: nothing was changed.")),
    "not_silenced": _plain(O_("Email to %(organization)s was not stopped: nothing was changed.")),
    "same_address": _plain(
        O_("That is the address of %(organization)s already, and no email came back from it: nothing was changed.")
    ),
    "erased": _plain(O_("%(organization)s was erased: it gets no email any more, and its address is not kept.")),
    "not_an_address": lambda w, f: w.say(
        O_("%(typed)s is not an email address: %(reason)s"), typed=repr(f["typed"]), reason=f["reason"]
    ),
    "already_decided": _plain(O_("It has been decided already: nothing was changed.")),
    "words_not_decided": _words_not_decided,
    "members_unchanged": _members_unchanged,
    "no_such_member": lambda w, f: w.gettext(voices.NO_SUCH_MEMBER),
    "name_not_told": lambda w, f: w.say(
        O_(
            "Nothing was changed. No email that is still to be sent has this name; if you gave several, number "
            "%(numbers)s. Copy each name as the email shows it."
        ),
        numbers=", ".join(map(str, f["numbers"])),
    ),
    "no_digests": lambda w, f: w.gettext(voices.NO_DIGESTS),
    "already_partner": _plain(
        O_("There is already a partner called %(organization)s in the same country (#%(number)s): nothing was changed.")
    ),
    "same_partner": _plain(O_("You gave %(organization)s twice: nothing was changed.")),
    "nothing_proposed": _plain(O_("%(organization)s asks for no other name: nothing was changed.")),
    "not_later": _not_later,
    "not_earlier": _not_earlier,
    "too_soon": _plain(
        O_(
            "The new deadline must be an hour ahead at least, so that whoever reads of it has time to answer: nothing "
            "was changed."
        )
    ),
    "not_held": _plain(O_("It is not held: nothing was changed.")),
    "already_held": _plain(O_("It is held already: nothing was changed.")),
    "nothing_to_hold": _plain(O_("It was cancelled: its letter will never be sent, so there is nothing to hold.")),
    "nobody_to_remind": _nobody_to_remind,
    "same_settings": _plain(O_("It is set so already: nothing was changed.")),
    "no_settings": _no_settings,
    "shows_more": _shows_more,
    "same_letter": _plain(O_("The new letter is the same as the letter of %(slug)s: nothing was changed.")),
    "members_closed": _plain(
        O_(
            "The letter says the number of members, but %(slug)s was launched so that nobody can add a voice before "
            "the letter is sent. Remove {{ members }} from the letter."
        )
    ),
    "other_addressee": _plain(
        O_("Another addressee is never a typo: organizations signed a letter to the one that was named.")
    ),
    "no_reply": _no_reply,
    "not_that_day": _not_that_day,
    "nothing_to_send": _nothing_to_send,
    "not_uncertain": _plain(O_("No letter is uncertain: nothing was changed.")),
    "nothing_to_tell": _plain(
        O_(
            "No organization has withdrawn since the letter was sent, or since the addressees were told: there is "
            "nothing to tell."
        )
    ),
    "language_left_alone": _language_left_alone,
    "already_launched": _plain(O_("%(slug)s is launched already: nothing was changed, and nobody was asked again.")),
    "cannot_be_undone": _cannot_be_undone,
    "nothing_to_undo": _nothing_to_undo,
    "cannot_be_cancelled": _cannot_be_cancelled,
    "not_over": _plain(
        O_("The letter has not been sent to every addressee yet, so its partners must still be reachable.")
    ),
    "taken_out": _taken_out,
    "cannot_be_taken_out": _cannot_be_taken_out,
    "bad_list": lambda w, f: " ".join(
        [w.gettext(O_("Nobody was added.")), *(in_language(one.sentence, w.language) for one in f["wrong"])]
    ),
    "nobody_new": _plain(O_("Nobody on it is new: nothing was changed.")),
    "too_many_partners": lambda w, f: w.say(
        O_("A letter can have %(most)s partners at most, and this one has %(there)s: nobody was added."),
        most=grouped(f["most"], w.language),
        there=grouped(f["there"], w.language),
    ),
    "no_seat": _plain(O_("Whoever looks after a partner needs a seat at its campaign, as editor or as owner.")),
    "still_signs": _plain(
        O_("%(organization)s signs, and the letter has not been sent. Take its signature back first.")
    ),
    "blocked": _blocked,
}
_FOR_BOTH: dict[str, _Sentence] = {
    "letter_has_left": lambda w, f: w.gettext("The letter has been sent and cannot be recalled."),
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
    "rate_limited": lambda w, f: w.gettext(
        "We cannot write to this address at the moment. Please enter another one, or write to the organizers."
    ),
    "no_voice": lambda w, f: w.gettext("You have withdrawn your voice, so there was nothing to change."),
    "passed_on_too_often": lambda w, f: w.gettext(
        "The invitation has already been passed on three times. Please write to the organizers."
    ),
}
_FOR_PARTNERS: dict[str, _Sentence] = {
    "closed": _closed_for_partners,
    "not_signed": lambda w, f: w.gettext("There is no signature of your organization to withdraw."),
    "not_offered": lambda w, f: w.gettext(
        "This letter cannot be signed that way. Please choose one of the options below."
    ),
    "same_address": lambda w, f: w.gettext("This address has already received the invitation."),
    "taken_out": lambda w, f: w.gettext("The organizers no longer ask your organization to sign this letter."),
}
