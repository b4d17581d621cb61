"""An import that is cut off goes on where Kafka acknowledged last, and comes to the same in the end."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.archives import LIMITS, imported, json_lines, open_archive, takeout, tweet, working, written, zipped
from support.doors import FakeSender

from pipeline.errors import UnavailableError, UsageError
from pipeline.ingest.archives import running
from pipeline.ingest.archives.journal import Journal, Progress
from pipeline.ingest.archives.mapping_file import MappingFile
from pipeline.ingest.archives.running import deliver
from schemas.dead_letter import DeadLetterHeaders

NUMBER = 1_250


class DiesError(Exception):
    """The process is gone."""


class Dying(FakeSender):
    """Dies with the chunk of that number: before it is acknowledged, or after."""

    def __init__(self, at, *, acknowledged):
        super().__init__()
        self.left, self.acknowledged = at, acknowledged

    async def send(self, entries):
        self.left -= 1
        if not self.left and not self.acknowledged:
            raise DiesError
        await super().send(entries)
        if not self.left:
            raise DiesError


def statuses(tmp_path):
    """Two members; every hundredth line is none."""
    lines = [json.dumps(tweet(number, str(number % 7), 1)) for number in range(1, NUMBER + 1)]
    lines[99::100] = ["{"] * len(lines[99::100])
    half = len(lines) // 2
    return zipped(tmp_path / "x.zip", {"1.jsonl": "\n".join(lines[:half]), "2.jsonl": "\n".join(lines[half:])})


async def attempt(path, journal, sender, name="twitter"):
    with open_archive(str(path), LIMITS) as archive:
        work = working(archive, name, journal.load())
        await work.run(sender, journal, lambda: None)
        return work.progress


async def until_done(path, journal, senders):
    """Attempts with one sender after the other; the last one does not die."""
    for sender in senders[:-1]:
        with pytest.raises(DiesError):
            await attempt(path, journal, sender)
    progress = await attempt(path, journal, senders[-1])
    return progress, [entry for sender in senders for entry in sender.entries]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(running, "CHUNK_ITEMS", 100)


@pytest.mark.parametrize("acknowledged", [False, True])
@pytest.mark.parametrize("at", [1, 7, 8, 14])
async def test_killed_at_any_chunk_it_sends_everything_and_counts_everything_once(tmp_path, at, acknowledged):
    path, journal = statuses(tmp_path), Journal(tmp_path, "x")
    whole, straight = await until_done(path, Journal(tmp_path, "straight"), [FakeSender()])
    senders = [Dying(at, acknowledged=acknowledged), FakeSender()]
    progress, sent = await until_done(path, journal, senders)
    assert {entry.value for entry in sent} == {entry.value for entry in straight}
    assert progress.counts == whole.counts
    assert progress.counts.entries == NUMBER
    # Each member ends with a chunk of 25.
    assert len(sent) - len(straight) == acknowledged * (25 if at in {7, 14} else 100)


async def test_the_position_never_runs_ahead_of_the_acknowledgement(tmp_path):
    path, journal, sender = statuses(tmp_path), Journal(tmp_path, "x"), FakeSender()
    seen = []

    class Watched(Journal):
        def save(self, progress):
            seen.append((progress.counts.entries, len(sender.entries)))
            super().save(progress)

    watched = Watched(tmp_path, "y")
    await attempt(path, watched, sender)
    assert len(seen) > 10
    assert all(counted <= sent for counted, sent in seen)
    assert journal.load() is None


async def test_an_attempt_after_the_last_one_has_nothing_to_do(tmp_path):
    path, journal = statuses(tmp_path), Journal(tmp_path, "x")
    await attempt(path, journal, FakeSender())
    again = FakeSender()
    progress = await attempt(path, journal, again)
    assert (again.entries, progress.done, progress.counts.entries) == ([], True, NUMBER)


async def test_a_journal_that_is_spoiled_or_lost_begins_anew(tmp_path):
    path, journal = statuses(tmp_path), Journal(tmp_path, "x")
    await attempt(path, journal, FakeSender())
    (kept,) = (tmp_path / "imports").iterdir()
    kept.write_bytes(kept.read_bytes()[:20])
    assert journal.load() is None
    again = FakeSender()
    await attempt(path, journal, again)
    assert len(again.entries) == NUMBER


def test_a_journal_that_cannot_be_written_says_which_setting_helps(tmp_path):
    written(tmp_path / "imports", "a file")
    with pytest.raises(UnavailableError, match="CASCADES_STATE_DIR"):
        Journal(tmp_path, "x").save(Progress(file="f", format="twitter", as_of_us=0))


async def test_what_cannot_be_read_is_a_dead_letter_that_says_where_it_stands(tmp_path):
    path = written(tmp_path / "x.jsonl", json_lines(tweet(1, "9", 1)) + '{"id_str": \n' + json_lines({"odd": "é"}))
    sender = FakeSender()
    await attempt(path, Journal(tmp_path, "x"), sender)
    letters = sender.on("share.events.dlq")
    headers = [DeadLetterHeaders(**{name: text.decode() for name, text in letter.headers}) for letter in letters]
    assert [letter.value for letter in letters] == [b'{"id_str": ', '{"odd":"é"}'.encode()]
    assert [one.reason for one in headers] == ["not_json", "unknown_shape"]
    assert [one.detail.partition(":")[0] for one in headers] == ["x.jsonl, entry 2", "x.jsonl, entry 3"]
    assert {(one.topic, one.door) for one in headers} == {("door.import.twitter", "/import/twitter")}


async def test_attempts_at_one_import_give_one_name_to_the_same_dead_letter(tmp_path):
    path, journal = statuses(tmp_path), Journal(tmp_path, "x")
    first, second = Dying(2, acknowledged=True), FakeSender()
    await until_done(path, journal, [first, second])
    letters = [entry for sender in (first, second) for entry in sender.on("share.events.dlq")]
    assert len({dict(entry.headers)["received_at"] for entry in letters}) == 1


async def test_a_part_that_breaks_off_is_kept_with_its_beginning(tmp_path):
    members = takeout() | {"Takeout/Google+ Stream/Posts/20150101 - broken.json": '{"creationTime": "2015'}
    sender = FakeSender()
    progress = await attempt(zipped(tmp_path / "a.zip", members), Journal(tmp_path, "x"), sender, "googleplus")
    assert sender.letters == [("not_json", b'{"creationTime": "2015')]
    assert (progress.counts.cut, len(sender.events)) == (1, 2)


async def test_a_payload_that_utf_8_cannot_write_is_kept_all_the_same(tmp_path):
    mapping = MappingFile.model_validate(
        {"platform": "web", "kind": "share", "actor_id": {"column": "a"}, "occurred_at": {"column": "b"}}
    )
    path, sender = written(tmp_path / "x.csv", b"a,b\n\xff,2014-01-01T00:00:00Z\n"), FakeSender()
    with open_archive(str(path), LIMITS) as archive:
        await working(archive, "csv", mapping=mapping).run(sender, Journal(tmp_path, "x"), lambda: None)
    ((_, payload),) = sender.letters
    assert json.loads(payload)["a"] == "\udcff"


class Away(FakeSender):
    """Not there for the first times."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    async def send(self, entries):
        self.times -= 1
        if self.times >= 0:
            raise UnavailableError("away")
        await super().send(entries)


async def test_kafka_may_be_away_for_a_while(tmp_path):
    sender = Away(2)
    await attempt(written(tmp_path / "x.jsonl", json_lines(tweet(1, "9", 1))), Journal(tmp_path, "x"), sender)
    assert len(sender.events) == 1


async def test_kafka_that_stays_away_ends_the_attempt_with_its_reason():
    with pytest.raises(UnavailableError, match="away"):
        await deliver(Away(99), ["an entry"], patience_s=-1)


def test_reading_without_sending_gives_the_same_events_as_sending(tmp_path):
    path, sender = statuses(tmp_path), FakeSender()
    asyncio.run(attempt(path, Journal(tmp_path, "x"), sender))
    events, counts = imported(path, "twitter")
    assert [event.event_id for event in events] == [event["event_id"] for event in sender.events]
    assert counts.refused == {"not_json": NUMBER // 100}


async def test_a_wrong_format_is_asked_about_before_it_fills_the_dead_letters(tmp_path):
    path, sender = written(tmp_path / "x.jsonl", json_lines(*({"odd": number} for number in range(100)))), FakeSender()
    with pytest.raises(UsageError, match="none of the first 100 entries is of the format twitter, so nothing was sent"):
        await attempt(path, Journal(tmp_path, "x"), sender)
    assert not sender.entries
    written(path, json_lines(tweet(1, "9", 1), *({"odd": number} for number in range(300))))
    await attempt(path, Journal(tmp_path, "x"), sender)
    assert len(sender.letters) == 300
