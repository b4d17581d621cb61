"""The sample stream: the same for the same seed, in order, alive from the first second, with one item that goes viral."""

from __future__ import annotations

from collections import Counter
from itertools import islice, takewhile

import msgspec
import pytest

from pipeline.ingest.generator import VIRAL_PEAK_S, VIRAL_TITLE, Arrival, events
from pipeline.ingest.generator.dirt import BREAKS
from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.wire import SPREADS, WireEvent

START_US = 1_760_000_000_000_000
UNTIL_S = 95.0


@pytest.fixture(scope="module")
def stream() -> list[Arrival]:
    return list(takewhile(lambda record: record.at_s < UNTIL_S, events(5, START_US)))


@pytest.fixture(scope="module")
def good(stream: list[Arrival]) -> list[tuple[Arrival, WireEvent]]:
    return [(record, event) for record in stream if (event := accepted(record))]


def accepted(record: Arrival) -> WireEvent | None:
    try:
        return check(record.value, int(START_US / 1000 + record.at_s * 1000))
    except RefusedError:
        return None


def test_the_same_seed_gives_the_same_records() -> None:
    first, again, other = (list(islice(events(seed, START_US), 2000)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_another_seed_gives_other_contents_so_that_two_runs_do_not_mix() -> None:
    keys = [{record.key for record in islice(events(seed, START_US), 5000)} for seed in (1, 2)]
    assert not keys[0] & keys[1]


def test_records_come_in_order_of_arrival(stream: list[Arrival]) -> None:
    times = [record.at_s for record in stream]
    assert times == sorted(times)


def test_one_record_in_a_hundred_is_broken_and_all_others_keep_the_contract(stream: list[Arrival], good: list) -> None:
    assert 1 - len(good) / len(stream) == pytest.approx(0.01, abs=0.004)


def test_every_way_to_break_an_event_is_refused(good: list) -> None:
    event = msgspec.to_builtins(good[100][1])
    sound = Arrival(0.0, b"", msgspec.json.encode(event))
    assert accepted(sound)
    refused = [accepted(Arrival(0.0, b"", spoil(event))) is None for spoil in BREAKS]
    assert refused == [True] * len(BREAKS)


def test_good_records_stand_under_the_key_of_their_content(good: list) -> None:
    assert all(record.key.decode() == event.content_id for record, event in good)


def test_there_are_copies_late_parents_and_acts_taken_back(good: list) -> None:
    ids = [(event.content_id, event.event_id) for _, event in good]
    seen: set[tuple[str, str | None]] = set()
    late = 0
    for _, event in good:
        late += (
            event.kind in SPREADS
            and event.parent_event_id is not None
            and (event.content_id, event.parent_event_id) not in seen
        )
        seen.add((event.content_id, event.event_id))
    kinds = Counter(event.kind for _, event in good)
    assert 0.005 < 1 - len(set(ids)) / len(ids) < 0.015
    assert late > 20
    assert 0.002 < kinds["retract"] / kinds.total() < 0.01


def test_shares_move_in_every_second_from_the_start(stream: list[Arrival]) -> None:
    per_second = Counter(int(record.at_s) for record in stream if 0 <= record.at_s < 60)
    assert min(per_second[second] for second in range(60)) >= 5


def test_history_is_small_enough_to_be_folded_at_once_and_has_many_contents(stream: list[Arrival]) -> None:
    history = [record for record in stream if record.at_s < 0]
    assert 15_000 < len(history) < 60_000
    assert len({record.key for record in history}) > 30


def test_many_platforms_and_campaigns_each_with_the_parents_it_can_tell(good: list) -> None:
    bases: dict[str, set[str]] = {}
    for _, event in good:
        if event.kind in SPREADS:
            bases.setdefault(event.platform, set()).add(event.parent_basis)
    assert len(bases) >= 10
    assert bases["bluesky"] == bases["pinterest"] == bases["linkedin"] == {"exact"}
    assert bases["mastodon"] == bases["blog"] == {"root_only"}
    assert bases["twitter"] == {"inferred", "exact", "root_only"}
    assert len({event.campaign_id for _, event in good}) == 6


def test_one_item_goes_viral_about_a_minute_in_and_no_other_is_half_as_fast(good: list) -> None:
    viral = {event.content_id for _, event in good if event.attributes.get("title") == VIRAL_TITLE}
    minute = Counter(event.content_id for record, event in good if event.kind in SPREADS and 45 <= record.at_s < 90)
    before = Counter(event.content_id for record, event in good if event.kind in SPREADS and record.at_s < 30)
    (first, most), (_, second) = minute.most_common(2)
    assert {first} == viral
    assert most > 2 * second
    assert before[first] < 120
    assert 60 <= VIRAL_PEAK_S <= 90


def test_the_viral_item_is_a_chain_over_all_platforms(good: list) -> None:
    spreads = [
        event
        for _, event in good
        if event.kind in SPREADS and event.content_id.startswith("https://") and "one-lamp" in event.content_id
    ]
    from_the_post = sum((event.parent_event_id or "").endswith("-post") for event in spreads)
    assert from_the_post / len(spreads) < 0.2
    assert len({event.platform for event in spreads}) >= 10


def test_posts_tell_their_publishers_audience(good: list) -> None:
    assert all(event.audience_size for _, event in good if event.kind == "post")


def test_the_rate_is_about_what_is_asked_for() -> None:
    assert (others(1) + others(2)) / 2 / 60 == pytest.approx(400, rel=0.25)


def others(seed: int) -> int:
    """Live records of the first minute, those of the viral item left out."""
    stream = takewhile(lambda record: record.at_s < 60, events(seed, START_US, rate=400))
    return sum(record.at_s >= 0 and b"one-lamp" not in record.key for record in stream)
