"""What becomes of undos whose content is not told, turn by turn."""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition
from support.undos import BEGIN_MS, TOPICS, Resolver, World, act, run, undone

from pipeline.errors import SinkTransientError
from pipeline.ingest.undo.case import FOUND_HEADER, ORIGIN_HEADER
from pipeline.ingest.undo.ladder import WAITS_S, Ladder
from pipeline.metrics import Metric
from schemas.dead_letter import REPLAY_HEADER, Identity
from schemas.topics import UNDO_RUNGS
from schemas.undo import encode, retraction_id
from schemas.wire import micros

DAY_S = 86_400.0
FIRST = Identity(TOPICS.told, 0, 0, BEGIN_MS)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def resolver(world):
    return Resolver(world)


def waiting(world):
    return [len(world.log[TopicPartition(TOPICS.waiting, rung)]) for rung in range(UNDO_RUNGS)]


def test_an_undo_after_its_act_is_a_retraction_of_the_actor_under_the_id_that_mappings_give(world, resolver):
    world.tell(act("bluesky:1"))
    world.undo(undone("bluesky:1"))
    resolver.settle()
    told = [event for event in world.events() if event.kind == "retract"]
    assert [
        (event.event_id, event.content_id, event.target_event_id, event.actor_id, event.platform) for event in told
    ] == [(retraction_id("bluesky:1"), "film", "bluesky:1", "ann", "bluesky")]
    assert resolver.metrics.value(Metric.UNDOS_RETRACTED, "bluesky") == 1


def test_an_undo_before_its_act_waits_and_is_told_once(world, resolver):
    world.undo(undone("bluesky:1"))
    resolver.settle()
    assert (world.retractions(), waiting(world)) == ([], [1, 0, 0, 0, 0, 0])
    world.tell(act("bluesky:1"))
    resolver.wait(1)
    assert world.retractions() == [], "it is looked at when its time has come"
    resolver.wait(5)
    assert world.retractions() == [("film", "bluesky:1", "ann")]
    resolver.wait(8 * DAY_S)
    assert (world.retractions(), world.letters()) == ([("film", "bluesky:1", "ann")], [])


def test_no_look_is_taken_before_clickhouse_shows_all_that_was_told_before(world, resolver):
    world.tell(act("bluesky:1"))
    world.undo(undone("bluesky:1"))
    for _ in range(5):
        resolver.turn()
    assert (world.retractions(), world.committed, resolver.desk.missing) == ([], {}, 1)
    world.show()
    resolver.turn()
    assert world.retractions() == [("film", "bluesky:1", "ann")]


def test_an_act_is_found_by_its_alias_and_without_its_actor(world, resolver):
    world.tell(act("mastodon:boost", attributes={"local_id": "mastodon:-:7"}))
    world.undo(undone("mastodon:-:7", actor_id=None))
    resolver.settle()
    assert world.retractions() == [("film", "mastodon:boost", "ann")]


def test_an_act_in_several_contents_is_undone_in_each_also_in_those_that_come_later(world, resolver):
    world.tell(act("bluesky:1", "film", kind="quote"))
    world.tell(act("bluesky:1", "talk", kind="comment"))
    world.undo(undone("bluesky:1"))
    resolver.settle()
    both = [("film", "bluesky:1", "ann"), ("talk", "bluesky:1", "ann")]
    assert sorted(world.retractions()) == both
    world.tell(act("bluesky:1", "merged", kind="quote"))
    resolver.wait(3 * DAY_S)
    assert sorted(world.retractions()) == sorted([*both, ("merged", "bluesky:1", "ann")])


def test_undone_twice_or_undone_already_is_not_told_again(world, resolver):
    world.tell(act("bluesky:1"))
    world.tell(act("bluesky:2"))
    world.tell(act(retraction_id("bluesky:2"), kind="retract", target_event_id="bluesky:2"))
    for target in ("bluesky:1", "bluesky:1", "bluesky:2"):
        world.undo(undone(target))
    resolver.settle()
    world.undo(undone("bluesky:1"))
    resolver.wait(8 * DAY_S)
    assert sorted(target for _, target, _ in world.retractions()) == ["bluesky:1", "bluesky:2"]
    assert world.letters() == []


def test_nobody_undoes_what_others_did_nor_on_another_platform_and_the_letter_says_why(world, resolver):
    world.tell(act("bluesky:1"))
    world.undo(undone("bluesky:1", actor_id="eve"))
    world.undo(undone("bluesky:1", platform="mastodon"))
    world.undo(undone("bluesky:unknown"))
    resolver.settle()
    world.undo(undone("bluesky:1"))
    resolver.wait(8 * DAY_S)
    assert world.retractions() == [("film", "bluesky:1", "ann")]
    assert [reason for reason, _ in world.letters()] == ["not_theirs", "not_theirs", "no_target"]


@pytest.mark.parametrize("kind", ["retract", "counter", "link"])
def test_what_is_no_act_cannot_be_undone(world, resolver, kind):
    fields = {
        "retract": {"target_event_id": "x"},
        "counter": {"counter_kind": "share", "count": 1},
        "link": {"target_content_id": "y"},
    }
    world.tell(act("bluesky:1", kind=kind, **fields[kind]))
    world.undo(undone("bluesky:1"))
    resolver.wait(8 * DAY_S)
    assert [event.kind for event in world.events()] == [kind]
    assert [reason for reason, _ in world.letters()] == ["no_target"]


def test_an_act_of_somebody_who_was_left_out_is_undone_by_whom_the_platform_names(world, resolver):
    world.tell(act("bluesky:1", actor_id="anonymous:bluesky:1"))
    world.undo(undone("bluesky:1", actor_id="ann"))
    resolver.settle()
    assert world.retractions() == [("film", "bluesky:1", "anonymous:bluesky:1")]


def test_an_undo_that_never_finds_its_act_is_a_dead_letter_with_its_bytes_and_first_place(world, resolver):
    world.undo(undone("bluesky:1"))
    resolver.settle()
    resolver.wait(6.9 * DAY_S)
    assert world.letters() == []
    resolver.wait(0.2 * DAY_S)
    ((reason, letter),) = world.letters()
    (undo,) = world.log[TopicPartition(TOPICS.told, 0)]
    said = dict(letter.headers)
    assert (reason, letter.key, letter.value) == ("no_target", undo.key, undo.value)
    assert (said["topic"], said["partition"], said["offset"], int(said["received_at"])) == (
        b"undos",
        b"0",
        b"0",
        BEGIN_MS,
    )
    resolver.wait(8 * DAY_S)
    assert len(world.letters()) == 1


def test_an_undo_that_has_found_its_act_is_no_dead_letter_when_the_rows_have_gone_meanwhile(
    world, resolver, monkeypatch
):
    async def nothing(_names):
        return {}

    world.tell(act("bluesky:1"))
    world.undo(undone("bluesky:1"))
    resolver.settle()
    monkeypatch.setattr(world, "named", nothing)
    resolver.wait(8 * DAY_S)
    assert (len(world.retractions()), world.letters()) == (1, [])


@pytest.mark.parametrize("found", [b"1", b"\xff", b'["of another act"]'])
def test_what_waits_since_an_older_version_is_no_dead_letter_and_finds_what_comes_later(world, resolver, found):
    made = undone("bluesky:1")
    first = [(ORIGIN_HEADER, str(FIRST).encode()), (FOUND_HEADER, found)]
    world.put(TOPICS.waiting, b"bluesky:1", encode(made), first)
    resolver.wait(DAY_S)
    world.tell(act("bluesky:1"))
    resolver.wait(8 * DAY_S)
    assert (world.retractions(), world.letters()) == ([("film", "bluesky:1", "ann")], [])


def test_a_letter_sent_again_waits_again_and_names_the_first_one_when_it_fails(world, resolver):
    world.undo(undone("bluesky:other"))
    (record,) = world.log[TopicPartition(TOPICS.told, 0)]
    world.put(TOPICS.told, record.key, record.value, [(REPLAY_HEADER, str(FIRST).encode())])
    resolver.wait(8 * DAY_S)
    assert [dict(letter.headers).get("replay_of") for _, letter in world.letters()] == [None, str(FIRST).encode()]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff",
        b"{",
        b"[]",
        b"{}",
        b'{"platform":"x","target_event_id":"a\\u0000","actor_id":null,"occurred_at":"2026-05-01T00:00:00Z"}',
    ],
    ids=["none", "empty", "not utf-8", "not json", "a list", "no fields", "a NUL"],
)
def test_what_is_no_undo_is_a_dead_letter_at_once_and_holds_up_nobody(world, resolver, value):
    world.tell(act("bluesky:1"))
    world.put(TOPICS.told, b"key", value)
    world.undo(undone("bluesky:1"))
    resolver.settle()
    assert [(reason, letter.key, letter.value) for reason, letter in world.letters()] == [
        ("not_an_undo", b"key", value or b"")
    ]
    assert len(world.retractions()) == 1


def test_a_waiting_record_that_is_not_ours_is_a_dead_letter(world, resolver):
    for headers in ([], [(ORIGIN_HEADER, b"nonsense")]):
        world.put(TOPICS.waiting, b"key", b"{}", headers, partition=2)
    resolver.wait(3600)
    assert [reason for reason, _ in world.letters()] == ["not_an_undo"] * 2


def test_while_clickhouse_is_away_nothing_is_committed_and_afterwards_nothing_is_missing(world, resolver):
    world.tell(act("bluesky:1"))
    world.undo(undone("bluesky:1"))
    world.show()
    world.away = True
    for _ in range(3):
        with pytest.raises(SinkTransientError):
            resolver.turn()
    assert world.committed == {}
    world.away = False
    resolver.settle()
    assert len(world.retractions()) == 1


@pytest.mark.parametrize("where", ["within send", "after send", "after commit"])
def test_a_crash_tells_nothing_twice_and_loses_nothing(world, resolver, where):
    for number in range(3):
        world.tell(act(f"bluesky:{number}"))
        world.undo(undone(f"bluesky:{number}"))
    world.undo(undone("bluesky:late"))
    world.strike = where
    resolver.settle()
    world.tell(act("bluesky:late"))
    resolver.wait(8 * DAY_S)
    assert resolver.crashes == 1
    assert sorted(target for _, target, _ in world.retractions()) == [
        "bluesky:0",
        "bluesky:1",
        "bluesky:2",
        "bluesky:late",
    ]
    assert world.letters() == []


def test_partitions_that_others_took_over_are_left_alone(world, resolver):
    world.tell(act("bluesky:1"))
    world.undo(undone("bluesky:1"))
    resolver.turn()
    run(resolver.desk.on_partitions_revoked(resolver.consumer.parts))
    world.show()
    resolver.turn()
    assert (world.retractions(), world.committed) == ([], {})


def test_many_undos_do_not_fill_memory_and_are_all_dealt_with(world, resolver, monkeypatch):
    monkeypatch.setattr("pipeline.ingest.undo.desk.LANE_ROOM", 10)
    monkeypatch.setattr("pipeline.ingest.undo.desk.ROUND_ROOM", 10)
    for number in range(50):
        world.undo(undone(f"bluesky:{number}"))
    resolver.turn()
    assert all(len(lane.waiting) <= 10 for lane in resolver.desk._lanes.values())
    resolver.settle()
    assert waiting(world)[0] == 50
    resolver.desk.told_waiting()
    assert resolver.metrics.value(Metric.UNDOS_WAITING, 0) == 50
    for number in range(50):
        world.tell(act(f"bluesky:{number}"))
    resolver.wait(10)
    assert len(world.retractions()) == 50


def test_a_retraction_is_dated_within_what_the_contract_takes(world, resolver):
    for number, after_s in enumerate((-50 * 365 * DAY_S, 3600.0)):
        world.tell(act(f"bluesky:{number}"))
        world.undo(undone(f"bluesky:{number}", after_s=after_s))
    resolver.settle()
    dates = [event.occurred_at.year for event in world.events() if event.kind == "retract"]
    assert dates == [2003, 2026]
    assert max(micros(event.occurred_at) for event in world.events()) <= BEGIN_MS * 1000


def test_rungs_are_as_many_as_the_topics_partitions_and_each_waits_longer_than_the_one_before():
    assert len(WAITS_S) == UNDO_RUNGS
    assert list(WAITS_S) == sorted(set(WAITS_S))


def test_the_last_look_comes_when_the_undo_gets_too_old_however_late_the_one_before_was():
    ladder = Ladder(give_up_s=100.0, waits_s=(10.0, 1000.0))
    assert ladder.due_ms(-1, 5, 5) == 5
    assert ladder.due_ms(0, 7, 5) == 10_007
    assert ladder.due_ms(1, 20_000, 5) == 100_005
    assert ladder.due_ms(1, 200_000, 5) == 200_000
    assert [ladder.after(rung, 0, 99_999) for rung in (-1, 0, 1)] == [0, 1, 1]
    assert ladder.after(0, 0, 100_000) is None
