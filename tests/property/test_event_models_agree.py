"""The msgspec struct, the pydantic model and the JSON Schema accept and refuse the same inputs.

Events are written as JSON text by hand, so that what `json.dumps` would never write (1.0, NaN, repeated names, lone
surrogates) comes too.
"""

from __future__ import annotations

import json
import re
from datetime import UTC

import jsonschema
import msgspec
from hypothesis import event as note
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support.stream import FakeRecord

from pipeline.cascade import events_of
from schemas.check import _fast, check
from schemas.dead_letter import RefusedError
from schemas.event import ShareEvent
from schemas.wire import MAX_NUMBER, Basis, CounterKind, Kind, WireEvent, decode, micros

END_OF_TIME_MS = 253_402_300_799_999  # no date is in the future of it
FIELDS = WireEvent.__struct_fields__


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def literals(kind: object) -> st.SearchStrategy[str]:
    return st.sampled_from(kind.__args__).map(quoted)


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
ids = names.map(quoted) | names.map(json.dumps)
numbers = st.integers(0, MAX_NUMBER).map(str)
zones = st.sampled_from(["Z", "z", "+00:00", "-00:00", "+0000", "+01:00", "-23:59", "", "+00", " Z", "UTC"])
digits = st.text("0123456789", max_size=12).map(lambda text: f".{text}" if text else "")
two = st.integers(0, 61).map("{:02}".format)
good_times = st.datetimes().map(lambda moment: quoted(moment.isoformat() + "Z"))
odd_times = st.builds(
    lambda year, rest, mark, fraction, zone: (
        f'"{year:04}-{rest[0]}-{rest[1]}{mark}{":".join(rest[2:])}{fraction}{zone}"'
    ),
    st.integers(0, 9999) | st.integers(2002, 2030),
    st.tuples(st.integers(0, 13).map("{:02}".format), st.integers(0, 32).map("{:02}".format), two, two, two),
    st.sampled_from("Tt _"),
    digits,
    zones,
)
likely_times = st.builds(
    lambda fraction, zone: f'"2026-01-31T23:59:59{fraction}{zone}"', digits, st.sampled_from(["Z", "+00:00", "z"])
)
attributes = st.dictionaries(names, names, max_size=3).map(lambda found: json.dumps(found, ensure_ascii=False))

GOOD = {
    "event_id": ids,
    "kind": literals(Kind),
    "platform": st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True).map(quoted),
    "content_id": ids,
    "actor_id": ids,
    "occurred_at": likely_times,
}
OPTIONAL = {
    "parent_event_id": ids,
    "parent_actor_id": ids,
    "parent_basis": literals(Basis),
    "audience_size": numbers,
    "campaign_id": ids,
    "attributes": attributes,
    "schema_version": st.just("1"),
}
OWN = {
    '"retract"': {"target_event_id": ids},
    '"link"': {"target_content_id": ids},
    '"counter"': {"counter_kind": literals(CounterKind), "count": numbers},
}
HOSTILE = [  # as JSON text, much of it not JSON at all
    *(
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "1.0",
        "1e0",
        "-1",
        "01",
        "+1",
        "1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "2",
    ),
    *("", "x", "''", '"', '""', '" "', "[]", "{}", "[1]", '["a","b"]', '"1"', '"2026-01-31"', '"1769860800"'),
    *(
        r'"\u0000"',
        r'"a\u0000b"',
        r'"\\u0000"',
        r'"\u00"',
        r'"\x41"',
        r'"\/"',
        r'"a\nb"',
        '"a\tb"',
        '"a\x7fb"',
        '"\ufeffx"',
    ),
    *(r'"\ud800"', r'"\udc00"', r'"\ud83d\ude00"', r'"\ud800\ud800"', r'{"\ud800":"a"}'),
    *('{"a":1}', '{"a":null}', '{"":"x"}', '{"a":"1","a":"2"}', '{"a":1,"a":"2"}', '{"a":{"b":"c"}}'),
    str(MAX_NUMBER + 1),
    str(1 << 63),
    str(1 << 64),
    "9" * 30,
    "9" * 5000,
    quoted("x" * 512),
    quoted("x" * 513),
    quoted("😀" * 512),
    quoted("😀" * 513),
    "[" * 300 + "]" * 300,
    json.dumps({str(n): "" for n in range(32)}),
    json.dumps({str(n): "" for n in range(33)}),
    json.dumps({"n" * 128: "v" * 2048}),
    json.dumps({"n" * 129: ""}),
    json.dumps({"n": "v" * 2049}),
    json.dumps({"n\0": "v"}),
    json.dumps({"n": "v\0"}),
]
hostile = st.sampled_from(HOSTILE) | ids | numbers | attributes | good_times | odd_times | likely_times


@st.composite
def good_members(draw) -> list[tuple[str, str]]:
    """Names (as JSON) and values (as JSON) of a good event."""
    members = {name: draw(strategy) for name, strategy in GOOD.items()}
    extra = draw(st.fixed_dictionaries({}, optional=OPTIONAL))
    own = {name: draw(strategy) for name, strategy in OWN.get(members["kind"], {}).items()}
    return [(quoted(name), value) for name, value in draw(st.permutations([*(members | extra | own).items()]))]


@st.composite
def members(draw) -> list[tuple[str, str]]:
    """A good event with up to three things done to it."""
    found = draw(good_members())
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(found)))
        name = draw(st.sampled_from(FIELDS).map(quoted) | ids)
        action = draw(st.sampled_from(["replace", "remove", "add", "rename"]))
        if action == "add" or place == len(found):
            found.insert(place, (name, draw(hostile)))
        elif action == "replace":
            found[place] = (found[place][0], draw(hostile))
        elif action == "rename":
            found[place] = (name, found[place][1])
        else:
            del found[place]
    return found


def written(found: list[tuple[str, str]], space: str = "") -> bytes:
    return ("{" + f",{space}".join(f"{name}:{space}{value}" for name, value in found) + "}").encode()


values = st.builds(written, members(), st.sampled_from(["", " ", "\n\t"]))


@st.composite
def mangled(draw) -> bytes:
    """An event with one stretch of its bytes replaced by others."""
    value = draw(values)
    start = draw(st.integers(0, len(value)))
    stop = draw(st.integers(start, min(start + 3, len(value))))
    return (
        value[:start]
        + draw(st.binary(max_size=3) | st.sampled_from([b"", b'"', b"\\", b"\xed\xa0\x80"]))
        + value[stop:]
    )


def authority(value: bytes) -> ShareEvent | None:
    try:
        return ShareEvent.model_validate_json(value)
    except ValidationError:
        return None


def checked(value: bytes) -> WireEvent | None:
    try:
        return check(value, END_OF_TIME_MS)
    except RefusedError:
        return None


def same(event: WireEvent, model: ShareEvent) -> bool:
    return msgspec.structs.asdict(event) == {name: getattr(model, name) for name in FIELDS}


def repeats_a_name(value: bytes) -> bool:
    repeated = []

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(found)
        repeated.append(len(made) != len(found))
        return made

    json.loads(value, object_pairs_hook=pairs)
    return any(repeated)


@settings(deadline=None)
@given(good_members())
def test_a_good_event_needs_only_the_fast_path(found):
    value = written(found)
    event = _fast(value, END_OF_TIME_MS)
    if rb"\u0000" in value:  # a text that holds these six characters is left to the authority
        event = checked(value)
    ids_of_link = dict(found).get('"target_content_id"'), dict(found)['"content_id"']
    if ids_of_link[0] is not None and json.loads(ids_of_link[0]) == json.loads(ids_of_link[1]):
        assert event is None
    else:
        assert event is not None
        assert same(event, authority(value))


@settings(max_examples=1000, deadline=None)
@given(values | mangled())
@example(b"\xef\xbb\xbf{}")
@example(b"{}\0")
def test_both_models_accept_and_refuse_the_same_inputs(value):
    model = authority(value)
    fast = _fast(value, END_OF_TIME_MS)
    event = checked(value)
    note("accepted" if model else "refused")
    assert (event is None) == (model is None)
    if event is not None:
        assert same(event, model)
    if fast is not None:
        assert fast == event
    elif event is not None:  # the fast path may doubt a good event for two reasons only
        assert rb"\u0000" in value or repeats_a_name(value)


APPENDED_MS = 1_769_903_999_000 - 300_000  # of records whose event is likely to be dated as late as it may be


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(values | mangled(), max_size=3),
    st.sampled_from([-1, 0, APPENDED_MS - 1, APPENDED_MS, APPENDED_MS + 999, END_OF_TIME_MS, 2**62]),
)
def test_the_core_is_certain_of_what_the_fast_path_is_certain_of(some, appended_ms):
    asked = []
    records = [FakeRecord(offset, b"c", value, appended_ms) for offset, value in enumerate(some)]
    found = events_of(records, lambda *doubted: asked.append(doubted))
    assert found == [_fast(value, appended_ms) for value in some]
    assert asked == [(value, appended_ms) for value in some if _fast(value, appended_ms) is None]


TIMELESS = [
    ('"kind"', '"share"'),
    *((quoted(name), '"x"') for name in ("event_id", "content_id", "actor_id", "platform")),
]


@settings(max_examples=500, deadline=None)
@given(good_times | odd_times | likely_times)
def test_both_models_read_times_alike(text):
    value = written([*TIMELESS, ('"occurred_at"', text)])
    model = authority(value)
    try:
        moment = decode(value).occurred_at
    except msgspec.MsgspecError:
        assert model is None
        return
    assert (model is not None) == (moment.tzinfo is UTC and moment.year >= 2003)
    assert model is None or micros(model.occurred_at) == micros(moment)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_bytes_make_anything_but_a_refusal(value):
    assert checked(value) is None


def _ecma_pattern(_validator, pattern, instance, _schema):
    # In JSON Schema `$` is the very end; in Python a line break may follow.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError(pattern)


SCHEMA = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    {"pattern": _ecma_pattern},
    # There 1.0 is an integer too.
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)(ShareEvent.model_json_schema())
NOT_IN_SCHEMA = ("a time of day that does not exist", "before 2003", "needs another content")


@settings(max_examples=500, deadline=None)
@given(values)
def test_the_json_schema_says_what_the_model_says(value):
    try:
        document = json.loads(value)
        check(value, END_OF_TIME_MS)
    except RefusedError as error:
        refused = error
    except ValueError:
        return
    else:
        refused = None
    note("refused" if refused else "accepted")
    if refused is None:
        assert SCHEMA.is_valid(document)
    elif refused.reason != "not_json":  # Python's reader takes lone surrogates
        assert not SCHEMA.is_valid(document) or any(words in refused.detail for words in NOT_IN_SCHEMA)
