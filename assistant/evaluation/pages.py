"""Shows an evaluation: as text for the terminal, as JSON, as one HTML page without outside parts."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from assistant.evaluation.measure import FALLBACK, Report

_CELL = 14


def as_json(report: Report) -> dict[str, Any]:
    """Returns all numbers; the single outcomes only where they are wrong."""
    raw = asdict(report)
    raw["outcomes"] = [asdict(o) for o in report.outcomes if not (o.right and o.answered)]
    return raw


def as_text(report: Report, failed: list[str], conversations: Sequence[str] = ()) -> str:
    """Returns the report for a terminal; `conversations` is the table of what was played, apart from the texts."""
    lines = [f"{'file':<18}{'texts':>6}{'accuracy':>10}{'best label':>12}{'coverage':>10}"]
    for file, row in report.files.items():
        lines.append(
            f"{file:<18}{row['texts']:>6}{row['accuracy']:>10.3f}{row['best_label']:>12.3f}{row['coverage']:>10.3f}"
        )
    lines += ["", f"macro-F1 {report.macro_f1:.3f} · calibration error {report.calibration_error:.3f}"]
    lines[-1] += f" · foreign questions kept out {report.foreign_kept_out:.3f} · parse {report.parse_ms:.1f} ms"
    lines += ["", f"{'intent':<28}{'texts':>6}{'precision':>11}{'recall':>8}{'F1':>7}"]
    lines += [f"{r.intent:<28}{r.texts:>6}{r.precision:>11.2f}{r.recall:>8.2f}{r.f1:>7.2f}" for r in report.intents]
    lines += ["", "worst confusions (meant → understood)"]
    for meant, said, texts in report.confusions:
        lines.append(f"  {len(texts)} × {meant} → {said}")
        lines += [f"      {text[:110]}" for text in texts[:3]]
    lines += ["", "coverage-risk curve", f"{'threshold':>10}{'coverage':>10}{'risk':>8}"]
    lines += [f"{p.threshold:>10.2f}{p.coverage:>10.3f}{p.risk:>8.3f}" for p in report.curve]
    lines += [
        f"threshold the gold texts would imply: {report.threshold:.2f} (the model's own is from training)",
        "",
    ]
    if conversations:
        lines += ["our own conversation scripts (no texts of the files above)", *conversations, ""]
    lines += [f"FAILED {failure}" for failure in failed] or ["all gates passed"]
    return "\n".join(lines)


def heat_map(report: Report) -> str:
    """Returns an SVG: rows what was meant, columns what was understood, darker for more."""
    counts = Counter((o.intent, o.guess if o.answered else FALLBACK) for o in report.outcomes)
    rows = sorted({meant for meant, _ in counts})
    columns = sorted({said for _, said in counts} | set(rows))
    totals = Counter(o.intent for o in report.outcomes)
    left, top = 190, 170
    width, height = left + _CELL * len(columns) + 10, top + _CELL * len(rows) + 10
    size = f'width="{width}" height="{height}" font-size="10"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="confusions" {size}>']
    for x, said in enumerate(columns):
        at = left + x * _CELL + 10
        parts.append(f'<text transform="translate({at},{top - 6}) rotate(-60)">{html.escape(said)}</text>')
    for y, meant in enumerate(rows):
        parts.append(f'<text x="{left - 6}" y="{top + y * _CELL + 11}" text-anchor="end">{html.escape(meant)}</text>')
        for x, said in enumerate(columns):
            number = counts[meant, said]
            colour = "#1b7f4b" if meant == said else "#b3261e"
            shade = round(number / totals[meant], 3) if number else 0
            parts.append(
                f'<rect x="{left + x * _CELL}" y="{top + y * _CELL}" width="{_CELL - 1}" height="{_CELL - 1}"'
                f' fill="{colour if number else "#eee"}" fill-opacity="{max(shade, 0.25) if number else 1}">'
                f"<title>{html.escape(meant)} → {html.escape(said)}: {number}</title></rect>"
            )
    return "".join([*parts, "</svg>"])


def as_html(report: Report, failed: list[str], conversations: Sequence[str] = ()) -> str:
    """Returns the page; `conversations` as in `as_text`."""
    pages = Environment(loader=PackageLoader("assistant.evaluation"), autoescape=select_autoescape())
    page = pages.get_template("evaluation.html")
    wrong = [o for o in report.outcomes if not (o.right and o.answered)]
    return page.render(
        report=report, failed=failed, wrong=wrong, heat_map=heat_map(report), conversations=conversations
    )
