#!/usr/bin/env python3
"""Lets the standbys elect a leader five seconds after the old one fell silent, not after Patroni's least `ttl`, 20.

On every machine of the database, beside Patroni, with its environment (PATRONI_NAME, PATRONI_ETCD3_HOSTS). While this
machine is a standby it asks the leader each second for a sign of life: Patroni's REST interface, which asks PostgreSQL
itself. After five seconds without one it takes the leader's key out of etcd, if it is still that leader's; Patroni then
elects as always, and only a synchronous standby can win.

A leader that lives after all (it was the cable) loses nothing by that: it finds its key gone within two seconds and
steps down, and what it wrote meanwhile no standby confirmed, so nobody was told that it was stored. Needs Python alone.
"""

import base64
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

SILENT = float(os.environ.get("HASTEN_SECONDS", "5"))
_SCOPE = os.environ.get("HASTEN_SCOPE", "/db/assistant")
_HOSTS = [host.strip() for host in os.environ["PATRONI_ETCD3_HOSTS"].split(",")]
_ME = os.environ["PATRONI_NAME"]
_SCHEME = os.environ.get("PATRONI_ETCD3_PROTOCOL", "http")


def _opener() -> urllib.request.OpenerDirector:
    """Returns what asks etcd and Patroni, with their certificates where Patroni has them."""
    trusted = ssl.create_default_context(cafile=os.environ.get("PATRONI_ETCD3_CACERT"))
    if certificate := os.environ.get("PATRONI_ETCD3_CERT"):
        trusted.load_cert_chain(certificate, os.environ.get("PATRONI_ETCD3_KEY"))
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted))


_OPEN = _opener()


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _etcd(call: str, asked: dict) -> dict:
    """Asks etcd, at whichever machine answers."""
    for host in _HOSTS:
        url = f"{_SCHEME}://{host}/v3/{call}"
        request = urllib.request.Request(url, json.dumps(asked).encode())  # noqa: S310 - the scheme is http or https
        try:
            with _OPEN.open(request, timeout=1) as answer:
                return json.load(answer)
        except OSError:
            continue
    raise OSError("no etcd answers")


def _value(key: str) -> tuple:
    """Returns a key's value and the revision at which it was made, or two Nones."""
    found = _etcd("kv/range", {"key": _coded(f"{_SCOPE}/{key}")}).get("kvs")
    return (base64.b64decode(found[0]["value"]).decode(), found[0]["create_revision"]) if found else (None, None)


def _lives(leader: str) -> bool:
    """Tells whether a machine's Patroni answers. "Not yet" is an answer, too: it may be starting, or in hand-over."""
    member, _ = _value(f"members/{leader}")
    if member is None:
        return False
    url = json.loads(member)["api_url"].rpartition("/")[0]
    try:
        with _OPEN.open(f"{url}/primary", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _take_key(leader: str, revision: str) -> bool:
    key = _coded(f"{_SCOPE}/leader")
    same = [
        {"key": key, "target": "CREATE", "result": "EQUAL", "create_revision": revision},
        {"key": key, "target": "VALUE", "result": "EQUAL", "value": _coded(leader)},
    ]
    gone = [{"request_delete_range": {"key": key}}]
    return bool(_etcd("kv/txn", {"compare": same, "success": gone}).get("succeeded"))


def main() -> None:
    """Looks each second, for ever."""
    seen, well_at = (None, None), time.monotonic()
    while True:
        time.sleep(1)
        began = time.monotonic()
        try:
            now = _value("leader")
            if now != seen or now[0] in (None, _ME) or _lives(now[0]):
                seen, well_at = now, began
            elif time.monotonic() - well_at >= SILENT:
                follows = "an election" if _take_key(*now) else "another leads already"
                print(f"{now[0]} has been silent for {time.monotonic() - well_at:.0f} s: {follows}", flush=True)
                well_at = time.monotonic()
        except (OSError, ValueError, KeyError) as error:
            print(f"not looked: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            well_at = time.monotonic()  # who does not see etcd's majority decides nothing


if __name__ == "__main__":
    main()
