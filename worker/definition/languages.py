"""The languages in which letters can be written and partners be asked."""

LANGUAGES = ("en", "fr")
NOT_YET = ("km",)


def what_is_wrong_with(language: str) -> tuple[str, str] | None:
    """Say what was expected instead of this language and how to mend it; None when all is well."""
    if language in LANGUAGES:
        return None
    expected = " or ".join(LANGUAGES)
    if language in NOT_YET:
        return expected, f"{language} is not possible yet: use another language for now."
    return expected, "Write the language as two small letters."
