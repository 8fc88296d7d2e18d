"""Whoever reads a person's words leaves a trace: every page and every command is opened with planted words.

Nothing here lists which pages show words: a page that shows them and writes nothing fails, an old or a new one.
"""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from typing import Any

import psycopg
import pytest
from typer.main import get_command

from assistant import audit
from assistant.audit.keys import opened as keys
from assistant.cli import app
from assistant.privacy import keyring
from assistant.staff.model import ROLES
from tests.conftest import Served
from tests.console.conftest import Join
from tests.console.test_access import GUARDED
from tests.kit import warm
from tests.kit.colleagues import Colleague, keys_of
from tests.kit.people import Store
from tests.kit.planted import Planted, plant, plant_dead_letter

pytestmark = pytest.mark.dear(40)

#: They change the colleague's own account, or begin work of minutes; what they answer is a redirect.
LEFT_OUT = re.compile(
    r"POST /console/(people|me|sign-out|canned|channels|faq|release$|release/\{id:int\}/(cancel|promote|rollback))"
)
#: Pages that are known to show words. Without it the test would be content with a plant that shows nowhere.
SHOWN = {
    "GET /console/desk", "GET /console/desk/queue", "GET /console/desk/{conversation}",
    "GET /console/desk/{conversation}/lines", "GET /console/questions", "GET /console/questions/{number}",
    "GET /console/conversations", "GET /console/conversations/{conversation}", "GET /console/undelivered",
    "GET /console/learning", "GET /console/learning/turns/{turn}", "GET /console/learning/drafts/{draft}",
    "GET /console/learning/texts", "GET /console/faq/new", "GET /console/release/{id:int}",
}  # fmt: skip
Database = psycopg.Connection[Any]


@pytest.fixture
def everybody(joined: Join) -> Colleague:
    """Somebody with every role."""
    return joined(*ROLES)


def _path(name: str, planted: Planted) -> str:
    """Returns the address of a route for this person; a part that nobody knows here fails."""
    path = name.partition(" ")[2]
    parts = {
        "conversation": planted.conversation, "turn": str(planted.turn), "draft": planted.draft, "topic": "hotline",
        "number": planted.question if "/questions/" in path else "1", "number:int": "1", "commit": "0" * 40,
        "kind": "csv",
        "chart": "days", "name": "nobody", "id:int": str(planted.outbox if "undelivered" in path else planted.release),
    }  # fmt: skip
    filled = re.sub(r"\{([^}]+)\}", lambda part: parts[part[1]], path)
    return f"{filled}?learned={planted.key}"


def _answer(who: Colleague, name: str, path: str, csrf: str, planted: Planted) -> str:
    """Returns what a route answers; of a stream its first event."""
    fields = {"csrf": csrf, "learned": planted.key} if name.startswith("POST") else None
    with who.http.stream(name.partition(" ")[0], path, data=fields) as answer:
        assert answer.status_code < 500, (name, answer.status_code)
        if "event-stream" in answer.headers.get("content-type", ""):
            return next(line for line in answer.iter_lines() if line.startswith("data: "))
        return answer.read().decode(errors="replace")


def _traces(database: Database, planted: Planted) -> list[tuple[str, str, str]]:
    return database.execute(
        "SELECT event, actor, place FROM audit WHERE subject = %s AND event IN ('staff.viewed', 'staff.revealed')",
        (keys().person(planted.conversation),),
    ).fetchall()


def test_no_page_shows_a_persons_words_without_a_trace(node: Served, everybody: Colleague, database: Database) -> None:
    keyring.open_vault_at(node.database_url, keys_of(node))
    csrf, shown, silent = everybody.csrf(), set(), []
    for name in sorted(GUARDED):
        if LEFT_OUT.match(name):
            continue
        planted = plant(database, everybody.name)
        if planted.words not in _answer(everybody, name, _path(name, planted), csrf, planted):
            continue
        shown.add(name)
        if not any(actor == f"staff:{everybody.name}" for _, actor, _ in _traces(database, planted)):
            silent.append(name)
    assert silent == []
    assert shown >= SHOWN, SHOWN - shown


def test_a_page_that_fetches_itself_anew_is_one_look_and_an_opened_one_is_each_time_one(
    node: Served, everybody: Colleague, database: Database
) -> None:
    keyring.open_vault_at(node.database_url, keys_of(node))
    planted = plant(database, everybody.name)
    for _ in range(5):
        everybody.get(f"/console/desk/{planted.conversation}/lines", headers={"x-fragment": "1", "x-background": "1"})
    assert len(_traces(database, planted)) == 1
    for _ in range(2):
        everybody.get(f"/console/conversations/{planted.conversation}")
    assert len(_traces(database, planted)) == 3


def test_the_trail_says_who_whose_and_where(node: Served, everybody: Colleague, database: Database) -> None:
    keyring.open_vault_at(node.database_url, keys_of(node))
    planted = plant(database, everybody.name)
    everybody.get("/console/questions")
    (entry,) = audit.entries(database, event="staff.viewed", person=planted.conversation)
    assert (entry["actor"], entry["where"]) == (f"staff:{everybody.name}", "console:questions")
    assert entry["details"]["view"] == "list of questions"


# ---- the command line

#: Commands that read what is kept, as they are called; of these every one that prints words has to leave a trace.
READ = {
    "desk queue": [], "desk show": ["{conversation}"], "desk questions": [], "mail list": [], "inbox list": [],
    "outbox list": [], "audit list": [], "export": ["{conversation}"],
    "inbox show": ["{letter}"],
}  # fmt: skip
PRINTS = {"desk show", "desk questions", "export", "inbox show"}
#: What the others do: nothing that is kept of people is printed by them.
OTHERS = {
    "erase": "removes", "retention": "removes", "serve": "serves", "train": "content", "model-key": "a key",
    "parse": "what is given", "say": "a conversation of its own",
    "limits": "settings", "rasa": "Rasa's own commands",
    "rasa-export": "content", "migrate": "the schema", "evaluate": "gold texts", "desk sign-in": "signs in",
    "desk sign-out": "signs out", "desk here": "acts", "desk away": "acts", "desk take": "acts", "desk reply": "acts",
    "desk back": "acts", "desk answer": "acts", "mail hurry": "acts", "mail bounce": "acts", "mail test": "acts",
    "messenger setup": "the platform", "messenger show": "the platform", "messenger remove": "the platform",
    "zalo connect": "the platform", "zalo status": "the platform", "inbox settle": "acts", "outbox replay": "acts",
    "outbox hurry": "acts", "outbox drop": "acts", "console invite": "an account",
    "console reset-password": "an account", "console reset-phone": "an account", "audit events": "a vocabulary",
    "story check": "content", "release build": "content", "release promote": "acts", "release rollback": "acts",
    "vault rotate": "seals", "vault renew": "a key", "vault key": "a key", "content check": "content",
    "docs limits": "settings", "docs privacy": "settings", "docs routes": "content", "conversation run": "scripts",
    "audit verify": "a verdict", "audit head": "a number", "console people": "colleagues", "release list": "releases",
    "doctor": "settings", "content sources": "content", "docs alerts": "settings", "erased again": "removes",
    "events show": "times and states, no texts, no names",
}  # fmt: skip


def _commands(command: Any, path: tuple[str, ...] = ()) -> list[str]:
    below = getattr(command, "commands", None)
    if below is None:
        return [" ".join(path)]
    return [name for word, one in below.items() for name in _commands(one, (*path, word))]


def test_every_command_is_known_to_read_or_not() -> None:
    assert set(_commands(get_command(app))) == set(READ) | set(OTHERS)


def _run(
    node: Served, *words: str, given: str = "", code: int | None = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    environment = {**node.environment, "LOG_LEVEL": "WARNING", **env}
    done = warm.run(*words, environment=environment, given=given)
    assert code is None or done.returncode == code, done.stderr[-2000:]
    return done


def test_no_command_prints_a_persons_words_without_a_trace(
    node: Served, everybody: Colleague, database: Database
) -> None:
    vault = keyring.open_vault_at(node.database_url, keys_of(node))
    _run(node, "desk", "sign-in", everybody.name, given=f"{everybody.password}\n{everybody.code()}\n")
    printed, silent = set(), []
    for name, arguments in READ.items():
        planted = plant(database, everybody.name)
        values = {"conversation": planted.conversation, "letter": plant_dead_letter(database, vault, planted)}
        said = _run(node, *name.split(), *(one.format(**values) for one in arguments), code=None)
        if planted.words not in said.stdout:
            continue
        printed.add(name)
        traces = database.execute(
            "SELECT event FROM audit WHERE subject = %s AND actor = %s",
            (keys().person(planted.conversation), f"staff:{everybody.name}"),
        ).fetchall()
        if not {"staff.viewed", "privacy.exported"} & {event for (event,) in traces}:
            silent.append(name)
    assert silent == []
    assert printed == PRINTS


@pytest.mark.parametrize("command", [("export", "{conversation}"), ("inbox", "show", "{letter}")])
def test_who_only_says_by_the_environment_who_they_are_reads_nothing(
    node: Served, everybody: Colleague, joined: Join, database: Database, command: tuple[str, ...]
) -> None:
    vault = keyring.open_vault_at(node.database_url, keys_of(node))
    planted = plant(database, everybody.name)
    values = {"conversation": planted.conversation, "letter": plant_dead_letter(database, vault, planted)}
    words = [word.format(**values) for word in command]
    _run(node, "desk", "sign-out")
    named = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), everybody.name)
    refused = _run(node, *words, code=1, **named)
    assert "đăng nhập" in refused.stderr
    assert planted.words not in refused.stdout
    auditor = joined("auditor")
    _run(node, "desk", "sign-in", auditor.name, given=f"{auditor.password}\n{auditor.code()}\n")
    assert planted.words in _run(node, *words).stdout
    assert "agent" in _run(node, "desk", "show", planted.conversation, code=1).stderr, "who reads is not at the desk"
    _run(node, "desk", "sign-out")


def test_what_a_command_does_is_in_the_trail_under_the_machines_account_and_not_the_environments(
    node: Served, everybody: Colleague, database: Database
) -> None:
    keyring.open_vault_at(node.database_url, keys_of(node))
    planted = plant(database, everybody.name)
    _run(node, "erase", planted.conversation, LOGNAME=everybody.name, USER=everybody.name)
    found = database.execute(
        "SELECT actor FROM audit WHERE event = 'privacy.erased' AND subject = %s",
        (keys().person(planted.conversation),),
    ).fetchall()
    assert found == [(f"staff:os:{pwd.getpwuid(os.getuid()).pw_name}",)]


def test_the_desk_of_the_command_line_acts_under_a_name_that_signed_in(
    node: Served, joined: Join, store: Store, database: Database
) -> None:
    lan, writer = joined("agent"), joined("content")
    _run(node, "desk", "sign-out")
    planted = plant(database, lan.name)
    refused = _run(node, "desk", "show", planted.conversation, code=1)
    assert "đăng nhập" in refused.stderr
    assert planted.words not in refused.stdout
    wrong = _run(node, "desk", "sign-in", lan.name, given=f"không phải mật khẩu\n{lan.code()}\n", code=1)
    assert "chưa đúng" in wrong.stderr
    other = _run(node, "desk", "sign-in", writer.name, given=f"{writer.password}\n{writer.code()}\n", code=1)
    assert "vai trò" in other.stderr
    _run(node, "desk", "show", planted.conversation, code=1)
    _run(node, "desk", "sign-in", lan.name, given=f"{lan.password}\n{lan.recovery[0]}\n")
    keyring.open_vault_at(node.database_url, keys_of(node))
    assert planted.words in _run(node, "desk", "show", planted.conversation).stdout
    (trace,) = _traces(database, planted)
    assert trace == ("staff.viewed", f"staff:{lan.name}", "command:desk show")
    _run(node, "desk", "sign-out")
    _run(node, "desk", "show", planted.conversation, code=1)
