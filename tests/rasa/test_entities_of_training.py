"""Entities of training data are found beside our identifiers, or the check says what to add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.content.examples import read_dialogue
from assistant.rasa import slim_boot

slim_boot.boot(serving=False)

from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: E402 - after the slim boot
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402
from rasa.nlu.extractors.entity_synonyms import EntitySynonymMapper  # noqa: E402
from rasa.nlu.extractors.regex_entity_extractor import RegexEntityExtractor  # noqa: E402
from rasa.nlu.featurizers.sparse_featurizer.regex_featurizer import RegexFeaturizer  # noqa: E402
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer  # noqa: E402
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader  # noqa: E402
from rasa.shared.nlu.training_data.message import Message  # noqa: E402

from assistant.nlu.components import IdentifierExtractor  # noqa: E402
from assistant.nlu.crf import CRFEntityExtractor  # noqa: E402
from assistant.rasa.component_check import check_components  # noqa: E402
from assistant.rasa.entity_check import check_entities  # noqa: E402
from assistant.settings import ROOT  # noqa: E402

PLACES = ["Hà Nội", "Đà Nẵng", "Cần Thơ", "Vinh", "Huế", "Hải Phòng"]
EXAMPLES = [
    f'đi từ [{one}]{{"entity": "city", "role": "from"}} đến [{other}]{{"entity": "city", "role": "to"}}'
    for one in PLACES
    for other in PLACES
    if one != other
]
TRAINING = {
    "version": "3.1",
    "nlu": [
        {"intent": "go", "examples": "".join(f"- {example}\n" for example in EXAMPLES)},
        {"synonym": "thủ đô", "examples": "- Hà Nội\n"},
        {"intent": "sit", "examples": "- tàu [SE1](train) [ghế 3A](seat)\n- tàu [SE3](train) [ghế 8B](seat)\n"},
        {"lookup": "train", "examples": "- SE1\n- SE3\n"},
        {"regex": "seat", "examples": "- ghế \\d+[A-F]\n"},
    ],
}
PIPELINE = (
    IdentifierExtractor, WhitespaceTokenizer, RegexFeaturizer, CRFEntityExtractor, RegexEntityExtractor,
    EntitySynonymMapper,
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The components as a model that was trained and stored loads them."""
    data = RasaYAMLReader().reads(yaml.safe_dump(TRAINING, allow_unicode=True))
    storage = LocalModelStorage(tmp_path_factory.mktemp("model"))
    context = ExecutionContext(GraphSchema({}), "test")
    found: list[Any] = []
    for kind in PIPELINE:
        given = (kind.get_default_config(), storage, Resource(kind.__name__), context)
        component: Any = kind.create(*given)
        if hasattr(component, "train"):
            component.train(data)
        if hasattr(component, "process_training_data"):
            component.process_training_data(data)
        found.append(kind.load(*given))
    return found


def _entities(loaded: list[Any], text: str) -> list[tuple[str, str, str | None]]:
    message = Message.build(text)
    for component in loaded:
        component.process([message])
    return [(entity["entity"], entity["value"], entity.get("role")) for entity in message.get("entities")]


def test_marks_roles_and_synonyms_are_learned(loaded: list[Any]) -> None:
    found = _entities(loaded, "đi từ Hà Nội đến Quy Nhơn")
    assert ("city", "thủ đô", "from") in found  # the synonym of training data
    assert ("city", "Quy Nhơn", "to") in found  # no example has it


def test_tables_and_expressions_stand_beside_identifiers(loaded: list[Any]) -> None:
    found = {(name, value) for name, value, _ in _entities(loaded, "tàu SE3 ghế 12B, hẹn a@example.com")}
    assert {("train", "SE3"), ("seat", "ghế 12B"), ("email", "a@example.com")} <= found


def test_where_nothing_is_marked_nothing_is_found(tmp_path: Path) -> None:
    storage, context = LocalModelStorage(tmp_path), ExecutionContext(GraphSchema({}), "test")
    options = CRFEntityExtractor.get_default_config()
    extractor = CRFEntityExtractor.load(options, storage, Resource("none"), context)
    assert extractor.extract_entities(Message.build("đi từ Hà Nội")) == []


# ---- what the check says


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data" / "dialogue").mkdir(parents=True)
    (tmp_path / "data" / "dialogue" / "go.yml").write_text(yaml.safe_dump(TRAINING, allow_unicode=True), "utf-8")
    (tmp_path / "domain.yml").write_text("entities:\n- city:\n    roles: [from, to]\n- train\n- seat\n", "utf-8")
    return tmp_path


def _configured(project: Path, *pipeline: str) -> Path:
    path = project / "config.yml"
    path.write_text(yaml.safe_dump({"pipeline": [{"name": name} for name in pipeline]}), "utf-8")
    return path


def _said(project: Path) -> str:
    return "\n".join(finding.line_of_text(project) for finding in check_entities(project, project / "data"))


def test_what_no_component_uses_is_named_with_its_line(project: Path) -> None:
    _configured(project, "assistant.nlu.components.IdentifierExtractor")
    path = project / "data" / "dialogue" / "go.yml"
    path.write_text(
        "nlu:\n- intent: go\n  examples: |\n    - về [Huế](city)\n- lookup: train\n  examples: |\n    - SE1\n"
        "- synonym: a\n  examples: |\n    - b\n",
        "utf-8",
    )
    said = _said(project)
    assert "go.yml:4: LỖI: đánh dấu thực thể city không được dùng; thêm CRFEntityExtractor" in said
    assert "go.yml:5: LỖI: bảng tra" in said
    assert "go.yml:8: LỖI: từ đồng nghĩa" in said
    assert [example.text for example in read_dialogue(path)] == ["về Huế"]  # neither marks nor tables are examples


def test_a_table_whose_entity_no_example_marks_is_named(project: Path) -> None:
    _configured(project, "RegexEntityExtractor")
    (project / "data" / "dialogue" / "go.yml").write_text("nlu:\n- lookup: train\n  examples: |\n    - SE1\n", "utf-8")
    assert "bảng tra train không được dùng khi chưa câu mẫu nào đánh dấu train" in _said(project)


def test_an_entity_that_the_domain_lacks_is_named(project: Path) -> None:
    _configured(project, "CRFEntityExtractor", "RegexEntityExtractor", "EntitySynonymMapper")
    assert _said(project) == ""
    (project / "domain.yml").write_text("entities: [city, seat]\n", "utf-8")
    assert "thực thể train chưa có trong mục entities" in _said(project)


def test_components_that_are_not_here_are_named_with_what_to_use(project: Path) -> None:
    path = _configured(
        project, "WhitespaceTokenizer", "DIETClassifier", "CRFEntityExtractor", "nowhere_at_all.Component"
    )
    said = [finding.line_of_text(project) for finding in check_components(path)]
    assert said[0].startswith("config.yml:3: LỖI: thành phần DIETClassifier không có ở đây; dùng assistant.nlu.")
    assert said[1] == (
        "config.yml:5: LỖI: thành phần nowhere_at_all.Component không tìm thấy: không có mô-đun nowhere_at_all;"
        " kiểm tra chính tả, chép tệp của nó."
    )
    assert len(said) == 2
    (early,) = check_components(_configured(project, "CRFEntityExtractor"))
    assert "cần WhitespaceTokenizer đứng trước" in early.advice
    assert [*check_components(ROOT / "config.yml")] == []
