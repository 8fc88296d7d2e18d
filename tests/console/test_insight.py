"""Insight: what is counted is what happened, the page shows it, and nobody can be found in it."""

from __future__ import annotations

import csv
import datetime
import io
import time
import xml.etree.ElementTree as ET
from collections import Counter

import psycopg
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import expect

from assistant.console.intent_words import name_of, words
from assistant.console.pages.insight import topics
from assistant.reports import insight
from assistant.settings import ROOT
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.people import CODE, PHONE, Visitor

DAY = datetime.date(2026, 3, 10)
NOON = datetime.datetime(2026, 3, 10, 12, tzinfo=insight.VIETNAM)
WAYS = ["utter_route_hotline", "utter_route_office"]


def write(connection: psycopg.Connection, who: str, at: datetime.datetime, intent: str, *actions: str) -> int:
    """One message with its turn and its reply; returns the reply's number."""
    connection.execute(
        "INSERT INTO conversations (id, channel) VALUES (%s, split_part(%s, ':', 1)) ON CONFLICT DO NOTHING", (who, who)
    )
    row = connection.execute(
        "INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at, done_at)"
        " VALUES (split_part(%s, ':', 1), gen_random_uuid()::text, %s, 'text', '{}', %s, %s) RETURNING id",
        (who, who, at, at),
    ).fetchone()
    assert row
    connection.execute(
        "INSERT INTO turns (conversation, inbox_id, intent, actions, at) VALUES (%s, %s, %s, to_jsonb(%s::text[]), %s)",
        (who, row[0], intent, list(actions), at),
    )
    reply = connection.execute(
        "INSERT INTO outbox (conversation, inbox_id, body, state) VALUES (%s, %s, '{}', 'sent') RETURNING id",
        (who, row[0]),
    ).fetchone()
    assert reply
    return int(reply[0])


@pytest.fixture
def a_day(connection: psycopg.Connection) -> psycopg.Connection:
    """Three people on one day, one just before its midnight and one just after, in Vietnam."""
    hour = datetime.timedelta(hours=1)
    good = write(connection, "zalo:1", NOON, "faq/hotline", "action_faq")
    write(connection, "zalo:1", NOON + hour, "nlu_fallback", "action_fallback")
    bad = write(connection, "web:2", NOON, "advise", "action_advise", "utter_route_hotline")
    write(connection, "web:2", NOON + 11.9 * hour, "reset_password", "reset_form")
    write(connection, "web:3", NOON - 12.1 * hour, "greet")
    write(connection, "web:3", NOON + 12.1 * hour, "greet")
    connection.execute(
        "INSERT INTO handovers (conversation, state, reason, outcome, asked_at, closed_at)"
        " VALUES ('web:2', 'closed', 'asked', 'answered', %s, %s)",
        (NOON, NOON),
    )
    for reply, opinion in ((good, True), (bad, False)):
        connection.execute(insight.RATE, (opinion, reply, "zalo:1" if opinion else "web:2"))
    connection.execute("UPDATE ratings SET at = %s", (NOON,))
    insight.count_day(connection, DAY, WAYS)
    return connection


def test_a_day_begins_and_ends_at_midnight_in_vietnam(a_day: psycopg.Connection) -> None:
    found = insight.read(a_day, DAY, DAY)
    assert found.totals["messages"] == 4
    assert found.hours == Counter({12: 2, 13: 1, 23: 1})


def test_people_are_counted_once_a_day_and_those_who_needed_nobody_apart(a_day: psycopg.Connection) -> None:
    found = insight.read(a_day, DAY, DAY)
    assert found.totals["people"] == 2
    assert found.contained == 0.5


def test_what_was_asked_said_and_thought_is_counted_by_name(a_day: psycopg.Connection) -> None:
    found = insight.read(a_day, DAY, DAY)
    assert found.parts["intent"] == Counter({"faq/hotline": 1, "nlu_fallback": 1, "advise": 1, "reset_password": 1})
    assert found.not_understood == 0.25
    assert found.parts["route"] == Counter({"utter_route_hotline": 1})
    assert found.parts["handover"] == Counter({"asked": 1})
    assert found.satisfied == 0.5


def ended(connection: psycopg.Connection) -> Counter[str]:
    insight.count_day(connection, DAY, WAYS)
    return insight.read(connection, DAY, DAY).parts["outcome"]


def test_handled_counts_how_it_ended_and_not_who_stayed_away_from_the_desk(connection: psycopg.Connection) -> None:
    minute = datetime.timedelta(minutes=1)
    stories = {
        "web:answered": ["greet", "faq/hotline", "thank"],
        "web:two": ["faq/hotline", "faq/office"],
        "web:not_understood": ["faq/hotline", "nlu_fallback"],
        "web:repeated": ["faq/hotline", "faq/hotline"],
        "web:complained": ["faq/hotline", "complain"],
        "web:asked_for_somebody": ["faq/hotline", "ask_human"],
        "web:hello": ["greet", "thank"],
        "web:reset": ["reset_password", "inform"],
        "web:reset_half": ["reset_password", "inform"],
    }
    for who, intents in stories.items():
        for place, intent in enumerate(intents):
            reply = write(connection, who, NOON + place * minute, intent)
    for who in ("web:reset", "web:reset_half"):
        connection.execute(
            "INSERT INTO resets (id, person, event, member_ref, masked_code, started_at, expires_at, used_at)"
            " VALUES (gen_random_uuid(), %s, %s, 'x', '79••', %s, %s, %s)",
            (who, who, NOON, NOON, NOON if who == "web:reset" else None),
        )
    reply = write(connection, "web:thumb_down", NOON, "faq/hotline")
    connection.execute(insight.RATE, (False, reply, "web:thumb_down"))
    connection.execute("UPDATE ratings SET at = %s", (NOON,))
    assert ended(connection) == Counter(
        answered=2, not_understood=1, repeated=1, objected=2, person=1, small_talk=1, reset_done=1, reset_open=1
    )
    assert insight.read(connection, DAY, DAY).handled == pytest.approx(3 / 9)


def test_another_side_of_a_topic_is_no_repeat(connection: psycopg.Connection) -> None:
    for place, side in enumerate(("cost", "hours")):
        write(connection, "web:sides", NOON + datetime.timedelta(minutes=place), "faq/hotline")
        connection.execute(
            "UPDATE turns SET reading = jsonb_build_object('facet', %s::text) WHERE id = (SELECT max(id) FROM turns)",
            (side,),
        )
    assert ended(connection) == Counter(answered=1)


def test_waiting_for_somebody_is_counted_by_colleague_and_hour(connection: psycopg.Connection) -> None:
    for who, agent, seconds in (("web:a", "lan", 60), ("web:b", "lan", 120), ("web:c", "nam", 10)):
        write(connection, who, NOON, "ask_human")
        connection.execute(
            "INSERT INTO handovers (conversation, state, reason, agent, asked_at) VALUES (%s, 'with_person', 'asked',"
            " %s, %s)",
            (who, agent, NOON),
        )
        for later in (seconds, seconds + 300):  # the first words count
            connection.execute(
                "INSERT INTO outbox (conversation, body, state, sender, agent, created_at)"
                " VALUES (%s, '{}', 'sent', 'agent', %s, %s)",
                (who, agent, NOON + datetime.timedelta(seconds=later)),
            )
    insight.count_day(connection, DAY, WAYS)
    found = insight.waits(connection, DAY, DAY)
    assert found == [insight.Wait("lan", 2, 90, 0, None), insight.Wait("nam", 1, 10, 0, None)]
    assert [
        (wait.of, wait.answers, round(wait.seconds or 0)) for wait in insight.waits(connection, DAY, DAY, by_hour=True)
    ] == [("12", 3, 63)]


def test_answers_within_a_chat_are_counted_from_what_the_person_wrote(connection: psycopg.Connection) -> None:
    def after(minutes: float) -> datetime.datetime:
        return NOON + datetime.timedelta(minutes=minutes)

    who = "web:talk"
    write(connection, who, NOON, "ask_human")
    connection.execute(
        "INSERT INTO handovers (conversation, state, reason, agent, asked_at, taken_at)"
        " VALUES (%s, 'with_person', 'asked', 'lan', %s, %s)",
        (who, NOON, after(1)),
    )
    # She greets, he asks twice, she answers in two messages; an hour later he asks again and she answers once more.
    for minutes, agent in ((2, "lan"), (5, ""), (6, ""), (8, "lan"), (9, "lan"), (68, ""), (70, "lan")):
        if agent:
            connection.execute(
                "INSERT INTO outbox (conversation, body, state, sender, agent, created_at)"
                " VALUES (%s, '{}', 'sent', 'agent', %s, %s)",
                (who, agent, after(minutes)),
            )
        else:
            write(connection, who, after(minutes), "with_person")
    connection.execute(
        "INSERT INTO conversation_tags (conversation, tag, tagged_by, at) VALUES (%s, 'Cần gọi lại', 'lan', %s)",
        (who, after(10)),
    )
    insight.count_day(connection, DAY, WAYS)
    assert insight.waits(connection, DAY, DAY) == [insight.Wait("lan", 1, 120, 2, 150)]
    by_hour = insight.waits(connection, DAY, DAY, by_hour=True)
    assert [(wait.of, wait.replies, wait.reply_seconds) for wait in by_hour] == [("12", 1, 180), ("13", 1, 120)]
    assert insight.read(connection, DAY, DAY).parts["tag"] == Counter({"Cần gọi lại": 1})


def test_one_channel_is_counted_alone(a_day: psycopg.Connection) -> None:
    assert insight.read(a_day, DAY, DAY, "zalo").totals["messages"] == 2
    assert insight.read(a_day, DAY, DAY, "web").parts["handover"] == Counter({"asked": 1})


def test_counting_again_changes_nothing_and_later_messages_are_added(a_day: psycopg.Connection) -> None:
    before = insight.rows(a_day, DAY, DAY)
    insight.count_day(a_day, DAY, WAYS)
    assert insight.rows(a_day, DAY, DAY) == before
    write(a_day, "zalo:9", NOON, "greet")
    insight.count_day(a_day, DAY, WAYS)
    assert insight.read(a_day, DAY, DAY).totals["messages"] == 5


def test_counts_outlive_the_messages(a_day: psycopg.Connection) -> None:
    a_day.execute("DELETE FROM conversations")
    assert insight.read(a_day, DAY, DAY).totals["messages"] == 4


def test_days_that_are_over_are_counted_once(database_url: str, connection: psycopg.Connection) -> None:
    write(connection, "zalo:1", NOON, "greet")

    def connect() -> psycopg.Connection:
        return psycopg.connect(database_url)

    now = NOON + datetime.timedelta(days=2)
    assert insight.count(connect, WAYS, now) == [DAY + datetime.timedelta(days=n) for n in range(3)]
    connection.execute("UPDATE insight_days SET counted_at = %s", (now,))
    assert insight.count(connect, WAYS, now) == [DAY + datetime.timedelta(days=2)]


def test_only_the_assistants_messages_of_ones_own_conversation_can_be_judged(connection: psycopg.Connection) -> None:
    reply = write(connection, "web:1", NOON, "faq/hotline")
    assert connection.execute(insight.RATE, (True, reply, "web:2")).rowcount == 0
    assert connection.execute(insight.RATE, (True, reply, "web:1")).rowcount == 1
    assert connection.execute(insight.RATE, (False, reply, "web:1")).rowcount == 1
    assert connection.execute("SELECT good FROM ratings").fetchall() == [(False,)]


# ---- in words


def test_every_intent_and_event_has_words_for_people() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    names = {name if isinstance(name, str) else next(iter(name)) for name in domain["intents"]} - {"faq", "subject"}
    unnamed = names - set(words()["intents"])
    assert unnamed == set(), "give each a name in data/console/insight.yml"
    assert name_of("#desk_came") == "Nhân viên vào hỗ trợ"
    assert name_of("faq/gone_away", {}) == "chủ đề cũ “gone away”"
    measures = set(insight._MEASURES) - set(words()["measures"])
    assert measures == set(), "give each a name in data/console/insight.yml"


def test_a_period_is_compared_with_the_one_before(node: Served, joined: Join, opened: Open) -> None:
    with psycopg.connect(node.database_url) as connection:
        for day, number in (("2026-02-01", 50), ("2026-02-02", 100)):
            for measure, name in (("messages", ""), ("outcome", "answered"), ("outcome", "person")):
                connection.execute(
                    "INSERT INTO insight (day, hour, channel, measure, name, count) VALUES (%s, 9, 'web', %s, %s, %s)",
                    (day, measure, name, number if name != "person" else 50),
                )
    page = opened(joined("auditor"), "/console/insight?since=2026-02-02&until=2026-02-02", width=390)
    stats = page.locator(".stats")
    expect(stats.locator("li", has_text="tin nhắn")).to_contain_text("tăng 100%")
    expect(stats.locator("li", has_text="trợ lý lo xong")).to_contain_text("67%")
    expect(stats.locator("li", has_text="trợ lý lo xong")).to_contain_text("tăng 17 điểm")
    expect(stats.locator("li", has_text="xin gặp nhân viên")).to_contain_text("33%")  # as the list below says
    expect(page.locator(".outcomes tr", has_text="Xin gặp nhân viên")).to_contain_text("33%")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_thanks_and_numbers_that_were_asked_for_are_no_topic() -> None:
    found = insight.Insight()
    found.parts["intent"] |= Counter(
        {"thank": 9, "inform": 8, "nlu_fallback": 7, "faq/hotline": 2, "reset_password": 1}
    )
    assert [number for _, number in topics(found, {"faq/hotline": "Tổng đài"})] == [2, 1]


# ---- in the browser


def counted(node: Served) -> None:
    """Lets the counting that the node does each minute happen now."""
    insight.count(lambda: psycopg.connect(node.database_url), WAYS, datetime.datetime.now(datetime.UTC))


def test_a_manager_sees_what_people_asked_and_how_it_ended(node: Served, joined: Join, opened: Open) -> None:
    visitor = Visitor(node.url)
    for text in ("tổng đài số mấy vậy", "con mèo tím nhảy múa", "em quên mật khẩu vssid", CODE, PHONE):
        visitor.ask(text)
    counted(node)
    page = opened(joined("auditor"), "/console/insight")
    expect(page.get_by_role("heading", name="Số liệu", exact=True)).to_be_visible()
    expect(page.locator(".stats")).to_contain_text("tin nhắn")
    for picture in page.locator("picture img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    page.get_by_text("Xem bảng số – người dân hỏi gì nhiều nhất").click()
    expect(page.get_by_role("region", name="Bảng số: Người dân hỏi gì nhiều nhất")).to_contain_text("Lấy lại mật khẩu")
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


def test_nobody_is_in_the_numbers(node: Served, joined: Join) -> None:
    visitor = Visitor(node.url)
    visitor.ask(f"mã số của em là {CODE} số điện thoại {PHONE}")
    counted(node)
    somebody = joined("content")
    for path in ("", "/so-lieu.csv", "/topics.svg"):
        said = somebody.get(f"/console/insight{path}").text
        assert CODE not in said
        assert PHONE not in said
        assert visitor.conversation not in said


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_a_phone_and_a_desk(node: Served, joined: Join, opened: Open, width: int) -> None:
    counted(node)
    page = opened(joined("admin"), "/console/insight", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_charts_are_images_that_run_nothing(node: Served, joined: Join) -> None:
    somebody = joined("content")
    for chart in ("days", "hours", "topics", "funnel", "routes"):
        for dark in ("", "1"):
            answer = somebody.get(f"/console/insight/{chart}.svg?dark={dark}")
            assert answer.headers["content-type"] == "image/svg+xml"
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            root = ET.fromstring(answer.content)  # well-formed
            assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert somebody.get("/console/insight/khac.svg").status_code == 404


def test_the_table_opens_in_a_table_program_and_is_no_formula(node: Served, joined: Join) -> None:
    with psycopg.connect(node.database_url) as connection:
        connection.execute(
            "INSERT INTO insight (day, hour, channel, measure, name, count)"
            " VALUES ('2026-01-01', -1, 'web', 'intent', '=1+1', 1) ON CONFLICT DO NOTHING"
        )
    answer = joined("content").get("/console/insight/so-lieu.csv?since=2026-01-01&until=2026-01-01")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows == [
        ["Ngày", "Giờ", "Kênh", "Chỉ số", "Chi tiết", "Số lượng"],
        ["01/01/2026", "", "Trang web", "Người dân hỏi gì", "'=1+1", "1"],
    ]
    book = joined("content").get("/console/insight/so-lieu.xlsx?since=2026-01-01&until=2026-01-01")
    sheet = load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[1][0] == datetime.datetime(2026, 1, 1)
    assert cells[1][3:] == ("Người dân hỏi gì", "=1+1", 1)
    assert sheet["E2"].data_type == "s", "a text is no formula"
    assert joined("content").get("/console/insight/so-lieu.exe").status_code == 404


@pytest.mark.parametrize("query", ["since=2026-13-45", "since=x", "until=0000-00-00"])
def test_a_day_that_is_none_is_a_sentence(joined: Join, query: str) -> None:
    answer = joined("content").get(f"/console/insight?{query}")
    assert answer.status_code == 400
    assert "Ngày viết theo dạng" in answer.text


def test_a_thumb_under_an_answer_is_kept_and_shown_again(node: Served, opened: Open) -> None:
    page = opened(None, "/", width=390)
    page.get_by_label("Viết tin nhắn").fill("tổng đài số mấy vậy")
    page.keyboard.press("Enter")
    group = page.get_by_role("group", name="Câu trả lời này có đúng ý bạn không?")
    expect(group).to_be_visible()
    group.get_by_role("button", name="Đúng ý").click()
    expect(group.get_by_role("button", name="Đúng ý")).to_have_attribute("aria-pressed", "true")
    page.reload()
    again = page.get_by_role("group", name="Câu trả lời này có đúng ý bạn không?")
    expect(again.get_by_role("button", name="Đúng ý")).to_have_attribute("aria-pressed", "true")
    again.get_by_role("button", name="Chưa đúng").click()
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        for _ in range(50):
            if connection.execute("SELECT good FROM ratings ORDER BY at DESC LIMIT 1").fetchone() == (False,):
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the second thought was not kept")


def test_a_greeting_is_not_put_up_for_judgement(node: Served, opened: Open) -> None:
    page = opened(None, "/")
    page.get_by_label("Viết tin nhắn").fill("xin chào")
    page.keyboard.press("Enter")
    expect(page.locator(".msg.bot")).to_have_count(2)  # the welcome and the answer
    expect(page.locator(".judging")).to_have_count(0)


@pytest.mark.parametrize(
    "body", [b"x", b"[]", b"{}", b'{"id": "1", "good": true}', b'{"id": 1e99, "good": true}', b'{"id": 1, "good": 1}']
)
def test_judgements_that_are_none_are_refused(node: Served, body: bytes) -> None:
    visitor = Visitor(node.url)
    answer = visitor.http.post("/chat/ratings", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
