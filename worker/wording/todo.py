"""What waits for a person, as a sentence in the reader's language: no command, the command line adds that."""

from collections.abc import Callable
from gettext import NullTranslations
from typing import get_args

from worker.mail.reply_text import explain_reply
from worker.registry import NotRegistered
from worker.state.todo import ToDo, TodoCode
from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.organizers import O_, On_, catalogue

_Sentence = Callable[[NullTranslations, ToDo, str], str]


def sentence(one: ToDo, language: str = "en") -> str:
    """One sentence or two, which say of no campaign and of nobody's name but addressees'."""
    return _SENTENCES[one.code](catalogue(language), one, language)


def _plain(said: str) -> _Sentence:
    return lambda words, one, language: words.gettext(said)


def _counted(said: tuple[str, str]) -> _Sentence:
    return lambda words, one, language: words.ngettext(*said, one.number) % {"n": grouped(one.number, language)}


def _outage(words: NullTranslations, one: ToDo, language: str) -> str:
    since = dates.day_and_time(one.facts["since"], one.facts["zone"], language)
    said = words.gettext(O_("No email is sent: the relay has accepted none since %(since)s.")) % {"since": since}
    return _and_waiting(words, said, one, language)


def outage_meaning(one: ToDo) -> str | None:
    """What the relay's own words mean, in English as `status` has it; null where it said nothing."""
    return explain_reply(one.facts["reply"]) if one.facts.get("reply") else None


def _and_waiting(words: NullTranslations, said: str, one: ToDo, language: str) -> str:
    waits = On_("%(n)s email waits.", "%(n)s emails wait.")
    if not one.number:
        return said
    return f"{said} {words.ngettext(*waits, one.number) % {'n': grouped(one.number, language)}}"


def _nothing_running(words: NullTranslations, one: ToDo, language: str) -> str:
    return _and_waiting(words, words.gettext(O_("Nothing is running, so nothing is sent or closed.")), one, language)


def _backup_missing(words: NullTranslations, one: ToDo, language: str) -> str:
    if one.facts["last"] is None:
        return words.gettext(O_("No backup is made: none was made yet."))
    last = dates.date(one.facts["last"], "UTC", language)
    return words.gettext(O_("No backup is made: the last one is of %(date)s.")) % {"date": last}


_LATE = {
    "close": O_("The deadline has passed, and the list is not closed."),
    "seal": O_("The list is closed, and the letter is not sealed."),
    "dispatch": O_("The letter could be sent, and is not."),
}


def _late(words: NullTranslations, one: ToDo, language: str) -> str:
    said = _LATE[one.facts["act"]]
    return words.gettext(said)


def _below_quorum(words: NullTranslations, one: ToDo, language: str) -> str:
    said = On_(
        "%(n)s organization signed, and the quorum is %(quorum)s: decide whether the letter is sent.",
        "%(n)s organizations signed, and the quorum is %(quorum)s: decide whether the letter is sent.",
    )
    signed = int(one.facts["signed"])
    return words.ngettext(*said, signed) % {"n": signed, "quorum": one.facts["quorum"]}


def _not_served(words: NullTranslations, one: ToDo, language: str) -> str:
    said = O_("The letter was sent, but not everybody has it: %(names)s.")
    return words.gettext(said) % {"names": dates.listed(one.facts["names"], language)}


def _held(words: NullTranslations, one: ToDo, language: str) -> str:
    return _and_waiting(words, words.gettext(O_("The letter and its copies are held.")), one, language)


def _mail_held(words: NullTranslations, one: ToDo, language: str) -> str:
    return _and_waiting(words, words.gettext(O_("All email is held, except yours.")), one, language)


def _panic(words: NullTranslations, one: ToDo, language: str) -> str:
    since = dates.day_and_time(one.facts["since"], one.facts["zone"], language)
    said = O_("Panic since %(since)s: nothing is shown, and no email is sent, except to organizers.")
    return _and_waiting(words, words.gettext(said) % {"since": since}, one, language)


def _deadline_soon(words: NullTranslations, one: ToDo, language: str) -> str:
    silent = On_("%(n)s partner has not answered.", "%(n)s partners have not answered.")
    moment = dates.day_and_time(one.facts["deadline"], one.facts["zone"], language)
    said = words.gettext(O_("The deadline is within the hour: %(deadline)s.")) % {"deadline": moment}
    return (
        f"{said} {words.ngettext(*silent, one.number) % {'n': grouped(one.number, language)}}" if one.number else said
    )


_SENTENCES: dict[str, _Sentence] = {
    "restored": _plain(
        O_("The database was restored from a backup, and everything stands still until a person has looked.")
    ),
    "nothing_running": _nothing_running,
    "mail_outage": _outage,
    "backup_missing": _backup_missing,
    "late": _late,
    "below_quorum": _below_quorum,
    "nobody_signed": _plain(O_("Nobody signed: there is no letter to send.")),
    "letter_uncertain": _plain(O_("The letter may have arrived: ask the addressee’s office.")),
    "bring_letter": _plain(O_("No addressee has an email address: print the letter and bring it.")),
    "letter_refused": _plain(O_("The addressee’s server refused the letter.")),
    "letter_turned_down": _plain(O_("The relay does not accept the letter.")),
    "addressee_not_served": _not_served,
    "letter_answered": _counted(
        On_(
            "Something was answered to the letter: find out whether it arrived.",
            "Something was answered to %(n)s letters: find out whether they arrived.",
        )
    ),
    "notice": _counted(
        On_(
            "An organization stepped back after the letter was sent: tell %(n)s addressee.",
            "An organization stepped back after the letter was sent: tell %(n)s addressees.",
        )
    ),
    "panic": _panic,
    "approval": _counted(
        On_("%(n)s act waits for the yes of a second person.", "%(n)s acts wait for the yes of a second person.")
    ),
    "held": _held,
    "mail_held": _mail_held,
    "not_reached": _counted(
        On_(
            "No email reaches %(n)s partner: find the right address.",
            "No email reaches %(n)s partners: find the right addresses.",
        )
    ),
    "perhaps_not_reached": _counted(
        On_(
            "Nobody knows whether an email reached %(n)s partner: ask whether it arrived.",
            "Nobody knows whether an email reached %(n)s partners: ask whether it arrived.",
        )
    ),
    "may_not_have_arrived": _counted(
        On_(
            "An email to %(n)s partner may not have arrived: ask in another way.",
            "Emails to %(n)s partners may not have arrived: ask in another way.",
        )
    ),
    "wishes": _counted(
        On_("%(n)s partner asks for a change of the text.", "%(n)s partners ask for a change of the text.")
    ),
    "names": _counted(
        On_(
            "%(n)s partner asks for another name or country, and waits for your yes or no.",
            "%(n)s partners ask for another name or country, and wait for your yes or no.",
        )
    ),
    "applicants": _counted(
        On_(
            "%(n)s organization asks to sign, and waits for your yes or no.",
            "%(n)s organizations ask to sign, and wait for your yes or no.",
        )
    ),
    "flood": _counted(
        On_("Very many ask to sign: %(n)s within the hour.", "Very many ask to sign: %(n)s within the hour.")
    ),
    "words": _counted(
        On_(
            "%(n)s person’s own words wait for your yes or no.",
            "The own words of %(n)s people wait for your yes or no.",
        )
    ),
    "digest_failed": _counted(
        On_(
            "An email to the addressee about members may not have arrived: no other is sent until you decide.",
            "%(n)s emails to the addressee about members may not have arrived: no other is sent until you decide.",
        )
    ),
    "deadline_soon": _deadline_soon,
    "note_due": _counted(
        On_("%(n)s of your notes about partners is due.", "%(n)s of your notes about partners are due.")
    ),
}
if set(_SENTENCES) != set(get_args(TodoCode)):
    raise NotRegistered(f"things to do {sorted(set(_SENTENCES) ^ set(get_args(TodoCode)))}: not both named and worded")
