"""A line of the audit log as a sentence, in the reader's language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from typing import Any, get_args

from worker.models import Actor, audit_codes
from worker.registry import NotRegistered
from worker.state.log import LogEntry
from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.acts import two_persons
from worker.wording.organizers import O_, On_, catalogue
from worker.wording.settings import LABELS


def sentence(entry: LogEntry, zone: str, language: str = "en") -> str:
    """What was done; a sentence of an older version stands as it was written."""
    words = catalogue(language)
    if entry.what not in _SENTENCES:
        return f"{entry.what} {entry.detail}" if entry.detail else entry.what
    about = _about(entry, words)
    said = _SENTENCES[entry.what](_Line(words, about, (entry.detail or "").replace(",", "").split(), zone, language))
    return said if entry.about else said[:1].upper() + said[1:]


def actor(entry: LogEntry, language: str = "en") -> str:
    """Who did it: a person by its name where it is known."""
    return entry.organizer or catalogue(language).gettext(_ACTORS[entry.actor])


_ACTORS: dict[Actor, str] = {
    "partner": O_("Partner"),
    "organizer": O_("Organizers"),
    "clock": O_("Program"),
    "addressee": O_("Addressee"),
}
assert set(_ACTORS) == set(get_args(Actor))


@dataclass(frozen=True)
class _Line:
    """What a sentence is made of: the partner as its reader may know it, and the words beside the code."""

    words: NullTranslations
    partner: str
    detail: Sequence[str]
    zone: str
    language: str

    def at(self, place: int) -> str:
        """A word of the detail; empty where an older row does not have it, or it was not known."""
        found = self.detail[place] if place < len(self.detail) else ""
        return "" if found == "-" else found

    def say(self, words: str, **facts: Any) -> str:
        return self.words.gettext(words) % {"partner": self.partner, **facts}

    def count(self, words: tuple[str, str], number: str, **facts: Any) -> str:
        return self.words.ngettext(*words, int(number)) % {
            "partner": self.partner,
            "n": grouped(int(number), self.language),
            **facts,
        }

    def together(self, *sentences: str) -> str:
        return " ".join(filter(None, sentences))


_Sentence = Callable[[_Line], str]


def _about(entry: LogEntry, words: NullTranslations) -> str:
    if not entry.about_partner:
        return ""
    if entry.about is None:
        return words.gettext(O_("a partner"))
    return entry.about or words.gettext(O_("a partner that was erased"))


def _plain(words: str) -> _Sentence:
    return lambda line: line.say(words)


def _counted(words: tuple[str, str], without: str, place: int = 0) -> _Sentence:
    """The same with a number, where the row has one that is not zero."""

    def said(line: _Line) -> str:
        number = line.at(place)
        return line.count(words, number) if number.strip("0").isdecimal() else line.say(without)

    return said


_MAILS = On_("%(n)s email.", "%(n)s emails.")
_VISIBLE = {
    "public": O_("%(partner)s signed; it is named to everyone."),
    "addressee": O_("%(partner)s signed; it is named to the addressee only."),
    "counted": O_("%(partner)s signed; it is counted and not named."),
}


def _signed(line: _Line) -> str:
    return line.say(_VISIBLE.get(line.at(0), O_("%(partner)s signed.")))


def _extended(line: _Line) -> str:
    told, deadline = line.at(0), line.at(1)
    moved = line.say(O_("The deadline was moved."))
    if deadline:
        moment = dates.day_and_time(datetime.fromisoformat(deadline), line.zone, line.language)
        moved = line.say(O_("The deadline was moved to %(deadline)s."), deadline=moment)
    return line.together(moved, line.count(_MAILS, told) if told.isdecimal() else "")


def _held(line: _Line) -> str:
    if line.at(0) == "all":
        return line.say(O_("All email was held, except the organizers’ own."))
    return line.say(O_("The letter and its copies were held."))


def _amended(line: _Line) -> str:
    """Its words are `version 2 typo 12`; older rows end before the number."""
    if line.at(0) != "version":
        return line.say(O_("The letter was changed."))
    changed = O_("The letter was changed, and everybody is asked again: it is version %(version)s now.")
    if line.at(2) == "typo":
        changed = O_("A typo in the letter was corrected: it is version %(version)s now.")
    told = line.count(_MAILS, line.at(3)) if line.at(3).isdecimal() else ""
    return line.together(line.say(changed, version=line.at(1)), told)


def _about_mail(words: str, about_another: str) -> _Sentence:
    """Of a partner's mail, or of one to somebody else: its kind and a code of the server beside it."""

    def said(line: _Line) -> str:
        known = f" ({' '.join(line.detail)})" if line.detail else ""
        return line.say(words if line.partner else about_another, known=known)

    return said


def _sealed(line: _Line) -> str:
    if not line.at(0):
        return line.say(O_("The letter was sealed."))
    sealed = line.say(O_("The letter was sealed (seal %(seal)s)."), seal=line.at(0))
    signed = On_("%(n)s organization signs it.", "%(n)s organizations sign it.")
    return line.together(sealed, line.count(signed, line.at(1)) if line.at(1).isdecimal() else "")


def _dispatched(line: _Line) -> str:
    put = On_("It goes to %(n)s addressee.", "It goes to %(n)s addressees.")
    sent = line.say(O_("The sending of the letter began."))
    return line.together(sent, line.count(put, line.at(1)) if line.at(1).isdecimal() else "")


def _brought(line: _Line) -> str:
    those = On_(
        "It was recorded that %(n)s addressee has the letter.", "It was recorded that %(n)s addressees have the letter."
    )
    if line.at(0) == "digest":
        return line.say(O_("It was recorded that the addressee has an email about members."))
    if line.at(1).isdecimal():
        return line.count(those, line.at(1))
    return line.say(O_("It was recorded that the letter was brought by hand."))


def _not_admitted(line: _Line) -> str:
    forgotten = On_(
        "%(n)s request to sign that nobody had confirmed was deleted.",
        "%(n)s requests to sign that nobody had confirmed were deleted.",
    )
    if line.at(0).isdecimal():
        return line.count(forgotten, line.at(0))
    return line.say(O_("An organization that asked to sign was not admitted."))


def _taken_out(line: _Line) -> str:
    told = line.at(0)
    taken = line.say(O_("%(partner)s was taken out of the list."))
    return line.together(taken, line.count(_MAILS, told) if told.strip("0").isdecimal() else "")


def _put_back(line: _Line) -> str:
    back = line.say(O_("%(partner)s was put back into the list."))
    return line.together(back, line.say(O_("It is asked once more.")) if line.at(0) == "1" else "")


def _erased(line: _Line) -> str:
    if line.partner:
        return line.say(O_("The records of an organization were erased."))
    names = On_("%(n)s name is gone.", "%(n)s names are gone.")
    erased = line.say(O_("Contacts and withheld names were erased."))
    return line.together(erased, line.count(names, line.at(0)) if line.at(0).isdecimal() else "")


def _undone(line: _Line) -> str:
    act = {
        "amend": O_("The change of the letter was taken back."),
        "remind": O_("The reminder was taken back."),
        "extend": O_("The new deadline was taken back."),
    }.get(line.at(0), O_("The last action was taken back."))
    return line.say(act)


def _merged(line: _Line) -> str:
    if number := line.at(0):
        return line.say(O_("%(partner)s and partner #%(number)s were made one."), number=number)
    return line.say(O_("%(partner)s and another partner were made one."))


def _renamed(line: _Line) -> str:
    if name := line.at(0):
        return line.say(O_("The cancelled campaign is called %(name)s from now on."), name=name)
    return line.say(O_("The cancelled campaign got another name."))


def _changed(line: _Line) -> str:
    """Its words are the keys."""
    keys = [line.say(LABELS[key]) for key in line.detail if key in LABELS]
    if not keys:
        return line.say(O_("Settings were changed."))
    return line.say(O_("Settings were changed: %(keys)s."), keys=dates.listed(keys, line.language))


_SEATS = {
    "owner": O_("A person was given a seat at the desk as owner."),
    "editor": O_("A person was given a seat at the desk as editor."),
    "viewer": O_("A person was given a seat at the desk as viewer."),
}


def _seat_given(line: _Line) -> str:
    """Its words are the role, and whether that person may send."""
    said = line.say(_SEATS.get(line.at(0), O_("A person has a seat at the desk.")))
    return line.together(said, line.say(O_("That person may send email.")) if line.at(1) == "sends" else "")


_TAKEN_OUT = {
    "signatures": O_("The list of who signs was taken out as a file (%(form)s)."),
    "public": O_("The letter with the public names was taken out as a file (%(form)s)."),
    "addressee": O_("The letter with the names that the addressee sees was taken out as a file (%(form)s)."),
    "documents": O_("The sealed letters were taken out as files."),
}


def _names_exported(line: _Line) -> str:
    """Its words are what was taken out, and the form of the file."""
    return line.say(_TAKEN_OUT.get(line.at(0), O_("Names were taken out as a file.")), form=line.at(1))


def _of_two(words: str) -> _Sentence:
    """Its word is the act for which two persons are wanted."""

    def said(line: _Line) -> str:
        act = two_persons.NAMES.get(line.at(0))
        return line.say(words, act=line.words.gettext(act) if act else line.at(0))

    return said


_SENTENCES: dict[str, _Sentence] = {
    "sign": _signed,
    "decline": _plain(O_("%(partner)s declined.")),
    "withdraw": _plain(O_("%(partner)s withdrew its signature.")),
    "change": _plain(O_("%(partner)s asked for a change of the text.")),
    "launched": _counted(
        On_("The campaign was launched with %(n)s partner.", "The campaign was launched with %(n)s partners."),
        O_("The campaign was launched."),
    ),
    "invited": _counted(
        On_("%(n)s partner is asked by email.", "%(n)s partners are asked by email."), O_("Partners are asked.")
    ),
    "reminded": _counted(
        On_("%(n)s partner is reminded.", "%(n)s partners are reminded."), O_("Partners are reminded.")
    ),
    "extended": _extended,
    "amended": _amended,
    "changed": _changed,
    "undone": _undone,
    "renamed": _renamed,
    "held": _held,
    "resumed": _counted(
        On_(
            "The campaign continues; %(n)s email that waited is sent.",
            "The campaign continues; %(n)s emails that waited are sent.",
        ),
        O_("The campaign continues."),
    ),
    "panic": _plain(O_("Panic began: nothing of the campaign is shown, and no email is sent, except to organizers.")),
    "panic_ended": _plain(O_("The panic ended: pages and links are there again.")),
    "restored": _plain(O_("The database was restored from a backup, and the campaign continues.")),
    "second_asked": _of_two(O_("A second person was asked to agree: %(act)s.")),
    "second_agreed": _of_two(O_("A second person agreed: %(act)s.")),
    "second_declined": _of_two(O_("It was not agreed to: %(act)s.")),
    "two_persons_on": _plain(O_("Two persons are needed from now on for what exposes more.")),
    "two_persons_off": _plain(O_("One person is enough from now on.")),
    "partners_added": _counted(
        On_("%(n)s organization was added to the list.", "%(n)s organizations were added to the list."),
        O_("Organizations were added to the list."),
    ),
    "taken_out": _taken_out,
    "put_back": _put_back,
    "merged": _merged,
    "asked_again": _counted(
        On_(
            "%(n)s partner is asked again, because its answer was lost.",
            "%(n)s partners are asked again, because their answers were lost.",
        ),
        O_("Partners are asked again, because their answers were lost."),
    ),
    "asked_to_join": _plain(O_("An organization that was not asked wants to sign, and confirmed it by email.")),
    "admitted": _plain(O_("%(partner)s asked to sign and was admitted.")),
    "not_admitted": _not_admitted,
    "applicant_erased": _plain(O_("The records of an organization that asked to sign were erased.")),
    "address_corrected": _plain(O_("%(partner)s has another email address, and a new link.")),
    "resent": _counted(
        On_("%(partner)s is sent %(n)s email again.", "%(partner)s is sent %(n)s emails again."),
        O_("%(partner)s is sent its email again."),
    ),
    "handed_out": _plain(O_("%(partner)s gets its invitation by hand.")),
    "passed_on": _plain(O_("%(partner)s sent its invitation on to another person.")),
    "contact_added": _plain(O_("%(partner)s has one more person who may answer.")),
    "contact_ended": _plain(O_("The link of another person of %(partner)s ended.")),
    "disowned": _plain(O_("%(partner)s said that what was done in its name was not its own; its links ended.")),
    "corrected_listing": _plain(O_("%(partner)s changed how it is printed.")),
    "proposed_name": _plain(O_("%(partner)s asked for another name or country.")),
    "name_agreed": _plain(O_("%(partner)s got the name or country that it asked for.")),
    "name_kept": _plain(O_("%(partner)s keeps the name that it had.")),
    "unsubscribed": _plain(O_("%(partner)s wants no more email.")),
    "resubscribed": _plain(O_("%(partner)s wants email again.")),
    "silenced": _plain(O_("%(partner)s is sent nothing any more.")),
    "mail_allowed": _plain(O_("%(partner)s gets email again.")),
    "code_guessed": _plain(O_("Too many wrong codes were typed for %(partner)s; only its long code is accepted now.")),
    "note_added": _plain(O_("A note about %(partner)s was written.")),
    "note_finished": _plain(O_("A note about %(partner)s was ticked off.")),
    "looked_after": _plain(O_("%(partner)s is looked after by an organizer.")),
    "looked_after_no_more": _plain(O_("%(partner)s is looked after by nobody any more.")),
    "bounced": _about_mail(O_("An email to %(partner)s came back%(known)s."), O_("An email came back%(known)s.")),
    "reported": _about_mail(
        O_("An email to %(partner)s may not have arrived%(known)s."), O_("An email may not have arrived%(known)s.")
    ),
    "response_came": _about_mail(
        O_("Something was answered by email from %(partner)s%(known)s."),
        O_("Something was answered to an email%(known)s."),
    ),
    "answers_settled": _counted(
        On_(
            "It was recorded that the letter arrived at %(n)s addressee, whatever was answered to it.",
            "It was recorded that the letter arrived at %(n)s addressees, whatever was answered to it.",
        ),
        O_("It was recorded that the letter arrived, whatever was answered to it."),
    ),
    "closed": _plain(O_("The list was closed.")),
    "sealed": _sealed,
    "seal_voided": _counted(
        On_("Seal %(n)s does not count any more.", "Seal %(n)s does not count any more."),
        O_("The seal does not count any more."),
    ),
    "dispatched": _dispatched,
    "accepted": _plain(O_("An addressee’s server has accepted the letter.")),
    "brought_by_hand": _brought,
    "letter_resent": _counted(
        On_("The letter is sent again to %(n)s addressee.", "The letter is sent again to %(n)s addressees."),
        O_("The letter is sent again."),
    ),
    "copied": _counted(
        On_("%(n)s copy of the letter is sent to those who signed.", "%(n)s copies are sent to those who signed."),
        O_("Copies of the letter are sent to those who signed."),
    ),
    "names_exported": _names_exported,
    "reply_noted": _plain(O_("A reply of an addressee was noted.")),
    "notice_told": _counted(
        On_(
            "It was recorded that %(n)s addressee was told who stepped back.",
            "It was recorded that %(n)s addressees were told who stepped back.",
        ),
        O_("It was recorded that the addressees were told who stepped back."),
    ),
    "cancelled": _counted(
        On_("The campaign was cancelled; %(n)s email tells so.", "The campaign was cancelled; %(n)s emails tell so."),
        O_("The campaign was cancelled."),
    ),
    "erasure_planned": _counted(
        On_(
            "All is to be erased once %(n)s email that tells of the end has been sent.",
            "All is to be erased once %(n)s emails that tell of the end have been sent.",
        ),
        O_("All is to be erased."),
    ),
    "erased": _erased,
    "voice_withdrawn": _counted(
        On_("%(n)s person’s voice was withdrawn.", "The voices of %(n)s persons were withdrawn."),
        O_("A person’s voice was withdrawn."),
    ),
    "voice_erased": _plain(O_("The records of a person who added their voice were erased.")),
    "words_agreed": _counted(
        On_("The words of %(n)s person were accepted.", "The words of %(n)s persons were accepted."),
        O_("The words of a person were accepted."),
    ),
    "words_refused": _counted(
        On_("The words of %(n)s person were refused.", "The words of %(n)s persons were refused."),
        O_("The words of a person were refused."),
    ),
    "voices_stopped": _plain(O_("Persons cannot add their voices any more.")),
    "voices_reopened": _plain(O_("Persons can add their voices again.")),
    "domain_dropped": _plain(O_("No more voices from one email domain are accepted.")),
    "domain_let_again": _counted(
        On_(
            "Voices from one email domain are accepted again; %(n)s person who waited gets an email.",
            "Voices from one email domain are accepted again; %(n)s persons who waited get an email.",
        ),
        O_("Voices from one email domain are accepted again."),
    ),
    "digest_drawn": _plain(O_("An email to the addressee about members was prepared.")),
    "digest_resent": _plain(O_("An email to the addressee about members is sent again.")),
    "names_left_out": _counted(
        On_(
            "The name of %(n)s person was left out of emails to the addressee.",
            "The names of %(n)s persons were left out of emails to the addressee.",
        ),
        O_("Names of persons were left out of emails to the addressee."),
    ),
    "digests_held": _plain(O_("Emails to the addressee about members were held.")),
    "digests_resumed": _plain(O_("Emails to the addressee about members continue.")),
    "digests_stopped": _plain(O_("Emails to the addressee about members were stopped.")),
    "digests_restarted": _plain(O_("Emails to the addressee about members start again.")),
    "seat_given": _seat_given,
    "seat_taken": _plain(O_("A person lost its seat at the desk.")),
}
if set(_SENTENCES) != audit_codes():
    raise NotRegistered(f"codes of the audit log {sorted(set(_SENTENCES) ^ audit_codes())}: not both named and worded")
