"""What a turn keeps of how a message was read, and what a conversation remembers: names of ours, nothing typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import database
from assistant.identifiers import tokens
from assistant.privacy.vault import Vault
from tests.kit import postgres
from tests.kit.talk import KEY, Talk, host_for

CODE, PHONE, TYPED = "7900000123", "0901000123", "số em là 0912 345 678"
#: Names of topics, sides, facts, rules, and texts of ours: none has digits in a row or an address.
NAME = re.compile(r"[a-z_]*(?:[/:#>=;-][a-z_0-9]{1,40})*[a-z_0-9]{0,40}", re.ASCII)


@pytest.fixture(scope="module")
def talk(server_url: str, model_path: Path) -> Iterator[Talk]:
    """A conversation with identifiers in it: a letter went out, and questions about it followed."""
    url = postgres.create(server_url)
    with host_for(model_path, url) as host, database.connect(url) as connection:
        connection.autocommit = True
        talk = Talk(host, connection, Vault([KEY]))
        for text in ("em quên mật khẩu", f"mã em {CODE}", PHONE, f"mất phí không, {TYPED}", "thư gửi đến đâu vậy"):
            talk.say(text)
        yield talk
    postgres.drop(server_url, url)


def strings(value: Any) -> Iterator[str]:
    """Yields every string and key within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def remembered(talk: Talk) -> dict[str, Any]:
    """Returns the slots as the stored tracker has them."""
    (events,) = talk.connection.execute(
        "SELECT tracker FROM conversations WHERE id = %s", (talk.conversation,)
    ).fetchone()  # type: ignore[misc]
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def test_a_reading_has_names_alone(talk: Talk) -> None:
    readings = [row[0] for row in talk.connection.execute("SELECT reading FROM turns WHERE reading IS NOT NULL")]
    assert len(readings) >= 3
    said = [text for reading in readings for text in strings(reading)]
    assert [text for text in said if not NAME.fullmatch(text) or re.search(r"\d{4}", text)] == []


def test_what_is_talked_about_has_names_alone(talk: Talk) -> None:
    memory = remembered(talk)["talk"]
    assert memory["said"]
    assert memory["acts"] == ["mail_sent"]
    assert not tokens.tokens_in(json.dumps(memory, ensure_ascii=False))
    assert [text for text in strings(memory) if not NAME.fullmatch(text) or re.search(r"\d{4}", text)] == []


def test_the_last_reset_is_kept_as_tokens(talk: Talk) -> None:
    last = remembered(talk)["last_reset"]
    found = tokens.tokens_in(last)
    assert [token.kind for token in found] == ["bhxh_code", "phone_or_code"]
    assert " ".join(token.token for token in found) == last


def test_the_address_of_a_letter_is_kept_masked(talk: Talk) -> None:
    (shown,) = talk.connection.execute("SELECT masked_email FROM resets").fetchone()  # type: ignore[misc]
    assert shown == "n•••n@e•••.com"


@pytest.mark.parametrize("leak", [CODE, "n.a@example.com", "0912 345 678", "⟦phone:aaaaaaaaaaaaaaaa⟧", "số em"])
def test_no_identifier_passes_for_a_name(leak: str) -> None:
    assert not NAME.fullmatch(leak) or re.search(r"\d{4}", leak)
