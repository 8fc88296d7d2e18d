"""What replaces Rasa's own code gives Rasa's own results."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.scripts import play, read_scripts
from assistant.rasa.host import AgentHost
from assistant.settings import ROOT
from tests.conversations.conftest import host, talk, talk_url  # noqa: F401 - fixtures
from tests.kit.talk import Talk

pytestmark = pytest.mark.usefixtures("host")


def _plain(tracker: Any) -> dict[str, Any]:
    """Returns everything a tracker is made of, comparable."""
    known = {name: value for name, value in vars(tracker).items() if name not in ("_replay", "slots", "events")}
    loop = known.pop("active_loop")
    return known | {
        "events": list(map(id, tracker.events)),
        "slots": {name: (type(slot), vars(slot)) for name, slot in tracker.slots.items()},
        "loop": loop and dataclasses.asdict(loop),
        "latest_message": id(tracker.latest_message) if tracker.latest_message in tracker.events else None,
        "latest_bot_utterance": None,
    }


def _timeless(event: Any) -> dict[str, Any]:
    return {name: value for name, value in event.as_dict().items() if name != "timestamp"}


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Computes everything twice while a test runs, ours and Rasa's, and counts the comparisons."""
    from rasa.core.actions.action import ActionExtractSlots
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.trackers import DialogueStateTracker

    from assistant.rasa import patched_actions, patched_rules, patched_states

    counts: dict[str, int] = {}

    async def extracted(action: Any, *given: Any) -> Any:
        expected = [_timeless(event) for event in await patched_actions._rasas_run(action, *given)]
        result = await patched_actions._extract(action, *given)
        assert [_timeless(event) for event in result] == expected
        counts["extract"] = counts.get("extract", 0) + 1
        return result

    def beside(name: str, ours: Callable[..., Any], rasas: Callable[..., Any], plain: Callable[[Any], Any]) -> Any:
        def both(*args: Any, **kwargs: Any) -> Any:
            expected = plain(rasas(*args, **kwargs))
            result = ours(*args, **kwargs)
            assert plain(result) == expected, name
            counts[name] = counts.get(name, 0) + 1
            return result

        return both

    def same(value: Any) -> Any:
        return json.loads(json.dumps(value, default=sorted))

    for owner, attribute, ours, rasas, plain in (
        (RulePolicy, "_get_possible_keys", patched_rules._get_possible_keys, patched_rules._rasas_keys, same),
        (Domain, "states_for_tracker_history", patched_states._states, patched_states._rasas_states, same),
        (DialogueStateTracker, "applied_events", patched_states._applied_events, patched_states._rasas_applied_events,
         lambda events: list(map(id, events))),
        (DialogueStateTracker, "copy", patched_states._copy, patched_states._rasas_copy, _plain),
    ):  # fmt: skip
        monkeypatch.setattr(owner, attribute, beside(attribute, ours, rasas, plain))
    monkeypatch.setattr(ActionExtractSlots, "run", extracted)
    return counts


def test_whole_dialogues_go_as_with_rasas_own_code(
    talk: Talk,  # noqa: F811
    compared: dict[str, int],
) -> None:
    with rehearsal(talk.connection, talk.host, talk.vault) as _:
        pass
    for script in read_scripts([ROOT / "tests/conversations/scripts"])[::3]:
        with rehearsal(talk.connection, talk.host, talk.vault) as speak:
            play(script, speak)
    assert min(compared.values()) > 200
    names = {"_get_possible_keys", "states_for_tracker_history", "applied_events", "copy", "extract"}
    assert set(compared) == names


def _policy(host: AgentHost) -> Any:  # noqa: F811
    nodes = host._processor.graph_runner._instantiated_nodes
    return next(node._component for name, node in nodes.items() if "RulePolicy" in name)


def _random_events(host: AgentHost) -> st.SearchStrategy[list[dict[str, Any]]]:  # noqa: F811
    """Dialogues that no dialogue would be: whatever events, in whatever order."""
    rules = [json.loads(key) for key in _policy(host).lookup["rules"]]
    states = [state for rule in rules for state in rule]
    actions = sorted({s["prev_action"]["action_name"] for s in states if "prev_action" in s})
    intents = sorted({s["user"]["intent"] for s in states if "intent" in s.get("user", {})})
    loops = [*host._domain.form_names, None]
    slots = [slot.name for slot in host._domain.slots if not slot.name.startswith("session")]
    event = st.one_of(
        st.builds(lambda name: {"event": "action", "name": name},
                  st.sampled_from([*actions, *host._domain.form_names])),
        st.builds(lambda name: {"event": "action", "name": name}, st.just("action_listen")),
        st.builds(lambda name: {"event": "user", "text": "a", "parse_data": {"intent": {"name": name}, "entities": []}},
                  st.sampled_from(intents)),
        st.builds(lambda name: {"event": "active_loop", "name": name}, st.sampled_from(loops)),
        st.builds(lambda name, value: {"event": "slot", "name": name, "value": value},
                  st.sampled_from(slots), st.sampled_from([None, "a", True, 1, "7900000123"])),
        st.builds(lambda name: {"event": "action_execution_rejected", "name": name},
                  st.sampled_from(host._domain.form_names)),
        st.sampled_from([
            {"event": "session_started"}, {"event": "restart"}, {"event": "undo"}, {"event": "rewind"},
            {"event": "reset_slots"}, {"event": "followup", "name": "action_listen"},
            {"event": "user_featurization", "use_text_for_featurization": False}, {"event": "bot", "text": "b"},
        ]),
    )  # fmt: skip
    return st.lists(event, max_size=24)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_events_give_what_rasa_gives(
    host: AgentHost,  # noqa: F811
    compared: dict[str, int],
    data: st.DataObject,
) -> None:
    from rasa.shared.core.events import SlotSet
    from rasa.shared.core.trackers import DialogueStateTracker

    from assistant.rasa import patched_states

    class Rasas(DialogueStateTracker):  # type: ignore[misc]
        __init__ = patched_states._rasas_init
        _set_slot = patched_states._rasas_set_slot
        _reset_slots = patched_states._rasas_reset_slots

    policy, domain = _policy(host), host._domain
    events = data.draw(_random_events(host))
    at_first = _slots(domain.slots)
    tracker, rasas = (kind.from_dict("a", [], domain.slots) for kind in (DialogueStateTracker, Rasas))
    for start in range(0, len(events), 4):  # asked for in between, as during a turn
        for event in DialogueStateTracker.from_dict("a", events[start : start + 4], domain.slots).events:
            tracker.update(event, domain)
            rasas.update(event, domain)
        before = tracker.copy()
        for made in (tracker, before):
            assert _slots(made.slots.values()) == _slots(rasas.slots.values())
        before.update(SlotSet("topic", "faq/office"), domain)
        before._reset_slots()
        assert _slots(tracker.slots.values()) == _slots(rasas.slots.values()), "a copy's slots are its own"
        assert _slots(domain.slots) == at_first, "so are the domain's"
        for text in (True, False):
            states = policy._prediction_states(tracker, domain, use_text_for_last_user_input=text)
            for lookup in policy.lookup.values():
                if isinstance(lookup, dict):
                    policy._get_possible_keys(lookup, states)
        prediction = policy.predict_action_probabilities(tracker, domain)
        assert len(prediction.probabilities) == len(domain.action_names_or_texts)


def _slots(slots: Any) -> list[tuple[Any, ...]]:
    return [(type(slot), dict(vars(slot))) for slot in slots]


def test_each_name_is_the_action_that_it_is_with_rasa(host: AgentHost) -> None:  # noqa: F811
    from rasa.core.actions import action
    from rasa.shared.exceptions import RasaException

    from assistant.rasa import patched_actions

    endpoint, domain = host._processor.action_endpoint, host._domain
    for name in domain.action_names_or_texts:
        rasas = patched_actions._rasas_action(name, domain, endpoint)
        for _ in range(2):  # found, and known
            ours = action.action_for_name_or_text(name, domain, endpoint)
            assert (type(ours), vars(ours), ours.name()) == (type(rasas), vars(rasas), rasas.name())
    with pytest.raises(RasaException):
        action.action_for_name_or_text("action_of_nobody", domain, endpoint)


def test_blas_uses_one_thread(host: AgentHost) -> None:  # noqa: F811
    import threadpoolctl

    assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}
