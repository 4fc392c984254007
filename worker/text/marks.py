"""Marks of words that organizers read, which are translated where they are said."""


def O_(words: str) -> str:
    """Mark words of the organizers' catalogue, which is made from source by this name."""
    return words


def On_(one: str, many: str) -> tuple[str, str]:
    """The same of words that go by a number."""
    return one, many
