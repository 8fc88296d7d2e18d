"""A conversation test as somebody put it together on the page: which turns stay, what each answer has to say.

Nobody writes the format of the file; whoever opens the page again finds what they chose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.editing.cleaning import clean_line
from assistant.editing.scalars import line
from assistant.learning.case_files import act_of, checks_of, snippets_of, told
from assistant.learning.inbox import Exchange
from assistant.settings import yaml_files

#: Of an answer, so many sentences may be asked for, each so long.
MOST, LONGEST = 12, 200


@dataclass(frozen=True)
class Choice:
    """What an answer has to say and must not say, as somebody chose."""

    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


def lines_in(text: str) -> tuple[str, ...]:
    """Returns the sentences of a field, one a line."""
    found = (clean_line(row)[:LONGEST] for row in text.replace("\0", "").splitlines())
    return tuple(dict.fromkeys(row for row in found if row))[:MOST]


def proposed(exchange: Exchange, ways: Mapping[str, tuple[str, ...]]) -> Choice:
    """Returns what a turn's answer said that is the same every time."""
    return Choice(tuple(snippet for snippet in snippets_of(exchange) if snippet not in ways))


def built(
    exchanges: Sequence[Exchange],
    name: str,
    behaviour: str,
    chosen: Mapping[int, Choice],
    ways: Mapping[str, tuple[str, ...]],
    wanted: bool,
) -> str:
    """Returns the script of the turns that were chosen.

    Args:
        exchanges: the conversation.
        name: the script's name.
        behaviour: what it shows.
        chosen: by turn what its answer has to say; a turn that is not in it is left out.
        ways: the ways to say a reply, by the beginning of each.
        wanted: whether it may fail today.
    """
    rows = [f"name: {line(clean_line(name), None)}", f"behaviour: {behaviour}"]
    rows += ["wanted: true"] if wanted else []
    rows.append("turns:")
    for exchange in told(exchanges):
        if (choice := chosen.get(exchange.turn)) is None:
            continue
        rows.append(f"  - {act_of(exchange)}")
        # What nobody touched is held to all that it said, its buttons and its other ways to say it, too.
        same = choice == proposed(exchange, ways)
        checks = checks_of(exchange, ways) if same else _checks(choice)
        rows += [f"    {check}" for check in checks]
    return "\n".join(rows) + "\n"


def _checks(choice: Choice) -> Iterable[str]:
    for field, texts in (("bot", choice.must), ("not", choice.must_not)):
        if texts:
            yield f"{field}: [{', '.join(line(text, chr(39)) for text in texts)}]"


def chosen_in(steps: Iterable[tuple[str, Choice]], exchanges: Sequence[Exchange]) -> dict[int, Choice]:
    """Returns what was chosen when a script was built from these exchanges; of each step what was done, and asked."""
    found: dict[int, Choice] = {}
    rest = list(told(exchanges))
    for done, choice in steps:
        while rest:
            exchange = rest.pop(0)
            if done in map(str, yaml_files.parse(act_of(exchange)).values()):
                found[exchange.turn] = choice
                break
    return found
