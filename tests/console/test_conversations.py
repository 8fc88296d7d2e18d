"""Searching conversations, and what a transcript tells."""

from __future__ import annotations

import ast
import datetime
import itertools
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.console.reading_words import FACTS, RULES, SITUATIONS
from assistant.content.facets import GENERIC
from assistant.content.reading_examples import FACTS as told_facts
from assistant.editing.part_names import FACETS
from assistant.reading.model import OpenKind
from assistant.reports import search
from tests.conftest import ROOT, Served
from tests.console.conftest import Join, Open
from tests.console.test_accessible import serious
from tests.kit.colleagues import Colleague
from tests.kit.people import Store, Visitor

_PATH = "/console/conversations"


@pytest.fixture(autouse=True)
def nothing(store: Store) -> Iterator[None]:
    """No conversations."""
    store.do("DELETE FROM resets", "DELETE FROM conversations")
    return


def talk(store: Store, channel: str, *intents: str, ago: str = "1 hour", handed: bool = False, reset: str = "") -> str:
    """Makes a conversation with one turn for each intent; returns its name."""
    name, at = f"{channel}:{uuid.uuid4().hex}", f"now() - interval '{ago}'"
    store.do(f"INSERT INTO conversations (id, channel, updated_at) VALUES ('{name}', '{channel}', {at})")
    for n, intent in enumerate(intents):
        store.do(
            "WITH said AS (INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at, done_at)"
            f" VALUES ('{channel}', '{name}/{n}', '{name}', 'text', '{{\"text\": \"tin {n}\"}}', {at}, now())"
            " RETURNING id)"
            " INSERT INTO turns (conversation, inbox_id, intent, confidence, ranking, actions, model, at)"
            f" SELECT '{name}', id, '{intent}', 0.9, '[]', '[]', 'm', {at} FROM said"
        )
    if handed:
        store.do(
            "INSERT INTO handovers (conversation, state, reason, asked_at, closed_at)"
            f" VALUES ('{name}', 'closed', 'asked', {at}, now())"
        )
    if reset:
        used = at if reset == "completed" else "NULL"
        store.do(
            "INSERT INTO resets (id, member_ref, person, event, masked_code, started_at, expires_at, used_at)"
            f" VALUES (gen_random_uuid(), 'x', '{name}', '{name}', '•', {at}, now(), {used})"
        )
    return name


def found(who: Colleague, **asked: str) -> set[str]:
    """Returns the conversations that a search finds."""
    page = who.get(f"{_PATH}?{urlencode(asked)}")
    assert page.status_code == 200, page.text
    return {name.replace("%3A", ":") for name in re.findall(rf'href="{_PATH}/([^"?]+)"', page.text)}


def test_each_condition_and_their_combinations(joined: Join, store: Store) -> None:
    hoa = joined("content")
    answered = talk(store, "zalo", "faq/hotline", "faq/office")
    lost = talk(store, "zalo", "faq/hotline", "nlu_fallback")
    handed = talk(store, "web", "faq/hotline", "ask_human", handed=True)
    started = talk(store, "messenger", "reset_password", reset="started")
    completed = talk(store, "web", "reset_password", reset="completed")
    old = talk(store, "zalo", "faq/office", ago="20 days")
    recent = {answered, lost, handed, started, completed}
    assert found(hoa) == recent
    assert found(hoa, since="2000-01-01") == recent | {old}
    assert found(hoa, channel="zalo") == {answered, lost}
    assert found(hoa, channel="sms") == set()
    assert found(hoa, intent="faq/office") == {answered}
    assert found(hoa, intent="faq/office", since="2000-01-01") == {answered, old}
    assert found(hoa, outcome="answered") == {answered, started, completed}
    assert found(hoa, outcome="fallback") == {lost}
    assert found(hoa, outcome="handover") == {handed}
    assert found(hoa, outcome="reset_started") == {started, completed}
    assert found(hoa, outcome="reset_completed") == {completed}
    assert found(hoa, outcome="fallback", intent="faq/hotline") == {lost}
    assert found(hoa, outcome="answered", intent="faq/hotline") == {answered}
    assert found(hoa, outcome="handover", channel="zalo") == set()
    assert found(hoa, outcome="reset_started", channel="web") == {completed}
    assert found(hoa, intent="faq/hotline", channel="web") == {handed}
    assert found(hoa, outcome="nonsense") == recent


def say(store: Store, conversation: str, *texts: str) -> None:
    """Lets a person write, the newest last."""
    for n, text in enumerate(texts):
        store.do(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at, done_at)"
            f" VALUES ('web', '{conversation}/said {n}', '{conversation}', 'text',"
            f" jsonb_build_object('text', $${text}$$), now() - interval '{30 - n} minutes', now())"
        )


def test_words_find_conversations_with_and_without_accents(joined: Join, store: Store) -> None:
    hoa = joined("content")
    lan, nam, far = (talk(store, channel, "faq/hotline") for channel in ("web", "zalo", "web"))
    say(store, lan, "Em không nhận được mã OTP ạ", "vẫn không nhận được mã")
    say(store, nam, "khong nhan dc otp, so ⟦phone:abcdef⟧")
    say(store, far, "Đường đến cơ quan bảo hiểm ở đâu")
    assert found(hoa, q="OTP") == {lan, nam}
    assert found(hoa, q="không nhận") == found(hoa, q="khong nhan") == {lan, nam}
    assert found(hoa, q="duong den") == {far}
    assert found(hoa, q='"nhận được mã"') == {lan}
    assert found(hoa, q='"được nhận mã"') == set()
    assert found(hoa, q="nhận -otp") == {lan}, "its newest words have no otp"
    assert found(hoa, q="otp", channel="zalo") == {nam}
    assert found(hoa, q="otp", since="2000-01-01", until="2000-01-02") == set()
    assert found(hoa, q="không có chữ này") == set()
    for nonsense in ("'", "((", "& | !", "%", "\\", "<->", "*:*"):
        assert hoa.get(f"{_PATH}?{urlencode({'q': nonsense})}").status_code == 200
    assert "vẫn không nhận được mã" in hoa.get(f"{_PATH}?q=khong+nhan&channel=web").text, "what was looked for is shown"


def test_a_search_that_takes_too_long_says_how_far_it_came_and_goes_on_from_there(
    store: Store, database: psycopg.Connection[Any]
) -> None:
    names = {talk(store, "zalo", "greet", ago=f"{days} days") for days in range(0, 60, 3)}
    for name in names:
        store.do(f"""UPDATE inbox SET body = '{{"text": "chữ lạ lùng"}}' WHERE conversation = '{name}'""")
    now = datetime.datetime.now(datetime.UTC)
    asked = search.Search(now - datetime.timedelta(days=90), now, words='"lạ lùng"')
    seconds, after, seen, pages = itertools.count(), None, [], 0
    while pages == 0 or after:
        rows, after = search.find(database, asked, after, lambda: next(seconds))
        seen += [row.conversation for row in rows]
        pages += 1
    assert pages > 3, "each page ends after its first piece of time"
    assert len(seen) == len(set(seen))
    assert set(seen) == names


def test_a_number_of_a_question_or_a_name_opens_the_conversation(joined: Join, store: Store) -> None:
    hoa, name = joined("content"), talk(store, "zalo", "faq/hotline")
    store.do(
        f"INSERT INTO questions (number, conversation, question, asked_at) VALUES ('HD-204817', '{name}', 'hỏi', now())"
    )
    for words in ("HD-204817", "hd 204817", "hd204817", "204817", name):
        answer = hoa.http.get(_PATH, params={"q": words}, follow_redirects=False)
        assert answer.status_code == 303, words
        assert answer.headers["location"].endswith(name.replace(":", "%3A")), words
    assert hoa.get(f"{_PATH}?q=HD-999999").status_code == 200


def test_rating_and_colleague_find_and_join_with_the_rest(joined: Join, store: Store) -> None:
    hoa = joined("content")
    agent = joined("agent", shown="Trần Trực Bàn")
    liked, disliked = talk(store, "zalo", "faq/hotline"), talk(store, "web", "faq/office", "nlu_fallback")
    helped = talk(store, "web", "ask_human", handed=True)
    say(store, disliked, "sai rồi")
    for name, good in ((liked, "true"), (disliked, "false"), (helped, "true")):
        store.do(
            f"WITH o AS (INSERT INTO outbox (conversation, body, state) VALUES ('{name}', '{{}}', 'sent') RETURNING id)"
            f" INSERT INTO ratings (outbox_id, conversation, good) SELECT id, '{name}', {good} FROM o"
        )
    store.do(f"UPDATE handovers SET agent = '{agent.name}' WHERE conversation = '{helped}'")
    assert found(hoa, rating="good") == {liked, helped}
    assert found(hoa, rating="bad") == {disliked}
    assert found(hoa, rating="good", outcome="handover") == {helped}
    assert found(hoa, rating="bad", outcome="fallback") == {disliked}
    assert found(hoa, rating="bad", outcome="answered") == set()
    assert found(hoa, rating="bad", q="sai") == {disliked}
    assert found(hoa, rating="good", q="sai") == set()
    assert found(hoa, agent=agent.name) == {helped}
    assert found(hoa, agent=agent.name, rating="bad") == set()
    assert found(hoa, agent="nobody") == set()
    assert found(hoa, rating="nonsense") == {liked, disliked, helped}
    page = hoa.get(_PATH).text
    assert "Trần Trực Bàn" in page
    assert "Tổng đài 1900 9068" in page, "a topic has its visible name"
    assert "faq/hotline" not in re.sub(r'value="[^"]*"', "", page)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_search_fits(joined: Join, opened: Open, store: Store, width: int) -> None:
    say(store, talk(store, "zalo", "faq/hotline", "nlu_fallback"), "em không nhận được mã otp")
    page = opened(joined("content"), f"{_PATH}?q=otp", width=width)
    expect(page.locator(".found li")).to_have_count(1)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_day_is_a_day_in_vietnam(joined: Join, store: Store) -> None:
    hoa, name = joined("content"), talk(store, "zalo", "greet")
    store.do("UPDATE turns SET at = '2026-11-21T16:59:59Z'")  # 23:59:59 of the 21st there
    assert found(hoa, since="2026-11-21", until="2026-11-21") == {name}
    assert found(hoa, since="2026-11-22", until="2026-11-22") == set()
    store.do("UPDATE turns SET at = '2026-11-21T17:00:00Z'")
    assert found(hoa, since="2026-11-21", until="2026-11-21") == set()
    assert found(hoa, since="2026-11-22", until="2026-11-22") == {name}


@pytest.mark.parametrize("outcome", ["", "answered", "fallback", "handover", "reset_started", "reset_completed"])
def test_paging_shows_each_once_also_at_equal_times(joined: Join, store: Store, outcome: str) -> None:
    hoa = joined("content")
    intents = ("nlu_fallback", "nlu_fallback") if outcome == "fallback" else ("greet", "bye")
    reset = outcome.removeprefix("reset_") if outcome.startswith("reset") else ""
    names = {talk(store, "zalo", *intents, handed=outcome == "handover", reset=reset, ago="1 day") for _ in range(85)}
    same = "date_trunc('hour', now() - interval '1 day')"
    store.do(
        f"UPDATE turns SET at = {same}", f"UPDATE handovers SET asked_at = {same}",
        f"UPDATE resets SET started_at = {same}, used_at = CASE WHEN used_at IS NULL THEN NULL ELSE {same} END",
    )  # fmt: skip
    seen: list[str] = []
    path = f"{_PATH}?{urlencode({'outcome': outcome})}"
    for _ in range(4):
        page = hoa.get(path).text
        seen += re.findall(rf'href="{_PATH}/(zalo:[^"?]+|zalo%3A[^"?]+)"', page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        if not older:
            break
        path = older[1].replace("&amp;", "&")
    seen = [name.replace("%3A", ":") for name in seen]
    assert len(seen) == len(set(seen)) == 85
    assert set(seen) == names


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "until=2026-13-01", "since=9999-99-99"],
)
def test_a_day_that_is_none_is_told_as_such(joined: Join, query: str) -> None:
    answer = joined("content").get(f"{_PATH}?{query}")
    assert answer.status_code == 400
    assert "năm-tháng-ngày" in answer.text


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=2026-01-01~", "after=~1", "after=2026-01-01T00:00:00%2B00:00~abc", "intent=%00", "channel='",
     "since=0001-01-01", "until=9999-12-31", "after=2026-01-01T00:00:00~5",
     "outcome=handover&after=2026-01-01~not-a-uuid"],
)  # fmt: skip
def test_nonsense_in_the_address_breaks_nothing(joined: Join, query: str) -> None:
    assert joined("content").get(f"{_PATH}?{query}").status_code in (200, 400, 404)


def test_a_transcript_tells_what_was_understood(joined: Join, opened: Open, node: Served, store: Store) -> None:
    visitor = Visitor(node.url)
    visitor.ask("em quên mật khẩu vssid")
    visitor.ask("mã của em là 7900000123")
    page = opened(joined("auditor"), _PATH)
    page.get_by_role("link", name=re.compile(visitor.conversation[-4:])).click()
    expect(page.locator(".understood").first).to_have_text("hiểu là Lấy lại mật khẩu")
    expect(page.locator("main")).not_to_contain_text("reset_password", use_inner_text=True)
    technical = page.locator(".reading").first
    technical.locator("summary").click()
    expect(technical).to_contain_text("reset_password")
    expect(technical).to_contain_text("vssid-")
    expect(page.locator("main")).to_contain_text("mã số BHXH •••")
    expect(page.locator("main")).not_to_contain_text("7900000123")
    expect(page.locator("a.hidden-value")).to_have_count(0)
    views = "SELECT count(*) FROM audit WHERE event = 'staff.viewed' AND details->>'view' = 'conversation'"
    assert store.value(views) == 1


def test_a_transcript_says_why_it_was_read_so(joined: Join, opened: Open, node: Served, tmp_path: Path) -> None:
    visitor = Visitor(node.url)
    for text in ("cho hỏi số tổng đài bảo hiểm xã hội", "thế tốn bao nhiêu tiền", "em ở nước ngoài, quên mật khẩu"):
        visitor.ask(text)
    page = opened(joined("auditor"), _PATH)
    page.get_by_role("link", name=re.compile(visitor.conversation[-4:])).click()
    told = page.locator(".reading")
    expect(told).to_have_count(3)
    expect(told.nth(1).locator("dl")).to_be_hidden()
    for one in (1, 2):
        told.nth(one).locator("summary").click()
    for words in ("Việc", "Hỏi", "chi phí", "Vì sao", "câu ngắn không nêu việc"):
        expect(told.nth(1)).to_contain_text(words)
    for words in ("Đã biết", "ở nước ngoài", "utter_people_abroad"):
        expect(told.nth(2)).to_contain_text(words)
    page.screenshot(path=tmp_path / "transcript.png", full_page=True)
    assert serious(page) == []


def test_every_rule_has_words_for_staff() -> None:
    calls = {"Decision": 2, "about": 3, "read_alone": 1}
    rules = set()
    for path in (ROOT / "assistant/reading").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = calls.get(getattr(getattr(node, "func", None), "id", ""))
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                rules.add(node.args[place].value)
    assert len(rules) > 30
    answered = {f"answers_{kind}" for kind in get_args(OpenKind) if kind}  # named after what was open
    assert rules | answered <= set(RULES)
    assert set(GENERIC) <= set(FACETS)
    assert set(told_facts) == set(FACTS)
    situations = {path.stem for path in (ROOT / "data/situations").glob("*.yml")}
    assert situations <= set(SITUATIONS)


def test_a_long_transcript_is_read_in_pages_without_a_gap(joined: Join, store: Store) -> None:
    hoa, name = joined("content"), talk(store, "zalo", *(f"topic_{n}" for n in range(100)))
    store.do(
        "UPDATE inbox SET accepted_at = now() - (1000 - id) * interval '1 second'",
        "INSERT INTO outbox (conversation, inbox_id, body, state, created_at)"
        " SELECT conversation, id, jsonb_build_object('text', 'đáp ' || id || '/' || n, 'buttons', '[]'::jsonb),"
        " 'sent',"
        " accepted_at + interval '0.1 second' FROM inbox, generate_series(1, 3) n",
    )
    keys: list[str] = []
    path = f"{_PATH}/{name}"
    for _ in range(20):
        page = hoa.get(path).text
        keys = re.findall(r'data-key="([^"]+)"', page) + keys
        older = re.search(rf'href="({_PATH}/[^"]+before=[^"]+)"', page)
        if not older:
            break
        path = older[1].replace("&amp;", "&")
    assert len(keys) == len(set(keys)) == 400


def test_what_is_not_there_is_told_as_such(joined: Join) -> None:
    hoa = joined("auditor")
    assert hoa.get(f"{_PATH}/web:nobody").status_code == 404
    assert hoa.get(f"{_PATH}?conversation=web:nobody").headers["location"] == f"{_PATH}/web%3Anobody"
