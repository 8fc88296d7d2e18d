"""An event's whole life, told without its words: answered, failed, erased, and in the log by the same number."""

from __future__ import annotations

import json
import subprocess

from tests.conftest import Served
from tests.kit import warm
from tests.kit.people import Store, ZaloUser
from tests.kit.waiting import COMMAND, until


def shown(node: Served, event: str) -> subprocess.CompletedProcess[str]:
    """What `assistant events show` says, beside the node."""
    return warm.run("events", "show", event, environment=node.environment, timeout=COMMAND)


def test_an_event_that_was_answered_and_then_erased(node: Served) -> None:
    user = ZaloUser(node).follows_the_stand_in()
    store = Store(node.database_url)
    event = user.text_event("tổng đài số mấy vậy", "life-1")
    user.ask_event(event)
    number = store.value("SELECT id FROM inbox WHERE event_id = 'life-1'")
    unseen = "SELECT count(*) FROM outbox WHERE inbox_id = %s AND (delivered_at IS NULL OR seen_at IS NULL)"
    until(lambda: store.value(unseen, number) == 0)  # the stand-in tells a moment later that it was seen
    by_name, by_number = shown(node, "life-1"), shown(node, str(number))
    assert by_name.returncode == 0, by_name.stderr
    assert by_name.stdout == by_number.stdout
    life = json.loads(by_name.stdout)
    assert (life["event"], life["channel"], life["kind"], life["failures"]) == (number, "zalo", "text", 0)
    assert life["done_at"]
    assert life["person"].startswith("p_")
    assert [turn["intent"] for turn in life["turns"]] == ["faq/hotline"]
    assert {reply["state"] for reply in life["replies"]} == {"sent"}
    assert "tổng đài" not in by_name.stdout
    assert user.user not in by_name.stdout
    erased = warm.run("erase", user.conversation, environment=node.environment, timeout=COMMAND)
    assert erased.returncode == 0, erased.stderr
    assert json.loads(shown(node, "life-1").stdout)["became"] == "erased with its person"
    assert shown(node, "never-came").returncode == 1


def test_a_failed_turn_is_one_line_of_the_log_with_the_number(node: Served) -> None:
    user = ZaloUser(node).follows_the_stand_in()
    store = Store(node.database_url)
    # A tracker that cannot be read: the turn fails, whatever the engine is.
    store.do(f"UPDATE conversations SET tracker = '[{{\"event\": 7}}]' WHERE id = '{user.conversation}'")
    assert user.post(user.text_event("chào bạn", "life-2")).status_code == 200
    user.settled()
    number = store.value("SELECT id FROM inbox WHERE event_id = 'life-2'")
    lines = until(lambda: [line for line in node.log.read_text().splitlines() if f"[event {number}]" in line])
    failed = store.value("SELECT failures FROM inbox WHERE event_id = 'life-2'")
    assert failed
    assert len(lines) == failed
    assert all(" failed: " in line and " p_" in line for line in lines)
    assert json.loads(shown(node, "life-2").stdout)["failures"] == failed
