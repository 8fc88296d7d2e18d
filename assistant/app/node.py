"""One node: the doors, the workers and the deliverer of one process, put together."""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from starlette.requests import Request

from assistant import database
from assistant.accounts import upkeep
from assistant.accounts.model import Reset
from assistant.advice.routes import read_table
from assistant.app import demo, mailing, modes, registries
from assistant.app.telephone import TelephoneAccounts
from assistant.content.languages import DEFAULT, Texts
from assistant.desk import assigning, handover, holding, pictures, questions, sending
from assistant.identifiers.keyed_hash import fingerprint
from assistant.identifiers.tokens import ProtectedText
from assistant.learning import job
from assistant.mail.worker import MailWorker
from assistant.messages import inbox, trial
from assistant.messages.events import PULLED, Event
from assistant.messages.link_revealing import RevealingSender
from assistant.messages.outbox import Deliverer
from assistant.messages.rate_limits import DoorLimits
from assistant.messages.ready_queue import Ready
from assistant.messages.remote_turns import Engines
from assistant.messages.searching import Searching
from assistant.messages.wakeups import Wakeups
from assistant.messages.workers import Aftermath, LocalTurns, TurnWorker
from assistant.privacy import erasure, keyring
from assistant.privacy.erased_list import ErasedList
from assistant.privacy.jobs import Upkeep
from assistant.privacy.ring import Derived
from assistant.release import exchange
from assistant.release.jobs import Jobs
from assistant.release.nodes import NodeReleases
from assistant.reports import insight
from assistant.runtime import http_client, metrics, shared_metrics, tracing
from assistant.runtime.batches import Batches
from assistant.runtime.conversation import channel_of
from assistant.runtime.deadlines import in_time
from assistant.runtime.lanes import Lane
from assistant.runtime.periodic_jobs import Job, Sweeps
from assistant.runtime.shared_look import SharedLook
from assistant.runtime.times import VIETNAM
from assistant.settings import ROOT, Settings
from assistant.web.code_page import CodePage
from assistant.web.declarations import DeclarationPages
from assistant.web.middleware import networks_of
from assistant.web.pages import Pages
from connectors import all as all_channels
from connectors.base.channel import Parts
from connectors.web.chat import Streams, WebChat
from connectors.web.session import Sessions

if TYPE_CHECKING:
    from assistant.rasa.host import AgentHost

logger = logging.getLogger(__name__)
_SWEEP_SECONDS = 0.5
_THREADS = 3  # turns at the same time where there are no engine processes
#: Zalo waits two seconds for an answer; "not now" is one, and it sends the event again.
_ACCEPT_SECONDS = 1.5
#: After this long a store that has stopped in the middle is not waited for any more.
_STORE_SECONDS = 4.0
_READY_SECONDS = 2.5
PROBE = ("Tôi quên mật khẩu VssID", "reset_password")


class Node:
    """Everything one process runs; `start` and `stop` in the event loop."""

    def __init__(
        self,
        settings: Settings,
        engines: Path | None = None,
        beat: Callable[[], None] = lambda: None,
        take_over: Callable[[], None] | None = None,
    ) -> None:
        """Puts everything together.

        Args:
            settings: this server's.
            engines: where engine processes connect; None: turns run in threads of this process.
            beat: called every second while the event loop turns.
            take_over: lets new processes with the live release take over; None if another process does that.
        """
        modes.refuse_real(settings)
        self.settings = settings
        self._engines_at = engines
        self._engines: Engines | None = None
        self._beat = beat
        self.name = f"assistant-{socket.gethostname()[:20]}-{os.getpid()}-{secrets.token_hex(3)}"
        self.limits = settings.limits
        self.door_limits = DoorLimits(self.limits.messages_a_minute, self.limits.messages_an_hour)
        self.desk = handover.read_desk(settings.desk_file)
        self._desk_watch = holding.Watch()
        self.say = Texts.read(ROOT / "data/web/messages.yml")
        with ThreadPoolExecutor(2) as starting:  # PostgreSQL and Rasa start side by side
            loading = starting.submit(_import_engine)
            url, self.owner_url = starting.submit(database.prepared, settings).result()
            loading.result()
        #: For the node's own work: it may not change the audit trail or the schema.
        self.url = database.as_app(url)
        self.vault = keyring.open_vault(settings)
        self.personal_data = Upkeep(self.connect, self.owner_url, ErasedList(settings.erased_folder, self.vault))
        self._register = registries.real_registry(settings, self.owner_url)
        self.registry = registries.guarded(self._register, settings.registry_seconds)
        self._stops: list[Callable[[], None]] = []
        self.smtp_url = settings.smtp_url.get_secret_value()
        self.host = _load_host(self)
        self.ready = Ready()
        self.pool = database.pool(self.url, 10)
        self._intake = Batches(self._store)
        self._search = Searching(self.vault)
        self._probes = Lane("probe", 1, 4)  # its own thread: whatever fills the others, the probe is answered
        self._looking = SharedLook(self._look)
        self.streams = Streams()
        server = os.getppid() if engines else os.getpid()
        jobs = Jobs(settings, self.url, server, "assistant.app.build_release", "assistant.app.play_candidate")
        self.releases = NodeReleases(
            settings, self.connect, self.name, lambda: self.host, None if engines else self._exchange_host, take_over,
            lambda: self._engines.models if self._engines else {}, jobs,
        )  # fmt: skip
        self.wakeups = Wakeups(database.way(database.direct_url_of(settings), self.name), self.pool, self.name)
        self.http = http_client.client()
        self.sandbox = demo.start(settings, self._register) if settings.demo else None
        if self.sandbox:
            self.smtp_url = self.smtp_url or self.sandbox.smtp_url
            self._stops.append(self.sandbox.stop)
        self.channels = all_channels.built(self.sandbox.settings if self.sandbox else settings, self._parts())
        sessions = Sessions(Derived(self.vault.proving, b"web sessions"), settings.base_url.startswith("https"))
        self.chat = WebChat(
            self.pool, self.accept, self.streams, self.say, sessions, self._network, self.vault, self._own
        )
        self.pages = Pages(
            self.connect, self.registry, self.vault.proving, self.say, settings.demo, self._completed,
            self._committed, self.limits, sessions,
        )  # fmt: skip
        self.code_page = CodePage(
            self.connect, self.vault.token_key, self.vault.proving, self.say, settings.demo, self._network, self.limits
        )
        self.declarations = DeclarationPages(
            self.connect, self.vault, self.vault.proving, self.say.of(DEFAULT), settings.demo
        )
        self._tasks: list[asyncio.Task[Any]] = []
        self._workers: list[TurnWorker] = []
        self.deliverer: Deliverer | None = None
        self._mail: MailWorker | None = None

    def _parts(self) -> Parts:
        telephone = TelephoneAccounts(self.registry, self.vault, self.limits)
        return Parts(
            self.pool,
            self.vault,
            self.http,
            self.accept,
            self.accept_all,
            self._forget,
            self.connect,
            telephone,
            lambda: self.host,
        )

    def connect(self) -> psycopg.Connection[Any]:
        """Opens a connection of its own for a worker or a page."""
        return database.connect(self.url, "assistant-worker")

    def _forget_now(self, conversation: str) -> None:
        """Removes the data of a conversation; who never wrote has none."""
        with database.connect(self.url, "assistant-erase") as connection:
            if erasure.is_kept(connection, conversation):
                erasure.erase(connection, conversation)

    async def _forget(self, conversation: str) -> None:
        await asyncio.to_thread(self._forget_now, conversation)

    async def start(self) -> None:
        """Starts workers, deliverer, mail and sweeps."""
        await self.pool.open(wait=True, timeout=10)
        await self.personal_data.erase_again()
        metrics.begin(
            [*(channel.name for channel in self.channels), "web"],
            [taken.value for taken in inbox.Taken if taken is not inbox.Taken.TOLD],
        )
        senders = {
            channel.name: RevealingSender(channel.name, channel.sender, self.pool, self.vault)
            for channel in self.channels
            if channel.sender
        }
        self.deliverer = Deliverer(self.pool, senders, self.name)
        self.wakeups.hear_waiting(self.deliverer.want)
        self.wakeups.hear(self.streams.changed)
        self.wakeups.hear(self.releases.hear)
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                self.deliverer.run(),
                self.wakeups.send(),
                self.wakeups.listen(),
                self._live(),
                self.releases.run(),
                Sweeps(self.pool, self._jobs()).run(),
            )
        ]
        after = Aftermath(self.ready, self._answered, metrics.observe_turn, self.deliverer)
        if self._engines_at:
            self._engines = Engines(self._engines_at, self.ready, after)
            await self._engines.start()
        else:
            for _ in range(self.settings.workers or _THREADS):
                turns = LocalTurns(self.connect, lambda: self.host, PULLED, self.settings.burst_seconds)
                self._workers.append(TurnWorker(self.ready, turns, after))
                self._workers[-1].start()
        if self.smtp_url:
            in_process = not self.settings.smtp_url.get_secret_value()
            self._mail = mailing.worker(
                self.settings, self.connect, self.registry, self.vault, self.smtp_url, in_process
            )
            self._mail.start()
        else:
            logger.error("SMTP_URL is not set: mails wait")

    def _exchange_host(self, model: Path) -> None:
        """Answers with another model from the next turn on; a turn in hand ends with the one it began with."""
        from assistant.app.engine import load_host

        settings = self.settings.model_copy(update={"model_path": str(model)})
        host = load_host(settings, self.registry, self.vault, self.desk)
        if host.parse(PROBE[0])["intent"] != PROBE[1]:
            raise ValueError("it does not understand the probe message")
        self.host = host

    async def _live(self) -> None:
        while True:
            self._beat()
            shared_metrics.leave()
            await asyncio.sleep(1)

    async def stop(self) -> None:
        """Finishes turns and messages in hand, then ends."""
        self.streams.close()
        self.ready.close()
        if self._engines:
            await self._engines.stop()
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
        await asyncio.to_thread(self.releases.stop)
        for channel in self.channels:
            channel.close()
        await self.http.aclose()
        await self.pool.close()
        await asyncio.to_thread(self.personal_data.close)
        self.registry.close()
        self._register.close()
        for end in self._stops:
            await asyncio.to_thread(end)

    async def accept(self, event: Event) -> bool:
        """Takes an event in; when this returns it is on disk.

        Raises:
            ValueError: if it says to be the system's: through a door only people come.
            TimeoutError: if the store does not answer in time. The event may be on disk or not; whoever sends it
                again, with the same id, finds it taken once.
            Busy: if too many long texts are being read; nothing was taken.
        """
        if event.kind == "system":
            raise ValueError("an event of the system came through a door")
        started = time.perf_counter()
        try:
            async with asyncio.timeout(_ACCEPT_SECONDS):
                became = await self._intake.do((event, await self._search.of(event)))
        except Exception:
            metrics.events.labels(event.channel, "unstored").inc()
            raise
        seconds = time.perf_counter() - started
        logger.debug("%s event of %s: %s in %.0f ms", event.channel, event.conversation, became.value, seconds * 1000)
        metrics.accept_seconds.observe(seconds)
        tracing.accepted(event.channel, event.event_id, event.kind, became.value, started)
        metrics.events.labels(event.channel, "over" if became is inbox.Taken.TOLD else became.value).inc()
        if became is inbox.Taken.TOLD:
            self.wakeups.changed(event.conversation)
        if became is inbox.Taken.ACCEPTED:
            self.ready.put(event.conversation)
        return became is inbox.Taken.ACCEPTED

    async def _own(self, event: Event) -> None:
        """Takes in what the system says to itself of a conversation."""
        await self._store([(event, None)])
        self.ready.put(event.conversation)

    async def accept_all(self, events: Sequence[Event]) -> int:
        """Takes in the events of one delivery; when this returns they are on disk. Returns how many are new."""
        return sum(await asyncio.gather(*map(self.accept, events)))

    async def _store(self, given: Sequence[tuple[Event, ProtectedText | None]]) -> list[inbox.Taken]:
        events, searched = [event for event, _ in given], {event: found for event, found in given if found}
        async with asyncio.timeout(_STORE_SECONDS), self.pool.connection() as connection:
            return await inbox.accept_all(connection, events, self.vault, self.door_limits, searched)

    def _answered(self, conversation: str, waiting: bool, mailed: bool) -> None:
        self.wakeups.changed(conversation, waiting)
        if mailed and self._mail:
            self._mail.wake()

    def _completed(self, connection: psycopg.Connection[Any], done: Reset) -> None:
        """In the transaction that ends a reset: lets the assistant say so where it was asked, and may be said."""
        if not done.is_told:
            return
        channel = channel_of(done.person)
        event = Event(channel, f"reset-done {done.id}", done.person, "system", payload="#reset_done")
        inbox.accept_within(connection, event, self.vault)

    def _committed(self, done: Reset) -> None:
        if done.is_told:
            self.ready.put(done.person)
        if self._mail:
            self._mail.wake()

    def _jobs(self) -> list[Job]:
        assert self.deliverer is not None
        ways = [route.response for route in read_table(ROOT / "data/routes.yml").routes.values()]
        return [
            Job("waiting events", _SWEEP_SECONDS, self._find_waiting),
            Job("waiting messages", _SWEEP_SECONDS, self.deliverer.sweep),
            Job("waits at the desk", _SWEEP_SECONDS, self._end_waits),
            Job("questions past their day", 60.0, self._tell_late),
            Job("pictures of chats that are over", 10.0, self._forget_pictures, alone=True),
            *self.personal_data.jobs(),
            Job("resets", upkeep.SECONDS, self._keep_up_resets, alone=True),
            *mailing.alert_jobs(
                self.settings,
                self.connect,
                self.desk,
                self.vault,
                self.smtp_url,
                not self.settings.smtp_url.get_secret_value(),
            ),
            *mailing.bounce_jobs(self.settings, self.connect, self.vault),
            Job("insight", insight.SECONDS, insight.Counting(self.connect, ways).run, alone=True),
            Job("learning", job.EVERY, job.LearningJob(self.connect).run, alone=True),
            *(job for channel in self.channels for job in channel.jobs),
        ]

    async def _find_waiting(self) -> None:
        """Finds events that a dead node or a lost wake-up left."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(inbox.WAITING, (_SWEEP_SECONDS, 500))
            for (conversation,) in await cursor.fetchall():
                self.ready.put(conversation)

    async def _end_waits(self) -> None:
        watched = self._desk_watch.going_on()
        async with self.pool.connection() as connection:
            values = holding.values(self.desk, watched)
            waits = await (await connection.execute(handover.ANYBODY_WAITS)).fetchone()
            held = await (await connection.execute(sending.ANY_DUE)).fetchone()
            due = await (await connection.execute(holding.ANYTHING_DUE, values)).fetchone()
        self._desk_watch.looked()
        if (waits and waits[0]) or (due and due[0]) or (held and held[0]):
            for conversation in await asyncio.to_thread(self._end_waits_now, watched):
                self.ready.put(conversation)

    def _end_waits_now(self, watched: datetime.timedelta) -> list[str]:
        with self.connect() as connection:
            sending.release(connection)
            ended = handover.end_waits(connection, self.vault, self.desk)
            assigning.offer(connection, self.desk)
            return ended + holding.watch(connection, self.vault, self.desk, watched)

    async def _forget_pictures(self) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(pictures.FORGET)

    async def _tell_late(self) -> None:
        now = datetime.datetime.now(VIETNAM)
        if not 8 <= now.hour < 20:  # nobody is woken for this
            return
        async with self.pool.connection() as connection:
            late = await (await connection.execute(questions.ANY_LATE, (now.date(),))).fetchone()
        if late and late[0]:
            for conversation in await asyncio.to_thread(self._tell_late_now, now.date()):
                self.ready.put(conversation)

    def _tell_late_now(self, today: datetime.date) -> list[str]:
        with self.connect() as connection:
            return questions.tell_late(connection, self.vault, today)

    async def _keep_up_resets(self) -> None:
        def keep_up() -> int:
            with self.connect() as connection:
                connection.autocommit = True  # each step is its own transaction
                return upkeep.keep_up(connection, self.limits)

        if await asyncio.to_thread(keep_up) and self._mail:
            self._mail.wake()

    def _network(self, request: Request) -> str:
        found = networks_of(request.scope.get("client"))
        return " ".join(fingerprint(self.vault.token_key, "network", network) for network in found)

    async def is_ready(self) -> bool:
        """Tells whether a message would be understood and answered; a store that is frozen is not waited for."""
        return await self._looking()

    async def _look(self) -> bool:
        try:
            return await in_time(self._ask_all_parts(), _READY_SECONDS)
        except TimeoutError:
            logger.warning("not ready: the store does not answer, or a standby does not confirm")
            return False

    async def _ask_all_parts(self) -> bool:
        try:
            async with self.pool.connection(timeout=2) as connection:
                await trial.run(connection, self.vault, self.door_limits)
            parsed = await self._probes.do(self.host.parse, PROBE[0])
        except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
            logger.warning("not ready: %s", type(error).__name__)
            return False
        there = self._engines.there > 0 if self._engines else all(worker.is_alive() for worker in self._workers)
        return parsed["intent"] == PROBE[1] and there


def _import_engine() -> None:
    from assistant.rasa import host  # noqa: F401 - takes seconds, so it starts early


def _load_host(node: Node) -> AgentHost:
    from assistant.app.engine import load_host

    if node._engines_at is None:  # else the process that all others came from has chosen
        released = exchange.live_settings(node.settings, node.url)
        if released is not node.settings:
            try:
                return load_host(released, node.registry, node.vault, node.desk)
            except Exception:
                logger.exception("the live release cannot be loaded, this node begins with its own model")
    return load_host(node.settings, node.registry, node.vault, node.desk)
