"""The real parts for the tests: an embedded PostgreSQL, the trained model, a served node."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import uvloop

from assistant import audit
from assistant.app import logging as logs
from assistant.settings import ROOT
from tests.kit import clients, connections, models, postgres, reaper
from tests.kit.nodes import Served, serve
from tests.kit.ports import free_port

__all__ = ["ROOT", "Served", "free_port", "serve"]

# The same examples every time, so that a red run is red again; HYPOTHESIS_PROFILE=default looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
gc.disable()  # what is imported and collected stays (pytest_collection_finish)
logs.configure()
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the loop that serves
audit.unlock(audit.Keys(b"p" * 32, b"e" * 32, b"c" * 32))
clients.share_tls_defaults()
#: Tests of other things count an answer for each message; test_bursts.py lets nodes wait as they do in the field.
os.environ["BURST_SECONDS"] = "0"
_STDERR = pytest.StashKey[int]()  # the real one, not pytest's
_REAPER = pytest.StashKey[subprocess.Popen[bytes]]()  # its pipe closes with this process


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run has what it leaves behind cleared away, even if it is killed."""
    if not hasattr(config, "workerinput"):
        config.stash[_REAPER] = reaper.watch()
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        config.stash[_STDERR] = os.dup(2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test that does not even end when its time is over (what it cleans up hangs) ends its process, not the run."""
    marker = item.get_closest_marker("timeout")
    seconds = float(marker.args[0] if marker else item.config.getini("timeout"))
    faulthandler.dump_traceback_later(seconds + 120, exit=True, file=item.config.stash[_STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starts the dear files first, the dearest before the others: what begins last, everybody waits for."""
    items.sort(key=_seconds, reverse=True)


def _seconds(item: pytest.Item) -> float:
    marker = item.get_closest_marker("dear")
    return float(marker.args[0]) if marker else 0.0


def pytest_collection_finish() -> None:
    """Spares each later look for garbage the modules and tests that stay: half a second a look."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """One PostgreSQL for all tests; each test makes its own database in it."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A fresh database with the present schema."""
    with postgres.fresh(server_url) as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit to the fresh database."""
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def connections_closed() -> Iterator[None]:
    """Closes what was kept open to look into databases."""
    yield
    connections.close_kept()


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The model of the present content, trained if need be."""
    return models.current()


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running demo node with a database of its own, shared by the tests of a module."""
    served = serve(postgres.create(server_url, "n"), model_path, tmp_path_factory.mktemp("node"))
    served.start()
    yield served
    served.stop()
