"""Sending to Messenger over HTTP, against the stand-in: limits, windows, retries, proofs, marks."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from assistant.messages.outbox import Sent
from connectors.messenger.api import Graph
from connectors.messenger.pace import Pace
from connectors.messenger.presence import Presence
from connectors.messenger.sender import MessengerSender
from connectors.messenger.settings import MessengerApp, Page
from connectors.messenger.words import Words
from sandbox.graph_people import text
from sandbox.messenger import PAGE_ID
from tests.connectors.messenger.meta import SECRET, TOKEN, Clock, Meta, meta

USER, HOUR, DAY = "2000000000000001", 3600.0, 86400.0
HELLO: dict[str, Any] = {"text": "Chào bạn", "buttons": [{"title": "Dừng lại", "payload": "#cancel"}]}


class Noted:
    """What a page's standing is told, without a database."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str, str]] = []
        self.sent = 0

    def worked(self, page: str) -> None:
        self.sent += 1

    def failed(self, page: str, error: str, alarm: str) -> None:
        self.failures.append((page, error, alarm))


class Channel:
    """A sender with what it told."""

    def __init__(self, served: Meta, presence: bool = False, **app: Any) -> None:
        self.meta = served
        self.app: MessengerApp = dataclasses.replace(served.app, **app)
        self.standing, self.lost, self.presence = Noted(), list[str](), presence
        self.pace = Pace()

    def send(self, *bodies: dict[str, Any], by: str = "bot", user: str = USER) -> list[Sent]:
        """Sends replies one after the other."""

        async def work() -> list[Sent]:
            async def lost(conversation: str) -> None:
                self.lost.append(conversation)

            async with httpx.AsyncClient(timeout=2) as http:
                graph = Graph(http, self.app, self.pace)
                marks = Presence(graph) if self.presence else None
                sender = MessengerSender(self.app, graph, Words("Mở trang", "Chọn"), self.standing, lost, marks)  # type: ignore[arg-type]
                found = [await sender.send(user, body, by) for body in bodies]
                await asyncio.sleep(0.05 if self.presence else 0)
                return found

        return asyncio.run(work())

    def outcomes(self, *bodies: dict[str, Any], **more: Any) -> list[str]:
        return [sent.outcome for sent in self.send(*bodies, **more)]


@pytest.fixture
def served() -> Iterator[Meta]:
    """A stand-in whom one person wrote."""
    with meta() as served:
        served.page.webhooks.enabled = False  # nobody listens; what it would tell is not this file's matter
        served.run(served.page.does(USER, text("chào")))
        yield served


@pytest.fixture
def channel(served: Meta) -> Channel:
    return Channel(served)


def test_a_reply_arrives_with_everything_the_contract_asks_for(served: Meta, channel: Channel) -> None:
    (sent,) = channel.send(HELLO)
    shown = served.page.shown(USER, "page")
    assert (sent.outcome, sent.platform_id) == ("sent", shown[0]["mid"])
    assert shown[0]["text"] == "Chào bạn"
    assert shown[0]["quick_replies"][0]["payload"] == "#cancel"
    (body,) = served.sends()
    assert body["messaging_type"] == "RESPONSE"
    assert "tag" not in body
    assert served.page.calls[-1]["path"] == "me/messages"
    assert channel.standing.sent == 1


def test_the_version_the_token_and_the_proof_are_in_the_address(served: Meta) -> None:
    asked: list[httpx.Request] = []

    async def work(version: str) -> None:
        async def note(request: httpx.Request) -> None:
            asked.append(request)

        async with httpx.AsyncClient(event_hooks={"request": [note]}) as http:
            graph = Graph(http, dataclasses.replace(served.app, version=version))
            assert (await graph.call("GET", "me", TOKEN)).good

    for version in ("v26.0", "v24.0"):
        asyncio.run(work(version))
        assert asked[-1].url.path == f"/{version}/me"
        assert set(asked[-1].url.params) == {"access_token", "appsecret_proof"}


def test_a_long_reply_goes_in_order_and_the_choices_with_its_end(served: Meta, channel: Channel) -> None:
    long = {"text": " ".join(f"Câu thứ {n} của bài." for n in range(300)), "buttons": HELLO["buttons"]}
    assert channel.outcomes(long) == ["sent"]
    shown = served.page.shown(USER, "page")
    assert " ".join(message["text"] for message in shown) == long["text"]
    assert [bool(message["quick_replies"]) for message in shown] == [False] * (len(shown) - 1) + [True]


def test_a_retry_of_a_long_reply_goes_on_where_it_stopped(served: Meta, channel: Channel) -> None:
    long = {"text": " ".join(f"Câu thứ {n} của bài." for n in range(300))}
    served.page.policy.fail_next = [None, 2]
    first, second = channel.send(long, long)
    assert (first.outcome, second.outcome) == ("uncertain", "sent")
    assert " ".join(message["text"] for message in served.page.shown(USER, "page")) == long["text"]


def test_the_same_long_reply_said_twice_is_said_twice(served: Meta, channel: Channel) -> None:
    long = {"text": "Một câu dài của bài này. " * 100}
    assert channel.outcomes(long, long) == ["sent", "sent"]
    shown = [message["text"] for message in served.page.shown(USER, "page")]
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]


@pytest.mark.parametrize(
    ("planned", "outcome"),
    [(2, "retry"), ((1200, 2018024), "retry"), (613, "retry"), ((10, 2018278), "closed"), (100, "permanent"),
     (551, "permanent"), (200, "retry"), ("502", "uncertain"), ("lost", "uncertain"), ("garbage", "uncertain"),
     ("200", "retry")],
)  # fmt: skip
def test_failures_over_the_wire(served: Meta, channel: Channel, planned: Any, outcome: str) -> None:
    served.page.policy.fail_next = [planned]
    assert channel.outcomes(HELLO) == [outcome]
    assert channel.standing.failures
    assert len(served.page.shown(USER, "page")) == (planned == "lost")


def test_an_answer_that_comes_too_late_is_uncertain(served: Meta, channel: Channel) -> None:
    served.page.policy.fail_next, served.page.policy.slow = ["slow"], 4
    assert channel.outcomes(HELLO) == ["uncertain"]
    assert len(served.page.shown(USER, "page")) == 1


def test_a_platform_that_is_away_is_tried_again(served: Meta) -> None:
    away = Channel(served, graph_url="http://127.0.0.1:9")
    (sent,) = away.send(HELLO)
    assert (sent.outcome, sent.error) == ("retry", "connect")


# ---- who is written to


def test_nobody_and_no_page_are_permanent(served: Meta, channel: Channel) -> None:
    assert channel.outcomes(HELLO, user="2000000000000099") == ["permanent"]
    assert channel.outcomes(HELLO, user=f"77:{USER}") == ["permanent"]
    assert Channel(served, pages=()).outcomes(HELLO) == ["permanent"]
    assert channel.outcomes({"text": " "}) == ["permanent"]


def test_a_person_who_blocked_the_page(served: Meta, channel: Channel) -> None:
    served.page.users[USER]["blocked"] = True
    (sent,) = channel.send(HELLO)
    assert (sent.outcome, sent.error) == ("permanent", "551/1545041")
    assert not channel.standing.failures[0][2], "that is no alarm"


def test_a_reference_is_written_to_as_user_ref(served: Meta, channel: Channel) -> None:
    assert channel.outcomes(HELLO, user="@khach-01") == ["sent"]
    assert served.sends()[-1]["recipient"] == {"user_ref": "khach-01"}


def test_each_page_has_its_own_token(served: Meta) -> None:
    pages = (Page("77", "token-of-another-page"), Page(PAGE_ID, TOKEN))
    channel = Channel(served, pages=pages)
    assert channel.outcomes(HELLO, user=f"{PAGE_ID}:{USER}") == ["sent"]
    assert channel.outcomes(HELLO) == ["retry"]  # the default page's token is not this stand-in's


# ---- windows and the colleague's tag


@pytest.mark.parametrize(
    ("silence", "by", "outcome", "tags"),
    [(23 * HOUR, "bot", "sent", [""]), (23 * HOUR, "agent", "sent", [""]),
     (25 * HOUR, "bot", "closed", []), (25 * HOUR, "agent", "sent", ["HUMAN_AGENT"]),
     (6.9 * DAY, "agent", "sent", ["HUMAN_AGENT"]),
     (7.1 * DAY, "agent", "closed", []), (7.1 * DAY, "bot", "closed", [])],
)  # fmt: skip
def test_the_windows(served: Meta, channel: Channel, silence: float, by: str, outcome: str, tags: list[str]) -> None:
    clock = Clock()
    served.page.policy.clock = clock
    served.run(served.page.does(USER, text("chào")))
    clock.now += silence
    assert channel.outcomes(HELLO, by=by) == [outcome]
    assert [message["tag"] for message in served.page.shown(USER, "page")] == tags
    asked = [body.get("tag") for body in served.sends()]
    assert asked == ([None, "HUMAN_AGENT"] if by == "agent" and silence > 24 * HOUR else [None])


def test_the_tag_is_never_used_for_the_assistant_and_never_while_the_window_is_open(
    served: Meta, channel: Channel
) -> None:
    channel.send(HELLO, by="agent")
    channel.send(HELLO, by="bot")
    served.page.policy.clock = Clock()
    served.page.policy.clock.now += 400 * DAY  # type: ignore[attr-defined]
    channel.send(HELLO, by="bot")
    assert [body.get("tag") for body in served.sends()] == [None, None, None]


def test_without_the_permission_a_colleague_is_refused_with_an_alarm(served: Meta, channel: Channel) -> None:
    clock = Clock()
    served.page.policy.clock, served.page.policy.human_agent = clock, False
    served.run(served.page.does(USER, text("chào")))
    clock.now += 2 * DAY
    assert channel.outcomes(HELLO, by="agent") == ["retry"]
    assert "thiếu quyền" in channel.standing.failures[-1][2]


def test_a_thread_of_another_app_is_closed_and_told(served: Meta, channel: Channel) -> None:
    served.page.threads.default_app = served.page.threads.inbox
    (sent,) = channel.send(HELLO)
    assert (sent.outcome, sent.error) == ("closed", "closed 10/2018300")
    assert channel.lost == [f"messenger:{USER}"]


# ---- tokens and proofs


@pytest.mark.parametrize("state", ["expired", "password", "checkpoint", "not installed", "unknown"])
def test_a_dead_token_loses_no_message_and_raises_the_alarm(served: Meta, channel: Channel, state: str) -> None:
    served.page.policy.session = state
    (sent,) = channel.send(HELLO)
    assert (sent.outcome, sent.untried) == ("retry", True)
    assert sent.error.startswith("190")
    assert "token" in channel.standing.failures[0][2]
    served.page.policy.session = "good"
    assert channel.outcomes(HELLO) == ["sent"]


def test_while_the_secret_is_changed_the_one_that_works_proves(served: Meta) -> None:
    channel = Channel(served, secrets=("the new one, not yet in force", SECRET))
    assert channel.outcomes(HELLO, HELLO) == ["sent", "sent"]
    assert len(served.sends()) == 3  # one refusal, then it knows


def test_a_wrong_secret_is_an_alarm_and_loses_nothing(served: Meta) -> None:
    channel = Channel(served, secrets=("wrong",))
    (sent,) = channel.send(HELLO)
    assert (sent.outcome, sent.untried) == ("retry", True)
    assert "appsecret_proof" in channel.standing.failures[0][2]


# ---- limits


def test_after_a_refusal_for_the_rate_the_page_rests(served: Meta, channel: Channel) -> None:
    served.page.policy.fail_next = [80006]
    first, second = channel.send(HELLO, HELLO)
    assert (first.outcome, first.untried) == ("retry", True)
    assert first.retry_after
    assert first.retry_after >= 300
    assert (second.outcome, second.untried, second.error) == ("retry", True, "rate")
    assert len(served.sends()) == 1, "calling on would make it longer"


def test_the_headers_slow_it_down_before_the_limit(served: Meta, channel: Channel) -> None:
    served.page.limits.shown_percent = 85
    assert channel.outcomes(HELLO) == ["sent"]
    assert channel.pace.percent(PAGE_ID) == 85
    waits = [channel.pace.wait(PAGE_ID) for _ in range(5)]
    assert waits == sorted(waits)
    assert 1 < waits[-1] < 5


def test_at_a_hundred_percent_nothing_goes_until_meta_says_so(served: Meta, channel: Channel) -> None:
    served.page.limits.shown_percent, served.page.limits.regain_minutes = 100, 19
    first, second = channel.send(HELLO, HELLO)
    assert first.outcome == "sent"
    assert second.untried
    assert second.retry_after == pytest.approx(19 * 60, abs=5)
    assert len(served.sends()) == 1


# ---- marks


def test_seen_and_typing_come_before_the_answer_once_a_turn(served: Meta) -> None:
    channel = Channel(served, presence=True)
    assert channel.outcomes(HELLO, HELLO) == ["sent", "sent"]
    kinds = [c["body"].get("sender_action", "message") for c in served.page.calls if c["path"] == "me/messages"]
    assert sorted(kinds[:2]) == ["mark_seen", "typing_on"]
    assert kinds[2:] == ["message", "message"]
    assert all("message" not in c["body"] for c in served.page.calls if "sender_action" in c["body"])


def test_a_colleagues_message_shows_no_typing(served: Meta) -> None:
    Channel(served, presence=True).send(HELLO, by="agent")
    assert served.actions() == []


@pytest.mark.parametrize("trouble", [[613, 613], ["502", "502"], [2, 2]])
def test_marks_that_fail_stop_nothing_and_are_not_tried_again_at_once(served: Meta, trouble: list[Any]) -> None:
    served.page.policy.fail_actions = trouble
    channel = Channel(served, presence=True)
    other = "2000000000000002"
    served.run(served.page.does(other, text("chào")))
    assert channel.outcomes(HELLO) == ["sent"]
    assert len(served.actions()) == 2
    assert not channel.standing.failures


def test_slow_marks_hold_the_answer_up_only_a_moment(served: Meta) -> None:
    import time

    channel = Channel(served, presence=True)
    served.page.policy.latency = 1.2
    started = time.monotonic()
    assert channel.outcomes(HELLO) == ["sent"]
    assert time.monotonic() - started < 3 * 1.2  # mark, mark and answer one after the other


def test_a_busy_page_shows_no_marks(served: Meta) -> None:
    served.page.limits.shown_percent = 60
    channel = Channel(served, presence=True)
    channel.send(HELLO)
    before = len(served.actions())
    other = "2000000000000002"
    served.run(served.page.does(other, text("chào")))
    channel.send(HELLO, user=other)
    assert len(served.actions()) == before


def test_a_refused_picture_silences_nothing(served: Meta, channel: Channel) -> None:
    picture = {"kind": "image", "url": "https://tro-ly.example/pictures/a.png", "says": "Nút Quên mật khẩu"}
    served.page.policy.fail_next = [100]
    assert channel.outcomes(HELLO | {"media": picture}) == ["sent"]
    (shown,) = served.page.shown(USER, "page")
    assert shown["text"] == f"Chào bạn\nNút Quên mật khẩu: {picture['url']}"
    assert shown["quick_replies"]
