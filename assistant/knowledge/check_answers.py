"""Checks the topic files: answers, sources, titles, moves. Facts it keeps to: shared/domain.md."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from assistant.knowledge.faq import ContentError, Topic, read_topic
from assistant.knowledge.findings import Finding, line_of

MAX_AGE = datetime.timedelta(days=365)
TITLE, ANSWER, MORE, ZALO, MESSENGER_WITH_BUTTONS = 20, 600, 900, 2000, 640
#: The one number of BHXH Việt Nam that is confirmed; any other may only be named with a caution.
_OFFICIAL_NUMBERS = frozenset({"19009068"})
_OFFICIAL_HOSTS = re.compile(r"(?:[\w\-]+\.)*gov\.vn", re.IGNORECASE)
_OFFICIAL_PAGES = ("facebook.com/baohiemxahoi.gov.vn", "com.bhxhapp", "id1521647264")
_URL = re.compile(
    r"(?:https?://)?(?:[\w\-]+\.)+(?:vn|com|net|org|info|biz|co|io|me)\b(?:/[\w\-./?=&%]*)?", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\w.,/])(?:1[89]00(?:[\s.]?\d){4,6}|0\d(?:[\s.]?\d){7,9}|8079)(?!\w)")
_ONLY_GONE = re.compile(
    r"\b(?:không còn|đã (?:được )?thay|thay thế|hết hiệu lực|trước đây|đừng|không (?:nên|dùng|phải|gửi|nhắn|gọi)|bãi bỏ"
    r"|lừa|giả|mạo|cũ|ngừng|bỏ|chưa rõ|chưa xác nhận)\b",
    re.IGNORECASE,
)
_RETIRED = (
    (re.compile(r"\b8079\b"), "đầu số 8079 đã được thay thế"),
    (
        re.compile(r"\b(?:BHXH|bảo hiểm xã hội|cơ quan BHXH)\s+(?:cấp\s+)?(?:quận|huyện)", re.IGNORECASE),
        "nay là BHXH cơ sở",
    ),
    (re.compile(r"\bNĐ\s*13/2023|Nghị định\s*(?:số\s*)?13/2023", re.IGNORECASE), "nay là NĐ 356/2025/NĐ-CP"),
    (re.compile(r"\b(?:QĐ|Quyết định)\s*(?:số\s*)?595\b", re.IGNORECASE), "nay là QĐ 366/QĐ-BHXH"),
    (re.compile(r"\btổ chức dịch vụ thu|đại lý thu\b", re.IGNORECASE), "nay là tổ chức hỗ trợ phát triển đối tượng"),
    (re.compile(r"\bTổng Giám đốc BHXH", re.IGNORECASE), "nay là Giám đốc"),
)


def _cautioned(text: str, place: int) -> bool:
    """Returns whether the line around `place`, or the one before it, warns of what it names."""
    start = text.rfind("\n", 0, max(text.rfind("\n", 0, place), 0)) + 1
    end = text.find("\n", place)
    return _ONLY_GONE.search(text[start : end if end >= 0 else len(text)]) is not None


def _routes(path: Path, text: str) -> Iterator[Finding]:
    """Yields retired routes that are named as if still in force."""
    for pattern, now in _RETIRED:
        for match in pattern.finditer(text):
            if not _cautioned(text, match.start()):
                yield Finding(path, line_of(path, match[0]), f"“{match[0]}”: {now}; hãy sửa, hoặc nói rõ là cách cũ.")


def _contacts(path: Path, text: str) -> Iterator[Finding]:
    """Yields numbers and pages that are not official."""
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if digits not in _OFFICIAL_NUMBERS and not _cautioned(text, match.start()):
            advice = f"số {match[0]} không phải số chính thức (1900 9068); bỏ đi, hoặc nói rõ là đừng gọi."
            yield Finding(path, line_of(path, match[0]), advice)
    for match in _URL.finditer(text):
        address = match[0].removeprefix("https://").removeprefix("http://").rstrip(".")
        host = address.split("/")[0]
        official = _OFFICIAL_HOSTS.fullmatch(host) or address.startswith(_OFFICIAL_PAGES)
        if official or _cautioned(text, match.start()):
            continue
        yield Finding(path, line_of(path, match[0]), f"địa chỉ {match[0]} không phải trang .gov.vn; bỏ đi hoặc thay.")


def _length(path: Path, topic: Topic) -> Iterator[Finding]:
    for field, text, limit in (("answer", topic.answer, ANSWER), ("more", topic.more, MORE)):
        line = line_of(path, f"{field}:")
        said = f"{text}\n\n{topic.source_line}" if field == "answer" else text
        if len(said) > ZALO:
            yield Finding(path, line, f"{field} dài {len(said)} ký tự, Zalo chỉ nhận {ZALO}; rút ngắn.")
        elif len(text) > limit:
            yield Finding(path, line, f"{field} dài {len(text)} ký tự, mức của ta là {limit}; rút ngắn.")
        elif len(said) > MESSENGER_WITH_BUTTONS and (topic.next or topic.more) and field == "answer":
            advice = (
                f"{field} cùng dòng nguồn dài {len(said)} ký tự; Messenger chỉ nhận {MESSENGER_WITH_BUTTONS} khi có nút"
            )
            yield Finding(path, line, f"{advice}, nên sẽ gửi thành hai tin.", is_error=False)


def _fields(path: Path, topic: Topic, today: datetime.date, known: set[str]) -> Iterator[Finding]:
    """Yields what is missing, out of date or names something unknown."""
    if not any(source.strip() for source in topic.source):
        yield Finding(path, line_of(path, "source"), "chưa có nguồn; ghi văn bản hoặc trang đã đọc và ngày của nó.")
    if today - topic.checked_on > MAX_AGE:
        advice = f"kiểm tra lần cuối {topic.checked_on:%d/%m/%Y}, đã quá 12 tháng; đọc lại nguồn rồi ghi ngày mới."
        yield Finding(path, line_of(path, "checked_on"), advice)
    elif topic.checked_on > today:
        yield Finding(path, line_of(path, "checked_on"), "ngày kiểm tra ở tương lai; ghi lại ngày đã đọc nguồn.")
    if len(topic.title) > TITLE:
        advice = f"title dài {len(topic.title)} ký tự, nút bấm chỉ chứa {TITLE}; rút ngắn."
        yield Finding(path, line_of(path, "title:"), advice)
    for name in topic.next:
        if name not in known:
            yield Finding(path, line_of(path, "next:"), f"next gọi “{name}” nhưng không có chủ đề hay nút đó.")
    for text in (topic.answer, topic.more):
        if brace := re.search(r"[{}]", text):
            yield Finding(path, line_of(path, brace[0]), "câu trả lời có dấu { hoặc }; máy sẽ hiểu là ô điền, hãy bỏ.")


def _titles(topics: list[tuple[Path, Topic]], buttons: dict[str, str]) -> Iterator[Finding]:
    seen = {title: f"buttons.yml ({name})" for name, title in buttons.items()}
    for path, topic in topics:
        if topic.title in seen:
            advice = f"title “{topic.title}” đã dùng ở {seen[topic.title]}; người đọc không phân biệt được, hãy đổi."
            yield Finding(path, line_of(path, "title:"), advice)
        seen[topic.title] = path.name


def check_answers(data: Path, today: datetime.date) -> Iterator[Finding]:
    """Yields the findings in data/faq and the titles of data/buttons.yml."""
    buttons_file = data / "buttons.yml"
    buttons = yaml.safe_load(buttons_file.read_text(encoding="utf-8")) if buttons_file.exists() else {}
    topics: list[tuple[Path, Topic]] = []
    for path in sorted((data / "faq").glob("*.yml")):
        try:
            topics.append((path, read_topic(path)))
        except ContentError as error:
            yield Finding(path, 1, str(error).split(": ", 1)[-1])
    known = set(buttons) | {topic.name for _, topic in topics}
    for path, topic in topics:
        yield from _fields(path, topic, today, known)
        yield from _length(path, topic)
        for text in (topic.answer, topic.more):
            yield from _routes(path, text)
            yield from _contacts(path, text)
    for name, title in buttons.items():
        if len(title) > TITLE:
            yield Finding(buttons_file, line_of(buttons_file, f"{name}:"), f"tên nút dài quá {TITLE} ký tự; rút ngắn.")
    yield from _titles(topics, buttons)
