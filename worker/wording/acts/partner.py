"""What an act on one partner would do: its address, its mail, its name, who may answer for it, and its end.

`called` is what the partner is called: its name, with its number where that tells it from another.
"""

from worker.models import Campaign, Partner
from worker.state.partner_changes import Corrected, MailedAgain
from worker.text.languages import LANGUAGES
from worker.wording import templates
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def correct_address(
    called: str, email: str, corrected: Corrected, partner: Partner, campaign: Campaign, language: str = "en"
) -> Before:
    """Another address: what becomes of its links, and what is sent there."""
    words = catalogue(language)
    lines = [words.gettext(O_("The old link stops working."))]
    if ended := corrected.links_ended:
        one = On_("%(n)s link that was passed on by it ends too.", "%(n)s links that were passed on by it end too.")
        lines.append(words.ngettext(*one, ended) % {"n": ended})
    if kept := corrected.links_kept:
        one = On_(
            "%(n)s contact that you added: their links still work.",
            "%(n)s contacts that you added: their links still work.",
        )
        lines.append(words.ngettext(*one, kept) % {"n": kept})
    if corrected.listing_restored:
        lines.append(words.gettext(O_("A link changed how its name appears. That change was taken back.")))
    lines += [words.gettext(_GOES[kind]) for kind in corrected.goes]
    if partner.silenced_at is not None:
        lines.append(words.gettext(O_("You stopped all email to it, so it gets none.")))
    elif corrected.is_quiet:
        lines.append(words.gettext(O_("It unsubscribed, so it gets no email.")))
    elif not corrected.goes:
        why = O_("The deadline has passed, so nobody is asked any more. Copies go to the new address.")
        if campaign.was_closed_early:
            why = O_("It was closed early, so nobody is asked any more. Copies go to the new address.")
        lines.append(words.gettext(why))
    if corrected.was_suppressed:
        returned = O_(
            "An earlier email to this address came back. We send email there again, because you say that it is right."
        )
        lines.append(words.gettext(returned))
    title = words.gettext(O_("Change the address of %(partner)s to %(email)s?"))
    return Before(title % {"partner": called, "email": email}, lines, words.gettext(O_("Change the address")))


_GOES = {
    "invitation": O_("A new invitation is sent there, with a new link."),
    "receipt": O_("It has answered: a receipt is sent there, with a new link."),
    "copy": O_("The copy of the letter is sent there."),
}


def mail_once_more(called: str, again: MailedAgain, language: str = "en") -> Before:
    """Its uncertain mails, or the one with its link."""
    words = catalogue(language)
    button = words.gettext(O_("Send it"))
    if again.uncertain:
        one = On_("Send %(n)s email to %(partner)s once more?", "Send %(n)s emails to %(partner)s once more?")
        title = words.ngettext(*one, again.uncertain) % {"n": again.uncertain, "partner": called}
        return Before(title, [words.gettext(O_("It may get it twice."))], button)
    title = O_("Send %(partner)s a reminder, with its link?")
    if again.kind == "receipt":
        title = O_("Send %(partner)s the receipt of its answer, with its link?")
    return Before(words.gettext(title) % {"partner": called}, [], button)


def decide_name(present: str, asked: str, *, agreed: bool, language: str = "en") -> Before:
    """Yes or no to the name under which it asks to be printed; both as they are printed."""
    words = catalogue(language)
    asks = words.gettext(O_("%(partner)s asks to be printed as: %(name)s."))
    title, button = O_("Print it under the new name?"), O_("Agree to the new name")
    if not agreed:
        title, button = O_("Keep the present name?"), O_("Keep the present name")
    return Before(words.gettext(title), [asks % {"partner": present, "name": asked}], words.gettext(button))


def add_contact(called: str, email: str, its_language: str, *, is_told: bool, language: str = "en") -> Before:
    """One more person who may answer; `is_told`: whether the registered contact hears of it."""
    words = catalogue(language)
    title = words.gettext(O_("Let %(email)s answer for %(partner)s too, with its own link, in %(language)s?"))
    known = templates.translations(language).gettext(LANGUAGES[its_language].name)
    lines = [words.gettext(O_("The registered contact is told."))] if is_told else []
    facts = {"email": email, "partner": called, "language": known}
    return Before(title % facts, lines, words.gettext(O_("Add this person")))


def contact_called(email: str, number: int, language: str = "en") -> str:
    """A further contact: its address, or its number where another contact has the same."""
    return email or catalogue(language).gettext(O_("contact %(number)s")) % {"number": number}


def end_contact(called: str, contact: str, *, answered: bool, language: str = "en") -> Before:
    """The end of one link; `answered`: whether the answer that stands came by it."""
    words = catalogue(language)
    title = words.gettext(O_("End the link of %(contact)s for %(partner)s?"))
    lines = [words.gettext(O_("The present answer came by this link, and still stands."))] if answered else []
    return Before(title % {"contact": contact, "partner": called}, lines, words.gettext(O_("End the link")))


def silence(called: str, campaign: Campaign, language: str = "en") -> Before:
    """No mail at all, and what its links can do then."""
    words = catalogue(language)
    follows = O_(
        "Its links can no longer sign, change its name in the letter or be passed on. They can still withdraw, or make "
        "it less visible."
    )
    if campaign.cancelled_at is not None:
        follows = O_("Its links still say that the letter was cancelled.")
    title = words.gettext(O_("Send %(partner)s and its contacts no email at all?"))
    return Before(title % {"partner": called}, [words.gettext(follows)], words.gettext(O_("Stop all email to it")))


def allow_mail(called: str, *, had_unsubscribed: bool, is_asked: bool, language: str = "en") -> Before:
    """Mail again; `is_asked`: whether it gets its invitation only now."""
    words = catalogue(language)
    lines = []
    if had_unsubscribed:
        lines.append(words.gettext(O_("It unsubscribed by its own link: be sure that it wants email again.")))
    if is_asked:
        lines.append(words.gettext(O_("It was never asked, so it gets an invitation.")))
    title = words.gettext(O_("Send %(partner)s email again?"))
    return Before(title % {"partner": called}, lines, words.gettext(O_("Allow email again")))


def carry(called: str, *, silenced: bool, language: str = "en") -> Before:
    """Its invitation on the screen, to bring it there by another way than mail."""
    words = catalogue(language)
    lines = [care(called, language), words.gettext(O_("It is recorded that you bring it."))]
    if silenced:
        lines.append(
            words.gettext(
                O_(
                    "You stopped all email to it, so it cannot sign by its link. Record what it tells you, or allow "
                    "email again."
                )
            )
        )
    title = words.gettext(O_("Show the invitation of %(partner)s, with its link and code?"))
    return Before(title % {"partner": called}, lines, words.gettext(O_("Show the invitation")))


def care(called: str, language: str = "en") -> str:
    """What whoever holds an invitation has to know."""
    words = O_("Whoever has this can answer for %(partner)s: give it to nobody else, and leave no copy.")
    return catalogue(language).gettext(words) % {"partner": called}


def erase(called: str, further: int, *, its_name: bool, is_untold: bool, language: str = "en") -> Before:
    """All that is kept of it. `further`: how many further contacts it has; `its_name`: whether that goes, too;
    `is_untold`: whether an addressee has still to be told that it stepped back."""
    words = catalogue(language)
    lines = [words.gettext(O_("Its contact, address and link are erased, and who answered for it and why."))]
    if further:
        one = On_("So is %(n)s further contact.", "So are %(n)s further contacts.")
        lines.append(words.ngettext(*one, further) % {"n": further})
    name = O_("Its name is erased too.")
    if not its_name:
        name = O_("Its name stays, because it signed the letter publicly.")
    lines += [words.gettext(name), words.gettext(O_("It gets no email any more."))]
    if is_untold:
        lines.append(words.gettext(TOLD_FIRST))
    lines.append(words.gettext(O_("It cannot be undone.")))
    title = words.gettext(O_("Erase the records of %(partner)s?"))
    return Before(title % {"partner": called}, lines, words.gettext(O_("Erase its records")))


TOLD_FIRST = O_(
    "An addressee’s copy still names an organization that has withdrawn. After this nobody can tell the addressee "
    "which one, so print and send the notice first."
)
