"""Whatever a platform answers, a poller goes on: an answer is understood or refused, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest.collect.pollers import PLATFORMS, progress
from pipeline.ingest.collect.pollers.asking import Answer, Asked, Found, Mark
from pipeline.ingest.platforms.reading import Json, UnknownShapeError

NAMES = (
    *("data", "children", "after", "name", "crosspost_parent", "created_utc", "kind", "author"),
    *("response", "notes", "_links", "next", "query_params", "before_timestamp", "timestamp", "type", "total_likes"),
    *("elements", "results", "action", "generatedActivity", "lastModifiedAt", "items", "bookmark", "paging", "cursors"),
    *("replies", "id", "username"),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**70)
    | st.floats()
    | st.sampled_from(("", "t3_a", "SHARE", "urn:li:share:1", "2026-05-28T10:00:00+0000", "x", "\ud800"))
)
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)
POSTS = {
    "tumblr": ("ann/1000",),
    "reddit": ("t3_a1",),
    "pinterest": ("500", "account"),
    "linkedin": ("urn:li:share:1", "urn:li:organization:5"),
    "threads": ("100", "me"),
    "instagram": ("300",),
}
OPTIONS = SimpleNamespace(likes=True, comments=True, metrics=(), organization="urn:li:organization:5")
FEEDS = [
    pytest.param(post, feed, id=f"{platform.name} {feed.name}")
    for platform in PLATFORMS
    for post in POSTS[platform.name]
    for feed in platform.feeds(post, OPTIONS)
]


@pytest.mark.parametrize(("post", "feed"), FEEDS)
@settings(max_examples=20)
@given(answer=ANSWERS, newest=st.integers(0, 2**62))
def test_an_answer_of_any_shape_is_read_or_refused(post, feed, answer, newest):
    mark = Mark(newest=newest, known=["t3_b1"])
    asked = Asked(post, OPTIONS, mark, 1_780_000_000_000_000)
    request = feed.first(asked)
    assert request.path.startswith("/")
    try:
        found = feed.read(asked, request, Json(answer))
    except (UnknownShapeError, ValueError):
        return
    after = progress.moved(mark, request, Answer(200, {"ETag": '"e"'}, b""), found)
    assert after.newest >= newest  # a mark never goes back
    assert progress.conditions(after, request) == ({} if after.pending else {"If-None-Match": '"e"'})


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 1000)), min_size=1, max_size=30))
def test_a_sweep_comes_to_its_end_and_its_newest_item_becomes_the_mark(pages):
    feed = FEEDS[0].values[1]
    mark, newest = Mark(newest=5), 5
    for more, at in pages:
        asked = Asked("ann/1000", OPTIONS, mark, 0)
        request = progress.question(feed, asked)
        newest = max(newest, at)
        mark = progress.moved(mark, request, Answer(200, {}, b""), Found(more=[request] * more, newest=at))
        assert len(mark.pending) <= progress.MOST_PENDING
    while mark.pending:
        mark = progress.skipped(mark)
    assert (mark.newest, mark.top) == (newest, 0)
