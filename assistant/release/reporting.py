"""The gates in words that content staff read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.conversation_tests.rates import shares

FILES = {
    "accented": "Câu có dấu",
    "unaccented": "Câu không dấu",
    "noisy": "Viết tắt, gõ sai",
    "neighbours": "Câu dễ nhầm với nhau",
    "out_of_scope": "Câu ngoài phạm vi",
    "real_questions": "Câu hỏi thật trên mạng",
    "subjects": "Câu về các chế độ BHXH khác",
    "subject_pairs": "Câu của hai chế độ gần nhau",
}
OTHERS = {
    "macro_f1": "Đều giữa các chủ đề",
    "foreign_kept_out": "Câu ngoài phạm vi không bị trả lời nhầm",
    "calibration_error": "Sai lệch giữa độ chắc chắn và thực tế",
    "parse_ms": "Thời gian hiểu một câu",
}
_MOST_ALLOWED = ("calibration_error", "parse_ms")
#: So many texts that go to a topic with new questions are no chance any more: this share of all, and never fewer.
_LOST, _LEAST_LOST = 0.004, 4


#: The conversations' figures stand by themselves: they are no texts.
CONVERSATIONS = {
    "turns": "Lượt hội thoại đạt",
    "later": "Lượt sau, bằng chữ",
    "clean": "Cuộc không có lượt hỏng",
}


@dataclass(frozen=True)
class Gate:
    """One number with the mark it must reach; `before` is the live one's."""

    name: str
    title: str
    reached: float
    before: float | None
    mark: float | None
    most: bool  # the mark is the most allowed, not the least

    @property
    def passed(self) -> bool:
        """Whether the mark is reached."""
        return self.mark is None or (self.reached <= self.mark if self.most else self.reached >= self.mark)

    def shown(self, value: float | None) -> str:
        """Returns a value as staff read it."""
        if value is None:
            return "–"
        if self.name == "parse_ms":
            return f"{value:.1f} ms".replace(".", ",")
        return f"{value * 100:.1f}%".replace(".", ",")


def gates(metrics: dict[str, Any], before: dict[str, Any] | None, marks: dict[str, Any]) -> Iterator[Gate]:
    """Yields all numbers of a candidate; `marks` is tests/nlu/gates.yml."""
    old = before or {"files": {}}
    for name, row in metrics["files"].items():
        was = old["files"].get(name, {}).get("accuracy")
        yield Gate(name, FILES.get(name, name), row["accuracy"], was, marks["accuracy"].get(name), False)
    for name, title in OTHERS.items():
        yield Gate(name, title, metrics[name], old.get(name), marks[name], name in _MOST_ALLOWED)


def conversation_gates(metrics: dict[str, Any], before: dict[str, Any] | None, marks: dict[str, Any]) -> Iterator[Gate]:
    """Yields the figures of the conversations, where a release was measured by them."""
    reached, was = _shares(metrics), _shares(before or {})
    for name, title in CONVERSATIONS.items() if reached else ():
        yield Gate(name, title, reached[name], was.get(name), marks.get("conversations", {}).get(name), False)


def _shares(metrics: dict[str, Any]) -> dict[str, float]:
    found = (metrics.get("conversations") or {}).get("rates")
    return shares(found[0]) if found else {}


def broken_words(broken: Sequence[Mapping[str, Any]]) -> str | None:
    """Returns in a sentence which turns of conversations broke; None if none did."""
    if not broken:
        return None
    more = f", và {len(broken) - 1} lượt khác" if len(broken) > 1 else ""
    return f"Lượt hội thoại trước đây trả lời đúng mà nay hỏng: {_turn_words(broken[0], more)}"


def _turn_words(row: Mapping[str, Any], more: str = "") -> str:
    place = f"({row['file']}, dòng {row['line']})"
    return f"“{row['said']}” trong kịch bản “{row['script']}” {place}{more}: {row['why'][0].rstrip('.')}"


def trouble(metrics: dict[str, Any], marks: dict[str, Any], titles: Mapping[str, str] | None = None) -> str | None:
    """Returns why a release is not good enough, in sentences of an editor; None if it is.

    Args:
        metrics: what was measured.
        marks: tests/nlu/gates.yml.
        titles: what topics are called, by intent.
    """
    found = [_lost_words(loss, titles or {}) for loss in (metrics.get("losses") or ())[:3] if _lost(metrics)]
    found += [misplaced_words(row, titles or {}) for row in metrics.get("misplaced") or ()]
    found += [_missed_words(gate) for gate in gates(metrics, None, marks) if not gate.passed]
    conversations = [gate for gate in conversation_gates(metrics, None, marks) if not gate.passed]
    found += [_missed_words(gate) for gate in conversations]
    if conversations and (failed := metrics["conversations"].get("failed")):
        found.append(f"Ví dụ lượt không đạt: {_turn_words(failed[0])}")
    found += [said] if (said := broken_words(metrics.get("broken") or ())) else []
    return "; ".join(found) + "." if found else None


def asks_only(metrics: dict[str, Any], marks: dict[str, Any]) -> bool:
    """Tells whether nothing stands in the way but questions that look misplaced: somebody may say that they are not."""
    return (
        bool(metrics.get("misplaced"))
        and not metrics.get("accepted")
        and trouble(metrics | {"misplaced": []}, marks) is None
    )


def _lost(metrics: Mapping[str, Any]) -> bool:
    """Tells whether new questions took more texts from others than chance does."""
    return int(metrics.get("taken", 0)) >= max(_LEAST_LOST, _LOST * int(metrics.get("texts", 0)))


def _lost_words(loss: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    number, meant = len(loss["texts"]), titles.get(loss["meant"], loss["meant"])
    now = "không hiểu" if loss["now"] == "nlu_fallback" else f"hiểu nhầm thành “{titles.get(loss['now'], loss['now'])}”"
    return f"Bộ câu hỏi mới làm {number} câu về “{meant}” bị {now}"


def misplaced_words(row: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Returns in a sentence which new questions belong to another topic."""
    own, to = titles.get(row["from"], row["from"]), titles.get(row["to"], row["to"])
    return f"{row['number']} trong {row['new']} câu mới của “{own}” giống câu về “{to}” hơn"


def _missed_words(gate: Gate) -> str:
    if gate.name == "calibration_error":
        said = "Trợ lý chắc chắn cả khi hiểu nhầm, thường vì câu hỏi mới nằm sai chủ đề"
    elif gate.name == "parse_ms":
        said = "Trợ lý mất quá lâu để hiểu một câu"
    else:
        said = f"{gate.title}: chỉ đúng"
    return f"{said} ({gate.shown(gate.reached)}, phải {'không quá' if gate.most else 'từ'} {gate.shown(gate.mark)})"
