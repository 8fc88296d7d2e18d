"""Writes docs/routes.md from the table and the texts, so that the page cannot say anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from assistant.advice.routes import VALUES, Row, Table, read_table, row_for, situations
from assistant.settings import yaml_files

_HEAD = """\
# Chọn cách lấy lại tài khoản

Trang này do `assistant docs routes` viết ra từ `data/routes.yml` và các câu trả lời; đừng sửa tay.

Bảng đọc từ trên xuống, dòng đầu tiên đúng là dòng được chọn; ô trống là “thế nào cũng được”. {cells} tình huống, tình
huống nào cũng có đúng một cách đi tiếp. `unknown`: chưa rõ có tài khoản hay không.
"""


def route_docs(root: Path) -> str:
    """Returns the page for the content below `root`."""
    table = read_table(root / "data/routes.yml")
    texts = response_texts(root)
    return "\n".join([_HEAD.format(cells=len(list(situations()))), *_rows(table), "", *_routes(table, texts)])


def response_texts(root: Path) -> dict[str, str]:
    """Returns the first text of each response in domain.yml and data/dialogue_responses."""
    texts: dict[str, str] = {}
    for path in (root / "domain.yml", *sorted((root / "data/dialogue_responses").glob("*.yml"))):
        raw = yaml_files.read(path)
        texts |= {name: str(variants[0].get("text", "")) for name, variants in raw["responses"].items()}
    return texts


def _rows(table: Table) -> list[str]:
    cells = Counter(row_for(situation, table).line for situation in situations())
    head = f"| | {' | '.join(VALUES)} | cách | vì sao | tình huống |"
    lines = [head, "|---" * (len(VALUES) + 4) + "|"]
    for number, row in enumerate(table.rows, 1):
        conditions = " | ".join(_condition(row, name) for name in VALUES)
        lines.append(
            f"| {number} | {conditions} | [{row.route.name}](#{row.route.name}) | {row.why} | {cells[row.line]} |"
        )
    return lines


def _condition(row: Row, name: str) -> str:
    wanted = row.when.get(name, ())
    return ", ".join(said for said, value in VALUES[name].items() if value in wanted)


def _routes(table: Table, texts: Mapping[str, str]) -> list[str]:
    lines = []
    for route in table.routes.values():
        text = texts[route.response].replace("{fee}", route.fee).replace("{time}", route.time)
        lines += [f"## {route.name}", "", f"**{route.title}**", ""]
        lines += [f"Lệ phí: {route.fee}. Thời gian: {route.time}. Câu trả lời: `{route.response}`.", ""]
        lines += [*(f"> {line}  " for line in text.splitlines()), ""]
    return lines
