"""HTTP clients that start at once."""

from __future__ import annotations

import functools
import os
import ssl
from typing import Any

import httpx._transports.default as transports

_create = transports.create_ssl_context


@functools.cache
def _default(*authorities: str | None) -> ssl.SSLContext:
    return _create()


def share_tls_defaults() -> None:
    """Lets all clients without TLS settings of their own share one context.

    httpx reads the system's authorities for each client, and for each `httpx.get`: 40 ms of work, thousands of times.
    """

    def create(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is True and cert is None and trust_env:
            return _default(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return _create(verify=verify, cert=cert, trust_env=trust_env)

    transports.create_ssl_context = create
