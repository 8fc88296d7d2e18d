"""The one time zone of everything that people read: Vietnam's."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def today() -> datetime.date:
    """Returns the day in Vietnam: after midnight there it is still yesterday elsewhere."""
    return datetime.datetime.now(VIETNAM).date()
