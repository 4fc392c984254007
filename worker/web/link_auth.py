"""Whose link it is: the one thing that lets anybody in to a page behind a link that we sent by mail."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from worker import tokens
from worker.state import links
from worker.state.links import Ended, Holder, Owner
from worker.tokens import Purpose
from worker.web.batching import Batcher
from worker.web.key_gate import require_key

Wanted = Sequence[tuple[bytes, int]]
Found = list[Holder | Ended | None]


class LinkEnded(HTTPException):
    """The link was right, and what it led to is erased."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(410)
        self.ended = ended


class NotNow(HTTPException):
    """The link is right, and nothing behind it is shown: its campaign is in panic. `holder`: null of one that ended."""

    def __init__(self, language: str, holder: Holder | None = None) -> None:
        super().__init__(503)
        self.language, self.holder = language, holder


async def find_holder(token: str, purpose: Purpose = "sign") -> Holder:
    """Look up whose link it is; what many ask at once is one statement.

    An unknown link, a revoked link and one of another purpose cost the same and end in the same 404. Raises LinkEnded
    for one that lived until its records were erased, and NotNow while the campaign is in panic.
    """
    found = await _HOLDERS.get(purpose, _partners).ask(parse_or_nobody(token, purpose))
    if found is None:
        raise HTTPException(404)
    if found.in_panic:
        raise NotNow(found.language, found if isinstance(found, Holder) else None)
    if isinstance(found, Ended):
        raise LinkEnded(found)
    return found


def load_owner(session: Session, model: type[Owner], holder: Holder) -> Owner:
    """Load the row of a link's holder; 404 if the link was revoked since it was looked up. Raises NotNow."""
    owner = links.load_owner(session, model, holder)
    if owner is None:
        raise HTTPException(404)
    if owner.campaign.panic_at is not None:
        raise NotNow(holder.language, holder)
    return owner


def parse_or_nobody(token: str, purpose: Purpose = "sign") -> tuple[bytes, int]:
    """The ref and generation in a token; of what is no link, what nobody has, so that it takes as long."""
    try:
        return tokens.read_token(token, purpose)
    except tokens.NotALink:
        return bytes(tokens.REF), -1


def _with_key(find: Callable[[Wanted], Found]) -> Batcher[tuple[bytes, int], Holder | Ended | None]:
    """Asks `find` for many at once, where the key is the one with which these links were made."""

    def found(wanted: Wanted) -> Found:
        require_key()
        return find(wanted)

    return Batcher(found)


_partners = _with_key(links.find_partners)
_HOLDERS: dict[Purpose, Batcher[tuple[bytes, int], Holder | Ended | None]] = {
    "join": _with_key(links.find_applicants),
    "voice": _with_key(links.find_members),
}
