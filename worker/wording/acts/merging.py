"""What making one of two partners would do."""

from gettext import NullTranslations

from worker.choices import Choice
from worker.models import Answer, Campaign, Partner
from worker.state.partner_changes import BeforeMerging, Dropped, Merged
from worker.text import dates
from worker.text.names import signatory
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def merge(before: BeforeMerging, done: Merged, kept: Partner, campaign: Campaign, language: str = "en") -> Before:
    """What stands, what does not any more, who is told, and what is lost."""
    words = catalogue(language)
    lines = [*_answers(before, done, kept, campaign, words, language), _told(done, kept, words)]
    lines += [_contacts(before, done, words), _lost(before, words), words.gettext(O_("It cannot be undone."))]
    title = words.gettext(O_("Merge %(both)s?")) % {"both": both(before, language)}
    number = {"number": str(before.merged_number)}
    return Before(title, lines, words.gettext(O_("Merge the two")), fields=number)


def both(before: BeforeMerging, language: str = "en") -> str:
    """The two, with their numbers."""
    words = catalogue(language).gettext(O_("%(kept)s (#%(first)s, which stays) and %(merged)s (#%(second)s)"))
    numbers = {"first": before.kept_number, "second": before.merged_number}
    return words % {"kept": before.kept, "merged": before.merged, **numbers}


def _answers(
    before: BeforeMerging, done: Merged, kept: Partner, campaign: Campaign, words: NullTranslations, language: str
) -> list[str]:
    if done.stands is None:
        told = [words.gettext(O_("Neither has answered."))]
    else:
        stands = words.gettext(O_("This answer stands: %(answer)s."))
        told = [stands % {"answer": _said(done.stands, before, campaign, words, language)}]
        if done.stands.visibility == "public":
            told.append(words.gettext(O_("Printed for everyone: %(partner)s.")) % {"partner": signatory(kept)})
    if done.falls is not None:
        falls = words.gettext(O_("This answer does not stand any more: %(answer)s."))
        told.append(falls % {"answer": _said(done.falls, before, campaign, words, language)})
    if done.registered_is_merged:
        reached = O_("Only the second can be reached by email, so its contact becomes the registered one.")
        told.append(words.gettext(reached))
    return told


def _told(done: Merged, kept: Partner, words: NullTranslations) -> str:
    if kept.silenced_at is not None:
        return words.gettext(O_("You stopped all email to one of them, so nobody is told."))
    if done.told:
        one = On_("%(n)s email tells them.", "%(n)s emails tell them.")
        return words.ngettext(*one, done.told) % {"n": done.told}
    return words.gettext(O_("Neither has an email address, so nobody is told by email."))


def _contacts(before: BeforeMerging, done: Merged, words: NullTranslations) -> str:
    """What becomes of the contacts, addresses and answers of both, of which none is lost."""
    if before.one_address:
        return words.gettext(
            O_("Both contacts and links are kept. They have the same address, which gets each email once.")
        )
    kept = O_("The contact of the second is kept as a further contact, with its address and link.")
    if done.registered_is_merged:
        kept = O_("The contact of the first is kept as a further contact, with its address and link.")
    on_record = words.gettext(O_("All answers stay on record."))
    return f"{words.gettext(kept)} {on_record}"


def _lost(before: BeforeMerging, words: NullTranslations) -> str:
    if not before.dropped:
        return words.gettext(O_("Nothing of the second is dropped."))
    gone = [words.gettext(_DROPPED[what]) % {"words": printed} for what, printed in before.dropped]
    return words.gettext(O_("Dropped from the second: %(what)s.")) % {"what": ", ".join(gone)}


def _said(answer: Answer, before: BeforeMerging, campaign: Campaign, words: NullTranslations, language: str) -> str:
    """`#15 signed, public, on Friday 14 April 2023, 18:00 (Zurich time, UTC+2)`."""
    moment = dates.day_and_time(answer.at, campaign.zone, language)
    return words.gettext(_ANSWERED[(answer.choice, answer.visibility)]) % {
        "number": before.gave[answer.id],
        "moment": moment,
    }


_DROPPED: dict[Dropped, str] = {
    "organization": O_("the name “%(words)s”"),
    "acronym": O_("the acronym “%(words)s”"),
    "country": O_("the country “%(words)s”"),
    "sort_as": O_("the place in the list “%(words)s”"),
    "names": O_("its names in other languages"),
    "proposed": O_("the other name that it asks for"),
    "note": O_("its note"),
}
_ANSWERED: dict[tuple[Choice, str | None], str] = {
    ("sign", "public"): O_("#%(number)s signed, public, on %(moment)s"),
    ("sign", "addressee"): O_("#%(number)s signed, addressee, on %(moment)s"),
    ("sign", "counted"): O_("#%(number)s signed, counted, on %(moment)s"),
    ("decline", None): O_("#%(number)s declined on %(moment)s"),
    ("withdraw", None): O_("#%(number)s withdrew on %(moment)s"),
    ("change", None): O_("#%(number)s asked for a change on %(moment)s"),
}
