"""Synthetic members, one for each branch of the reset. Nobody real: numbers and addresses are made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from assistant.settings import SettingsError

if TYPE_CHECKING:
    from assistant.accounts.registry.sql import SqlRegistry


@dataclass(frozen=True)
class DemoMember:
    """A member of the demo register and what trying it shows."""

    code: str
    cccd: str | None
    phones: tuple[str, ...]
    email: str | None
    shows: str


MEMBERS = (
    DemoMember("7900000123", "079000000123", ("0901000123",), "nguyen.an@example.com",
               "Có e-mail: nhận thư đặt lại mật khẩu"),
    DemoMember("0116000045", "001000000045", ("0360000045", "0912000045"), "tran.binh@example.com",
               "Có hai số điện thoại và e-mail: số nào cũng khớp"),
    DemoMember("4800000777", "048000000777", ("0935000777",), None,
               "Chưa có e-mail: tổng đài 1900 9068 phím 8 và cách thêm e-mail"),
    DemoMember("9200000888", "092000000888", (), "le.chi@example.com",
               "Chỉ có e-mail, không có số điện thoại"),
    DemoMember("3800000999", "038000000999", ("0977000999",), "pham.dung@example.com",
               "Mất cả sim và e-mail: bấm “Mất cả sim và mail” để đến cơ quan BHXH"),
    DemoMember("0800000111", "008000000111", ("0888000111",), "hoang.ha@example.com",
               "Mã số giống số điện thoại: trợ lý hỏi lại là số nào"),
    DemoMember("7500000222", "075000000222", ("0918000222",), "do.giang@example.com",
               "Hộp thư không còn: thư bị trả lại, trợ lý báo ngay trong khung chat"),
)  # fmt: skip

#: Addresses on record whose mailbox is gone; the demo's mail server refuses them.
GONE = frozenset({"do.giang@example.com"})


def enter(register: SqlRegistry) -> None:
    """Makes the demo's register, if it is not there, with everybody in it.

    Raises:
        SettingsError: if others are in it: then it is not the demo's; or if it does not answer.
    """
    try:
        if register.has_others({member.code for member in MEMBERS}):
            raise SettingsError(
                "a demo touches nothing real, but this register has members that are none of the demo's"
            )
        register.create()
        register.add((member.code, member.cccd, member.phones, member.email) for member in MEMBERS)
    except OperationalError:
        raise SettingsError("the register of REGISTRY_URL does not answer") from None
