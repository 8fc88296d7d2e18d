"""What people at the desk do beyond taking, answering and giving back (handover.py).

Stepping into a conversation, relieving a colleague, closing, notes, questions that were left. Each act
tells the other desks through `wakeups`, so that they show it at once.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant import identifiers
from assistant.desk import handover, holding, sending
from assistant.desk.handover import HandoverError
from assistant.desk.holding import EVERY_DESK
from assistant.identifiers import tokens
from assistant.messages import wakeups
from assistant.privacy.vault import Vault

Connection = psycopg.Connection[Any]
LONGEST = 2000
_OFFICIAL = re.compile(r"@(?:[\w-]+\.)*(?:vss|baohiemxahoi)\.gov\.vn$")
_SAYABLE = frozenset({"number", "reference"})
_KINDS = {
    "bhxh_code": "mã số BHXH",
    "phone_or_code": "số điện thoại hoặc mã số",
    "phone": "số điện thoại",
    "card": "mã thẻ BHYT",
    "cccd": "số căn cước",
    "cmnd": "số CMND",
    "email": "địa chỉ e-mail",
    "secret": "mật khẩu hoặc mã xác thực",
    "bank_card": "số thẻ ngân hàng",
}


@dataclass(frozen=True)
class Held:
    """Whose conversation it is: "bot", "waiting", "with_person" and, if a person's, since when and whose."""

    state: str
    agent: str | None = None
    shown: str | None = None
    reason: str | None = None
    asked_at: datetime.datetime | None = None
    taken_at: datetime.datetime | None = None
    until: datetime.datetime | None = None

    @property
    def outside(self) -> bool:
        """Whether a colleague answers in the platform's own tool."""
        return self.state == "with_person" and self.until is not None


def tell_desks(connection: Connection) -> None:
    """Tells every open desk, when the caller's transaction commits, that something changed."""
    wakeups.tell(connection, EVERY_DESK)


def held(connection: Connection, conversation: str) -> Held:
    """Returns whose conversation it is now."""
    row = connection.execute(
        "SELECT h.state, h.agent, coalesce(f.shown, h.agent), h.reason, h.asked_at, h.taken_at, h.until"
        " FROM handovers h LEFT JOIN staff f ON f.name = h.agent"
        " WHERE conversation = %s AND state <> 'closed' AND (until IS NULL OR until > now())",
        (conversation,),
    ).fetchone()
    return Held(*row) if row else Held("bot")


def take(connection: Connection, vault: Vault, conversation: str, agent: str) -> None:
    """Takes somebody who waits; of two colleagues one wins and the other is told by whom.

    Raises:
        HandoverError: if nobody waits there any more.
    """
    try:
        handover.take(connection, vault, conversation, agent)
    except HandoverError:
        now = held(connection, conversation)
        if now.state == "with_person" and now.agent == agent:
            return  # a double click
        if now.state == "with_person" and now.shown:
            raise HandoverError(f"{now.shown} vừa nhận cuộc trò chuyện này trước bạn một chút.") from None
        raise HandoverError("Người hỏi đã rời hàng chờ, hoặc đã chờ quá lâu nên được mời để lại câu hỏi.") from None
    wakeups.tell(connection, EVERY_DESK)


def step_in(connection: Connection, vault: Vault, conversation: str, agent: str) -> None:
    """Takes a conversation whose person asked for nobody, or was missed; they are told.

    Raises:
        HandoverError: if somebody else has it.
    """
    done = connection.execute(
        "INSERT INTO handovers (conversation, state, reason, agent, taken_at, held_at)"
        " SELECT id, 'with_person', 'stepped_in', %s, now(), now() FROM conversations WHERE id = %s"
        " ON CONFLICT (conversation) WHERE state <> 'closed' DO NOTHING",
        (agent, conversation),
    )
    if done.rowcount != 1:
        take(connection, vault, conversation, agent)
        holding.deal_with(connection, [conversation], agent)
        return
    holding.deal_with(connection, [conversation], agent)
    handover.be_present(connection, agent)
    handover.tell(connection, vault, conversation, "#desk_came")
    wakeups.tell(connection, EVERY_DESK)


def relieve(connection: Connection, conversation: str, agent: str, colleague: str) -> None:
    """Takes over from a colleague, in the desk or outside of it; the person notices nothing.

    Raises:
        HandoverError: if the colleague does not have it any more.
    """
    handover.be_present(connection, agent)
    done = connection.execute(
        "UPDATE handovers SET agent = %s, until = NULL, held_at = now()"
        " WHERE conversation = %s AND state = 'with_person' AND coalesce(agent, '') = %s",
        (agent, conversation, colleague),
    )
    if done.rowcount != 1:
        raise HandoverError("Đồng nghiệp không còn giữ cuộc trò chuyện này.")
    wakeups.tell(connection, EVERY_DESK)
    wakeups.tell(connection, conversation)


def colleagues(connection: Connection, desk: handover.Desk, agent: str) -> list[tuple[str, str]]:
    """Returns name and shown name of every other agent who is at the desk now."""
    return connection.execute(
        "SELECT f.name, f.shown FROM staff f JOIN desk_presence p ON p.agent = f.name"
        " WHERE f.disabled_at IS NULL AND 'agent' = ANY (f.roles) AND f.name <> %(me)s"
        f" AND {holding.IS_THERE} ORDER BY lower(f.shown), f.name",
        holding.values(desk, desk.absent) | {"me": agent},
    ).fetchall()


def transfer(
    connection: Connection, vault: Vault, desk: handover.Desk, conversation: str, agent: str, to: str, why: str
) -> str:
    """Hands one's conversation to a colleague who is at the desk, with a note; the person notices nothing.

    To nobody by name ("") it goes to the front of the queue, for whoever is there and knows it; the person is told.

    Returns the colleague's shown name, or an empty text.

    Raises:
        HandoverError: if it is not one's own, or the colleague is not there.
    """
    handover.be_present(connection, agent)
    if not to and holding.others_are_there(connection, desk, agent):
        if not holding.hand_on(connection, vault, desk, conversation, agent):
            raise HandoverError("Bạn chưa nhận cuộc trò chuyện này.")
        note(connection, vault, conversation, agent, f"Chuyển cho người đang trực. {why.strip()}".strip())
        return ""
    shown = dict(colleagues(connection, desk, agent)).get(to)
    if shown is None:
        raise HandoverError("Đồng nghiệp này không có ở bàn trực lúc này. Bạn chọn người đang trực.")
    done = connection.execute(
        "UPDATE handovers SET agent = %s, held_at = now()"
        " WHERE conversation = %s AND state = 'with_person' AND agent = %s AND until IS NULL",
        (to, conversation, agent),
    )
    if done.rowcount != 1:
        raise HandoverError("Bạn chưa nhận cuộc trò chuyện này.")
    note(connection, vault, conversation, agent, f"Chuyển cho {shown}. {why.strip()}".strip())
    wakeups.tell(connection, EVERY_DESK)
    return shown


def close(connection: Connection, vault: Vault, conversation: str, agent: str) -> str:
    """Ends without an answer: whoever waits is told that nobody came, and whoever waits for one's answer that it ends.

    One's own conversation in which nothing waits ends silently. Returns the state it was in.

    Raises:
        HandoverError: if it is neither waiting nor the agent's own.
    """
    waits = holding.waits_for_answer(connection, conversation)
    row = connection.execute(
        "WITH open AS (SELECT id, state FROM handovers WHERE conversation = %(c)s"
        "  AND (state = 'waiting' OR state = 'with_person' AND agent = %(a)s) FOR UPDATE)"
        " UPDATE handovers h SET state = 'closed', outcome = 'dismissed', closed_at = now(), agent = %(a)s"
        " FROM open WHERE h.id = open.id RETURNING open.state",
        {"c": conversation, "a": agent},
    ).fetchone()
    if row is None:
        raise HandoverError("Cuộc trò chuyện này không ở trong hàng chờ và cũng không do bạn giữ.")
    handover.be_present(connection, agent)
    sending.release(connection, conversation)
    if row[0] == "waiting":
        handover.tell(connection, vault, conversation, "#desk_nobody")
    elif waits:
        handover.tell(connection, vault, conversation, "#desk_left")
    wakeups.tell(connection, EVERY_DESK)
    return str(row[0])


def note(connection: Connection, vault: Vault, conversation: str, agent: str, text: str) -> None:
    """Leaves a note for colleagues; identifiers in it are replaced for good.

    Raises:
        HandoverError: if it is empty or the conversation does not exist.
    """
    safe = tokens.protect(text.strip()[:LONGEST], conversation, vault.token_key).text
    if not safe:
        raise HandoverError("Ghi chú đang trống.")
    done = connection.execute(
        "INSERT INTO desk_notes (conversation, agent, text) SELECT id, %s, %s FROM conversations WHERE id = %s",
        (agent, safe, conversation),
    )
    if done.rowcount != 1:
        raise HandoverError("Không có cuộc trò chuyện này.")
    wakeups.tell(connection, conversation)


def send_again(connection: Connection, conversation: str, message: int) -> None:
    """Puts a message that was given up back into the outbox.

    Raises:
        HandoverError: if it is not given up.
    """
    done = connection.execute(
        "UPDATE outbox SET state = 'waiting', attempts = 0, next_try_at = now(), error = NULL"
        " WHERE id = %s AND conversation = %s AND state = 'dead'",
        (message, conversation),
    )
    if done.rowcount != 1:
        raise HandoverError("Tin này không ở trạng thái gửi lỗi.")
    wakeups.tell(connection, conversation)


def private_in(text: str, public: frozenset[str] = frozenset()) -> list[str]:
    """Returns, in words, what in a text of ours would identify somebody; numbers and mails of offices do not."""
    found = [
        each
        for each in identifiers.find(text)
        if each.kind not in _SAYABLE and each.value not in public and not _OFFICIAL.search(each.value)
    ]
    return sorted({_KINDS.get(each.kind, "dãy số") for each in found})


def refuse_private(text: str, public: frozenset[str] = frozenset()) -> None:
    """Refuses what staff must not write into a chat.

    Raises:
        HandoverError: naming what was found.
    """
    if len(text) > LONGEST:
        raise HandoverError(f"Tin dài quá {LONGEST} ký tự. Bạn chia thành vài tin ngắn.")
    if found := private_in(text, public):
        raise HandoverError(
            f"Tin có {', '.join(found)} nên chưa gửi."
            " Bạn viết “mã số bạn vừa gửi”, “e-mail đã đăng ký”… thay cho số thật."
        )
