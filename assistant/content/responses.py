"""What the assistant says for a topic: the answer with its source and buttons, as Rasa's responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.content.english import EN, SPOKEN
from assistant.content.languages import DEFAULT, SLOT, Texts
from assistant.content.sources import Act, read_acts, said
from assistant.content.topics import FAQ, SUBJECT, Topic
from assistant.settings import yaml_files

#: Marks a button: what a person may press, or type, to the same effect (assistant.messages.menu).
BUTTON = "#"
MORE = "more"
#: The button that shows what the acts say, word by word, and the response behind it.
SOURCE = "source"
#: What ends the name of a response that stands, shorter, for one that was just said.
AGAIN = "_again"
MOST_BUTTONS = 3
#: What the names of a topic's responses begin with, by its kind; words for buttons and the day of the check.
_KINDS_OF = {FAQ: ("faq/", "more/"), SUBJECT: ("subject/", "more/", "source/")}
_MORE = {"vi": "Xem thêm", "en": "Read more"}
_SOURCE = {"vi": "Xem điều luật", "en": "Show the law"}
_CHECKED = {"vi": "Đã kiểm tra ngày", "en": "Checked on"}


def button_titles(data: Path, language: str = DEFAULT) -> dict[str, str]:
    """Returns the titles of buttons that are no FAQ topic (data/buttons.yml), in a language."""
    path = data / "buttons.yml"
    return Texts(yaml_files.read(path) or {}).of(language) if path.exists() else {}


def responses_of(
    topics: Sequence[Topic], titles: dict[str, str], acts: Mapping[str, Act] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Returns Rasa's responses for `topics`: the answer, and what the buttons for more of it and for its source say."""
    known = titles | {topic.name: topic.title for topic in topics}
    kinds = {topic.name: topic.intent for topic in topics}
    return {
        name: said for topic in topics for name, said in responses_to(topic, known, titles, acts or {}, kinds).items()
    }


def in_english(
    topics: Sequence[Topic], titles: dict[str, str], acts: Mapping[str, Act] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Returns the English variants of the topics' responses, each under its condition; `titles` are English."""
    told = [topic.spoken(EN) or topic for topic in topics]
    found = responses_of(told, titles, acts)
    spoken = {f"{kind}{topic.name}" for topic in told if topic.language == EN for kind in _KINDS_OF[topic.kind]}
    return {
        name: [{"condition": SPOKEN, **variant} for variant in said]
        for name, said in found.items()
        if name.removeprefix("utter_") in spoken
    }


def variant(variants: Sequence[Mapping[str, Any]], language: str) -> Mapping[str, Any]:
    """Returns the first variant of a response that is said in a language; without one, the default's; {} if none is."""
    spoken = (one for one in variants if one.get("condition") and language_of(one) == language)
    return next(spoken, next((one for one in variants if not one.get("condition")), {}))


def language_of(one: Mapping[str, Any]) -> str:
    """Returns the language that a variant of a response is said in."""
    condition = _condition(one)
    return str(condition.get("value")) if condition.get("name") == SLOT else DEFAULT


def _condition(one: Mapping[str, Any]) -> Mapping[str, Any]:
    given = one.get("condition") or [{}]
    return given[0] if len(given) == 1 else {}


def content_responses(topics: Sequence[Topic], data: Path) -> dict[str, list[dict[str, Any]]]:
    """Returns the responses of topics with the button titles and the acts of a content folder."""
    acts = read_acts(data)
    english = in_english(topics, button_titles(data, EN), acts)
    found = responses_of(topics, button_titles(data), acts)
    return {name: [*said, *english.get(name, ())] for name, said in found.items()}


def responses_to(
    topic: Topic,
    known: Mapping[str, str],
    titles: Mapping[str, str],
    acts: Mapping[str, Act] | None = None,
    intents: Mapping[str, str] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Returns the responses of one topic; the source stands behind a button, where there is room for it.

    Args:
        topic: the topic.
        known: the titles of all topics and buttons by name.
        titles: the titles of buttons that are no topic.
        acts: the acts by their short names; without them a source is named as in citations.
        intents: the intents of topics by name; one that is not there is the FAQ's.
    """
    asked = intents or {}

    def button(name: str) -> dict[str, str]:
        intent = asked.get(name, f"faq/{name}") if name not in titles else name
        return {"title": known[name], "payload": f"{BUTTON}{intent}"}

    moves = [button(name) for name in topic.next if name in known]
    more = {"title": titles.get(MORE) or _MORE[topic.language], "payload": f"{BUTTON}{MORE}/{topic.name}"}
    answer, behind = said(topic.whole), said(topic.more)
    if topic.kind != SUBJECT:
        behind = "\n\n".join(filter(None, (behind, topic.source_line)))
        return {
            f"utter_{topic.intent}": [{"text": answer, "buttons": [more, *moves][:MOST_BUTTONS]}],
            f"utter_{MORE}/{topic.name}": [{"text": behind, "buttons": moves[:MOST_BUTTONS]}],
        }
    source = {"title": titles.get(SOURCE) or _SOURCE[topic.language], "payload": f"{BUTTON}{SOURCE}/{topic.name}"}
    first = [more, source] if topic.says_more else [source]
    return {
        f"utter_{topic.intent}": [{"text": answer, "buttons": [*first, *moves][:MOST_BUTTONS]}],
        f"utter_{MORE}/{topic.name}": [{"text": behind or answer, "buttons": [source, *moves][:MOST_BUTTONS]}],
        f"utter_{SOURCE}/{topic.name}": [{"text": wording_of(topic, acts or {}), "buttons": moves[:MOST_BUTTONS]}],
    }


def wording_of(topic: Topic, acts: Mapping[str, Act]) -> str:
    """Returns what the acts say, word by word, each with its place and date, and when that was checked."""
    lines = [f"• {_place(one.cite, acts)}: “{one.quote}”" for one in topic.wording]
    return "\n".join([*lines, f"{_CHECKED[topic.language]} {topic.checked_on:%-d/%-m/%Y}."])


def _place(cite: str, acts: Mapping[str, Act]) -> str:
    name, _, article = cite.partition(" ")
    act = acts.get(name)
    return act.said(article) if act else cite
