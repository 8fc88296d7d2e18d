"""A channel is one folder: a small one, known by its name alone, stands everywhere that channels are asked after."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import connectors
from assistant.app import doctor
from assistant.cli import limits
from assistant.console.pages.faq_preview import Previews
from assistant.content.topics import read_topics
from assistant.messages.events import Event
from assistant.runtime import logs
from assistant.settings import ROOT, Settings
from connectors import all as channels
from connectors.base.channel import Parts

_KIND = '''
"""A channel for a test: one signed word in a POST is a message."""

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from assistant.messages.events import Event
from connectors.base.channel import Channel
from connectors.base.kind import Bubble, Kind, Trouble


def _build(settings, parts):
    async def take(request):
        said = await request.json()
        user = f"pigeon:{said['from']}"
        await parts.accept(Event("pigeon", said["id"], user, "text", text=said["text"]))
        return PlainTextResponse("ok")

    return Channel("pigeon", (Route("/webhooks/pigeon", take, methods=["POST"]),))


def _settings(settings):
    yield Trouble("unsafe", "PIGEON_SECRET", "not set: anybody can send pigeons")


def _layout():
    return lambda body: [Bubble(body["text"], (), len(body["text"]), 500)]


KIND = Kind("pigeon", "Bồ câu", 3 * 1024, "connectors/pigeon/kind.py", _build, _settings, _layout)
'''


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder and the name; nothing else."""
    folder = tmp_path / "pigeon"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "kind.py").write_text(_KIND, encoding="utf-8")
    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(tmp_path)])
    monkeypatch.setattr(channels, "NAMES", (*channels.NAMES, "pigeon"))
    channels.kinds.cache_clear()
    yield
    channels.kinds.cache_clear()
    for name in [name for name in sys.modules if name.startswith("connectors.pigeon")]:
        del sys.modules[name]


@pytest.mark.usefixtures("pigeon")
class TestASmallChannel:
    def test_its_people_are_pseudonyms_in_every_line_of_the_log(self, capsys: pytest.CaptureFixture[str]) -> None:
        handlers = logging.getLogger().handlers[:]
        try:
            logs.configure(logging.INFO, channels.NAMES)
            logging.getLogger("assistant.test").warning("turn of %s failed", "pigeon:coo-4711")
            line = capsys.readouterr().err
        finally:
            logging.getLogger().handlers[:] = handlers
        assert "coo-4711" not in line
        assert "p_" in line

    def test_the_doctor_asks_for_its_settings(self) -> None:
        found = doctor.refuse_unsafe
        with pytest.raises(doctor.Unsafe, match="PIGEON_SECRET"):
            found(Settings(assistant_mode="production"))

    def test_it_stands_on_the_page_of_limits(self) -> None:
        assert "| a body at the Pigeon door | 3 kB | `connectors/pigeon/kind.py` |" in limits.page()

    def test_staff_read_its_name(self) -> None:
        assert channels.titles()["pigeon"] == "Bồ câu"
        assert channels.label("pigeon:coo-4711") == "Bồ câu …4711"

    def test_staff_see_an_answer_as_it_arrives_there(self) -> None:
        topic = read_topics(ROOT / "data/faq")[0]
        shown = Previews("https://example.com").of(topic, {topic.name: topic.title}, {})
        assert [one.title for one in shown][-1] == "Bồ câu"
        assert topic.answer in shown[-1].bubbles[0].text

    async def _deliver(self, accepted: list[Event]) -> int:
        async def accept(event: Event) -> bool:
            accepted.append(event)
            return True

        async def accept_all(events: Sequence[Event]) -> int:
            return len(events)

        nothing: Any = None
        async with httpx.AsyncClient() as http:
            built = channels.built(Settings(), Parts(nothing, nothing, http, accept, accept_all))
        routes = next(channel.routes for channel in built if channel.name == "pigeon")
        app = httpx.ASGITransport(Starlette(routes=list(routes)))
        async with httpx.AsyncClient(transport=app, base_url="http://here") as client:
            said = {"id": "1", "from": "coo-4711", "text": "quên mật khẩu"}
            return (await client.post("/webhooks/pigeon", json=said)).status_code

    def test_its_door_is_open_and_takes_messages_in(self) -> None:
        import asyncio

        accepted: list[Event] = []
        assert asyncio.run(self._deliver(accepted)) == 200
        assert [(event.channel, event.conversation) for event in accepted] == [("pigeon", "pigeon:coo-4711")]
