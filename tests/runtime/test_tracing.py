"""Traces: one message is one trace from the door to its delivery and its letter, without a word of the person."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.messages.turns import TRIES, Claimed, take_turn
from assistant.privacy.vault import Vault
from assistant.runtime import tracing
from tests.conftest import serve
from tests.kit.talk import KEY, Talk, host_for
from tests.kit.waiting import until

_READ = """
import base64, json, sys
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Request
requests = [Request.FromString(base64.b64decode(line)) for line in sys.stdin]
print(json.dumps([
    {"name": s.name, "trace": s.trace_id.hex(), "id": s.span_id.hex(), "parent": s.parent_span_id.hex(),
     "start": s.start_time_unix_nano, "end": s.end_time_unix_nano}
    for r in requests for resource in r.resource_spans for scope in resource.scope_spans for s in scope.spans
]))
"""
_SECRETS = ("7900000123", "0901000123", "quên mật khẩu", "an.nguyen")


class Receiver:
    """An OTLP receiver on the loopback."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def spans(self) -> list[dict[str, Any]]:
        """All spans received; read by another process, since in this one Rasa's slim boot may stand in for protobuf."""
        lines = "\n".join(base64.b64encode(body).decode() for body in self.bodies)
        done = subprocess.run([sys.executable, "-c", _READ], input=lines, capture_output=True, text=True, check=True)
        spans: list[dict[str, Any]] = json.loads(done.stdout)
        return spans


@contextmanager
def traced() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    with tracing.running("doors", exporter):
        yield exporter


def trace_of(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


def test_a_turn_with_the_real_engine_is_one_trace(model_path: Path, database_url: str) -> None:
    with (
        host_for(model_path, database_url) as host,
        psycopg.connect(database_url, autocommit=True) as connection,
        traced() as exporter,
    ):
        talk = Talk(host, connection, Vault([KEY]))
        talk.say("em quên mật khẩu vssid", event_id="e1")
        talk.say("7900000123", event_id="z2")
        by_trace = {trace: [s for s in exporter.get_finished_spans() if trace_of(s) == trace]
                    for trace in (tracing.trace_id("web", "e1"), tracing.trace_id("web", "z2"))}  # fmt: skip
        assert len(exporter.get_finished_spans()) == 6
        for spans in by_trace.values():
            named = {span.name: span for span in spans}
            assert set(named) == {"door.accept", "turn", "engine"}
            assert named["door.accept"].parent is None
            assert named["turn"].parent.span_id == named["door.accept"].context.span_id
            assert named["engine"].parent.span_id == named["turn"].context.span_id
            assert named["turn"].start_time < named["engine"].start_time < named["turn"].end_time
        first = {span.name: span for span in by_trace[tracing.trace_id("web", "e1")]}
        assert first["turn"].attributes["assistant.intent"] == "reset_password"
    written = " ".join(span.to_json() for span in exporter.get_finished_spans())
    assert not [word for word in (*_SECRETS, talk.conversation, 'z2"') if word in written]


def test_a_turn_that_breaks_says_only_what_kind_of_error_it_was(connection: psycopg.Connection[Any]) -> None:
    class Broken:
        model = "m"
        release = None

        def handle(self, claimed: Claimed, given: psycopg.Connection[Any]) -> Any:
            raise ValueError(f"cannot read {claimed.body['text']}")

        def apology(self, language: str) -> Any:
            raise NotImplementedError

        def close(self) -> None:
            pass

    with traced() as exporter:
        event = Event("zalo", "e9", "zalo:1", "text", text="quên mật khẩu")
        inbox.accept_within(connection, event, Vault([KEY]))
        with pytest.raises(ValueError, match="cannot read"):
            take_turn(connection, "zalo:1", Broken(), frozenset())
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert spans["turn"].attributes["error.type"] == "ValueError"
    assert spans["turn"].attributes["assistant.failures"] < TRIES
    assert not any("quên" in span.to_json() or span.events for span in spans.values())


def test_a_share_of_traces_is_the_same_traces_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.3")
    kept = []
    for _ in range(2):  # two processes
        with traced() as exporter:
            for number in range(100):
                tracing.accepted("web", f"e{number}", "text", "accepted", time.perf_counter())
                with tracing.delivery(("web", f"e{number}"), "web", number, 1):
                    pass
        spans = exporter.get_finished_spans()
        kept.append({(trace_of(span), span.name) for span in spans})
    assert kept[0] == kept[1]
    assert 10 < len({trace for trace, _ in kept[0]}) < 50
    assert len(kept[0]) == 2 * len({trace for trace, _ in kept[0]})


def test_nothing_of_it_is_loaded_where_nobody_receives(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys\nfrom assistant.runtime import tracing\nimport assistant.app.server, assistant.app.engine_process\n"
        "with tracing.running('doors'):\n"
        "    tracing.accepted('web', 'e', 'text', 'accepted', 0.0)\n"
        "    with tracing.turn('web', 'e', 'text', 0, 0.0) as span: span.set(intent='x')\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_a_receiver_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    code = (
        "import time\nfrom assistant.runtime import tracing\n"
        "with tracing.running('doors'):\n"
        "    tracing.accepted('web', 'e', 'text', 'accepted', time.perf_counter())\n"
        "    began = time.monotonic()\n"
        "assert time.monotonic() - began < 10"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_over_the_wire_from_the_door_to_delivery_and_letter(
    database_url: str, model_path: Path, tmp_path: Path
) -> None:
    receiver = Receiver()
    node = serve(
        database_url, model_path, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, OTEL_BSP_SCHEDULE_DELAY="200"
    )
    node.start()
    try:
        user = "4000000000000000017"
        for number, text in enumerate(("em quên mật khẩu vssid", "7900000123", "0901000123"), 1):
            httpx.post(f"{node.url}/sandbox/api/zalo/messages", json={"user": user, "text": text}).raise_for_status()
            until(lambda answered=number: _answered(database_url) == answered)
        until(lambda: any(b"assistant.mail" in body for body in receiver.bodies))
    finally:
        assert node.stop() == 0
        receiver.close()
    spans = receiver.spans()
    with psycopg.connect(database_url) as connection:
        events = connection.execute("SELECT event_id FROM inbox WHERE kind = 'text' ORDER BY id").fetchall()
    traces = [
        {span["name"]: span for span in spans if span["trace"] == tracing.trace_id("zalo", event_id)}
        for (event_id,) in events
    ]
    assert [set(trace) for trace in traces] == [{"door.accept", "turn", "engine", "delivery"}] * 2 + [
        {"door.accept", "turn", "engine", "delivery", "mail"}
    ]
    for trace in traces:
        root = trace["door.accept"]
        assert {span["parent"] for name, span in trace.items() if name != "engine"} == {"", root["id"]}
        assert root["start"] <= trace["turn"]["start"]
        assert trace["turn"]["end"] <= trace["delivery"]["end"]
    everything = b" ".join(receiver.bodies)
    assert not [word for word in (*_SECRETS, user, *(event for (event,) in events)) if word.encode() in everything]


def _answered(url: str) -> int:
    """How many messages were answered, once none of the answers is under way any more."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(done_at) * (NOT EXISTS (SELECT 1 FROM outbox WHERE state = 'waiting'))::int FROM inbox"
            " WHERE kind = 'text'"
        ).fetchone()
    return row[0] if row else 0
