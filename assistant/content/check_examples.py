"""Checks the training examples: enough of them, none under two intents, none from the gold texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from assistant.content.examples import Example
from assistant.content.findings import Finding
from assistant.content.likeness import uniform
from assistant.evaluation.measure import gold_files, read_gold
from assistant.reading.signals import is_answered

#: With fewer than LEAST a topic cannot be learned at all; from FEWEST on it is learned well.
LEAST, FEWEST, FEWEST_FOREIGN = 5, 60, 300
_WIDE = frozenset({"out_of_scope"})
#: Two examples are near-duplicates from this share of common letter groups (Dice) up.
NEAR = 0.93
#: Texts of so few words are everybody's ("không đúng", "quên mật khẩu"): no gold text is given away by them.
COMMON_WORDS = 5


def _groups(key: str) -> list[str]:
    padded = f"  {key} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


def _counted(groups: Sequence[str]) -> frozenset[str]:
    """Returns groups as a set: one that comes again stands there again, with its number."""
    if len(once := frozenset(groups)) == len(groups):
        return once
    return frozenset(f"{name}{number}" if number else name for name, number in zip(groups, _again(groups), strict=True))


def _again(groups: Sequence[str]) -> Iterator[int]:
    seen: Counter[str] = Counter()
    for name in groups:
        yield seen[name]
        seen[name] += 1


def _lengths_fit(one: int, other: int) -> bool:
    """Tells whether texts of so many groups can have nearly all of them in common."""
    return 2 * min(one, other) >= NEAR * (one + other)


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    return _lengths_fit(len(a), len(b)) and 2 * len(a & b) >= NEAR * (len(a) + len(b))


def nearly_same(one: str, other: str) -> bool:
    """Tells whether two uniform texts have nearly all letter groups in common."""
    return _alike(_counted(_groups(one)), _counted(_groups(other)))


def gold_keys(root: Path) -> frozenset[str]:
    """Returns the gold texts, uniform, that are long enough to be somebody's own words."""
    keys = (uniform(row.text) for path in gold_files(root) for row in read_gold(path))
    return frozenset(key for key in keys if len(key.split()) > COMMON_WORDS)


def _enough(examples: Sequence[Example]) -> Iterator[Finding]:
    number = Counter(example.intent for example in examples)
    first = {example.intent: example for example in reversed(examples)}
    for intent, example in sorted(first.items()):
        wanted = FEWEST_FOREIGN if intent in _WIDE else FEWEST
        if number[intent] < wanted:
            least = LEAST if is_answered(intent) else wanted
            is_error = number[intent] < least
            needed = f"cần ít nhất {least}" if is_error else f"từ {wanted} câu trở lên mới hiểu chắc"
            advice = f"{intent} chỉ có {number[intent]} câu mẫu, {needed}; viết thêm câu người thật hay hỏi."
            yield Finding(example.path, example.line, advice, is_error)


def _same_under_two(examples: Sequence[Example]) -> Iterator[Finding]:
    """Yields examples that are (nearly) the same as one of another intent."""
    keys = [uniform(example.text) for example in examples]
    by_key: dict[str, int] = {}
    for number, (key, example) in enumerate(zip(keys, examples, strict=True)):
        other = by_key.setdefault(key, number)
        if examples[other].intent != example.intent:
            yield _pair(example, examples[other])
    yield from _nearly(examples, keys)


def _nearly(examples: Sequence[Example], keys: list[str]) -> Iterator[Finding]:
    """Yields near-duplicates."""
    intents = (example.intent for example in examples)
    for one, other in _near(tuple(zip(keys, intents, strict=True))):
        yield _pair(examples[one], examples[other])


@lru_cache(maxsize=2)
def _near(rows: tuple[tuple[str, str], ...]) -> list[tuple[int, int]]:
    """Returns the near-duplicates among keys with intents; only pairs that share a rare letter group are compared.

    Kept: whoever checks again has mostly changed something else.
    """
    groups = [_groups(key) for key, _ in rows]
    counted = [_counted(group) for group in groups]
    spread = Counter(name for group in groups for name in dict.fromkeys(group))
    holders: dict[str, list[int]] = {}
    found: list[tuple[int, int]] = []
    for number, ((key, intent), group) in enumerate(zip(rows, groups, strict=True)):
        rare = sorted(dict.fromkeys(group), key=spread.__getitem__)[:4]
        candidates = {other for name in rare for other in holders.get(name, ())}
        long = [other for other in candidates if _lengths_fit(len(counted[number]), len(counted[other]))]
        for other in sorted(long):
            if rows[other][1] == intent or rows[other][0] == key:
                continue
            if _alike(counted[number], counted[other]):
                found.append((number, other))
        for name in rare:
            holders.setdefault(name, []).append(number)
    return found


def _pair(one: Example, other: Example) -> Finding:
    advice = f"câu “{one.text[:60]}” ({one.intent}) gần như trùng câu ở {other.path.name}:{other.line} ({other.intent})"
    return Finding(one.path, one.line, f"{advice}; giữ ở một nơi.")


def _gold_inside(examples: Sequence[Example], root: Path) -> Iterator[Finding]:
    """Yields training examples that are a gold text: what is learnt by heart cannot be measured."""
    gold = gold_keys(root)
    for example in examples:
        if uniform(example.text) in gold:
            advice = f"câu “{example.text[:60]}” nằm trong bộ câu kiểm tra (tests/nlu); viết câu khác."
            yield Finding(example.path, example.line, advice)


def check_examples(examples: Sequence[Example], root: Path) -> Iterator[Finding]:
    """Yields the findings among all examples."""
    yield from _enough(examples)
    yield from _same_under_two(examples)
    yield from _gold_inside(examples, root)
