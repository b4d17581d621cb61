"""Acts and undos in any order, with a resolver that crashes anywhere: the figures of the serial order, by brute force over what was told."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.undos import Resolver, World, act, undone

from pipeline.cascade import Content, fold, freeze
from schemas.rows import Blocks
from schemas.undo import ALIAS
from schemas.wire import micros

PEOPLE = ("ann", "bo")
CONTENTS = ("film", "talk")
COUNTS = {"post": "posts", "share": "shares", "quote": "shares", "like": "likes", "comment": "comments"}
NAMES = [f"bluesky:{number}" for number in range(3)]
ALIASES = [f"bluesky:-:{number}" for number in range(2)]
DAY_S = 86_400.0

# The first is always the same person's and often told and undone, so that its copies meet its undos in every order.
FIRST, OTHERS = NAMES[0], NAMES[1:]
aliased = st.one_of(st.just({}), st.sampled_from(ALIASES).map(lambda name: {ALIAS: name}))
contents, kinds, people = st.sampled_from(CONTENTS), st.sampled_from(sorted(COUNTS)), st.sampled_from(PEOPLE)
acts = st.one_of(
    st.builds(act, st.just(FIRST), contents, st.just("ann"), kinds, attributes=aliased),
    st.builds(act, st.sampled_from(OTHERS), contents, people, kinds, attributes=aliased),
)
undos = st.one_of(
    st.builds(undone, st.just(FIRST), st.sampled_from(["ann", None])),
    st.builds(undone, st.sampled_from([*OTHERS, *ALIASES, "bluesky:never"]), st.sampled_from([*PEOPLE, None])),
)
steps = st.one_of(
    st.tuples(st.just("tell"), acts),
    st.tuples(st.just("undo"), undos),
    st.tuples(st.just("show"), st.integers(1, 3)),
    st.tuples(st.just("turn"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 6, 70, 5000, 40_000])),
    st.tuples(st.just("crash"), st.sampled_from(["within send", "after send", "after commit"])),
)


def live(world: World, resolver: Resolver, moves) -> None:
    """No act is told twice: which of two copies stands, and what `duplicates` says, is not what is looked at."""
    told = set()
    for move, what in moves:
        if move == "tell" and (what.content_id, what.event_id) not in told:
            told.add((what.content_id, what.event_id))
            world.tell(what)
        elif move == "undo":
            world.undo(what)
        elif move == "show":
            world.show(what)
        elif move == "wait":
            resolver.wait(what)
        elif move == "crash":
            world.strike = what
        for _ in range(what if move == "turn" else 0):
            resolver.turn()
    world.strike = ""
    resolver.settle()
    for _ in range(10):
        resolver.wait(DAY_S)


def figures(world: World) -> dict[str, dict[str, int]]:
    """What the core makes of the log."""
    found = {}
    for event in world.events():
        content = found.setdefault(event.content_id, Content(event.content_id, {}))
        fold(content, event, micros(event.occurred_at))
    return {name: _row(content) for name, content in found.items()}


def _row(content: Content) -> dict[str, int]:
    blocks = Blocks()
    freeze(content, partition=0, offset=1, version=1, out=blocks)
    row = dict(zip(blocks["contents"].names, blocks["contents"].rows[-1], strict=True))
    wanted = {*COUNTS.values(), "size", "retracted", "duplicates", "retractions_refused", "retractions_waiting"}
    return {name: row[name] for name in wanted}


def undoes(undo, event) -> bool:
    named = undo.target_event_id in {event.event_id, event.attributes.get(ALIAS)}
    return named and undo.actor_id in {None, event.actor_id}


def serial(told, taken_back) -> dict[str, dict[str, int]]:
    """What the platform means: of each act, whether any undo names it and its actor."""
    found = defaultdict(Counter)
    for event in told:
        row, gone = found[event.content_id], any(undoes(undo, event) for undo in taken_back)
        row["retracted" if gone else COUNTS[event.kind]] += 1
        row["size"] += event.kind in {"share", "quote"}
    names = {*COUNTS.values(), "retracted", "duplicates", "retractions_refused", "retractions_waiting"}
    return {content: {name: row[name] for name in names} | {"size": row["size"] + 1} for content, row in found.items()}


@example([("tell", act(FIRST)), ("undo", undone(FIRST)), ("wait", 6), ("tell", act(FIRST, "talk"))])
@settings(max_examples=120, deadline=None)
@given(st.lists(steps, min_size=5, max_size=40))
def test_any_order_of_acts_undos_waits_and_crashes_gives_the_figures_of_the_serial_order(moves):
    world = World()
    live(world, Resolver(world), moves)
    told = [event for event in world.events() if event.kind != "retract"]
    taken_back = [what for move, what in moves if move == "undo"]
    assert figures(world) == serial(told, taken_back)
    unmet = [undo for undo in taken_back if not any(undoes(undo, event) for event in told)]
    origins = {tuple(dict(record.headers)[name] for name in ("partition", "offset")) for _, record in world.letters()}
    assert len(origins) == len(unmet)
