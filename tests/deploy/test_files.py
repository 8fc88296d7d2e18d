"""The files that operators start from: well-formed, safe by default, and true to the software."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.console.forms import LARGEST_FORM
from assistant.editing import spreadsheet_files
from assistant.settings import ROOT, Settings
from connectors.all import kinds

DEPLOY = ROOT / "deploy"
CHECKS = ROOT / ".tools/checks/bin"
#: Names in environments that are not ours: the tracing library's own.
FOREIGN = {"OTEL_EXPORTER_OTLP_ENDPOINT"}


def run(*command: str | Path) -> str:
    """Runs a linter; returns what it says if it is not content."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
    return (done.stdout + done.stderr) if done.returncode else ""


def documents(folder: str) -> Iterator[dict[str, Any]]:
    """All manifests of a folder."""
    for path in sorted((DEPLOY / folder).glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def manifest(kind: str) -> dict[str, Any]:
    """The one manifest of a kind."""
    return next(found for found in documents("kubernetes") if found["kind"] == kind)


def known(name: str) -> bool:
    """Whether the server reads a setting of this name."""
    return name.lower() in Settings.model_fields or name in FOREIGN


def test_the_dockerfile_has_no_findings() -> None:
    hadolint = shutil.which("hadolint", path=str(ROOT / ".venv/bin"))
    assert hadolint
    assert run(hadolint, DEPLOY / "Dockerfile") == ""


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN apt-get install git\n")
    assert "DL3006" in run(ROOT / ".venv/bin/hadolint", tmp_path / "Dockerfile")


def test_the_compose_file_follows_its_specification() -> None:
    assert run(CHECKS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yml") == ""


def test_every_manifest_follows_its_schema() -> None:
    strange = ("kustomization", "gateway")  # of no kind that Kubernetes itself knows
    files = [path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem not in strange]
    assert run(CHECKS / "kubernetes-validate", "-k", "1.33", "--strict", *files) == ""


def test_a_wrong_manifest_would_be_found(tmp_path: Path) -> None:
    wrong = (DEPLOY / "kubernetes/node.yaml").read_text().replace("minAvailable: 2", "minAvailble: 2")
    (tmp_path / "x.yaml").write_text(wrong)
    assert "minAvailble" in run(CHECKS / "kubernetes-validate", "-k", "1.33", "--strict", tmp_path / "x.yaml")


def test_every_setting_in_compose_is_one_the_server_reads() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    assert [name for name in compose["x-node"]["environment"] if not known(name)] == []
    secrets = {name for service in ("node", "trainer", "migrate") for name in compose["services"][service]["secrets"]}
    assert [name for name in secrets if not known(name)] == []
    assert secrets <= set(compose["secrets"])


def test_every_setting_in_the_manifests_is_one_the_server_reads() -> None:
    assert [name for name in manifest("ConfigMap")["data"] if not known(name)] == []
    for secret in (found for found in documents("kubernetes") if found["kind"] == "Secret"):
        assert [name for name in secret["stringData"] if name != "database_ca" and not known(name)] == []


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """What runs: each workload's name and its pod."""
    for found in documents("kubernetes"):
        spec = found.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield found["metadata"]["name"], template["spec"]


def autoscalers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each file that has one."""
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for found in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if found["kind"] == "HorizontalPodAutoscaler":
                yield path.name, found["spec"]


def test_as_many_pods_as_there_may_be_have_connections() -> None:
    patroni = yaml.safe_load((DEPLOY / "patroni/patroni.yml").read_text(encoding="utf-8"))
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    most = patroni["bootstrap"]["dcs"]["postgresql"]["parameters"]["max_connections"]
    assert f"max_connections={most}" in compose["services"]["postgres"]["command"]
    surge = manifest("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    found = dict(autoscalers())
    assert len(found) == 2
    for spec in found.values():
        assert (spec["maxReplicas"] + surge) * 20 + 40 <= most


def test_the_autoscaler_that_everybody_gets_can_take_pods_away() -> None:
    """One metric that nobody serves keeps it from that: it is told of processors alone."""
    (everybody,) = (spec for name, spec in autoscalers() if name == "node.yaml")
    assert [metric["type"] for metric in everybody["metrics"]] == ["Resource"]
    (by_age,) = (spec for name, spec in autoscalers() if name != "node.yaml")
    assert {metric["type"] for metric in by_age["metrics"]} == {"Resource", "Object"}
    assert (DEPLOY / "kubernetes/kustomization.yaml").read_text().count("autoscale") == 0


def test_the_gateway_leads_to_the_service_and_not_to_what_is_inside() -> None:
    path = DEPLOY / "kubernetes/gateway.yaml"
    gateway, route = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert route["spec"]["parentRefs"][0]["name"] == gateway["metadata"]["name"]
    service = manifest("Service")
    ports = {port["port"] for port in service["spec"]["ports"]}
    led = {match["path"]["value"]: rule for rule in route["spec"]["rules"] for match in rule["matches"]}
    for shut in ("/metrics", "/sandbox"):
        assert not led.pop(shut).get("backendRefs")
    for rule in led.values():
        assert [(ref["name"], ref["port"] in ports) for ref in rule["backendRefs"]] == [
            (service["metadata"]["name"], True)
        ]
    assert "/" in led
    assert led["/chat/stream"]["timeouts"] == {"request": "0s"}


def test_the_database_s_owner_is_for_jobs_alone() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    default = compose["x-node"]["secrets"]
    owners = {"database_owner_url", "postgres_password"}
    having = {name for name, service in compose["services"].items() if owners & {*service.get("secrets", default)}}
    assert having == {"postgres", "migrate", "backup"}
    assert having <= {"postgres", *(name for name, service in compose["services"].items() if "profiles" in service)}
    secrets = {found["metadata"]["name"]: {*found["stringData"]} for found in documents("kubernetes")
               if found["kind"] == "Secret"}  # fmt: skip
    assert [name for name, keys in secrets.items() if owners & keys] == ["assistant-owner"]
    using = {name for name, pod in pods() if "assistant-owner" in str(pod)}
    assert using == {"assistant-migrate", "assistant-retention"}
    assert "owner" not in (DEPLOY / "systemd/assistant.service").read_text()


@pytest.mark.parametrize("name", ["assistant", "assistant-train", "assistant-migrate", "assistant-retention"])
def test_containers_run_without_rights_and_write_nowhere_but_in_their_volumes(name: str) -> None:
    pod = dict(pods())[name]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["resources"]["limits"]["memory"]


def test_compose_runs_nodes_without_rights_too() -> None:
    node = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))["x-node"]
    assert node["read_only"] is True
    assert node["cap_drop"] == ["ALL"]
    assert node["security_opt"] == ["no-new-privileges:true"]


def test_a_roll_out_never_takes_a_good_node_away() -> None:
    spec = manifest("Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert manifest("PodDisruptionBudget")["spec"]["minAvailable"] < spec["replicas"]
    container = spec["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > 30


def test_the_container_image_is_not_root_and_holds_no_secret() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert "USER 10001:10001" in text
    assert not any(word in text for word in ("PASSWORD", "SECRET_KEY=", "TOKEN="))
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", "var", "models", ".venv", "deploy/secrets", "deploy/.env"} <= set(ignored)


_BYTES = {"": 1, "kb": 1000, "mb": 1000**2, "k": 1024, "m": 1024**2}


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)\s*([a-zA-Z]*)", text)
    assert match
    return int(match[1]) * _BYTES[match[2].lower()]


def _through_caddy() -> tuple[list[str], list[int]]:
    text = (DEPLOY / "Caddyfile").read_text()
    large = re.search(r"@large path (.*)", text)
    assert large
    return large[1].split(), [_bytes(size) for size in re.findall(r"max_size (\S+)", text)]


def _through_nginx() -> tuple[list[str], list[int]]:
    text = (DEPLOY / "nginx.conf").read_text()
    large = re.findall(r"location = (\S+) \{\s+client_max_body_size (\w+);", text)
    rest = re.search(r"^    client_max_body_size (\w+);", text, re.MULTILINE)
    assert rest
    return [path for path, _ in large], [*(_bytes(size) for _, size in large), _bytes(rest[1])]


@pytest.mark.parametrize("proxy", [_through_caddy, _through_nginx])
def test_deliveries_larger_than_a_megabyte_come_through_the_proxy(
    proxy: Callable[[], tuple[list[str], list[int]]],
) -> None:
    large, sizes = proxy()
    assert set(large) == {"/webhooks/messenger", "/console/faq/files"}
    most = max(*(kind.largest_body for kind in kinds()), spreadsheet_files.LARGEST + 64 * 1024)
    assert min(sizes[:-1]) >= most
    others = [kind.largest_body for kind in kinds() if kind.name != "messenger"]
    assert sizes[-1] >= max(*others, LARGEST_FORM)


def test_deliveries_larger_than_a_megabyte_come_through_the_ingress() -> None:
    size = _bytes(manifest("Ingress")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"])
    assert size >= max(*(kind.largest_body for kind in kinds()), spreadsheet_files.LARGEST + 64 * 1024)


def test_the_proxies_end_half_heads_and_half_bodies_and_bound_an_address() -> None:
    caddy, nginx = (DEPLOY / "Caddyfile").read_text(), (DEPLOY / "nginx.conf").read_text()
    assert re.search(r"read_header \d+s", caddy)
    assert re.search(r"max_header_size \d+KB", caddy)
    controller = yaml.safe_load((DEPLOY / "kubernetes/ingress-controller.yaml").read_text())["data"]
    for name in ("client_header_timeout", "client_body_timeout"):
        found = re.search(rf"{name} (\d+)s;", nginx)
        assert found
        assert int(found[1]) <= 20
        assert int(controller[name.replace("_", "-")]) <= 20
    assert re.search(r"limit_conn addresses \d+;", nginx)
    assert int(manifest("Ingress")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/limit-connections"]) > 0


def test_the_proxies_pass_nothing_of_the_inside_on() -> None:
    assert "@inside path /metrics /metrics/* /sandbox*\n\thandle @inside" in (DEPLOY / "Caddyfile").read_text()
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert "location /metrics { return 404; }" in nginx
    assert "location /sandbox { return 404; }" in nginx


def test_doors_may_open_more_files_than_a_thousand() -> None:
    unit = (DEPLOY / "systemd/assistant.service").read_text()
    limit = re.search(r"^LimitNOFILE=(\d+)$", unit, re.MULTILINE)
    assert limit
    wanted = Settings.model_fields["connections"].default
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    for files in (
        int(limit[1]),
        compose["x-node"]["ulimits"]["nofile"],
        compose["services"]["proxy"]["ulimits"]["nofile"],
    ):
        assert files > 2 * wanted


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").glob("assistant*.service"), key=str), ids=lambda p: p.name)
def test_units_are_confined(unit: Path) -> None:
    text = unit.read_text()
    assert "NoNewPrivileges=yes" in text
    assert "ProtectSystem=strict" in text
    assert "User=assistant" in text
