"""Which spreads of a cascade are drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.serve.tree import Change, Drawing, draw, draw_parents


def spread(event_id, parent=None, depth=1, at=0, **more):
    row = {
        "event_id": event_id,
        "parent_event_id": parent,
        "depth": depth,
        "at": at,
        "platform": "x",
        "actor_id": f"a{event_id}",
    }
    return row | {"audience_size": None, "parent_basis": "exact", "retracted": False, "children": 0} | more


@st.composite
def cascades(draw_from):
    parents = draw_from(st.lists(st.integers(-1, 40), max_size=60))
    rows = []
    for index, wanted in enumerate(parents):
        parent = min(wanted, index - 1)
        depth = 1 if parent < 0 else rows[parent]["depth"] + 1
        rows.append(spread(str(index), None if parent < 0 else str(parent), depth, at=draw_from(st.integers(0, 5))))
    return rows


def parents_in(drawing):
    return {node.event_id: node.parent for node in drawing.nodes}


@given(cascades(), st.integers(1, 60))
def test_a_drawn_spread_hangs_on_a_drawn_one_and_no_spread_is_left_uncounted(rows, limit):
    drawing = draw(rows, limit)
    drawn = parents_in(drawing)
    assert all(parent is None or parent in drawn for parent in drawn.values())
    assert len(drawn) == min(limit, len(rows))
    assert len(drawn) + drawing.hidden + sum(node.hidden for node in drawing.nodes) == len(rows) == drawing.total


@given(cascades())
def test_a_cascade_within_the_limit_is_drawn_as_it_is(rows):
    drawing = draw(rows, 60)
    assert parents_in(drawing) == {row["event_id"]: row["parent_event_id"] for row in rows}
    assert drawing.rule == "all"


@given(cascades(), cascades(), st.integers(1, 60))
def test_a_delta_leads_from_one_drawing_to_the_next(before_rows, after_rows, limit):
    before, after = draw(before_rows, limit), draw(after_rows, limit)
    change = after.delta(before)
    if change is None:
        return
    nodes = {node.event_id: node for node in before.nodes if node.event_id not in change.gone} | {
        node.event_id: node for node in change.put
    }
    assert nodes == {node.event_id: node for node in after.nodes}
    assert (change.total, change.rule, change.hidden) == (after.total, after.rule, after.hidden)


def test_a_drawing_that_changes_altogether_is_sent_whole():
    before, after = draw([spread("a"), spread("b")]), draw([spread("c")])
    assert after.delta(before) is None


def test_one_more_spread_costs_one_node():
    rows = [spread(str(number), at=number) for number in range(10)]
    change = draw(rows).delta(draw(rows[:9]))
    assert isinstance(change, Change)
    assert [node.event_id for node in change.put] == ["9"]


def test_spreads_with_many_below_are_kept_before_leaves():
    hub = [spread("hub", at=9), *(spread(f"c{number}", "hub", 2, at=9) for number in range(5))]
    leaves = [spread(f"l{number}", at=number) for number in range(5)]
    drawing = draw(leaves + hub, 2)
    assert {node.event_id for node in drawing.nodes} == {"hub", "l0"}
    assert drawing.rule == "largest"
    assert {node.event_id: node.hidden for node in drawing.nodes} == {"hub": 5, "l0": 0}
    assert drawing.hidden == 4


def test_a_spread_whose_parent_is_not_read_yet_waits_on_the_root():
    drawing = draw([spread("child", "gone", 2)])
    assert parents_in(drawing) == {"child": None}


def test_a_parent_that_is_not_above_its_child_makes_no_circle():
    drawing = draw([spread("a", "b", 1), spread("b", "a", 1)])
    assert parents_in(drawing) == {"a": None, "b": None}


def test_of_a_very_large_cascade_the_spreads_with_children_are_drawn_and_the_rest_counted():
    rows = [
        spread("a", children=70),
        spread("b", "a", 2, children=9),
        spread("lost", "not read", 3, children=8),
        spread("c", children=3),
    ]
    drawing = draw_parents(rows, total=1_000_000, on_root=900_000)
    assert {node.event_id: node.hidden for node in drawing.nodes} == {"a": 69, "b": 9, "c": 3}
    assert (drawing.rule, drawing.total, drawing.hidden) == ("parents", 1_000_000, 899_998)


def test_a_drawing_differs_from_anything_else():
    assert Drawing(0, "all", 0, []).delta(None) is None
