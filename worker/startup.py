"""What every process looks at before it begins: that whatever is registered is there as a whole."""

from collections.abc import Iterator

from worker import render, settings
from worker.mail import kinds
from worker.registry import NotRegistered
from worker.wording import mails


def check_registered() -> None:
    """Check that each kind of mail has its function, and its template in each language.

    Raises NotRegistered with all that is missing, by name.
    """
    kinds.check_functions(mails.FUNCTIONS)
    if missing := [sentence for language in render.LANGUAGES for sentence in _missing_templates(language)]:
        raise NotRegistered("\n".join(missing))


def _missing_templates(language: str) -> Iterator[str]:
    folder = settings.current().templates_dir
    for name, file in kinds.template_files(language).items():
        if not (folder / file).is_file():
            yield f"mail {name!r}: there is no template {file}"
