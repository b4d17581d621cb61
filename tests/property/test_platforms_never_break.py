"""Whatever a platform sends, a mapping answers: events that the contract accepts, undos, what it ignores, what it refuses."""

from __future__ import annotations

import copy
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.platforms import CONTEXT, NOW, samples, unknown

from pipeline.ingest.platforms import REGISTRY, UnknownShapeError
from pipeline.ingest.platforms.seam import NOTHING
from schemas import undo, wire
from schemas.check import check
from schemas.dead_letter import REASONS, RefusedError

ODD = [
    "",
    " ",
    "0",
    "-1",
    "\ud800",
    "\x00",
    "x" * 3000,
    "9" * 5000,
    "NaN",
    "http://[",
    "http://[::1",
    "http://a:99999/",
    "at://",
]
ODD += [
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00Z",
    "2099-01-01T00:00:00Z",
    "urn:li:comment:(",
    "{",
    "null",
    "[" * 2000,
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(), max_size=20)
    | st.sampled_from([*ODD, "9" * 20, -1, 10**400, 10**20, 10**18, 1e308, -1e18])
)
NAMES = st.sampled_from(
    ["id", "kind", "type", "data", "name", "children", "object", "entry", "event", "items"]
) | st.text(max_size=5)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(value, path=()):
    """Every place in a payload, as the steps to it."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places(one, (*path, step))


@st.composite
def spoiled(draw, payload):
    """The payload with one to three of its places left out or replaced by anything."""
    made = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        if not (found := [path for path in places(made) if path]):
            break
        *way, last = draw(st.sampled_from(found))
        holder = made
        for step in way:
            holder = holder[step]
        if draw(st.booleans()):
            holder[last] = draw(JSON)
        else:
            del holder[last]
    return made


def judge(mapping, payload):
    before = copy.deepcopy(payload)
    answer = mapping.events(payload, NOW, CONTEXT)
    assert repr(payload) == repr(before), "a mapping changes no payload"
    assert answer.events or answer.undos or answer.ignored or answer.refused, "nothing goes without a word"
    for event in answer.events:
        assert check(wire.encode(event), int(NOW.timestamp() * 1000)) == event
        assert event.kind in mapping.covers.kinds
        assert event.platform == mapping.platform
        assert event.event_id.startswith((f"{mapping.platform}:", "web:"))
    for one in answer.undos:
        assert undo.decode(undo.encode(one)) == one
    for one in answer.refused:
        assert isinstance(one.error, RefusedError)
        assert one.error.reason in REASONS
        if not isinstance(one.payload, list):  # a list within a list is taken apart when it comes alone
            again = mapping.events(one.payload, NOW, CONTEXT)
            assert again.refused, "what is refused is refused again, though perhaps for what it looks like alone"
            assert (again.events, again.undos) == ((), ())


@pytest.mark.parametrize("name", REGISTRY)
@QUICK
@given(payload=JSON)
def test_any_json_is_answered_and_nothing_escapes(name, payload):
    judge(REGISTRY[name], payload)


@pytest.mark.parametrize("name", REGISTRY)
@settings(QUICK, max_examples=120)
@given(data=st.data())
def test_a_known_payload_with_anything_spoiled_is_answered_and_nothing_escapes(name, data):
    known = [*samples(name).values(), *unknown(name).values()]
    judge(REGISTRY[name], data.draw(spoiled(data.draw(st.sampled_from(known)))))


@pytest.mark.parametrize("name", REGISTRY)
@QUICK
@given(
    body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    media_type=st.sampled_from(
        ["", "application/json", "application/xml; charset=utf-8", "application/x-www-form-urlencoded", "text/plain"]
    ),
)
def test_any_body_is_decoded_or_refused(name, body, media_type):
    with suppress(UnknownShapeError):
        judge(REGISTRY[name], REGISTRY[name].decode(body, media_type))


def test_an_empty_list_is_told_too():
    assert REGISTRY["sendgrid"].events([], NOW, CONTEXT).ignored == (NOTHING.why,)
