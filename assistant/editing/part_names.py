"""What staff call the parts of an answer, wherever the console names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.content.facets import Facet
from assistant.content.topics import Topic
from assistant.nlu.text import strip_accents

#: The facets that any topic may have (assistant.content.facets.GENERIC).
FACETS = {
    "how": "cách làm", "cost": "chi phí", "time": "bao lâu", "where": "ở đâu", "bring": "mang gì", "who": "ai làm được",
    "hours": "giờ làm việc", "safe": "có an toàn không", "if_no_email": "không có e-mail", "if_no_phone": "mất sim",
    "next_step": "bước tiếp", "simpler": "nói gọn hơn", "not_working": "làm không được", "again": "nói lại",
    "changed_since": "luật đổi gì", "common_mistake": "hay nhầm gì",
}  # fmt: skip


def facet_title(name: str) -> str:
    """Returns what staff call a facet: a generic one by its words, a topic's own by its name."""
    return FACETS.get(name, f"mục riêng “{name}”" if name else "")


def own_name(text: str) -> str:
    """Returns the name of a topic's own facet from what staff call it: "Gọi bằng sim khác" → "goi_bang_sim_khac"."""
    return re.sub(r"[^a-z0-9]+", "_", strip_accents(text.lower())).strip("_")[:40].rstrip("_")


def part_lines(topic: Topic, part: str) -> list[str]:
    """Returns a topic's facets, steps or facets that are not needed as lines that people compare."""
    if part == "facets":
        return [line for facet in topic.facets.values() for line in _facet_lines(facet)]
    if part == "steps":
        return [f"{step.name}: {' '.join(filter(None, (step.say, step.where)))}" for step in topic.steps]
    return [f"{facet_title(name)}: {reason}" for name, reason in topic.facets_not_needed.items()]


def _facet_lines(facet: Facet) -> Iterator[str]:
    title = facet_title(facet.name)
    yield from (f"{title}: {line}" for line in facet.say.split("\n"))
    yield from (f"{title}, cách hỏi: {wording}" for wording in facet.asked)
    yield from (f"{title}, nguồn: {source}" for source in facet.source)
