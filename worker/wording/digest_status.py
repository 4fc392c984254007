"""How the mails that tell an addressee of members stand, in sentences for organizers that name no command."""

from collections.abc import Iterator
from datetime import datetime
from gettext import NullTranslations

from worker.state.digests import DigestState, DigestStatus, Hindrance, News
from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.organizers import O_, On_, catalogue

_WHY_NOT: dict[Hindrance, str] = {
    "closed": O_("Persons cannot add their voices to this letter, so the addressee is told of none."),
    "cancelled": O_("The letter was cancelled: nothing is sent."),
    "erased": O_("Names and addresses were erased: nothing more is sent."),
    "no_email": O_("%(addressee)s has no email address: nothing is sent."),
    "letter_not_there": O_("%(addressee)s does not have the letter yet: these emails begin a day after it."),
    "for_a_person": O_("No other email about members is sent before you have decided about the last one."),
}
_STATES: dict[DigestState, str] = {
    "waiting": O_("This one waits, and is sent on %(when)s:"),
    "sending": O_("One is being handed over at this moment."),
    "uncertain": O_("Nobody knows whether the last one arrived: the connection broke."),
    "refused": O_("The addressee's server refused the last one."),
    "returned": O_("The last one came back."),
}
_SINGLES: dict[DigestState, tuple[str, str]] = {
    "waiting": On_("%(n)s waits", "%(n)s wait"),
    "sending": On_("%(n)s is being handed over", "%(n)s are being handed over"),
    "uncertain": On_("of %(n)s nobody knows whether it arrived", "of %(n)s nobody knows whether they arrived"),
    "refused": On_("%(n)s was refused", "%(n)s were refused"),
    "returned": On_("%(n)s came back", "%(n)s came back"),
    "sent": On_("%(n)s was sent", "%(n)s were sent"),
    "cancelled": On_("%(n)s was called back", "%(n)s were called back"),
}


def in_the_way(status: DigestStatus, addressee: str, zone: str, language: str = "en", *, has_text: bool) -> str:
    """Why none is sent; empty where nothing is in the way. `has_text`: whether there is one that could be printed."""
    words = catalogue(language)
    match status.hindrance:
        case None:
            return ""
        case "stopped":
            by = O_("Stopped by an organizer on %(when)s.")
            if status.stopped_by == "addressee":
                by = O_("Stopped by %(addressee)s on %(when)s.")
            when = _when(status.stopped_at, zone, language)
            return words.gettext(by) % {"addressee": addressee, "when": when}
        case "held" if status.held_at is not None:
            return words.gettext(O_("Held since %(when)s.")) % {"when": _when(status.held_at, zone, language)}
        case "held":
            return words.gettext(O_("The campaign is on hold."))
    said = words.gettext(_WHY_NOT[status.hindrance]) % {"addressee": addressee}
    if status.hindrance == "no_email" and has_text:
        said += " " + words.gettext(O_("Print the text below, and bring it."))
    return said


def lines(status: DigestStatus, addressee: str, zone: str, language: str = "en") -> Iterator[str]:
    """When the last one was sent, what could be told, and how the one stands that is under way, which the last says."""
    words = catalogue(language)
    if status.last is not None and status.last.sent_at is not None:
        sent = _when(status.last.sent_at, zone, language)
        yield words.gettext(O_("The last one was sent on %(when)s.")) % {"when": sent}
    yield _numbers(status.news, addressee, words, language, under_way=status.open_state is not None)
    if status.singles:
        singles = (
            _counted(words, language, _SINGLES[state], number) for state, number in sorted(status.singles.items())
        )
        yield words.gettext(O_("Emails about one person each: %(states)s.")) % {"states": ", ".join(singles)}
    when = _when(status.next_at, zone, language)
    if status.open_state is not None:
        is_held = status.open_state == "waiting" and status.hindrance == "held"
        held = O_("This one waits. After you resume it is sent, on %(when)s at the earliest:")
        yield words.gettext(held if is_held else _STATES[status.open_state]) % {"when": when}
    elif status.next_at is not None:
        yield words.gettext(O_("The next one may be sent from %(when)s on. You get it before.")) % {"when": when}
    elif status.hindrance is None:
        yield words.gettext(O_("There is nothing new to tell."))


def _numbers(news: News, addressee: str, words: NullTranslations, language: str, *, under_way: bool) -> str:
    said = _counted(words, language, On_("%(n)s voice now", "%(n)s voices now"), news.total)
    said += ", " + words.gettext(O_("%(n)s told to %(addressee)s")) % {
        "n": grouped(news.told, language),
        "addressee": addressee,
    }
    if news.names:
        next_one = On_("%(n)s new name for the next email", "%(n)s new names for the next email")
        to_tell = On_("%(n)s new name to tell", "%(n)s new names to tell")
        said += ", " + _counted(words, language, next_one if under_way else to_tell, news.names)
    return f"{said}."


def _counted(words: NullTranslations, language: str, said: tuple[str, str], number: int) -> str:
    return words.ngettext(*said, number) % {"n": grouped(number, language)}


def _when(moment: datetime | None, zone: str, language: str) -> str:
    if moment is None:
        return catalogue(language).gettext(O_("an unknown day"))
    return dates.day_and_time(moment, zone, language)
