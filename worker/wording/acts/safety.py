"""What holding the letter back, letting it go on and cancelling it would do."""

from collections.abc import Sequence
from dataclasses import replace

from worker.state.letters import DeliveryState
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.acts.deadline import not_by_mail
from worker.wording.organizers import O_, On_, catalogue


def hold_all_mail(language: str = "en") -> Before:
    """All mail but the organizers' own."""
    words = catalogue(language)
    lines = [
        words.gettext(O_("No email goes to partners, addressees or others, not even receipts. You still get yours.")),
        words.gettext(O_("Until the list is closed, partners can still answer.")),
        words.gettext(O_("An email that is being handed over now may still arrive.")),
    ]
    return Before(words.gettext(O_("Hold all email?")), lines, words.gettext(O_("Hold all email")))


def hold_letter(where: DeliveryState, language: str = "en", *, unasked: bool = False) -> Before:
    """The letter and its copies; `unasked`: all mail too, because nothing has left yet."""
    words = catalogue(language)
    if unasked:
        before = hold_all_mail(language)
        return replace(
            before, lines=[words.gettext(O_("No email has left yet, so all of it is held too.")), *before.lines]
        )
    lines = [
        words.gettext(O_("The letter is not closed, not sent, and no copies are sent, until you resume.")),
        words.gettext(O_("Other emails still leave. Until the list is closed, partners can still answer.")),
    ]
    if where in _TOO_LATE:
        lines.insert(0, words.gettext(_TOO_LATE[where]))
    return Before(words.gettext(O_("Hold the letter?")), lines, words.gettext(O_("Hold the letter")))


_TOO_LATE: dict[DeliveryState, str] = {
    "sending": O_("It is being handed over at this moment; if the server refuses it, it stays here."),
    "uncertain": O_("It may have arrived already. It is not sent again, and copies wait."),
    "partly_sent": O_("One addressee has it already. What has not been sent is held, and copies wait."),
    "sent": O_("The letter has been sent already and cannot be held. Copies that have not been sent wait."),
}


def resume(mails: int, language: str = "en", *, letter_leaves: bool = False, signed: int = 0) -> Before:
    """How many mails that wait go on, and whether the letter goes with them at once, under how many signatures."""
    words = catalogue(language)
    lines = []
    if letter_leaves:
        said = On_(
            "The letter is sent at once, with %(n)s signature. It cannot be recalled.",
            "The letter is sent at once, with %(n)s signatures. It cannot be recalled.",
        )
        lines.append(words.ngettext(*said, signed) % {"n": grouped(signed, language)})
    if mails:
        waits = On_("%(n)s email that waits is sent.", "%(n)s emails that wait are sent.")
        lines.append(words.ngettext(*waits, mails) % {"n": grouped(mails, language)})
    else:
        lines.append(words.gettext(O_("No email waits.")))
    return Before(words.gettext(O_("Let it go on?")), lines, words.gettext(O_("Let it go on")))


def cancel(
    signed: int,
    told: int,
    by_hand: Sequence[str],
    language: str = "en",
    *,
    erase: bool = False,
    names: Sequence[str] = (),
) -> Before:
    """`told`: how many mails tell of it; `by_hand`: whom no mail of ours reaches; `erase`: all is erased after that."""
    words = catalogue(language)
    lines = [
        words.gettext(O_("The letter will never be sent, and neither will any email that waits. It cannot be undone."))
    ]
    if signed:
        dropped = On_("%(n)s signature is dropped.", "%(n)s signatures are dropped.")
        lines.append(words.ngettext(*dropped, signed) % {"n": grouped(signed, language)})
    if told:
        tells = On_(
            "%(n)s email tells everyone who was asked that the letter is not sent.",
            "%(n)s emails tell everyone who was asked that the letter is not sent.",
        )
        lines.append(words.ngettext(*tells, told) % {"n": grouped(told, language)})
    else:
        lines.append(words.gettext(O_("Nobody was asked, so nobody is told.")))
    lines += not_by_mail(by_hand, language)
    if erase:
        lines.append(
            words.gettext(
                O_(
                    "After that contacts, and all names that are not public, are erased: once these emails have left, "
                    "within a day at the latest. Erase your own lists and emails too."
                )
            )
        )
    else:
        lines.append(words.gettext(O_("Links still work, and show that it was cancelled.")))
    return Before(words.gettext(O_("Cancel the campaign?")), lines, words.gettext(O_("Cancel the campaign")), names)
