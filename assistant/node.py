"""One node: the doors, the workers and the deliverer of one process, put together."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import yaml

from assistant import channels, database, declarations, metrics
from assistant.accounts.adapters.mail import MailWorker, SmtpMailer
from assistant.accounts.adapters.sql_registry import SqlRegistry
from assistant.accounts.model import Reset
from assistant.channels import zalo_app
from assistant.conversations import handover, inbox
from assistant.conversations.events import PULLED, Event
from assistant.conversations.outbox import Deliverer
from assistant.conversations.ready import Ready
from assistant.conversations.turns import TurnWorker
from assistant.conversations.wakeups import Wakeups
from assistant.privacy import erasure
from assistant.privacy.vault import Vault
from assistant.settings import ROOT, Settings
from assistant.sweeps import Job, Sweeps
from assistant.web.declarations import DeclarationPages
from assistant.web.pages import RESET_PATH, Pages
from connectors.channel import Parts
from connectors.web.chat import Streams, WebChat

if TYPE_CHECKING:
    from assistant.engine.host import AgentHost
    from sandbox.app import Sandbox

logger = logging.getLogger(__name__)
_SWEEP_SECONDS = 0.5
#: What is past its time cannot be read any more; it is removed this often.
_CLEAN_SECONDS = 15.0
_SORT_OUT_SECONDS = 600.0
_PROBE = ("Tôi quên mật khẩu VssID", "reset_password")


class Node:
    """Everything one process runs; `start` and `stop` in the event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = f"assistant-{socket.gethostname()[:20]}-{os.getpid()}-{secrets.token_hex(3)}"
        self.vault = Vault(settings.keys)
        self.desk = handover.read_desk(ROOT / "data/desk.yml")
        self.say: dict[str, str] = yaml.safe_load((ROOT / "data/web/messages.yml").read_text(encoding="utf-8"))
        with ThreadPoolExecutor(2) as starting:  # PostgreSQL and Rasa start side by side
            loading = starting.submit(_import_engine)
            self.url = starting.submit(_database, settings).result()
            loading.result()
        self.registry = SqlRegistry(settings.registry_url or database.sqlalchemy_url(self.url))
        self.sandbox: Sandbox | None = None
        self._stops: list[Callable[[], None]] = []
        self.smtp_url = settings.smtp_url.get_secret_value()
        self.zalo = zalo_app(settings)
        self.host = _load_host(self)
        self.ready = Ready()
        self.pool = database.pool(self.url, 10)
        self.streams = Streams()
        self.wakeups = Wakeups(self.url, self.pool, self.name)
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(10, connect=5), limits=httpx.Limits(max_connections=64))
        parts = Parts(self.pool, self.vault, self.http, self.accept)
        if settings.demo:
            self._start_demo()
        self.channels = [channels.zalo(self.zalo, parts)]
        self.chat = WebChat(self.pool, self.accept, self.streams, self.say)
        self.pages = Pages(
            self.connect, self.registry, self.vault.token_key, self.say, settings.demo, self._completed, self._committed
        )
        self.declarations = DeclarationPages(self.connect, self.vault, self.vault.token_key, self.say, settings.demo)
        self._tasks: list[asyncio.Task[Any]] = []
        self._workers: list[TurnWorker] = []
        self.deliverer: Deliverer | None = None
        self._mail: MailWorker | None = None

    def connect(self) -> psycopg.Connection[Any]:
        """Opens a connection of its own for a worker or a page."""
        return database.connect(self.url, "assistant-worker")

    def _start_demo(self) -> None:
        """Starts the mailbox, the Zalo stand-in and the demo members."""
        from sandbox.app import Sandbox
        from sandbox.mailbox import Mailbox
        from sandbox.members import MEMBERS
        from sandbox.zalo import ZaloStandIn

        self.registry.create()
        self.registry.add((m.code, m.cccd, m.phones, m.email) for m in MEMBERS)
        mailbox = Mailbox(self.settings.var_dir / "sandbox" / "mail")
        mailbox.start()
        self._stops.append(mailbox.stop)
        self.smtp_url = self.smtp_url or mailbox.url
        here = f"http://127.0.0.1:{self.settings.port}"
        zalo = ZaloStandIn(
            self.zalo.app_id, self.zalo.app_secret, self.zalo.oa_secrets[0],
            f"{here}/webhooks/zalo", self.settings.var_dir / "sandbox" / "zalo.json",
        )  # fmt: skip
        if not self.settings.zalo_app_id:  # otherwise a real OA, or another stand-in, is connected
            self.zalo = replace(self.zalo, refresh_token=zalo.grant())
        self.sandbox = Sandbox(zalo, mailbox, self.registry)

    async def start(self) -> None:
        """Starts workers, deliverer, mail and sweeps."""
        await self.pool.open(wait=True, timeout=10)
        senders = {channel.name: channel.sender for channel in self.channels if channel.sender}
        self.deliverer = Deliverer(self.pool, senders, self.name)
        self.wakeups.hear(self.deliverer.want)
        self.wakeups.hear(self.streams.changed)
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                self.deliverer.run(),
                self.wakeups.send(),
                self.wakeups.listen(),
                Sweeps(self.pool, self._jobs()).run(),
            )
        ]
        for _ in range(self.settings.workers):
            worker = TurnWorker(
                self.ready, self.connect, lambda: self.host, PULLED, self._answered, metrics.observe_turn
            )
            worker.start()
            self._workers.append(worker)
        if self.smtp_url:
            mailer = SmtpMailer(self.smtp_url, self.settings.mail_from)
            link_base = f"{self.settings.base_url}{RESET_PATH}"
            self._mail = MailWorker(self.connect, self.registry, mailer, ROOT / "data/mail", link_base)
            self._mail.start()
        else:
            logger.error("SMTP_URL is not set: mails wait")

    async def stop(self) -> None:
        """Finishes turns and messages in hand, then ends."""
        self.streams.close()
        self.ready.close()
        for worker in self._workers:
            await asyncio.to_thread(worker.join, 10)
        if self._mail:
            self._mail.stop()
            await asyncio.to_thread(self._mail.join, 10)
        if self.deliverer:
            await self.deliverer.stop()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.http.aclose()
        await self.pool.close()
        self.registry.close()
        for end in self._stops:
            await asyncio.to_thread(end)

    async def accept(self, event: Event) -> bool:
        """Takes an event in; when this returns it is on disk."""
        started = time.perf_counter()
        async with self.pool.connection() as connection:
            new = await inbox.accept(connection, event, self.vault)
        metrics.accept_seconds.observe(time.perf_counter() - started)
        metrics.events.labels(event.channel, "accepted" if new else "seen").inc()
        if new:
            self.ready.put(event.conversation)
        return new

    def _answered(self, conversation: str) -> None:
        self.wakeups.changed(conversation)
        if self._mail:
            self._mail.wake()

    def _completed(self, connection: psycopg.Connection[Any], done: Reset) -> None:
        """In the transaction that ends a reset: lets the assistant say so where it was asked."""
        channel = done.person.partition(":")[0]
        event = Event(channel, f"reset-done {done.id}", done.person, "system", payload="#reset_done")
        inbox.accept_within(connection, event, self.vault)

    def _committed(self, done: Reset) -> None:
        self.ready.put(done.person)
        if self._mail:
            self._mail.wake()

    def _jobs(self) -> list[Job]:
        assert self.deliverer is not None
        return [
            Job("waiting events", _SWEEP_SECONDS, self._find_waiting),
            Job("waiting messages", _SWEEP_SECONDS, self.deliverer.sweep),
            Job("waits at the desk", _SWEEP_SECONDS, self._end_waits),
            Job("past its time", _CLEAN_SECONDS, self._remove_expired, alone=True),
            Job("too old", _SORT_OUT_SECONDS, self._remove_old, alone=True),
            *(job for channel in self.channels for job in channel.jobs),
        ]

    async def _find_waiting(self) -> None:
        """Finds events that a dead node or a lost wake-up left."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(inbox.WAITING, (_SWEEP_SECONDS, 500))
            for (conversation,) in await cursor.fetchall():
                self.ready.put(conversation)

    async def _end_waits(self) -> None:
        async with self.pool.connection() as connection:
            waits = await (await connection.execute(handover.ANYBODY_WAITS)).fetchone()
        if waits and waits[0]:
            for conversation in await asyncio.to_thread(self._end_waits_now):
                self.ready.put(conversation)

    def _end_waits_now(self) -> list[str]:
        with self.connect() as connection:
            return handover.end_waits(connection, self.vault, self.desk)

    async def _remove_expired(self) -> None:
        async with self.pool.connection() as connection:
            await connection.execute("DELETE FROM vault WHERE expires_at < now()")
            await connection.execute(declarations.EXPIRED)

    async def _remove_old(self) -> None:
        async with self.pool.connection() as connection:
            for statement in erasure.TOO_OLD:
                await connection.execute(statement)

    async def is_ready(self) -> bool:
        """Tells whether a message would be understood and answered."""
        try:
            async with self.pool.connection(timeout=2) as connection:
                await connection.execute("SELECT 1")
            parsed = await asyncio.to_thread(self.host.parse, _PROBE[0])
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            logger.warning("not ready: %s", type(error).__name__)
            return False
        return parsed["intent"] == _PROBE[1] and all(worker.is_alive() for worker in self._workers)


def _import_engine() -> None:
    from assistant.engine import host  # noqa: F401 - takes seconds, so it starts early


def _database(settings: Settings) -> str:
    url = database.url_of(settings)
    database.migrate(url)
    return url


def _load_host(node: Node) -> AgentHost:
    from assistant.engine import training
    from assistant.engine.host import AgentHost

    path = training.current_model(node.settings)
    return AgentHost(path, ROOT / "data", node.registry, node.vault, node.settings.base_url)
