"""Checks the texts people hear: all there, filled in rightly, short, nothing that only eyes could read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

import yaml

from assistant.content.findings import Finding, line_of
from assistant.content.languages import LANGUAGES
from assistant.content.topics import topic_files
from assistant.settings import yaml_files
from connectors.phone import voicing
from connectors.phone.flow import Way
from connectors.phone.texts import FILE, PLACES

Texts = dict[str, object]
Advice = tuple[str, str]

#: Words of a sentence that one can still follow with eyes closed.
LONGEST = 25
#: BHXH's own sentence for a mismatch, as its hotline says it.
OFFICIAL = "số điện thoại và mã số bảo hiểm không khớp hoặc chưa đăng ký với cơ quan BHXH"
_FILLED = {
    "fee": {"fee"}, "code_length": {"count"}, "read_back": {"code"}, "not_matched_next": {"left"},
    "too_many": {"minutes"}, "limited": {"minutes"}, "otp": {"otp"}, "otp_use": {"minutes", "page"}, "other": {"site"},
    "person_closed": {"hours"}, "answer": {"answer"}, "answer_elsewhere": {"site"},
    "sms_code": {"sms", "minutes", "link"}, "leave_read_back": {"question"}, "question_kept": {"day"},
}  # fmt: skip
_PLAIN = (
    "greeting", "menu", "menu_again", "code_ask", "code_again", "silence", "wrong_key", "give_up", "hidden", "landline",
    "foreign", "not_matched", "not_matched_last", "unsaid", "paused", "down", "ring_back", "otp_intro", "otp_over",
    "otp_warning", "back_greeting", "back_menu", "back_not_me", "back_no_answer", "person", "person_busy", "bye",
    "wait", "sorry", "resumed", "unsaid_later", "code_ask_or_say", "code_again_or_say", "code_unheard", "question_ask",
    "question_again", "question_more", "not_understood", "person_taken", "leave_offer", "leave_ask", "leave_again",
    "question_refused", "code_sent", "unsaid_sms",
)  # fmt: skip
#: Written under an answer that sends people to key 8 of this line, by way and language.
_OWN_LINE = tuple(f"own_line_{way}_{language}" for way in get_args(Way) for language in LANGUAGES)
#: Every text there is, with the places that are filled in.
TEXTS: dict[str, set[str]] = _FILLED | {name: set() for name in (*_PLAIN, *_OWN_LINE)}
_FOR_EYES = re.compile(r"https?:|www\.|\S/\S|[#*•→|<>]")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+")


def check_content(root: Path, data: Path) -> Iterator[Finding]:
    """Yields the findings in data/channels/phone.yml."""
    yield from _check(data / FILE, _names, _of)
    topics = {path.stem: path for path in topic_files(data)}
    yield from _check(data / voicing.FILE, lambda read: _topics(read, topics), _of_answer)
    if (heard := _read(data / voicing.FILE)) is not None:
        yield from _unheard(topics, heard)


def _unheard(topics: Mapping[str, Path], heard: Texts) -> Iterator[Finding]:
    """Yields the topics of which a caller hears no more than the first sentence, or that there is a page."""
    for name in sorted(topics.keys() - heard.keys()):
        advice = f"chưa có câu nói qua điện thoại; thêm “{name}: …” vào {voicing.FILE}, tối đa {voicing.MOST} chữ."
        yield Finding(topics[name], 1, advice, is_error=False)


def _check(
    path: Path, names: Callable[[Texts], Iterable[Advice]], of: Callable[[str, object], Iterable[str]]
) -> Iterator[Finding]:
    if not path.exists():
        return
    read = _read(path)
    if read is None:
        yield Finding(path, 1, "không đọc được tệp này; mỗi dòng là “tên: câu nói”.")
        return
    found = [*names(read), *((str(name), advice) for name, text in read.items() for advice in of(str(name), text))]
    for about, advice in found:
        yield Finding(path, line_of(path, f"{about}:"), f"{about}: {advice}")


def _read(path: Path) -> Texts | None:
    try:
        read = yaml_files.read(path)
    except (OSError, yaml.YAMLError):
        return None
    return read if isinstance(read, dict) else None


def _topics(read: Texts, topics: Mapping[str, Path]) -> Iterator[Advice]:
    advice = "không có chủ đề nào tên này trong data/faq hay data/subjects."
    yield from ((str(name), advice) for name in read if name not in topics)


def _of_answer(name: str, text: object) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield "phải là một câu nói."
        return
    if _FOR_EYES.search(text) or PLACES.search(text):
        yield "có đường dẫn hay dấu mà tai không nghe được; nói bằng lời."
    if re.search(r"\d{2}", text):
        yield "có dãy số, giọng đọc sẽ đọc thành hàng nghìn; viết bằng chữ."
    if len(text.split()) > voicing.MOST:
        yield f"dài {len(text.split())} chữ, nghe khó nhớ; tối đa {voicing.MOST} chữ."


def _names(read: Texts) -> Iterator[tuple[str, str]]:
    yield from ((name, "thiếu câu này; cuộc gọi sẽ đứt ở đó.") for name in sorted(TEXTS.keys() - read.keys()))
    yield from ((name, "không có câu nào tên này.") for name in sorted(map(str, read.keys() - TEXTS.keys())))


def _of(name: str, text: object) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield "phải là một câu nói."
        return
    wrong = set(PLACES.findall(text)) ^ TEXTS.get(name, set())
    if wrong:
        yield f"chỗ điền không đúng: {', '.join(sorted(wrong))}."
    if _FOR_EYES.search(text):
        yield "có đường dẫn hay dấu mà tai không nghe được; nói bằng lời."
    if re.search(r"\d{2}", text):
        yield "có dãy số, giọng đọc sẽ đọc thành hàng nghìn; viết bằng chữ."
    for sentence in _SENTENCE.split(text):
        if len(sentence.split()) > LONGEST:
            yield f"câu “{sentence[:30]}…” dài {len(sentence.split())} chữ, nghe khó nhớ; tối đa {LONGEST} chữ."
    if name == "not_matched" and OFFICIAL not in text:
        yield "câu của cơ quan BHXH phải giữ nguyên từng chữ."
