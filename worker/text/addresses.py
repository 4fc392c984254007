"""Mail addresses, checked for their form only: nobody is looked up."""

from worker.text.phrases import P_, Phrase

_REFUSED_BY_THE_LIBRARY = ".invalid"
_SAME_LENGTH = ".example"
IGNORED = {
    "gmail.com": ("gmail.com", "."),
    "googlemail.com": ("gmail.com", "."),
    **{domain: (domain, ".-_") for domain in ("proton.me", "protonmail.com", "protonmail.ch", "pm.me")},
}
"""Domains that ignore some signs in a local part: the domain under which all of them are known, and these signs."""


def normalize(address: str) -> tuple[str, str]:
    """Return the address with its domain in the form that travels, and what is wrong with it, if anything.

    Reserved domains pass (`.example`, `.test`, `.invalid`; RFC 6761): demonstrations use them.
    """
    from email_validator import EmailNotValidError, validate_email

    reserved = address.lower().endswith(_REFUSED_BY_THE_LIBRARY)
    asked = address[: -len(_REFUSED_BY_THE_LIBRARY)] + _SAME_LENGTH if reserved else address
    try:
        checked = validate_email(asked, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        return address, _told(str(error))
    sent = checked.ascii_email or checked.normalized
    return (sent.removesuffix(_SAME_LENGTH) + _REFUSED_BY_THE_LIBRARY if reserved else sent), ""


def _told(message: str) -> Phrase:
    """What the library says; other languages have a sentence for the likeliest of its many, and one for all others."""
    return next(phrase for beginning, phrase in _TOLD if message.startswith(beginning)).worded(message)


_TOLD = (
    ("An email address must have an @-sign", P_("An email address must have an @-sign.")),
    ("There must be something before the @-sign", P_("There must be something before the @-sign.")),
    ("There must be something after the @-sign", P_("There must be something after the @-sign.")),
    ("The part after the @-sign is not valid. It should have a period", P_("The part after the @-sign has no dot.")),
    ("An email address cannot have two periods in a row", P_("An email address cannot have two dots in a row.")),
    ("The email address is too long", P_("It is too long for an email address.")),
    ("The email address contains invalid characters before", P_("Signs stand before the @-sign that cannot be there.")),
    ("Internationalized characters before the @-sign", P_("Letters with accents cannot stand before the @-sign.")),
    ("The part after the @-sign contains invalid", P_("Signs stand after the @-sign that cannot be there.")),
    ("", P_("This address cannot be used.")),
)


def domain(typed: str) -> str:
    """A domain, with or without the sign before it, in the form in which addresses have it; empty if it is none."""
    sent, problem = normalize(f"x@{typed.strip().removeprefix('@')}")
    return "" if problem else sent.rpartition("@")[2]


def mailbox(address: str) -> str:
    """The address without what is added to its local part and many servers ignore: a plus and what follows (RFC 5233).

    For telling whether two addresses are one mailbox, never for writing to it.
    """
    local, at, domain = address.strip().casefold().rpartition("@")
    local = local.split("+", 1)[0] or local
    if domain in IGNORED:
        domain, signs = IGNORED[domain]
        local = "".join(sign for sign in local if sign not in signs)
    return f"{local}{at}{domain}"


def is_plain(address: str) -> bool:
    """Whether an address is its mailbox as it stands: if the mailbox is there, so is this address."""
    return mailbox(address) == address.strip().casefold()
