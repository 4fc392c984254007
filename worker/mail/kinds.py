"""Every kind of mail, declared once: to whom it goes, how urgent it is, and what makes it useless while it waits."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from worker.registry import NotRegistered, by_name

Audience = Literal["partner", "third party", "member", "addressee", "organizers", "organizer"]
"""`organizers`: those of a campaign, as a rule by their one address; `organizer`: one of them, in no campaign."""
Event = Literal["answer", "close", "amendment", "step back", "void", "cancel"]

# Urgency: of the mails that are due, the lowest number leaves first.
FIRST, SOON, LATER, LAST, AFTER_ALL, MEMBERS = range(6)
MAY_WAIT = LATER  # from this number on, a mail leaves room in a relay's quota for the more urgent


@dataclass(frozen=True)
class MailKind:
    """One kind of mail, worded from its template in each language; see `wording/mails.py`."""

    name: str
    """As in `Mail.kind`, and in `templates/mail/<name>.<language>.md`."""
    audience: Audience
    """Who reads it."""
    urgency: int
    """FIRST, SOON, LATER or LAST; from AFTER_ALL on it is what anybody can make us send, mails to members last."""
    asks: bool = False
    """It asks for an answer: of use to a partner only while none stands."""
    starts_pause: bool = False
    """No reminder follows it within a day."""
    bulk: bool = False
    """Thousands get it, and read the same but for what is personal: it is worded once."""
    attachment: bool = False
    """It brings the sealed letter, as long as that names nobody too many."""
    alert: bool = False
    """It is told whatever silence the reader's link asked for, for without it somebody could act unheard."""
    irrevocable: bool = False
    """It goes to an addressee, and never a second time by itself: whoever hands it over notes that before DATA, and a
    doubt waits for a person."""
    waits_with_letter: bool = False
    """It waits while the letter is held; when all mail is, every kind but the organizers' own waits."""
    cancelled_by: tuple[Event, ...] = ()
    """What calls it back while it waits in the outbox.

    answer: the partner answers; close: the campaign closes; amendment: the letter is changed again;
    step back: the partner does not sign any more, once the letter has left; void: its seal is voided; cancel: the
    letter is cancelled, which calls back besides whatever is not for the organizers.
    """

    @property
    def has_template(self) -> bool:
        """The sealed letter has none."""
        return self.name != "letter"


KINDS = by_name(
    MailKind(
        "letter", "addressee", FIRST, irrevocable=True, attachment=True, waits_with_letter=True, cancelled_by=("void",)
    ),
    MailKind("digest", "addressee", LAST, irrevocable=True, waits_with_letter=True, cancelled_by=("cancel",)),
    MailKind("single", "addressee", LAST, irrevocable=True, waits_with_letter=True, cancelled_by=("cancel",)),
    MailKind("invitation", "partner", LAST, asks=True, starts_pause=True, bulk=True, cancelled_by=("answer", "close")),
    MailKind("reminder", "partner", LAST, asks=True, starts_pause=True, bulk=True, cancelled_by=("answer", "close")),
    MailKind("asked_again", "partner", LATER, asks=True, starts_pause=True, cancelled_by=("answer", "close")),
    MailKind("extended", "partner", LATER, asks=True, bulk=True, cancelled_by=("close",)),
    MailKind("earlier", "partner", LATER, asks=True, bulk=True, cancelled_by=("close",)),
    MailKind("amended", "partner", LATER, asks=True, starts_pause=True, cancelled_by=("answer", "close", "amendment")),
    MailKind("corrected", "partner", LATER, cancelled_by=("close", "amendment")),
    MailKind("receipt", "partner", SOON, cancelled_by=("answer",)),
    MailKind("code_guessed", "partner", SOON, alert=True),
    MailKind("copy", "partner", LAST, bulk=True, attachment=True, waits_with_letter=True, cancelled_by=("step back",)),
    MailKind("cancelled", "partner", LATER, bulk=True),
    MailKind("taken_out", "partner", LATER),
    MailKind("passed_on", "partner", LATER),
    MailKind("was_passed_on", "partner", SOON, alert=True),
    MailKind("contact_added", "partner", SOON, alert=True),
    MailKind("merged", "partner", SOON, alert=True),
    MailKind("renewed", "partner", SOON, alert=True),
    MailKind("listing", "partner", SOON, alert=True),
    MailKind("silence", "partner", SOON, alert=True),
    MailKind("confirm", "third party", AFTER_ALL, cancelled_by=("close",)),
    MailKind("voice", "member", MEMBERS),
    MailKind("voice_changed", "member", MEMBERS),
    MailKind("voice_again", "member", MEMBERS, cancelled_by=("amendment",)),
    MailKind("closed", "organizers", SOON, attachment=True, cancelled_by=("void", "cancel")),
    MailKind("waiting", "organizers", SOON, cancelled_by=("cancel",)),
    MailKind("doubt", "organizers", SOON),
    MailKind("returned", "organizers", SOON),
    MailKind("delayed", "organizers", SOON),
    MailKind("report", "organizers", SOON, attachment=True),
    MailKind("unreached", "organizers", SOON),
    MailKind("mail_answered", "organizers", SOON),
    MailKind("disowned", "organizers", SOON),
    MailKind("guessing", "organizers", SOON),
    MailKind("contact_ended", "organizers", SOON),
    MailKind("wish", "organizers", SOON),
    MailKind("row", "organizers", SOON),
    MailKind("applicant", "organizers", SOON),
    MailKind("flood", "organizers", SOON),
    MailKind("words", "organizers", SOON, cancelled_by=("cancel",)),
    MailKind("notice", "organizers", SOON),
    MailKind("erased", "organizers", SOON),
    MailKind("outage", "organizers", SOON),
    MailKind("digest_ready", "organizers", SOON, cancelled_by=("cancel",)),
    MailKind("digest_failed", "organizers", SOON),
    MailKind("approval", "organizers", SOON, cancelled_by=("cancel",)),
    MailKind("replies_moved", "organizers", SOON),
    MailKind("letter_moved", "organizers", SOON),
    MailKind("login", "organizer", SOON),
)
OF_OURSELVES: tuple[Audience, ...] = ("organizers", "organizer")


def kind_named(name: str) -> MailKind:
    """Look up a kind of mail. Raises NotRegistered."""
    if name not in KINDS:
        raise NotRegistered(_UNKNOWN.format(name))
    return KINDS[name]


def names(which: Callable[[MailKind], bool]) -> tuple[str, ...]:
    """The names of the kinds for which this holds."""
    return tuple(kind.name for kind in KINDS.values() if which(kind))


def is_irrevocable(name: str) -> bool:
    """Whether a mail of this kind never goes a second time by itself."""
    return KINDS[name].irrevocable


def cancelled_by(event: Event) -> tuple[str, ...]:
    """The names of the kinds that this calls back while they wait in the outbox."""
    return names(lambda kind: event in kind.cancelled_by)


def template_files(language: str) -> dict[str, str]:
    """The template of each mail in one language, below `templates/`, by the name of its kind."""
    return {name: f"mail/{name}.{language}.md" for name in names(lambda kind: kind.has_template)}


def check_functions(names_of_functions: Collection[str]) -> None:
    """Check that each function that words a mail has a kind, and each kind what words it. Raises NotRegistered."""
    needed = names(lambda kind: kind.audience in {"third party", "member", "addressee", "organizer"})
    wrong = [f"mail {name!r}: no function words it" for name in needed if name not in names_of_functions]
    wrong += [_UNKNOWN.format(name) for name in names_of_functions if name not in KINDS]
    if wrong:
        raise NotRegistered("\n".join(wrong))


_UNKNOWN = "mail {!r}: it is not registered in worker/mail/kinds.py"
