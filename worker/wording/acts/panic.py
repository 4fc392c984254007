"""What a panic would do, and what its end would."""

from datetime import datetime

from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def start(language: str = "en") -> Before:
    """Whatever the campaign is at: what is said is what nobody can see or do from then on."""
    words = catalogue(language)
    lines = [
        words.gettext(O_("Nothing of this campaign is shown any more: no public page, no page behind a link.")),
        words.gettext(
            O_(
                "Every link of a partner, a member or the addressee says only “not now”. By it somebody can still take "
                "back a signature or a voice, or stop email, without being shown anything."
            )
        ),
        words.gettext(
            O_(
                "No email is sent, except to organizers. Nothing is closed, sealed, sent or reminded. What is being "
                "handed over at this moment cannot be called back."
            )
        ),
        words.gettext(O_("Nothing is lost. Only an owner ends it.")),
    ]
    return Before(words.gettext(O_("Panic?")), lines, words.gettext(O_("Panic: show and send nothing")))


def end(
    waiting: int,
    deadline: datetime,
    zone: str,
    *,
    is_held: bool,
    has_passed: bool,
    is_new: bool,
    language: str = "en",
) -> Before:
    """`waiting`: how many mails wait; `has_passed`: whether the deadline has that will count; `is_new`: one was set."""
    words = catalogue(language)
    moment = dates.day_and_time(deadline, zone, language)
    lines = [words.gettext(O_("Pages and links are there again, as they were before."))]
    waits = On_("%(n)s email waits.", "%(n)s emails wait.")
    if waiting:
        lines.append(words.ngettext(*waits, waiting) % {"n": grouped(waiting, language)})
    if is_held:
        held = O_("The letter and all email stay held: nothing is closed or sent until somebody resumes it.")
        lines.append(words.gettext(held))
    elif waiting:
        lines.append(words.gettext(O_("They are sent now.")))
    if is_new:
        lines.append(words.gettext(O_("The new deadline is %(deadline)s.")) % {"deadline": moment})
    elif has_passed:
        passed = O_(
            "The deadline passed on %(deadline)s: partners cannot answer any more, unless you set a new one here."
        )
        lines.append(words.gettext(passed) % {"deadline": moment})
    return Before(words.gettext(O_("End the panic?")), lines, words.gettext(O_("End the panic")))
