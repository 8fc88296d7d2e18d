"""Real servers in threads of the test's process: the stand-in registry, with and without TLS."""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from assistant.accounts.registry.http import HttpRegistry, Signature
from sandbox.certificates import Authority, Certificate
from sandbox.registry import RegistryStandIn
from tests.kit.ports import free_port
from tests.kit.waiting import PATIENCE


class Serving:
    """An application on a port of its own until `stop`."""

    def __init__(self, app: object, port: int = 0, certificate: Certificate | None = None, client_ca: str = "") -> None:
        self.port = port or free_port()
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]
            port=self.port,
            log_config=None,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate and str(certificate.cert),
            ssl_keyfile=certificate and str(certificate.key),
            ssl_ca_certs=client_ca or None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if client_ca else ssl.CERT_NONE,
        )
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until = time.monotonic() + PATIENCE
        while not self._server.started and self._thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)


@dataclass
class Secured:
    """A stand-in that asks for a client's certificate and for signatures, and what a good client shows."""

    folder: Path
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        self.authority = Authority(self.folder)
        self.client = self.authority.issue("assistant", client=True)
        self.stand_in = RegistryStandIn(keys={"main": self.key})
        self.server = Serving(
            self.stand_in.app(), certificate=self.authority.issue("registry"), client_ca=str(self.authority.file)
        )

    def registry(self, **other: object) -> HttpRegistry:
        """Returns a client with everything it needs, or with something else instead."""
        shown = {
            "ca_file": str(self.authority.file),
            "client_cert": str(self.client.cert),
            "client_key": str(self.client.key),
            "signature": Signature("main", self.key),
        }
        return HttpRegistry(self.server.url, **(shown | other))  # type: ignore[arg-type]

    def stop(self) -> None:
        self.server.stop()
