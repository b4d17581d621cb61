"""Each method of guessing parents: whom it names, and when it keeps silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.cascade.memory import lived
from pipeline.errors import UsageError
from pipeline.ingest.inference import follows
from pipeline.ingest.inference.exposed import Exposed
from pipeline.ingest.inference.follows import FollowFile
from pipeline.ingest.inference.probable import Probable, kernel
from pipeline.ingest.inference.rt_text import RtText, named
from pipeline.ingest.inference.sharers import Sharer
from schemas.wire import WireEvent, micros

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def share(minutes=60, actor="c", platform="twitter", **attributes):
    return WireEvent(
        event_id="act",
        kind="share",
        platform=platform,
        content_id="it",
        actor_id=actor,
        occurred_at=NOON + timedelta(minutes=minutes),
        attributes=attributes,
    )


def sharer(actor, minutes, audience=100, *, is_post=False, platform="twitter", name=""):
    at_us = micros(NOON + timedelta(minutes=minutes))
    return Sharer(f"{actor}-{minutes}", actor, platform, at_us, audience, is_post, name, 0)


POST = sharer("author", 0, 1000, is_post=True)


def parent(guess):
    return guess and guess.parent.event_id


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RT @b: RT @author: look", "b"),
        ("“RT @b: look", "b"),
        ("rt: @b look", "b"),
        ("look, via @b.", "b"),
        ("look (h/t @b@example.social)", "b@example.social"),
        ("ART @b: look", ""),
        ("@b look", ""),
        ("trivia @b", ""),
        ("", ""),
    ],
    ids=str,
)
def test_the_nearest_name_of_a_text_is_read(text, name):
    assert named(share(text=text)) == name


def test_the_chain_that_a_mapping_tells_is_believed_before_the_text():
    assert named(share(rt_chain="b,author", text="via @d")) == "b"


@pytest.mark.parametrize("told", [sharer("B", 5), sharer("twitter:b", 5), sharer("17", 5, name="b")], ids=str)
def test_a_name_is_found_as_id_with_platform_or_as_the_name_of_an_actor(told):
    guess = RtText().guess(share(text="RT @b: look"), [POST, sharer("d", 2), told, sharer("e", 9)])
    assert parent(guess) == told.event_id


def test_of_a_named_persons_acts_the_latest_is_the_parent():
    assert parent(RtText().guess(share(text="RT @b: x"), [POST, sharer("b", 5), sharer("b", 7)])) == "b-7"


@pytest.mark.parametrize("text", ["RT @stranger: look", "RT @author: look", "look"])
def test_a_stranger_the_author_and_nobody_are_no_guess(text):
    assert RtText().guess(share(text=text), [POST, sharer("b", 5)]) is None


GRAPH = FollowFile([("c", "author"), ("c", "b"), ("c", "d"), ("x", "e"), ("y", "author")])


def test_the_latest_sharer_whom_the_actor_follows_is_the_parent_and_each_of_them_may_be_it():
    guess = Exposed(GRAPH).guess(share(), [POST, sharer("b", 5), sharer("d", 7), sharer("e", 9)])
    assert parent(guess) == "d-7"
    assert guess.confidence == pytest.approx(1 / 3)


@pytest.mark.parametrize("actor", ["x", "y", "nobody"])
def test_who_follows_no_sharer_or_last_the_author_gets_no_guess(actor):
    assert Exposed(GRAPH).guess(share(actor=actor), [POST, sharer("b", 5)]) is None


def test_post_first_leaves_those_who_follow_the_author_on_the_post():
    first = Exposed(FollowFile([("c", "author"), ("c", "b"), ("z", "b")]), post_first=True)
    assert first.guess(share(), [POST, sharer("b", 5)]) is None
    assert parent(first.guess(share(actor="z"), [POST, sharer("b", 5)])) == "b-5"


def test_the_kernel_is_the_slope_of_the_memory_that_the_forecast_uses():
    for age_s in (10.0, 299.0, 400.0, 7200.0, 200_000.0):
        assert kernel(age_s) == pytest.approx((lived(age_s + 0.5) - lived(age_s - 0.5)), rel=1e-3)


def test_the_chance_is_the_weight_of_audience_and_time_among_all_weights():
    old, young = sharer("b", 0, 400), sharer("d", 58, 300)
    post = sharer("author", -6000, 1000, is_post=True)
    weights = [10 * 1000 * kernel(6060 * 60), 400 * kernel(3600), 300 * kernel(120)]
    guess = Probable(power=1.0, threshold=0.5, post_pull=10.0).guess(share(), [post, old, young])
    assert parent(guess) == "d-58"
    assert guess.confidence == pytest.approx(weights[2] / sum(weights))


def test_below_the_threshold_without_the_post_and_for_the_post_itself_there_is_no_guess():
    two = [sharer("b", 5), sharer("d", 5)]
    far = sharer("author", -90_000, 1, is_post=True)
    assert Probable(threshold=0.6).guess(share(), [far, *two]) is None
    assert parent(Probable(threshold=0.4).guess(share(), [far, *two])) == "d-5"
    assert Probable(threshold=0.0).guess(share(), two) is None
    assert Probable(threshold=0.0).guess(share(), [POST, sharer("b", 5, 1)]) is None


def test_an_audience_of_nobody_draws_nobody():
    lonely = [sharer("author", 0, 0, is_post=True), sharer("b", 5, 0)]
    assert Probable(threshold=0.1).guess(share(), lonely) is None


def test_a_file_of_edges_is_a_follow_graph(tmp_path):
    path = tmp_path / "follows.csv"
    path.write_text('follower,followed\nc,b\nc,"d,e"\n')
    assert follows.read(path).followed_by("c") == {"b", "d,e"}
    assert follows.read(path).followed_by("b") == frozenset()


@pytest.mark.parametrize(
    "text", ["a,b\n", "follower,followed\nc\n", "follower,followed\nc,\n", "follower,followed\n\n"]
)
def test_a_file_that_is_no_graph_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "follows.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"line [12]"):
        follows.read(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        follows.read(tmp_path / "none.csv")
