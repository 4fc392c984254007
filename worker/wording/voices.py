"""Whether persons can add their voices to a letter, in a sentence for organizers."""

from worker.state.member_counts import ShutBecause

_SHUT: dict[ShutBecause, str] = {
    "closed": 'this letter is not open to persons (members = "closed")',
    "stopped": "you stopped it",
    "not public": "the letter is not on a public page now",
    "cancelled": "the letter was cancelled",
    "erased": "personal data were erased",
}


def door_sentence(because: ShutBecause | None) -> str:
    """`Persons can add their voices`, or why not; without a full stop."""
    return f"Persons cannot add their voices: {_SHUT[because]}" if because else "Persons can add their voices"
