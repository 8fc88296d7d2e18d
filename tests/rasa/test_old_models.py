"""Models that were trained before a module moved."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from tests.conftest import ROOT

#: Where modules stood that the metadata of older models names.
MOVED = {b"assistant.rasa.recipe_validator": b"assistant.rasa.recipe_validator"}


def _as_trained_before(model: Path, folder: Path) -> Path:
    inside = folder / "inside"
    with tarfile.open(model) as archive:
        archive.extractall(inside, filter="data")
    metadata = inside / "metadata.json"
    text = metadata.read_bytes()
    for now, then in MOVED.items():
        assert now in text
        text = text.replace(now, then)
    metadata.write_bytes(text)
    old = folder / "old.tar.gz"
    with tarfile.open(old, "w:gz") as archive:
        archive.add(inside, ".")
    return old


def test_a_model_that_names_modules_where_they_were_understands(model_path: Path, tmp_path: Path) -> None:
    old = _as_trained_before(model_path, tmp_path)
    code = (
        "import sys, pathlib; from assistant.rasa.host import Parser;"
        "print(Parser(pathlib.Path(sys.argv[1])).parse('Tôi quên mật khẩu VssID')['intent'])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(old)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["reset_password"]
