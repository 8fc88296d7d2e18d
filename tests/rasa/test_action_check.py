"""Actions are found, not listed; what domain.yml names and the code lacks, or the other way round, is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import actions
from assistant.rasa import action_check
from assistant.settings import ROOT, StartError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "domain.yml", tmp_path)
    shutil.copytree(ROOT / "data" / "dialogue_responses", tmp_path / "data" / "dialogue_responses")
    return tmp_path


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as part of actions/."""
    folder = tmp_path / "more_actions"
    folder.mkdir()
    monkeypatch.setattr(actions, "__path__", [*actions.__path__, str(folder)])
    return folder


def _found(project: Path) -> list[str]:
    return [finding.line_of_text(ROOT) for finding in action_check.check_actions(project, project / "data")]


def test_the_project_has_code_for_each_action_and_an_entry_for_all_code(project: Path) -> None:
    assert _found(project) == []


def test_an_action_without_code_is_named_with_its_line(project: Path) -> None:
    domain = project / "domain.yml"
    domain.write_text(
        domain.read_text("utf-8").replace("  - action_faq\n", "  - action_faq\n  - action_gone\n"), "utf-8"
    )
    line = domain.read_text("utf-8").splitlines().index("  - action_gone") + 1
    (found,) = _found(project)
    assert f"domain.yml:{line}: LỖI: hành động action_gone chưa có mã" in found


def test_code_without_an_entry_is_named_with_its_line(project: Path) -> None:
    domain = project / "domain.yml"
    domain.write_text(domain.read_text("utf-8").replace("  - action_remind\n", ""), "utf-8")
    (found,) = _found(project)
    assert found.startswith("actions/")
    assert "action_remind chưa có trong mục actions" in found


def test_a_dropped_module_is_found(project: Path, dropped: Path) -> None:
    (dropped / "new_one.py").write_text(
        "from rasa_sdk import Action\n\n\nclass NewOne(Action):\n"
        "    def name(self):\n        return 'action_new_one'\n\n"
        "    def run(self, dispatcher, tracker, domain):\n        return []\n",
        encoding="utf-8",
    )
    (found,) = _found(project)
    assert "new_one.py:4" in found
    assert "action_new_one" in found


def test_a_missing_apology_is_an_error(project: Path) -> None:
    domain = project / "domain.yml"
    domain.write_text(domain.read_text("utf-8").replace("  utter_trouble:\n", "  utter_other:\n"), "utf-8")
    assert any("utter_trouble" in found for found in _found(project))


def test_a_model_with_an_action_without_code_is_not_served() -> None:
    with pytest.raises(StartError, match="action_gone"):
        action_check.require({"action_faq", "action_gone"}, {"action_faq"}, elsewhere=False)
    action_check.require({"action_gone"}, set(), elsewhere=True)


def test_content_without_an_apology_silences_nobody() -> None:
    from rasa.shared.core.domain import Domain

    from assistant.rasa.host import AgentHost

    host = object.__new__(AgentHost)
    host._domain = Domain.empty()
    assert "Xin lỗi" in host.apology().text
    host._domain = Domain.from_dict({"responses": {"utter_trouble": [{"custom": {}}]}})
    assert "Xin lỗi" in host.apology().text
