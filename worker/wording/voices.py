"""Persons' voices, as organizers read of them: whether any can be added, and why nothing was changed."""

from worker.state.member_counts import ShutBecause
from worker.state.refusals import VoicesUnchanged
from worker.wording.organizers import O_, catalogue

_CANNOT = O_("Persons cannot add their voices: %(why)s")
_SHUT: dict[ShutBecause, str] = {
    "closed": O_('this letter is not open to persons (members = "closed")'),
    "stopped": O_("you stopped it"),
    "not public": O_("the letter is not on a public page now"),
    "cancelled": O_("the letter was cancelled"),
    "erased": O_("personal data were erased"),
}
UNCHANGED: dict[VoicesUnchanged, str] = {
    "closed": O_(
        'Persons cannot add their voices: this letter is not open to persons (members = "closed"). Nothing was changed.'
    ),
    "stopped": O_("You stopped it already: nothing was changed."),
    "cancelled": O_("Persons cannot add their voices: the letter was cancelled. Nothing was changed."),
    "erased": O_("Persons cannot add their voices: personal data were erased. Nothing was changed."),
    "not stopped": O_("You have not stopped it: nothing was changed."),
    "withdrawn": O_("This voice was withdrawn already: nothing was changed."),
    "no domain": O_("No voice came from an address at this domain: nothing was changed."),
    "not dropped": O_("Voices from this email domain are not kept out: nothing was changed."),
    "no words chosen": O_("You chose no words: nothing was changed."),
    "digests held": O_("These emails are held already: nothing was changed."),
    "digests not held": O_("These emails were not held: nothing was changed."),
    "digests stopped": O_("These emails are stopped already: nothing was changed."),
    "digests not stopped": O_("These emails were not stopped: nothing was changed."),
    "no digest failed": O_("None is uncertain, was refused or came back: nothing was changed."),
}
NO_SUCH_MEMBER = O_(
    "No person with this email address added their voice to this letter. Check the spelling; the person may have used "
    "another address."
)
NO_DIGESTS = O_("Persons cannot add their voices to this letter, so the addressee is told of none.")


def door_sentence(because: ShutBecause | None, language: str = "en") -> str:
    """`Persons can add their voices`, or why not; without a full stop."""
    words = catalogue(language)
    if because is None:
        return words.gettext(O_("Persons can add their voices"))
    return words.gettext(_CANNOT) % {"why": words.gettext(_SHUT[because])}
