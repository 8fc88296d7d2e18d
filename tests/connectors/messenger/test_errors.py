"""The contract's error table: what becomes of a message for each code, and for answers that are not Graph's."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.messenger.api import Answer, read
from connectors.messenger.errors import consequence, meaning_of


def _error(code: int, subcode: int = 0, status: int = 400, **more: Any) -> Answer:
    body: dict[str, Any] = {"message": f"(#{code}) words", "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    if subcode:
        body["error_subcode"] = subcode
    return read(httpx.Response(status, json={"error": body | more}))


# (code, subcode) → outcome; table 2.4 of the contract, row by row.
TABLE: list[tuple[int, int, str]] = [
    (1, 0, "retry"), (1, 99, "retry"),
    (2, 0, "retry"), (1200, 0, "retry"), (1200, 2018024, "retry"),
    (4, 0, "retry"), (4, 2018022, "retry"), (17, 0, "retry"), (32, 0, "retry"), (341, 0, "retry"),
    (613, 0, "retry"), (613, 2534040, "retry"), (613, 2018338, "retry"), (613, 1996, "retry"), (80006, 0, "retry"),
    (368, 0, "retry"),
    (10, 2018278, "closed"), (10, 2534022, "closed"), (10, 2018065, "closed"), (10, 2018108, "closed"),
    (10, 2018300, "closed"), (100, 2534037, "closed"),
    (10, 0, "retry"), (10, 1893063, "retry"), (10, 2022, "retry"),
    (2018321, 0, "retry"), (100, 2018321, "retry"),
    (100, 0, "permanent"), (100, 2018001, "permanent"), (100, 2018014, "permanent"), (100, 2018047, "permanent"),
    (100, 2018074, "permanent"), (100, 2018109, "permanent"), (100, 2018294, "permanent"), (100, 2018034, "permanent"),
    (100, 2018032, "permanent"), (100, 2018008, "retry"), (100, 33, "retry"),
    (190, 0, "retry"), (190, 458, "retry"), (190, 459, "retry"), (190, 460, "retry"), (190, 463, "retry"),
    (200, 0, "retry"), (200, 2018028, "retry"), (200, 2018027, "retry"), (200, 2018021, "retry"),
    (551, 0, "permanent"), (551, 1545041, "permanent"), (200, 1545041, "permanent"), (1545041, 0, "permanent"),
    (10303, 0, "permanent"), (2018218, 0, "permanent"), (2018247, 0, "permanent"), (9000001, 0, "permanent"),
    (987654, 0, "permanent"),
]  # fmt: skip
#: What is not this message's fault: staff must hear of it, and no message dies of it at once.
ALARMS = {
    (1, 99), (613, 2018338), (368, 0), (10, 0), (10, 1893063), (10, 2022), (100, 33), (190, 0), (190, 458), (190, 459),
    (190, 460), (190, 463), (200, 0), (200, 2018028), (200, 2018027), (200, 2018021),
}  # fmt: skip
#: The whole page must be slower.
RESTS = {(4, 0), (4, 2018022), (17, 0), (32, 0), (341, 0), (613, 0), (613, 2534040), (613, 2018338), (613, 1996),
         (80006, 0), (368, 0)}  # fmt: skip


@pytest.mark.parametrize(("code", "subcode", "outcome"), TABLE)
def test_each_code_has_its_outcome(code: int, subcode: int, outcome: str) -> None:
    answer = _error(code, subcode)
    sent, meaning = consequence(answer), meaning_of(answer)
    assert sent.outcome == outcome
    assert bool(meaning.alarm) == ((code, subcode) in ALARMS)
    assert meaning.rest == ((code, subcode) in RESTS)
    assert sent.error.split()[-1].startswith(str(code))
    if meaning.rest or code == 190:
        assert sent.untried, "no message may die of the limits or of a dead token"
        assert sent.retry_after
        assert sent.retry_after >= 60


@pytest.mark.parametrize("status", [200, 400, 403, 500, 503])
def test_the_body_decides_and_not_the_status(status: int) -> None:
    assert consequence(_error(10, 2018278, status)).outcome == "closed"
    assert consequence(_error(613, 0, status)).outcome == "retry"


@pytest.mark.parametrize("text", ["API calls from the server require an appsecret_proof argument",
                                  "Invalid appsecret_proof provided in the API argument"])  # fmt: skip
def test_a_refused_proof_is_the_settings_fault(text: str) -> None:
    answer = _error(100, message=text)
    assert consequence(answer).outcome == "retry"
    assert consequence(answer).untried
    assert "MESSENGER_APP_SECRETS" in meaning_of(answer).alarm


def test_what_meta_calls_transient_is_tried_again() -> None:
    assert consequence(_error(987654, is_transient=True)).outcome == "retry"
    assert consequence(_error(100, is_transient=True)).outcome == "retry"
    assert consequence(_error(10, 2018278, is_transient=True)).outcome == "closed"
    assert consequence(_error(987654, status=500)).outcome == "retry"
    assert consequence(_error(987654, status=429)).outcome == "retry"


@pytest.mark.parametrize("error", ["text", 5, [], {"code": "190"}, {"code": None}, {"code": {}}, {"code": 1e300},
                                   {"code": True}, {}, {"message": 5, "code": 10**30}])  # fmt: skip
def test_an_error_of_another_shape_is_still_an_error(error: Any) -> None:
    sent = consequence(read(httpx.Response(400, json={"error": error})))
    assert sent.outcome == ("retry" if error == {"code": "190"} else "permanent")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [(502, "<html>Bad Gateway</html>", "uncertain"), (504, "", "uncertain"), (500, "[]", "uncertain"),
     (200, "<html>", "uncertain"), (200, '{"recipient', "uncertain"), (408, "", "uncertain"), (404, "<html>", "retry"),
     (403, "no", "retry"), (429, "slow", "retry"), (301, "", "retry"), (400, '{"other": 1}', "retry")],
)  # fmt: skip
def test_answers_that_are_not_graphs(status: int, body: str, outcome: str) -> None:
    sent = consequence(read(httpx.Response(status, text=body)))
    assert sent.outcome == outcome
    assert str(status) in sent.error


def test_a_proxy_may_say_how_long_to_wait() -> None:
    sent = consequence(read(httpx.Response(503, text="x", headers={"retry-after": "120"})))
    assert sent.retry_after == 120
    assert consequence(read(httpx.Response(503, text="x", headers={"retry-after": "9" * 9}))).retry_after == 3600


def test_success_carries_the_message_id() -> None:
    good = read(httpx.Response(200, json={"recipient_id": "1", "message_id": "m_1"}))
    assert (consequence(good).outcome, consequence(good).platform_id) == ("sent", "m_1")
    odd = read(httpx.Response(200, text=json.dumps({"message_id": 5})))
    assert (consequence(odd).outcome, consequence(odd).platform_id) == ("sent", None)


@pytest.mark.parametrize(("trouble", "outcome", "untried"), [("unsent", "retry", False), ("lost", "uncertain", False),
                                                             ("waited", "retry", True)])  # fmt: skip
def test_calls_without_an_answer(trouble: Any, outcome: str, untried: bool) -> None:
    sent = consequence(Answer(None, trouble=trouble, said="x", wait=7))
    assert (sent.outcome, sent.untried, sent.retry_after) == (outcome, untried, 7)
