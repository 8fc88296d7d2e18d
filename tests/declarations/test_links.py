"""What holds for the link and for the papers behind it, named by the attack or the mishap."""

from __future__ import annotations

import base64
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from assistant.declarations import EXPIRED, delete_expired, new_link, papers
from assistant.privacy.vault import Vault
from tests.declarations.conftest import CONVERSATION, KEY, SAY, TK1, Person, application, client


class TestLink:
    def test_is_256_bits_and_stored_as_a_hash(self, person: Person) -> None:
        person.asks_for("tk1_ts")
        assert len(base64.urlsafe_b64decode(person.token + "=")) == 32
        assert person.row()["hash"] == hashlib.sha256(person.token.encode()).digest()
        assert person.row()["conversation"] == CONVERSATION

    def test_unknown(self, person: Person) -> None:
        person.token = "khong-co-that"
        assert {person.get().status_code, person.get("/pdf").status_code, person.get("/docx").status_code} == {404}
        assert person.http.post(person.path, data=TK1).status_code == 404

    def test_lives_one_hour(self, person: Person) -> None:
        person.asks_for("tk1_ts").time_passes(minutes=59)
        assert person.get().status_code == 200
        person.time_passes(minutes=1)
        assert person.get().status_code == 404

    def test_that_expired_while_the_form_was_filled_in(self, person: Person) -> None:
        csrf = person.asks_for("tk1_ts").csrf()
        person.time_passes(minutes=60)
        assert person.sends(TK1, csrf).status_code == 404
        assert person.row()["pdf"] is None

    def test_opening_uses_nothing_up(self, person: Person) -> None:
        person.asks_for("tk1_ts")
        before = person.row()
        assert [person.get().status_code for _ in range(3)] == [200] * 3
        assert person.http.head(person.path).status_code == 200
        assert person.row() == before

    def test_no_papers_before_the_form_is_sent(self, person: Person) -> None:
        person.asks_for("tk1_ts")
        assert person.get("/pdf").status_code == 404
        assert person.http.head(f"{person.path}/pdf").status_code == 404

    def test_ends_with_its_conversation(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        person.connection.execute("DELETE FROM conversations")
        assert person.get("/pdf").status_code == 404

    def test_a_conversation_cannot_hoard(self, person: Person) -> None:
        tokens = [new_link(person.connection, CONVERSATION, "tk1_ts") for _ in range(12)]
        assert person.connection.execute("SELECT count(*) FROM declarations").fetchone() == (10,)
        person.token = tokens[-1]
        assert person.get().status_code == 200

    def test_needs_a_known_kind_and_conversation(self, person: Person) -> None:
        with pytest.raises(ValueError, match="no such"):
            new_link(person.connection, CONVERSATION, "khac")  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            new_link(person.connection, "web:khong-co", "tk1_ts")


class TestUsedLink:
    def test_shows_the_papers_and_takes_no_second_form(self, person: Person) -> None:
        csrf = person.asks_for("tk1_ts").csrf()
        person.sends(TK1, csrf)
        first = person.row()
        again = person.sends(TK1 | {"full_name": "Người Khác"}, csrf)
        assert again.status_code == 409
        assert "đã dùng" in again.text
        assert person.row() == first

    def test_sent_ten_times_at_once_makes_one_paper(self, person: Person) -> None:
        csrf = person.asks_for("tk1_ts").csrf()
        with ThreadPoolExecutor(10) as senders:
            statuses = set(senders.map(lambda _: person.sends(TK1, csrf).status_code, range(10)))
        assert statuses <= {200, 409}
        sealed = person.row()["pdf"]
        assert person.get("/pdf").content.startswith(b"%PDF")
        assert person.row()["pdf"] == sealed


class TestCsrf:
    @pytest.mark.parametrize("given", ["", "x", "1.abc", "9999999999.abc"])
    def test_wrong(self, person: Person, given: str) -> None:
        page = person.asks_for("tk1_ts").sends(TK1, given)
        assert page.status_code == 400
        assert "Trang đã mở quá lâu" in page.text
        assert 'value="Đặng Thị Hồng Ngự"' in page.text
        assert person.row()["sent_at"] is None

    def test_of_another_link(self, person: Person) -> None:
        others = person.asks_for("tk1_ts").csrf()
        assert person.asks_for("tk1_ts").sends(TK1, others).status_code == 400

    def test_too_old(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        csrf = person.asks_for("tk1_ts").csrf()
        later = time.time() + 3601
        monkeypatch.setattr(time, "time", lambda: later)
        assert person.sends(TK1, csrf).status_code == 400


class TestPapers:
    def test_wait_24_hours(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        person.time_passes(minutes=24 * 60 - 1)
        assert person.get("/docx").status_code == 200

    def test_are_gone_after_24_hours(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        person.time_passes(hours=24)
        assert {person.get().status_code, person.get("/pdf").status_code, person.get("/docx").status_code} == {404}

    def test_can_be_fetched_again_for_15_minutes_and_not_longer(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        first = person.get("/pdf").content
        person.time_passes(minutes=14)
        assert person.get("/pdf").content == first
        assert person.get("/docx").status_code == 200  # does not begin anew
        assert "Tải lại được đến" in person.get().text
        person.time_passes(minutes=1)
        assert {person.get().status_code, person.get("/pdf").status_code, person.get("/docx").status_code} == {404}

    def test_fetching_late_does_not_make_them_live_longer(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        person.time_passes(minutes=24 * 60 - 5)
        person.get("/pdf")
        person.time_passes(minutes=6)
        assert person.get("/pdf").status_code == 404

    def test_a_look_at_the_head_does_not_begin_the_15_minutes(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        assert person.http.head(f"{person.path}/pdf").status_code == 200
        assert person.row()["fetched_at"] is None

    def test_do_not_open_behind_another_link(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        stolen = person.row()
        person.connection.execute("DELETE FROM declarations")
        person.asks_for("tk1_ts").sends(TK1)
        person.connection.execute("UPDATE declarations SET pdf = %s", (stolen["pdf"],))
        assert person.get("/pdf").status_code == 404

    def test_do_not_open_in_another_conversation_or_as_the_other_paper(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        person.connection.execute("INSERT INTO conversations (id, channel) VALUES ('web:khac', 'web')")
        person.connection.execute("UPDATE declarations SET docx = pdf")
        assert person.get("/docx").status_code == 404
        person.connection.execute("UPDATE declarations SET conversation = 'web:khac'")
        assert person.get("/pdf").status_code == 404

    def test_do_not_open_with_another_key(self, person: Person, database_url: str) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        with client(application(database_url, Vault([bytes(32)]))) as http:
            assert http.get(f"{person.path}/pdf").status_code == 404
        with client(application(database_url, Vault([bytes(32), KEY]))) as http:
            assert http.get(f"{person.path}/pdf").status_code == 200

    def test_that_cannot_be_made_leave_the_link_good(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(paper: object) -> bytes:
            raise RuntimeError(TK1["citizen_id"])

        person.asks_for("tk1_ts")
        with monkeypatch.context() as patch:
            patch.setattr(papers.pdf, "typeset", broken)
            page = person.sends(TK1)
        assert page.status_code == 503
        assert SAY["busy"] in page.text
        assert 'value="Đặng Thị Hồng Ngự"' in page.text
        assert person.sends(TK1).status_code == 200


class TestSweep:
    def test_deletes_what_is_over_and_nothing_else(self, person: Person) -> None:
        person.asks_for("tk1_ts").sends(TK1)
        person.time_passes(hours=24)
        person.asks_for("tk1_ts").sends(TK1)
        assert delete_expired(person.connection) == 1
        assert person.get("/pdf").status_code == 200
        person.time_passes(minutes=15)
        person.connection.execute(EXPIRED)
        assert person.connection.execute("SELECT count(*) FROM declarations").fetchone() == (0,)
