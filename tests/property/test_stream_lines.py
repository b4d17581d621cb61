"""Lines and server-sent events come out the same however the network cuts the bytes; compared with a reader of the whole text."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.collect.lines import Events, Lines, Told

ENDS = ["\n", "\r", "\r\n"]
FIELDS = [
    "data: a",
    "data:b",
    "data",
    "data:  two",
    "event: update",
    "event:",
    "id: 7",
    "id: x\0y",
    ": thump",
    ":",
    "retry: 5",
    "other: x",
    "",
]
texts = st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(ENDS)), max_size=25).map(
    lambda parts: "".join(field + end for field, end in parts)
)
cuts = st.lists(st.integers(0, 400), max_size=10)


def cut(data, places):
    places = sorted({0, len(data), *(place for place in places if place < len(data))})
    return [data[start:end] for start, end in pairwise(places)]


def read_whole(text):
    """As the standard's text says it, of a stream that is there as a whole."""
    found, data, event, last = [], [], "", ""
    whole = re.split(r"\r\n|\r|\n", text)[:-1]
    for line in whole:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                found.append(Told(event or "message", "\n".join(data).encode(), last))
            data, event = [], ""
        elif name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last = value
    return found


@given(texts, cuts)
def test_events_are_those_of_the_whole_text_however_it_is_cut(text, places):
    events = Events()
    assert [one for part in cut(text.encode(), places) for one in events.feed(part)] == read_whole(text)


@given(texts, cuts, st.integers(0, 6))
def test_long_lines_are_left_out_one_by_one_however_they_are_cut(text, places, most):
    lines = Lines(most)
    found = [one for part in cut(text.encode(), places) for one in lines.feed(part)]
    whole = [line.encode() for line in re.split(r"\r\n|\r|\n", text)[:-1]]
    assert found == [line if len(line) <= most else None for line in whole]


def test_an_event_that_is_too_long_is_told_and_the_next_one_read():
    events = Events(10)
    text = b"data: 123456\ndata: 789012\n\ndata: ok\n\n"
    assert list(events.feed(text)) == [None, Told("message", b"ok", "")]
