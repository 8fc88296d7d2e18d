"""The files of the database on three machines say what the page promises (docs/high-availability.md)."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from assistant.settings import ROOT
from bench.failover.__main__ import LONGEST, QUICK, broken
from bench.failover.machines import Machines
from bench.failover.run import FAULTS, Result

FILES = ROOT / "deploy/patroni"
PAGE = (ROOT / "docs/high-availability.md").read_text(encoding="utf-8")


def names(path: Path) -> set[str]:
    """The variables of an example."""
    return set(re.findall(r"^([A-Z0-9_]+)=", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_nothing_is_confirmed_by_one_machine_alone() -> None:
    config = yaml.safe_load((FILES / "patroni.yml").read_text(encoding="utf-8"))
    dynamic = config["bootstrap"]["dcs"]
    assert dynamic["synchronous_mode"] is dynamic["synchronous_mode_strict"] is True
    assert dynamic["postgresql"]["parameters"]["synchronous_commit"] == "on"
    assert dynamic["primary_start_timeout"] == 0
    assert dynamic["loop_wait"] + 2 * dynamic["retry_timeout"] <= dynamic["ttl"]  # Patroni would change them
    assert not any("trust" in line for line in config["postgresql"]["pg_hba"])


def test_the_run_gives_its_machines_what_the_example_gives_an_operators() -> None:
    machines = Machines.__new__(Machines)
    from bench.failover.machines import Machine

    machines.all = [Machine(number, Path("/nowhere")) for number in (1, 2, 3)]
    given = set(machines._patroni(machines.all[0]))
    assert given - names(FILES / "machine.example.env") == {"PATRONI_POSTGRESQL_PGPASS"}
    assert names(FILES / "machine.example.env") <= given
    assert names(FILES / "etcd.example.env") - set(machines._etcd(machines.all[0])) == {"ETCD_INITIAL_CLUSTER_TOKEN"}


def test_the_page_names_files_that_are_there() -> None:
    named = set(re.findall(r"deploy/patroni/([\w.*]+)", PAGE))
    assert len(named) > 4
    assert [name for name in named if not list(FILES.glob(name))] == []
    for unit in FILES.glob("*.service"):
        started = re.search(r"^ExecStart=\S+ /etc/assistant-db/(\S+)$", unit.read_text(), re.MULTILINE)
        assert started
        assert (FILES / started[1]).is_file()


def test_a_run_that_lost_doubled_or_stood_still_is_said_to_have() -> None:
    def result(**changed: object) -> Result:
        good = {"lost": [], "doubled": 0, "unanswered": 0, "silence": 1.0}
        return Result("x", "a", "b", 10, ready=1.0, refused=0, **(good | changed))  # type: ignore[arg-type]

    assert broken([result()]) == []
    for changed in ({"lost": ["1"]}, {"doubled": 1}, {"unanswered": 1}, {"silence": LONGEST + 1}):
        assert len(broken([result(**changed)])) == 1
    assert set(QUICK.faults) <= set(FAULTS)
