"""How many turns and conversations pass, by what they are a case of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assistant.conversation_tests.playing import Played

ALL = ""
KIND_TITLES = {
    ALL: "tất cả",
    "happy_path": "đường thẳng",
    "corrections": "sửa lại",
    "digressions": "hỏi chen",
    "cancellations": "dừng",
    "invalid_input": "gõ sai",
    "refusals": "từ chối",
    "handover": "gặp nhân viên",
    "silence": "im lặng",
    "media": "ảnh, tệp",
    "several_messages": "nhiều tin liền",
    "unaccented": "không dấu",
    "scams": "lừa đảo",
    "context": "ngữ cảnh",
    "follow_up": "hỏi tiếp, không nêu việc",
    "yes_no": "có/không",
    "facts": "hoàn cảnh chọn cách",
    "after_our_acts": "sau việc ta đã làm",
    "aside": "hỏi chen trong biểu mẫu",
    "danger": "vừa bị lừa",
    "several_things": "nhiều việc một lúc",
    "steps": "từng bước",
    "other_person": "làm cho người khác",
    "about_reset": "hỏi về việc lấy lại",
    "again": "hỏi lại, chưa hiểu",
}


@dataclass(frozen=True)
class Rate:
    """Passed of all: turns, later turns in words, conversations without a bad turn (of that kind)."""

    kind: str
    turns: int
    passed: int
    later: int
    later_passed: int
    conversations: int
    clean: int

    @property
    def title(self) -> str:
        """The kind in words."""
        return KIND_TITLES.get(self.kind, self.kind)


def rate_of(kind: str, played: Sequence[Played]) -> Rate:
    """Returns the rate of a kind; of ALL, over everything."""
    turns = [turn for one in played for turn in one.turns if kind in (ALL, turn.kind)]
    later = [turn for turn in turns if turn.later]
    whole = [one for one in played if kind in (ALL, one.script.kind)]
    return Rate(
        kind,
        len(turns), sum(turn.passed for turn in turns),
        len(later), sum(turn.passed for turn in later),
        len(whole), sum(all(turn.passed for turn in one.turns) for one in whole),
    )  # fmt: skip


def rates(played: Iterable[Played]) -> list[Rate]:
    """Returns the rate of all and then of each kind, in the order of their first turns."""
    found = [one for one in played if one.counts]
    kinds = dict.fromkeys(turn.kind for one in found for turn in one.turns)
    return [rate_of(ALL, found), *(rate_of(kind, found) for kind in kinds)]


def missed(found: Sequence[Rate], marks: Mapping[str, float]) -> list[str]:
    """Returns which marks of tests/nlu/gates.yml (`conversations`) all scripts together miss."""
    whole = next(rate for rate in found if rate.kind == ALL)
    reached = shares(asdict(whole))
    return [
        f"conversations {name}: {reached[name]:.3f} < {mark}" for name, mark in marks.items() if reached[name] < mark
    ]


def shares(rate: Mapping[str, Any]) -> dict[str, float]:
    """Returns the shares of a rate (as plain values): turns, later turns in words, clean conversations."""
    return {
        "turns": _share(rate["passed"], rate["turns"]),
        "later": _share(rate["later_passed"], rate["later"]),
        "clean": _share(rate["clean"], rate["conversations"]),
    }


def _share(passed: int, all_of_them: int) -> float:
    return passed / all_of_them if all_of_them else 1.0


def as_json(found: Sequence[Rate]) -> list[dict[str, Any]]:
    """Returns rates as plain values."""
    return [asdict(rate) for rate in found]


def as_lines(found: Sequence[Rate]) -> list[str]:
    """Returns rates as a table of a terminal; [] of none."""
    if not found:
        return []
    rows = [("loại", "lượt đạt", "lượt sau bằng chữ", "cuộc không lỗi")]
    for rate in found:
        rows.append(
            (
                rate.title,
                _of(rate.passed, rate.turns),
                _of(rate.later_passed, rate.later),
                _of(rate.clean, rate.conversations),
            )
        )
    return [f"{title:<28}{turns:>18}{later:>20}{clean:>18}" for title, turns, later, clean in rows]


def _of(passed: int, all_of_them: int) -> str:
    return f"{passed}/{all_of_them} ({passed / all_of_them:.0%})" if all_of_them else "–"
