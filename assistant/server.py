"""The HTTP face: routes, security headers, errors that say nothing about the inside."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import metrics
from assistant.node import Node
from assistant.settings import Settings

logger = logging.getLogger(__name__)

_HEADERS = {
    b"content-security-policy": b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    b" object-src 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=()",
    b"cross-origin-opener-policy": b"same-origin",
}


class SecurityHeaders:
    """Adds the headers every answer carries, unless the endpoint set its own."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._headers = _HEADERS | ({b"strict-transport-security": b"max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in self._headers.items() if h[0] not in present)]
            await send(message)

        await self._app(scope, receive, with_headers)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def application(node: Node) -> ASGIApp:
    """Returns the application of a node."""

    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(request: Request) -> Response:
        good = await node.is_ready()
        return JSONResponse({"ready": good, "model": node.host.model}, 200 if good else 503)

    async def numbers(request: Request) -> Response:
        return Response(await metrics.page(node.pool), media_type="text/plain; version=0.0.4")

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        reason = "not_found" if status in (404, 405) else "wrong"
        if _wants_page(request):
            return await node.pages.error(request, status, reason)
        return JSONResponse({"error": node.say[reason]}, status)

    async def broken(request: Request, error: Exception) -> Response:
        logger.error(
            "%s %s failed: %s", request.method, request.scope.get("route_name", "request"), type(error).__name__
        )
        if _wants_page(request):
            return await node.pages.error(request, 503, "busy")
        return JSONResponse({"error": node.say["busy"]}, 503)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await node.start()
        yield
        await node.stop()

    routes: list[BaseRoute] = [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/metrics", numbers),
        *(route for channel in node.channels for route in channel.routes),
        *node.chat.routes(),
        *node.pages.routes(),
        *node.declarations.routes(),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "web" / "static")),
    ]
    if node.sandbox:
        routes.append(node.sandbox.mount())
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: refused, Exception: broken})
    # Around the whole application: Starlette answers what broke outside of its middleware.
    return SecurityHeaders(app, https=node.settings.base_url.startswith("https"))


class _Server(uvicorn.Server):
    """Ends open event streams as soon as a stop is asked for; uvicorn would wait for the browsers."""

    def __init__(self, config: uvicorn.Config, node: Node) -> None:
        super().__init__(config)
        self._node = node

    async def shutdown(self, sockets: Any = None) -> None:
        self._node.streams.close()
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Serves until a signal."""
    # Workers compute; the doors must get the interpreter back soon: 5 ms, Python's default, is half an answer.
    sys.setswitchinterval(0.0005)
    node = Node(settings)
    config = uvicorn.Config(
        application(node),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
    )
    logger.info("http://%s:%s (%s, model %s)", settings.host, settings.port, settings.assistant_mode, node.host.model)
    # uvicorn stops in good order and then raises the signal again. As an interrupt it ends the process with code 0
    # and lets `atexit` stop the embedded PostgreSQL.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        _Server(config, node).run()
