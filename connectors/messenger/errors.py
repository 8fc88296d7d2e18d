"""What Graph's answers mean for a message: the error table of the contract, and answers that are not Graph's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.messages.outbox import Sent
from connectors.base.calls import without_answer
from connectors.messenger.api import Answer

_HOUR = 3600.0
#: Outside of the 24 hours after the person's last message.
WINDOW = frozenset({2018278, 2534022, 2018065})
#: Another app answers the person now.
CONTROLLED = frozenset({2018300, 2534037})


@dataclass(frozen=True)
class Meaning:
    """What an error means.

    `wait` is in seconds, None leaves it to the outbox; `rest`: the whole page must rest so long; `alarm`: it is not
    this message but the token, the app or the page, and somebody has to mend it; `kept`: the attempt does not count,
    since no message gets through until then.
    """

    outcome: Literal["retry", "closed", "permanent"]
    wait: float | None = None
    rest: bool = False
    alarm: str = ""
    kept: bool = False


_AGAIN = Meaning("retry")
_CLOSED = Meaning("closed")
_NEVER = Meaning("permanent")


def _limited(seconds: float, alarm: str = "") -> Meaning:
    return Meaning("retry", seconds, rest=True, alarm=alarm, kept=True)


def _broken(alarm: str, kept: bool = False) -> Meaning:
    return Meaning("retry", 600.0, alarm=alarm, kept=kept)


_TOKEN = _broken("token của Trang hết hạn hoặc bị thu hồi", kept=True)
_PERMISSION = _broken("ứng dụng thiếu quyền hoặc chưa được phát hành")
#: (code, subcode); subcode 0 stands for any other.
_TABLE: dict[tuple[int, int], Meaning] = {
    (1, 0): Meaning("retry", 300.0),
    (1, 99): _PERMISSION,
    (2, 0): _AGAIN,
    (1200, 0): _AGAIN,
    (4, 0): _limited(300.0),
    (17, 0): _limited(300.0),
    (32, 0): _limited(300.0),
    (341, 0): _limited(300.0),
    (613, 0): _limited(60.0),
    (613, 2018338): _limited(600.0, "Meta cảnh báo dùng nhãn tin sai cách"),
    (80006, 0): _limited(300.0),
    (368, 0): _limited(_HOUR, "Trang tạm bị chặn vì chính sách"),
    (10, 0): _PERMISSION,
    (10, 2018108): _CLOSED,
    (10, 1893063): _broken("Trang bị hạn chế gửi tin"),
    (10, 2022): _broken("Trang bị hạn chế gửi tin"),
    (2018321, 0): Meaning("retry", 600.0),
    (100, 0): _NEVER,
    (100, 33): _broken("không có Trang này, hoặc token không được dùng nó"),
    (100, 2018008): Meaning("retry", 30.0),
    (190, 0): _TOKEN,
    (200, 0): _PERMISSION,
    (200, 1545041): _NEVER,
    (551, 0): _NEVER,
    (1545041, 0): _NEVER,
    (10303, 0): _NEVER,
    (2018218, 0): _NEVER,
    (2018247, 0): _NEVER,
    (9000001, 0): _NEVER,
} | {(10, code): _CLOSED for code in WINDOW | CONTROLLED} | {(100, 2534037): _CLOSED}  # fmt: skip
_PROOF = _broken("appsecret_proof bị từ chối: kiểm tra MESSENGER_APP_SECRETS", kept=True)
_SERVER = Meaning("retry", 30.0)


def meaning_of(answer: Answer) -> Meaning:
    """Returns what an error of Graph's means; `answer.error` is not empty."""
    code, subcode = answer.code, answer.subcode
    if "appsecret_proof" in answer.message:
        return _PROOF
    found = _TABLE.get((code, subcode)) or _TABLE.get((subcode, 0)) or _TABLE.get((code, 0))
    if answer.error.get("is_transient") is True and (found is None or found.outcome == "permanent"):
        return _AGAIN
    return found or (_SERVER if answer.status >= 500 else Meaning("retry", 60.0) if answer.status == 429 else _NEVER)


def consequence(answer: Answer) -> Sent:
    """Returns what becomes of a message."""
    if answer.data is None:
        return without_answer(answer)
    if not answer.error:
        mid = answer.data.get("message_id")
        return Sent("sent", platform_id=mid if isinstance(mid, str) else None)
    meaning = meaning_of(answer)
    error = f"closed {answer.said}" if meaning.outcome == "closed" else answer.said
    return Sent(meaning.outcome, error=error, retry_after=answer.wait or meaning.wait, untried=meaning.kept)
