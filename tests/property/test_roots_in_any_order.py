"""Whatever payloads tell of a chain of quotations, in whatever order and however often, it becomes one content that counts nothing twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.events import act
from support.merging import Topic, Workers, differences, expected
from support.strategies import examples

from pipeline.ingest.homeward import Homeward

POSTS = tuple("abcde")
"""Each may quote one further on: no ring."""


def told(content, event_id, kind, parent):
    basis = "exact" if kind in {"quote", "like"} else "root_only"
    event = act(event_id, kind, on="twitter", by=f"by {event_id}", parent_event_id=parent, parent_basis=basis)
    return replace(event, content_id=content)


@st.composite
def quotations(draw):
    """What each post quotes, and its root."""
    quoted = {}
    for place, post in enumerate(POSTS[:-1]):
        if (named := draw(st.sampled_from((None, *POSTS[place + 1 :])))) is not None:
            quoted[post] = named
    roots: dict[str, str] = {}
    for post in reversed(POSTS):
        roots[post] = roots[quoted[post]] if post in quoted else post
    return quoted, roots


@st.composite
def streams(draw):
    """(events as payloads tell them, root of each post): of an act the next link only, or the whole chain. Each quotation is told of at least once."""
    quoted, roots = draw(quotations())
    events = []
    for post, named in quoted.items():
        contents = draw(st.lists(st.sampled_from((named, roots[named])), min_size=1, max_size=2))
        events += [told(content, post, "quote", named) for content in contents]
    for number, post in enumerate(draw(st.lists(st.sampled_from(POSTS), max_size=6))):
        kind = draw(st.sampled_from(("share", "share", "like")))
        contents = draw(st.lists(st.sampled_from((post, roots[post])), min_size=1, max_size=2))
        events += [told(content, f"{kind}{number}", kind, post) for content in contents]
    again = draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
    return draw(st.permutations([*events, *again])), roots


@settings(max_examples=examples(60), deadline=None)
@given(stream=streams(), split=st.integers(0, 20))
def test_every_act_stands_once_in_the_deepest_content(stream, split):
    events, roots = stream
    homeward, workers = Homeward(remembered=100), Workers(Topic())
    for number, event in enumerate(homeward.mapped(events)):
        workers.topic.send(event)
        if number == split:
            homeward.again()
            workers.settle()
    workers.settle()
    links = {post: root for post, root in roots.items() if post != root}
    wrong = differences(workers.shown(), expected(events, links))
    assert not wrong, "\n".join(wrong)
