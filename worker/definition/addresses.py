"""Mail addresses, checked for their form only: nobody is looked up."""


def mended(address: str) -> tuple[str, str]:
    """Return the address with its domain in the form that travels, and what is wrong with it, if anything.

    Reserved domains such as `.example` and `.test` pass: demonstrations use them.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as error:
        return address, str(error)
    return checked.ascii_email or checked.normalized, ""
