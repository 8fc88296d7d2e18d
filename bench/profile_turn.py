"""Runs turns in this process and samples what runs, weighted by the time since the sample before.

A clock signal is seen only between two steps of Python, so a long wait in C yields one sample; the
weights give it its true share. Nothing is traced, so nothing is slowed down.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import time
import uuid
from collections import Counter, defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

from assistant.app import logging as logs
from bench import content
from bench.places import ROOT

#: The innermost frame of a stack that matches says what a sample belongs to.
PARTS = (
    ("assistant/nlu/", "understanding the text"),
    ("dask/", "Rasa's graph runner (dask)"),
    ("rasa/engine/", "Rasa's graph runner (dask)"),
    ("rasa/core/policies/", "RulePolicy"),
    ("rasa/core/featurizers/", "RulePolicy"),
    ("rasa/shared/core/", "Rasa's tracker, events and domain"),
    ("rasa/core/nlg/", "choosing the answer (NLG)"),
    ("rasa/core/actions/", "Rasa's actions and forms"),
    ("rasa_sdk/", "our actions"),
    (str(ROOT / "actions"), "our actions"),
    ("rasa/core/processor.py", "Rasa's message processor"),
    ("psycopg", "PostgreSQL round trips"),
    ("assistant/rasa/", "our engine code"),
    ("assistant/messages/", "inbox and turn code"),
    ("assistant/privacy/", "identifiers and vault"),
)
_EVERY = 0.001


class Sampler:
    """Collects weighted samples of the main thread."""

    def __init__(self) -> None:
        self.parts: defaultdict[str, float] = defaultdict(float)
        self.where: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._last = 0.0
        self._known: dict[str, str | None] = {}

    def _part(self, filename: str) -> str | None:
        if filename not in self._known:
            self._known[filename] = next((name for piece, name in PARTS if piece in filename), None)
        return self._known[filename]

    def _sample(self, number: int, frame: FrameType | None) -> None:
        now = time.perf_counter()
        weight, self._last = now - self._last, now
        while frame is not None:
            part = self._part(frame.f_code.co_filename)
            if part:
                break
            frame = frame.f_back
        else:
            self.parts["the rest"] += weight
            return
        self.parts[part] += weight
        place = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_code.co_name}"
        self.where[part][place] += weight  # type: ignore[assignment]

    def __enter__(self) -> Sampler:
        signal.signal(signal.SIGALRM, self._sample)
        self._last = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, _EVERY, _EVERY)
        return self

    def __exit__(self, *problem: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _turns(turns: int) -> tuple[Sampler, float]:
    """Runs turns of people who say ten things each; returns the samples and the seconds of all turns."""
    from assistant.app.node import Node
    from assistant.messages import inbox
    from assistant.messages.events import Event
    from assistant.messages.turns import take_turn
    from assistant.settings import Settings

    node = Node(Settings())
    texts = itertools.cycle(content.said())
    sampler, taken = Sampler(), 0.0
    with node.connect() as connection:
        connection.autocommit = True
        for number in range(-50, turns):
            person = f"zalo:9{number // 10:010d}"
            event = Event("zalo", uuid.uuid4().hex, person, "text", text=next(texts))
            inbox.accept_within(connection, event, node.vault)
            if number < 0:  # warm
                take_turn(connection, person, node.host, frozenset())
                continue
            started = time.perf_counter()
            with sampler:
                take_turn(connection, person, node.host, frozenset())
            taken += time.perf_counter() - started
    for end in node._stops:
        end()
    return sampler, taken


def _summary(sampler: Sampler, taken: float, turns: int) -> dict[str, Any]:
    total = sum(sampler.parts.values())
    parts = [
        {
            "name": name,
            "share": weight / total,
            "milliseconds": weight / total * taken / turns * 1000,
            "where": [(place, round(w / weight, 3)) for place, w in sampler.where[name].most_common(5)] or [("–", 1.0)],
        }
        for name, weight in sorted(sampler.parts.items(), key=lambda item: -item[1])
    ]
    return {"turns": turns, "milliseconds": taken / turns * 1000, "parts": parts}


def main() -> None:
    """Writes the summary as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    logs.configure()
    sampler, taken = _turns(given.turns)
    given.out.write_text(json.dumps(_summary(sampler, taken, given.turns), indent=2))


if __name__ == "__main__":
    main()
