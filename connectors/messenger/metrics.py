"""What is counted of Messenger; the metrics' registry is the process's."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from assistant.runtime.metrics import registry

items = Counter("assistant_messenger_items", "Items of signed webhooks by kind and place", ["kind", "where"],
                registry=registry)  # fmt: skip
refused = Counter("assistant_messenger_refused", "Requests refused at the door", ["reason"], registry=registry)
answers = Counter("assistant_messenger_answers", "Answers of the Graph API by error code", ["code"], registry=registry)
#: how="automation": the page's own automatic reply, which takes nothing from the assistant.
takeovers = Counter("assistant_messenger_takeovers", "Conversations taken by a colleague", ["how"], registry=registry)
tagged = Counter("assistant_messenger_human_agent", "Colleagues' messages later than 24 hours", registry=registry)
shown = Counter("assistant_messenger_presence", "Typing and seen marks", ["result"], registry=registry)
usage = Gauge("assistant_messenger_usage_percent", "Of the Graph API's limits, as last told", ["page"],
              registry=registry)  # fmt: skip
token_valid = Gauge("assistant_messenger_token_valid", "1: the page's token is good", ["page"], registry=registry)
