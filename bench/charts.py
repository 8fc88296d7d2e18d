"""Writes docs/performance.html: the report as charts, one file that loads nothing from elsewhere."""

from __future__ import annotations

import html
import statistics
from typing import Any

import pygal
from pygal.style import Style

from bench.histogram import trimmed
from bench.page import TITLES, _number, _values
from bench.results import Part, Row

_OURS, _OTHER, _THIRD = "#0b7a75", "#c8553d", "#8a8a8a"
_STYLE = Style(
    background="transparent", plot_background="transparent", colors=(_OURS, _OTHER, _THIRD, "#e0a458"),
    font_family="system-ui, sans-serif", label_font_size=13, major_label_font_size=13, legend_font_size=13,
    title_font_size=15, value_font_size=12, opacity=".9", transition="0s",
)  # fmt: skip
_CSS = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: #1c2321 }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #dfe5e3 } th { background: #f2f6f5 }
.met { color: #0b7a75 } .missed { color: #b3261e; font-weight: 600 }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem }
figure { margin: 0 } p { max-width: 46rem } svg { width: 100%; height: auto }
@media (max-width: 30rem) { .charts { grid-template-columns: 1fr } table { font-size: .8rem } }
"""


def _chart(kind: type[Any], title: str, **options: Any) -> Any:
    return kind(
        title=title, style=_STYLE, js=(), width=620, height=360, show_legend=options.pop("legend", True),
        legend_at_bottom=True, print_values=options.pop("values", True), disable_xml_declaration=True, **options,
    )  # fmt: skip


def _figure(chart: Any) -> str:
    return f"<figure>{chart.render(is_unicode=True)}</figure>"


def _beside(title: str, unit: str, rows: list[Row], names: list[str]) -> str:
    chart = _chart(pygal.Bar, f"{title} ({unit})", value_formatter=_number)
    chart.x_labels = names
    chart.add("ours", [row.median for row in rows])
    if any(row.stock for row in rows):
        chart.add("stock Rasa 3.6.21", [statistics.median(row.stock) if row.stock else None for row in rows])
    return _figure(chart)


def _waits(title: str, counts: dict[str, list[int]]) -> str:
    """Draws histograms over the same classes."""
    together = [sum(values) for values in zip(*counts.values(), strict=True)]
    labels, _ = trimmed(together)
    start = next((place for place, count in enumerate(together) if count), 0)
    chart = _chart(pygal.Bar, f"{title} (% of messages, ms)", values=False, x_label_rotation=30)
    chart.x_labels = labels
    for name, values in counts.items():
        total = max(1, sum(values))
        chart.add(name, [value / total * 100 for value in values[start : start + len(labels)]])
    return _figure(chart)


def _of(part: Part, words: str) -> list[Row]:
    return [row for row in part.rows if words in row.what]


def _throughput(part: Part) -> list[str]:
    rate = _beside("Turns per second", "/s", _of(part, "turns per second"), ["new conversations", "200 turns long"])
    memory = _beside("Memory of a node", "MB, PSS", _of(part, "memory of one node"), ["after 1,000 turns"])
    runs = part.details["ours_new"]["runs"]
    waits = _waits("Until the reply was at the platform, 16 people", {"ours": runs[-1]["histogram"]})
    return [rate, memory, waits]


def _acknowledgement(part: Part) -> list[str]:
    found = part.details["ours"]
    chart = _chart(pygal.Line, "Acknowledging a webhook (ms, logarithmic)", logarithmic=True, value_formatter=_number)
    chart.x_labels = [f"{one['rate']} /s" for one in found]
    for name in ("p50", "p99"):
        chart.add(name, [one[f"{name}_ms"] for one in found])
    waits = _waits("Acknowledgement", {f"{one['rate']} events/s": one["histogram"] for one in found})
    answers = _waits("Answer", {f"{one['rate']} events/s": one["answer_histogram"] for one in found})
    return [_figure(chart), waits, answers]


def _late(part: Part) -> list[str]:
    rows = [row for row in part.rows if row.unit == "ms"]
    return [_beside("Answer early and late in a conversation", "ms", rows, ["turn 10", "late turn"])]


def _floor(part: Part) -> list[str]:
    chart = _chart(pygal.StackedBar, "Processor a turn (ms)", value_formatter=_number)
    chart.x_labels = ["ours", "the floor"]
    for name, label in (("server", "server"), ("postgres", "PostgreSQL")):
        chart.add(label, [statistics.median(one[name] for one in part.details[side]) for side in ("ours", "floor")])
    return [_figure(chart)]


def _scaling(part: Part) -> list[str]:
    chart = _chart(pygal.HorizontalBar, "Turns per second by processes", legend=False, value_formatter=_number)
    shapes = part.details["shapes"][::-1]
    chart.x_labels = [one["name"] for one in shapes]
    chart.add("turns per second", [statistics.median(one["rates"]) for one in shapes])
    return [_figure(chart)]


def _hardship(part: Part) -> list[str]:
    return [_waits("Acknowledgement in the burst", {"burst": part.details["burst"]["histogram"]})]


def _profile(part: Part) -> list[str]:
    chart = _chart(pygal.HorizontalBar, "Where a turn's time goes (ms)", legend=False, value_formatter=_number)
    found = part.details["parts"][:10][::-1]
    chart.x_labels = [one["name"] for one in found]
    chart.add("ms", [one["milliseconds"] for one in found])
    return [_figure(chart)]


_CHARTS = {
    "throughput": _throughput, "acknowledgement": _acknowledgement, "late": _late, "floor": _floor,
    "scaling": _scaling, "hardship": _hardship, "profile": _profile,
}  # fmt: skip


def _line(row: Row) -> str:
    goal = "–"
    if row.goal is not None:
        sign, mark = ("≤" if row.better == "less" else "≥"), ("met" if row.met else "missed")
        words = "met" if row.met else "not met"
        goal = f'<span class="{mark}">{sign} {row.goal:g} {html.escape(row.unit)}: {words}</span>'
    cells = [html.escape(row.what), html.escape(_values(row.ours, row.unit)), goal,
             html.escape(_values(row.stock, row.unit, row.stock_instead))]  # fmt: skip
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def charts(report: dict[str, Any]) -> str:
    """Returns the page."""
    on = report["machine"]
    parts = {name: Part.from_dict(report["parts"][name]["result"]) for name in TITLES if name in report["parts"]}
    head = (
        f"Measured on {report['date']} by make bench: {on['processor']}, {on['cores']} cores, {on['memory_gb']} GB, "
        f"{on['system']}, Python {on['python']}, commit {on['commit']}. Load before the start: {on['load_before']}."
    )
    body = [f"<h1>Performance</h1><p>{html.escape(head)}</p>"]
    body.append("<table><tr><th>what<th>ours<th>goal<th>stock Rasa 3.6.21</tr>")
    body += [_line(row) for part in parts.values() for row in part.rows]
    body.append("</table>")
    for name, part in parts.items():
        body.append(f"<h2>{TITLES[name]}</h2>")
        if name in _CHARTS:
            body.append('<div class="charts">' + "".join(_CHARTS[name](part)) + "</div>")
        body += [f"<p>{html.escape(note)}</p>" for note in part.notes]
    body += [f"<p>Not measured: {html.escape(name)}: {html.escape(why)}</p>" for name, why in report["failed"].items()]
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    top = f'<!doctype html>\n<html lang="en">\n<head>{meta}<title>Performance</title><style>{_CSS}</style></head>\n'
    return f"{top}<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
