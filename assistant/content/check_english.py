"""Checks what stands in English: what is missing is noted, what is malformed is an error."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.content.check_answers import TITLE, contacts_in
from assistant.content.check_subjects import judging
from assistant.content.constants import Constants, Period, named, read_constants
from assistant.content.english import SPOKEN, English
from assistant.content.errors import ContentError
from assistant.content.examples import read_english
from assistant.content.facets import GENERIC
from assistant.content.findings import Finding, line_of
from assistant.content.guides import read_guides
from assistant.content.lengths import STEPWISE, too_long
from assistant.content.likeness import uniform
from assistant.content.reading_examples import read_reading
from assistant.content.situations import read_situations
from assistant.content.sources import cited, read_acts, said
from assistant.content.topics import FAQ, SUBJECT, Topic, read_topic, topic_files
from assistant.settings import yaml_files

#: So many questions teach a topic, a subject, a facet.
FEWEST = {FAQ: 60, SUBJECT: 25}
FEWEST_OF_FACET = 25
FACET = 300
#: Said to people of other languages: in theirs, and in English as it is.
_FOREIGN = "utter_foreign"
_PLACE = re.compile(r"\{(\w+)\}")
#: What stands for a figure that is not known.
_NO_ENGLISH = Period("", datetime.date.min, None, "")
_MARKS = frozenset("ăâđêôơưáàạảãấầậẩẫắằặẳẵéèẹẻẽếềệểễíìịỉĩóòọỏõốồộổỗớờợởỡúùụủũứừựửữýỳỵỷỹ")
#: Vietnamese outside of brackets and quotation marks is no English.
_AS_NAME = re.compile(r"\([^()]*\)|“[^“”]*”|https?://\S+")


def check_english(root: Path, data: Path, examples: bool = True) -> Iterator[Finding]:
    """Yields what is wrong or missing in English, among training examples too; content without any is not asked."""
    topics = list(_topics(data))
    if not any(topic.en for _, topic in topics):
        return
    acts, constants = read_acts(data), read_constants(data)
    titles: dict[str, Path] = {}
    for path, topic in topics:
        if topic.en is None:
            yield Finding(path, 1, "chưa có phần tiếng Anh (en:); người viết tiếng Anh sẽ đọc bản tiếng Việt.", False)
            continue
        yield from _topic(path, topic, topic.en, acts, constants)
        if (other := titles.setdefault(topic.en.title, path)) != path:
            advice = f"title tiếng Anh “{topic.en.title}” đã dùng ở {other.name}; hãy đổi."
            yield Finding(path, line_of(path, topic.en.title), advice)
    yield from _situations(data)
    yield from _responses(root, data)
    yield from _frames(data)
    if examples:
        yield from _examples(data)


def _topics(data: Path) -> Iterator[tuple[Path, Topic]]:
    for path in topic_files(data):
        try:
            yield path, read_topic(path)
        except ContentError:
            continue  # said with the answers


def _topic(path: Path, topic: Topic, en: English, acts: Mapping[str, Any], constants: Constants) -> Iterator[Finding]:
    if len(en.title) > TITLE:
        yield Finding(path, line_of(path, en.title), f"title tiếng Anh dài {len(en.title)} ký tự, tối đa {TITLE}.")
    if len(en.link_title) > TITLE:
        advice = f"link_title tiếng Anh dài {len(en.link_title)} ký tự, tối đa {TITLE}."
        yield Finding(path, line_of(path, en.link_title), advice)
    if len(en.questions) < FEWEST[topic.kind]:
        advice = f"en có {len(en.questions)} câu hỏi tiếng Anh, nên có {FEWEST[topic.kind]}."
        yield Finding(path, line_of(path, "en:"), advice, False)
    texts = [
        ("answer", en.answer),
        ("more", en.more),
        ("place", en.place),
        ("picture_says", en.picture_says),
        ("link_title", en.link_title),
        *((name, facet.say) for name, facet in en.facets.items()),
    ]
    for name, text in texts:
        yield from _text(path, name, text)
        if topic.kind == SUBJECT and (verdict := judging(text)):
            advice = f"en, {name}: “{verdict}” là xét cho một người; viết quy định chung."
            yield Finding(path, line_of(path, verdict), advice)
        for one in cited(text):
            if one.act not in acts:
                yield Finding(path, line_of(path, f"[{one.act}"), f"en, “[{one.act}]” không có trong acts.yml.")
        for figure in named(text):
            if name == "more" or not all(period.en for period in constants.periods.get(figure, (_NO_ENGLISH,))):
                advice = f"en, {name}: “{{{figure}}}” không được điền; ghi en: ở constants.yml, hoặc bỏ đi."
                yield Finding(path, line_of(path, f"{{{figure}}}"), advice)
    for name, facet in en.facets.items():
        if len(said(facet.say)) > FACET:
            advice = f"en, “{name}” dài {len(said(facet.say))} ký tự, tối đa {FACET}; rút ngắn."
            yield Finding(path, line_of(path, facet.say.splitlines()[0]), advice)


def _text(path: Path, name: str, text: str) -> Iterator[Finding]:
    if not text:
        return
    if len(said(text)) > STEPWISE and name != "more":
        yield Finding(path, line_of(path, text.splitlines()[0]), f"en, {name} dài {len(said(text))} ký tự; rút ngắn.")
    for remark in contacts_in(f"en, {name}", text):
        yield Finding(path, line_of(path, text.splitlines()[0]), f"en, {name}: {remark.advice}")
    words = _AS_NAME.sub(" ", said(text)).lower().split()
    if sum(not _MARKS.isdisjoint(word) for word in words) > len(words) / 2:
        yield Finding(path, line_of(path, text.splitlines()[0]), f"en, {name}: câu này là tiếng Việt; viết tiếng Anh.")


def _situations(data: Path) -> Iterator[Finding]:
    try:
        found = read_situations(data / "situations")
    except ContentError:
        return  # said with the answers
    for name, situation in found.items():
        path = data / "situations" / f"{name}.yml"
        if situation.en is None:
            yield Finding(path, 1, "chưa có phần tiếng Anh (en:).", False)
            continue
        texts = [("answer", situation.en.answer), *((key, facet.say) for key, facet in situation.en.facets.items())]
        known = {place for text in _all_texts(situation) for place in _PLACE.findall(text)}
        for key, text in texts:
            yield from _text(path, key, text)
            if unknown := set(_PLACE.findall(text)) - known - {"hours"}:
                yield Finding(path, line_of(path, text.splitlines()[0]), f"en, {key}: không có ô {', '.join(unknown)}.")


def _all_texts(situation: Any) -> list[str]:
    return [situation.answer, *(facet.say for facet in situation.facets.values())]


def _responses(root: Path, data: Path) -> Iterator[Finding]:
    """Yields responses without an English variant, with unknown places to fill, or with a condition nobody meets."""
    for path in (root / "domain.yml", *sorted((data / "dialogue_responses").glob("*.yml"))):
        raw = yaml_files.read(path) if path.exists() else None
        for name, variants in ((raw or {}).get("responses") or {}).items():
            line = line_of(path, f"{name}:")
            ours = [one for one in variants if not one.get("condition")]
            for advice, is_error in _variants(name, ours, [one for one in variants if one.get("condition")]):
                yield Finding(path, line, f"{name}: {advice}", is_error)


def _variants(name: str, ours: Sequence[Any], others: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    if not ours:
        yield "chỉ có bản theo điều kiện; cần một bản không điều kiện.", True
    spoken = [one for one in others if one["condition"] == SPOKEN]
    if len(spoken) < len(others):
        yield f"điều kiện phải là {SPOKEN}.", True
    if not spoken and not name.startswith(_FOREIGN):
        yield "chưa có bản tiếng Anh.", False
    places = {place for one in ours for place in _PLACE.findall(str(one.get("text") or ""))}
    for one in spoken:
        text = str(one.get("text") or "")
        if unknown := set(_PLACE.findall(text)) - places:
            yield f"bản tiếng Anh có ô lạ: {', '.join(sorted(unknown))}.", True
        if advice := too_long("bản tiếng Anh", text):
            yield advice, True
        payloads = [button.get("payload") for button in one.get("buttons") or ()]
        if ours and payloads != [button.get("payload") for button in ours[0].get("buttons") or ()]:
            yield "bản tiếng Anh có nút khác bản tiếng Việt.", True
        if long := next((b["title"] for b in one.get("buttons") or () if len(str(b.get("title"))) > TITLE), ""):
            yield f"nút “{long}” dài quá {TITLE} ký tự.", True


def _frames(data: Path) -> Iterator[Finding]:
    """Yields the steps of guides that lack English; buttons are checked with the other fixed words."""
    try:
        guides = read_guides(data / "guides")
    except ContentError:
        return  # said where they are checked
    for guide in guides.values():
        path = data / "guides" / f"{guide.name}.yml"
        lacking = [step for step in guide.steps if not step.en or (step.help and not step.en.get("help"))]
        for step in lacking:
            yield Finding(path, line_of(path, f"id: {step.id}"), f"bước “{step.id}” thiếu bản tiếng Anh.", False)


def _examples(data: Path) -> Iterator[Finding]:
    """Yields English examples that teach two things, and facets with too few."""
    by_text: dict[str, str] = {}
    for example in read_english(data):
        other = by_text.setdefault(uniform(example.text), example.intent)
        if other != example.intent:
            advice = f"câu “{example.text[:60]}” ({example.intent}) trùng câu của {other}; giữ ở một nơi."
            yield Finding(example.path, example.line, advice)
    told = [facet for _, facet in read_reading(data / "reading", english=True).facets]
    path = data / "reading" / "facets.yml"
    for facet in GENERIC:
        if told and told.count(facet) < FEWEST_OF_FACET:
            advice = f"{facet} chỉ có {told.count(facet)} câu tiếng Anh, nên có {FEWEST_OF_FACET}."
            yield Finding(path, line_of(path, "en:"), advice, False)
