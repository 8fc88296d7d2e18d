"""The HTTP face: routes, security headers, errors that say nothing about the inside."""

from __future__ import annotations

import errno
import hmac
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from assistant import database
from assistant.app import connections, doctor, modes
from assistant.app import logging as app_logging
from assistant.app.node import PROBE, Node
from assistant.app.supervisor import Child, Supervisor
from assistant.console.rooms import console_of
from assistant.model_store import signing
from assistant.privacy import keyring
from assistant.runtime import metrics, shared_metrics, tracing
from assistant.runtime.lanes import Busy
from assistant.settings import Settings, SettingsError
from assistant.web.middleware import AddressLimit, OpenLimit, SecurityHeaders, UnprovenBytes
from assistant.web.pictures import PicturePages
from connectors.web.language import language_of

logger = logging.getLogger(__name__)
#: Seconds for the doors of a server that was just killed to let go of the port.
_PORT_PATIENCE = 3.0


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def application(node: Node) -> ASGIApp:
    """Returns the application of a node."""

    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(request: Request) -> Response:
        good = await node.is_ready()
        return JSONResponse({"ready": good, "model": node.host.model}, 200 if good else 503)

    metrics_token = node.settings.metrics_token.get_secret_value()

    async def numbers(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if metrics_token and not hmac.compare_digest(given.encode(), metrics_token.encode()):
            return PlainTextResponse("unauthorised", 401, {"www-authenticate": "Bearer"})
        await metrics.observe_store(node.pool)
        return Response(shared_metrics.page(), media_type="text/plain; version=0.0.4")

    def say(request: HTTPConnection, reason: str) -> str:
        return str(node.say.of(language_of(request))[reason])

    def too_many(scope: Scope) -> str:
        return say(HTTPConnection(scope), "too_many")

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        reason = "not_found" if status in (404, 405) else "wrong"
        if _wants_page(request):
            return await node.pages.error(request, status, reason)
        return JSONResponse({"error": say(request, reason)}, status)

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=400)  # nobody reads it: the connection ended in the middle of the request

    async def broken(request: Request, error: Exception) -> Response:
        logger.error(
            "%s %s failed: %s", request.method, request.scope.get("route_name", "request"), type(error).__name__
        )
        if _wants_page(request):
            return await node.pages.error(request, 503, "busy")
        return JSONResponse({"error": say(request, "busy")}, 503, {"retry-after": "2"})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await node.start()
        console.start()
        yield
        console.stop()
        await node.stop()

    console = console_of(node)
    routes: list[BaseRoute] = [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", numbers),
        *(route for channel in node.channels for route in channel.routes),
        *node.chat.routes(),
        *node.pages.routes(),
        *(node.code_page.routes() if any(channel.name == "phone" for channel in node.channels) else ()),
        *node.declarations.routes(),
        *PicturePages(node.pool).routes(),
        *console.routes(),
        Mount("/static", StaticFiles(directory=Path(__file__).parents[1] / "web" / "static")),
    ]
    if node.sandbox:
        routes.append(node.sandbox.mount())
    # A store that is away is named, besides: after other exceptions uvicorn drops the connection without a word.
    away = {psycopg.Error: broken, TimeoutError: broken, Busy: broken}
    handlers = {HTTPException: refused, ClientDisconnect: gone, Exception: broken} | away
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    # Around the whole application: Starlette answers what broke outside of its middleware.
    rate = node.settings.requests_per_second
    limited = AddressLimit(app, too_many, rate, rate * 6, metrics.refused.labels("address").inc)
    most_open = node.settings.connections_per_address
    open_ones = OpenLimit(limited, too_many, most_open, metrics.refused.labels("open requests").inc)
    unproven = UnprovenBytes(open_ones, too_many, refused=metrics.refused.labels("unproven").inc)
    return SecurityHeaders(unproven, https=node.settings.base_url.startswith("https"))


class _Server(uvicorn.Server):
    """Ends open event streams as soon as a stop is asked for; uvicorn would wait for the browsers."""

    def __init__(self, config: uvicorn.Config, node: Node, held: connections.Connections) -> None:
        super().__init__(config)
        self._node = node
        self._held = held

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if os.environ.get("WELCOME") and self.started:
            sys.stderr.write(welcome(self._node.settings.base_url))
            sys.stderr.flush()

    async def shutdown(self, sockets: Any = None) -> None:
        self._node.streams.close()
        self._held.ending = True  # for those too that are only being accepted
        await super().shutdown(sockets)


def welcome(address: str) -> str:
    """Returns what somebody reads who started the assistant by hand (`make run`)."""
    return f"""
Trợ lý đã sẵn sàng (ready): {address}
  Thử: mở địa chỉ trên, gõ “em quên mật khẩu vssid”, mã số 7900000123, số điện thoại 0901000123.
  Thư gửi đến tài khoản mẫu nằm ở {address}/sandbox (the demo accounts' mailbox); tài khoản khác: docs/demo-accounts.md
  Dừng (stop): Ctrl+C
"""


def serve(settings: Settings) -> int:
    """Serves until a signal; returns the exit code."""
    app_logging.configure(settings.log_level, settings.log_format)
    modes.refuse_unasked(settings)
    modes.refuse_real(settings)
    doctor.refuse_unsafe(settings)
    connections.raise_file_limit()
    # As an interrupt a signal ends the process with code 0 and lets `atexit` stop the embedded PostgreSQL.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), _listen(settings) as listener:
        if settings.nodes == 0:
            _serve_doors(settings, listener)
            return 0
        with tempfile.TemporaryDirectory(prefix="assistant-") as folder:
            shared_metrics.share(Path(folder))
            return Supervisor(lambda: _children(_prepared(settings), listener, Path(folder))).run()
    return 0


def _listen(settings: Settings) -> socket.socket:
    """Opens the port for all doors; while one of them starts again, whoever connects waits there."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    until = time.monotonic() + _PORT_PATIENCE
    while True:
        try:
            return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                where = f"HOST {settings.host}, PORT {settings.port}"
                hint = f"; another one: make run PORT={settings.port + 1}" if error.errno == errno.EADDRINUSE else ""
                raise SettingsError(f"cannot listen on {where}: {error.strerror}{hint}") from error
        time.sleep(0.05)


def _prepared(settings: Settings) -> Settings:
    """Loads what all processes share; returns settings that name the database and the model."""
    with _first_training(settings), ThreadPoolExecutor(1) as starting:  # PostgreSQL and Rasa start side by side
        loading = starting.submit(_import_and_load, settings)
        url, owner_url = database.prepared(settings)
        loading.result()
    model = _loaded(settings, url)
    logger.info("http://%s:%s (%s, model %s)", settings.host, settings.port, settings.assistant_mode, model.name)
    keyring.open_vault(settings)  # at the very first start it makes the keys that all processes share
    named = {"database_url": url, "database_owner_url": owner_url, "model_path": str(model)}
    return settings.model_copy(update=named)


@contextmanager
def _first_training(settings: Settings) -> Iterator[None]:
    """Trains while everything else is made, where nothing was ever there: neither a model nor a database with one."""
    named = settings.model_path or settings.database_url
    if named or any(settings.models_dir.glob("*.tar.gz")) or (settings.var_dir / "postgres").exists():
        yield
        return
    from assistant.rasa import training

    process = training.begin(settings)
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise
    training.result(process)


def _loaded(settings: Settings, url: str) -> Path:
    """Loads the live release, or, where there is none or it does not load, this server's own model.

    With the content that goes with it: the processes forked from this one then have both at once, and share them.
    """
    from assistant.rasa import training
    from assistant.release import exchange

    released = exchange.live_settings(settings, url)
    if released is not settings:
        try:
            return _load(training.current_model(released), settings)
        except Exception:
            logger.exception("the live release cannot be loaded: serving this server's own model")
    return _load(training.current_model(settings), settings)


def _load(model: Path, settings: Settings) -> Path:
    """Loads a model and the content that goes with it; once, whoever asks again has it."""
    from assistant.rasa import loaded_content, training
    from assistant.rasa.host import Parser

    parser = Parser(model)
    parser.parse(PROBE[0])
    parser.close()
    loaded_content.load(model, training.content_with(model, settings))
    return model


def _import_and_load(settings: Settings) -> None:
    """Imports the engine and, while a PostgreSQL of our own starts, loads what it will probably say is to be served.

    Where a release is live it is another model, so where one was before, nothing is loaded that may not be needed.
    """
    from assistant.app import engine_process  # noqa: F401 - takes seconds, so it starts early
    from assistant.rasa import training
    from assistant.release import archive

    is_up = settings.database_url or (settings.var_dir / "postgres" / "postmaster.pid").exists()
    if is_up or archive.folder_of(settings).exists():
        return
    with suppress(Exception):  # what is wrong with it is said when it is to be served
        model = training.present_path(settings)
        if training.is_complete(model):
            signing.verify(model, settings)
            _load(model, settings)


def _children(settings: Settings, listener: socket.socket, folder: Path) -> list[Child]:
    """Returns the processes of all nodes; each node's engines find its doors at an address of their own."""
    engines = settings.workers or max(2, (os.cpu_count() or 2) // settings.nodes)
    children = []
    for node in range(1, settings.nodes + 1):
        address = folder / f"{node}-{secrets.token_hex(4)}"
        serve_doors = partial(_serve_doors, settings, listener, address, tell_parent=node == 1)
        children.append(Child(f"doors {node}", node, "doors", serve_doors))
        children += [
            Child(
                f"engine {node}.{number}", node, "engines", partial(_work, settings, address), partial(_warm, settings)
            )
            for number in range(1, engines + 1)
        ]
    return children


def _warm(settings: Settings) -> None:
    """Works out what only engines look at, while the doors are starting; it stays, so it is done once."""
    from assistant.rasa import loaded_content, training

    model = Path(settings.model_path)
    loaded_content.load(model, training.content_with(model, settings)).warm()


def _work(settings: Settings, address: Path, beat: Callable[[], None]) -> None:
    from assistant.app import engine_process

    with tracing.running("engine"):
        engine_process.work(settings, address, beat)


def _serve_doors(
    settings: Settings,
    listener: socket.socket,
    engines: Path | None = None,
    beat: Callable[[], None] = lambda: None,
    tell_parent: bool = False,
) -> None:
    """Serves in this process until a signal; one of several tells the parent when there is another release."""
    # Workers compute; the doors must get the interpreter back soon: 5 ms, Python's default, is half an answer.
    sys.setswitchinterval(0.0005)
    parent = os.getppid()
    take_over = partial(os.kill, parent, signal.SIGHUP) if tell_parent else None
    node = Node(settings, engines, beat, take_over)
    allowed = connections.bounds(settings.connections, settings.connections_per_address, settings.forwarded_allow_ips)
    held = connections.Connections(allowed, lambda why: metrics.refused.labels(why).inc())
    config = uvicorn.Config(
        application(node),
        loop="uvloop",
        http=connections.bounded(held),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        # uvicorn would believe whoever connects from this machine.
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=settings.forwarded_allow_ips or "",
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
    # uvicorn stops in good order and then raises the signal again.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), tracing.running("doors"):
        _Server(config, node, held).run(sockets=[listener])
