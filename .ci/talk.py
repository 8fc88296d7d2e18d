"""`talk.py URL SECONDS PID`: waits until a server is ready, and for the answer to a message in its web chat."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

URL, SECONDS, SERVER = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
UNTIL = time.monotonic() + SECONDS
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()))


def ask(path: str, message: dict[str, str] | None = None) -> bytes:
    """Returns what the server says."""
    body = json.dumps(message).encode() if message else None
    request = urllib.request.Request(URL + path, body, {"content-type": "application/json"} if body else {})
    with OPENER.open(request, timeout=15) as answer:
        return bytes(answer.read())


def wait_until_ready() -> None:
    """Waits while the server comes up, as long as it lives."""
    while True:
        try:
            ask("/readyz")
            return
        except OSError as error:
            if not Path(f"/proc/{SERVER}").exists():
                sys.exit("the server ended")
            if time.monotonic() > UNTIL:
                sys.exit(f"not ready after {SECONDS:.0f} s: {error}")
            time.sleep(0.5)


def answer_to(text: str) -> str:
    """Returns the assistant's answer to a message."""
    ask("/")
    ask("/chat/messages", {"id": os.urandom(16).hex(), "text": text})
    while True:
        history = json.loads(ask("/chat/history"))
        said = [message["text"] for message in history["messages"] if message["from"] == "bot"]
        if said and not history["pending"]:
            return str(said[-1])
        if time.monotonic() > UNTIL:
            raise TimeoutError(str(history))
        time.sleep(0.2)


wait_until_ready()
answer = answer_to("em quên mật khẩu vssid")
if "mã số" not in answer.lower():
    sys.exit(f"an odd answer: {answer}")
