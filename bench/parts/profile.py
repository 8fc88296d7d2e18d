"""Where the time of a turn goes: samples of the running code, grouped by what they belong to."""

from __future__ import annotations

import json
from typing import Any

from bench import ours, processes
from bench.places import PYTHON, WORK
from bench.plan import Plan
from bench.results import Part, Row


def measure(plan: Plan) -> Part:
    """Runs turns in a process of its own under a sampling clock."""
    result = WORK / "profile.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        "DATABASE_URL": plan.store.fresh("profile"),
        "MODEL_PATH": str(ours.model()),
        "VAR_DIR": str(WORK / "profile"),
        "ASSISTANT_MODE": "demo",
    }
    turns = str(int(plan.size(1500, 200)))
    command = [PYTHON, "-m", "bench.profile_turn", "--turns", turns, "--out", result]
    processes.run("profile", command, settings, min(120, plan.left))
    found: dict[str, Any] = json.loads(result.read_text())
    row = Row("a turn inside the process, claim to commit", "ms", [found["milliseconds"]])
    return Part([row], [_sentence(found)], found)


def _sentence(found: dict[str, Any]) -> str:
    shares = ", ".join(
        f"{part['name']} ({part['milliseconds']:.2f} ms, {part['share']:.0%}; most of it in {part['where'][0][0]})"
        for part in found["parts"][:3]
    )
    return f"The three dearest parts of a turn: {shares}."
