"""Loads what the content says beside the model, once for the processes that are forked from this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.content.book import Book, read_books
from assistant.content.offices import Offices, read_offices
from assistant.rasa.answers import Responses, domain_of, wording

#: A state of files: name, time of the last change and size of each.
_Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Content:
    """The wording of all responses, the subjects in each language, and the offices."""

    wording: Responses
    books: Mapping[str, Book]
    offices: Offices

    def warm(self) -> None:
        """Works out what the first question about a subject would have to wait for (half a second)."""
        for book in self.books.values():
            _ = book.passages


def load(model: Path, data: Path) -> Content:
    """Returns the content that goes with a model; read anew if a file of it has changed."""
    domain = domain_of(model, data)
    return _load(domain, data, (*_stamp(domain, domain.parent), *_stamps(data)))


@lru_cache(maxsize=1)
def _load(domain: Path, data: Path, stamps: _Stamp) -> Content:
    return Content(wording(domain, data), read_books(data), read_offices(data / "offices" / "offices.yml"))


def _stamps(data: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(data.rglob("*.yml")):
        yield from _stamp(path, data)


def _stamp(path: Path, root: Path) -> Iterator[tuple[str, int, int]]:
    if path.exists():
        found = path.stat()
        yield path.relative_to(root).as_posix(), found.st_mtime_ns, found.st_size
