"""What another text of the letter would do."""

from collections.abc import Sequence

from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.acts.deadline import few
from worker.wording.organizers import O_, On_, catalogue


def typo(told: int, not_concerned: int, language: str = "en") -> Before:
    """`not_concerned`: who signed, and would read the same as before."""
    words = catalogue(language)
    lines = [words.gettext(O_("The meaning stays, and so does each signature."))]
    tells = On_(
        "%(n)s email tells who signed what was corrected, a minute later.",
        "%(n)s emails tell who signed what was corrected, a minute later.",
    )
    lines.append(words.ngettext(*tells, told) % {"n": grouped(told, language)})
    if not_concerned:
        same = On_(
            "%(n)s partner would read the same as before, so it gets no email.",
            "%(n)s partners would read the same as before, so they get no email.",
        )
        lines.append(words.ngettext(*same, not_concerned) % {"n": grouped(not_concerned, language)})
    return Before(words.gettext(O_("Correct the letter?")), lines, words.gettext(O_("Correct the letter")))


def meaning(told: int, fallen: int, not_told: Sequence[str], members: int, language: str = "en") -> Before:
    """`fallen`: signatures that are taken back; `not_told`: whose, where no mail tells it; `members`: voices."""
    words = catalogue(language)
    back = On_("%(n)s signature is taken back.", "%(n)s signatures are taken back.")
    none = O_("No signature is taken back, for there is none.")
    lines = [words.ngettext(*back, fallen) % {"n": grouped(fallen, language)} if fallen else words.gettext(none)]
    asks = On_("%(n)s email asks again, a minute later.", "%(n)s emails ask everybody again, a minute later.")
    lines.append(words.ngettext(*asks, told) % {"n": grouped(told, language)})
    if not_told:
        by_hand = On_(
            "We send no email to %(names)s: ask it again in another way.",
            "We send no email to %(names)s: ask them again in another way.",
        )
        lines.append(words.ngettext(*by_hand, len(not_told)) % {"names": few(not_told, language)})
    if members:
        voices = On_(
            "Voices of persons do not count for the new letter: %(n)s person is asked to add its voice again.",
            "Voices of persons do not count for the new letter: %(n)s persons are asked to add theirs again.",
        )
        lines.append(words.ngettext(*voices, members) % {"n": grouped(members, language)})
    return Before(words.gettext(O_("Change the letter?")), lines, words.gettext(O_("Change the letter")))
