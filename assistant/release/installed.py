"""What is served while nothing was released: the content as it was installed.

What staff save reaches nobody before a release, also where there has not been one yet: a server that only starts anew
lets nothing past the gate.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from assistant.model_store import signing
from assistant.rasa import training
from assistant.rasa.fingerprint import fingerprint
from assistant.release import archive, content
from assistant.release.model import ReleaseError
from assistant.release.store import Connection
from assistant.release.training_step import run_training
from assistant.settings import ROOT, Settings

logger = logging.getLogger(__name__)
_DATA, _DOMAIN = "data", "domain.yml"


def settings_of(connection: Connection, settings: Settings) -> Settings:
    """Returns settings that serve the content without what the console changed; as they are where it changed nothing.

    Raises:
        ReleaseError: if that content cannot be learned.
    """
    saved = connection.execute("SELECT EXISTS (SELECT 1 FROM content_changes WHERE staff <> '')").fetchone()
    if settings.model_path or not (saved and saved[0]):
        return settings
    home = archive.installed_of(settings)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".copying-") as fresh:
        copy = Path(fresh) / "it"
        content.snapshot(connection, training.content_of(settings), copy / _DATA)
        if not content.take_back(connection, copy / _DATA):
            return settings
        shutil.copy(ROOT / _DOMAIN, copy / _DOMAIN)
        place = home / _named(copy)
        if not place.is_dir():
            _learn(settings, copy)
            with suppress(OSError):  # another process of this machine was first
                copy.rename(place)
    for other in home.iterdir():
        if other != place and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)
    logger.info("nothing was released yet: what was saved at the console waits for a release")
    return settings.model_copy(update={"model_path": str(next(place.glob("*.tar.gz")))})


def _named(copy: Path) -> str:
    words = hashlib.sha256((copy / _DOMAIN).read_bytes())
    words.update(repr(sorted(content.versions(copy / _DATA).items())).encode())
    return f"{fingerprint(data=copy / _DATA)}-{words.hexdigest()[:16]}"


def _learn(settings: Settings, copy: Path) -> None:
    """Puts the model of a content beside it: the one that was served before is still there, else it is trained."""
    model = training.model_path(settings.models_dir, data=copy / _DATA)
    if not training.is_complete(model):
        said: list[str] = []
        trained = run_training(settings.model_copy(update={"content_dir": copy / _DATA}), said.append)
        if trained is None:
            raise ReleaseError("; ".join(said[-3:]) or "the installed content cannot be learned")
        model = trained
    for file in (model, signing.signature_path(model)):
        shutil.copy(file, copy / file.name)
