"""The file of channels changes under a running process: what waits is delivered as the file says now, and a wrong file changes nothing."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager

import pytest
from support.receivers import OTHER_SECRET, SECRET, alert, channels_file

from pipeline.alerts.channels_file import ChannelsFile
from pipeline.alerts.lane import Lane, Limits
from pipeline.alerts.lanes import Lanes
from pipeline.alerts.outcome import Failure
from pipeline.errors import UsageError
from pipeline.metrics import Metric, Metrics

LONG = Limits(give_up_s=60.0, first_s=30.0, most_s=30.0)
"""Who is refused waits for half a minute: a test that sees a second attempt sees it for another reason."""


def hook(name: str, **more):
    return {"webhook": f"https://{name}.example.org/s3cret", "secrets": [SECRET], **more}


class Fake:
    """A way out that takes alerts or does not."""

    def __init__(self, answer=None):
        self.answer, self.tried, self.closed = answer, [], False

    async def send(self, one):
        self.tried.append(one.content_id)
        return self.answer

    async def close(self):
        self.closed = True


class Bench:
    """A file, the lanes it makes, and what became of the alerts handed to them."""

    def __init__(self, path):
        self.path, self.metrics, self.settled, self.senders = path, Metrics(), [], {}
        self.file = ChannelsFile(path, self.metrics)
        self.lanes = Lanes(self._lane)
        self._times = 0

    def _lane(self, name, sender):
        return Lane(name, sender, self._bury, lambda _alert: False, self.metrics, LONG)

    async def _bury(self, *_):
        raise AssertionError("nothing is buried here")

    def write(self, **told):
        """As an editor does, within the same tick of the file's clock or not."""
        channels_file(self.path, **told)
        self._touch()

    def scrawl(self, text):
        self.path.write_text(text)
        self._touch()

    def _touch(self):
        self._times += 1
        os.utime(self.path, ns=(self._times, self._times))

    def take(self, **answers):
        """The file's channels as `look` finds them, with a fake for each sender."""
        found = self.file.look()
        assert found is not None
        self.senders = {name: Fake(answers.get(name)) for name in found}
        self.lanes.take({name: (channel, self.senders[name]) for name, (channel, _) in found.items()})

    def put(self, one):
        for lane in self.lanes.wanting(one):
            lane.put(one, None, lambda: self.settled.append(one.content_id))

    async def until(self, holds):
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - any condition, looked at often
                await asyncio.sleep(0.005)


@pytest.fixture
async def bench(tmp_path):
    async with _bench(tmp_path / "channels.yaml") as made:
        yield made


@asynccontextmanager
async def _bench(path):
    made = Bench(path)
    try:
        yield made
    finally:
        await made.lanes.finish(5)
        made.lanes.check()


REFUSED = Failure("refused", "answered 500")


async def test_a_channel_that_is_new_gets_what_comes_from_then_on(bench):
    bench.write(crm=hook("crm"))
    bench.take()
    bench.put(alert(1))
    bench.write(crm=hook("crm"), press=hook("press"))
    crm = bench.senders["crm"]
    bench.take()
    bench.put(alert(2))
    await bench.until(lambda: len(bench.settled) == 3)
    assert (crm.tried, bench.senders["press"].tried) == (["content-1", "content-2"], ["content-2"])
    assert bench.senders["crm"].tried == [], "who is as before keeps connection and lane"


@pytest.mark.parametrize("change", [{"webhook": "https://new.example.org/s3cret"}, {"secrets": [SECRET, OTHER_SECRET]}])
async def test_what_waits_for_a_channel_is_tried_at_once_under_its_new_address_or_secrets(bench, change):
    bench.write(crm=hook("old"))
    bench.take(crm=REFUSED)
    old = bench.senders["crm"]
    bench.put(alert(1))
    await bench.until(lambda: old.tried)
    bench.write(crm=hook("old") | change)
    bench.take()
    await bench.until(lambda: bench.settled == ["content-1"])
    assert (old.tried, bench.senders["crm"].tried) == (["content-1"], ["content-1"])
    await bench.until(lambda: old.closed)


async def test_what_waits_for_a_channel_that_is_gone_is_settled_and_counted(bench):
    bench.write(crm=hook("crm"), press=hook("press"))
    bench.take(crm=REFUSED)
    crm = bench.senders["crm"]
    bench.put(alert(1))
    await bench.until(lambda: crm.tried)
    bench.write(press=hook("press"))
    bench.take()
    await bench.until(lambda: len(bench.settled) == 2)
    assert bench.metrics.value(Metric.ALERTS_SKIPPED, "unwanted") == 1
    assert bench.lanes.names == ["press"]
    await bench.until(lambda: crm.closed)
    bench.lanes.check()


async def test_other_filters_hold_for_what_comes_and_disturb_nothing(bench):
    bench.write(crm=hook("crm"))
    bench.take()
    crm = bench.senders["crm"]
    bench.write(crm=hook("crm", min_severity=9))
    bench.take()
    bench.put(alert(1, severity=8))
    bench.put(alert(2, severity=9))
    await bench.until(lambda: bench.settled)
    assert crm.tried == ["content-2"]
    assert not crm.closed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("channels: {crm: {webhook: 's3cret', secrets: ['whsec_bm9uZQ==']}}", "no http or https address"),
        ("channels: {crm: {colour: s3cret}}", "channels.crm.colour"),
        ("channels: [s3cret", "is not YAML"),
        (None, "cannot be read"),
    ],
)
async def test_a_file_that_becomes_wrong_keeps_the_channels_and_says_so_until_it_is_right(bench, caplog, text, words):
    bench.write(crm=hook("crm"))
    bench.take()
    crm = bench.senders["crm"]
    if text is None:
        bench.path.unlink()
    else:
        bench.scrawl(text)
    assert bench.file.look() is None
    assert bench.file.look() is None
    assert words in bench.file.problem
    assert bench.metrics.value(Metric.CHANNELS_REFUSED) == 1
    said = [record for record in caplog.records if "stay as they were" in record.message]
    assert (len(said), "s3cret" in caplog.text + bench.file.problem) == (1, False)
    bench.put(alert(1))
    await bench.until(lambda: crm.tried)
    bench.write(press=hook("press"))
    bench.take()
    assert (bench.lanes.names, bench.file.problem, bench.metrics.value(Metric.CHANNELS_REFUSED)) == (["press"], "", 0)


def test_a_file_that_is_wrong_at_the_start_is_refused(tmp_path):
    path = tmp_path / "channels.yaml"
    path.write_text("channels: {}")
    with pytest.raises(UsageError, match="channels"):
        ChannelsFile(path, Metrics()).load()


async def test_a_lane_that_breaks_ends_the_process(bench):
    class Broken(Fake):
        async def send(self, _alert):
            raise RuntimeError("a fault of ours")

    bench.write(crm=hook("crm"))
    found = bench.file.look()
    bench.lanes.take({"crm": (found["crm"][0], Broken())})
    bench.put(alert(1))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await bench.until(bench.lanes.check)
