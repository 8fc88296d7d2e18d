"""The content check: everything a person who edits data/ should know before it goes out."""

from __future__ import annotations

import datetime
from pathlib import Path

from assistant.content.check_answers import check_answers
from assistant.content.check_channels import check_channels
from assistant.content.check_examples import check_examples
from assistant.content.examples import read_examples
from assistant.content.findings import Finding, summary

__all__ = ["Finding", "check", "summary"]


def check(root: Path, today: datetime.date | None = None, data: Path | None = None) -> list[Finding]:
    """Returns the findings in `data` (`root`/data where none is given), errors first."""
    data = data or root / "data"
    day = today or datetime.datetime.now(tz=datetime.UTC).date()
    findings = [*check_answers(data, day), *check_examples(read_examples(data), root), *check_channels(root, data)]
    return sorted(findings, key=lambda f: (not f.is_error, str(f.path), f.line))
