"""The command `assistant`, as scripts and people call it."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.kit import warm
from tests.kit.people import CODE, EMAIL, MASKED, PHONE, Store


@pytest.fixture
def environment(database_url: str, model_path: Path, tmp_path: Path) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": database_url, "MODEL_PATH": str(model_path), "VAR_DIR": str(tmp_path)}


def _assistant(
    environment: dict[str, str], *words: str, given: bytes = b"", code: int = 0
) -> subprocess.CompletedProcess[bytes]:
    done = warm.run_bytes(*words, environment=environment, given=given)
    assert done.returncode == code, done.stderr.decode()[-3000:]
    assert b"Traceback" not in done.stderr
    return done


def _lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_parse_reads_and_writes_json_lines(environment: dict[str, str]) -> None:
    texts = [
        "em quên mật khẩu vssid", unicodedata.normalize("NFD", "em quên mật khẩu vssid"), f"mã số {CODE}",
        f"sđt {PHONE}", f"mail em là {EMAIL}", "/restart", "", "{}", "😀", "a" * 5000,
    ]  # fmt: skip
    given = "\n\n".join(json.dumps({"text": text, "n": n}) for n, text in enumerate(texts)) + "\n"
    found = _lines(_assistant(environment, "parse", given=given.encode()))
    assert [line.get("n") for line in found] == [*range(len(texts))]
    assert [line["text"] for line in found] == texts
    assert all(isinstance(line["intent"], str) and 0 <= line["confidence"] <= 1 for line in found)
    assert found[0]["intent"] == found[1]["intent"] == "reset_password"
    for number, (kind, value) in {2: ("bhxh_code", CODE), 3: ("phone", PHONE), 4: ("email", EMAIL)}.items():
        (entity,) = found[number]["entities"]
        assert entity["entity"] == kind
        assert texts[number][entity["start"] : entity["end"]] == value


def test_parse_reads_where_the_conversation_stands(environment: dict[str, str]) -> None:
    lines = [
        {"text": "mất phí không", "topic": "faq/hotline"},
        {"text": "mất phí không", "topic": "faq/lost_phone", "facts": ["no_email"]},
        {"text": "ừ", "topic": "faq/hotline"},
        {"text": "gửi căn cước thay được không", "slot": "bhxh_code"},
        {"text": "giờ làm gì trước", "topic": "emergency", "danger": True},
        {"text": "mất phí không"},
    ]
    given = "\n".join(json.dumps(line) for line in lines)
    found = _lines(_assistant(environment, "parse", given=given.encode()))
    read = [(line["topic"], line["facet"]) for line in found]
    assert read[:2] == [("faq/hotline", "cost"), ("faq/lost_phone", "cost")]
    assert found[1]["facts"] == ["no_email"]
    assert found[1]["context"] == {"topic": "faq/lost_phone", "facts": ["no_email"]}
    assert found[2]["intent"] == "nod"
    assert read[3][0] == "form_code"
    assert (found[4]["topic"], found[4]["act"]) == ("emergency", "asks")
    assert "context" not in found[5]
    assert "rule" not in found[5]
    assert all(line["rule"] and 1 <= len(line["ranking"]) <= 5 for line in found[:5])


def test_parse_takes_texts_and_context_as_arguments(environment: dict[str, str]) -> None:
    words = ["parse", "--topic", "faq/hotline", "--fact", "abroad", "mất phí không", "mấy giờ làm việc"]
    found = _lines(_assistant(environment, *words))
    assert [line["facet"] for line in found] == ["cost", "hours"]
    assert all(line["facts"] == ["abroad"] for line in found)
    wrong = _assistant(environment, "parse", "--fact", "co_tien", "a", code=2)
    assert "co_tien" in wrong.stderr.decode()
    assert "abroad" in wrong.stderr.decode()


@pytest.mark.parametrize("bad", [b"quen mat khau", b'{"text": "\xff"}', b'{"text": "a", "facts": "abroad"}'])
def test_parse_names_the_line_it_cannot_read(environment: dict[str, str], bad: bytes) -> None:
    done = _assistant(environment, "parse", given=b'{"text": "hi"}\n' + bad + b"\n", code=2)
    assert "dòng 2" in done.stderr.decode()
    assert len(done.stdout.splitlines()) <= 1


def test_say_goes_on_with_the_conversation(environment: dict[str, str], database_url: str) -> None:
    answers = []
    for text in ("em quên mật khẩu vssid", f"mã số {CODE}, sđt {PHONE}"):
        replies = _lines(_assistant(environment, "say", "--conversation", "x", text))
        assert all(set(reply) >= {"text", "buttons"} for reply in replies)
        answers.append(replies[-1])
    assert "mã số BHXH" in answers[0]["text"]
    assert {"title": "Dừng lại", "payload": "#cancel"} in answers[0]["buttons"]
    assert MASKED in answers[1]["text"]
    store = Store(database_url)
    assert store.rows("SELECT id, turns FROM conversations") == [("web:say-x", 2)], "nobody's but the command line's"
    spoke = store.rows("SELECT actor, place FROM audit WHERE event = 'staff.spoke'")
    assert spoke == [(f"staff:os:{pwd.getpwuid(os.getuid()).pw_name}", "command:say")] * 2
    kept = str(store.rows("SELECT body FROM inbox")) + str(store.rows("SELECT body FROM outbox"))
    assert not any(own in kept for own in (CODE, PHONE, EMAIL))


def test_rasa_runs_under_the_slim_boot(environment: dict[str, str]) -> None:
    done = _assistant(environment, "rasa", "--version")
    assert b"3.6.21" in done.stdout


def test_migrate_makes_the_schema_and_is_safe_to_repeat(
    environment: dict[str, str], server_url: str, database_url: str
) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
    url = server_url.replace("/postgres?", "/bare?")
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    for _ in range(2):
        _assistant(environment | {"DATABASE_URL": url}, "migrate")
        assert Store(url).value(tables) == Store(database_url).value(tables)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE bare WITH (FORCE)")


def test_help_names_the_commands(environment: dict[str, str]) -> None:
    shown = _assistant(environment, "--help").stdout.decode()
    assert all(name in shown for name in ("serve", "train", "parse", "say", "rasa", "migrate"))
