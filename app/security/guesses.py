"""Wrong tokens: each from one address lets the next wait longer, and is logged."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

LOG = logging.getLogger(__name__)
FREE = 3
"""Wrong tokens that cost no wait: people mistype."""
LONGEST_WAIT = 300.0
MEMORY = 3600.0
"""Seconds after which an address begins anew."""
MOST_ADDRESSES = 10_000


class Guesses:
    """The wrong tokens of each address; of an IPv6 address its network counts, for whoever has it has all of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return for how many seconds no token from this address is read."""
        count, last = self._wrong.get(network_of(address), (0, 0.0))
        pause = min(2.0 ** (count - FREE), LONGEST_WAIT) if count >= FREE else 0.0
        return max(0.0, last + pause - self.clock())

    def add(self, address: str) -> int:
        """Count a wrong token; return how many there were."""
        network, now = network_of(address), self.clock()
        count, last = self._wrong.pop(network, (0, now))
        count = 1 if now - last > MEMORY else count + 1
        self._wrong[network] = (count, now)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        LOG.warning("a wrong token from %s, number %d", address, count)
        return count

    def forgive(self, address: str) -> None:
        """Begin anew with an address from which somebody signed in."""
        self._wrong.pop(network_of(address), None)


def network_of(address: str) -> str:
    """Return the address, or the network of an IPv6 one.

    >>> network_of("192.0.2.1"), network_of("2001:db8::1"), network_of("testclient")
    ('192.0.2.1', '2001:db8::/64', 'testclient')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address
