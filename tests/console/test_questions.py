"""Questions that were left, and prepared answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.people import Store, Visitor
from tests.kit.waiting import until

_QUESTION = "Tôi đổi số điện thoại thì phải nộp giấy tờ gì, mã số của tôi là 7900000123"


def leaves(visitor: Visitor, store: Store, question: str = _QUESTION) -> str:
    """Leaves a question as a citizen does; returns its number."""
    store.do("DELETE FROM desk_presence")
    visitor.ask("cho gặp nhân viên")
    visitor.ask("Để lại câu hỏi", payload="#leave_question", title="Để lại câu hỏi")
    visitor.ask(question)
    return str(store.value("SELECT number FROM questions WHERE conversation = %s", visitor.conversation))


def heard(visitor: Visitor) -> str:
    return "\n".join(m["text"] for m in visitor.history()["messages"] if m["from"] != "person")


def test_a_question_is_taken_answered_and_the_answer_arrives(
    joined: Join, opened: Open, store: Store, node: Served
) -> None:
    visitor = Visitor(node.url)
    number = leaves(visitor, store)
    hoa = joined("agent", shown="Trần Thị Hoa")
    page = opened(hoa, "/console/questions")
    expect(page.get_by_text("7900000123")).to_have_count(0)
    page.get_by_role("link", name=number).click()
    page.get_by_role("button", name="Tôi trả lời câu này").click()
    page.get_by_label("Câu trả lời, gửi vào đúng cuộc trò chuyện").fill("Bạn mang căn cước đến cơ quan BHXH.")
    page.get_by_role("button", name="Gửi câu trả lời").click()
    expect(page.get_by_text("Đã gửi câu trả lời vào đúng cuộc trò chuyện.")).to_be_visible()
    until(lambda: "Bạn mang căn cước đến cơ quan BHXH." in heard(visitor))
    page.reload()
    expect(page.locator(".split")).to_contain_text("đã gửi")
    page.goto("/console/questions?state=answered")
    expect(page.get_by_text("Trần Thị Hoa trả lời")).to_be_visible()
    assert f"Trả lời cho câu hỏi {number}" in visitor.text(number)


def test_a_colleagues_question_is_left_to_them(joined: Join, store: Store, node: Served) -> None:
    number = leaves(Visitor(node.url), store)
    hoa, nam = joined("agent"), joined("agent")
    path = f"/console/questions/{number}"
    assert hoa.post(f"{path}/assign").status_code == 303
    assert nam.post(f"{path}/assign").status_code == 409
    assert nam.post(f"{path}/answer", answer="Chen vào").status_code == 409
    assert nam.post(f"{path}/release").status_code == 303
    assert nam.post(f"{path}/assign").status_code == 303


def test_two_who_answer_at_the_same_moment_send_one_answer(joined: Join, store: Store, node: Served) -> None:
    visitor = Visitor(node.url)
    number = leaves(visitor, store)
    people = [joined("agent") for _ in range(3)]
    marks = [who.csrf() for who in people]

    def answers(n: int) -> int:
        path = f"/console/questions/{number}/answer"
        return people[n].post(path, csrf=marks[n], answer=f"Câu trả lời số {n}").status_code

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(answers, range(3))) == [303, 409, 409]
    until(lambda: heard(visitor).count("Câu trả lời số") == 1)


def test_an_answer_names_nobodys_numbers(joined: Join, store: Store, node: Served) -> None:
    number = leaves(Visitor(node.url), store)
    hoa = joined("agent")
    answer = hoa.post(f"/console/questions/{number}/answer", answer="Mã 7900000123 của bạn đã đúng")
    assert answer.status_code == 409
    assert "mã số BHXH" in answer.text


def test_a_hidden_value_of_a_question_is_shown_to_who_works_on_it(joined: Join, store: Store, node: Served) -> None:
    visitor = Visitor(node.url)
    number = leaves(visitor, store)
    hoa = joined("agent")
    token = store.value("SELECT token FROM vault WHERE conversation = %s", visitor.conversation)
    fields = {"token": token, "reason": "Đối chiếu tài khoản"}
    path = f"/console/desk/{visitor.conversation}/reveal"
    assert hoa.post(path, **fields).status_code == 403
    hoa.post(f"/console/questions/{number}/assign")
    assert "7900000123" in hoa.post(path, **fields).text


def test_closing_takes_a_reason_and_whoever_asks_is_told(joined: Join, store: Store, node: Served) -> None:
    number = leaves(Visitor(node.url), store)
    hoa = joined("agent")
    path = f"/console/questions/{number}"
    assert hoa.post(f"{path}/close", reason=" ").status_code == 409
    assert hoa.post(f"{path}/close", reason="Trùng câu khác").status_code == 303
    assert hoa.post(f"{path}/answer", answer="Muộn rồi").status_code == 409
    assert "Trùng câu khác" in hoa.get("/console/questions?state=closed").text
    assert store.value("SELECT count(*) FROM audit WHERE event = 'question.closed' AND actor = %s", f"staff:{hoa.name}")


def test_prepared_answers_are_shared_changed_and_not_overwritten(joined: Join, opened: Open, store: Store) -> None:
    store.do("DELETE FROM canned_answers")
    hoa, nam = joined("agent"), joined("content")
    page = opened(hoa, "/console/canned")
    page.get_by_role("button", name="Thêm các câu mẫu có sẵn").click()
    expect(page.get_by_role("heading", name="Đang kiểm tra")).to_be_visible()
    row = store.rows("SELECT id, changed_at FROM canned_answers WHERE title = 'Đang kiểm tra'")[0]
    stale = {"title": "Đang kiểm tra", "text": "Bản của Nam", "changed_at": row[1].isoformat()}
    card = page.locator("article", has=page.get_by_role("heading", name="Đang kiểm tra"))
    card.get_by_text("Sửa", exact=True).click()
    card.get_by_label("Nội dung").fill("Bản của Hoa")
    card.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Đã lưu câu mẫu")).to_be_visible()
    answer = nam.post(f"/console/canned/{row[0]}", **stale)
    assert answer.status_code == 409
    assert "Đồng nghiệp vừa sửa" in answer.text
    assert store.value("SELECT text FROM canned_answers WHERE id = %s", row[0]) == "Bản của Hoa"


def test_prepared_answers_name_nobody(joined: Join) -> None:
    hoa = joined("agent")
    assert hoa.post("/console/canned", title="Của một người", text="Mã 7900000123").status_code == 400
    assert hoa.post("/console/canned", title="", text="x").status_code == 400
    assert hoa.post("/console/canned", title="x" * 81, text="x").status_code == 400
    assert hoa.post("/console/canned/999999", title="a", text="b", changed_at="x").status_code == 409
    assert hoa.post("/console/canned/999999/delete").status_code == 404
