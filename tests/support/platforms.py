"""Samples of every platform's payloads, and short words for what comes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

from pipeline.ingest.platforms import REGISTRY, Context

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = b"0123456789abcdef"
CONTEXT = Context(actor_key=KEY, instance="social.example")


def samples(name):
    """Payloads that the mapping knows, by what they are."""
    return import_module(f"support.platform_samples.{name}").SAMPLES


def unknown(name):
    """Payloads that it must refuse."""
    return import_module(f"support.platform_samples.{name}").UNKNOWN


def mapped(name, sample, **context):
    """What comes of one sample, or of a payload."""
    payload = samples(name)[sample] if isinstance(sample, str) else sample
    given = {"actor_key": KEY, "instance": "social.example", **context}
    return REGISTRY[name].events(payload, NOW, Context(**given))


def told(name, sample, **context):
    """The events of one sample. Nothing else may have come of it."""
    answer = mapped(name, sample, **context)
    assert not answer.refused, answer.refused
    assert not answer.undos
    assert not answer.ignored
    return list(answer.events)


def one(name, sample, **context):
    """The only event of a sample."""
    (event,) = told(name, sample, **context)
    return event


def short(event):
    """Kind, event id, content, actor, parent, basis: an event at a glance."""
    parent = event.parent_event_id or event.parent_actor_id
    return (event.kind, event.event_id, event.content_id, event.actor_id, parent, event.parent_basis)


def totals(events):
    """The counters among events: kind of what is counted, and how many."""
    return {event.counter_kind: event.count for event in events if event.kind == "counter"}
