"""Charts as SVG, drawn by pygal without its scripts; the page shows the same numbers as a table beside each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pygal
from lxml import etree
from pygal.config import Config
from pygal.style import Style

_COLORS = ("#0b5a87", "#d07a00", "#17693b", "#8a3ffc", "#9c1c1c", "#4d606c")


def _style(dark: bool) -> Style:
    ink, line = ("#e7eef2", "#2f3d46") if dark else ("#14232d", "#d2dee6")
    return Style(
        background="transparent", plot_background="transparent", foreground=ink, foreground_strong=ink,
        foreground_subtle=line, opacity=".95", colors=_COLORS if not dark else ("#5db2e8", *_COLORS[1:]),
        font_family="system-ui, sans-serif", label_font_size=15, major_label_font_size=15, legend_font_size=15,
        value_font_size=15, value_label_font_size=15, title_font_size=17, no_data_font_size=20,
    )  # fmt: skip


def _config(dark: bool, height: int) -> Config:
    config = Config()
    config.style = _style(dark)
    config.js = ()
    config.width, config.height = 900, height
    config.margin = 12
    config.show_legend = False
    config.disable_xml_declaration = True
    config.no_data_text = "Chưa có số liệu"
    config.value_formatter = _number
    config.explicit_size = True
    return config


def _number(value: float | None) -> str:
    return f"{int(value or 0):,}".replace(",", ".")


def _drawn(chart: Any) -> str:
    tree = chart.render_tree()
    for script in [node for node in tree.iter() if str(node.tag).endswith("script")]:
        script.getparent().remove(script)
    return str(etree.tostring(tree, encoding="unicode"))


def _ticks(most: int) -> list[int]:
    """Returns whole numbers from 0 on, at most eight, that reach `most`."""
    step = next(s * 10**e for e in range(13) for s in (1, 2, 5) if s * 10**e * 7 >= most)
    return list(range(0, max(most, 1) + step, step))


def stacked(labels: Sequence[str], series: Mapping[str, Sequence[int]], dark: bool) -> str:
    """Returns columns side by side over `labels`, the series on top of each other."""
    config = _config(dark, 380)
    config.show_legend = True
    config.legend_at_bottom = True
    config.legend_at_bottom_columns = 4
    config.margin_bottom = 34
    config.show_minor_x_labels = False
    config.x_label_rotation = 0
    chart = pygal.StackedBar(config)
    chart.x_labels = list(labels)
    chart.x_labels_major = list(labels)[:: max(1, len(labels) // 8)]
    chart.y_labels = _ticks(max((sum(column) for column in zip(*series.values(), strict=True)), default=0))
    for name, values in (series or {"": [0] * len(labels)}).items():  # pygal draws no chart of nothing
        chart.add(name, list(values))
    return _drawn(chart)


def columns(labels: Sequence[str], values: Sequence[int], dark: bool) -> str:
    """Returns one column for each label."""
    chart = pygal.Bar(_config(dark, 320))
    chart.x_labels = list(labels)
    chart.y_labels = _ticks(max(values, default=0))
    chart.add("", list(values))
    return _drawn(chart)


def bars(rows: Sequence[tuple[str, int]], dark: bool) -> str:
    """Returns one lying bar for each row, the first at the top."""
    config = _config(dark, 60 + 36 * max(3, len(rows)))
    config.print_values = True
    config.print_values_position = "top"
    config.show_x_guides = True
    chart = pygal.HorizontalBar(config)
    chart.y_labels = _ticks(max((value for _, value in rows), default=0))
    chart.x_labels = [name for name, _ in reversed(rows)]
    chart.add("", [value for _, value in reversed(rows)])
    return _drawn(chart)
