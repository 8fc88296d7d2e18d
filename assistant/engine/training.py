"""Trains a model from the content and names it after what it was made of."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assistant.engine import slim
from assistant.settings import ROOT, Settings

logger = logging.getLogger(__name__)

_CODE = ("assistant/nlu", "assistant/engine", "assistant/privacy/identifiers.py", "assistant/knowledge/faq.py")
_CONTENT = ("domain.yml", "config.yml", "data")


class TrainingError(RuntimeError):
    """Rasa did not produce a model; its own messages were printed."""


def _files(root: Path) -> Iterator[Path]:
    for name in (*_CONTENT, *_CODE):
        path = root / name
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.suffix in {".yml", ".py"} and p.is_file())


def fingerprint(root: Path = ROOT) -> str:
    """Returns 16 hex digits that change with any content or code a model depends on."""
    digest = hashlib.sha256()
    for path in _files(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def model_path(models: Path, root: Path = ROOT) -> Path:
    """Returns where the model for the present content is, or would be."""
    return models / f"vssid-{fingerprint(root)}.tar.gz"


def train(models: Path, root: Path = ROOT) -> Path:
    """Trains on the present content and returns the model's path.

    Raises:
        TrainingError: if the rules contradict each other or the training fails.
    """
    slim.boot(serving=False)
    import rasa.model_training

    path = model_path(models, root)
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models) as fresh:
        result = rasa.model_training.train(
            domain=str(root / "domain.yml"),
            config=str(root / "config.yml"),
            training_files=[str(root / "data")],
            output=fresh,
            fixed_model_name=path.name,
            force_training=True,
        )
        if result.code != 0 or not result.model:
            raise TrainingError("training failed")
        Path(result.model).replace(path)
    return path


def current_model(settings: Settings, root: Path = ROOT) -> Path:
    """Returns the model to serve: the one named, or the present content's, trained if there is none.

    Raises:
        TrainingError: if the named model does not exist, or the training fails.
    """
    if settings.model_path:
        named = Path(settings.model_path)
        if not named.exists():
            raise TrainingError(f"MODEL_PATH {named} does not exist")
        return named
    path = model_path(settings.models_dir, root)
    if not path.exists():
        # In a process of its own: what training imports and allocates ends with it. It names the
        # model it made, since the content may change while it trains.
        command = [sys.executable, "-m", "assistant.cli", "train"]
        environment = os.environ | {"MODELS_DIR": str(settings.models_dir), "MODEL_PATH": ""}
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
        if done.returncode or not done.stdout.strip():
            raise TrainingError("training failed")
        path = Path(done.stdout.strip().splitlines()[-1])
    return path
