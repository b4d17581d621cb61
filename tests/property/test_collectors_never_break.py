"""Whatever a stream sends, a source hands it on, and the frame makes something of all of it: no byte ends the process."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.platform_samples import bluesky, mastodon

from pipeline.clock import FixedClock
from pipeline.config import Settings
from pipeline.ingest.collect.bluesky import _actor
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.lines import Told
from pipeline.ingest.collect.options import load
from pipeline.ingest.collect.seam import SourceError, Tools
from pipeline.metrics import Metrics

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
DEEP = b"[" * 200_000
SAMPLES = [json.dumps(one).encode() for one in (*bluesky.SAMPLES.values(), *mastodon.SAMPLES.values())]


@st.composite
def spoiled(draw):
    """A sample of which some member is anything at all."""
    found = json.loads(draw(st.sampled_from(SAMPLES)))
    place = found
    while isinstance(place, dict) and place:
        name = draw(st.sampled_from(sorted(place)))
        if draw(st.booleans()):
            place[name] = draw(values)
            break
        place = place[name]
    return json.dumps(found).encode()


messages = st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()) | spoiled()


class Kept:
    def __init__(self):
        self.pieces = []

    async def put(self, piece):
        self.pieces.append(piece)

    def gap(self, text):
        raise AssertionError(text)


def source(name, **options):
    (found,) = load(Settings(collect=json.dumps({name: options})), KINDS, [name])
    return found.make(Tools(None, FixedClock(1_780_000_000_000_000), Metrics()))


@pytest.fixture(scope="module")
def sources():
    return {
        "bluesky": source("bluesky", followers_url=""),
        "mastodon": source("mastodon", url="https://m.example", token="t"),
        "stream": source("stream", url="https://s.example", cursor_field="a.b"),
    }


@given(message=messages)
@example(message=DEEP)
@example(message=b'{"$type":"message","payload":' + DEEP)
def test_any_message_of_jetstream_goes_on_as_a_piece(sources, message):
    with suppress(SourceError):  # the server's own last word
        piece, _ = sources["bluesky"]._piece(message)
        assert piece.payload in message
        assert piece.position is None or set(piece.position) == {"time_us"}


@given(message=messages)
@example(message=DEEP)
def test_any_message_of_jetstream_can_be_asked_for_its_actor(message):
    did, collection, record = _actor(message)
    assert (type(did), type(collection), type(record)) == (str, str, bytes)


@settings(max_examples=40)  # each with an event loop of its own
@given(event=st.sampled_from(["update", "delete", "notification", "x"]), message=messages)
@example(event="update", message=DEEP)
def test_any_event_of_mastodon_goes_on_as_a_piece_and_can_be_asked_for_its_parent(sources, event, message):
    fedi, kept = sources["mastodon"], Kept()
    fedi._threads._bucket.take(1e9)  # nothing is asked for

    async def pass_on():
        await fedi._put(kept, Told(event, message, ""))
        await fedi.look_up([*kept.pieces, *(piece._replace(payload=message) for piece in kept.pieces)])

    asyncio.run(pass_on())
    (piece,) = kept.pieces
    assert json.loads(piece.payload)["event"] == event


@given(message=messages)
@example(message=DEEP)
def test_any_message_of_any_stream_goes_on_as_a_piece(sources, message):
    piece = sources["stream"]._piece(message)
    assert piece.payload == message
    made = piece.mapping
    with suppress(ValueError):
        made.decode(message, "application/json")
