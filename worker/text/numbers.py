"""Large numbers, as each language writes them."""

from worker.text.languages import LANGUAGES


def grouped(number: int, language: str) -> str:
    """`1,000`, in French `1 000`."""
    return f"{number:,}".replace(",", LANGUAGES[language].thousands)
