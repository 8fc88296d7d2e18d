"""What comes from elsewhere: pinned, listed, looked up, and never run by loading it."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.nlu.classifier import IntentClassifier
from assistant.settings import ROOT
from supply import audit, sbom
from supply.lock import read_lock

TODAY = datetime.date(2026, 11, 22)
LOCKS = ("requirements.lock", "requirements-dev.lock", "supply/tools.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_library_is_pinned_to_files_of_known_digest(name: str) -> None:
    packages = read_lock(ROOT / name)
    assert len(packages) > 20
    assert all(package.sha256 for package in packages)


def test_a_lock_entry_without_a_digest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("good==1 \\\n    --hash=sha256:" + "a" * 64 + "\nbad==2\n")
    with pytest.raises(ValueError, match="bad has no hash"):
        read_lock(tmp_path / "x.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", (ROOT / name).read_text())


def test_the_list_of_parts_names_every_library_with_its_digests() -> None:
    listed = {part["name"]: part for part in json.loads(sbom.bom())["components"]}
    for package in read_lock(ROOT / "requirements.lock"):
        part = listed[package.name]
        assert part["version"] == package.version
        assert part["purl"] == f"pkg:pypi/{package.name}@{package.version}"
        assert {digest["content"] for digest in part["hashes"]} == set(package.sha256)
    assert "tensorflow" not in listed


def report(**flaw: Any) -> dict[str, Any]:
    """An answer of pip-audit about one package."""
    found = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"], "description": ""} | flaw
    return {"dependencies": [{"name": "sanic", "version": "1.0", "vulns": [found]}], "fixes": []}


def accepted(**changed: Any) -> audit.Accepted:
    """An entry about that vulnerability."""
    return audit.Accepted(
        **{"id": "CVE-2026-1", "package": "sanic", "why": "x" * 20, "until": datetime.date(2027, 1, 1)} | changed
    )


def test_a_known_vulnerability_fails() -> None:
    assert audit.judge(report(), [], TODAY).open == ("sanic 1.0: PYSEC-2026-1 (mended in: 2.0)",)


def test_one_that_cannot_reach_us_passes_by_any_of_its_names() -> None:
    assert audit.judge(report(), [accepted()], TODAY).open == ()
    assert audit.judge(report(), [accepted(id="PYSEC-2026-1")], TODAY).open == ()


@pytest.mark.parametrize("changed", [{"until": TODAY - datetime.timedelta(1)}, {"package": "other"}, {"id": "CVE-2"}])
def test_an_entry_that_ended_or_is_about_something_else_does_not_help(changed: dict[str, Any]) -> None:
    assert audit.judge(report(), [accepted(**changed)], TODAY).open


def test_what_could_not_be_looked_up_is_counted_and_passes() -> None:
    away = {"dependencies": [{"name": "sanic", "skip_reason": "Dependency not found"}]}
    assert audit.judge(away, [], TODAY) == audit.Verdict((), 0, 1)


def test_the_entries_of_this_project_have_reasons_and_are_about_libraries_we_ship() -> None:
    shipped = {package.name for package in read_lock(ROOT / "requirements.lock")}
    for entry in audit.read_accepted(ROOT / "supply/accepted.yml"):
        assert entry.package in shipped
        assert entry.until >= datetime.datetime.now(datetime.UTC).date(), f"{entry.id}: look again"


def test_an_entry_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "accepted.yml").write_text("- {id: X, package: y, why: short, until: 2027-01-01}\n")
    with pytest.raises(ValueError, match="say why"):
        audit.read_accepted(tmp_path / "accepted.yml")


class Planted:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("planted code ran",))


def test_a_model_file_with_planted_code_is_refused_and_the_code_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = {"labels": ["a"], "temperature": 1.0, "threshold": 0.5, "features": ["x"]}
    (tmp_path / "classifier.json").write_text(json.dumps(head))
    planted = np.array([Planted()], dtype=object)
    np.savez(tmp_path / "classifier.npz", idf=planted, weights=planted, bias=planted)
    with pytest.raises(ValueError, match="allow_pickle"):
        IntentClassifier.load(tmp_path)
    assert "planted" not in capsys.readouterr().out


_WATCH = """
import sys
from pathlib import Path
found = []
sys.addaudithook(lambda name, given: found.append(given) if name == "pickle.find_class" else None)
from assistant.app import logging as logs
logs.configure()
from assistant.rasa.host import Parser
found.clear()  # libraries may build tables while they are imported; what counts is the model
parser = Parser(Path(sys.argv[1]))
assert parser.parse("em quên mật khẩu vssid")["intent"] == "reset_password"
print(found)
"""


def test_loading_a_model_unpickles_nothing(model_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WATCH, str(model_path)], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[]"
