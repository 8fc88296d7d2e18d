"""The provincial BHXH offices as staff write them: one row a province in data/offices/offices.yml."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from assistant.content.yaml_lines import Block, read_rows

PORTAL = "https://baohiemxahoi.gov.vn"


@dataclass(frozen=True)
class Office:
    """The BHXH office of one province or city; where no address is sourced, `note` says where to look it up."""

    province: str
    name: str
    site: str
    source: tuple[str, ...]
    checked_on: datetime.date
    address: str = ""
    phone: str = ""
    note: str = ""

    @property
    def has_own_site(self) -> bool:
        """Whether `site` is the province's own and not the portal of BHXH Việt Nam."""
        return self.site.rstrip("/") != PORTAL

    @property
    def source_line(self) -> str:
        """The line under the answer: source and day of the last check."""
        return f"(Nguồn: {'; '.join(self.source)}. Kiểm tra ngày {self.checked_on:%d/%m/%Y}.)"


@dataclass(frozen=True)
class Offices:
    """All offices of a file."""

    rows: tuple[Office, ...]

    def __iter__(self) -> Iterator[Office]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _by_key(self) -> dict[str, Office]:
        return {_key(office.province): office for office in self.rows}

    def find(self, province: str) -> Office | None:
        """Returns the office of one of today's provinces: "Hà Nội", "thành phố Hà Nội" and "ha noi" are the same.

        Old names ("Bình Dương") and nicknames are not known here: the province entity turns them into today's.
        """
        return self._by_key.get(_key(province))


_REQUIRED = ("province", "name", "site", "source", "checked_on")
_OPTIONAL = ("address", "phone", "note")
_PREFIX = re.compile(r"^(?:tinh|thanh pho|tp)\b[ .]*")
# The hotline is the only 1900 number of BHXH; 1900 25 25 10 and the like are not.
_PHONE = re.compile(r"^(?:0[\d ]{8,13}|1900 9068)$")
# Gone since 1/7/2025: an address that names one is older than the mergers. "Bà Huyện Thanh Quan" is a street.
_OLD_UNIT = re.compile(r"(?:^|,)\s*(quận|huyện|thị xã|thị trấn)\b", re.IGNORECASE)


def _key(province: str) -> str:
    decomposed = unicodedata.normalize("NFD", province.casefold().replace("đ", "d"))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _PREFIX.sub("", " ".join(plain.split()))


def _text(row: Block, field: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise row.wrong(f'{field} phải là chữ; đặt trong dấu nháy, ví dụ {field}: "…".', field)
    return unicodedata.normalize("NFC", value.strip())


def _sources(row: Block) -> tuple[str, ...]:
    value = row["source"]
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) and item.strip() for item in items):
        raise row.wrong("source phải có ít nhất một nguồn, mỗi nguồn một dòng bắt đầu bằng “- ”.", "source")
    return tuple(item.strip() for item in items)


def _is_official(site: str) -> bool:
    try:
        parts = urlsplit(site)
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.netloc == host and not re.search(r"[\s\\]", site)
    return parts.scheme == "https" and plain and f".{host}".endswith(".baohiemxahoi.gov.vn")


def _read_row(row: Block) -> Office:
    row.check(_REQUIRED, _OPTIONAL)
    texts = {field: _text(row, field) for field in ("province", "name", "site", "address", "phone", "note")}
    if type(row["checked_on"]) is not datetime.date:
        raise row.wrong("checked_on phải là ngày dạng 2026-11-22.", "checked_on")
    if not _is_official(texts["site"]):
        where = "https:// và thuộc baohiemxahoi.gov.vn"
        advice = f"site “{texts['site']}” phải bắt đầu bằng {where}; chưa chắc thì ghi {PORTAL}."
        raise row.wrong(advice, "site")
    if texts["phone"] and not _PHONE.match(texts["phone"]):
        advice = f"phone “{texts['phone']}” phải là số bắt đầu bằng 0, ví dụ 024 1234 5678, hoặc 1900 9068."
        raise row.wrong(advice, "phone")
    if old := _OLD_UNIT.search(texts["address"]):
        advice = f"address còn ghi “{old[1]}”, cấp này đã bỏ từ 1/7/2025; ghi địa chỉ mới hoặc bỏ mục address."
        raise row.wrong(advice, "address")
    if not texts["address"] and not texts["note"]:
        raise row.wrong("chưa có address thì note phải nói người dân tra địa chỉ ở đâu.")
    return Office(source=_sources(row), checked_on=row["checked_on"], **texts)


def read_offices(path: Path) -> Offices:
    """Reads the offices file, in its order.

    Raises:
        ContentError: if the file is not YAML, a row lacks a field, or a province stands twice.
    """
    seen: dict[str, int] = {}
    offices = []
    for row in read_rows(path, "province"):
        office = _read_row(row)
        first = seen.setdefault(_key(office.province), row.line)
        if first != row.line:
            raise row.wrong(f"“{office.province}” đã có ở dòng {first}; giữ lại một.")
        offices.append(office)
    return Offices(tuple(offices))
