"""How long the console's pages take at 100,000 conversations of ten turns each, one after the other."""

from __future__ import annotations

import statistics
import time
from urllib.parse import quote

import psycopg

from assistant import database
from bench import ours
from bench.places import WORK
from bench.plan import Plan
from bench.processes import BenchError
from bench.results import Part, Row
from tests.conftest import Served, serve
from tests.kit.colleagues import Colleague, join
from tests.kit.people import close_clients

CONVERSATIONS = 100_000
_ROLES = ("agent", "content", "auditor", "admin")
_SLOWEST = 12

# What people write: a few words that most use, others that one in a thousand or a hundred thousand uses, some without
# accents, some that never stand together.
_WORDS = """
concat_ws(' ', (ARRAY['em', 'tôi', 'mình', 'toi'])[1 + h % 4], (ARRAY['muốn hỏi', 'cần biết', 'muon hoi'])[1 + h % 3],
    'về', CASE WHEN h % 10 < 6 THEN 'mật khẩu' WHEN h % 10 < 8 THEN 'thai sản' ELSE 'hưu trí' END, 'lần ' || t,
    CASE WHEN h % 1009 = 0 THEN 'và tuất một lần' END, CASE WHEN h % 100003 = 0 THEN 'và giám định thương tật' END,
    'xã ' || h % 20011, 'với số ⟦bhxh_code:abcdefghijklmnop⟧ ạ')
"""
# Ninety days; nine in ten on Zalo, one in a thousand by SMS; sixty intents, some rare.
_FILL = """
INSERT INTO conversations (id, channel, turns, created_at, updated_at)
SELECT channel || ':' || n, channel, 10, at, at
FROM (SELECT n, CASE WHEN n % 1000 = 0 THEN 'sms' WHEN n % 10 = 0 THEN 'messenger' WHEN n % 10 = 1 THEN 'web'
             ELSE 'zalo' END AS channel, now() - (90.0 * n / {conversations}) * interval '1 day' AS at
      FROM generate_series(1, {conversations}) n) c;
INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at, done_at)
SELECT c.channel, c.id || '/' || t, c.id, 'text',
       jsonb_build_object('text', {words}),
       c.updated_at - (10 - t) * interval '1 minute', c.updated_at
FROM generate_series(1, 10) t, conversations c, LATERAL (SELECT abs(hashtext(c.id || ' ' || t)) AS h) chance
ORDER BY c.updated_at, t;
INSERT INTO turns (conversation, inbox_id, intent, confidence, ranking, actions, model, milliseconds, at)
SELECT i.conversation, i.id,
       CASE WHEN i.id % 17 = 0 THEN 'nlu_fallback' WHEN i.id % 50021 = 0 THEN 'faq/rare'
            ELSE 'faq/topic_' || (i.id % 60) END,
       0.8, '[{{"name": "faq/hotline", "confidence": 0.1}}]', '["utter_faq"]', 'vssid-speed', 2.5, i.accepted_at
FROM inbox i;
INSERT INTO outbox (conversation, inbox_id, body, state, created_at, sent_at)
SELECT conversation, id, '{{"text": "Câu trả lời của trợ lý", "buttons": []}}', 'sent',
       accepted_at + interval '1 second', accepted_at FROM inbox;
INSERT INTO handovers (conversation, state, reason, outcome, agent, asked_at, taken_at, closed_at)
SELECT id, 'closed', 'asked', 'answered', 'lan', updated_at, updated_at, updated_at
FROM conversations WHERE hashtext(id) % 20 = 0;
INSERT INTO handovers (conversation, reason, asked_at)
SELECT id, 'asked', now() FROM conversations WHERE updated_at > now() - interval '1 hour' LIMIT 40;
INSERT INTO questions (number, conversation, question, asked_at, answered_at, answer, agent)
SELECT 'HD-' || (100000 + row_number() OVER ()), id, 'Câu hỏi', updated_at,
       CASE WHEN hashtext(id) % 400 = 0 THEN NULL ELSE updated_at END, 'Trả lời', 'lan'
FROM conversations WHERE hashtext(id) % 40 = 0;
INSERT INTO resets (id, member_ref, person, event, masked_code, started_at, expires_at, used_at)
SELECT gen_random_uuid(), id, id, id, '•', updated_at, updated_at, CASE WHEN hashtext(id) % 3 = 0 THEN updated_at END
FROM conversations WHERE hashtext(id) % 5 = 0;
INSERT INTO insight SELECT d::date, h, c, 'messages', '', 1000
FROM generate_series('2025-01-01'::date, '2025-12-31', '1 day') d,
     generate_series(0, 23) h, unnest(ARRAY['web', 'zalo', 'messenger', 'sms']) c ON CONFLICT DO NOTHING;
INSERT INTO insight SELECT d::date, -1, c, 'intent', 'faq/' || n, 10
FROM generate_series('2025-01-01'::date, '2025-12-31', '1 day') d,
     generate_series(1, 50) n, unnest(ARRAY['web', 'zalo', 'messenger', 'sms']) c ON CONFLICT DO NOTHING;
"""

_SEARCHES = [
    "",
    "?since=2000-01-01",
    "?since=2000-01-01&channel=zalo",
    "?since=2000-01-01&channel=sms",
    "?since=2000-01-01&channel=nobody",
    "?since=2000-01-01&intent=faq/topic_7",
    "?since=2000-01-01&intent=faq/rare",
    "?since=2000-01-01&intent=faq/rare&channel=sms",
    "?since=2000-01-01&intent=faq/topic_7&channel=sms",
    "?since=2000-01-01&intent=no/such",
    *(
        f"?since=2000-01-01&outcome={outcome}{more}"
        for outcome in ("answered", "fallback", "handover", "reset_started", "reset_completed")
        for more in ("", "&channel=sms", "&channel=web", "&intent=faq/topic_7", "&intent=faq/rare")
    ),
]

#: Common words, rare ones, several, side by side, such that are never together; with and without accents.
_TEXTS = (
    "mật khẩu", "mat khau", "em", '"mật khẩu"', '"khẩu mật"', "khẩu sản", "tuất", '"tuất một lần"', "giám định",
    "mật tuất", "mật giám định", "xã 77", "không có chữ này", "-mật", "em -mật", "thai or hưu",
)  # fmt: skip
_SEARCHES += [
    f"?q={quote(words)}{more}"
    for words in _TEXTS
    for more in ("", "&since=2000-01-01", "&since=2000-01-01&channel=sms", "&since=2000-01-01&outcome=reset_completed")
]


def _paths(url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT id FROM conversations WHERE channel = 'zalo' ORDER BY updated_at LIMIT 1 OFFSET 1000"
        ).fetchone()
    one = row[0] if row else ""
    deep = "/console/conversations?since=2000-01-01&after=2026-09-01T00%3A00%3A00%2B00%3A00~1"
    return [
        "/console", "/console/desk", f"/console/desk/{one}", "/console/counts", "/console/questions",
        "/console/questions?state=answered", f"/console/conversations/{one}", "/console/people", "/console/insight", "/console/insight?since=2025-12-01&until=2025-12-31",
        "/console/learning", "/console/faq", "/console/faq/topics/hotline", "/console/audit", "/console/settings", deep,
        *(f"/console/conversations{query}" for query in _SEARCHES),
    ]  # fmt: skip


def _seconds(who: Colleague, path: str) -> float:
    took = []
    for _ in range(5):
        started = time.perf_counter()
        answer = who.get(path)
        took.append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise BenchError(f"{path} answered {answer.status_code}")
    return statistics.median(took)


def _measured(node: Served, conversations: int) -> dict[str, float]:
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        connection.execute(_FILL.format(conversations=conversations, words=_WORDS))
        connection.execute("VACUUM ANALYZE")
    hoa = join(node, _ROLES)
    hoa.get("/console")  # the first page loads templates
    return {path: _seconds(hoa, path) for path in _paths(node.database_url)}


def measure(plan: Plan) -> Part:
    """Measures every page of the console over HTTP, each five times."""
    folder = WORK / "console"
    folder.mkdir(parents=True, exist_ok=True)
    url, conversations = plan.store.fresh("console"), int(plan.size(CONVERSATIONS, CONVERSATIONS / 20))
    database.migrate(url)
    node = serve(url, ours.model(), folder)
    node.start()
    try:
        took = _measured(node, conversations)
    finally:
        close_clients()
        node.stop()
    texts = [seconds * 1000 for path, seconds in took.items() if "?q=" in path]
    slowest = sorted(took.items(), key=lambda item: -item[1])[:_SLOWEST]
    milliseconds = [seconds * 1000 for path, seconds in took.items() if "?q=" not in path]
    rows = [
        Row(f"the console's slowest page at {conversations:,} conversations", "ms", [max(milliseconds)], goal=100),
        Row(f"half of its {len(milliseconds)} pages and lists within", "ms", [statistics.median(milliseconds)]),
        Row(f"the slowest of {len(texts)} searches in {conversations * 10:,} texts", "ms", [max(texts)], goal=300),
        Row("half of them within", "ms", [statistics.median(texts)]),
    ]
    note = "The slowest, each the median of five: " + ", ".join(f"`{p}` {s * 1000:.0f} ms" for p, s in slowest) + "."
    return Part(rows, [note], {"pages": took})
