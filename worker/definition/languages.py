"""The languages in which letters can be written and partners be asked."""

LANGUAGES = ("en", "fr", "km")


def what_is_wrong_with(language: str) -> tuple[str, str] | None:
    """Say what was expected instead of this language and how to mend it; None when all is well."""
    if language in LANGUAGES:
        return None
    return f"{', '.join(LANGUAGES[:-1])} or {LANGUAGES[-1]}", "Write the language as two small letters."
