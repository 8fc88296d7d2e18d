"""OpenTelemetry traces of a message, from the door to its delivery.

On where `OTEL_EXPORTER_OTLP_ENDPOINT` is set and the extra `tracing` is installed; otherwise nothing of
OpenTelemetry is imported and every call here ends at its first line.

A message's trace id is derived from its event's channel and id, so nothing has to be carried through inbox,
turns, outbox and mail: whichever process works on the message, however much later, finds the same trace. For
the same reason all processes agree on which traces are kept (`OTEL_TRACES_SAMPLER_ARG`, a share between 0 and 1).

Attributes are channel, kind, intent, outcome and numbers: no texts, no identifiers, nobody's name. An event's id
is not in a trace either, only its digest; whoever has the id finds the trace with `trace_id`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

logger = logging.getLogger(__name__)
_LAST_SECONDS = 2.0

_traces: _Traces | None = None


class Traced:
    """A span that is under way; where nothing is traced, nothing."""

    def __init__(self, span: Span | None = None) -> None:
        self._span = span

    def set(self, **attributes: str | float | None) -> None:
        """Adds what became known of it; None is left out."""
        if self._span is not None:
            for name, value in attributes.items():
                if value is not None:
                    self._span.set_attribute(f"assistant.{name}", value)


_NOTHING = nullcontext(Traced())


def on() -> bool:
    """Whether anything is traced in this process."""
    return _traces is not None


def trace_id(channel: str, event_id: str) -> str:
    """Returns the id of a message's trace, 32 hex digits."""
    return f"{_ids(channel, event_id)[0]:032x}"


def accepted(channel: str, event_id: str, kind: str, result: str, started: float) -> None:
    """Notes the end of an event's acceptance: the beginning of its trace, or a repeat of it.

    Args:
        channel: of the event.
        event_id: its id.
        kind: its kind.
        result: "seen" if it was there before, or what else became of it.
        started: when it came, by `time.perf_counter`.
    """
    if _traces is not None:
        _traces.accepted(channel, event_id, kind, result, started)


def turn(channel: str, event_id: str, kind: str, failures: int, started: float) -> AbstractContextManager[Traced]:
    """Spans a turn, from before its claim to its commit."""
    if _traces is None:
        return _NOTHING
    attributes = {"channel": channel, "kind": kind, "failures": failures}
    return _traces.span("turn", (channel, event_id), attributes, started)


def engine(model: str) -> AbstractContextManager[Traced]:
    """Spans the engine's part of the turn that runs in this thread."""
    return _traces.span("engine", None, {"model": model}) if _traces else _NOTHING


def delivery(event: tuple[str, str] | None, channel: str, message: int, attempt: int) -> AbstractContextManager[Traced]:
    """Spans one attempt to send a message.

    Args:
        event: channel and id of the event it answers; None where it answers none.
        channel: of the message.
        message: its number in the outbox.
        attempt: counted from 1.
    """
    if _traces is None:
        return _NOTHING
    attributes = {"channel": channel, "message": message, "attempt": attempt}
    return _traces.span("delivery", event or ("outbox", str(message)), attributes)


def mail(event: tuple[str, str] | None, number: int, kind: str, attempt: int) -> AbstractContextManager[Traced]:
    """Spans one attempt to send a letter (as `delivery`)."""
    if _traces is None:
        return _NOTHING
    return _traces.span("mail", event or ("mail", str(number)), {"letter": kind, "mail": number, "attempt": attempt})


@contextmanager
def running(part: str, exporter: SpanExporter | None = None) -> Iterator[None]:
    """Traces while it lasts, if somebody is to receive that; to be entered after a fork, for it starts a thread.

    Args:
        part: what this process is, "doors" or "engine".
        exporter: where spans go at once; None: where `OTEL_EXPORTER_OTLP_ENDPOINT` says, in batches.
    """
    global _traces
    if exporter is None and not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        yield
        return
    try:
        _traces = _Traces(_provider(part, exporter))
    except ImportError as error:
        logger.error("nothing is traced: %s is not installed (the extra `tracing`)", error.name)
    try:
        yield
    finally:
        if _traces is not None:
            provider, _traces = _traces.provider, None
            # It hands over what is left; a receiver that is away would hold up our end for a quarter of a minute.
            ending = threading.Thread(target=provider.shutdown, daemon=True)
            ending.start()
            ending.join(_LAST_SECONDS)


def _ids(channel: str, event_id: str) -> tuple[int, int]:
    """Returns the ids of an event's trace and of the span it begins with."""
    digest = hashlib.sha256(f"{channel}\0{event_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


def _provider(part: str, exporter: SpanExporter | None) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

    name = os.environ.get("OTEL_SERVICE_NAME") or "vssid-assistant"
    resource = Resource.create({"service.name": name, "assistant.part": part, "process.pid": os.getpid()})
    provider = TracerProvider(
        TraceIdRatioBased(_share()), resource, shutdown_on_exit=False, id_generator=_id_generator()
    )
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return provider
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # a line for what is lost, none for each try
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _share() -> float:
    given = os.environ.get("OTEL_TRACES_SAMPLER_ARG", "")
    try:
        return min(1.0, max(0.0, float(given or 1)))
    except ValueError:
        logger.error("OTEL_TRACES_SAMPLER_ARG is no number between 0 and 1: everything is traced")
        return 1.0


_next = threading.local()


def _id_generator() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Derived(RandomIdGenerator):
        """Gives the ids that were laid ready in this thread, otherwise random ones."""

        def generate_trace_id(self) -> int:
            return getattr(_next, "trace", 0) or super().generate_trace_id()

        def generate_span_id(self) -> int:
            return getattr(_next, "span", 0) or super().generate_span_id()

    return Derived()


class _Traces:
    """What makes the spans of one process."""

    def __init__(self, provider: TracerProvider) -> None:
        self.provider = provider
        self._tracer = provider.get_tracer("assistant")

    def accepted(self, channel: str, event_id: str, kind: str, result: str, started: float) -> None:
        from opentelemetry.context import Context

        ids, new = _ids(channel, event_id), result != "seen"
        if new:
            _next.trace, _next.span = ids
        try:
            span = self._tracer.start_span(
                "door.accept",
                Context() if new else _below(ids),
                attributes={"assistant.channel": channel, "assistant.kind": kind, "assistant.result": result},
                start_time=_wall(started),
            )
        finally:
            _next.trace = _next.span = 0
        span.end()

    @contextmanager
    def span(
        self, name: str, event: tuple[str, str] | None, attributes: dict[str, Any], started: float | None = None
    ) -> Iterator[Traced]:
        """Spans what is done meanwhile; below the event's beginning, or below the span that is under way here."""
        from opentelemetry.trace import Status, StatusCode, use_span

        span = self._tracer.start_span(
            name,
            _below(_ids(*event)) if event else None,
            attributes={f"assistant.{key}": value for key, value in attributes.items()},
            start_time=_wall(started) if started is not None else None,
        )
        # Not the library's record of an exception: its message may hold a person's text.
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield Traced(span)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise


def _below(ids: tuple[int, int]) -> Any:
    """Returns a context in which the event's first span is the parent."""
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    trace, span = ids
    parent = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _wall(started: float) -> int:
    """Returns a reading of `time.perf_counter` as nanoseconds since 1970."""
    return time.time_ns() - int((time.perf_counter() - started) * 1e9)
