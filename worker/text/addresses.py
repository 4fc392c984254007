"""Mail addresses, checked for their form only: nobody is looked up."""

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
        return address, str(error)
    sent = checked.ascii_email or checked.normalized
    return (sent.removesuffix(_SAME_LENGTH) + _REFUSED_BY_THE_LIBRARY if reserved else sent), ""


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
