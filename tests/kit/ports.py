"""Ports that nobody listens on."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import suppress

# Below the range for outgoing connections, and from another place in each process: what is free stays free until used.
_ports = itertools.cycle(range(start := 20_000 + os.getpid() * 101 % 11_000, start + 1_000))


def free_port() -> int:
    """Returns a port nobody listens on, and that this process did not return before."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError
