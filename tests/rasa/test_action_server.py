"""Extra actions on a server elsewhere: called with tokens and a key, in time, and answered for."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from assistant.rasa import slim_boot

slim_boot.boot(serving=False)

from assistant.audit import keys as audit_keys  # noqa: E402 - after the slim boot
from assistant.dialogue import context  # noqa: E402
from assistant.rasa.action_endpoint import WithServer  # noqa: E402
from assistant.rasa.action_server import ActionServer, BadServer, ServerFailed, ServerRejected, configured  # noqa: E402
from assistant.settings import ROOT  # noqa: E402

CALL = {
    "next_action": "action_weather", "sender_id": "zalo:123",
    "tracker": {"sender_id": "zalo:123", "slots": {"bhxh_code": "⟦bhxh_code:abc⟧"}, "events": []},
    "domain": {"responses": {"utter_a": []}, "slots": {}},
}  # fmt: skip
GOOD = {"events": [{"event": "slot", "name": "x", "value": 1}], "responses": [{"text": "Nắng"}]}


@pytest.fixture
def server() -> Iterator[Any]:
    """An action server that answers what it is told to, and remembers what it was asked."""
    told = SimpleNamespace(status=200, body=json.dumps(GOOD).encode(), wait=0.0, asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.asked.append((self.path, dict(self.headers), json.loads(body)))
            time.sleep(told.wait)
            self.send_response(told.status)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *args: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{listening.server_port}/webhook"
    yield told
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(audit_keys, "opened", lambda: SimpleNamespace(person=lambda conversation: "p_someone"))

    def build(**what: Any) -> ActionServer:
        (tmp_path / "endpoints.yml").write_text(yaml.safe_dump({"action_endpoint": what}), "utf-8")
        found = configured(tmp_path / "endpoints.yml")
        assert found
        return found

    return build


def _run(actions: Any, call: dict[str, Any] = CALL) -> dict[str, Any]:
    with context.running(SimpleNamespace(conversation="zalo:123", event_id="e7")):  # type: ignore[arg-type]
        return asyncio.run(actions.run(call))


def test_it_gets_tokens_a_pseudonym_and_a_key(server: Any, of: Any) -> None:
    assert _run(of(url=server.url, token="s3cret", headers={"X-Team": "a"})) == GOOD
    ((path, headers, body),) = server.asked
    assert "token=s3cret" in path
    assert headers["Idempotency-Key"] == "e7:action_weather"
    assert headers["X-Team"] == "a"
    assert "zalo:123" not in json.dumps(body)
    assert body["sender_id"] == body["tracker"]["sender_id"] == "p_someone"
    assert body["tracker"]["slots"]["bhxh_code"] == "⟦bhxh_code:abc⟧"
    assert "responses" not in body["domain"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b"no"), (200, b"[]"), (200, b'{"events": [{}], "responses": []}'), (404, b"{}")],
)
def test_what_is_no_answer_fails_the_turn(server: Any, of: Any, status: int, body: bytes) -> None:
    server.status, server.body = status, body
    with pytest.raises(ServerFailed):
        _run(of(url=server.url, token="s"))


def test_a_slow_server_is_not_waited_for(server: Any, of: Any) -> None:
    server.wait = 2.0
    started = time.monotonic()
    with pytest.raises(ServerFailed, match="Timeout"):
        _run(of(url=server.url, token="s", timeout=0.2))
    assert time.monotonic() - started < 2.0


def test_a_server_that_is_away_fails_the_turn(of: Any) -> None:
    with pytest.raises(ServerFailed):
        _run(of(url="http://127.0.0.1:9/webhook", token="s"))


def test_an_action_may_decline(server: Any, of: Any) -> None:
    server.status = 400
    with pytest.raises(ServerRejected):
        _run(of(url=server.url, token="s"))


def test_it_must_be_told_who_calls_and_be_called_safely(of: Any) -> None:
    with pytest.raises(BadServer, match="token"):
        of(url="https://actions.example.com/webhook")
    with pytest.raises(BadServer, match="https"):
        of(url="http://actions.example.com/webhook", token="s")


def test_our_own_actions_stay_in_the_process(server: Any, of: Any) -> None:
    class Ours:
        async def run(self, call: dict[str, Any]) -> dict[str, Any]:
            return {"events": [], "responses": [{"text": "ours"}]}

    both = WithServer(Ours(), {"action_faq"}, of(url=server.url, token="s"))
    assert _run(both, CALL | {"next_action": "action_faq"})["responses"] == [{"text": "ours"}]
    assert not server.asked
    assert _run(both) == GOOD


def test_the_project_names_none() -> None:
    assert configured(ROOT / "endpoints.yml") is None
