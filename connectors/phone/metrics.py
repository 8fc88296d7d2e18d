"""Counts of calls: steps, how calls ended, calls back. No label holds a number or a key."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from assistant.runtime.metrics import registry

refused = Counter("assistant_phone_refused", "Hooks of the telephone that were refused", ["why"], registry=registry)
steps = Counter(
    "assistant_phone_steps", "Steps of calls, by where the call stood after it", ["direction", "node", "heard"],
    registry=registry,
)  # fmt: skip
ended = Counter(
    "assistant_phone_calls", "Calls that ended, by the last step and the result", ["direction", "node", "result"],
    registry=registry,
)  # fmt: skip
seconds = Histogram(
    "assistant_phone_call_seconds", "Length of calls", buckets=(10, 30, 60, 90, 120, 180, 300, 600), registry=registry
)
callbacks = Counter("assistant_phone_callbacks", "Calls back, by what the platform said", ["code"], registry=registry)
