"""Writes the table "beside stock Rasa" into docs/understanding.md from stock.json and a fresh run of ours.

.venv/bin/python bench/understanding/table.py
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from assistant.content.examples import read_examples  # noqa: E402
from assistant.nlu.fitting import train  # noqa: E402

STOCK, PAGE = Path(__file__).with_name("stock.json"), ROOT / "docs/understanding.md"
_PLACE = re.compile(r"(<!-- stock -->\n).*?(\n<!-- /stock -->)", re.DOTALL)


def ours() -> dict[str, Any]:
    """Returns our numbers in the shape of stock.json."""
    started = time.monotonic()
    train([(example.text, example.intent) for example in read_examples(ROOT / "data")])
    spent = time.monotonic() - started
    command = [sys.executable, "-m", "assistant.cli", "evaluate", "--json"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    report = json.loads(printed.splitlines()[-1])
    accuracy = {file: {"texts": row["texts"], "accuracy": row["accuracy"]} for file, row in report["files"].items()}
    return {"training_seconds": round(spent, 1), "parse_ms": round(report["parse_ms"], 1), "accuracy": accuracy}


def table(stock: dict[str, Any], own: dict[str, Any]) -> str:
    """Returns the Markdown table."""
    lines = [f"| | ours | stock DIET, {stock['epochs']} epochs |", "|---|---|---|"]
    for file, row in own["accuracy"].items():
        theirs = stock["accuracy"][file]["accuracy"]
        lines.append(f"| {file} ({row['texts']} texts) | {row['accuracy'] * 100:.1f} % | {theirs * 100:.1f} % |")
    lines.append(f"| training | {own['training_seconds']:.0f} s | {stock['training_seconds']:.0f} s |")
    lines.append(f"| a parse | {own['parse_ms']} ms | {stock['parse_ms']} ms |")
    return "\n".join(lines)


def write() -> None:
    """Replaces the table in the page."""
    made = table(json.loads(STOCK.read_text(encoding="utf-8")), ours())
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_PLACE.sub(lambda match: f"{match[1]}{made}{match[2]}", page), encoding="utf-8")
    print(made)


if __name__ == "__main__":
    write()
