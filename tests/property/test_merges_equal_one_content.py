"""Contents that links merge show the figures of one content, whatever the order, whoever dies, however the links hang together."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.events import act
from support.merging import Topic, Workers, differences, expected, home
from support.strategies import AUDIENCES, examples

CONTENTS = ("b", "c", "d", "e", "a")
"""In two partitions of three; `a` has one with `c`."""
IDS = tuple("pqrstu")
OTHERS = (
    act("m", "post", by="x", audience_size=70, campaign_id="autumn"),
    act("n", "post", by="w", at=1, audience_size=9),
    act("l", "like", by="z", at=65),
    act("o", "comment", by="y"),
    act("v", "view", by="y", on="y"),
    act("g", "retract", by="x", target_event_id="p"),
    act("h", "retract", by="y", target_event_id="q", attributes={"right": "moderate"}),
    act("i", "retract", by="z", target_event_id="l"),
    act("j", "retract", by="z", target_event_id="m"),
)
"""Of acts that are no spreads the first copy stands, so all copies of one are alike."""

spreads = st.builds(
    act,
    st.sampled_from(IDS),
    st.sampled_from(("share", "repin", "quote")),
    by=st.sampled_from("xyz"),
    at=st.sampled_from((0.0, 0.0, 1.0, 70.0)),
    on=st.sampled_from("xxy"),
    parent_event_id=st.sampled_from((*IDS, *CONTENTS, "m", None)),
    parent_actor_id=st.sampled_from(("x", "y", None, None)),
    parent_basis=st.sampled_from(("exact", "inferred", "none")),
    audience_size=st.sampled_from(AUDIENCES),
    campaign_id=st.sampled_from((None, "spring")),
)
told = st.builds(
    lambda event, content: replace(event, content_id=content),
    spreads | spreads | st.sampled_from(OTHERS),
    st.sampled_from(CONTENTS),
)


def counter(number, content, kind, count):
    return replace(act(f"k{number}{content}", "counter", at=number, counter_kind=kind, count=count), content_id=content)


counters = st.builds(
    lambda number, content: counter(number, content, "share" if number % 2 else "view", 10 * number + ord(content)),
    st.integers(0, 3),
    st.sampled_from(CONTENTS),
)
logs = st.lists(told | told | told | counters, min_size=1, max_size=14)
link_sets = st.dictionaries(st.sampled_from(CONTENTS), st.sampled_from(CONTENTS), max_size=5).map(
    lambda links: {source: target for source, target in links.items() if source != target}
)
"""Chains, rings and fans, and contents that nothing was ever told of."""


def link(source, target, number=0):
    return replace(act(f"link{number} of {source}", "link", by="us", target_content_id=target), content_id=source)


def run(workers, sent, turns):
    """Append what is sent, one after the other; between two of them workers take some records, and some die."""
    for event, (worker, most, dies) in zip(sent, turns, strict=True):
        workers.topic.send(event)
        if most:
            workers.all[worker].step(most, dies=dies)
    workers.settle()
    return workers.shown()


def check(links, sent, turns):
    wrong = differences(run(Workers(Topic()), sent, turns), expected(sent, links))
    if any(dies for _, _, dies in turns) and any(home(content, links) in links for content in links):
        # Round a ring the second copy that a crash leaves may overtake the first: then it counts as a copy.
        wrong = [line for line in wrong if "duplicates is" not in line]
    assert not wrong, "\n".join(wrong)


turn = st.tuples(st.integers(0, 2), st.integers(0, 6), st.booleans())


@settings(max_examples=examples(100), deadline=None)
@given(data=st.data(), log=logs, links=link_sets)
def test_merged_contents_show_what_one_content_would(data, log, links):
    again = data.draw(st.lists(st.sampled_from(sorted(links)), max_size=2)) if links else []
    sent = [*log, *(link(source, links[source]) for source in (*links, *again))]
    sent = data.draw(st.permutations(sent))
    turns = data.draw(st.lists(turn, min_size=len(sent), max_size=len(sent)))
    check(links, sent, turns)
