"""What every process looks at before it begins: that whatever is registered is there as a whole."""

from collections.abc import Iterator

from worker import settings
from worker.mail import kinds
from worker.registry import NotRegistered
from worker.text import glyphs
from worker.text.languages import LANGUAGES, SOURCE, Language
from worker.wording import mails, templates


def check_registered() -> None:
    """Check that each kind of mail has its function, and each language all that it is read in.

    Raises NotRegistered with all that is missing, by name.
    """
    kinds.check_functions(mails.FUNCTIONS)
    if missing := [sentence for language in LANGUAGES.values() for sentence in _missing(language)]:
        raise NotRegistered("\n".join(missing))


def _missing(language: Language) -> Iterator[str]:
    yield from _missing_templates(language.code)
    named = f"language {language.code!r}"
    if language.code != SOURCE and not templates.catalogue(language.code).is_file():
        yield f"{named}: there is no catalogue locale/{language.code}/LC_MESSAGES/pages.po"
    if not _is_known_to_babel(language.locale):
        yield f"{named}: Babel knows no locale {language.locale!r}"
    if glyphs.unprintable([language.endonym]):
        yield f"{named}: the letter's fonts cannot print {language.endonym!r}; see worker/text/glyphs.py"
    if language.page_font and not (settings.current().templates_dir / "pages" / language.page_font).is_file():
        yield f"{named}: there is no font pages/{language.page_font}"


def _missing_templates(language: str) -> Iterator[str]:
    folder = settings.current().templates_dir
    for name, file in kinds.template_files(language).items():
        if not (folder / file).is_file():
            yield f"mail {name!r}: there is no template {file}"
    if not (folder / (file := f"mail/_codes.{language}.md")).is_file():
        yield f"link and codes in mails: there is no template {file}"


def _is_known_to_babel(locale: str) -> bool:
    from babel.localedata import exists

    return exists(locale)
