"""The training of a build: a process of its own that ends with the build. `python -m assistant.release.training_step`

Rasa is imported for training in another way than for serving, so one process cannot do both.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from assistant.runtime import logs
from assistant.runtime.forking import end_with
from assistant.settings import ROOT, Settings

_DONE = "model: "


def run_training(settings: Settings, said: Callable[[str], None]) -> Path | None:
    """Trains on the content of `settings`; returns the model, or None after `said` got what went wrong."""
    command = [sys.executable, "-m", "assistant.release.training_step", str(os.getpid())]
    environment = os.environ | {
        "CONTENT_DIR": str(settings.content_dir), "MODELS_DIR": str(settings.models_dir), "MODEL_PATH": "",
        "TQDM_DISABLE": "1", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    model: Path | None = None
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(_DONE):
                model = Path(line.removeprefix(_DONE).strip())
            elif line.strip():
                said(line.strip()[:500])
    return model if process.returncode == 0 else None


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    logs.configure(logging.INFO, ())  # no conversation is met here
    from assistant.rasa import training

    sys.stdout.write(f"{_DONE}{training.train(Settings())}\n")
