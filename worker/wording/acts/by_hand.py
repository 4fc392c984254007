"""What recording an answer by hand would do, for a partner that told it in another way than by its page."""

from worker.choices import Choice
from worker.models import Answer, Campaign
from worker.state.partner_changes import ReceiptFate
from worker.text import dates
from worker.wording.acts import Before
from worker.wording.organizers import O_, catalogue


def record(
    called: str,
    choice: Choice,
    visibility: str | None,
    standing: Answer | None,
    receipt: ReceiptFate,
    campaign: Campaign,
    *,
    has_left: bool,
    language: str = "en",
) -> Before:
    """`standing`: the answer that is replaced; `has_left`: whether somebody has the letter already."""
    words = catalogue(language)
    lines = [replaced(called, standing, campaign, language)] if standing is not None else []
    if visibility:
        lines.append(words.gettext(_SEEN[visibility]))
    lines.append(words.gettext(_RECEIPTS[receipt]))
    if has_left:
        lines.append(words.gettext(O_("The letter has been sent already. Next, tell everyone who has it.")))
    title, button = _ACTS[choice]
    return Before(words.gettext(title) % {"partner": called}, lines, words.gettext(button))


def ways_to_sign(campaign: Campaign, language: str = "en") -> list[tuple[str, str]]:
    """How visibly one may sign this letter, each with its sentence."""
    words = catalogue(language)
    return [(one, words.gettext(_SEEN[one])) for one in campaign.visibilities]


def replaced(called: str, standing: Answer, campaign: Campaign, language: str = "en") -> str:
    """Which answer stands until then."""
    said = catalogue(language).gettext(_STANDS[(standing.choice, standing.channel == "link")])
    return said % {"partner": called, "moment": dates.day_and_time(standing.at, campaign.zone, language)}


def receipt_told(receipt: ReceiptFate, language: str = "en") -> str:
    """Whether it hears of it."""
    return catalogue(language).gettext(_RECEIPTS[receipt])


_ACTS: dict[Choice, tuple[str, str]] = {
    "sign": (O_("Record that %(partner)s signs?"), O_("Record the signature")),
    "decline": (O_("Record that %(partner)s does not sign?"), O_("Record that it does not sign")),
    "withdraw": (O_("Take back the signature of %(partner)s?"), O_("Take back the signature")),
    "change": (O_("Record that %(partner)s asks for a change?"), O_("Record that it asks for a change")),
}
_SEEN = {
    "public": O_("It is named to everyone."),
    "addressee": O_("It is named to the addressee only."),
    "counted": O_("It is counted, and not named."),
}
_RECEIPTS: dict[ReceiptFate, str] = {
    "goes": O_("It gets a receipt by email."),
    "no address": O_("It has no email address, so it gets no receipt."),
    "silenced": O_("You stopped all email to it, so it gets no receipt."),
    "unsubscribed": O_("It unsubscribed, so it gets no receipt."),
}
_STANDS: dict[tuple[Choice, bool], str] = {
    ("sign", True): O_("%(partner)s signed by its link on %(moment)s; that answer is replaced."),
    ("sign", False): O_("%(partner)s signed through an organizer on %(moment)s; that answer is replaced."),
    ("decline", True): O_("%(partner)s declined by its link on %(moment)s; that answer is replaced."),
    ("decline", False): O_("%(partner)s declined through an organizer on %(moment)s; that answer is replaced."),
    ("withdraw", True): O_("%(partner)s withdrew by its link on %(moment)s; that answer is replaced."),
    ("withdraw", False): O_("%(partner)s withdrew through an organizer on %(moment)s; that answer is replaced."),
    ("change", True): O_("%(partner)s asked for a change by its link on %(moment)s; that answer is replaced."),
    ("change", False): O_(
        "%(partner)s asked for a change through an organizer on %(moment)s; that answer is replaced."
    ),
}
