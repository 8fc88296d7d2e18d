"""A new cookie is no new budget: failed checks count against the network they come from, whatever a header claims."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import Served, serve
from tests.kit import people
from tests.kit.people import CODE, EMAIL, PHONE, Store, Visitor
from tests.kit.waiting import until

UNSAID, NOT_MATCHED = "mình không báo kết quả ở đây", "không khớp"
GUESS = f"quên mật khẩu, mã {CODE}, sđt 0901000999"
LIMITS = "checks_then_lock: 2\naddress_checks_an_hour: 3\naddress_checks_a_day: 20\n"


@contextmanager
def served(database_url: str, model: Path, folder: Path, proxies: str = "") -> Iterator[Served]:
    """A node with small limits."""
    file = folder / "limits.yml"
    file.write_text(LIMITS)
    node = serve(database_url, model, folder, LIMITS_FILE=str(file), FORWARDED_ALLOW_IPS=proxies)
    try:
        node.start()
        yield node
    finally:
        node.stop()
        people.close_clients()


def guess(node: Served, forwarded: str = "", said: str = GUESS) -> str:
    """Tries as a new visitor and returns the answer."""
    visitor = Visitor(node.url)
    if forwarded:
        visitor.http.headers["x-forwarded-for"] = forwarded
    return visitor.text(said)


def test_new_cookies_and_forged_headers_from_one_network_are_one_budget(
    database_url: str, model_path: Path, tmp_path: Path
) -> None:
    with served(database_url, model_path, tmp_path) as node:
        visitor = Visitor(node.url)
        answers = [visitor.text(GUESS) for _ in range(3)]
        assert ["hết lượt" in answer for answer in answers] == [False, True, True], "the chat user is locked first"
        assert NOT_MATCHED in guess(node, forwarded="203.0.113.1"), "somebody else at the same place may still try"
        assert UNSAID in guess(node), "a new cookie"
        assert UNSAID in guess(node, forwarded="198.51.100.7"), "a forged header"
        truth = guess(node, said=f"quên mật khẩu, mã {CODE}, sđt {PHONE}")
        assert truth == guess(node), "to the letter"
        assert "1900 9068" in truth, "who is shut out by others is told where to go"
        store = Store(database_url)
        assert until(lambda: [m for m in node.mails() if EMAIL in m["to"]]), "the owner gets the letter all the same"
        assert store.value("SELECT count(DISTINCT address) FROM attempts") == 1
        assert store.value("SELECT count(*) FROM inbox WHERE body ? 'address'") == 0, "forgotten with the turn"
        assert "127.0.0.1" not in "".join(row[0] for row in store.rows("SELECT a::text FROM attempts a"))


def test_behind_a_named_proxy_each_household_is_its_own_network(
    database_url: str, model_path: Path, tmp_path: Path
) -> None:
    with served(database_url, model_path, tmp_path, proxies="127.0.0.1,10.0.0.0/8") as node:
        for last in ("1", "2", "ffff:0:1"):  # one IPv6 household has a whole /64
            assert NOT_MATCHED in guess(node, forwarded=f"2001:db8:0:1::{last}")
        assert UNSAID in guess(node, forwarded="2001:db8:0:1:aaaa::1")
        assert NOT_MATCHED in guess(node, forwarded="2001:db8:0:2::1"), "the neighbours' is not theirs"
        # Whatever a client writes itself, the proxy's own addition is the last one that counts.
        for claimed in ("1.1.1.1", "2.2.2.2", "3.3.3.3"):
            assert NOT_MATCHED in guess(node, forwarded=f"{claimed}, 203.0.113.9, 10.1.2.3")
        assert UNSAID in guess(node, forwarded="4.4.4.4, 203.0.113.9, 10.1.2.3")
        assert UNSAID in guess(node, forwarded="::ffff:203.0.113.9"), "the same IPv4 address in other clothes"
