"""Training, calibration, storage, and how long messages are read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from assistant.nlu import calibration, reading
from assistant.nlu.classifier import IntentClassifier
from assistant.nlu.fitting import train
from assistant.nlu.noise import variants
from assistant.nlu.sentences import pieces

EXAMPLES = [
    (f"{start} {what} {end}".strip(), label)
    for what, label in [
        ("quên mật khẩu vssid", "reset_password"),
        ("mất sim đăng ký", "faq/lost_phone"),
        ("phí gọi tổng đài bao nhiêu", "faq/hotline_fee"),
        ("thời tiết hôm nay", "out_of_scope"),
        ("chào bạn", "greet"),
        ("cảm ơn nhiều", "thank"),
    ]
    for start in ("", "em", "tôi", "ad ơi", "cho hỏi", "bác", "xin")
    for end in ("", "ạ", "nhé", "với", "giúp", "rồi")
]


@pytest.fixture(scope="module")
def small() -> IntentClassifier:
    """A model of six labels."""
    return train(EXAMPLES)


def test_what_was_saved_reads_the_same(small: IntentClassifier, tmp_path: Path) -> None:
    small.save(tmp_path)
    loaded = IntentClassifier.load(tmp_path)
    assert loaded.threshold == small.threshold
    for text in ("quen mat khau", "mất sim rồi", "", "zzz"):
        assert loaded.rank(text)[0].label == small.rank(text)[0].label
        assert loaded.rank(text)[0].confidence == pytest.approx(small.rank(text)[0].confidence, abs=0.01)


def test_nothing_stored_can_execute(small: IntentClassifier, tmp_path: Path) -> None:
    small.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classifier.json", "classifier.npz"]
    json.loads((tmp_path / "classifier.json").read_text())
    with zipfile.ZipFile(tmp_path / "classifier.npz") as archive:
        assert all(b"'O'" not in archive.read(name)[:200] for name in archive.namelist())


def test_a_file_with_pickled_objects_is_refused(small: IntentClassifier, tmp_path: Path) -> None:
    small.save(tmp_path)
    np.savez(tmp_path / "classifier.npz", idf=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        IntentClassifier.load(tmp_path)


def test_a_missing_file_is_an_error_not_an_untrained_model(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"classifier\.json"):
        IntentClassifier.load(tmp_path)


def test_the_same_examples_give_the_same_model(small: IntentClassifier) -> None:
    again = train(EXAMPLES)
    assert again.threshold == small.threshold
    assert np.array_equal(again.scores("quên mật khẩu"), small.scores("quên mật khẩu"))


def test_probabilities_add_up(small: IntentClassifier) -> None:
    assert sum(guess.confidence for guess in small.rank("quên mật khẩu")) == pytest.approx(1, abs=1e-5)


def test_variants_are_the_same_for_the_same_seed_and_begin_with_the_text() -> None:
    assert list(variants("quên mật khẩu", 3)) == list(variants("quên mật khẩu", 3))
    assert next(variants("quên mật khẩu", 3)) == "quên mật khẩu"
    assert "quen mat khau" in list(variants("quên mật khẩu", 3))


def test_short_messages_are_not_cut() -> None:
    assert pieces("Dạ. Em cảm ơn ạ!") == []


def test_long_messages_are_cut_at_sentences_lines_and_new_requests() -> None:
    text = "Em tên Hoa ở quê lên làm. Em quên mật khẩu rồi!\nSim cũng mất rồi ạ, với lại cho em hỏi phí gọi tổng đài"
    assert [piece.split()[0] for piece in pieces(text)] == ["Em", "Em", "Sim", "với"]


def test_a_story_is_read_by_its_question_and_a_second_one_is_reported(small: IntentClassifier) -> None:
    text = (
        "Chào bạn, chào bạn nhé. Em quên mật khẩu vssid rồi ạ, làm sao đây? Phí gọi tổng đài bao nhiêu ạ? Cảm ơn nhiều."
    )
    found = reading.read(small, text)
    labels = {found.ranking[0].label, found.second.label if found.second else None}
    assert labels == {"reset_password", "faq/hotline_fee"}


def test_a_single_sentence_is_read_as_before(small: IntentClassifier) -> None:
    text = "em quên mật khẩu"
    assert reading.read(small, text) == reading.Reading(small.rank(text))


def test_calibration_error_is_the_gap_between_confidence_and_success() -> None:
    confidence = np.array([0.95] * 10)
    assert calibration.calibration_error(confidence, np.array([True] * 10)) == pytest.approx(0.05)
    assert calibration.calibration_error(np.array([]), np.array([], bool)) == 0


def test_temperature_cools_what_is_too_sure() -> None:
    chance = np.random.default_rng(1)
    targets = chance.integers(0, 3, 600)
    scores = np.eye(3)[np.where(chance.random(600) < 0.7, targets, chance.integers(0, 3, 600))]
    factor = calibration.temperature(scores, targets)
    confidence = calibration.softmax(scores, factor).max(axis=1)
    assert confidence.mean() == pytest.approx(0.8, abs=0.04)


def test_the_threshold_lies_where_answers_turn_out_wrong_more_often_than_right() -> None:
    confidence = np.linspace(0, 1, 2001)
    right = np.random.default_rng(2).random(2001) < confidence
    assert calibration.implied_threshold(confidence, right) == pytest.approx(0.5, abs=0.08)
    assert calibration.implied_threshold(confidence, right, wrong_costs=3) == pytest.approx(0.75, abs=0.08)


def test_the_curve_gives_up_coverage_for_less_risk() -> None:
    confidence = np.linspace(0, 1, 1001)
    points = calibration.curve(confidence, np.random.default_rng(3).random(1001) < confidence)
    assert [p.coverage for p in points] == sorted((p.coverage for p in points), reverse=True)
    assert points[0].coverage == 1
    assert points[-1].risk < points[0].risk
