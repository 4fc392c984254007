"""Partners at the organizers' desk, in words: how each stands, its mails and answers, and what a table is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from gettext import NullTranslations
from typing import get_args

from worker.choices import CHOICES
from worker.mail import kinds
from worker.models import MailResponse, Visibility
from worker.registry import NotRegistered
from worker.state.board import Filter, Order, Wanted
from worker.state.mail_status import MailCode
from worker.state.partner_card import CardAnswer, CardContact, CardMail
from worker.text import names
from worker.text.languages import LANGUAGES
from worker.wording import mail_status, templates
from worker.wording.organizers import O_, catalogue


@dataclass(frozen=True)
class PartnerWords:
    """The words of one language."""

    language: str

    def filter(self, which: Filter | None) -> str:
        """Which partners a table shows."""
        return self._say(_FILTERS[which] if which else O_("All"))

    def order(self, order: Order) -> str:
        """By what a table is sorted."""
        return self._say(_ORDERS[order])

    def country(self, country: str) -> str:
        """A country as it is printed, in the reader's language."""
        return names.country_in(country, self.language) if country else self._say(O_("No country"))

    def of_language(self, code: str) -> str:
        """A language by its name in the reader's."""
        return templates.translations(self.language).gettext(LANGUAGES[code].name) if code in LANGUAGES else code

    def board(self, wanted: Wanted) -> str:
        """The title of a table: which partners it shows."""
        asked = []
        if wanted.which is not None:
            asked.append(self.filter(wanted.which))
        if wanted.language is not None:
            asked.append(self.of_language(wanted.language))
        if wanted.country is not None:
            asked.append(self.country(wanted.country))
        if wanted.care is not None:
            asked.append(self._say(O_("Looked after by you")))
        if wanted.search:
            asked.append(self._say(O_("“%(search)s”")) % {"search": wanted.search})
        if not asked:
            return self._say(O_("Partners"))
        return self._say(O_("Partners: %(which)s")) % {"which": ", ".join(asked)}

    def mail(self, code: MailCode) -> str:
        """How the mail of a partner stands, or one mail."""
        return self._say(_MAIL[code])

    def kind(self, kind: str) -> str:
        """What a mail is about."""
        return self._say(_KINDS[kind]) if kind in _KINDS else kind

    def fate(self, mail: CardMail) -> str:
        """How one mail stands, and why."""
        if mail.reason is not None and mail.reason.code == "cancelled":
            return self._say(O_("Email not sent: it was not needed any more"))
        why = mail_status.reason_words(mail.reason, self.language)
        said = {"state": self.mail(mail.state), "why": why}
        return self._say(O_("%(state)s: %(why)s")) % said if why else self.mail(mail.state)

    def answer(self, choice: str | None, visibility: str | None) -> str:
        """What a partner said, and how visibly it signs."""
        if choice is None:
            return self._say(O_("No answer"))
        return self._say(_SIGNED[visibility] if visibility else _ANSWERS[choice])

    def channel(self, answer: CardAnswer) -> str:
        """How an answer came."""
        if answer.channel == "by hand":
            return self._say(O_("recorded by an organizer"))
        if answer.through is None:
            return self._say(O_("by the link of the registered contact"))
        return self._say(O_("by the link of contact %(number)s")) % {"number": answer.through}

    def reader(self, contact: int | None) -> str:
        """To whom a mail went."""
        if contact is None:
            return self._say(O_("to the registered contact"))
        return self._say(O_("to contact %(number)s")) % {"number": contact}

    def response(self, came: MailResponse) -> str:
        """What somebody, or a machine, wrote back to a mail."""
        who = self._say(mail_status.RESPONSES[came.kind])
        return self._say(O_("%(who)s: “%(words)s”")) % {"who": who, "words": came.words} if came.words else who

    def added_by(self, contact: CardContact) -> str:
        """How somebody came to be a contact."""
        passed_on = contact.status.added_by == "partner"
        return self._say(O_("the invitation was passed on") if passed_on else O_("added by an organizer"))

    def _say(self, words: str) -> str:
        return self._words.gettext(words)

    @property
    def _words(self) -> NullTranslations:
        return catalogue(self.language)


_FILTERS: dict[Filter, str] = {
    "silent": O_("Silent"),
    "not_reached": O_("Not reached"),
    "may_not_have_arrived": O_("Email may not have arrived"),
    "signed": O_("Signed"),
    "declined": O_("Declined"),
    "withdrawn": O_("Withdrawn"),
    "wishes": O_("Ask for a change"),
    "name_waits": O_("Ask for another name"),
    "no_address": O_("No email address"),
    "note_due": O_("Note due"),
}
_ORDERS: dict[Order, str] = {
    "printed": O_("By name"),
    "state": O_("What waits for you first"),
    "last_answer": O_("Latest answer first"),
}
_SIGNED: dict[str, str] = {
    "public": O_("Signed, named to everyone"),
    "addressee": O_("Signed, named to the addressee only"),
    "counted": O_("Signed, not named"),
}
_ANSWERS: dict[str, str] = {
    "sign": O_("Signed"),
    "decline": O_("Declined to sign"),
    "withdraw": O_("Withdrew"),
    "change": O_("Asks for a change of the text"),
}
_MAIL: dict[MailCode, str] = {
    "due": O_("Email waits to be sent"),
    "held back": O_("Email is held back"),
    "sending": O_("Email is being sent"),
    "sent": O_("Email sent"),
    "deferred": O_("Email not accepted yet: it is tried again"),
    "refused": O_("Email refused"),
    "bounced": O_("Email came back"),
    "uncertain": O_("Nobody knows whether the email arrived"),
    "cancelled": O_("Email not sent"),
    "suppressed": O_("Nothing is sent: an earlier email came back"),
    "no address": O_("No email address"),
    "not asked": O_("No email yet"),
    "may not have arrived": O_("Email may not have arrived"),
    "erased": O_("Erased"),
}
_KINDS = {
    "invitation": O_("Invitation"),
    "reminder": O_("Reminder"),
    "asked_again": O_("Asked again, because its answer was lost"),
    "extended": O_("New deadline"),
    "amended": O_("Changed letter"),
    "corrected": O_("Corrected typo in the letter"),
    "receipt": O_("Receipt of an answer"),
    "code_guessed": O_("Warning: wrong codes were typed"),
    "copy": O_("Copy of the letter"),
    "earlier": O_("The deadline is earlier"),
    "taken_out": O_("Not asked any more"),
    "cancelled": O_("The letter was cancelled"),
    "passed_on": O_("Invitation that was passed on"),
    "was_passed_on": O_("The invitation was passed on"),
    "contact_added": O_("Another person may answer"),
    "merged": O_("Two partners were made one"),
    "renewed": O_("New link"),
    "listing": O_("Changed name in the letter"),
    "silence": O_("Unsubscribed"),
}


def _check(what: str, named: Iterable[str], known: set[str]) -> None:
    if set(named) != known:
        raise NotRegistered(f"{what} {sorted(set(named) ^ known)}: not both there and worded")


_check("filters", _FILTERS, set(get_args(Filter)))
_check("orders", _ORDERS, set(get_args(Order)))
_check("answers", _ANSWERS, set(CHOICES))
_check("visibilities", _SIGNED, set(get_args(Visibility)))
_check("kinds of mail", _KINDS, set(kinds.names(lambda kind: kind.audience == "partner")))
