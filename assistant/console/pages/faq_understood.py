"""What the assistant that answers now takes a question for: while somebody types it, before it is learned."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from assistant.console.node import Host

#: A guess that is less sure says nothing of where a question belongs.
SURE = 0.6
_MOST_ASKED, _MOST_KEPT = 40, 4000


@dataclass(frozen=True)
class TakenFor:
    """A question, and the other topic that it is taken for today."""

    text: str
    intent: str
    confidence: float


class Understanding:
    """Asks the model that answers, each question once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    def elsewhere(self, host: Host, questions: Iterable[str], own: Collection[str]) -> list[TakenFor]:
        """Returns the questions that are surely taken for a topic that is none of `own`; at most some dozens."""
        found = []
        for text in list(questions)[:_MOST_ASKED]:
            intent, confidence = self._asked(host, text)
            if confidence >= SURE and intent not in own and intent.partition("/")[0] in ("faq", "subject"):
                found.append(TakenFor(text, intent, confidence))
        return found

    def _asked(self, host: Host, text: str) -> tuple[str, float]:
        key = (host.model, text)
        if key not in self._kept:
            read: dict[str, Any] = host.parse(text)
            self._kept[key] = (str(read["intent"]), float(read["confidence"]))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
