"""What the assistant says for a topic: the answer with its source and buttons, as Rasa's responses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from assistant.content.topics import Topic

#: Marks a button: what a person may press, or type, to the same effect (assistant.messages.menu).
BUTTON = "#"
MORE = "more"
#: What ends the name of a response that stands, shorter, for one that was just said.
AGAIN = "_again"
MOST_BUTTONS = 3


def button_titles(data: Path) -> dict[str, str]:
    """Returns the titles of buttons that are no FAQ topic (data/buttons.yml)."""
    path = data / "buttons.yml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.exists() else {}


def responses_of(topics: Sequence[Topic], titles: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Returns Rasa's responses for `topics`: the answer, and what the button for more of it says."""
    known = titles | {topic.name: topic.title for topic in topics}
    return {name: said for topic in topics for name, said in responses_to(topic, known, titles).items()}


def responses_to(topic: Topic, known: dict[str, str], titles: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Returns the responses of one topic; the source stands behind the button, where there is room for it.

    Args:
        topic: the topic.
        known: the titles of all topics and buttons by name.
        titles: the titles of buttons that are no topic.
    """

    def button(name: str) -> dict[str, str]:
        intent = f"faq/{name}" if name not in titles else name
        return {"title": known[name], "payload": f"{BUTTON}{intent}"}

    moves = [button(name) for name in topic.next if name in known]
    more = {"title": titles.get(MORE, "Xem thêm"), "payload": f"{BUTTON}{MORE}/{topic.name}"}
    behind = "\n\n".join(filter(None, (topic.more, topic.source_line)))
    return {
        f"utter_{topic.intent}": [{"text": topic.answer, "buttons": [more, *moves][:MOST_BUTTONS]}],
        f"utter_{MORE}/{topic.name}": [{"text": behind, "buttons": moves[:MOST_BUTTONS]}],
    }
