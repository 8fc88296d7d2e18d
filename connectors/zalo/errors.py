"""What Zalo's answers mean for a message: the error table of the contract, and answers that are not Zalo's."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from assistant.messages.outbox import Sent
from assistant.runtime.times import VIETNAM
from connectors.base.calls import Call, without_answer

#: The access token is dead: get another one and ask once more. -124 is its old number.
TOKEN = frozenset({-216, -220, -124})
#: The shape is not taken here. -201 and -210 mean other things, too.
TOO_LONG = -210
SHAPE = frozenset({-233, -201, TOO_LONG})
RATE = -32
_FAILED = -200
_NIGHT = -234
_RECEIVED_ENOUGH = -218
#: The person must write again first: their time is over, or what it costs is used up.
_CLOSED = frozenset({-230, -232, -305, -311, -211, -320, -321})
#: Not this message but the account or the app is refused; somebody has to mend it in Zalo's console.
ACCOUNT = {
    -204: "OA bị khóa",
    -205: "OA không tồn tại",
    -209: "ứng dụng chưa được kích hoạt cho API này",
    -212: "ứng dụng chưa đăng ký API này",
    -219: "ứng dụng đã bị gỡ hoặc bị tắt",
    -221: "OA chưa xác thực",
    -223: "OA chưa cấp quyền API này cho ứng dụng",
    -224: "gói của OA không có API này",
    -235: "loại OA này không dùng được API này",
    -240: "API phiên bản cũ đã đóng",
    -242: "appsecret_proof sai: kiểm tra ZALO_APP_SECRET",
    -320: "OA chưa liên kết Zalo Cloud Account",
    -321: "tài khoản Zalo Cloud hết tiền",
    -211: "OA hết hạn mức tin",
}
_LATER = {_FAILED: 5.0, _RECEIVED_ENOUGH: 3600.0}
ACCOUNT_WAIT = 600.0


@dataclass(frozen=True)
class Answer(Call):
    """What came of one call; `code` is Zalo's error number, 0 for success, None where no answer of Zalo's came."""

    code: int | None
    data: dict[str, Any] = field(default_factory=dict)
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether Zalo did what was asked."""
        return self.code == 0


def consequence(answer: Answer) -> Sent:
    """Returns what becomes of a message."""
    code = answer.code
    if code is None:
        return without_answer(answer)
    if code == 0:
        return Sent("sent", platform_id=str(answer.data.get("message_id", "")) or None)
    if code == RATE:
        return Sent("retry", error=str(code), retry_after=answer.wait or 60.0)
    if code in _LATER:
        return Sent("retry", error=str(code), retry_after=_LATER[code])
    if code == _NIGHT:
        return Sent("retry", error=str(code), retry_after=until_morning(datetime.datetime.now(VIETNAM)))
    if code in TOKEN:
        return Sent("retry", error=str(code), retry_after=30)
    if code in _CLOSED:
        return Sent("closed", error=f"closed {code}")
    if code in ACCOUNT:
        return Sent("retry", error=str(code), retry_after=ACCOUNT_WAIT)
    return Sent("permanent", error=str(code))


def until_morning(now: datetime.datetime) -> float:
    """Returns the seconds until the night (22:00 to 06:00 in Vietnam) is over."""
    local = now.astimezone(VIETNAM)
    morning = local.replace(hour=6, minute=1, second=0, microsecond=0)
    if morning <= local:
        morning += datetime.timedelta(days=1)
    return (morning - local).total_seconds()
