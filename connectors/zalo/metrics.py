"""What is counted of Zalo; the metrics' registry is the process's."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from assistant.runtime.metrics import registry

events = Counter("assistant_zalo_events", "Signed events by name", ["event"], registry=registry)
refused = Counter("assistant_zalo_refused", "Requests refused at the door", ["reason"], registry=registry)
retried = Counter("assistant_zalo_retried", "Events Zalo sent again, by its count", ["num_retry"], registry=registry)
answers = Counter("assistant_zalo_answers", "Answers of Zalo's API by error code", ["code"], registry=registry)
messages = Counter("assistant_zalo_messages", "Messages sent, by what they cost", ["quota"], registry=registry)
refreshes = Counter("assistant_zalo_refreshes", "Refreshes of tokens", ["result"], registry=registry)
days_left = Gauge(
    "assistant_zalo_refresh_token_days_left", "Days until the refresh token dies; 0: connect again", ["oa"],
    registry=registry,
)  # fmt: skip
access_seconds = Gauge(
    "assistant_zalo_access_token_seconds_left", "Seconds until the access token dies", ["oa"], registry=registry
)
rate_remain = Gauge("assistant_zalo_rate_remain", "Calls left this minute, as last told", ["oa"], registry=registry)
