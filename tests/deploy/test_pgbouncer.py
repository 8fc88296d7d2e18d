"""A node behind Debian's PgBouncer: what is acknowledged is answered, in each mode; what cannot work does not start."""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from assistant import database
from assistant.database import pooling
from assistant.settings import Settings, SettingsError
from tests.conftest import Served, serve
from tests.kit import people, pooler
from tests.kit.people import Store, Visitor, ZaloUser
from tests.kit.waiting import until

pytestmark = [pooler.needed, pytest.mark.timeout(1200), pytest.mark.dear(50), pytest.mark.machines]
MESSAGES, PEOPLE = 1000, 50
VAULT = base64.b64encode(b"v" * 32).decode()  # nodes of one database share their key


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Closes every client of a test."""
    yield
    people.close_clients()


def started(database_url: str, url: str, model: Path, folder: Path, **extra: str) -> Served:
    """Starts a node whose database is `url`, through the pooler, and looks into `database_url` itself."""
    node = serve(url, model, folder, DATABASE_DIRECT_URL=database_url, **extra)
    node.database_url = database_url
    node.launch()
    node.wait(400)
    return node


def written(node: Served) -> dict[str, int]:
    """Lets many people write at once, each event until it is acknowledged, as platforms do; returns how many were."""
    secret = ZaloUser(node)._secret
    everybody = [ZaloUser(node, secret=secret) for _ in range(PEOPLE)]

    def write(person: ZaloUser) -> tuple[str, int]:
        for number in range(MESSAGES // PEOPLE):
            event = person.text_event(f"tổng đài số mấy vậy, hỏi lần {number}")
            until(lambda event=event: person.post(event).status_code == 200)  # type: ignore[misc]
        return person.conversation, MESSAGES // PEOPLE

    with ThreadPoolExecutor(10) as pool:
        return dict(pool.map(write, everybody))


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_what_is_acknowledged_is_answered(database_url: str, model_path: Path, tmp_path: Path, mode: str) -> None:
    connections = 4 if mode == "transaction" else 60  # in session mode each client keeps one
    with pooler.pooled(database_url, mode, connections) as url:
        node = started(database_url, url, model_path, tmp_path)
        try:
            store = Store(database_url)
            acknowledged = written(node)
            until(lambda: store.value("SELECT count(*) FROM inbox WHERE done_at IS NULL") == 0, 600)
            answered = dict(store.rows("SELECT conversation, count(DISTINCT inbox_id) FROM outbox GROUP BY 1"))
            turns = dict(store.rows("SELECT conversation, count(*) FROM turns GROUP BY 1"))
            assert answered == acknowledged == turns
            assert sum(acknowledged.values()) == MESSAGES
            assert store.value("SELECT count(*) FROM dead_letters") == 0
            assert store.value("SELECT count(*) FROM inbox WHERE failures > 0") == 0
        finally:
            assert node.stop() == 0
    log = node.log.read_text()
    assert "Traceback" not in log
    assert "prepared statement" not in log


def test_two_nodes_hear_each_other_and_hold_the_locks(database_url: str, model_path: Path, tmp_path: Path) -> None:
    """What needs a session (wake-ups, a job for one node at a time, who is alive) goes by the direct way."""
    with pooler.pooled(database_url, "transaction") as url:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        nodes: list[Served] = []
        try:
            for name in ("one", "two"):
                nodes.append(started(database_url, url, model_path, tmp_path / name, VAULT_KEYS=VAULT))
            visitor = Visitor(nodes[0].url)
            assert "mã số BHXH" in visitor.text("em quên mật khẩu vssid")
            with visitor.http.stream("GET", f"{nodes[1].url}/chat/stream", timeout=15) as stream:
                lines = stream.iter_lines()
                next(lines)
                visitor.send("tổng đài số mấy vậy")
                assert any("1900" in line for line in lines if line.startswith("data:"))
            left = (
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE datname = current_database() AND locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
            )
            until(lambda: Store(database_url).value(left) == 0)  # none is left behind on a shared connection
            assert "ready" in httpx.get(f"{nodes[1].url}/readyz").text
        finally:
            for node in nodes:
                assert node.stop() == 0


class TestWhatCannotWork:
    def test_a_pooler_alone_is_refused_and_the_setting_named(self, database_url: str, tmp_path: Path) -> None:
        for mode in ("transaction", "session"):
            with pooler.pooled(database_url, mode) as url:
                node = serve(url, Path("unused"), tmp_path)
                done = subprocess.run(
                    [sys.executable, "-m", "assistant.cli", "serve"], env=node.environment, capture_output=True,
                    text=True, timeout=300, check=False,
                )  # fmt: skip
            assert done.returncode == 2
            assert "DATABASE_DIRECT_URL" in done.stderr
            assert "Traceback" not in done.stderr

    def test_a_direct_way_through_a_pooler_is_refused(self, database_url: str) -> None:
        with pooler.pooled(database_url, "session") as url:
            for name in ("database_direct_url", "database_owner_url"):
                ways = {"database_url": url, "database_direct_url": database_url, name: url}
                with pytest.raises(SettingsError, match=name.upper()):
                    pooling.refuse_unfit(Settings(**ways))

    def test_two_databases_are_refused(self, server_url: str, database_url: str) -> None:
        other = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {other} TEMPLATE migrated")
        try:
            strange = server_url.replace("/postgres?", f"/{other}?")
            with (
                pooler.pooled(strange, "transaction") as url,
                pytest.raises(SettingsError, match="different databases"),
            ):
                pooling.refuse_unfit(Settings(database_url=url, database_direct_url=database_url))
        finally:
            with psycopg.connect(server_url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {other} WITH (FORCE)")

    def test_a_pooler_that_allows_no_transactions_is_refused(self, database_url: str) -> None:
        with pooler.pooled(database_url, "statement") as url, pytest.raises(SettingsError, match="transactions"):
            pooling.refuse_unfit(Settings(database_url=url, database_direct_url=database_url))

    def test_the_owner_of_the_tables_is_refused(self, database_url: str) -> None:
        with pooler.pooled(database_url, "transaction", login="postgres") as url:
            settings = Settings(database_url=url, database_direct_url=database_url)
            pooling.refuse_unfit(settings)
            with pytest.raises(SettingsError, match="assistant_app"):
                pooling.refuse_owner(settings)


def test_connections_through_a_pooler_keep_nothing(database_url: str) -> None:
    with pooler.pooled(database_url, "transaction", connections=1) as url:
        way = pooling.marked(url)
        clients = [database.connect(way, f"client-{number}") for number in range(3)]
        for round_ in range(20):
            for number, client in enumerate(clients):
                word = secrets.token_hex(4)
                row = client.execute("SELECT %s::text, %s::int", (word, number + round_)).fetchone()
                client.commit()
                assert row == (word, number + round_)
        for client in clients:
            client.close()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
