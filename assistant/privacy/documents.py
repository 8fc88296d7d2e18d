"""Writes the two tables of docs/privacy.md from what the code says: what is kept, and the audit trail's words."""

from __future__ import annotations

from pathlib import Path

from assistant import audit
from assistant.privacy import kept


def tables() -> dict[str, str]:
    """Returns each table's lines by the name of the mark it stands behind."""
    rows = [
        f"| {each.name} | {', '.join(f'`{rows.table}`' for rows in each.tables)} | {each.how_long} | {each.why} |"
        for each in kept.CLASSES
    ]
    events = [f"| `{event.value}` | {event.meaning} |" for event in audit.Event]
    return {
        "kept": "\n".join(["| class | tables | how long | why |", "|---|---|---|---|", *rows]),
        "events": "\n".join(["| event | what it says |", "|---|---|", *events]),
    }


def write(path: Path) -> None:
    """Puts the present tables into the page, each between its marks (`<!-- kept -->` … `<!-- /kept -->`)."""
    page = path.read_text(encoding="utf-8")
    for name, table in tables().items():
        before, _, rest = page.partition(f"<!-- {name} -->")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        page = f"{before}<!-- {name} -->\n{table}\n<!-- /{name} -->{after}"
    path.write_text(page, encoding="utf-8")
