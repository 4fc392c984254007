"""What an act about persons' voices, their words, or the mails that tell the addressee of them would do."""

from collections.abc import Sequence
from gettext import NullTranslations

from worker.state.digests import DigestStatus
from worker.state.member_addresses import OfDomain
from worker.state.member_counts import ShutBecause
from worker.state.waiting_words import WaitingWords
from worker.text.languages import LANGUAGES
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue
from worker.wording.voices import door_sentence

_TOLD_ALREADY = O_("An email that named the person to the addressee may have been sent: that cannot be recalled.")


def stop_voices(mails: int, language: str = "en") -> Before:
    """`mails`: how many that ask to confirm are called back."""
    words = catalogue(language)
    lines = [words.gettext(O_("Nobody can add a voice to this letter any more. Voices that are there stay."))]
    if mails:
        said = On_(
            "%(n)s email to a person who has not confirmed will not be sent.",
            "%(n)s emails to persons who have not confirmed will not be sent.",
        )
        lines.append(_counted(words, language, said, mails))
    title = words.gettext(O_("Let nobody add a voice any more?"))
    return Before(title, lines, words.gettext(O_("Let nobody add a voice")))


def reopen_voices(because: ShutBecause | None, language: str = "en") -> Before:
    """`because`: what still keeps persons from it then."""
    words = catalogue(language)
    lines = [words.gettext(O_("You no longer stop it.")), f"{door_sentence(because, language)}."]
    title = words.gettext(O_("Let persons add their voices again?"))
    return Before(title, lines, words.gettext(O_("Let persons add their voices")))


def withdraw_one(*, confirmed: bool, told: bool, language: str = "en") -> Before:
    """`told`: whether a mail may have named the person to the addressee."""
    words = catalogue(language)
    voice = O_("The voice of this person is withdrawn, and not counted any more.")
    wish = O_("What this person typed and did not confirm is withdrawn.")
    lines = [words.gettext(voice if confirmed else wish)]
    if told:
        lines.append(words.gettext(_TOLD_ALREADY))
    lines.append(words.gettext(O_("With the link in our email, the person can add their voice again.")))
    return Before(words.gettext(O_("Withdraw this voice?")), lines, words.gettext(O_("Withdraw it")))


def erase_member(*, told: bool, language: str = "en") -> Before:
    """`told` as above."""
    words = catalogue(language)
    erased = O_(
        "Name, email address, country and words of this person are erased, and their link. Their voice does not count "
        "any more."
    )
    lines = [words.gettext(erased)]
    if told:
        lines.append(words.gettext(_TOLD_ALREADY))
    lines.append(words.gettext(O_("It cannot be undone.")))
    return Before(words.gettext(O_("Erase this person?")), lines, words.gettext(O_("Erase this person")))


def drop_domain(found: OfDomain, domain: str, at_once: int, language: str = "en") -> Before:
    """`at_once`: how many of them go by one press."""
    words = catalogue(language)
    standing = On_(
        "%(n)s voice from an address at %(domain)s is withdrawn, and not counted any more.",
        "%(n)s voices from addresses at %(domain)s are withdrawn, and not counted any more.",
    )
    lines = [_counted(words, language, standing, len(found.standing), domain=domain)]
    if found.named:
        named = On_("%(n)s of them is to be named to the addressee.", "%(n)s of them are to be named to the addressee.")
        lines.append(_counted(words, language, named, found.named))
    if found.unconfirmed:
        unconfirmed = On_(
            "%(n)s more that nobody confirmed by email is withdrawn, too.",
            "%(n)s more that nobody confirmed by email are withdrawn, too.",
        )
        lines.append(_counted(words, language, unconfirmed, len(found.unconfirmed)))
    if found.told:
        told = On_(
            "%(n)s of them may have been named to the addressee already; the program cannot recall that.",
            "%(n)s of them may have been named to the addressee already; the program cannot recall that.",
        )
        lines.append(_counted(words, language, told, found.told))
    if len(found.all) > at_once:
        lines.append(
            words.gettext(O_("%(n)s are withdrawn at once: do it again for the others."))
            % {"n": grouped(at_once, language)}
        )
    honest = O_("Do this only if they are not true: honest persons with such an address are withdrawn, too.")
    no_more = O_("No more are accepted from there. Whoever types such an address waits and is not told so.")
    stays = O_("You can accept the domain again. What was withdrawn stays withdrawn.")
    lines += [words.gettext(one) for one in (honest, no_more, stays)]
    return Before(words.gettext(O_("Withdraw them all?")), lines, words.gettext(O_("Withdraw them all")))


def let_domain_again(domain: str, mails: int, language: str = "en") -> Before:
    """`mails`: how many who waited are written to."""
    words = catalogue(language)
    lines = [
        words.gettext(O_("Persons with an address at %(domain)s can add their voices again.")) % {"domain": domain}
    ]
    if mails:
        said = On_(
            "%(n)s person typed such an address meanwhile, and gets the email to confirm now.",
            "%(n)s persons typed such an address meanwhile, and get the email to confirm now.",
        )
        lines.append(_counted(words, language, said, mails))
    lines.append(words.gettext(O_("Voices that were withdrawn stay withdrawn.")))
    title = words.gettext(O_("Accept voices from %(domain)s again?")) % {"domain": domain}
    return Before(title, lines, words.gettext(O_("Accept them again")))


def kept_out(domains: Sequence[str], waiting: int, language: str = "en") -> str:
    """Which email domains were dropped, and how many wait for it; empty where none was."""
    if not domains:
        return ""
    words = catalogue(language)
    said = words.gettext(O_("No voices are accepted from: %(domains)s.")) % {"domains": ", ".join(domains)}
    if not waiting:
        return said
    wait = On_("%(n)s person with such an address waits.", "%(n)s persons with such an address wait.")
    return f"{said} {_counted(words, language, wait, waiting)}"


def decide_words(agreed: Sequence[WaitingWords], refused: Sequence[WaitingWords], language: str = "en") -> Before:
    """Each with its words whole, so that nobody agrees to what was not read."""
    words = catalogue(language)
    lines = list[str]()
    if agreed:
        lines += [words.gettext(O_("The addressee gets these words:")), *_quoted(agreed, words)]
    if refused:
        lines += [words.gettext(O_("These words are refused, and the voices counted:")), *_quoted(refused, words)]
    if agreed and refused:
        title = words.gettext(O_("Record what you decided about the words of %(n)s persons?"))
        return Before(title % {"n": len(agreed) + len(refused)}, lines, words.gettext(O_("Record it")))
    agree = On_("Agree to the words of one person?", "Agree to the words of %(n)s persons?")
    refuse = On_("Refuse the words of one person?", "Refuse the words of %(n)s persons?")
    title = _counted(words, language, agree if agreed else refuse, len(agreed) + len(refused))
    return Before(title, lines, words.gettext(O_("Agree") if agreed else O_("Refuse")))


def _quoted(those: Sequence[WaitingWords], words: NullTranslations) -> list[str]:
    return ["\n    ".join([f"{_who(one, words)}:", *one.words.splitlines()]) for one in those]


def _who(one: WaitingWords, words: NullTranslations) -> str:
    name = one.name or words.gettext(O_("not to be named"))
    spoken = LANGUAGES[one.language].endonym if one.language in LANGUAGES else one.language
    return f"#{one.member_id} {name}, {spoken}"


def leave_names_out(names: Sequence[str], persons: int, language: str = "en") -> Before:
    """`names` as mails show them; `persons`: how many go by them."""
    words = catalogue(language)
    said = On_("%(n)s person is counted without this name:", "%(n)s persons are counted without these names:")
    again = O_("Each person can choose again to be named; you read that before the addressee does.")
    lines = ["\n    ".join([_counted(words, language, said, persons), *names]), words.gettext(again)]
    title = _counted(words, language, On_("Leave out one name?", "Leave out %(n)s names?"), len(names))
    return Before(title, lines, words.gettext(O_("Leave out")))


def hold_digests(language: str = "en") -> Before:
    words = catalogue(language)
    lines = [
        words.gettext(O_("No email to the addressee about members is sent until you resume.")),
        words.gettext(O_("One that is being handed over at this moment may still arrive.")),
    ]
    return Before(words.gettext(O_("Hold these emails?")), lines, words.gettext(O_("Hold them")))


def resume_digests(status: DigestStatus, language: str = "en") -> Before:
    words = catalogue(language)
    waits = status.open_state == "waiting"
    follows = O_("The one that waits is sent as soon as its time has come.") if waits else O_("The next one follows.")
    lines = [words.gettext(O_("Emails to the addressee about members continue.")), words.gettext(follows)]
    title = words.gettext(O_("Send emails to the addressee about members again?"))
    return Before(title, lines, words.gettext(O_("Resume")))


def stop_digests(language: str = "en") -> Before:
    words = catalogue(language)
    lines = [
        words.gettext(O_("The addressee gets no email about members any more.")),
        words.gettext(O_("One that waits is not sent. The voices still count.")),
    ]
    title = words.gettext(O_("Send the addressee no email about members any more?"))
    return Before(title, lines, words.gettext(O_("Stop these emails")))


def restart_digests(stopped_by: str | None, addressee: str, language: str = "en") -> Before:
    """The title asks what only a person knows, so the desk has a tick of its own for it."""
    words = catalogue(language)
    by_itself = words.gettext(O_("%(addressee)s stopped them by the link in an email.")) % {"addressee": addressee}
    lines = [
        by_itself if stopped_by == "addressee" else words.gettext(O_("An organizer stopped them.")),
        words.gettext(O_("The addressee gets emails about members again.")),
    ]
    title = words.gettext(O_("Did the addressee ask for these emails again?"))
    return Before(title, lines, words.gettext(O_("Yes: send them again")))


def send_again(mails: int, language: str = "en") -> Before:
    words = catalogue(language)
    said = On_(
        "%(n)s email to the addressee about members is sent again, without those who have withdrawn since.",
        "%(n)s emails to the addressee about members are sent again, without those who have withdrawn since.",
    )
    lines = [_counted(words, language, said, mails), words.gettext(O_("The addressee may then have it twice."))]
    return Before(words.gettext(O_("Send it again?")), lines, words.gettext(O_("Send it again")))


def note_arrived(mails: int, language: str = "en") -> Before:
    words = catalogue(language)
    said = On_(
        "It is recorded that %(n)s email to the addressee about members arrived.",
        "It is recorded that %(n)s emails to the addressee about members arrived.",
    )
    title = words.gettext(O_("Record that the addressee has it?"))
    return Before(title, [_counted(words, language, said, mails)], words.gettext(O_("Record it")))


def _counted(words: NullTranslations, language: str, said: tuple[str, str], number: int, **facts: str) -> str:
    return words.ngettext(*said, number) % {"n": grouped(number, language), **facts}
