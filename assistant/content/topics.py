"""Topics as staff write them, one a file: the FAQ in data/faq/, subjects of social insurance in data/subjects/."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assistant.content.english import EN, English, english_of
from assistant.content.errors import ContentError
from assistant.content.facets import Facet, Step, facets_of, not_needed_of, steps_of
from assistant.content.languages import DEFAULT
from assistant.settings import yaml_files

__all__ = ["ContentError", "Topic", "all_topics", "parse_topic", "read_topic", "read_topics", "topic_files"]

#: The folders of topics, and the retrieval intent of each; a file says which it is by its first field.
FOLDERS = {"faq": "faq", "subjects": "subject"}
FAQ, SUBJECT = "faq", "subject"
KINDS = tuple(FOLDERS.values())
#: The first field of a file of each kind.
_NAMED_BY = {FAQ: "topic", SUBJECT: "subject"}


#: Fields of what stands beside an answer where a channel shows it.
BESIDE = ("picture", "picture_says", "link", "link_title")
#: What stands for them in English where the file says nothing.
_PICTURE, _LINK = "Picture", "Open the page"


class Wording(NamedTuple):
    """Words of an act as they stand there, and where: `cite` as in a citation ("L 70.1")."""

    cite: str
    quote: str


@dataclass(frozen=True)
class Topic:
    """One FAQ topic: what people ask, what we answer, where that comes from."""

    name: str
    title: str
    answer: str
    questions: tuple[str, ...]
    source: tuple[str, ...]
    checked_on: datetime.date
    more: str = ""
    picture: str = ""  # shown with the answer: the name of a prepared picture (assistant.content.pictures)
    picture_says: str = ""  # what is to be seen on it, for who does not see it
    link: str = ""  # offered with the answer, under its title
    link_title: str = ""
    next: tuple[str, ...] = ()
    supersedes: str = ""
    facets: Mapping[str, Facet] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    facets_not_needed: Mapping[str, str] = field(default_factory=dict)
    kind: str = FAQ
    place: str = ""  # of a subject: where it is done
    in_app: str = ""  # of a subject: what VssID shows of it
    wording: tuple[Wording, ...] = ()  # of a subject: what the acts say, word by word
    #: What stands in the file in English; whoever edits the rest leaves it as it is, so two topics are not told by it.
    en: English | None = field(default=None, compare=False)
    language: str = DEFAULT  # in which this topic speaks

    @property
    def intent(self) -> str:
        """The intent's full name, `faq/topic` or `subject/topic`."""
        return f"{self.kind}/{self.name}"

    def spoken(self, language: str) -> Topic | None:
        """Returns the topic as it speaks in a language; None if it does not."""
        if language == self.language:
            return self
        en = self.en if language == EN else None
        if en is None:
            return None
        return replace(
            self, title=en.title, answer=en.answer, more=en.more, facets=en.facets, steps=en.steps, place=en.place,
            in_app="", questions=en.questions, language=language,
            picture_says=en.picture_says or _PICTURE, link_title=en.link_title or _LINK,
        )  # fmt: skip

    @property
    def whole(self) -> str:
        """The answer as staff wrote it, with where the thing is done and where the app shows it.

        In English the answer itself names the place; there it ends the sides alone.
        """
        if self.language != DEFAULT:
            return self.answer
        return "\n".join(filter(None, (self.answer, self.place, self.in_app)))

    @property
    def says_more(self) -> bool:
        """Whether anything stands behind the button for more: of the FAQ at least the source."""
        return self.kind == FAQ or bool(self.more)

    @cached_property
    def source_line(self) -> str:
        """The line under each answer: source and day of the last check."""
        if self.language == EN:
            return f"(Source: {'; '.join(self.source)}. Checked on {self.checked_on:%d/%m/%Y}.)"
        return f"(Nguồn: {'; '.join(self.source)}. Kiểm tra ngày {self.checked_on:%d/%m/%Y}.)"


_REQUIRED = {"title", "answer", "questions", "source", "checked_on"}
_OPTIONAL = {"more", *BESIDE, "next", "supersedes", "facets", "steps", "facets_not_needed", EN}
#: What may stand in the English part, and the name of its whole answer.
_ENGLISH = {
    FAQ: frozenset({"more", "picture_says", "link_title", "facets", "steps", "questions"}),
    SUBJECT: frozenset({"more", "place", "picture_says", "link_title", "facets", "questions"}),
}
_ANSWER = {FAQ: "answer", SUBJECT: "line"}
_OF_SUBJECTS = {"place", "in_app", "wording"}


def _texts(value: Any, path: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value.strip(),)
    items = value or ()
    for item in items:
        if isinstance(item, dict | list):
            raise ContentError(f"{path}: câu có dấu hai chấm phải đặt trong dấu nháy: '…' ({str(item)[:60]}).")
    return tuple(str(item).strip() for item in items)


def read_topic(path: Path) -> Topic:
    """Reads one topic file.

    Raises:
        ContentError: if the file is not YAML or lacks a field.
    """
    return parse_topic(path.read_text(encoding="utf-8"), path)


def parse_topic(text: str, path: Path) -> Topic:
    """Reads the text of a topic file; `path` names it in complaints and gives the topic's name.

    The same text is read once, in whichever folder: checks, answers, training and releases each ask for every topic.

    Raises:
        ContentError: if it is not YAML or lacks a field.
    """
    return _parsed(text, Place(path.stem, path))


@dataclass(frozen=True)
class Place:
    """Where a text stands: its name, and the path for complaints, which makes no difference to what is read."""

    name: str
    path: Path = field(compare=False)


@lru_cache(maxsize=512)
def _parsed(text: str, place: Place) -> Topic:
    path = place.path
    raw = _mapping(text, path)
    kind = _checked_kind(raw, path)
    checked_on = raw["checked_on"]
    if type(checked_on) is not datetime.date:
        raise ContentError(f"{path}: checked_on phải là ngày dạng 2026-11-22.")
    return Topic(
        name=raw[_NAMED_BY[kind]],
        title=str(raw["title"]).strip(),
        answer=str(raw["answer"]).strip(),
        questions=_texts(raw["questions"], path),
        source=_texts(raw["source"], path),
        checked_on=checked_on,
        more=str(raw.get("more") or "").strip(),
        **{name: str(raw.get(name) or "").strip() for name in BESIDE},
        next=_texts(raw.get("next"), path),
        supersedes=str(raw.get("supersedes") or "").strip(),
        facets=facets_of(raw.get("facets"), path),
        steps=steps_of(raw.get("steps"), path),
        facets_not_needed=not_needed_of(raw.get("facets_not_needed"), path),
        kind=kind,
        place=str(raw.get("place") or "").strip(),
        in_app=str(raw.get("in_app") or "").strip(),
        wording=_wording(raw.get("wording"), path),
        en=english_of(raw.get(EN), path, _ANSWER[kind], _ENGLISH[kind]),
    )


def _mapping(text: str, path: Path) -> dict[str, Any]:
    try:
        raw = yaml_files.parse(text)
    except (yaml.YAMLError, ValueError) as error:  # a day that does not exist is a ValueError
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        advice = "không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng."
        raise ContentError(f"{path}{line}: {advice}") from error
    if not isinstance(raw, dict):
        raise ContentError(f"{path}: tệp phải có các mục topic, title, answer, questions, source, checked_on.")
    return raw


def _checked_kind(raw: Mapping[str, Any], path: Path) -> str:
    """Returns the kind of topic that a file holds.

    Raises:
        ContentError: if a field is missing or unknown, or its name is not the file's.
    """
    kind = SUBJECT if _NAMED_BY[SUBJECT] in raw else FAQ
    first = _NAMED_BY[kind]
    required = {first, *_REQUIRED} | (_OF_SUBJECTS if kind == SUBJECT else set())
    missing = sorted(required - raw.keys())
    unknown = sorted(str(key) for key in raw.keys() - required - _OPTIONAL)
    if missing:
        raise ContentError(f"{path}: thiếu mục {', '.join(missing)}.")
    if unknown:
        raise ContentError(f"{path}: không có mục tên {', '.join(unknown)}; kiểm tra chính tả.")
    if raw[first] != path.stem:
        raise ContentError(
            f"{path}: {first} là “{raw[first]}” nhưng tên tệp là “{path.stem}”; hai tên phải giống nhau."
        )
    return kind


def _wording(raw: Any, path: Path) -> tuple[Wording, ...]:
    rows = raw or ()
    if not isinstance(rows, list | tuple) or not all(
        isinstance(row, dict) and set(row) == {"cite", "quote"} for row in rows
    ):
        raise ContentError(f"{path}: wording là danh sách, mỗi mục có cite và quote.")
    return tuple(Wording(str(row["cite"]).strip(), str(row["quote"]).strip()) for row in rows)


def read_topics(folder: Path) -> list[Topic]:
    """Reads all topics of a folder, sorted by name."""
    return [read_topic(path) for path in sorted(folder.glob("*.yml"))]


def topic_files(data: Path) -> list[Path]:
    """Returns the files of all topics below a content folder, the FAQ's first."""
    return [path for folder in FOLDERS for path in sorted((data / folder).glob("*.yml"))]


def all_topics(data: Path) -> list[Topic]:
    """Reads the topics of all kinds below a content folder, the FAQ's first."""
    return [read_topic(path) for path in topic_files(data)]
