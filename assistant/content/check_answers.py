"""Checks the topic files: answers, sources, titles, moves. Facts it keeps to: shared/domain.md."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from assistant.content.facets import CORE
from assistant.content.findings import Finding, Remark, line_of
from assistant.content.lengths import too_long
from assistant.content.pictures import NAME
from assistant.content.responses import button_titles
from assistant.content.situations import Situation, read_situation
from assistant.content.sources import said
from assistant.content.topics import SUBJECT, ContentError, Topic, read_topic, topic_files

MAX_AGE = datetime.timedelta(days=365)
TITLE, MORE, ZALO = 20, 900, 2000
#: The field of the note that names missing facets.
MISSING = "facets_missing"
#: The one number of BHXH Việt Nam that is confirmed; any other may only be named with a caution.
_OFFICIAL_NUMBERS = frozenset({"19009068"})
_OFFICIAL_HOSTS = re.compile(r"(?:[\w\-]+\.)*gov\.vn", re.IGNORECASE)
_OFFICIAL_PAGES = ("facebook.com/baohiemxahoi.gov.vn", "com.bhxhapp", "id1521647264")
#: A page begins where no word goes on to the left: looking from every letter takes minutes for one long word.
_URL = re.compile(
    r"(?:https?://)?(?<![\w\-])(?<![\w\-]\.)(?:[\w\-]+\.)+(?:vn|com|net|org|info|biz|co|io|me)\b(?:/[\w\-./?=&%]*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.,/])(?:1[89]00(?:[\s.]?\d){4,6}|0\d(?:[\s.]?\d){7,9}|8079)(?!\w)")
_ONLY_GONE = re.compile(
    r"\b(?:không còn|đã (?:được )?thay|thay thế|hết hiệu lực|trước đây|đừng|không (?:nên|dùng|phải|gửi|nhắn|gọi)|bãi bỏ"
    r"|lừa|giả|mạo|cũ|ngừng|bỏ|chưa rõ|chưa xác nhận|no longer|do not|don't|never|not|replaced|stopped|ended"
    r"|formerly|fake|scam|old)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https://[^\s@<>\"']+")
#: The name of a figure of the day (data/constants.yml).
_FIGURE = re.compile(r"\{[a-z_]+\}")
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


def _routes(field: str, text: str) -> Iterator[Remark]:
    """Yields retired routes that are named as if still in force."""
    for pattern, now in _RETIRED:
        for match in pattern.finditer(text):
            if not _cautioned(text, match.start()):
                yield Remark(field, f"“{match[0]}”: {now}; hãy sửa, hoặc nói rõ là cách cũ.", match[0])


def contacts_in(field: str, text: str) -> Iterator[Remark]:
    """Yields numbers and pages that are not official."""
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if digits not in _OFFICIAL_NUMBERS and not _cautioned(text, match.start()):
            advice = f"số {match[0]} không phải số chính thức (1900 9068); bỏ đi, hoặc nói rõ là đừng gọi."
            yield Remark(field, advice, match[0])
    for match in _URL.finditer(text):
        address = match[0].removeprefix("https://").removeprefix("http://").rstrip(".")
        host = address.split("/")[0]
        official = _OFFICIAL_HOSTS.fullmatch(host) or address.startswith(_OFFICIAL_PAGES)
        if official or _cautioned(text, match.start()):
            continue
        yield Remark(field, f"địa chỉ {match[0]} không phải trang .gov.vn; bỏ đi hoặc thay.", match[0])


def _length(topic: Topic) -> Iterator[Remark]:
    source = "" if topic.kind == SUBJECT else topic.source_line
    behind = "\n\n".join(filter(None, (said(topic.more), source)))
    if len(behind) > ZALO:
        yield Remark("more", f"more dài {len(behind)} ký tự cùng nguồn, Zalo chỉ nhận {ZALO}; rút ngắn.", "more:")
    elif len(said(topic.more)) > MORE:
        yield Remark("more", f"more dài {len(said(topic.more))} ký tự, mức của ta là {MORE}; rút ngắn.", "more:")
    if advice := too_long("answer", said(topic.whole)):
        yield Remark("answer", advice, "answer:")


def _fields(topic: Topic, today: datetime.date, known: Collection[str]) -> Iterator[Remark]:
    """Yields what is missing, out of date or names something unknown."""
    for field, text in (("title", topic.title), ("answer", topic.answer)):
        if not text:
            yield Remark(field, f"{field} đang trống; viết rồi lưu lại.", f"{field}:")
    if not any(source.strip() for source in topic.source):
        yield Remark("source", "chưa có nguồn; ghi văn bản hoặc trang đã đọc và ngày của nó.", "source")
    if today - topic.checked_on > MAX_AGE:
        advice = f"kiểm tra lần cuối {topic.checked_on:%d/%m/%Y}, đã quá 12 tháng; đọc lại nguồn rồi ghi ngày mới."
        yield Remark("checked_on", advice, "checked_on")
    elif topic.checked_on > today:
        yield Remark("checked_on", "ngày kiểm tra ở tương lai; ghi lại ngày đã đọc nguồn.", "checked_on")
    if len(topic.title) > TITLE:
        advice = f"title dài {len(topic.title)} ký tự, nút bấm chỉ chứa {TITLE}; rút ngắn."
        yield Remark("title", advice, "title:")
    for name in topic.next:
        if name not in known:
            yield Remark("next", f"next gọi “{name}” nhưng không có chủ đề hay nút đó.", "next:")
    for field, text in (("answer", topic.answer), ("more", topic.more)):
        if brace := re.search(r"[{}]", _FIGURE.sub("", text)):
            advice = "câu trả lời có dấu { hoặc }; máy sẽ hiểu là ô điền, hãy bỏ."
            yield Remark(field, advice, brace[0])


def remarks_on(
    topic: Topic, today: datetime.date, known: Collection[str], taken: Mapping[str, str]
) -> Iterator[Remark]:
    """Yields what is to be said about one topic.

    Args:
        topic: the topic, saved or still being written.
        today: the day of the check.
        known: the names of all topics and buttons.
        taken: titles of other topics and buttons, and where each stands.
    """
    yield from _fields(topic, today, known)
    if topic.title in taken:
        advice = f"title “{topic.title}” đã dùng ở {taken[topic.title]}; người đọc không phân biệt được, hãy đổi."
        yield Remark("title", advice, "title:")
    yield from _length(topic)
    for field, text in (("answer", topic.answer), ("more", topic.more)):
        yield from _routes(field, text)
        yield from contacts_in(field, text)
    yield from _beside(topic)
    yield from _facets(topic)
    yield from _missing(topic)


def _beside(topic: Topic) -> Iterator[Remark]:
    """Yields what is wrong with the picture and the link beside an answer."""
    if topic.picture and not NAME.fullmatch(topic.picture):
        yield Remark("picture", f"“{topic.picture}” không phải tên một hình có sẵn; chọn lại hình.", "picture:")
    if topic.picture and not topic.picture_says:
        advice = "hình chưa có mô tả; ghi một câu cho người không nhìn thấy hình và kênh không hiện được hình."
        yield Remark("picture_says", advice, "picture:")
    if topic.link and not _LINK.fullmatch(topic.link):
        yield Remark("link", "liên kết phải là một địa chỉ đầy đủ, bắt đầu bằng https://.", "link:")
    yield from contacts_in("link", topic.link)
    if topic.link and not topic.link_title:
        yield Remark("link_title", "liên kết chưa có chữ trên nút; ghi người dân sẽ mở được gì.", "link:")
    if len(topic.link_title) > TITLE:
        advice = f"chữ trên nút dài {len(topic.link_title)} ký tự, nút chỉ chứa {TITLE}; rút ngắn."
        yield Remark("link_title", advice, "link_title:")
    for field, text in (("picture_says", topic.picture_says), ("link_title", topic.link_title)):
        yield from _routes(field, text)
        yield from contacts_in(field, text)


def missing_facets(topic: Topic) -> list[str]:
    """Returns the facets that people would ask of any topic, and this one neither has nor excuses."""
    missing = [name for name in CORE if name not in topic.facets and name not in topic.facets_not_needed]
    return [name for name in missing if name != "next_step" or not topic.steps]


def _missing(topic: Topic) -> Iterator[Remark]:
    """Yields a note of the facets that are missing, and errors of those it excuses twice."""
    place = "facets:" if topic.facets else "questions:"
    if missing := missing_facets(topic):
        advice = (
            f"chưa có câu trả lời ngắn cho: {', '.join(missing)}; thêm vào facets,"
            " hoặc ghi lý do không cần vào facets_not_needed."
        )
        yield Remark(MISSING, advice, place, is_error=False)
    for name in topic.facets_not_needed:
        if name in topic.facets:
            advice = f"“{name}” vừa có câu trả lời vừa nằm trong facets_not_needed; bỏ một."
            yield Remark("facets", advice, "facets_not_needed:")


def _parts(topic: Topic | Situation) -> Iterator[tuple[str, str, str, str]]:
    """Yields each text of a topic's parts: the field, what it is called, what finds it in the file, the text."""
    yield from (("facets", name, f"{name}:", facet.say) for name, facet in topic.facets.items())
    yield from (
        ("steps", step.name, step.name, text) for step in topic.steps for text in (step.say, step.where) if text
    )


def _facets(topic: Topic | Situation) -> Iterator[Remark]:
    for field, name, needle, text in _parts(topic):
        if advice := too_long(f"phần “{name}”", said(text)):
            yield Remark(field, advice, needle)
        for remark in (*_routes(field, text), *contacts_in(field, text)):
            yield replace(remark, advice=f"phần “{name}”: {remark.advice}")
    asked = [wording for facet in topic.facets.values() for wording in facet.asked]
    for wording in sorted({wording for wording in asked if asked.count(wording) > 1}):
        yield Remark("facets", f"“{wording}” đứng ở hai mục của cùng chủ đề; giữ ở một mục.", wording)


def _check_situations(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.glob("*.yml")):
        try:
            situation = read_situation(path)
        except ContentError as error:
            yield Finding(path, 1, str(error).split(": ", 1)[-1])
            continue
        answer = situation.answer
        remarks = [*_facets(situation), *_routes("answer", answer), *contacts_in("answer", answer)]
        if advice := too_long("answer", answer):
            remarks.append(Remark("answer", advice, "answer:"))
        for remark in remarks:
            yield Finding(path, line_of(path, remark.needle), remark.advice, remark.is_error)


def check_answers(data: Path, today: datetime.date) -> Iterator[Finding]:
    """Yields the findings in data/faq, data/subjects and the titles of data/buttons.yml."""
    buttons_file, buttons = data / "buttons.yml", button_titles(data)
    topics: list[tuple[Path, Topic]] = []
    for path in topic_files(data):
        try:
            topics.append((path, read_topic(path)))
        except ContentError as error:
            yield Finding(path, 1, str(error).split(": ", 1)[-1])
    yield from _check_situations(data / "situations")
    known = set(buttons) | {topic.name for _, topic in topics}
    taken = {title: f"buttons.yml ({name})" for name, title in buttons.items()}
    names: dict[str, Path] = {}
    for path, topic in topics:
        if (other := names.setdefault(topic.name, path)) != path:
            advice = f"“{topic.name}” đã là tên của {other.parent.name}/{other.name}; mỗi chủ đề một tên."
            yield Finding(path, 1, advice)
        for remark in remarks_on(topic, today, known, taken):
            yield Finding(path, line_of(path, remark.needle), remark.advice, remark.is_error)
        taken[topic.title] = path.name
    for name, title in buttons.items():
        if len(title) > TITLE:
            yield Finding(buttons_file, line_of(buttons_file, f"{name}:"), f"tên nút dài quá {TITLE} ký tự; rút ngắn.")
