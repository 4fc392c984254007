"""What moving the deadline would do."""

from collections.abc import Sequence
from datetime import datetime

from worker.text import dates
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def move(told: int, names: Sequence[str], deadline: datetime, zone: str, language: str = "en") -> Before:
    """`told`: how many partners and contacts get a mail; `names`: the organizations that were asked."""
    words = catalogue(language)
    moment = dates.day_and_time(deadline, zone, language)
    lines = [words.gettext(O_("The new deadline is %(deadline)s.")) % {"deadline": moment}]
    if told:
        said = On_("%(n)s email tells it, a minute later.", "%(n)s emails tell it, a minute later.")
        lines.append(words.ngettext(*said, told) % {"n": f"{told:,}"})
    else:
        lines.append(words.gettext(O_("Nobody was asked yet, so nobody is told.")))
    return Before(words.gettext(O_("Move the deadline?")), lines, words.gettext(O_("Move the deadline")), names)
