"""What a candidate's new questions do: measured on machines that never saw them, and named where they harm.

`own_questions` of measuring would pass a question wherever it was put, since the candidate learned it there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.content.examples import Example, read_examples
from assistant.content.likeness import Index
from assistant.content.topics import ContentError, Topic, parse_topic, topic_files
from assistant.evaluation.measure import Parse
from assistant.nlu.held_out import Judged, judge
from assistant.release.store import Connection

#: From this share of a topic's new questions on, the others teach it.
LEARNED = 0.6
#: From so many questions of a topic on, and this share of its new ones, that belong to one other topic, somebody asks.
MANY, MUCH = 5, 0.4
_TOPICS = ("faq/", "subject/")
#: A question this much like a text that got worse may have caused it.
_CAUSE = 0.3
_CAUSES, _MOST = 3, 60


def before(connection: Connection, since: Any, topics: Iterable[str]) -> dict[str, frozenset[str]]:
    """Returns the questions that topics had at a time, as the history of the console tells; {} for what was new."""
    rows = connection.execute(
        "SELECT DISTINCT ON (topic) topic, before FROM content_changes WHERE at > %s AND topic = ANY (%s)"
        " ORDER BY topic, id",
        (since, list(topics)),
    )
    return {topic: _questions(text, topic) for topic, text in rows}


def questions_of(data: Path) -> dict[str, frozenset[str]]:
    """Returns the questions that the topics of a content folder have."""
    return {path.stem: _questions(path.read_text(encoding="utf-8"), path.stem) for path in topic_files(data)}


def _questions(text: str | None, name: str) -> frozenset[str]:
    try:
        return frozenset(parse_topic(text, Path(f"{name}.yml")).questions) if text else frozenset()
    except ContentError:
        return frozenset()


def judged(data: Path, topics: Sequence[Topic], old: Mapping[str, frozenset[str]], parse: Parse) -> list[Judged]:
    """Judges the questions of changed topics that the live release does not have.

    Args:
        data: the candidate's content.
        topics: the changed topics, as they are in it.
        old: the questions that each had.
        parse: the candidate's.
    """
    new = {(question, t.intent) for t in topics for question in t.questions if question not in old.get(t.name, ())}
    if not new:
        return []
    examples = [(example.text, example.intent) for example in read_examples(data)]
    places = [place for place, example in enumerate(examples) if example in new]
    rivals = [[guess["name"] for guess in parse(examples[place][0])["ranking"][:4]] for place in places]
    return judge(examples, places, rivals)


def by_topic(
    found: Sequence[Judged], topics: Sequence[Topic], old: Mapping[str, frozenset[str]]
) -> list[dict[str, Any]]:
    """Returns for each changed topic how many of its new questions are learned, and which belong elsewhere.

    A topic that is new has nobody yet to hold its questions: only where many go to one other topic, they belong there.
    In one that was there, many new questions that the topics as they were give to one other topic are named even where
    they teach each other: forty that are alike would pass wherever they were put.
    """
    rows = []
    for topic in topics:
        own = [one for one in found if one.label == topic.intent]
        elsewhere = [one for one in own if one.elsewhere.startswith(_TOPICS)]
        if not old.get(topic.name):
            goals = Counter(one.elsewhere for one in elsewhere)
            elsewhere = [one for one in elsewhere if _is_many(goals[one.elsewhere], len(own))]
        else:
            goals = Counter(one.without for one in own if one.without != one.label)
            pulled = {to for to, number in goals.items() if to.startswith(_TOPICS) and _is_many(number, len(own))}
            elsewhere = [one for one in own if one in elsewhere or one.without in pulled]
        learned = [one for one in own if one.learned and one not in elsewhere]
        missed = [one for one in own if not one.learned and one not in elsewhere]
        rows.append(
            {
                "topic": topic.name, "intent": topic.intent, "title": topic.title, "questions": len(own),
                "right": len(learned), "total": len(topic.questions), "learned": len(learned) >= LEARNED * len(own),
                "elsewhere": [{"text": one.text, "to": one.elsewhere or one.without} for one in elsewhere][:_MOST],
                "missed": [{"text": one.text, "after": one.with_others} for one in missed][:10],
            }
        )  # fmt: skip
    return rows


def _is_many(number: int, of: int) -> bool:
    return number >= MANY and number >= MUCH * of


def misplaced(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns where many new questions of a topic belong to one other topic: somebody has to say that it is meant."""
    found = []
    for row in rows:
        for to, number in Counter(one["to"] for one in row["elsewhere"]).most_common():
            if _is_many(number, row["questions"]):
                texts = [one["text"] for one in row["elsewhere"] if one["to"] == to]
                found.append(
                    {"from": row["intent"], "to": to, "number": number, "new": row["questions"], "texts": texts}
                )
    return found


def with_causes(worse: Sequence[dict[str, Any]], found: Sequence[Judged]) -> list[dict[str, Any]]:
    """Returns what got worse, each with the new questions that it is likest among those of what it is taken for now."""
    of: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in found:
        of[one.label].append(one)
    named = []
    for row in worse:
        near = of.get(row["after"], [])
        causes = _likest(row.get("text") or row.get("said", ""), near) if near else []
        named.append(row | {"causes": causes})
    return named


def taken(worse: Sequence[dict[str, Any]], found: Sequence[Judged]) -> list[dict[str, Any]]:
    """Returns what got worse and is now taken for a topic that has new questions.

    What is not understood any more, or goes between two others, moves with every topic that is added: the gates of all
    texts look after that.
    """
    labels = {one.label for one in found}
    return [row for row in worse if row["after"] in labels]


def _likest(text: str, among: Sequence[Judged]) -> list[str]:
    """Returns the questions most like a text, the likest first."""
    # Each is an intent of its own for the index, so that it tells all of them apart.
    index = Index([Example(one.text, str(place), Path(), place) for place, one in enumerate(among)])
    matches = index.nearest([text], (), _CAUSES, _CAUSE)[0]
    return [match.example.text for match in matches]


def losses(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns what got worse by what it should be and what it is taken for now, with all its causes, most first."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault(
            (row["intent"], row["after"]), {"meant": row["intent"], "now": row["after"], "texts": [], "causes": []}
        )
        group["texts"].append(row["text"])
        group["causes"] += [cause for cause in row.get("causes", ()) if cause not in group["causes"]]
    return sorted(groups.values(), key=lambda group: -len(group["texts"]))
