"""Does the parts of a training's work on all processors."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

Shared = TypeVar("Shared")
Part = TypeVar("Part")
Result = TypeVar("Result")
_WIDTH = 4  # bytes of a part's number; a pipe holds 16,000 of them


class Apart(Generic[Result]):
    """A call in a process that is forked for it, which ends with it: it reads what is here, and copies nothing."""

    def __init__(self, work: Callable[..., Result], *given: Any) -> None:
        self.line, theirs = Pipe(duplex=False)
        # Not as a daemon: it may start processes itself.
        self._process = get_context("fork").Process(target=_do, args=(theirs, work, given))
        self._process.start()
        theirs.close()

    def result(self) -> Result:
        """Waits for the end and returns what was returned.

        Raises:
            Exception: what was raised there.
        """
        found: Result | None = None
        error: Exception | None
        try:
            found, error = self.line.recv()
        except EOFError:
            error = RuntimeError("a process of a training was ended by somebody")
        self.line.close()
        self._process.join()
        if error is not None:
            raise error
        return found  # type: ignore[return-value]  # None where that was returned

    def end(self) -> None:
        """Ends it, wherever it is."""
        self.line.close()
        self._process.kill()
        self._process.join()


def _do(line: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    gc.freeze()  # what a process was born with is never garbage: looking through it would copy all of it
    try:
        line.send((work(*given), None))
    except BrokenPipeError:
        return  # nobody waits any more
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        error.add_note("".join(traceback.format_exception(error)))  # which does not come along otherwise
        line.send((None, error))


def each(work: Callable[[Shared, Part], Result], shared: Shared, parts: Sequence[Part]) -> list[Result]:
    """Returns `work(shared, part)` for each part, as many at a time as there are processors."""
    processors = min(len(parts), os.cpu_count() or 1)
    if processors < 2:
        return [work(shared, part) for part in parts]
    # The parts that are left, by number: who is done with one takes the next. A fork for each part would cost more
    # than many of them.
    left, numbers = os.pipe()
    os.write(numbers, b"".join(number.to_bytes(_WIDTH) for number in range(len(parts))))
    os.close(numbers)
    running = [Apart(_take, os.getpid(), left, work, shared, parts) for _ in range(processors)]
    os.close(left)
    found: dict[int, Result] = {}
    try:
        while running:
            found |= running.pop().result()
    finally:
        for one in running:
            one.end()
    return [found[number] for number in range(len(parts))]


def _take(
    parent: int, left: int, work: Callable[[Any, Any], Result], shared: Any, parts: Sequence[Any]
) -> dict[int, Result]:
    """Does parts as long as there are any, and somebody to do them for; returns the results by their numbers."""
    found = {}
    while os.getppid() == parent and (number := os.read(left, _WIDTH)):
        place = int.from_bytes(number)
        found[place] = work(shared, parts[place])
    return found
