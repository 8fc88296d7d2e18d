"""Showing one hidden value: only to whoever helps that person, for a reason, and the trail says so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response

from assistant.audit import Event
from assistant.console.visit import NotHere, Refused, Visit
from assistant.identifiers import tokens
from assistant.privacy.vault import VaultError

if TYPE_CHECKING:
    from assistant.console.shell import Console

REASONS = (
    "Đối chiếu tài khoản theo yêu cầu của người dân",
    "Chuyển bộ phận nghiệp vụ xử lý",
    "Kiểm tra nghi vấn lừa đảo",
)
_MAY = """
SELECT EXISTS (SELECT 1 FROM handovers WHERE conversation = %(c)s AND state = 'with_person' AND agent = %(me)s)
    OR EXISTS (SELECT 1 FROM questions WHERE conversation = %(c)s AND assigned = %(me)s
               AND answered_at IS NULL AND closed_at IS NULL)
"""
_SEALED = """
SELECT sealed FROM vault WHERE conversation = %(c)s AND token = %(token)s AND (expires_at > now()
    OR held_until > now() AND EXISTS (SELECT 1 FROM questions WHERE conversation = %(c)s AND assigned = %(me)s
                                      AND answered_at IS NULL AND closed_at IS NULL
                                      AND strpos(question, %(token)s) > 0))
"""
_NOT_YOURS = "Bạn chỉ xem được thông tin của người mình đang hỗ trợ. Bạn nhận cuộc trò chuyện hoặc câu hỏi trước."
_GONE = (
    "Giá trị này đã quá hạn lưu (24 giờ; trong câu hỏi đang chờ trả lời: 14 ngày) nên không xem được nữa."
    " Nếu cần, bạn nhờ người dân nhắn lại."
)


class Revealing:
    """The form for the reason, and the value."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def form(self, visit: Visit) -> Response:
        """Asks for the reason."""
        conversation, token = visit.part("conversation"), visit.query("token")
        kind = tokens.kind_of(token)
        if kind is None or kind == "link":  # a link opens the person's form and papers: it is theirs alone
            raise NotHere
        return visit.render(
            "reveal.html", kind=kind, token=token, reasons=REASONS, conversation=conversation,
            base=f"/console/desk/{quote(conversation)}",
        )  # fmt: skip

    def show(self, visit: Visit) -> Response:
        """Shows the value, once."""
        conversation, token = visit.part("conversation"), visit.form.get("token", "")
        kind, reason = tokens.kind_of(token), (visit.form.get("other") or visit.form.get("reason") or "").strip()
        if kind is None or kind == "link":  # a link opens the person's form and papers: it is theirs alone
            raise NotHere
        if len(reason) < 5:
            raise Refused("Bạn chọn hoặc ghi rõ lý do xem.")
        if visit.connection.execute(_MAY, {"c": conversation, "me": visit.me.name}).fetchone() != (True,):
            raise Refused(_NOT_YOURS, 403)
        row = visit.connection.execute(_SEALED, {"c": conversation, "token": token, "me": visit.me.name}).fetchone()
        try:
            value = self._console.node.vault.open(row[0], f"{conversation} {token}") if row else None
        except VaultError:
            value = None
        if value is None:
            raise Refused(_GONE, 410)
        visit.record(Event.STAFF_REVEALED, conversation, kind=kind, reason=reason)
        return visit.render(
            "revealed.html", value=value, kind=kind, reason=reason, base=f"/console/desk/{quote(conversation)}"
        )
