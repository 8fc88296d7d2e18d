"""The Messenger door on the wire: signed deliveries of the contract, and whatever else may come."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from sandbox import graph_people as people
from sandbox.graph_delivery import escaped
from sandbox.messenger import APP_ID, PAGE_ID
from tests.conftest import Served, serve
from tests.connectors.messenger.meta import FIXTURES, SECRET, VERIFY, Clock, Meta, Person, fixture, meta, post, post_raw
from tests.kit import postgres
from tests.kit.people import CODE, MASKED, PHONE, Store
from tests.kit.waiting import until

OLD_SECRET = "the secret before this one"


@pytest.fixture(scope="module")
def both(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Meta, Served]]:
    """A node connected to a stand-in of its own."""
    with meta() as served:
        environment = served.environment(MESSENGER_APP_SECRETS=f"{SECRET},{OLD_SECRET}")
        node = serve(postgres.create(server_url), model_path, tmp_path_factory.mktemp("node"), **environment)
        node.start()
        served.page.webhooks.callback = f"{node.url}/webhooks/messenger"
        yield served, node
        node.stop()


@pytest.fixture
def node(both: tuple[Meta, Served]) -> Served:
    return both[1]


@pytest.fixture
def served(both: tuple[Meta, Served]) -> Meta:
    page = both[0].page
    page.policy.clock, page.policy.fail_next, page.wire.copies = __import__("time").time, [], 1
    page.threads.default_app, page.wire.patience = "", 5.0
    return both[0]


@pytest.fixture
def person(served: Meta, node: Served) -> Person:
    return Person(served, node)


def _text(user: str, words: str, mid: str = "") -> dict[str, Any]:
    item = {"sender": {"id": user}, "recipient": {"id": PAGE_ID}, "timestamp": 1767225600000}
    item |= {"message": {"mid": mid or f"m_{secrets.token_hex(8)}", "text": words}}
    return {"object": "page", "entry": [{"id": PAGE_ID, "time": 1767225600000, "messaging": [item]}]}


# ---- the hand-shake


def test_the_hand_shake(served: Meta, node: Served) -> None:
    served.run(served.page.webhooks.handshake())
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    answer = httpx.get(f"{node.url}/webhooks/messenger", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert httpx.get(f"{node.url}/webhooks/messenger", params=asked | {"hub.verify_token": "x"}).status_code == 403
    assert httpx.get(f"{node.url}/webhooks/messenger").status_code == 403
    for method in ("PUT", "DELETE"):
        assert httpx.request(method, f"{node.url}/webhooks/messenger").status_code == 405


# ---- the signature


def test_unsigned_and_wrongly_signed_deliveries_are_refused_and_not_kept(node: Served, person: Person) -> None:
    body = escaped(_text(person.user, "em quên mật khẩu"))
    url = f"{node.url}/webhooks/messenger"
    import hashlib
    import hmac

    sha1 = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    wrong: list[dict[str, str]] = [
        {}, {"x-hub-signature-256": ""}, {"x-hub-signature-256": "sha256="}, {"x-hub-signature-256": "x" * 5000},
        {"x-hub-signature": f"sha1={sha1}"}, {"x-hub-signature-256": f"sha1={sha1}"},
    ]  # fmt: skip
    for headers in wrong:
        answer = httpx.post(url, content=body, headers=headers)
        assert answer.status_code == 401, headers
    assert post_raw(node, body, "another app's secret").status_code == 401
    assert person.store.rows("SELECT 1 FROM conversations WHERE id = %s", person.conversation) == []
    assert post_raw(node, body, OLD_SECRET).status_code == 200  # while the secret is being changed
    assert person.store.rows("SELECT 1 FROM conversations WHERE id = %s", person.conversation) == [(1,)]


def test_the_signature_is_over_the_bytes_not_over_their_meaning(node: Served, person: Person) -> None:
    data = _text(person.user, "chào 🙂 100% a@b/c <x>")
    for body in (escaped(data), json.dumps(data, ensure_ascii=False).encode(), json.dumps(data, indent=3).encode()):
        assert post_raw(node, body).status_code == 200
    count = "SELECT count(*) FROM inbox WHERE conversation = %s"
    assert person.store.value(count, person.conversation) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"x", b"{", b"[]", b"null", b"1", b'"text"', b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 50_000,
     b'{"object": "page", "entry": ' + b"[" * 5000, b"object=page"],
)  # fmt: skip
def test_bodies_that_are_no_envelope_are_refused(node: Served, body: bytes) -> None:
    assert httpx.post(f"{node.url}/webhooks/messenger", content=body).status_code == 401
    assert post_raw(node, body).status_code == 400


@pytest.mark.parametrize("data", [{}, {"object": "instagram", "entry": []}, {"object": None}, {"object": ["page"]}])
def test_other_objects_are_not_found(node: Served, data: Any) -> None:
    assert post(node, data).status_code == 404


@pytest.mark.parametrize("entry", [None, [], {}, 5, "x", [None], [{}], [{"id": 5, "messaging": None}]])
def test_an_empty_delivery_is_taken(node: Served, entry: Any) -> None:
    assert post(node, {"object": "page", "entry": entry}).status_code == 200


def test_a_body_of_five_megabytes_is_refused_and_one_of_two_is_read(node: Served, person: Person) -> None:
    assert post(node, _text(person.user, "a" * 5_000_000)).status_code == 413
    assert post(node, _text(person.user, "a" * 2_000_000)).status_code == 200
    person.settled()
    assert person.store.value("SELECT body->>'too_long' FROM inbox WHERE conversation = %s", person.conversation)


# ---- the whole way


def test_from_the_signed_webhook_to_the_mail(served: Meta, node: Served, person: Person) -> None:
    person.store.forget_resets()
    mails = len(node.mails())
    assert "trợ lý tự động" in person.act(people.postback("Bắt đầu", "#greet"))[0]["text"]
    assert "mã số BHXH" in person.text("em quen mat khau vssid")
    assert "số điện thoại hoặc e-mail" in person.text(CODE)
    assert MASKED in person.text(PHONE)
    until(lambda: len(node.mails()) > mails)
    said = json.dumps(person.shown(), ensure_ascii=False)
    assert CODE not in said
    assert PHONE not in said
    assert served.page.webhooks.answers.count(200) == len(served.page.webhooks.answers)


def test_every_message_is_within_the_contract_and_marked_as_ours(served: Meta, person: Person) -> None:
    for words in ("chào", "bạn giúp được gì", "tổng đài số mấy", "mất sim rồi", "đổi số điện thoại từng bước"):
        assert person.ask(words)
    for body in served.sends():
        assert body["messaging_type"] == "RESPONSE"
        assert body["message"]["metadata"] == "vssid-assistant"
    assert {"mark_seen", "typing_on"} <= set(served.actions())


@pytest.mark.parametrize("name", [path.stem for path in sorted(FIXTURES.glob("*.json"))])
def test_every_recorded_delivery_is_taken(node: Served, name: str) -> None:
    assert post(node, fixture(name)).status_code == 200


def test_our_own_echoes_are_no_takeover_and_no_message(served: Meta, person: Person) -> None:
    assert person.ask("chào bạn")
    assert person.ask("tổng đài số mấy")
    assert person.store.rows("SELECT 1 FROM handovers WHERE conversation = %s", person.conversation) == []
    page = f"messenger:{PAGE_ID}"
    assert person.store.rows("SELECT 1 FROM conversations WHERE id = %s", page) == []


def test_pictures_and_cards_of_the_outbox_are_shown_before_their_words(served: Meta, person: Person) -> None:
    person.ask("chào bạn")
    office = {"title": "BHXH quận A", "subtitle": "x" * 200, "url": "https://example.com/a"}
    office["buttons"] = [{"title": "Chỉ đường đến cơ quan", "url": "https://example.com/b"}]  # type: ignore[assignment]
    kinds = [
        {"kind": "cards", "cards": [office, {"title": "BHXH quận B", "subtitle": "Số 1"}]},
        {"kind": "image", "url": "https://example.com/a.png"}, {"kind": "nothing that is known"},
    ]  # fmt: skip
    before = len(served.sends())
    with psycopg.connect(person.store.url, autocommit=True) as connection:
        for media in kinds:
            body = json.dumps({"text": "Bạn xem nhé.", "buttons": [], "media": media})
            connection.execute("INSERT INTO outbox (conversation, body) VALUES (%s, %s)", (person.conversation, body))
    person.settled()
    sent = [one["message"] for one in served.sends()[before:] if one["recipient"]["id"] == person.user]
    shown = [one.get("text") or one["attachment"]["payload"].get("template_type", "image") for one in sent]
    assert shown == ["generic", "Bạn xem nhé.", "image", "Bạn xem nhé.", "Bạn xem nhé."]
    unsent = "SELECT 1 FROM outbox WHERE state <> 'sent' AND conversation = %s"
    assert person.store.rows(unsent, person.conversation) == []


def test_a_thumb_at_an_answer_is_a_rating_until_it_is_taken_back(served: Meta, person: Person) -> None:
    mid = person.ask("tổng đài số mấy")[-1]["mid"]
    query = "SELECT good FROM ratings WHERE conversation = %s"
    for kind, action, ratings in (
        ("like", "react", [(True,)]), ("dislike", "react", [(False,)]), ("wow", "react", [(False,)]),
        ("love", "react", [(True,)]), ("love", "unreact", []),
    ):  # fmt: skip
        answer = person.does(people.reaction(mid, action=action, kind=kind))
        assert answer is not None
        assert answer.status_code == 200
        assert person.store.rows(query, person.conversation) == ratings, kind
    person.does(people.reaction("m_of_somebody_else", kind="like"))
    assert person.store.rows(query, person.conversation) == []


def test_receipts_are_noted(served: Meta, person: Person) -> None:
    person.ask("chào bạn")
    served.run(served.page.reads(person.user))
    query = "SELECT delivered_at IS NOT NULL, seen_at IS NOT NULL FROM outbox WHERE conversation = %s"
    until(lambda: person.store.rows(query, person.conversation) == [(True, True)])


# ---- doubles, order, batches


def test_a_delivery_that_comes_three_times_is_answered_once(served: Meta, person: Person) -> None:
    served.page.wire.copies = 3
    assert len(person.ask("em quên mật khẩu")) == 1
    assert len(person.act(people.postback("Dừng lại", "#cancel"))) == 1
    assert person.store.value("SELECT count(*) FROM turns WHERE conversation = %s", person.conversation) == 2


def test_the_same_delivery_at_once_is_answered_once(node: Served, person: Person, served: Meta) -> None:
    served.page.add_user(person.user, "x")
    served.page.users[person.user]["opened_at"] = served.page.clock()
    data = _text(person.user, "em quên mật khẩu")
    with ThreadPoolExecutor(8) as many:
        assert list(many.map(lambda _: post(node, data).status_code, range(24))) == [200] * 24
    person.settled()
    assert len(person.shown()) == 1


def test_batches_of_many_people_at_once_in_any_order_lose_nothing(node: Served, served: Meta) -> None:
    persons = [Person(served, node) for _ in range(10)]
    for one in persons:
        served.page.add_user(one.user, "x")
        served.page.users[one.user]["opened_at"] = served.page.clock()
    entries = [_text(one.user, f"chào lần {n}")["entry"][0] for n in range(3) for one in persons]

    def send(number: int) -> int:
        turned = entries[number:] + entries[:number]
        return post(node, {"object": "page", "entry": turned if number % 2 else turned[::-1]}).status_code

    with ThreadPoolExecutor(6) as many:
        assert list(many.map(send, range(0, 30, 2))) == [200] * 15
    for one in persons:
        one.settled()
        assert one.store.value("SELECT count(*) FROM inbox WHERE conversation = %s", one.conversation) == 3
        assert len(one.shown()) == 3


def test_a_batch_is_one_commit_and_in_the_order_of_time(node: Served, served: Meta, person: Person) -> None:
    with served.page.held() as entries:
        for words in ("chào bạn", "em quên mật khẩu", "dừng lại"):
            person.does(people.text(words))
            entries[-1]["messaging"][0]["timestamp"] += len(entries) * 1000
    mixed = {"id": PAGE_ID, "time": 1, "messaging": [e["messaging"][0] for e in reversed(entries)]}
    assert post(node, {"object": "page", "entry": [mixed]}).status_code == 200
    person.settled()
    query = "SELECT body->>'text', accepted_at FROM inbox WHERE conversation = %s ORDER BY id"
    kept = person.store.rows(query, person.conversation)
    assert [text for text, _ in kept] == ["chào bạn", "em quên mật khẩu", "dừng lại"]
    assert len({at for _, at in kept}) == 1
    assert len(person.shown()) == 3


def test_one_odd_item_loses_nothing_of_its_batch(node: Served, served: Meta, person: Person) -> None:
    served.page.add_user(person.user, "x")
    served.page.users[person.user]["opened_at"] = served.page.clock()
    data = _text(person.user, "chào bạn")
    good = data["entry"][0]["messaging"]
    zero = json.loads(json.dumps(good[0]).replace("chào bạn", "a"))
    zero["message"] |= {"mid": "m_" + "z" * 20 + secrets.token_hex(4), "text": "có số không \x00 ở đây"}
    odd: list[Any] = [
        None,
        {"sender": {"id": {}}, "message": []},
        {"sender": {"id": person.user}, "message": {"mid": 5}},
    ]
    data["entry"][0]["messaging"] = [*odd, zero, *good, *odd]
    assert post(node, data).status_code == 200
    person.settled()
    texts = person.store.rows(
        "SELECT body->>'text' FROM inbox WHERE conversation = %s ORDER BY id", person.conversation
    )
    assert ("chào bạn",) in texts
    assert ("có số không  ở đây",) in texts


# ---- standby, changes, colleagues


def test_standby_is_never_answered_and_not_kept(node: Served, person: Person) -> None:
    data = _text(person.user, "em quên mật khẩu vssid")
    data["entry"][0]["standby"] = data["entry"][0].pop("messaging")
    assert post(node, data).status_code == 200
    assert person.store.rows("SELECT 1 FROM conversations WHERE id = %s", person.conversation) == []


def test_a_colleague_in_metas_inbox_silences_the_assistant_for_an_hour(served: Meta, person: Person) -> None:
    person.ask("chào bạn")
    shown = len(person.shown())
    # A colleague needs longer than an automation to read and type.
    past = "sent_at = sent_at - interval '1 min', accepted_at = accepted_at - interval '1 min'"
    person.store.do(f"UPDATE inbox SET {past} WHERE conversation = '{person.conversation}'")
    served.run(served.page.person_sends(person.user, "Chào chị, em là Lan ạ"))
    person.does(people.text("em quên mật khẩu"))
    person.settled()
    assert len(person.shown()) == shown
    ((state, minutes),) = person.store.rows(
        "SELECT state, extract(epoch FROM until - now()) / 60 FROM handovers WHERE conversation = %s",
        person.conversation,
    )
    assert state == "with_person"
    assert 58 < minutes <= 60
    query = "SELECT intent FROM turns WHERE conversation = %s ORDER BY id DESC LIMIT 1"
    assert person.store.value(query, person.conversation) == "with_person"
    person.store.do(f"UPDATE handovers SET until = now() - interval '1 s' WHERE conversation = '{person.conversation}'")
    assert "mã số BHXH" in person.text("em quên mật khẩu")


def test_an_old_echo_that_comes_late_silences_nobody(served: Meta, person: Person) -> None:
    person.ask("chào bạn")
    echo = served.page.item(person.user, people.echo({"text": "x"}, served.page.threads.inbox, people.mid()))
    echo["timestamp"] -= 2 * 3600 * 1000
    assert post(person.node, {"object": "page", "entry": [{"id": PAGE_ID, "messaging": [echo]}]}).status_code == 200
    assert "mã số BHXH" in person.text("em quên mật khẩu")


def test_with_a_default_app_a_colleague_takes_the_thread_and_gives_it_back(served: Meta, person: Person) -> None:
    served.page.threads.default_app = APP_ID
    person.ask("chào bạn")
    shown = len(person.shown())
    served.run(served.page.person_sends(person.user, "Để em xem giúp chị"))
    answers = len(served.page.webhooks.answers)
    person.does(people.text("vâng ạ"))  # goes to standby
    assert len(served.page.webhooks.answers) > answers
    assert len(person.shown()) == shown
    assert person.store.value("SELECT count(*) FROM inbox WHERE conversation = %s", person.conversation) == 1
    served.run(served.page.person_gives_back(person.user))
    assert "mã số BHXH" in person.text("em quên mật khẩu")


def test_a_colleague_who_asks_for_the_thread_gets_it(served: Meta, person: Person) -> None:
    served.page.threads.default_app = APP_ID
    person.ask("chào bạn")
    served.run(served.page.person_asks(person.user))
    until(lambda: served.page.threads.owner(person.user) == served.page.threads.inbox)
    assert (
        person.store.value("SELECT state FROM handovers WHERE conversation = %s", person.conversation) == "with_person"
    )


def test_a_send_that_another_app_blocks_is_closed_and_silences(served: Meta, person: Person) -> None:
    served.page.threads.default_app = ""
    person.ask("chào bạn")
    served.page.policy.fail_next = [(10, 2018300)]
    person.does(people.text("em quên mật khẩu"))
    query = "SELECT state, error FROM outbox WHERE conversation = %s ORDER BY id DESC LIMIT 1"
    until(lambda: person.store.rows(query, person.conversation) == [("dead", "closed 10/2018300")])
    until(lambda: person.store.rows("SELECT 1 FROM handovers WHERE conversation = %s", person.conversation))


# ---- edits


def test_an_edit_of_a_recent_message_is_read_as_a_new_one(served: Meta, person: Person) -> None:
    part = people.text("em quen mat khâuu vssid nhaa")
    person.act(part)
    answer = person.act(people.edit(part["message"]["mid"], "tổng đài số mấy"))
    assert "1900 9068" in answer[0]["text"]
    again = people.edit(part["message"]["mid"], "tổng đài số mấy")
    person.does(again)  # the same edit, sent again
    person.settled()
    assert person.store.value("SELECT count(*) FROM inbox WHERE conversation = %s", person.conversation) == 2
    assert person.act(people.edit(part["message"]["mid"], "em mất sim", 2))


def test_an_edit_of_an_old_or_unknown_message_is_nothing(served: Meta, person: Person) -> None:
    part = people.text("chào bạn")
    person.act(part)
    person.store.do(
        f"UPDATE inbox SET accepted_at = now() - interval '11 minutes' WHERE conversation = '{person.conversation}'"
    )
    for mid in (part["message"]["mid"], "m_unknown"):
        assert person.does(people.edit(mid, "em quên mật khẩu")) is not None
    person.settled()
    assert person.store.value("SELECT count(*) FROM inbox WHERE conversation = %s", person.conversation) == 1


def test_an_edit_in_the_same_delivery_as_its_message_is_read(node: Served, served: Meta, person: Person) -> None:
    with served.page.held() as entries:
        part = people.text("em quên mât khâu")
        person.does(part)
        person.does(people.edit(part["message"]["mid"], "em quên mật khẩu"))
        entries[1]["messaging"][0]["timestamp"] += 5000
    assert post(node, {"object": "page", "entry": entries}).status_code == 200
    person.settled()
    assert person.store.value("SELECT count(*) FROM inbox WHERE conversation = %s", person.conversation) == 2


# ---- trouble with the platform


def test_a_transient_error_is_tried_again_and_arrives_once(served: Meta, person: Person) -> None:
    served.page.policy.fail_next = [(1200, 2018024), "502"]
    assert len(person.ask("chào bạn")) == 1
    query = "SELECT attempts, maybe_twice FROM outbox WHERE conversation = %s"
    assert person.store.rows(query, person.conversation) == [(3, True)]  # after the 502 nobody knows


def test_a_lost_answer_comes_twice_and_is_marked(served: Meta, person: Person) -> None:
    served.page.policy.fail_next = ["lost"]
    assert len(person.ask("chào bạn")) == 2
    query = "SELECT maybe_twice FROM outbox WHERE conversation = %s"
    assert person.store.rows(query, person.conversation) == [(True,)]


def test_the_order_of_answers_is_kept_while_one_is_tried_again(served: Meta, person: Person) -> None:
    served.page.policy.fail_next = [None, 2]
    person.does(people.text("chào bạn"))
    person.does(people.text("tổng đài số mấy"))
    person.does(people.text("em mất sim"))
    person.settled()
    texts = [message["text"] for message in person.shown()]
    order = "SELECT body->>'text' FROM outbox WHERE conversation = %s ORDER BY id"
    assert texts == [row[0] for row in person.store.rows(order, person.conversation)]


def test_a_silent_hour_of_ours_is_made_up_for_by_metas_retries(
    server_url: str, model_path: Path, tmp_path: Path
) -> None:
    with meta() as served:
        clock = Clock()
        served.page.policy.clock = clock
        node = serve(postgres.create(server_url), model_path, tmp_path, **served.environment())
        served.page.webhooks.callback = f"{node.url}/webhooks/messenger"
        person = Person(served, node)
        try:
            for words in ("chào bạn", "tổng đài số mấy"):
                assert person.does(people.text(words)) is None
            assert served.page.webhooks.answers == [0] * 8  # each at once, and three times more
            clock.now += 1000
            served.run(served.page.webhooks.tick())
            assert served.page.webhooks.alerts == ["Webhooks Failing"]
            node.start()
            clock.now += 1000
            served.run(served.page.webhooks.tick())
            person.settled()
            assert len(person.shown()) == 2
            assert served.page.webhooks.enabled
            node.stop()
            person.does(people.text("còn đó không"))
            clock.now += 3700
            served.run(served.page.webhooks.tick())
            assert served.page.webhooks.alerts[-1] == "Webhooks Disabled"
            assert not served.page.webhooks.enabled
        finally:
            if node.process and node.process.poll() is None:
                node.kill()


# ---- what is not told to anybody


def test_no_secret_and_no_words_are_in_the_log(node: Served, person: Person) -> None:
    person.ask("em quên mật khẩu, mã 7900000123")
    log = node.log.read_text()
    assert not any(secret in log for secret in (SECRET, VERIFY, "page-token-of-the-tests", "7900000123", "quên mật"))


def test_what_happens_is_counted(node: Served, served: Meta, person: Person) -> None:
    person.ask("chào bạn")
    text = httpx.get(f"{node.url}/metrics").text
    for line in ('assistant_messenger_items_total{kind="message",where="messaging"}',
                 'assistant_messenger_items_total{kind="echo",where="messaging"}',
                 'assistant_messenger_answers_total{code="0"}', "assistant_messenger_refused_total"):  # fmt: skip
        assert line in text, line
    assert Store(node.database_url).value("SELECT count(*) FROM outbox WHERE state = 'waiting'") >= 0
