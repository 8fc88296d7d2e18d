"""Words and filters that templates share."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from assistant.console.intent_words import name_of
from assistant.console.reading_words import reading_rows
from assistant.content.check_answers import missing_facets
from assistant.content.languages import DEFAULT, known
from assistant.editing.part_names import FACETS
from assistant.identifiers import tokens
from assistant.runtime.times import VIETNAM
from assistant.staff.model import Role
from connectors.all import label, titles

ROLE_NAMES: dict[Role, str] = {
    "agent": "Trực bàn",
    "content": "Nội dung",
    "auditor": "Giám sát",
    "admin": "Quản trị",
}
FACET_NAMES = FACETS
#: What stands in a transcript for an identifier.
KINDS: dict[str, str] = {
    "bhxh_code": "mã số BHXH",
    "phone_or_code": "dãy 10 số",
    "phone": "số điện thoại",
    "card": "mã thẻ BHYT",
    "cccd": "số căn cước",
    "cmnd": "số CMND",
    "email": "e-mail",
    "email_part": "phần đầu e-mail",
    "number": "dãy số",
    "reference": "số hồ sơ, đơn, tài khoản khác",
    "secret": "mật khẩu hoặc mã đã xóa",
    "bank_card": "số thẻ ngân hàng đã xóa",
    "link": "liên kết riêng của người dân",
}
CHANNELS = titles()
#: What staff call the languages that people are answered in.
LANGUAGE_NAMES = {"vi": "tiếng Việt", "en": "tiếng Anh"}
#: Why somebody is at the desk (handovers.reason).
REASONS = {
    "asked": "Xin gặp nhân viên",
    "not_understood": "Trợ lý không hiểu",
    "angry": "Đang bức xúc",
    "not_matched": "Thông tin không khớp",
    "stepped_in": "Nhân viên chủ động vào",
    "answered_outside": "Đang được trả lời ngoài bàn trực",
}
#: How it ended (handovers.outcome).
HANDOVER_OUTCOMES = {
    "answered": "đã hỗ trợ",
    "left": "người dân rời hàng",
    "nobody": "không ai vào kịp",
    "desk_closed": "hết giờ trực",
    "dismissed": "đã đóng",
    "abandoned": "nhân viên dừng giữa chừng",
}
MEDIA = {
    "image": "Hình ảnh", "sticker": "Nhãn dán", "audio": "Ghi âm", "video": "Video", "file": "Tệp",
    "location": "Vị trí", "gif": "Ảnh động", "contact": "Danh thiếp",
}  # fmt: skip


def when(at: datetime.datetime | None) -> str:
    """Returns a time as "14:05" today, else "14:05 21/11" or with the year."""
    if at is None:
        return ""
    local, today = at.astimezone(VIETNAM), datetime.datetime.now(VIETNAM)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%H:%M %d/%m}" if local.year == today.year else f"{local:%H:%M %d/%m/%Y}"


def exact(at: datetime.datetime | None) -> str:
    """Returns a time to the second, in Vietnam."""
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}" if at else ""


def span(seconds: float | datetime.timedelta | None) -> str:
    """Returns a length of time: "45 giây", "3 phút", "2 giờ 5 phút", "4 ngày"."""
    if seconds is None:
        return ""
    whole = int(seconds.total_seconds() if isinstance(seconds, datetime.timedelta) else seconds)
    if whole < 60:
        return f"{max(whole, 0)} giây"
    if whole < 3600:
        return f"{whole // 60} phút"
    if whole < 86400:
        minutes = whole % 3600 // 60
        return f"{whole // 3600} giờ" + (f" {minutes} phút" if minutes else "")
    return f"{whole // 86400} ngày"


def about(seconds: float | None) -> str:
    """Returns a length of time that is not known to the second: "khoảng 40 giây", "khoảng 3 phút"."""
    if seconds is None:
        return ""
    if seconds < 55:
        return f"khoảng {max(5, round(seconds / 5) * 5)} giây"
    return f"khoảng {max(1, round(seconds / 60))} phút"


def number(value: float | int | None) -> str:
    """Returns a number as it is written in Vietnamese: 12.345."""
    if value is None:
        return ""
    return f"{value:,.0f}".replace(",", ".")


def size(value: float | None) -> str:
    """Returns a number of bytes as "10,1 MB"."""
    left, units = float(value or 0), ["byte", "kB", "MB", "GB", "TB"]
    while left >= 1000 and len(units) > 1:
        left, units = left / 1000, units[1:]
    return f"{left:.0f} {units[0]}" if left >= 100 or units[0] == "byte" else f"{left:.1f} {units[0]}".replace(".", ",")


def share(value: float | None) -> str:
    """Returns 0.873 as "87%"."""
    return "" if value is None else f"{value * 100:.0f}%"


def masked(text: str | None) -> Markup:
    """Returns a stored text with its tokens as words ("mã số BHXH •••"); safe to show."""
    return _with_tokens(text or "", lambda token: _mask(token.kind))


def _mask(kind: str) -> Markup:
    dots = "" if kind in ("secret", "bank_card") else " •••"
    return Markup('<span class="hidden-value">{}{}</span>').format(KINDS.get(kind, "dãy số"), dots)


def _with_tokens(text: str, show: Callable[[tokens.Token], Markup]) -> Markup:
    pieces, at = [], 0
    for token in tokens.tokens_in(text):
        pieces += [escape(text[at : token.start]), show(token)]
        at = token.end
    return Markup("").join([*pieces, escape(text[at:])])


def revealing(text: str | None, base: str) -> Markup:
    """Returns the same, each token that may still be opened as a link to where it is asked for."""

    def link(token: tokens.Token) -> Markup:
        if ":" not in token.token or token.kind == "link":
            return _mask(token.kind)
        return Markup('<a class="hidden-value" href="{}/reveal?token={}">{} •••</a>').format(
            base, token.token, KINDS.get(token.kind, "dãy số")
        )

    return _with_tokens(text or "", link)


def masked_plain(text: str | None) -> str:
    """Returns the same as `masked`, without markup, for titles and files."""
    return tokens.replace_tokens(text or "", {k: f"[{v}]" for k, v in KINDS.items()}, "[dãy số]")  # type: ignore[misc]


FILTERS: dict[str, Callable[..., Any]] = {
    "missing_facets": missing_facets,
    "reading_rows": reading_rows,
    "intent_name": name_of,
    "when": when,
    "exact": exact,
    "span": span,
    "about": about,
    "number": number,
    "share": share,
    "size": size,
    "masked": masked,
    "masked_plain": masked_plain,
    "revealing": revealing,
    "label": label,
    "reason": lambda name: REASONS.get(name, name),
    "handover_outcome": lambda name: HANDOVER_OUTCOMES.get(name, name),
    "media": lambda name: MEDIA.get(name, "Tệp đính kèm"),
    "language": lambda name: LANGUAGE_NAMES[known(name)],
    "other_language": lambda name: "" if known(name) == DEFAULT else LANGUAGE_NAMES[known(name)],
    "channel": lambda name: CHANNELS.get(name, name),
    "roles": lambda roles: ", ".join(ROLE_NAMES[role] for role in ROLE_NAMES if role in roles),
}
