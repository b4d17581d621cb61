"""The score of guessed parents is worked out as docs/inference.md says."""

from __future__ import annotations

import pytest

from benchmarks import inference
from benchmarks.inference_traffic import samples, walks
from pipeline.ingest.inference.methods import Guess
from schemas.wire import SPREADS


class Told:
    """A method that knows the truth."""

    def __init__(self, truth):
        self._truth = truth

    def guess(self, event, before):
        parent = next((one for one in before if one.event_id == self._truth[event.event_id]), None)
        return None if parent is None or parent.is_post else Guess(parent, 1.0)


def scored(traffic, methods):
    total = inference.Score()
    inference.score(traffic, methods, total)
    return total


def depth(truth, act):
    return 0 if act not in truth else 1 + depth(truth, truth[act])


@pytest.fixture(scope="module")
def traffic():
    return walks(3, contents=2)


def test_all_to_the_root_is_right_where_the_post_is_the_parent_and_off_by_every_depth_above_one(traffic):
    told, parents = scored(traffic, {}), traffic.truth
    assert (told.spreads, told.guessed) == (len(parents), 0)
    assert told.right == sum(parent not in parents for parent in parents.values())
    assert told.depth_off == sum(depth(parents, act) - 1 for act in parents)
    assert told.depth_off > 0


def test_a_method_that_knows_the_truth_is_right_in_all_that_it_guesses(traffic):
    told = scored(traffic, {"told": Told(traffic.truth)})
    assert told.guessed == told.guessed_right > 0.8 * told.deep


@pytest.mark.parametrize(
    "made", [lambda: walks(3, contents=1), lambda: samples(3, contents=1)], ids=["walks", "samples"]
)
def test_traffic_hides_every_parent_and_is_the_same_each_time(made):
    one, other = made(), made()
    assert (one.events, one.truth) == (other.events, other.truth)
    spreads = [event for event in one.events if event.kind in SPREADS]
    assert {event.parent_basis for event in spreads} == {"root_only"}
    assert {event.event_id for event in spreads} == one.truth.keys()
