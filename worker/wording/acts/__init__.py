"""What an act of organizers would do, said before it is done: once, for the desk and for the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.wording.changes import Item


@dataclass(frozen=True)
class Before:
    """What is about to happen, in the reader's language.

    `lines`: whom it concerns, what it does, how many, what cannot be undone, each a sentence or two. `button`: the act
    in words, as a verb. `names`: whom it concerns, where a reader may want to look. `fields`: what the button sends
    beside what was typed, so that what is done is what was shown. `changes`: of a text.
    """

    title: str
    lines: Sequence[str]
    button: str
    names: Sequence[str] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    changes: "Sequence[Item]" = ()
