"""A machine at the end of a cable: a network namespace of its own, and the one link to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Cable:
    """Two ends of a wire; what is in the namespace reaches nothing but this side."""

    def __init__(self) -> None:
        number = os.getpid() % 16_000
        self.name, self._link = f"assistant-{number}", f"as{number}"
        # Link-local: a demo's database is here or at a cable.
        net = f"169.254.{1 + number % 4_000 // 16}.{number % 16 * 16}"
        base, _, last = net.rpartition(".")
        self.here, self.there = f"{base}.{int(last) + 1}", f"{base}.{int(last) + 2}"
        #: Put before a command, runs it at the other end.
        self.machine = ("ip", "netns", "exec", self.name)

    def lay(self) -> None:
        """Makes both ends."""
        _ip("netns", "add", self.name)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("addr", "add", f"{self.here}/28", "dev", self._link)
        _ip("link", "set", self._link, "up")
        for device in ("lo", "eth0"):
            _ip("-n", self.name, "link", "set", device, "up")
        _ip("-n", self.name, "addr", "add", f"{self.there}/28", "dev", "eth0")

    def pull(self) -> None:
        """Nothing gets through any more, and neither side is told."""
        _ip("link", "set", self._link, "down")

    def plug(self) -> None:
        """Everything gets through again."""
        _ip("link", "set", self._link, "up")

    def remove(self) -> None:
        """Takes everything away."""
        subprocess.run(["ip", "netns", "delete", self.name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextmanager
def a_cable() -> Iterator[Cable]:
    """Gives a cable; skips the test where the machine allows no network namespaces."""
    made = Cable()
    if not shutil.which("ip"):
        pytest.skip("no iproute2 here")
    try:
        try:
            made.lay()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr.decode()}")
        yield made
    finally:
        made.remove()
