"""Checks what rests on acts and figures: every sentence of a subject has its source, no figure has run out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.content import constants as figures
from assistant.content.constants import Constants, read_constants
from assistant.content.errors import ContentError
from assistant.content.findings import Finding, Remark, line_of
from assistant.content.sources import NO_ACT, Act, cited, is_covered, read_acts, said
from assistant.content.topics import SUBJECT, Topic, read_topic, topic_files

#: A quotation is evidence, not a reprint.
QUOTED_WORDS = 20
_MONEY = re.compile(r"\b\d[\d.,]*\s*(?:đồng|triệu|nghìn|ngàn|đ)(?!\w)", re.IGNORECASE)
#: Forms of the old law whose successors nobody has read: they are recognised, not recommended.
_OLD_FORM = re.compile(r"\b\d{1,2}[A-Z]?-HSB\b", re.IGNORECASE)
#: What tells a person of a right to a benefit or of none; a subject names rules, the office judges. To ask and to
#: complain everybody may.
_JUDGES = re.compile(
    r"\bbạn (?:không |chưa |sẽ |đã )?(?:được|đủ điều kiện)\b"
    r"|\byou (?:may|can|can't|cannot|will|are (?:not )?entitled)\b"
    r"(?! (?:also )?(?:ask|complain|report|still claim))",
    re.IGNORECASE,
)


def texts_of(topic: Topic) -> Iterator[tuple[str, str, str]]:
    """Yields what people may read of a topic: the field, what finds it in the file, the text as staff wrote it."""
    yield from (
        ("answer", "answer:", topic.answer),
        ("place", "place:", topic.place),
        ("in_app", "in_app:", topic.in_app),
    )
    yield "more", "more:", topic.more
    yield from (("facets", f"{name}:", facet.say) for name, facet in topic.facets.items())
    yield from (("steps", step.name, text) for step in topic.steps for text in (step.say, step.where) if text)


def acts_of(topic: Topic) -> tuple[str, ...]:
    """Returns the short names of the acts that a topic rests on, each once."""
    named = [one.act for _, _, text in texts_of(topic) for one in cited(text)]
    return tuple(dict.fromkeys([*named, *(one.cite.partition(" ")[0] for one in topic.wording)]))


def constants_of(topic: Topic) -> tuple[str, ...]:
    """Returns the names in braces of a topic's texts, each once."""
    return tuple(dict.fromkeys(name for _, _, text in texts_of(topic) for name in figures.named(text)))


def remarks_on_subject(
    topic: Topic, acts: Mapping[str, Act], constants: Constants, today: datetime.date
) -> Iterator[Remark]:
    """Yields what is to be said about sources and figures of a topic; of a subject every sentence has a source."""
    for field, needle, text in texts_of(topic):
        for one in cited(text):
            if one.act not in acts:
                yield Remark(field, f"“[{one.act}]” không có trong acts.yml; thêm văn bản đó, hoặc sửa tên.", needle)
        yield from _figures(field, needle, text, constants, today)
        if topic.kind == SUBJECT:
            yield from _of_subject(field, needle, text)
    for wording in topic.wording:
        if wording.cite.partition(" ")[0] not in acts:
            yield Remark("wording", f"“{wording.cite}” không có trong acts.yml.", wording.cite)
        if (words := len(wording.quote.split())) > QUOTED_WORDS:
            yield Remark("wording", f"trích {words} chữ, tối đa {QUOTED_WORDS}; rút ngắn.", wording.quote)
    if topic.kind == SUBJECT and not topic.wording:
        yield Remark("wording", "chưa có câu trích điều luật cho nút “Xem điều luật”.", "wording:")


def judging(text: str) -> str:
    """Returns the words that judge a person's case; empty if a text names rules only."""
    found = _JUDGES.search(said(text))
    return found[0] if found else ""


def _of_subject(field: str, needle: str, text: str) -> Iterator[Remark]:
    if not text:
        yield Remark(field, f"{field} đang trống; viết rồi lưu lại.", needle)
    elif not is_covered(text):
        advice = f"câu cuối chưa có nguồn; thêm [văn bản điều] như [L 70.1], hoặc [{NO_ACT}] nếu không dựa vào luật."
        yield Remark(field, advice, needle)
    if verdict := judging(text):
        yield Remark(
            field, f"“{verdict}” là xét cho một người; viết quy định chung, như “Người đang … thì …”.", verdict
        )
    if money := _MONEY.search(said(text)):
        yield Remark(field, f"“{money[0]}”: số tiền phải đặt trong constants.yml, có ngày bắt đầu và hết.", money[0])
    if form := _OLD_FORM.search(said(text)):
        yield Remark(
            field, f"“{form[0]}” là mẫu của luật cũ; viết “văn bản đề nghị theo mẫu của cơ quan BHXH”.", form[0]
        )


def _figures(field: str, needle: str, text: str, constants: Constants, today: datetime.date) -> Iterator[Remark]:
    for name in figures.named(text):
        if name not in constants.periods:
            if topic_field(field):
                yield Remark(field, f"“{{{name}}}” không có trong constants.yml.", needle)
        elif field == "more":
            yield Remark(
                field, f"“{{{name}}}”: phần “Xem thêm” không điền được số theo ngày; đưa vào câu trả lời.", needle
            )
        elif constants.on(name, today) is None:
            yield Remark(field, f"“{{{name}}}” không còn mức nào của ngày {today:%d/%m/%Y}; sửa constants.yml.", needle)


def topic_field(field: str) -> bool:
    """Tells whether a field is filled with figures of the day only; steps have other fields to fill."""
    return field in ("answer", "place", "in_app", "facets", "more")


def check_subjects(data: Path, today: datetime.date) -> Iterator[Finding]:
    """Yields the findings in data/constants.yml, data/acts.yml and what topics say of sources and figures."""
    try:
        acts, constants = read_acts(data), read_constants(data)
    except ContentError as error:
        yield Finding(Path(str(error).partition(": ")[0]), 1, str(error).partition(": ")[2])
        return
    path = data / figures.FILE
    for name, periods in constants.periods.items():
        for period in periods:
            if period.source not in acts:
                yield Finding(
                    path, line_of(path, f"{name}:"), f"{name}: nguồn “{period.source}” không có trong acts.yml."
                )
        if constants.on(name, today) is None:
            advice = f"{name}: không còn mức nào của ngày {today:%d/%m/%Y}; tìm mức mới rồi ghi thêm một dòng."
            yield Finding(path, line_of(path, f"{name}:"), advice)
    for topic_path in topic_files(data):
        try:
            topic = read_topic(topic_path)
        except ContentError:
            continue  # said with the answers
        for remark in remarks_on_subject(topic, acts, constants, today):
            yield Finding(topic_path, line_of(topic_path, remark.needle), remark.advice, remark.is_error)
