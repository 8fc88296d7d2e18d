"""Alerts and dashboard ask only for what the server tells, and every alert says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import prometheus_client
import promql_parser
import pytest
import yaml

import connectors.messenger.metrics
import connectors.sms.sender
import connectors.zalo.metrics  # noqa: F401 - they register what they count
from assistant.runtime import metrics
from assistant.settings import ROOT
from tests.conftest import Served

MONITORING = ROOT / "deploy/monitoring"
RUNBOOKS = ROOT / "docs/runbooks.md"
#: Labels that Prometheus gives each series.
_PROMETHEUS = {"job", "instance", "namespace", "service"}
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def rules() -> list[dict[str, Any]]:
    """All alert rules."""
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """The Grafana dashboard."""
    found: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    return found


def expressions() -> Iterator[str]:
    """Every question to Prometheus in the files."""
    yield from (rule["expr"] for rule in rules())
    board = dashboard()
    yield from (target["expr"] for panel in board["panels"] for target in panel.get("targets", []))
    yield from (note["expr"] for note in board["annotations"]["list"])
    adapter = yaml.safe_load((MONITORING / "prometheus-adapter.yml").read_text(encoding="utf-8"))
    yield from (rule["seriesQuery"] for rule in adapter["rules"]["custom"])


def selectors(node: Any) -> Iterator[Any]:
    """Every selection of series in a parsed expression."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("lhs", "rhs", "expr", "vector_selector", "param", "args"):
        below = getattr(node, name, None)
        for child in below if isinstance(below, list) else [below]:
            if child is not None and not isinstance(child, str | int | float):
                yield from selectors(child)


def parsed(expression: str) -> Any:
    return promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def labels() -> dict[str, set[str]]:
    """The labels of every series that the server may tell, by its name."""
    own = metrics.registry._names_to_collectors
    found = {name: set(getattr(collector, "_labelnames", ())) for name, collector in own.items()}
    return found | {"assistant_restarts_total": {"part", "why"}, "up": set()}


def test_the_server_tells_everything_that_is_asked_for(node: Served) -> None:
    told: set[str] = {"up"}
    for line in httpx.get(f"{node.url}/metrics").text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            told |= {name, *(name.removesuffix("_total") + suffix for suffix in _SUFFIXES.get(kind, ()))}
    asked = {selector.name for expression in expressions() for selector in selectors(parsed(expression))}
    assert len(asked) > 25
    assert asked - told == set()


def test_what_is_asked_of_a_label_is_a_label_of_that_series() -> None:
    known = labels()
    wrong = []
    for expression in expressions():
        for selector in selectors(parsed(expression)):
            wanted = {matcher.name for matcher in selector.matchers.matchers} - {"__name__"}
            name = re.sub("_bucket$", "", selector.name)
            wrong += [
                (name, label) for label in wanted - known.get(name, known.get(selector.name, set())) - _PROMETHEUS
            ]
    assert wrong == []


def test_the_test_above_would_find_a_wrong_name() -> None:
    found = [s.name for s in selectors(parsed('sum by (a) (rate(no_such_total{x="1"}[5m])) > 1 or max(other) / 2 > 1'))]
    assert found == ["no_such_total", "other"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_names_a_section_of_the_runbooks_and_labels_that_are_there(rule: dict[str, Any]) -> None:
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert ROOT / path == RUNBOOKS
    headings = re.findall(r"^## (.+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert rule["alert"] in RUNBOOKS.read_text(encoding="utf-8")
    assert rule["labels"]["severity"] in ("page", "ticket", "watchdog")
    used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))))
    bare = not re.search(r"\b(sum|max|min|histogram_quantile)\b", rule["expr"])
    assert used <= (kept | (_PROMETHEUS if bare else set()))


def test_the_runbooks_name_only_what_is_there() -> None:
    text = RUNBOOKS.read_text(encoding="utf-8")
    known = {*labels(), *(f"{name}_total" for name in labels())}
    named = set(re.findall(r"\bassistant_[a-z_]+", text)) - {"assistant_app", "assistant_login", "assistant_owner"}
    assert named - known == set()
    alerts = re.findall(r"\balert ([A-Z]\w+)", text)
    assert len(alerts) > 10
    assert set(alerts) <= {rule["alert"] for rule in rules()}


def test_every_panel_has_a_place_of_its_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    numbers = [panel["id"] for panel in dashboard()["panels"]]
    assert len(numbers) == len(set(numbers))


def test_the_autoscaler_asks_for_what_the_adapter_makes() -> None:
    adapter = yaml.safe_load((MONITORING / "prometheus-adapter.yml").read_text(encoding="utf-8"))
    made = {rule["name"]["as"] for rule in adapter["rules"]["custom"]}
    scaler = (ROOT / "deploy/kubernetes/autoscale-by-age.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"metric: \{name: (\w+)\}", scaler)) == made
    for rule in adapter["rules"]["custom"]:
        query = rule["metricsQuery"].replace("<<.GroupBy>>", "service").replace("<<.LabelMatchers>>", 'service="a"')
        assert [s.name for s in selectors(parsed(query))] == ["assistant_oldest_seconds"]


def test_what_the_server_counts_of_delivery_is_all_there() -> None:
    names = set(metrics.registry._names_to_collectors)
    assert {
        "assistant_oldest_seconds", "assistant_turn_seconds_bucket", "assistant_deliveries_total", "assistant_dead",
        "assistant_zalo_access_token_seconds_left", "assistant_zalo_refresh_token_days_left",
        "assistant_messenger_token_valid", "assistant_zalo_answers_total", "assistant_messenger_answers_total",
        "assistant_sms_answers_total",
    } <= names  # fmt: skip
    assert prometheus_client.generate_latest(metrics.registry)
