"""A short coverage-guided run of each parser that strangers feed; `SECONDS` more for a long one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import ROOT

pytestmark = pytest.mark.dear(40)

pytest.importorskip("atheris", reason="atheris is not made for this processor")

#: Of run.py, which is not imported here: it rewrites the modules it fuzzes.
TARGETS = ("zalo", "messenger", "signature", "detection", "link")
SECONDS = os.environ.get("FUZZ_SECONDS", "5")
TEXTS = (
    "mã số của em là 7900000123, sđt 0901 000 123",
    "an chấm nguyễn a còng example chấm com, căn cước 079000000123",
    "mật khẩu: Abc@1234 mã OTP 123456 thẻ DN4797900000123",
)


def corpus(target: str, folder: Path) -> Path:
    """Fills a folder with inputs to begin with."""
    samples = [text.encode() for text in TEXTS]
    if target in ("zalo", "messenger"):
        samples += [path.read_bytes() for path in (ROOT / "connectors" / target / "fixtures").glob("*.json")]
    if target == "link":
        samples += [b"token/1700000000." + b"0" * 64]
    for number, sample in enumerate(samples):
        (folder / str(number)).write_bytes(sample)
    return folder


def fuzz(target: str, folder: Path, seconds: str) -> subprocess.CompletedProcess[str]:
    """Runs one target for so many seconds."""
    command = [sys.executable, "-m", "tests.fuzz.run", target, str(folder), seconds]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=90 + int(seconds), check=False
    )


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_is_sent_a_parser_answers_or_refuses(target: str, tmp_path: Path) -> None:
    done = fuzz(target, corpus(target, tmp_path), SECONDS)
    assert done.returncode == 0, done.stderr[-4000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs
    assert int(runs[1]) > 1000
