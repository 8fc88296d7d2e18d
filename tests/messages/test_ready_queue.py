"""The queue of conversations of one process."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from assistant.messages.ready_queue import Ready
from tests.kit.waiting import PATIENCE


def test_each_conversation_stands_in_line_once() -> None:
    ready = Ready()
    for conversation in "abaab":
        ready.put(conversation)
    assert len(ready) == 2
    assert [ready.take(), ready.take()] == ["a", "b"]


def test_a_conversation_in_hand_is_not_taken_by_another_worker() -> None:
    ready = Ready()
    ready.put("a")
    assert ready.take() == "a"
    ready.put("a")
    ready.put("b")
    assert ready.take() == "b"
    ready.finished("a", again=False)
    assert ready.take() == "a"  # what came meanwhile is not lost


def test_a_conversation_with_more_goes_to_the_end_of_the_line() -> None:
    ready = Ready()
    ready.put("noisy")
    ready.take()
    ready.put("quiet")
    ready.finished("noisy", again=True)
    assert [ready.take(), ready.take()] == ["quiet", "noisy"]


def test_finished_and_nothing_more_leaves_the_line_empty() -> None:
    ready = Ready()
    ready.put("a")
    ready.take()
    ready.finished("a", again=False)
    assert len(ready) == 0


def test_closing_ends_every_worker_that_waits() -> None:
    ready = Ready()
    taken: list[str | None] = []
    workers = [threading.Thread(target=lambda: taken.append(ready.take())) for _ in range(5)]
    for worker in workers:
        worker.start()
    ready.close()
    for worker in workers:
        worker.join(PATIENCE)
    assert taken == [None] * 5


def test_closing_leaves_what_waits_to_the_next_process() -> None:
    ready = Ready()
    ready.put("a")
    ready.close()
    assert ready.take() is None


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "finish", "again"]), st.sampled_from("abc")), max_size=60))
def test_no_conversation_is_ever_lost_or_in_two_hands(steps: list[tuple[str, str]]) -> None:
    ready = Ready()
    owed: set[str] = set()  # put and not taken since
    held: set[str] = set()
    waiting = 0
    for step, conversation in steps:
        if step == "put":
            ready.put(conversation)
            owed.add(conversation)
        elif step == "take" and waiting:
            taken = ready.take()
            assert taken is not None
            assert taken not in held
            held.add(taken)
            owed.discard(taken)
        elif conversation in held:
            ready.finished(conversation, again=step == "again")
            held.discard(conversation)
            owed |= {conversation} if step == "again" else set()
        waiting = len(owed - held)
    for conversation in held:
        ready.finished(conversation, again=False)
    left = {ready.take() for _ in range(len(ready))}
    assert left == owed
