"""docs/security.md names files and tests that exist, and every requirement."""

from __future__ import annotations

import re

from assistant.settings import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_requirement_has_its_row() -> None:
    rows = re.findall(r"^\| (R\d+) \|", PAGE, re.MULTILINE)
    assert rows[:22] == [f"R{number}" for number in range(1, 23)]
    assert rows[22:] == sorted(set(rows[22:]) & {f"R{number}" for number in range(23, 31)})


def test_every_file_it_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)", PAGE)) | set(re.findall(r"\]\((\w+\.md)\)", PAGE))
    assert len(named) > 20
    assert [n for n in named if not (ROOT / n).exists() and not (ROOT / "docs" / n).exists()] == []


def test_every_test_it_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 25
    assert [(path, test) for path, test in named if f"def {test}(" not in (ROOT / path).read_text()] == []
