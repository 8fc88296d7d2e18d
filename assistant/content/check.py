"""The content check: everything a person who edits data/ should know before it goes out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path

from assistant.content.check_answers import check_answers
from assistant.content.check_english import check_english
from assistant.content.check_examples import check_examples
from assistant.content.check_languages import check_languages
from assistant.content.check_subjects import check_subjects
from assistant.content.examples import read_examples
from assistant.content.findings import Finding, summary
from assistant.content.lengths import check_lengths
from assistant.runtime import times

__all__ = ["Finding", "check", "summary"]

Check = Callable[[Path, Path], Iterable[Finding]]


def check(
    root: Path,
    today: datetime.date | None = None,
    data: Path | None = None,
    *,
    channels: Check = lambda root, data: (),
    examples: bool = True,
) -> list[Finding]:
    """Returns the findings in `data` (`root`/data where none is given), errors first.

    Args:
        root: the folder of domain.yml.
        today: by which the age of answers is judged; the day in Vietnam where none is given.
        data: the content.
        channels: finds what a channel would not take (connectors.all.check_content).
        examples: whether the training examples are compared with each other, which takes most of the time.
    """
    data = data or root / "data"
    day = today or times.today()
    findings = [
        *check_answers(data, day),
        *check_subjects(data, day),
        *check_lengths(root, data),
        *check_english(root, data, examples),
        *check_languages(data),
    ]
    if examples:
        findings += check_examples(read_examples(data), root)
    findings += channels(root, data)
    return sorted(findings, key=lambda f: (not f.is_error, str(f.path), f.line))
