"""The model of the present content, trained once however many ask for it."""

from __future__ import annotations

import fcntl
from pathlib import Path

from assistant.rasa import training
from assistant.settings import Settings


def current() -> Path:
    """Returns the model of the present content; who comes while it is being trained waits for it."""
    settings = Settings()
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with (settings.models_dir / ".tests").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return training.current_model(settings)
