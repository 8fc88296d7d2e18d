"""The same from a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.kit import warm
from tests.release.test_store import Connection, built, live_now, make_live


def run(database_url: str, var_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": database_url, "VAR_DIR": str(var_dir)}
    return warm.run("release", *words, environment=environment)


@pytest.mark.parametrize("act", ["promote", "rollback"])
def test_what_is_not_good_is_refused_in_a_sentence(
    connection: Connection, database_url: str, tmp_path: Path, act: str
) -> None:
    number = built(connection, "blocked", "Câu có dấu: 90%.")
    done = run(database_url, tmp_path, act, str(number))
    assert (done.returncode, "Câu có dấu: 90%." in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert live_now(connection) is None


def test_an_engineer_promotes_goes_back_and_sees_it_in_the_list(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    first, second = built(connection), built(connection)
    make_live(connection, first)
    assert run(database_url, tmp_path, "promote", str(second)).returncode == 0
    assert live_now(connection) == second
    assert run(database_url, tmp_path, "rollback", str(first)).returncode == 0
    assert live_now(connection) == first
    events = connection.execute("SELECT event, place, details->'release' FROM audit ORDER BY at").fetchall()
    assert events == [
        ("release.promoted", "command:release", second), ("release.rolled_back", "command:release", first),
    ]  # fmt: skip
    listed = run(database_url, tmp_path, "list").stdout.splitlines()
    assert [line for line in listed if line.startswith("→")] == [line for line in listed if f" {first} " in line[:8]]
