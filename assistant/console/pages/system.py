"""Settings as they are in force, to be seen and not changed here: channels, queues, versions, limits."""

from __future__ import annotations

import dataclasses
import platform
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.navigation import Entry
from assistant.console.visit import Visit
from assistant.privacy.kept import CLASSES
from assistant.settings import ROOT, yaml_files
from assistant.staff.model import STAFF_LIMITS, Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_WHO: frozenset[Role] = frozenset({"admin", "auditor"})
_LAST = """
SELECT (SELECT at FROM turns WHERE split_part(conversation, ':', 1) = %s ORDER BY at DESC LIMIT 1) AS heard_at,
       (SELECT count(*) FROM outbox WHERE state = 'dead' AND conversation LIKE %s) AS dead,
       (SELECT count(*) FROM outbox WHERE state = 'waiting' AND conversation LIKE %s) AS waiting
"""
_QUEUES = """
SELECT 'inbox' AS name, count(*) AS waiting, now() - min(accepted_at) AS age,
       (SELECT count(*) FROM dead_letters WHERE settled_at IS NULL) AS dead
FROM inbox WHERE done_at IS NULL
UNION ALL
SELECT 'outbox', count(*), now() - min(created_at), (SELECT count(*) FROM outbox WHERE state = 'dead')
FROM outbox WHERE state = 'waiting'
UNION ALL
SELECT 'mail', count(*), now() - min(created_at), (SELECT count(*) FROM mail WHERE state = 'dead')
FROM mail WHERE state = 'waiting'
"""
_STORE = """
SELECT pg_database_size(current_database()) AS bytes, current_setting('server_version') AS version,
       (SELECT version_num FROM alembic_version) AS revision,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections
"""
_TABLES = """
SELECT relname AS name, pg_total_relation_size(c.oid) AS bytes, greatest(reltuples, 0)::bigint AS rows
FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY bytes DESC LIMIT 8
"""
# Each node keeps one connection that listens, under its name.
_NODES = """
SELECT application_name AS name, min(backend_start) AS since FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^assistant-.+-[0-9]+-[0-9a-f]{6}$' GROUP BY 1 ORDER BY 1
"""
_STAFF_LIMIT_NAMES = {
    "invitation_lives": "Liên kết mời nhân viên còn dùng được",
    "idle": "Nhân viên không thao tác thì bị đăng xuất sau",
    "session_lives": "Một lần đăng nhập dài nhất",
    "half_signed_in": "Thời gian giữa mật khẩu và mã trên điện thoại",
    "tries_window": "Khoảng tính các lần đăng nhập sai",
    "tries_per_name": "Số lần sai của một tên đăng nhập từ một mạng (hoặc trên một máy quen) trong khoảng đó",
    "tries_a_day_everywhere": "Số lần sai một ngày của một tên từ mọi nơi, sau đó hỏi thêm mã trên điện thoại",
    "tries_per_address": "Số lần sai từ một địa chỉ trong khoảng đó",
    "recovery_codes": "Số mã dự phòng của mỗi người",
}


@lru_cache(maxsize=1)
def limit_names() -> dict[str, str]:
    """Returns what the limits are called in Vietnamese."""
    found: dict[str, str] = yaml_files.read(ROOT / "data/console/limits.yml")
    return found


def versions(node: Any) -> list[tuple[str, str]]:
    """Returns what runs here, by name."""
    return [
        ("Trợ lý", metadata.version("vssid-assistant")),
        ("Mô hình đang dùng", node.host.model),
        ("Chế độ", {"demo": "bản dùng thử", "production": "vận hành"}[node.settings.assistant_mode]),
        ("Địa chỉ", node.settings.base_url),
        ("Nút", node.name),
        ("Python", platform.python_version()),
        ("Rasa", metadata.version("rasa")),
        ("Starlette", metadata.version("starlette")),
    ]


class System:
    """The page."""

    entries = (Entry("Hệ thống", "/console/settings", "Quản trị", _WHO, about="Kênh, hàng đợi, phiên bản, giới hạn"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [self._console.page("/console/settings", self.show, _WHO)]

    def show(self, visit: Visit) -> Response:
        """Everything, measured now."""
        node = self._console.node
        limits = [
            (limit_names()[each.name], getattr(node.limits, each.name)) for each in dataclasses.fields(node.limits)
        ]
        staff = [
            (_STAFF_LIMIT_NAMES[each.name], getattr(STAFF_LIMITS, each.name))
            for each in dataclasses.fields(STAFF_LIMITS)
        ]
        return visit.render(
            "system.html", channels=self._channels(visit), queues=visit.rows(_QUEUES), store=visit.row(_STORE),
            tables=visit.rows(_TABLES), nodes=visit.rows(_NODES), versions=versions(node), limits=limits,
            staff_limits=staff, rate=node.settings.requests_per_second, kept=CLASSES, hours=node.desk,
            workers=node.settings.workers,
        )  # fmt: skip

    def _channels(self, visit: Visit) -> list[dict[str, Any]]:
        names = ["web", *(channel.name for channel in self._console.node.channels)]
        healths = {channel.name: channel.health for channel in self._console.node.channels}
        found = []
        for name in names:
            last = visit.row(_LAST, name, f"{name}:%", f"{name}:%")
            ask = healths.get(name)
            try:
                health = self._console.wait_for(ask(), 5) if ask else {"ok": True, "alarms": [], "accounts": []}
            except Exception as error:  # noqa: BLE001 - the page says so and shows the rest
                health = {
                    "ok": False,
                    "alarms": [f"Không hỏi được tình trạng ({type(error).__name__})."],
                    "accounts": [],
                }
            found.append({"name": name, "last": last} | health)
        return found
