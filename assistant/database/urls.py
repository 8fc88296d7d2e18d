"""URLs of databases as libpq reads them: several hosts, ports, sockets and parameters are kept as they are written.

Python's own reading of URLs knows one host and loses the slashes of an address without any.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

from psycopg.conninfo import conninfo_to_dict

#: The mark of a pooler (assistant.database.pooling); libpq does not know it.
MARK = ("pgbouncer", "true")
#: Of several hosts the one that takes writes is meant: the others are its standbys.
_WRITES = ("target_session_attrs", "read-write")
_READS = ("target_session_attrs", "prefer-standby")
#: Seconds for each of several hosts; one that is frozen takes a connection and says nothing.
_EACH = ("connect_timeout", "3")


def parameters(url: str) -> dict[str, str]:
    """Returns what stands behind the question mark."""
    return dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))


def with_parameters(url: str, given: dict[str, str]) -> str:
    """Returns `url` with these parameters in place of those it has."""
    query = urlencode(given, quote_via=quote, safe="/,:")
    return url.partition("?")[0] + (f"?{query}" if query else "")


def parts(url: str) -> dict[str, str]:
    """Returns what libpq reads in a URL."""
    bare = with_parameters(url, {name: value for name, value in parameters(url).items() if name != MARK[0]})
    return {name: str(value) for name, value in conninfo_to_dict(bare).items() if value is not None}


def hosts(url: str) -> list[str]:
    """Returns every host, address or socket's folder that a URL names; none where libpq's default is meant."""
    found = parts(url)
    # Where both are given, the address is where it connects.
    named = found.get("hostaddr") or found.get("host") or ""
    return [host for host in named.split(",") if host]


def of_the_primary(url: str) -> str:
    """Returns `url` so that of several hosts the one is found that takes writes, whatever happens to the others."""
    if len(hosts(url)) < 2:
        return url
    return with_parameters(url, dict([_WRITES, _EACH]) | parameters(url))


def of_a_standby(url: str) -> str:
    """Returns `url` so that of several hosts a standby is found, and the primary where there is none."""
    if len(hosts(url)) < 2:
        return url
    return with_parameters(url, dict([_READS, _EACH]) | parameters(url))


def login(url: str) -> tuple[str, str]:
    """Returns the name and the password that a URL logs in with, empty where it names none."""
    found = parts(url)
    return found.get("user", ""), found.get("password", "")
