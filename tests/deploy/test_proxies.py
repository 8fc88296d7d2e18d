"""The shipped proxy files, run by the proxies themselves in front of something that says what it got."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from assistant.editing import spreadsheet_files
from assistant.settings import ROOT
from connectors.messenger.webhook import LARGEST_BODY
from tests.kit.ports import free_port
from tests.kit.waiting import CLIENT, until

DEPLOY = ROOT / "deploy"
_CERTIFICATE = re.compile(r"    ssl_certificate(?:_key)? \S+;\n")


class _Node(BaseHTTPRequestHandler):
    """Says which path it was asked for, with how many bytes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.path == "/hang-up":  # as at a body that takes too long
            self.close_connection = True
            return
        size = int(self.headers.get("content-length") or 0)
        self._say(f"{self.path} {len(self.rfile.read(size))}")

    def do_GET(self) -> None:
        self._say(f"{self.path} 0")

    def _say(self, words: str) -> None:
        body = words.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    """Says nothing of clients that go away."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def _caddy(folder: Path, port: int, node: int) -> list[str]:
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    text, times = re.subn(r"dynamic a \{[^}]*\}", f"to 127.0.0.1:{node}", text)
    assert times == 1
    text = text.replace("{$SITE}", f"http://127.0.0.1:{port}").replace("{\n\tservers", "{\n\tadmin off\n\tservers", 1)
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def _nginx(folder: Path, port: int, node: int) -> list[str]:
    text = _CERTIFICATE.sub("", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{node}").replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    head = f"daemon off; {user} pid {folder}/pid; error_log {folder}/log; events {{}}"
    (folder / "nginx.conf").write_text(f"{head} http {{ {places}\n{text}}}", encoding="utf-8")
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-e", f"{folder}/log", "-c", str(folder / "nginx.conf")]


@pytest.fixture(scope="module", params=[_caddy, _nginx], ids=["caddy", "nginx"])
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    made: Callable[[Path, int, int], list[str]] = request.param
    node = _Quiet(("127.0.0.1", 0), _Node)
    threading.Thread(target=node.serve_forever, daemon=True).start()
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    command = made(folder, port, node.server_address[1])
    if not shutil.which(command[0]):
        node.server_close()
        pytest.skip(f"{command[0]} is not on this machine (scripts/need-packages)")
    with (folder / "said").open("wb") as said:
        running = subprocess.Popen(
            command, stdout=said, stderr=said, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"}
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=CLIENT) as http:

        def answers() -> bool:
            assert running.poll() is None, (folder / "said").read_text()
            try:
                return http.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        try:
            until(answers)
            yield http
        finally:
            running.terminate()
            running.wait(30)
            node.shutdown()
            node.server_close()


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/webhooks/messenger", LARGEST_BODY), ("/console/faq/files", spreadsheet_files.LARGEST + 64 * 1024),
        ("/webhooks/zalo", 256 * 1024), ("/chat/messages", 64 * 1024),
    ],
)  # fmt: skip
def test_the_largest_that_a_door_takes_comes_through(proxy: httpx.Client, path: str, size: int) -> None:
    answer = proxy.post(path, content=b"a" * size)
    assert (answer.status_code, answer.text) == (200, f"{path} {size}")


@pytest.mark.parametrize(
    ("path", "size"), [("/webhooks/messenger", 7_000_000), ("/webhooks/zalo", 1_500_000), ("/ma", 1_500_000)]
)
def test_more_than_any_door_takes_does_not(proxy: httpx.Client, path: str, size: int) -> None:
    with suppress(httpx.TransportError):  # closed while it was being sent
        assert proxy.post(path, content=b"a" * size).status_code in (413, 502, 503)


def test_bodies_that_are_too_large_or_end_half_way_take_the_node_from_nobody(proxy: httpx.Client) -> None:
    host = (proxy.base_url.host, proxy.base_url.port)
    for _ in range(3):
        with suppress(httpx.TransportError):
            proxy.post("/ma", content=b"a" * 1_500_000)
        with socket.create_connection(host) as half:
            half.sendall(b"POST /break HTTP/1.1\r\nhost: a\r\ncontent-length: 9000\r\n\r\n" + b"a" * 100)
        proxy.post("/hang-up", content=b"a")
        began = time.monotonic()
        assert proxy.get("/healthz").status_code == 200, "as for everybody else"
        assert time.monotonic() - began < 3, "a node that counts as failed is waited for"


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/", "/%6detrics", "//metrics", "/x/../metrics", "/sandbox", "/sandbox/api/mails"]
)
def test_nothing_of_the_inside_is_asked(proxy: httpx.Client, path: str) -> None:
    with httpx.Client(base_url=proxy.base_url, timeout=CLIENT) as http:
        request = http.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = http.send(request)
    assert answer.status_code == 404 or answer.text.partition(" ")[0] not in ("/metrics", "/metrics/", "/sandbox")
    assert not re.match(r"/(metrics|sandbox)", answer.text)
