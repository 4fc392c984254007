"""What erasing a whole campaign would do."""

from collections.abc import Sequence

from worker.state.erasing import Erasing
from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.acts.partner import TOLD_FIRST
from worker.wording.organizers import O_, On_, catalogue

MOST_NAMED = 5  # of those whom a person tells


def erase_campaign(
    found: Erasing,
    names: int,
    *,
    ends: bool,
    told: int = 0,
    tells_nobody: bool = False,
    by_hand: Sequence[str] = (),
    language: str = "en",
) -> Before:
    """`names`: how many go; `ends`: whether the letter has not left, and never will.

    `told`: how many mails tell of the end before anything is erased; `by_hand`: whom no mail tells.
    """
    words = catalogue(language)
    partners = words.ngettext(*On_("%(n)s partner", "%(n)s partners"), found.partners) % {
        "n": grouped(found.partners, language)
    }
    if found.contacts:
        further = On_(" and of %(n)s further contact", " and of %(n)s further contacts")
        partners += words.ngettext(*further, found.contacts) % {"n": grouped(found.contacts, language)}
    goes = O_("This would be erased: contact, address and link of %(partners)s, who answered for them and why.")
    under = On_(
        "So would %(n)s name that is not publicly under the letter.",
        "So would %(n)s names that are not publicly under the letter.",
    )
    lines = [
        words.gettext(goes) % {"partners": partners},
        words.ngettext(*under, names) % {"n": grouped(names, language)},
    ]
    for number, said in ((found.persons, _PERSONS), (found.replies, _REPLIES)):
        if number:
            lines.append(words.ngettext(*said, number) % {"n": grouped(number, language)})
    if ends:
        lines.append(words.gettext(O_("The letter will never be sent.")))
    if found.waiting_copies:
        waiting = O_("Copies of the letter that wait and will not be sent: %(n)s.")
        lines.append(words.gettext(waiting) % {"n": found.waiting_copies})
    if found.untold:
        lines.append(words.gettext(TOLD_FIRST))
    if by_hand and not tells_nobody:
        tell = On_(
            "We send no email to %(names)s: tell it in another way.",
            "We send no email to %(names)s: tell them in another way.",
        )
        names_told = list(by_hand[:MOST_NAMED])
        if more := len(by_hand) - len(names_told):
            names_told.append(words.gettext(O_("%(n)s more")) % {"n": grouped(more, language)})
        lines.append(words.ngettext(*tell, len(by_hand)) % {"names": dates.listed(names_told, language)})
    if told:
        first = On_(
            "First %(n)s email tells everyone who was asked.", "First %(n)s emails tell everyone who was asked."
        )
        lines.append(words.ngettext(*first, told) % {"n": grouped(told, language)})
    elif tells_nobody and ends:
        lines.append(words.gettext(O_("Those who were asked and were not told yet will not be told.")))
    lines.append(words.gettext(O_("It cannot be undone.")))
    return Before(words.gettext(O_("Erase the campaign?")), lines, words.gettext(O_("Erase it")))


_PERSONS = On_(
    "So would name, address and words of %(n)s person who added a voice.",
    "So would name, address and words of %(n)s persons who added a voice.",
)
_REPLIES = On_("So would %(n)s reply of an addressee.", "So would %(n)s replies of addressees.")
