"""What goes live without a training: content that no training reads, with the model that is live.

Nothing is understood otherwise than before, so nothing is measured anew. What is looked at is what the change can
break: each changed topic is asked one of its own questions and has to say what was written, and the conversations
that come by it are played with the words of before and of now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.content.topics import Topic
from assistant.conversation_tests.checks import plain
from assistant.conversation_tests.model import IN_WORDS, Act
from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.scripts import Script
from assistant.evaluation.measure import Parse
from assistant.rasa import training
from assistant.rasa.answers import Responses
from assistant.release.trial_isolation import Stage

_OF_THE_MODEL = (
    "files", "macro_f1", "foreign_kept_out", "calibration_error", "parse_ms", "texts", "right", "conversations",
)  # fmt: skip
#: Questions of a topic that are asked until one is answered by it.
_TRIES = 5
#: Topics that are asked; and so much of an answer has to come.
MOST, _BEGINNING = 40, 60


def is_wording(model: str | None, data: Path) -> bool:
    """Tells whether a training on this content would give just this model."""
    return bool(model) and training.model_path(Path(), data=data).name == f"{model}.tar.gz"


def of_topics(changes: Sequence[Mapping[str, str]]) -> bool:
    """Tells whether all files that differ are topics."""
    return all(row["topic"] for row in changes)


def kept(metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns what was measured of the live model and holds on: how it understands. {} where nothing was."""
    return {name: (metrics or {})[name] for name in _OF_THE_MODEL if name in (metrics or {})}


def about(
    scripts: Sequence[Script], changed: Collection[Topic], parse: Parse, known: Mapping[str, Collection[str]]
) -> list[Script]:
    """Returns the scripts in which one of the topics may speak: it did, is expected there, asked for, or pressed.

    Args:
        scripts: all of them.
        changed: the topics.
        parse: the model's.
        known: what answered in scripts when the model was measured, by file.
    """
    intents = {topic.intent for topic in changed}
    titles = {plain(topic.title) for topic in changed}

    def meets(script: Script) -> bool:
        said = known.get(script.file)
        return bool(intents & set(said)) if said else any(_meets(script, intents, titles, parse))

    return [script for script in scripts if meets(script)]


def _meets(script: Script, intents: Collection[str], titles: Collection[str], parse: Parse) -> Iterator[bool]:
    for step in script.steps:
        yield step.expected.topic in intents
        if step.act.kind == "press":
            yield plain(step.act.values[0]) in titles or step.act.values[0].lstrip("#/") in intents
        if step.act.kind in IN_WORDS:
            for text in step.act.values:
                yield any(guess["name"] in intents for guess in parse(text)["ranking"][:2])


def asked(stage: Stage, changed: Sequence[Topic], was: Responses, now: Responses) -> list[dict[str, Any]]:
    """Asks each topic one of its own questions; returns what it said, and whether that is what was written.

    Args:
        stage: with the changed words.
        changed: the topics.
        was: the words of all responses as they are live, by name.
        now: as they are to be.
    """
    return [row for topic in changed[:MOST] if (row := _asked(stage, topic, was, now))]


def _asked(stage: Stage, topic: Topic, was: Responses, now: Responses) -> dict[str, Any] | None:
    name = f"utter_{topic.intent}"
    old, written = (_beginning(said.get(name) or [{}]) for said in (was, now))
    row: dict[str, Any] | None = None
    for question in _own(topic, stage.host.parse):
        with rehearsal(stage.connection, stage.host, stage.vault) as speak:
            answer = speak(Act("user", (question,)))
        heard = "\n".join(answer.texts)
        row = {
            "topic": topic.name, "title": topic.title, "question": question, "said": heard[:1500],
            "right": bool(written) and written in plain(heard),
            "old": not heard or (old != written and bool(old) and old in plain(heard)),
        }  # fmt: skip
        if row["right"]:
            break
    return row


def _own(topic: Topic, parse: Parse) -> Iterator[str]:
    """Yields questions that are the topic's for the model, and ask for the whole of it."""
    number = 0
    for question in topic.questions:
        read = parse(question)
        if read["intent"] == topic.intent and not read.get("facet") and not read.get("facts"):
            yield question
            number += 1
            if number == _TRIES:
                return


def trouble(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Returns in a sentence which topic does not say what was written; None if all do.

    A question may be answered by a part of the topic that nobody changed: that is no fault.
    """
    wrong = [row for row in rows if row["old"] and not row["right"]]
    if not wrong:
        return None
    more = f" (và {len(wrong) - 1} chủ đề khác)" if len(wrong) > 1 else ""
    first = wrong[0]
    return f"Hỏi “{first['question']}” mà trợ lý chưa trả lời bằng câu mới của “{first['title']}”{more}."


def _beginning(variants: Sequence[Mapping[str, Any]]) -> str:
    """Returns the first words of an answer, up to what is put in when it is said."""
    text = str(variants[0].get("text", ""))
    first = next((line for line in text.splitlines() if line.strip()), "")
    return plain(first.partition("{")[0])[:_BEGINNING].strip()
