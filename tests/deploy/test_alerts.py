"""Each alert fires where it must and is silent where it must be, as Prometheus evaluates it; and gets to somebody."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from assistant.settings import ROOT, yaml_files
from tests.conftest import Served
from tests.kit.ports import free_port
from tests.kit.waiting import PATIENCE, until

MONITORING = ROOT / "deploy/monitoring"
#: scripts/need-packages lays Debian's programs here without starting anything.
_PATH = f"{ROOT / '.tools/monitoring/usr/bin'}{os.pathsep}{os.environ.get('PATH', '')}"
PROMTOOL, AMTOOL, PROMETHEUS, ALERTMANAGER = (
    shutil.which(name, path=_PATH) for name in ("promtool", "amtool", "prometheus", "prometheus-alertmanager")
)
needed = pytest.mark.skipif(PROMTOOL is None, reason="needs Debian's package prometheus (scripts/need-packages)")
CASES: dict[str, dict[str, list[dict[str, Any]]]] = yaml_files.read(Path(__file__).with_name("alerts_fire.yml"))


def names() -> list[str]:
    """Every alert."""
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule["alert"] for group in groups for rule in group["rules"]]


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    assert len(names()) == len(set(names()))
    assert set(CASES) == set(names())
    assert {name for name, cases in CASES.items() if not cases.get("quiet")} == {"Watchdog"}


def seconds(text: str) -> int:
    """Returns the seconds of "5m30s" or "26h"."""
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def promtool_test(alert: str, case: dict[str, Any], fires: bool) -> dict[str, Any]:
    """Returns a case as promtool reads it."""
    series = [{"series": name, "values": str(values)} for name, values in case["series"].items()]
    firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    # A quiet one at every minute up to the end.
    times = [case["at"]] if fires else [f"{second}s" for second in range(60, seconds(case["at"]) + 1, 60)]
    asked = f"{firing} > bool 0" if fires else firing
    wanted = [{"labels": "{}", "value": 1}] if fires else []
    return {
        "name": f"{alert}: {case.get('about', 'fires' if fires else 'quiet')}",
        "interval": case.get("interval", "15s"),
        "input_series": series or [{"series": "nothing", "values": "_x10"}],
        "promql_expr_test": [{"expr": asked, "eval_time": when, "exp_samples": wanted} for when in times],
    }


def alone(alert: str) -> dict[str, Any]:
    """Returns the rules of one alert: promtool evaluates every rule it is given at each step of each case."""
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    assert all("alert" in rule and "ALERTS" not in rule["expr"] for group in groups for rule in group["rules"])
    return {
        "groups": [
            group | {"rules": rules}
            for group in groups
            if (rules := [rule for rule in group["rules"] if rule["alert"] == alert])
        ]
    }


def promtool_file(folder: Path, alert: str, tests: list[dict[str, Any]]) -> Path:
    """Writes an alert's rules and cases, and returns the file with the cases."""
    rules, file = folder / f"{alert}.rules.yml", folder / f"{alert}.test.yml"
    rules.write_text(yaml.safe_dump(alone(alert)))
    file.write_text(yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "15s", "tests": tests}))
    return file


@needed
def test_prometheus_evaluates_them_so(tmp_path: Path) -> None:
    files = []
    for alert, cases in CASES.items():
        tests = [promtool_test(alert, case, True) for case in cases["fires"]]
        tests += [promtool_test(alert, case, False) for case in cases.get("quiet", [])]
        files.append(promtool_file(tmp_path, alert, tests))
    command = [str(PROMTOOL), "test", "rules", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(names())
    up = promtool_test("NodeDown", {"at": "8m", "series": {'up{job="assistant"}': "1x60"}}, True)
    command = [str(PROMTOOL), "test", "rules", str(promtool_file(tmp_path, "NodeDown", [up]))]
    assert subprocess.run(command, capture_output=True, check=False).returncode  # and it would say so


@needed
def test_prometheus_and_alertmanager_take_the_files(tmp_path: Path) -> None:
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    config["rule_files"] = [str(MONITORING / "alerts.yml")]
    del config["scrape_configs"][0]["authorization"]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    for command in (
        [PROMTOOL, "check", "config", str(tmp_path / "prometheus.yml")],
        [AMTOOL, "check-config", str(MONITORING / "alertmanager.yml")],
    ):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_operators_file_holds_the_same_rules() -> None:
    rule = yaml.safe_load((MONITORING / "prometheusrule.yaml").read_text(encoding="utf-8"))
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["spec"] == yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8")), (
        "write it anew: assistant docs alerts"
    )


@contextmanager
def receiver() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Whoever is called by Alertmanager: a port, and what came there."""
    came: list[tuple[str, str]] = []

    class Hears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            came.extend((self.path, alert["labels"]["alertname"]) for alert in said["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *given: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hears)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, came
    server.shutdown()
    server.server_close()


@needed
@pytest.mark.dear(20)
@pytest.mark.machines
@pytest.mark.skipif(ALERTMANAGER is None, reason="needs Debian's package prometheus-alertmanager")
def test_a_real_node_that_ends_calls_somebody(node: Served, tmp_path: Path) -> None:
    """Prometheus and Alertmanager with our files, faster; the node is stopped, and a receiver hears of it."""
    with receiver() as (port, came):
        routes = (MONITORING / "alertmanager.yml").read_text().replace("127.0.0.1:9099", f"127.0.0.1:{port}")
        routes = routes.replace("group_wait: 10s", "group_wait: 1s").replace("group_interval: 1m", "group_interval: 2s")
        (tmp_path / "alertmanager.yml").write_text(routes)
        rules = (MONITORING / "alerts.yml").read_text().replace("for: 1m", "for: 4s").replace("for: 3m", "for: 4s")
        (tmp_path / "alerts.yml").write_text(rules)
        config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
        alerts_at, asked_at = free_port(), free_port()
        config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(tmp_path / "alerts.yml")]
        config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{alerts_at}"]}]
        target = {"targets": [node.url.removeprefix("http://")]}
        config["scrape_configs"] = [{"job_name": "assistant", "static_configs": [target]}]
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
        commands = [
            [ALERTMANAGER, f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/silences",
             f"--web.listen-address=127.0.0.1:{alerts_at}", "--cluster.listen-address="],
            [PROMETHEUS, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/numbers",
             f"--web.listen-address=127.0.0.1:{asked_at}",
             "--rules.alert.resend-delay=1s"],  # by itself a minute: the first goes out before Alertmanager is known
        ]  # fmt: skip
        with (tmp_path / "log").open("wb") as log:
            running = [subprocess.Popen([str(p) for p in each], stdout=log, stderr=log) for each in commands]
        try:
            until(lambda: ("/alive", "Watchdog") in came)
            query = f"http://127.0.0.1:{asked_at}/api/v1/query"
            asked = {"query": 'assistant_events_total{channel="zalo",result="unstored"} == 0 and on () up == 1'}
            until(lambda: httpx.get(query, params=asked).json()["data"]["result"])  # counters begin at zero
            assert not [alert for path, alert in came if path == "/page" and alert in ("NodeDown", "AllNodesGone")]
            node.stop()
            until(lambda: ("/page", "AllNodesGone") in came)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(PATIENCE)
            node.start()
