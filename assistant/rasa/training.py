"""Trains a model from the content and names it after what it was made of."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from assistant.content.library import prepared
from assistant.model_store import signing
from assistant.rasa import slim_boot
from assistant.rasa.fingerprint import DATA, fingerprint
from assistant.settings import ROOT, Settings, StartError

logger = logging.getLogger(__name__)


class TrainingError(StartError):
    """Rasa did not produce a model; its own messages were printed."""


def content_of(settings: Settings, root: Path = ROOT) -> Path:
    """Returns the content folder of a tree: for our own, the one that is set."""
    return prepared(settings.content_dir, ROOT / DATA) if root == ROOT else root / DATA


def content_with(model: Path, settings: Settings) -> Path:
    """Returns the content that goes with a model: in a release they lie side by side; else what is set."""
    beside = model.parent / DATA
    return beside if (beside / "faq").is_dir() else content_of(settings)


def model_path(models: Path, root: Path = ROOT, data: Path | None = None) -> Path:
    """Returns where the model for the present content is, or would be."""
    return models / f"vssid-{fingerprint(root, data)}.tar.gz"


def present_path(settings: Settings, root: Path = ROOT) -> Path:
    """Returns where the model to serve is, or would be."""
    if settings.model_path:
        return Path(settings.model_path)
    return model_path(settings.models_dir, root, content_of(settings, root))


def is_complete(path: Path) -> bool:
    """Tells whether a model is there with its signature; a training that died between the two is done again."""
    return path.exists() and signing.signature_path(path).exists()


@contextmanager
def without_bars() -> Iterator[None]:
    """Keeps Rasa from drawing progress bars, on which it decides by a variable that our settings read, too."""
    was = os.environ.get("LOG_LEVEL")
    os.environ["LOG_LEVEL"] = "WARNING"
    try:
        yield
    finally:
        os.environ.pop("LOG_LEVEL")
        if was is not None:
            os.environ["LOG_LEVEL"] = was


@contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Keeps what Rasa prints (a bar for each step of the rules) off the terminal; yields it."""
    with without_bars(), redirect_stdout(io.StringIO()) as said:
        yield said


def train(settings: Settings, root: Path = ROOT) -> Path:
    """Trains on the present content, signs the model and returns its path.

    Raises:
        TrainingError: if the rules contradict each other or the training fails.
    """
    slim_boot.boot(serving=False)
    import rasa.model_training

    from assistant.rasa import parallel_training

    parallel_training.install()
    models = settings.models_dir
    data = content_of(settings, root)
    path = model_path(models, root, data)
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models) as fresh:
        # Everything is trained anew, so nothing is kept for later; where we are installed may not be for writing.
        os.environ["RASA_CACHE_DIRECTORY"] = f"{fresh}/cache"
        with _quiet() as said:
            result = rasa.model_training.train(
                domain=str(root / "domain.yml"),
                config=str(root / "config.yml"),
                training_files=[str(data)],
                output=fresh,
                fixed_model_name=path.name,
                force_training=True,
            )
        if result.code != 0 or not result.model:
            raise TrainingError(f"training failed {said.getvalue().strip()}".strip())
        Path(result.model).replace(path)
    signing.sign(path, settings)
    return path


def current_model(settings: Settings, root: Path = ROOT) -> Path:
    """Returns the model to serve: the one named, or the present content's, trained if there is none.

    Raises:
        TrainingError: if the named model does not exist, or the training fails.
        ModelRefused: if the model is not signed by a key we trust.
    """
    path = _present_model(settings, root)
    signing.verify(path, settings)
    return path


def _present_model(settings: Settings, root: Path) -> Path:
    if settings.model_path:
        named = Path(settings.model_path)
        if not named.exists():
            raise TrainingError(f"MODEL_PATH {named} does not exist")
        return named
    path = model_path(settings.models_dir, root, content_of(settings, root))
    return path if is_complete(path) else result(begin(settings))


def begin(settings: Settings) -> subprocess.Popen[str]:
    """Starts a training in a process of its own: what training imports and allocates ends with it."""
    command = [sys.executable, "-m", "assistant.cli", "train"]
    environment = os.environ | {"MODELS_DIR": str(settings.models_dir), "MODEL_PATH": ""}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603


def result(training: subprocess.Popen[str]) -> Path:
    """Waits for a training; returns the model as it names it, since the content may change meanwhile.

    Raises:
        TrainingError: if it fails.
    """
    try:
        said, _ = training.communicate()
    except BaseException:
        training.kill()
        raise
    if training.returncode or not said.strip():
        raise TrainingError("training failed")
    return Path(said.strip().splitlines()[-1])
