"""`python -m supply.sbom`: the list of parts as CycloneDX 1.6, from the runtime lock."""

from __future__ import annotations

import sys
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


def bom(lock: Path = ROOT / "requirements.lock") -> str:
    """Returns the list of parts as JSON."""
    components = [_component(package) for package in read_lock(lock)]
    made = Bom(components=components)
    made.metadata.component = whole = Component(
        type=ComponentType.APPLICATION, name="vssid-assistant", version=metadata.version("vssid-assistant")
    )
    made.register_dependency(whole, components)
    return JsonV1Dot6(made).output_as_string(indent=1)


if __name__ == "__main__":
    sys.stdout.write(bom() + "\n")
