"""What moving the deadline, reminding and taking back would do."""

from collections.abc import Sequence
from datetime import datetime

from worker.models import OrganizerAct
from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def move(
    told: int,
    names: Sequence[str],
    deadline: datetime,
    zone: str,
    language: str = "en",
    *,
    earlier: bool = False,
    by_hand: Sequence[str] = (),
) -> Before:
    """`told`: how many partners and contacts get a mail; `names`: the organizations that were asked.

    `by_hand`: those whom no mail of ours reaches, where the deadline becomes `earlier`.
    """
    words = catalogue(language)
    moment = dates.day_and_time(deadline, zone, language)
    lines = [words.gettext(O_("The new deadline is %(deadline)s.")) % {"deadline": moment}]
    if dates.is_midnight(deadline, zone):
        midnight = O_(
            "That is 00:00, the first second of %(after)s: the last day to answer is %(last)s. For all of %(after)s "
            "write 23:59."
        )
        days = {"after": dates.date(deadline, zone, language), "last": dates.last_day(deadline, zone, language)}
        lines.append(words.gettext(midnight) % days)
    if earlier:
        lines.append(
            words.gettext(O_("Whoever has answered keeps its answer. Nobody can sign after the new deadline."))
        )
    if told:
        said = On_("%(n)s email says so; it leaves in a minute.", "%(n)s emails say so; they leave in a minute.")
        lines.append(words.ngettext(*said, told) % {"n": grouped(told, language)})
    else:
        lines.append(words.gettext(O_("Nobody was asked yet, so nobody is told.")))
    lines += not_by_mail(by_hand, language)
    if earlier:
        title, button = O_("Make the deadline earlier?"), O_("Make the deadline earlier")
    else:
        title, button = O_("Move the deadline?"), O_("Move the deadline")
    return Before(words.gettext(title), lines, words.gettext(button), names)


def not_by_mail(names: Sequence[str], language: str = "en") -> list[str]:
    """That a person tells these partners; nothing where there are none."""
    if not names:
        return []
    words = catalogue(language)
    said = On_(
        "We send no email to %(names)s: tell it in another way.",
        "We send no email to %(names)s: tell them in another way.",
    )
    return [words.ngettext(*said, len(names)) % {"names": few(names, language)}]


def few(names: Sequence[str], language: str = "en", most: int = 10) -> str:
    """Names in a sentence, and how many more there are."""
    if len(names) <= most:
        return dates.listed(names, language)
    words = catalogue(language)
    more = words.gettext(O_("%(n)s more")) % {"n": grouped(len(names) - most, language)}
    return dates.listed([*names[:most], more], language)


def remind(names: Sequence[str], waiting: int, lately: int, language: str = "en") -> Before:
    """`names`: who is reminded. `waiting`: for how many an email waits or has just left; `lately`: how many had one
    less than a day ago. Both are left out."""
    words = catalogue(language)
    who = On_("%(n)s partner that has not answered is reminded.", "%(n)s partners that have not answered are reminded.")
    lines = [words.ngettext(*who, len(names)) % {"n": grouped(len(names), language)}]
    lines += left_out(waiting, lately, language)
    lines.append(words.gettext(O_("The emails leave in a minute. Until then you can take it back.")))
    return Before(words.gettext(O_("Remind now?")), lines, words.gettext(O_("Remind now")), names)


def left_out(waiting: int, lately: int, language: str = "en") -> list[str]:
    """Whom a reminder leaves out, and why."""
    words = catalogue(language)
    lines = []
    if waiting:
        said = On_(
            "%(n)s for whom an email waits, or who got a reminder less than ten minutes ago, is left out.",
            "%(n)s for whom an email waits, or who got a reminder less than ten minutes ago, are left out.",
        )
        lines.append(words.ngettext(*said, waiting) % {"n": grouped(waiting, language)})
    if lately:
        said = On_(
            "%(n)s who got an email less than a day ago is left out.",
            "%(n)s who got an email less than a day ago are left out.",
        )
        lines.append(words.ngettext(*said, lately) % {"n": grouped(lately, language)})
    return lines


def undo(act: OrganizerAct, mails: int, answers: int, deadline: datetime, zone: str, language: str = "en") -> Before:
    """What the last act put into the outbox, what answers stand again, and what is as before."""
    words = catalogue(language)
    moment = dates.day_and_time(deadline, zone, language)
    lines = [words.gettext(_TAKEN_BACK[act]) % {"deadline": moment}]
    none_is_sent = On_("Its %(n)s email is not sent.", "None of its %(n)s emails is sent.")
    if mails:
        lines.append(words.ngettext(*none_is_sent, mails) % {"n": grouped(mails, language)})
    if answers:
        again = On_("%(n)s answer that was taken back stands again.", "%(n)s answers that were taken back stand again.")
        lines.append(words.ngettext(*again, answers) % {"n": grouped(answers, language)})
    return Before(words.gettext(O_("Take it back?")), lines, words.gettext(O_("Take it back")))


_TAKEN_BACK: dict[OrganizerAct, str] = {
    "launch": O_("The launch is taken back."),
    "amend": O_("The letter is again as it was before."),
    "remind": O_("The reminder is taken back."),
    "extend": O_("The deadline is %(deadline)s again."),
}


def close(signed: int, silent: int, unreached: int, language: str = "en") -> Before:
    """How many have signed, are silent, or were not reached."""
    words = catalogue(language)
    lines = [words.gettext(O_("The letter is closed and sealed now. Nobody can sign after that. It cannot be undone."))]
    for said, number in (
        (On_("%(n)s organization signs.", "%(n)s organizations sign."), signed),
        (On_("%(n)s has not answered.", "%(n)s have not answered."), silent),
        (On_("%(n)s was not reached.", "%(n)s were not reached."), unreached),
    ):
        if number or said[0].endswith("signs."):
            lines.append(words.ngettext(*said, number) % {"n": grouped(number, language)})
    lines.append(words.gettext(O_("It leaves after the review, or when a person sends it.")))
    return Before(words.gettext(O_("Close it now?")), lines, words.gettext(O_("Close it now")))
