"""Runs inside the stock environment (Python 3.10, TensorFlow): train, load, parse the gold texts."""

import asyncio
import json
import sys
import time
from pathlib import Path

work = Path(sys.argv[1])


def train():
    """Returns the model's path and the seconds its training took."""
    from rasa.model_training import train_nlu

    started = time.monotonic()
    path = train_nlu(
        str(work / "config.yml"), str(work / "nlu.yml"), str(work / "models"), domain=str(work / "domain.yml")
    )
    return path, time.monotonic() - started


async def measure(path):
    """Returns accuracy by gold file and milliseconds per parse, one message at a time."""
    from rasa.core.agent import Agent

    agent = Agent.load(path)
    await agent.parse_message("xin chào")
    accuracy, texts, seconds = {}, 0, 0.0
    for name, rows in json.loads((work / "gold.json").read_text(encoding="utf-8")).items():
        right = 0
        for text, intent in rows:
            started = time.monotonic()
            parsed = await agent.parse_message(text)
            seconds += time.monotonic() - started
            texts += 1
            right += parsed["intent"]["name"] == intent.replace("/", "__")
        accuracy[name] = {"texts": len(rows), "accuracy": round(right / len(rows), 4)}
    return accuracy, seconds / texts * 1000


if __name__ == "__main__":
    model, spent = train()
    found, milliseconds = asyncio.run(measure(model))
    (work / "result.json").write_text(
        json.dumps({"training_seconds": round(spent, 1), "parse_ms": round(milliseconds, 1), "accuracy": found}),
        encoding="utf-8",
    )
