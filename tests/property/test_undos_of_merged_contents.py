"""An undo names an act, not a content: it reaches the act where that is counted, whether it comes before the link that merges the act's content or after."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.events import START, act
from support.merging import NOW_MS, Topic, Workers, differences, expected
from support.strategies import examples
from support.undos import NO_ACTS, TOPICS

from pipeline.ingest.undo.case import Case, read
from pipeline.ingest.undo.ladder import Ladder
from pipeline.ingest.undo.ruling import Act
from pipeline.ingest.undo.work import worked
from schemas import wire
from schemas.dead_letter import Identity
from schemas.undo import Undo, encode, retraction_id

LADDER = Ladder(86_400.0)
CONTENTS = ("b", "c", "d", "a")
BY = {"p": "x", "q": "y", "r": "x", "m": "x", "l": "z"}
"""Who did which act. `m` is a post, `l` a like."""


def undo(target):
    return Undo(platform="x", target_event_id=target, actor_id=BY[target], occurred_at=START + timedelta(minutes=2))


def link(source, target):
    return replace(act(f"link of {source}", "link", by="us", target_content_id=target), content_id=source)


def stored(workers):
    """The acts by name, as ClickHouse would show them to the resolver: the raw rows, each under the content that its event named."""
    rows = workers.sink.rows("events")
    known = {(row["content_id"], row["event_id"]) for row in rows}
    found = defaultdict(list)
    for row in rows:
        content, name = row["content_id"], row["event_id"]
        if row["kind"] not in NO_ACTS:
            undone = (content, retraction_id(name)) in known
            found[name].append(Act(content, name, row["platform"], row["actor_id"], undone=undone))
    return found


def resolve(workers, cases):
    """One look of the resolver: once all events are in ClickHouse, it produces the retractions that are still to be told. These, and what waits on."""
    workers.settle()
    told, waiting = [], []
    for out in worked(cases, stored(workers), LADDER, TOPICS, NOW_MS).outs:
        if out.topic == TOPICS.events:
            workers.topic.append(out.key, out.value, out.headers)
            told.append(wire.decode(out.value))
        else:
            waiting.append(read(FakeRecord(0, out.key, out.value, NOW_MS, tuple(out.headers)), TOPICS.told))
    return told, waiting


class FakeRecord(NamedTuple):
    """A record of the topic of waiting undos."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]
    partition: int = 0
    topic: str = TOPICS.waiting


def fresh(target):
    made = undo(target)
    return Case(made, Identity(TOPICS.told, 0, 0, NOW_MS), target.encode(), encode(made))


def run(sent):
    """Figures of a log of events and undos (texts that name acts), and the retractions told. Each undo is looked at when it comes and, as on its ladder,
    when all has come.
    """
    workers, waiting, told = Workers(Topic()), [], []
    for one in sent:
        if isinstance(one, str):
            made, waits = resolve(workers, [fresh(one)])
            told, waiting = told + made, waiting + waits
        else:
            workers.topic.send(one)
    made, waiting = resolve(workers, waiting)
    assert resolve(workers, waiting)[0] == [], "what is undone is told again"
    return workers.shown(), told + made


def test_an_undo_after_the_link_gives_the_figures_of_one_before_it():
    told = [
        replace(act("m", "post", by="x", audience_size=70), content_id="b"),
        replace(act("p", by="x", audience_size=5), content_id="b"),
        replace(act("q", by="y", audience_size=7, parent_event_id="p", parent_basis="exact"), content_id="b"),
        replace(act("l", "like", by="z"), content_id="b"),
    ]
    merges, undone = [link("b", "c"), link("c", "d")], ["p", "l"]
    before, _ = run([*told, *undone, *merges])
    between, _ = run([*told, merges[0], *undone, merges[1]])
    after, _ = run([*told, *merges, *undone])
    assert before == between == after
    assert after.keys() == {"d"}
    (figures,) = (row for (table, *_), row in after["d"].items() if table == "contents")
    assert (figures["size"], figures["shares"], figures["likes"], figures["retracted"]) == (3, 1, 0, 2)


def test_a_copy_that_the_retraction_of_another_one_has_undone_is_told_once_however_often_the_undo_is_looked_at():
    one, other = (replace(act("p", by="x"), content_id=content) for content in ("c", "b"))
    shown, told = run([one, "p", other, link("c", "b")])
    assert [one.content_id for one in told] == ["c", "b"]
    (figures,) = (row for (table, *_), row in shown["b"].items() if table == "contents")
    assert (figures["shares"], figures["retracted"], figures["duplicates"]) == (0, 1, 2)


spreads = st.builds(
    lambda name, at, parent: act(
        name, by=BY[name], at=at, audience_size=9, parent_event_id=parent, parent_basis="none"
    ),
    st.sampled_from("pqr"),
    st.sampled_from((0.0, 1.0, 70.0)),
    st.sampled_from(("p", "q", "b", "m", None)),
)
others = st.sampled_from((act("m", "post", by="x", audience_size=70), act("l", "like", by="z", at=65)))
told = st.builds(
    lambda event, content: replace(event, content_id=content), spreads | spreads | others, st.sampled_from(CONTENTS)
)
link_sets = st.dictionaries(st.sampled_from(CONTENTS), st.sampled_from(CONTENTS), min_size=1, max_size=4).map(
    lambda links: {source: target for source, target in links.items() if source != target}
)


@settings(max_examples=examples(60), deadline=None)
@given(
    data=st.data(),
    log=st.lists(told, min_size=1, max_size=8),
    links=link_sets,
    undone=st.lists(st.sampled_from(sorted(BY)), min_size=1, max_size=3, unique=True),
)
def test_undos_of_merged_contents_count_as_in_one_content(data, log, links, undone):
    events = [*log, *(link(*one) for one in links.items())]
    sent = data.draw(st.permutations([*events, *undone]))
    shown, retractions = run(sent)
    assert {one.target_event_id for one in retractions} == {one.event_id for one in log} & set(undone)
    assert len({(one.event_id, one.content_id) for one in retractions}) == len(retractions), "told twice"
    events = [one for one in sent if not isinstance(one, str)]
    assert not (wrong := differences(shown, expected([*events, *retractions], links))), "\n".join(wrong)
