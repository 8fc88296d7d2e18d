"""Where the benchmark keeps its things; all of it below bench/var, which Git ignores."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "bench" / "var"
LOGS = VAR / "logs"
WORK = VAR / "work"  # thrown away at each run
STOCK = VAR / "stock"  # stock Rasa's environment, kept between runs
MODELS = VAR / "models"
REPORT = VAR / "report.json"
PAGE = ROOT / "docs" / "performance.md"
BY_HAND = ROOT / "bench" / "by_hand.md"  # what no part measures, or only on a bare machine
CHARTS = ROOT / "docs" / "performance.html"
PYTHON = ROOT / ".venv" / "bin" / "python"
ASSISTANT = ROOT / ".venv" / "bin" / "assistant"
