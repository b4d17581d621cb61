"""The random logs are worth something: each oddity that a rule speaks of is found in them."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, find, settings
from support.events import CONTENT
from support.oracle import expected, expected_outcomes
from support.oracle_tree import Facts
from support.strategies import POPULATION, any_logs

from schemas.rows import PARENT_STATUS

QUICK = settings(
    max_examples=1_000, phases=[Phase.generate], deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def content(log):
    return expected(log, CONTENT, POPULATION)["contents"][CONTENT]


def statuses(log):
    return {status for _, status in Facts(log, CONTENT).placed.values()}


def longest_cycle(log):
    facts = Facts(log, CONTENT)
    return max((len(facts.cycle_through(event_id)) for event_id in facts.spread_ids), default=0)


def cycle_through_an_actor(log):
    facts = Facts(log, CONTENT)
    return any(facts.desired[event_id][1] == "actor" and facts.cycle_through(event_id) for event_id in facts.spread_ids)


def moved_subtree(log):
    """A spread that already has a child comes to hang elsewhere."""
    after = Facts(log, CONTENT).placed
    for length in range(1, len(log)):
        before = Facts(log[:length], CONTENT).placed
        with_children = {parent for parent, _ in before.values()} & before.keys()
        if any(before[event_id][0] != after[event_id][0] for event_id in with_children):
            return True
    return False


def replaced_under_retraction(log):
    """A better copy belongs to somebody else, so that a retraction of the worse one no longer holds."""
    undone = Facts(log, CONTENT).undone
    return any(Facts(log[:length], CONTENT).undone - undone for length in range(1, len(log)))


def author_below_own_share(log):
    facts = Facts(log, CONTENT)
    return any(
        (spread.platform, spread.actor_id) in facts.authors & facts.actors_above[spread.event_id]
        for spread in facts.spreads
    )


ODDITIES = {
    "a path of eight": lambda log: content(log)["depth"] >= 8,
    "a cycle of two": lambda log: longest_cycle(log) == 2,
    "a cycle of three or more": lambda log: longest_cycle(log) >= 3,
    "a cycle that an actor closes": cycle_through_an_actor,
    "a late parent of a node with children": moved_subtree,
    "a better copy": lambda log: "REPLACED" in expected_outcomes(log),
    "a retraction that falls with a better copy": replaced_under_retraction,
    "a retraction that is refused": lambda log: content(log)["retractions_refused"] > 0,
    "a retraction that waits": lambda log: content(log)["retractions_waiting"] > 0,
    "a retracted spread with sharers below": lambda log: any(
        parent in Facts(log, CONTENT).undone for parent, _ in Facts(log, CONTENT).placed.values()
    ),
    "an author who shares": lambda log: (
        (facts := Facts(log, CONTENT)).authors & {(s.platform, s.actor_id) for s in facts.spreads}
    ),
    "an author below a share of its own": author_below_own_share,
    "two counters of one kind": lambda log: len([event for event in log if event.counter_kind == "like"]) > 1,
    "reach below an actor": lambda log: any(
        row["downstream_reach"] for row in expected(log, CONTENT, POPULATION)["amplifiers"].values()
    ),
    "three platforms": lambda log: len(content(log)["platforms"]) == 3,
    "a campaign of a post": lambda log: any(event.kind == "post" and event.campaign_id for event in log),
    "only events that are no acts": lambda log: content(log)["platforms"] == [],
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_random_logs_hold(oddity):
    assert find(any_logs, ODDITIES[oddity], settings=QUICK, random=random.Random(1))


@pytest.mark.parametrize("status", PARENT_STATUS)
def test_random_logs_hold_spreads_that_are_placed_as(status):
    assert find(any_logs, lambda log: status in statuses(log), settings=QUICK, random=random.Random(1))
