"""The provincial BHXH offices as staff write them: one row a province in data/offices/offices.yml."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from assistant.knowledge.faq import ContentError

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


_REQUIRED = {"province", "name", "site", "source", "checked_on"}
_OPTIONAL = {"address", "phone", "note"}
_PREFIX = re.compile(r"^(?:tinh|thanh pho|tp)\b[ .]*")
# The hotline is the only 1900 number of BHXH; 1900 25 25 10 and the like are not.
_PHONE = re.compile(r"^(?:0[\d ]{8,13}|1900 9068)$")
# Gone since 1/7/2025: an address that names one is older than the mergers. "Bà Huyện Thanh Quan" is a street.
_OLD_UNIT = re.compile(r"(?:^|,)\s*(quận|huyện|thị xã|thị trấn)\b", re.IGNORECASE)


def _key(province: str) -> str:
    decomposed = unicodedata.normalize("NFD", province.casefold().replace("đ", "d"))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _PREFIX.sub("", " ".join(plain.split()))


def _text(row: dict[str, Any], field: str, where: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ContentError(f'{where}: {field} phải là chữ; đặt trong dấu nháy, ví dụ {field}: "…".')
    return unicodedata.normalize("NFC", value.strip())


def _sources(value: Any, where: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) and item.strip() for item in items):
        raise ContentError(f"{where}: source phải có ít nhất một nguồn, mỗi nguồn một dòng bắt đầu bằng “- ”.")
    return tuple(item.strip() for item in items)


def _is_official(site: str) -> bool:
    try:
        parts = urlsplit(site)
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.netloc == host and not re.search(r"[\s\\]", site)
    return parts.scheme == "https" and plain and f".{host}".endswith(".baohiemxahoi.gov.vn")


def _read_row(row: Any, where: str) -> Office:
    if not isinstance(row, dict):
        raise ContentError(f"{where}: mỗi cơ quan phải có các mục {', '.join(sorted(_REQUIRED))}.")
    missing = sorted(field for field in _REQUIRED if row.get(field) in (None, "", []))
    unknown = sorted(str(field) for field in row.keys() - _REQUIRED - _OPTIONAL)
    if missing:
        raise ContentError(f"{where}: thiếu mục {', '.join(missing)}.")
    if unknown:
        raise ContentError(f"{where}: không có mục tên {', '.join(unknown)}; kiểm tra chính tả.")
    texts = {field: _text(row, field, where) for field in ("province", "name", "site", "address", "phone", "note")}
    if type(row["checked_on"]) is not datetime.date:
        raise ContentError(f"{where}: checked_on phải là ngày dạng 2026-11-22.")
    if not _is_official(texts["site"]):
        raise ContentError(
            f"{where}: site “{texts['site']}” phải bắt đầu bằng https:// và thuộc baohiemxahoi.gov.vn; "
            f"chưa chắc thì ghi {PORTAL}."
        )
    if texts["phone"] and not _PHONE.match(texts["phone"]):
        raise ContentError(
            f"{where}: phone “{texts['phone']}” phải là số bắt đầu bằng 0, ví dụ 024 1234 5678, hoặc 1900 9068."
        )
    if old := _OLD_UNIT.search(texts["address"]):
        raise ContentError(
            f"{where}: address còn ghi “{old[1]}”, cấp này đã bỏ từ 1/7/2025; ghi địa chỉ mới hoặc bỏ mục address."
        )
    if not texts["address"] and not texts["note"]:
        raise ContentError(f"{where}: chưa có address thì note phải nói người dân tra địa chỉ ở đâu.")
    return Office(source=_sources(row["source"], where), checked_on=row["checked_on"], **texts)


def _load(path: Path) -> list[tuple[int, Any]]:
    """Returns the rows, each with the line it begins on."""
    try:
        loader = yaml.CSafeLoader(path.read_text(encoding="utf-8"))
        try:
            document = loader.get_single_node()
            rows = loader.construct_document(document) if document else None
        finally:
            loader.dispose()
    except OSError as error:
        raise ContentError(f"{path}: không mở được tệp.") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        raise ContentError(f"{path}{line}: không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng.") from error
    if not isinstance(document, yaml.SequenceNode) or not rows:
        raise ContentError(f"{path}: tệp phải là danh sách, mỗi cơ quan bắt đầu bằng “- province: …”.")
    for node in document.value:
        fields = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        if twice := sorted({str(field) for field in fields if fields.count(field) > 1}):
            line = node.start_mark.line + 1
            raise ContentError(f"{path}, dòng {line}: mục {', '.join(twice)} ghi hai lần; có thể thiếu dấu “- ”.")
    return [(node.start_mark.line + 1, row) for node, row in zip(document.value, rows, strict=True)]


def read_offices(path: Path) -> Offices:
    """Reads the offices file, in its order.

    Raises:
        ContentError: if the file is not YAML, a row lacks a field, or a province stands twice.
    """
    seen: dict[str, int] = {}
    offices = []
    for line, row in _load(path):
        office = _read_row(row, f"{path}, dòng {line}")
        first = seen.setdefault(_key(office.province), line)
        if first != line:
            raise ContentError(f"{path}, dòng {line}: “{office.province}” đã có ở dòng {first}; giữ lại một.")
        offices.append(office)
    return Offices(tuple(offices))
