"""Writes a conversation down as a test case, or as a story of Rasa's, with samples for identifiers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from assistant.content.languages import LANGUAGES
from assistant.content.responses import language_of
from assistant.editing.cleaning import clean_line
from assistant.editing.scalars import line
from assistant.identifiers.samples import SAMPLE_SECRET
from assistant.learning.inbox import Exchange
from assistant.learning.samples import with_samples
from assistant.settings import yaml_files

#: What the desk did is a person's work; a conversation is written down up to there.
_DESK = frozenset(
    {"with_person", "desk_came", "desk_left", "desk_nobody", "desk_closed", "question_answered"}
    | {"desk_slow", "desk_requeued", "desk_lost", "question_later"}
)
_SNIPPET = 70
# What differs from time to time: values, masked values, days, numbers of tries.
_VARIES = re.compile(r"[⟦•]|https?://|\d{1,2}/\d{1,2}/\d{4}")


def told(exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
    """Yields the exchanges up to where a person took over."""
    for exchange in exchanges:
        if exchange.intent in _DESK or exchange.intent is None:
            return
        yield exchange


# ---- a test case (assistant.conversation_tests.scripts)


def ways_to_say(domain: Path) -> dict[str, tuple[str, ...]]:
    """Returns, for the beginning of each reply that one language says in several ways, the beginnings of these."""
    raw = yaml_files.read(domain)
    found: dict[str, tuple[str, ...]] = {}
    for variants in (raw.get("responses") or {}).values():
        for language in LANGUAGES:
            ways = [variant for variant in variants if language_of(variant) == language]
            snippets = tuple(dict.fromkeys(_snippet(str(way.get("text", ""))) for way in ways))
            if len(ways) > 1:
                found |= dict.fromkeys(snippets, snippets)
    return found


def script_of(
    exchanges: Sequence[Exchange], name: str, behaviour: str, ways: Mapping[str, tuple[str, ...]] | None = None
) -> str:
    """Returns a conversation as a script that can be played.

    Args:
        exchanges: the conversation.
        name: the script's name.
        behaviour: what it shows (assistant.conversation_tests.scripts).
        ways: the ways to say a reply, by the beginning of each (`ways_to_say`).
    """
    lines = [f"name: {line(clean_line(name), None)}", f"behaviour: {behaviour}", "turns:"]
    for exchange in told(exchanges):
        lines += [f"  - {act_of(exchange)}", *(f"    {check}" for check in checks_of(exchange, ways or {}))]
    return "\n".join(lines) + "\n"


def act_of(exchange: Exchange) -> str:
    """Returns what a person did, as a script writes it."""
    body = exchange.body
    match exchange.kind:
        case "media":
            return f"media: {line(str(body.get('media', 'image')), None)}"
        case "system":
            return f"event: {line(str(body.get('payload', '')).removeprefix('#'), None)}"
        case "payload":
            return f"press: {line(clean_line(str(body.get('text') or body.get('payload', ''))), None)}"
    return f"user: {line(_said(str(body.get('text', ''))), None)}"


def _said(text: str) -> str:
    return clean_line(with_samples(text, SAMPLE_SECRET)) or "…"


def snippets_of(exchange: Exchange) -> list[str]:
    """Returns the beginning of each reply, as far as it is the same every time."""
    return [snippet for reply in exchange.replies if (snippet := _snippet(str(reply.get("text", ""))))]


def checks_of(exchange: Exchange, ways: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yields what an answer is held to, as a script writes it."""
    snippets = snippets_of(exchange)
    said = [snippet for snippet in snippets if snippet not in ways]
    if len(said) == 1:
        yield f"bot: {line(said[0], None)}"
    elif said:
        yield f"bot: {_list(said)}"
    if several := next((ways[snippet] for snippet in snippets if snippet in ways), ()):
        yield f"any: {_list(several)}"
    buttons = [button["title"] for reply in exchange.replies for button in reply.get("buttons") or []]
    if buttons:
        yield f"buttons: {_list(buttons)}"


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(line(clean_line(text), chr(39)) for text in texts)}]"


def _snippet(text: str) -> str:
    """Returns the beginning of a reply, as far as it is the same every time."""
    first = next((row for row in text.split("\n") if row.strip()), "")
    if varies := _VARIES.search(first):
        first = first[: varies.start()]
    first = clean_line(first)
    if len(first) > _SNIPPET:
        first = first[:_SNIPPET].rpartition(" ")[0]
    return first.rstrip(" ,;:")


# ---- a story (data/stories)


def story_of(exchanges: Sequence[Exchange], name: str, forms: Collection[str]) -> str:
    """Returns a conversation as a story in Rasa's format.

    Args:
        exchanges: the conversation.
        name: the story's name.
        forms: the names of all forms; what is said inside of one while it goes well is no step of a story.
    """
    lines = ['version: "3.1"', "stories:", f"  - story: {line(clean_line(name), None)}", "    steps:"]
    loop = ""
    for exchange in told(exchanges):
        actions = _done(exchange.actions)
        within = bool(loop) and bool(actions) and actions[0] == loop
        if within and len(actions) == 1:
            continue  # the form took it and asks on
        if not within:
            lines += [f"      - {step}" for step in _intent(exchange.intent or "")]
        for place, action in enumerate(actions):
            goes_on = place + 1 < len(actions)
            if action in forms:
                if not (within and place == 0):
                    lines += [f"      - action: {action}", f"      - active_loop: {action}"]
                loop = action
                if goes_on and actions[place + 1] not in ("action_deactivate_loop", "action_listen"):
                    lines += ["      - active_loop: null", "      - slot_was_set:", "          - requested_slot: null"]
                    loop = ""
                continue
            lines.append(f"      - action: {action}")
            if action == "action_deactivate_loop":
                lines.append("      - active_loop: null")
                loop = ""
    return "\n".join(lines) + "\n"


def _done(actions: Sequence[str]) -> list[str]:
    """Returns the actions that the dialogue chose; turns also name the responses that an action said."""
    chosen = [action for action in actions if action != "action_listen"]
    return [action for place, action in enumerate(chosen) if place == 0 or not action.startswith("utter_")]


def _intent(intent: str) -> list[str]:
    """Returns the step of an intent; stories know topics, of what follows a topic the comment says which it was."""
    base, _, topic = intent.partition("/")
    if base in ("faq", "subject") and topic:
        return [f"intent: {intent}"]
    return [f"intent: {base}" + (f"  # {topic}" if topic else "")]
