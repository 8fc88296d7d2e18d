"""Loads one model and lets it read one message: `python -m assistant.release.load_check MODEL`; 1 if it cannot."""

from __future__ import annotations

import sys
from pathlib import Path

from assistant.model_store import signing
from assistant.release.exchange import PROBE
from assistant.settings import Settings

if __name__ == "__main__":
    model = Path(sys.argv[1])
    signing.verify(model, Settings())
    from assistant.rasa.host import Parser

    parser = Parser(model)
    parser.parse(PROBE)
    parser.close()
