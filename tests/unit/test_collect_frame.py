"""The frame: what becomes of what a source puts out, whatever fails around it."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from support.collecting import collecting
from support.doors import FakeSender, event

from pipeline.config import Settings
from pipeline.errors import UnavailableError, UsageError
from pipeline.ingest.collect import collector
from pipeline.ingest.collect.events import EVENTS
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import Kind, SourceOptions, load
from pipeline.ingest.collect.seam import Piece, Source, SourceError
from pipeline.metrics import Metric
from schemas import topics


def piece(number, **facts):
    return Piece(json.dumps(event(number)).encode(), EVENTS, {"at": number}, **facts)


class Scripted(Source):
    """Plays lives one after the other: each a list of pieces, positions (dict) and errors; after the last it waits."""

    def __init__(self, context, lives):
        super().__init__("made-up", context)
        self.lives, self.began_at = list(lives), []

    async def run(self, out, position):
        self.began_at.append(position)
        for one in self.lives.pop(0) if self.lives else []:
            if isinstance(one, Exception):
                raise one
            await (out.put(one) if isinstance(one, Piece) else out.mark(one))
        if not self.lives:
            await asyncio.Event().wait()


def playing(*lives, **more):
    made = []

    def make(_name, _options, context, _tools):
        made.append(Scripted(context, lives))
        return made[0]

    kinds = {"made-up": Kind(SourceOptions, make, lambda _options: EVENTS)}
    return collecting("made-up", {}, kinds=kinds, **more), made


class Failing(FakeSender):
    """Takes what it is sent, and fails to say so the first times."""

    def __init__(self, times):
        super().__init__()
        self.left = times

    async def send(self, entries):
        sent = list(entries)
        if self.left:
            self.left -= 1
            self.entries.extend(sent[: len(sent) // 2])
            raise UnavailableError("not acknowledged")
        await super().send(sent)


async def test_a_position_is_stored_after_all_that_it_covers_was_acknowledged():
    source, _ = playing([piece(1), piece(2), {"at": "later"}])
    async with source as running:
        await running.until(lambda: running.position == {"at": "later"})
    topics = [entry.topic for entry in running.sender.entries]
    assert topics.index("share.positions") == 2
    assert [made["event_id"] for made in running.events] == ["web:1", "web:2"]


async def test_without_an_acknowledgement_the_same_records_go_again_and_no_position_is_stored():
    source, _ = playing([piece(1), piece(2)], sender=Failing(3))
    async with source as running:
        await running.until(lambda: running.position == {"at": 2})
    last = [entry.topic for entry in running.sender.entries][-3:]
    assert last == ["share.events", "share.events", "share.positions"]


async def test_what_was_read_before_a_stop_is_delivered_and_its_position_stored():
    source, _ = playing([piece(number) for number in range(900)])
    async with source as running:
        running.sender.may_answer.clear()
        await running.until(lambda: running.counted(Metric.COLLECTED) == 900)
        running.sender.may_answer.set()
    assert len(running.events) == 900
    assert running.position == {"at": 899}


async def test_after_a_failure_the_source_goes_on_from_what_it_put_out_last():
    lives = [[piece(1), SourceError("it rains")], [OSError("no route")], [TimeoutError()], [piece(2)]]
    source, made = playing(*lives, position={"at": 0})
    async with source as running:
        await running.until(lambda: len(running.events) == 2)
        assert running.counted(Metric.COLLECT_FAILURES) == 3
    assert made[0].began_at == [{"at": 0}, {"at": 1}, {"at": 1}, {"at": 1}]


async def test_a_failure_is_told_until_the_source_works_again():
    source, _ = playing([SourceError("it rains", 0.0)], [piece(1)])
    async with source as running:
        await running.until(lambda: "it rains; again in" in running.told)
        assert not running.is_ready
        await running.until(lambda: running.is_ready)


async def test_a_fault_of_our_own_ends_the_source_instead_of_being_skipped():
    source, _ = playing([piece(1), ZeroDivisionError("a defect")])
    with pytest.raises(ZeroDivisionError):
        await over(source)


async def over(source):
    async with source as running:
        await running.until(running.reading.done)


async def test_one_bad_payload_is_a_letter_and_its_neighbours_are_events():
    source, _ = playing([piece(1), Piece(b"{", EVENTS, {"at": 2}), Piece(b'{"event_id": "x"}', EVENTS), piece(4)])
    async with source as running:
        await running.until(lambda: running.position == {"at": 4})
        assert running.counted(Metric.COLLECT_LETTERS, "missing_field") == 1
    assert running.letters == [("unknown_shape", b"{"), ("missing_field", b'{"event_id":"x"}')]
    assert [made["event_id"] for made in running.events] == ["web:1", "web:4"]


async def test_a_letter_is_never_larger_than_its_topic_takes():
    source, _ = playing([Piece(b"x" * 5_000_000, EVENTS), piece(2)])
    async with source as running:
        await running.until(lambda: running.position == {"at": 2})
    ((_, payload),) = running.letters
    assert payload == b"x" * collector.MOST_LETTER
    room = int(topics.dead_letters().config["max.message.bytes"]) - topics.DEAD_LETTER_ROOM_BYTES
    assert room > collector.MOST_LETTER


async def test_the_lag_is_measured_by_the_platforms_clock():
    source, _ = playing([piece(1, at_us=1_780_003_570_000_000)])
    async with source as running:
        await running.until(lambda: running.position)
        assert running.counted(Metric.COLLECT_LAG) == 30.0


@pytest.mark.parametrize(
    ("told", "names", "part"),
    [
        ("", [], "name a source"),
        ("{", [], "CASCADES_COLLECT does not work"),
        ("", ["nowhere"], "no source 'nowhere'"),
        ('{"x": {"kind": "teleport"}}', ["x"], "no such kind; kinds are bluesky, instagram, linkedin, mastodon, pinterest"),
        ('{"fedi": {"kind": "mastodon", "token": "t"}}', ["fedi"], "fedi: url: Field required"),
        ('{"bluesky": {"urls": ["http://x/subscribe"]}}', [], "bluesky: urls.0"),
        ('{"bluesky": {"collectoins": []}}', [], "bluesky: collectoins: Extra inputs"),
        ('{"fedi": {"kind": "mastodon", "url": "https://m.example", "token": "t", "stream": "hashtag"}}', [], "`of` names"),
        ('{"s": {"kind": "stream", "url": "https://m.example", "mapping": "nobody"}}', [], "no mapping 'nobody'"),
        ('{"s": {"kind": "stream", "url": "https://m.example", "mapping": "mailgun"}}', [], "CASCADES_ACTOR_KEY"),
    ],
)  # fmt: skip
def test_a_source_that_cannot_work_is_told_in_one_sentence(told, names, part):
    with pytest.raises(UsageError, match=re.escape(part)) as error:
        load(Settings(collect=told), KINDS, names)
    assert "\n" not in str(error.value)


def test_secrets_of_a_source_are_not_shown():
    told = '{"fedi": {"kind": "mastodon", "url": "nonsense", "token": "very secret"}}'
    with pytest.raises(UsageError) as error:
        load(Settings(collect=told), KINDS)
    assert "secret" not in str(error.value)
    assert "very secret" not in repr(Settings(collect=told))


def test_the_public_firehose_needs_no_setting():
    (found,) = load(Settings(), KINDS, ["bluesky"])
    assert found.kind is KINDS["bluesky"]
