"""Every event of the contract: what it says, and what becomes of it."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest

from assistant import identifiers
from connectors.zalo import events
from connectors.zalo.events import Reading
from connectors.zalo.settings import Oa, ZaloApp
from sandbox.zalo import OA_ID
from tests.connectors.zalo.conftest import FIXTURES, SILENCE, Webhook, an_app, fixture
from tests.connectors.zalo.sending import OTHER_OA
from tests.kit.turns import Connection, count

USER = "2000000000000000002"
MINE = f"zalo:{USER}"
Door = Callable[..., Any]


def reading(name: str, app: ZaloApp | None = None, **changed: Any) -> Reading:
    """Reads a recorded event."""
    data = fixture(name) | changed
    return events.read(data, json.dumps(data).encode(), app or an_app())


class TestWhatPeopleSend:
    @pytest.mark.parametrize(
        ("name", "kind", "text", "media"),
        [
            ("user_send_text", "text", "Xin chào", ""),
            ("user_send_text_reply", "text", "vâng", ""),
            ("user_send_text_button", "text", "#reset_password", ""),
            ("user_send_image", "media", "", "image"),
            ("user_send_image_with_words", "text", "em quên mật khẩu", "image"),
            ("user_send_gif", "media", "", "gif"),
            ("user_send_link", "text", "https://example.com/", "link"),
            ("user_send_audio", "media", "", "audio"),
            ("user_send_video", "media", "", "video"),
            ("user_send_sticker", "media", "", "sticker"),
            ("user_send_location", "media", "", "location"),
            ("user_send_business_card", "media", "", "business_card"),
            ("user_send_file", "media", "", "file"),
        ],
    )
    def test_messages_become_events(self, name: str, kind: str, text: str, media: str) -> None:
        event = reading(name).event
        assert event is not None
        assert (event.channel, event.conversation, event.kind) == ("zalo", MINE, kind)
        assert (event.text, event.media, event.event_id) == (text, media, "a1b2c3d4e5f60718293a")
        assert event.sent_at == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    @pytest.mark.parametrize(("name", "kind"), [("anonymous_send_text", "text"), ("anonymous_send_image", "media")])
    def test_visitors_without_a_log_in_have_conversations_of_their_own(self, name: str, kind: str) -> None:
        event = reading(name).event
        assert event is not None
        assert (event.conversation, event.kind) == (f"{MINE}~5000000000000000005", kind)

    def test_a_visitor_who_cannot_be_answered_is_not_listened_to(self) -> None:
        data = fixture("anonymous_send_text")
        del data["message"]["conversation_id"]
        assert reading("anonymous_send_text", message=data["message"]).event is None

    @pytest.mark.parametrize("name", ["follow", "user_click_chatnow"])
    def test_who_comes_is_greeted(self, name: str) -> None:
        event = reading(name).event
        assert event is not None
        assert (event.kind, event.payload, event.conversation) == ("payload", "#greet", MINE)

    def test_who_opens_the_chat_and_follows_is_greeted_once_a_day(self) -> None:
        opened, followed = reading("user_click_chatnow").event, reading("follow").event
        tomorrow = reading("follow", timestamp="1767312000000").event
        assert opened
        assert followed
        assert tomorrow
        assert opened.event_id == followed.event_id
        assert tomorrow.event_id != followed.event_id

    @pytest.mark.parametrize("name", ["user_submit_info", "user_submit_info_old"])
    def test_of_a_form_only_the_phone_number_is_taken(self, name: str) -> None:
        event = reading(name).event
        assert event is not None
        assert (event.kind, event.text) == ("text", "84901000123")
        assert "Ví Dụ" not in str(event)
        assert "Mẫu" not in str(event)

    @pytest.mark.parametrize(
        "phone", ["+84 901 000 123", "0901.000.123", "84-901-000-123", "84.901.000.123", "(+84)901000123"]
    )
    def test_the_number_may_have_signs_between(self, phone: str) -> None:
        event = reading("user_submit_info", info={"phone": phone}).event
        assert event is not None
        assert [each.value for each in identifiers.find(event.text)] == ["0901000123"]

    def test_half_a_pair_at_the_end_is_no_reason_to_refuse(self) -> None:
        body = json.dumps(fixture("user_send_text")).encode()
        data = events.parse(body.replace(b'"text": "', b'"text": "\\ud83d'))
        event = events.read(data, body, an_app()).event
        assert event is not None
        assert event.text.startswith("\ufffd")

    @pytest.mark.parametrize("info", [None, [], "x", {}, {"phone": None}, {"phone": ["84901000123"]}, {"phone": "—"}])
    def test_a_form_without_a_number_says_nothing(self, info: Any) -> None:
        assert reading("user_submit_info", info=info).event is None


class TestWhatNobodyIsAnsweredFor:
    SILENT = (
        "oa_send_text", "oa_send_image", "oa_send_gif", "oa_send_list", "oa_send_file", "oa_send_sticker",
        "oa_send_anonymous_text", "oa_send_text_by_colleague", "user_received_message", "user_seen_message",
        "user_received_message_template", "user_reacted_message", "oa_reacted_message", "unfollow",
        "update_user_info", "add_user_to_tag", "remove_user_from_tag", "user_withdraw", "user_send_group_text",
        "oa_send_group_text", "widget_interaction_accepted", "oa_send_consent", "user_reply_consent",
        "user_call_oa", "extension_purchased", "change_oa_daily_quota", "change_template_status", "user_feedback",
        "oa_send_image_by_colleague",
    )  # fmt: skip

    @pytest.mark.parametrize("name", SILENT)
    def test_it_is_taken_and_counted(self, name: str) -> None:
        found = reading(name)
        assert found.event is None
        assert found.known
        assert found.name != "unknown"

    def test_every_recorded_event_is_looked_at_here(self) -> None:
        said = {path.stem for path in FIXTURES.glob("*.json")} - set(self.SILENT)
        assert said == {
            "anonymous_send_image", "anonymous_send_text", "follow", "user_click_chatnow", "user_send_audio",
            "user_send_business_card", "user_send_file", "user_send_gif", "user_send_image",
            "user_send_image_with_words", "user_send_link", "user_send_location", "user_send_sticker",
            "user_send_text", "user_send_text_button", "user_send_text_reply", "user_send_video",
            "user_submit_info", "user_submit_info_old",
        }  # fmt: skip

    @pytest.mark.parametrize("name", ["no_such_event", "", "user_send_", "oa_send_", "x" * 5000])
    def test_unknown_names_are_counted_as_one(self, name: str) -> None:
        found = reading("user_send_text", event_name=name)
        assert (found.name, found.event) == ("unknown", None)

    @pytest.mark.parametrize(("words", "kind"), [("em quên mật khẩu", "text"), ("", "media")])
    def test_a_message_of_a_kind_that_is_new_has_its_words_or_is_no_text(self, words: str, kind: str) -> None:
        message = {"msg_id": "b1", "text": words} if words else {"msg_id": "b1"}
        found = reading("user_send_text", event_name="user_send_dance", message=message)
        assert found.name == "unknown"
        assert found.event is not None
        assert (found.event.kind, found.event.text, found.event.media) == (kind, words, "other")

    def test_whatever_a_colleague_sends_is_a_colleagues(self) -> None:
        for name in ("oa_send_template", "oa_send_request_user_info", "oa_send_dance"):
            assert reading("oa_send_text_by_colleague", event_name=name).colleague

    def test_only_a_named_person_makes_an_echo_a_colleagues(self) -> None:
        assert reading("oa_send_text_by_colleague").colleague
        assert reading("oa_send_image_by_colleague").colleague
        assert not reading("oa_send_text").colleague
        for sender in (None, [], {"admin_id": "1"}, {"id": OA_ID, "admin_id": None}, {"id": OA_ID, "admin_id": ""}):
            found = reading("oa_send_text", sender=sender)
            assert not found.colleague or sender == {"admin_id": "1"}

    def test_receipts_name_our_messages_and_those_of_templates_do_not_count(self) -> None:
        assert reading("user_received_message").delivered == ("a1b2c3d4e5f60718293a",)
        assert reading("user_seen_message").seen == ("a1b2c3d4e5f60718293a", "b1b2c3d4e5f60718293a")
        assert reading("user_received_message_template").delivered == ()

    def test_who_withdraws_withdraws_from_every_account(self) -> None:
        found = reading("user_withdraw")
        assert [address.conversation for address in found.withdrawn] == [MINE, f"zalo:{OTHER_OA}:{USER}"]
        data = fixture("user_withdraw")
        del data["oa_id"]
        assert len(events.read(data, b"", an_app()).withdrawn) == 2


class TestSeveralAccounts:
    def test_the_second_accounts_people_are_kept_apart(self) -> None:
        first = reading("user_send_text").event
        second = reading("user_send_text", recipient={"id": OTHER_OA}).event
        assert first
        assert second
        assert (first.conversation, second.conversation) == (MINE, f"zalo:{OTHER_OA}:{USER}")

    @pytest.mark.parametrize("name", ["user_send_text", "follow", "oa_send_text_by_colleague", "user_seen_message"])
    def test_events_of_an_account_that_is_not_ours_are_left(self, name: str) -> None:
        stranger = {"sender": {"id": "9"}, "recipient": {"id": "9"}, "oa_id": "9"}
        found = reading(name, **{k: v for k, v in stranger.items() if k in fixture(name) or k != "oa_id"})
        assert not found.known
        assert found.event is None
        assert not found.colleague

    def test_one_account_without_a_name_is_any_account(self) -> None:
        event = reading("user_send_text", an_app(Oa("")), recipient={"id": "77"}).event
        assert event is not None
        assert event.conversation == MINE


class TestAtTheDoor:
    def test_a_colleague_silences_the_assistant_from_their_last_message_on(
        self, at_the_door: Door, connection: Connection
    ) -> None:
        now = datetime.datetime.now(datetime.UTC)

        async def act(door: Webhook) -> None:
            for minutes in (30, 10, 50):  # the last one came late: it does not shorten the silence
                at = now - datetime.timedelta(minutes=minutes)
                event = fixture("oa_send_text_by_colleague") | {"timestamp": str(int(at.timestamp() * 1000))}
                assert await door.post(event) == 200
            assert await door.post(fixture("oa_send_text")) == 200

        at_the_door(act)
        rows = connection.execute("SELECT conversation, state, until FROM handovers").fetchall()
        assert [row[:2] for row in rows] == [(MINE, "with_person")]
        assert abs((rows[0][2] - now - SILENCE + datetime.timedelta(minutes=10)).total_seconds()) < 1

    def test_a_retry_and_a_double_are_one_event(self, at_the_door: Door, connection: Connection) -> None:
        async def act(door: Webhook) -> None:
            for name in ("user_send_text", "user_submit_info"):
                event = fixture(name)
                assert await door.post(event) == 200
                assert await door.post(event, num_retry="1") == 200
                assert await door.post(dict(reversed(event.items())), num_retry="2") == 200

        at_the_door(act)
        assert count(connection, "inbox") == 2

    def test_receipts_are_written_down(self, at_the_door: Door, connection: Connection) -> None:
        connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, 'zalo')", (MINE,))
        for key in ("a1b2c3d4e5f60718293a", "b1b2c3d4e5f60718293a", "another"):
            connection.execute(
                "INSERT INTO outbox (conversation, body, state, platform_id) VALUES (%s, '{}', 'sent', %s)", (MINE, key)
            )

        async def act(door: Webhook) -> None:
            for name in ("user_received_message", "user_seen_message", "user_received_message_template"):
                assert await door.post(fixture(name)) == 200
            job = next(job for job in door.channel.jobs if job.name == "zalo receipts")
            await job.run()
            await job.run()

        at_the_door(act)
        rows = connection.execute("SELECT delivered_at IS NULL, seen_at IS NULL FROM outbox ORDER BY id").fetchall()
        assert rows == [(False, False), (False, False), (True, True)]

    def test_a_thumb_at_an_answer_is_a_rating_and_the_last_one_counts(
        self, at_the_door: Door, connection: Connection
    ) -> None:
        connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, 'zalo'), ('zalo:x', 'zalo')", (MINE,))
        key = fixture("user_reacted_message")["message"]["msg_id"]
        for conversation, sender, sent in ((MINE, "bot", key), (MINE, "agent", "b1"), ("zalo:x", "bot", "c1")):
            connection.execute(
                "INSERT INTO outbox (conversation, body, state, sender, platform_id) VALUES (%s, '{}', 'sent', %s, %s)",
                (conversation, sender, sent),
            )

        def ratings() -> list[tuple[str, bool]]:
            rows = connection.execute("SELECT platform_id, good FROM ratings JOIN outbox ON outbox.id = outbox_id")
            return rows.fetchall()  # type: ignore[return-value]

        async def act(door: Webhook) -> None:
            for sent, icon in ((key, "/-strong"), ("b1", "/-strong"), ("c1", "/-weak"), ("gone", "/-weak")):
                message = {"msg_id": sent, "react_icon": icon}
                assert await door.post(fixture("user_reacted_message") | {"message": message}) == 200
            assert ratings() == [(key, True)]
            for icon, good in (("/-weak", False), (":o", False), (None, False), ("/-heart", True)):
                message = {"msg_id": key, "react_icon": icon}
                assert await door.post(fixture("user_reacted_message") | {"message": message}) == 200
                assert ratings() == [(key, good)], icon

        at_the_door(act)

    def test_who_withdraws_is_forgotten(self, at_the_door: Door) -> None:
        async def act(door: Webhook) -> list[str]:
            assert await door.post(fixture("user_withdraw")) == 200
            return door.forgotten

        assert at_the_door(act) == [MINE, f"zalo:{OTHER_OA}:{USER}"]

    def test_a_persons_data_is_kept_as_tokens(self, at_the_door: Door, connection: Connection) -> None:
        async def act(door: Webhook) -> None:
            for name in ("user_submit_info", "user_send_business_card", "user_send_location", "user_send_file"):
                assert await door.post(fixture(name) | {"timestamp": "1767225600001"}) == 200

        at_the_door(act)
        kept = str(connection.execute("SELECT body FROM inbox ORDER BY id").fetchall())
        assert "⟦phone:" in kept
        for secret in ("901000123", "Ví Dụ", "21.02", "to-khai", "zdn.vn"):
            assert secret not in kept


class TestSignatures:
    def test_each_account_has_its_own_keys_beside_the_apps(self, at_the_door: Door) -> None:
        async def act(door: Webhook) -> list[int]:
            first, second = fixture("user_send_text"), fixture("user_send_text") | {"recipient": {"id": OTHER_OA}}
            return [
                await door.post(first, "oa-secret"),
                await door.post(second, "oa-secret"),
                await door.post(second, "other-secret"),
                await door.post(first, "other-secret"),  # the second account's key signs nothing of the first
                await door.post(first, "app-secret"),
            ]

        assert at_the_door(act) == [200, 200, 200, 401, 401]

    @pytest.mark.parametrize(
        "timestamp",
        [b"1767225600000", b"1767225600000.0", b"1.7672256e12", b"17672256000001234567890", b'"x"', b"null"],
    )
    def test_the_time_is_signed_as_it_is_written(self, at_the_door: Door, timestamp: bytes) -> None:
        body = json.dumps(copy.deepcopy(fixture("user_send_text")) | {"timestamp": "T"}).encode()
        body = body.replace(b'"T"', timestamp)

        async def act(door: Webhook) -> int:
            from connectors.zalo import signature

            shown = timestamp.decode().strip('"')
            shown = "None" if shown == "null" else shown
            mac = signature.mac(door.app.app_id, body, shown, "oa-secret")
            return await door.post_raw(body, **{"x-zevent-signature": mac})

        assert at_the_door(act) == 200

    def test_before_its_key_is_known_the_console_can_save_the_address_and_nothing_is_taken_in(
        self, at_the_door: Door, connection: Connection
    ) -> None:
        app = dataclasses.replace(an_app(Oa(OA_ID)), secrets=())

        async def act(door: Webhook) -> list[int]:
            said = await door.channel.health() if door.channel.health else {}
            assert any("ZALO_OA_SECRET_KEYS" in alarm for alarm in said["alarms"])
            body = json.dumps(fixture("user_send_text")).encode()
            return [await door.post_raw(body), await door.post_raw(b"{}")]

        assert at_the_door(act, app) == [200, 400]
        assert count(connection, "inbox") == 0

    def test_without_an_app_everything_is_refused(self, at_the_door: Door, connection: Connection) -> None:
        app = dataclasses.replace(an_app(Oa(OA_ID)), app_id="", secrets=())

        async def act(door: Webhook) -> int:
            return await door.post_raw(json.dumps(fixture("user_send_text")).encode())

        assert at_the_door(act, app) == 401

    @pytest.mark.parametrize("header", ["", "mac=", "mac=" + "0" * 64, "x" * 64])
    def test_noise_made_to_be_slow_is_refused_before_it_is_parsed(
        self, at_the_door: Door, monkeypatch: pytest.MonkeyPatch, header: str
    ) -> None:
        def parsed(body: bytes) -> None:
            raise AssertionError("a stranger's body was parsed")

        monkeypatch.setattr(events, "parse", parsed)
        slow = b'{"event_name":"x","timestamp":1.5,"a":"\\ud83d","numbers":[' + b"1," * 100_000 + b"1]}"

        async def act(door: Webhook) -> int:
            return await door.post_raw(slow, **{"x-zevent-signature": header})

        assert at_the_door(act) == 401

    def test_a_test_event_of_the_console_is_refused_and_leaves_nothing(
        self, at_the_door: Door, connection: Connection
    ) -> None:
        async def act(door: Webhook) -> int:
            return await door.post_raw(json.dumps(fixture("user_send_text")).encode())

        assert at_the_door(act) == 401
        assert count(connection, "inbox") == 0
