"""A candidate plays every conversation script apart from everything real; a turn that breaks refuses it by name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from assistant.conversation_tests.scripts import Played, PlayedTurn, Script, read_script
from assistant.evaluation import measure
from assistant.privacy import keyring
from assistant.release import rehearsing, reporting
from assistant.settings import ROOT, Settings
from tests.release.test_measuring import numbers
from tests.release.test_store import Connection
from tests.release.test_trial import counts

SCRIPT = """name: hỏi phí của tổng đài
behaviour: context
kind: follow_up
turns:
  - user: cho xin số tổng đài
    topic: faq/hotline
  - user: vậy tốn bao nhiêu
    facet: cost
    must: 1\\.000 ?đồng
"""


def turn(line: int, passed: bool, answered: str = "faq/hotline", only_words: bool = False) -> PlayedTurn:
    why = () if passed else ("câu trả lời thiếu “phím 8”.",)
    return PlayedTurn(line, "context", "bấm phím mấy", line > 4, passed, answered, why, only_words)


def talk(*turns: PlayedTurn) -> Played:
    return Played(Script(Path("context/goi.yml"), "gọi tổng đài", "context", (), "context"), list(turns))


def test_a_turn_that_passed_and_does_not_any_more_is_named() -> None:
    before = [talk(turn(4, True), turn(5, False), turn(6, True))]
    after = [talk(turn(4, False, "faq/office"), turn(5, False), turn(6, True))]
    rows, meant = rehearsing.broken(before, after, {"hotline", "office"})
    assert [(row["line"], row["before"], row["after"]) for row in rows] == [(4, "faq/hotline", "faq/office")]
    assert meant == []
    said = reporting.trouble(numbers() | {"broken": rows}, measure.read_gates(ROOT)) or ""
    for part in ("bấm phím mấy", "gọi tổng đài", "context/goi.yml, dòng 4", "phím 8"):
        assert part in said


@pytest.mark.parametrize(
    ("changed", "now", "refused"),
    [
        ({"hotline"}, turn(4, False, only_words=True), False),  # written anew by staff
        ({"office"}, turn(4, False, only_words=True), True),  # nobody touched what answers here
        ({"hotline"}, turn(4, False), True),  # more than words: a fact, a form, a number of the person's
        ({"hotline"}, turn(4, False, "faq/office", only_words=True), True),  # another topic answers
    ],
)
def test_only_what_staff_wrote_anew_may_differ(changed: set[str], now: PlayedTurn, refused: bool) -> None:
    rows, meant = rehearsing.broken([talk(turn(4, True))], [talk(now)], changed)
    assert (bool(rows), bool(meant)) == (refused, not refused)


def test_too_few_turns_refuse_a_first_release_and_older_ones_have_no_figures() -> None:
    marks = measure.read_gates(ROOT)
    rate = {"passed": 1, "turns": 2, "later_passed": 1, "later": 1, "clean": 1, "conversations": 1}
    said = reporting.trouble(numbers() | {"conversations": {"rates": [rate]}}, marks) or ""
    assert "Lượt hội thoại đạt: chỉ đúng (50,0%" in said
    assert list(reporting.conversation_gates(numbers(), None, marks)) == []


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, var_dir=tmp_path, scripts_dir=tmp_path / "learned")


@pytest.fixture
def one_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "context/phi.yml"
    path.parent.mkdir()
    path.write_text(SCRIPT, encoding="utf-8")
    monkeypatch.setattr(rehearsing, "scripts_of", lambda settings: [read_script(path)])
    return path


def test_other_words_in_the_content_are_found_and_nothing_real_is_touched(
    connection: Connection, settings: Settings, one_script: Path, model_path: Path, tmp_path: Path
) -> None:
    keyring.open_vault(settings)  # a database has its root before anything is released
    before = counts(connection)
    content: Any = shutil.copytree(ROOT / "data", tmp_path / "data")
    topic = content / "faq/hotline.yml"
    topic.write_text(topic.read_text(encoding="utf-8").replace("1.000 đồng", "ít tiền"), encoding="utf-8")
    live = rehearsing.rehearse(settings, model_path, ROOT / "data")
    candidate = rehearsing.rehearse(settings, model_path, content)
    assert [one.findings for one in live.played] == [[]]
    rows, meant = rehearsing.broken(live.played, candidate.played, {"office"})
    assert ([row["line"] for row in rows], meant) == ([7], [])
    assert counts(connection) == before


def test_what_staff_made_of_conversations_is_played_too(settings: Settings) -> None:
    path = settings.scripts_dir / "context/moi.yml"
    path.parent.mkdir(parents=True)
    path.write_text(SCRIPT, encoding="utf-8")
    paths = [script.path for script in rehearsing.scripts_of(settings)]
    assert path in paths
    assert len(paths) > 200
    assert len(set(paths)) == len(paths)


def test_what_is_wanted_fails_nothing_until_it_has_passed_once() -> None:
    def wanted(passed: bool) -> Played:
        return Played(Script(Path("context/mong.yml"), "nên có", "context", (), "context", True), [turn(4, passed)])

    before, after = talk(turn(4, True)), talk(turn(4, True))
    first = rehearsing.Rehearsed([after, wanted(False)], 1.0)
    found = rehearsing.numbers(first)
    assert found["rates"][0]["turns"] == 1  # it is not counted
    assert found["failed"] == []
    assert [(row["script"], row["passed"]) for row in found["wanted"]] == [("nên có", False)]
    assert rehearsing.broken([before, wanted(False)], [after, wanted(False)]) == ([], [])
    assert rehearsing.numbers(rehearsing.Rehearsed([after, wanted(True)], 1.0))["rates"][0]["turns"] == 2
    rows, _ = rehearsing.broken([before, wanted(True)], [after, wanted(False)])
    assert [row["script"] for row in rows] == ["nên có"]  # it passed once: from then on it counts
