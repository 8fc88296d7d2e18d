"""Brings what is live to a node: fetched, checked, loaded once for trial, then served."""

from __future__ import annotations

import filecmp
import logging
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from assistant import database
from assistant.release import archive, installed, live, store
from assistant.release.model import ReleaseError
from assistant.release.store import Connection
from assistant.settings import ROOT, Settings, StartError

logger = logging.getLogger(__name__)
_TRIAL_SECONDS = 60
PROBE = "Tôi quên mật khẩu VssID"


def fetched(connection: Connection, settings: Settings, number: int) -> Path:
    """Returns the model of a release on this node's disk.

    Raises:
        ReleaseError: if the archive is not kept any more.
        ModelRefused: if it is not signed by a key we trust.
    """
    return archive.unpacked(number, store.archive(connection, number), settings)


def live_settings(settings: Settings, url: str) -> Settings:
    """Returns settings that serve what is live; as they are where it cannot be had.

    Where nothing was released: the content without what was saved at the console, which nobody has checked yet.

    Whoever starts must come up: then with the model of its own, and the console shows the node as behind.
    """
    try:
        with database.connect(url, "assistant-release") as connection:
            connection.autocommit = True
            now = live.live(connection)
            if now is None:
                return installed.settings_of(connection, settings)
            model = fetched(connection, settings, now.release)
    except (psycopg.Error, ReleaseError, StartError, OSError) as error:
        logger.error("the live release cannot be had, this node begins with its own model: %s", error)
        return settings
    logger.info("serving release %d", now.release)
    return settings.model_copy(update={"model_path": str(model)})


def is_the_same(model: Path, served: Path) -> bool:
    """Tells whether a release holds the very model that a node has loaded."""
    return served.is_file() and filecmp.cmp(model, served, shallow=False)


def tried(model: Path, settings: Settings) -> str | None:
    """Loads a model in a process of its own and has it read a message; returns what is wrong with it.

    A model that breaks whoever loads it breaks that process, not the one that serves.
    """
    command = [sys.executable, "-m", "assistant.release.load_check", str(model)]
    environment = os.environ | {"MODELS_DIR": str(settings.models_dir), "VAR_DIR": str(settings.var_dir)}
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=_TRIAL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"not loaded after {_TRIAL_SECONDS} s"
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return (lines[-1] if lines else f"exit code {done.returncode}")[:300]
