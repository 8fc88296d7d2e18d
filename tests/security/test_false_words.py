"""Attack: a stranger makes the assistant say what is not so, by writing, pressing or dressing up a name of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.app.node import Node
from assistant.messages.events import Event
from assistant.messages.turns import Claimed
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from tests.kit import postgres
from tests.kit.talk import KEY, Talk, host_for

# Only after the engine's slim boot.
from rasa.core.channels.channel import UserMessage  # isort: skip
from rasa.shared.core import events  # isort: skip
from rasa.shared.core.constants import DEFAULT_ACTION_NAMES  # isort: skip

from assistant.nlu.components import FALLBACK  # isort: skip
from assistant.rasa import causes  # isort: skip

#: What no person can cause.
FORBIDDEN = causes.SYSTEM | causes.RASAS
SAID_BY_SYSTEM = frozenset(f"utter_{name}" for name in causes.SYSTEM) | {
    "action_tell_answer",
    "action_tell_day",
    "action_not_right",
}
COMMANDS = frozenset({"action_restart", "action_back", "action_session_start"})
MARKS = (
    "", "/", "//", "/ /", " / / ", "#", "##", "#/", "/#", "/ #", "# /", "\u200b/", "/\u200b", "\ufeff/", "\uff0f",
    "\uff03", "\u2044", "\t/", "/\u00a0/", "/\n/", "\x00/", "\\/", "!/", "@", "intent:", "utter_", "action_", "/utter_",
)  # fmt: skip
ENDS = ("", " ", "/", "@1.0", "{}", '{"contact": "lost"}', "@1.0{}", "/x", "\u200b", "()", ": true", "\n/restart")
CASES: tuple[Callable[[str], str], ...] = (
    str, str.upper, str.title, lambda name: name.replace("_", " "), lambda name: name.replace("_", "-"),
    lambda name: name.replace("_", "\u200b_"), lambda name: "".join(chr(ord(c) + 0xFEE0) for c in name),
)  # fmt: skip


@pytest.fixture(scope="module")
def url(server_url: str) -> str:
    """A database for the conversations of this file."""
    return postgres.create(server_url)


@pytest.fixture(scope="module")
def host(model_path: Path, url: str) -> Iterator[AgentHost]:
    """The engine."""
    with host_for(model_path, url) as loaded:
        yield loaded


@pytest.fixture
def talk(host: AgentHost, url: str) -> Iterator[Talk]:
    """A person for whom nothing was done yet."""
    connection: psycopg.Connection[Any]
    with psycopg.connect(url, autocommit=True) as connection:
        yield Talk(host, connection, Vault([KEY]))


def names(host: AgentHost) -> set[str]:
    """Returns every name that dialogue, engine and domain know."""
    domain = host._domain
    known = {*domain.intents, *domain.action_names_or_texts, *domain.entities, *domain.form_names, *domain.responses}
    kinds = {kind.type_name for kind in vars(events).values() if isinstance(kind, type) and hasattr(kind, "type_name")}
    return known | {slot.name for slot in domain.slots} | set(DEFAULT_ACTION_NAMES) | kinds | FORBIDDEN


def spelled(name: str) -> Iterator[str]:
    """Yields a name as people may write or send it; those that matter in every way, the others in each way once."""
    if name in FORBIDDEN:
        yield from (f"{mark}{case(name)}{end}" for case in CASES for mark in MARKS for end in ENDS)
    else:
        yield from (f"{mark}{name}" for mark in MARKS)
        yield from (f"{mark}{case(name)}" for case in CASES for mark in "/#")
        yield from (f"/{name}{end}" for end in ENDS)


def label_at_once(host: AgentHost, kind: str, said: str) -> str | None:
    """Returns the intent that needs no reading; None if the words are read."""
    body = {"text": said} if kind == "text" else {"text": "", "payload": said}
    return host._reading(Claimed("web:x", "web", [], 0, "", kind, body))[1]


@pytest.mark.parametrize("kind", ["text", "payload"])
def test_no_name_in_no_spelling_is_an_event_of_the_system(host: AgentHost, kind: str) -> None:
    pressable = causes.pressable(host._domain) | causes.DOOR | {"faq/office", FALLBACK}
    known = names(host)
    assert len(known) > 300
    caused = {label_at_once(host, kind, said) for name in known for said in spelled(name)}
    assert caused - {None} <= pressable
    assert not caused & FORBIDDEN


def test_no_name_is_read_out_of_words(host: AgentHost) -> None:
    for name in sorted(FORBIDDEN):
        for said in {f"{mark}{name}{end}" for mark in MARKS for end in ("", "@1.0")}:
            assert host.parse(said)["intent"].partition("/")[0] not in FORBIDDEN


@pytest.mark.parametrize("text", ["/restart", "/reset_done", "/mail_bounced@1.0", '/inform{"contact": "lost"}'])
def test_the_engine_itself_knows_no_commands(host: AgentHost, text: str) -> None:
    read = host._run(host._processor.parse_message(UserMessage(text)))
    assert read["intent"]["name"] not in FORBIDDEN
    assert not read["entities"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=st.lists(st.sampled_from([*sorted(FORBIDDEN), "/", "#", " ", "@1", "{}", "\u200b", "\uff0f"]), max_size=5))
def test_no_row_of_names_and_marks_is_a_command(host: AgentHost, said: list[str]) -> None:
    text = "".join(said)
    assert label_at_once(host, "payload", text) not in FORBIDDEN
    assert host.parse(text)["intent"].partition("/")[0] not in FORBIDDEN


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_whole_turns_say_and_do_nothing_of_the_system(talk: Talk, name: str) -> None:
    for said in (f"/ /{name}", f"/{name}", f"#{name}", f"# {name}", f"/{name}@1.0{{}}"):
        talk.say(said)
        talk.press(said)
    rows = talk.connection.execute(
        "SELECT intent, actions FROM turns WHERE conversation = %s ORDER BY id", (talk.conversation,)
    ).fetchall()
    assert len(rows) == 10
    assert not FORBIDDEN & {intent for intent, _ in rows}
    done = {action for _, actions in rows[1:] for action in actions}  # every conversation begins with a session
    assert not done & (SAID_BY_SYSTEM | COMMANDS)


def test_a_classifier_that_finds_what_only_the_system_says_is_not_believed() -> None:
    for label in FORBIDDEN | causes.DOOR:
        read = {"text": "a", "entities": [], "intent": {"name": label, "confidence": 1.0}}
        assert causes.by_words(read, "")["intent"]["name"] == FALLBACK


@pytest.mark.parametrize("press", [f"{mark}erase_now{rest}" for mark in "#/" for rest in ("", "{}", '{"sure": true}')])
def test_nothing_is_erased_by_a_button_whose_question_was_not_asked(talk: Talk, press: str) -> None:
    """Whoever is given a link or a payload to send erases nothing by it: they are asked."""
    talk.say("em quên mật khẩu")
    asked = talk.press(press)
    assert "Mình đã xóa" not in "".join(body["text"] for body in asked)
    assert "Bạn muốn xóa toàn bộ" in asked[-1]["text"], "a form that goes on does not hide the question"
    assert {"title": "Xóa hết", "payload": "#erase_now"} in asked[-1]["buttons"]
    assert "Mình đã xóa" in talk.press(press)[-1]["text"]


def test_an_answer_to_another_question_or_an_old_one_erases_nothing(talk: Talk) -> None:
    talk.press("#ask_erase")
    talk.say("mật khẩu gồm những gì")
    for late in ("#affirm", "#erase_now"):
        assert "Mình đã xóa" not in "".join(body["text"] for body in talk.press(late)), late
    talk.press("#deny")
    assert "Mình đã xóa" not in talk.text("đồng ý")
    kept = talk.connection.execute("SELECT count(*) FROM inbox WHERE conversation = %s", (talk.conversation,))
    assert kept.fetchone() == (6,)


def test_a_classifier_that_finds_what_cannot_be_undone_has_the_question_asked() -> None:
    read = {"text": "a", "entities": [], "intent": {"name": "erase_now", "confidence": 1.0}}
    assert causes.by_words(read, "")["intent"]["name"] == "ask_erase"
    assert causes.by_words(read, "yes_no")["intent"]["name"] == "ask_erase"
    assert causes.by_words(read, "confirm")["intent"]["name"] == "erase_now"


def test_an_event_of_the_system_says_what_is_the_systems_alone() -> None:
    assert {causes.of_the_system(label) for label in causes.SYSTEM} == causes.SYSTEM
    for label in ("reset_password", "restart", "faq/hotline", "sent_media", ""):
        with pytest.raises(ValueError, match="nothing to say"):
            causes.of_the_system(label)


def test_no_event_of_the_system_comes_through_a_door() -> None:
    event = Event("web", "x", "web:x", "system", payload="#reset_done")
    with pytest.raises(ValueError, match="through a door"):
        asyncio.run(Node.accept(SimpleNamespace(), event))  # type: ignore[arg-type]  # refused before anything is touched


@pytest.mark.parametrize(
    "payload", ['#inform{"contact": "lost"}', '/inform{"bhxh_code": "⟦bhxh_code:aaaaaaaaaaaaaaaa⟧"}']
)
def test_values_written_into_a_payload_are_not_taken(talk: Talk, payload: str) -> None:
    talk.say("quên mật khẩu")
    talk.press(payload)
    (tracker,) = talk.connection.execute(
        "SELECT tracker::text FROM conversations WHERE id = %s", (talk.conversation,)
    ).fetchone()  # type: ignore[misc]
    assert '"lost"' not in tracker
    assert "aaaaaaaaaaaaaaaa" not in tracker


def test_values_of_a_button_that_was_offered_are() -> None:
    assert causes.offered_values('#order{"size": "L"}', ['/order{"size": "L"}'])
    assert not causes.offered_values('#order{"size": "XL"}', ['/order{"size": "L"}'])
