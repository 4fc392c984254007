"""From where wishes come, as far as it takes to slow a flood down: in the memory of this process, and nowhere else.

No visitor's address is kept: what is remembered is a keyed hash of its network under a key that this process draws
when it starts and tells nobody, and how many wishes came from there within the hour.
"""

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

MAX_ORIGINS = 5000  # beyond them, the one that rested longest is forgotten
SPAN_S, SPANS = 600.0, 6  # an hour, in spans of ten minutes


class Origins:
    """How many wishes came from where, by campaign: who floods one letter slows down no other."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._key = clock, secrets.token_bytes(32)
        self._tallies: OrderedDict[bytes, Counter[int]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, campaign_id: int, host: str) -> int:
        """Note a wish; returns how many came from there within the hour before it."""
        name = campaign_id.to_bytes(8, "big") + network(host)
        origin = hashlib.blake2b(name, digest_size=16, key=self._key).digest()
        with self._lock:
            span = int(self._clock() // SPAN_S)
            tally = self._tallies.setdefault(origin, Counter())
            self._tallies.move_to_end(origin)
            if len(self._tallies) > MAX_ORIGINS:
                self._tallies.popitem(last=False)
            for old in [one for one in tally if one <= span - SPANS]:
                del tally[old]
            before = tally.total()
            tally[span] += 1
        return before


def network(host: str) -> bytes:
    """What one visitor may have to itself: an IPv4 address, or of IPv6 the first 48 bits."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.encode("utf-8", "replace")
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped.packed if address.ipv4_mapped else address.packed[:6]
    return address.packed
