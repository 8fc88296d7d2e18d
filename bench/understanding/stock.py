"""Trains stock Rasa (DIET) on our examples and measures it on our gold files.

Run with our own Python; the stock engine gets an environment of its own (Python 3.10, 2.5 GB),
built on demand. See README.md here.

    .venv/bin/python bench/understanding/stock.py [--work FOLDER] [--epochs 100] [--limit MINUTES]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from assistant.content.examples import read_examples  # noqa: E402
from assistant.evaluation.measure import gold_files, read_gold  # noqa: E402

HERE = Path(__file__).parent
RESULT = HERE / "stock.json"
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools/bin/uv")
#: A slash would make Rasa read a retrieval intent; here every topic is a plain intent.
SLASH = "__"


def config(epochs: int) -> dict[str, Any]:
    """Returns the pipeline of Rasa's own template, without the parts that read no text."""
    return {
        "recipe": "default.v1",
        "language": "vi",
        "assistant_id": "stock",
        "pipeline": [
            {"name": "WhitespaceTokenizer"},
            {"name": "CountVectorsFeaturizer"},
            {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
            {"name": "DIETClassifier", "epochs": epochs, "entity_recognition": False},
        ],
    }


def export(work: Path, epochs: int) -> None:
    """Writes examples, domain, configuration and gold texts into `work`."""
    by_intent: dict[str, list[str]] = {}
    for example in read_examples(ROOT / "data"):
        by_intent.setdefault(example.intent.replace("/", SLASH), []).append(" ".join(example.text.split()))
    nlu = [{"intent": name, "examples": "".join(f"- {text}\n" for text in texts)} for name, texts in by_intent.items()]
    gold = {path.stem: [[g.text, g.intent] for g in read_gold(path)] for path in gold_files(ROOT)}
    for name, content in (
        ("nlu.yml", {"version": "3.1", "nlu": nlu}),
        ("domain.yml", {"version": "3.1", "intents": sorted(by_intent)}),
        ("config.yml", config(epochs)),
    ):
        (work / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (work / "gold.json").write_text(json.dumps(gold, ensure_ascii=False), encoding="utf-8")


def environment(work: Path) -> Path:
    """Builds the stock environment if there is none and returns its Python."""
    python = work / "venv310/bin/python"
    if not python.exists():
        subprocess.run([UV, "venv", "--quiet", "--python", "3.10", str(work / "venv310")], check=True)
        # Rasa 3.6 still imports pkg_resources, which newer setuptools no longer bring.
        subprocess.run([UV, "pip", "install", "--python", str(python), "rasa==3.6.21", "setuptools<71"], check=True)
    return python


def main() -> int:
    """Returns 0 when the measurement was written, 1 when the time ran out."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, default=Path("/tmp/stock-rasa"))
    options.add_argument("--epochs", type=int, default=100)
    options.add_argument("--limit", type=float, default=25, help="minutes for training and measuring together")
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    python = environment(given.work)
    export(given.work, given.epochs)
    started = time.monotonic()
    command = [str(python), str(HERE / "stock_inside.py"), str(given.work)]
    try:
        subprocess.run(
            command, check=True, timeout=given.limit * 60, env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
        )
    except subprocess.TimeoutExpired:
        print(f"stock Rasa was not done after {time.monotonic() - started:.0f} s; nothing was written")
        return 1
    found = json.loads((given.work / "result.json").read_text(encoding="utf-8"))
    RESULT.write_text(
        json.dumps(found | {"epochs": given.epochs}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    subprocess.run([sys.executable, str(HERE / "table.py")], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
