"""Addresses in settings: on this machine or elsewhere, and whose word about others is believed."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import ProgrammingError

#: Names that are nobody's (RFC 2606, RFC 6761).
_NOBODYS = ("example", "test", "invalid", "localhost")
_PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "::1/128")
)
#: Among public addresses a balancer's own have such prefixes, or longer ones.
_NARROWEST = {4: 16, 6: 32}


def is_here(url: str) -> bool:
    """Tells whether an address leads to this machine, to nobody, or nowhere."""
    host = _host(url)
    if not host or host.startswith("/") or host.rpartition(".")[2].lower() in _NOBODYS:
        return True
    if host.lower() in ("example.com", "example.org", "example.net"):
        return True
    return _is_loopback(host)


def is_this_machine(url: str) -> bool:
    """Tells whether an address leads to this machine, or is none; a name that is nobody's leads nowhere."""
    host = _host(url)
    return not host or host.startswith("/") or _is_loopback(host)


def is_database_here(url: str) -> bool:
    """Tells whether a PostgreSQL is on this machine, or at its own cable, as libpq reads URL and environment."""
    if not url:
        return True
    scheme, _, rest = url.partition("://")
    try:
        found = conninfo_to_dict(f"postgresql://{rest}" if rest and scheme.startswith("postgres") else url)
    except ProgrammingError:
        return "://" in url and is_this_machine(url)  # with marks of ours, or nothing that libpq would take
    if found.get("service") or os.environ.get("PGSERVICE"):
        return False  # a file says where
    named = [found.get("host") or os.environ.get("PGHOST"), found.get("hostaddr") or os.environ.get("PGHOSTADDR")]
    hosts = [host for several in named for host in str(several or "").split(",") if host]
    return all(host.startswith("/") or _is_loopback(host) or _is_at_a_cable(host) for host in hosts)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    except ValueError:
        return url  # whatever that is, it is not this machine


def is_plain_http(url: str) -> bool:
    """Tells whether what is sent there would cross a network in clear."""
    return urlsplit(url).scheme.lower() == "http" and not _is_loopback(urlsplit(url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_at_a_cable(host: str) -> bool:
    """Tells whether an address is good on one cable alone (RFC 3927): no database that serves people has one."""
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


def believes_too_many(proxies: str) -> str:
    """Returns the first of several proxies (addresses, networks, with commas) that strangers may be behind, or ""."""
    for part in (part.strip() for part in proxies.split(",")):
        if part and not _is_narrow(part):
            return part
    return ""


def _is_narrow(proxy: str) -> bool:
    try:
        network = ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        return False  # "*", a name: nothing that could be looked at
    if any(network.version == own.version and network.subnet_of(own) for own in _PRIVATE):  # type: ignore[arg-type]
        return True
    return network.prefixlen >= _NARROWEST[network.version]
