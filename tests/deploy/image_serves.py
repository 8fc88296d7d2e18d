"""Starts an image as deploy/compose.yml does: no rights, nothing for writing but /data and /tmp; trains and talks.

image_serves.py ROOT IMAGE.json     ROOT: the image's files, mounted; IMAGE.json: what `buildah inspect` says of it
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import yaml

from assistant.settings import ROOT as TREE
from tests.deploy.test_backup import TOOLS
from tests.kit.waiting import CLIENT

NOBODY, US = 65534, 10001  # who PostgreSQL runs as, and who the image does
GIVEN = {
    "PUBLIC_URL": "https://tro-ly.vssid.test", "REGISTRY_URL": "https://127.0.0.1:9/v1",
    "MAIL_FROM": "Trợ lý VssID <no-reply@vssid.test>",
}  # fmt: skip
# As a container's runtime does it: the image read-only, what is given mounted into it, no rights kept.
START = """
set -eu
mount --make-rprivate /
for place in run/secrets run/postgresql; do mkdir -p "$ROOT/$place"; done
mount --bind "$ROOT" "$ROOT"
mount -o remount,bind,ro "$ROOT"
mount -t tmpfs -o size="$TMP",mode=1777 tmpfs "$ROOT/tmp"
mount --bind "$STATE" "$ROOT/data"
mount --bind "$SECRETS" "$ROOT/run/secrets"
mount -o remount,bind,ro "$ROOT/run/secrets"
mount --bind "$SOCKET" "$ROOT/run/postgresql"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
exec env -i "$@"
"""


class Machine:
    """What an operator has: the image, a folder of secrets, the volume, the database's socket."""

    def __init__(self, root: Path, image: dict[str, Any], folder: Path) -> None:
        self._root, self._config = root, image["OCIv1"]["config"]
        self._compose = yaml.safe_load((TREE / "deploy/compose.yml").read_text(encoding="utf-8"))
        self._folder = folder
        self.port = 28_000 + os.getpid() % 2_000
        self.secrets = self._place("secrets", 0)
        self.socket = self._place("socket", NOBODY)
        self.state = self._place("state", US)
        assert self._config["User"] == f"{US}:{US}", "the image runs as somebody"

    def _place(self, name: str, owner: int) -> Path:
        (self._folder / name).mkdir()
        os.chown(self._folder / name, owner, owner)
        return self._folder / name

    def start(self, service: str, *command: str, entry: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        """Starts one of the compose file's services, or another command of the image in its place."""
        found = self._compose["services"][service]
        given = self._folder / f"secrets-{service}"
        given.mkdir(exist_ok=True)
        for name in found.get("secrets", self._compose["x-node"]["secrets"]):
            file = self._compose["secrets"][name]["file"].removeprefix("./secrets/")
            (given / name).write_text((self.secrets / file).read_text())
        words = [*(entry or self._config["Entrypoint"]), *(command or found.get("command") or self._config["Cmd"])]
        keep = f"--reuid={US} --regid={US} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs"
        inside = ["chroot", str(self._root), "setpriv", *keep.split(), *words]
        places = {
            "ROOT": str(self._root), "STATE": str(self.state), "SECRETS": str(given), "SOCKET": str(self.socket),
            "TMP": re.search(r"size=(\w+)", found["tmpfs"][0])[1],  # type: ignore[index]
        }  # fmt: skip
        start = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", START, "start"]
        return subprocess.Popen([*start, *self._environment(), *inside], env=os.environ | places)

    def run(self, service: str, *command: str, entry: tuple[str, ...] = ()) -> None:
        """Does the same and waits for a good end."""
        begun = time.monotonic()
        code = self.start(service, *command, entry=entry).wait()
        print(f"• image: {service} {' '.join(entry or command)} {time.monotonic() - begun:.0f} s", flush=True)
        assert code == 0, f"{service} {command} ended with {code}"

    def _environment(self) -> list[str]:
        compose = self._compose["x-node"]["environment"]
        filled = {
            name: re.sub(r"\$\{(\w+)[^}]*\}", lambda m: GIVEN.get(m[1], ""), str(v)) for name, v in compose.items()
        }
        own = {"PORT": str(self.port), "HOST": "127.0.0.1", "WORKERS": "1", "LANG": "C.UTF-8"}
        return [*self._config["Env"], *(f"{name}={value}" for name, value in (filled | own).items())]


@contextmanager
def database(machine: Machine, folder: Path) -> Iterator[None]:
    """Runs a PostgreSQL as the compose file's: a password for the owner, and no role but theirs."""
    data, password = folder / "postgres", machine.secrets / "owner/postgres_password"
    data.mkdir()
    os.chown(data, NOBODY, NOBODY)

    def tool(name: str, *words: str) -> None:
        subprocess.run([TOOLS / name, *words], user=NOBODY, group=NOBODY, check=True, stdout=subprocess.DEVNULL)

    tool("initdb", "-D", str(data), "-U", "assistant_owner", "--auth=scram-sha-256", "--no-sync",
         f"--pwfile={password}")  # fmt: skip
    tool(
        "pg_ctl",
        "-w",
        "-D",
        str(data),
        "-l",
        str(data / "log"),
        "-o",
        f"-k {machine.socket} -c listen_addresses=",
        "start",
    )
    try:
        own = {
            "PGHOST": str(machine.socket), "PGPASSWORD": password.read_text().strip(),
            "PATH": f"{TOOLS}:{os.environ['PATH']}",
        }  # fmt: skip
        subprocess.run(["createdb", "-U", "assistant_owner", "assistant"], env=own, check=True)
        yield
    finally:
        tool("pg_ctl", "-D", str(data), "-m", "fast", "stop")


def secrets_made(folder: Path) -> None:
    """Makes the secrets as an operator does on a machine that has openssl and no image yet."""
    subprocess.run([TREE / "deploy/new-secrets", folder], check=True, stdout=subprocess.DEVNULL)
    for name, value in {
        "smtp_url": "smtps://user:password@127.0.0.1:9",
        "registry_signing_key": "main:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }.items():
        (folder / name).unlink()
        (folder / name).write_text(value)
    for each in (folder, folder / "owner"):
        each.chmod(0o755)  # PostgreSQL's user reads its own; each container sees only those it is given


def answers(machine: Machine) -> None:
    """Waits for /readyz, then talks as a visitor does."""
    url, until = f"http://127.0.0.1:{machine.port}", time.monotonic() + 300
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=CLIENT).status_code == 200:
                break
        assert time.monotonic() < until, "/readyz never came"
        time.sleep(0.5)
    with httpx.Client(base_url=url, timeout=CLIENT) as visitor:
        # A browser would come by TLS and send its __Host- cookie by itself.
        visitor.headers["cookie"] = visitor.get("/").raise_for_status().headers["set-cookie"].partition(";")[0]
        visitor.post("/chat/messages", json={"id": "1", "text": "tổng đài số mấy vậy"}).raise_for_status()
        while not (said := visitor.get("/chat/history").json()["messages"]) or said[-1]["from"] != "bot":
            assert time.monotonic() < until, "no answer"
            time.sleep(0.2)
    assert "1900" in said[-1]["text"], said
    print(f"• image: ready, and answers: {said[-1]['text'].splitlines()[0]}", flush=True)


def main(root: Path, image: Path) -> None:
    """Does everything in a folder that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        machine = Machine(root, json.loads(image.read_text()), folder)
        secrets_made(machine.secrets)
        with database(machine, folder):
            served(machine)


def end(started: subprocess.Popen[bytes]) -> None:
    """Stops a container as its runtime does: the signal is for the first process inside."""
    (inside,) = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    os.kill(int(inside), signal.SIGTERM)
    started.wait(60)


def served(machine: Machine) -> None:
    """The first start of deploy.md: tables, a model, a node, the doctor, a release; then what must not be possible."""
    machine.run("migrate")
    machine.run("trainer")
    node = machine.start("node")
    try:
        answers(machine)
        machine.run("node", "doctor")
        machine.run("trainer", "release", "build")
        machine.run("node", NO_RIGHTS, entry=("python", "-c"))
    finally:
        end(node)


#: What somebody would try who got in.
NO_RIGHTS = """
import os, pathlib
assert os.getuid() == 10001 and not os.getgroups()
status = pathlib.Path('/proc/self/status').read_text()
assert all(f'Cap{kind}:\\t0000000000000000' in status for kind in ('Inh', 'Prm', 'Eff', 'Bnd', 'Amb')), status
for place in ('/app/x', '/app/.venv/x', '/x', '/usr/x', '/run/secrets/x', '/etc/x'):
    try:
        open(place, 'w')
    except OSError:
        continue
    raise SystemExit(f'{place} can be written')
open('/data/x', 'w').close()
os.remove('/data/x')
"""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
