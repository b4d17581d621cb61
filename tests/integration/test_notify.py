"""`cascades notify` on a real broker: every alert reaches every channel that wants it or is a dead letter, and what is repeated has its old id."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from support.notify_process import NotifyProcess, committed, dead_letters, own, topic_of
from support.receivers import HANG, alert, channels_file, hook, receiving
from support.worker_process import WorkerProcess

from pipeline.config import Settings
from pipeline.control_log import send
from schemas.alert import Control

pytestmark = pytest.mark.timeout(180)


@asynccontextmanager
async def notifying(kafka, tmp_path, settings=None, **channels):
    """(settings, process) with these channels, ended at the end of the block."""
    path = channels_file(tmp_path / "channels.yaml", **channels)
    settings = (settings or own(kafka)).model_copy(update={"notify_channels_file": path})
    process = NotifyProcess(settings, tmp_path / "notify.log")
    try:
        yield settings, process
    finally:
        with suppress(ProcessLookupError):
            process.kill()


def control(action, **scope):
    return Control.model_validate({"action": action, "scope": scope, "at": datetime.now(UTC).isoformat()})


async def settled(settings, count):
    async with asyncio.timeout(60):
        while await committed(settings) < count:  # noqa: ASYNC110 - the broker is asked, no event tells
            await asyncio.sleep(0.3)


async def test_alerts_reach_every_channel_that_wants_them_signed_and_in_order(kafka, tmp_path):
    async with receiving(200) as crm, receiving(200) as press:
        channels = {"crm": hook(crm), "press": hook(press, min_severity=9)}
        async with notifying(kafka, tmp_path, **channels) as (settings, process), topic_of(settings) as put:
            await put(*(alert(number) for number in range(5)), alert(9, severity=9))
            await put(alert(7), abort=True)
            await put(alert(8))
            await crm.until(7)
            assert [got.verified()["data"]["content_id"] for got in crm.got] == [
                *(f"content-{number}" for number in range(5)), "content-9", "content-8"
            ]  # fmt: skip
            assert [got.verified()["data"]["content_id"] for got in press.got] == ["content-9"]
            await settled(settings, 7)
            assert process.metric("cascades_alerts_delivered_total") == 8
            assert process.stop() == 0


async def test_a_kill_between_delivery_and_commit_gives_the_same_id_again(kafka, tmp_path):
    async with (
        receiving(200) as quick,
        receiving(HANG) as slow,
        notifying(kafka, tmp_path, quick=hook(quick), slow=hook(slow)) as (settings, process),
    ):
        async with topic_of(settings) as put:
            await put(alert(1))
            await quick.until(1)
            await slow.until(1)
            assert await committed(settings) == 0
            process.kill()
        slow.answers = [200]
        again = NotifyProcess(settings, tmp_path / "again.log")
        await quick.until(2)
        await slow.until(2)
        assert set(quick.ids) == set(slow.ids) == {alert(1).message_id}
        assert quick.got[0].body == quick.got[1].body
        await settled(settings, 1)
        assert again.stop() == 0


async def test_a_dead_channel_holds_up_nobody_and_its_alerts_become_dead_letters(kafka, tmp_path):
    settings = own(kafka, notify_give_up_s=4.0)
    async with receiving(200) as well, receiving(503) as broken, receiving(HANG) as hanging:
        channels = {"well": hook(well), "broken": hook(broken), "hanging": hook(hanging)}
        async with notifying(kafka, tmp_path, settings, **channels) as (settings, process), topic_of(settings) as put:
            await process.ready()
            await put(alert(1), alert(2))
            await well.until(2, seconds=3.0)
            await settled(settings, 2)
            letters = await dead_letters(settings)
            told = [{name: value.decode() for name, value in letter.headers} for letter in letters]
            assert sorted((one["channel"], json.loads(letter.value)["content_id"]) for one, letter in zip(told, letters, strict=True)) == [
                (channel, f"content-{number}") for channel in ("broken", "hanging") for number in (1, 2)
            ]  # fmt: skip
            assert {one["reason"] for one in told if one["channel"] == "broken"} == {"refused"}
            assert {one["detail"] for one in told if one["channel"] == "broken"} == {"answered 503"}
            assert len(well.got) == 2
            assert process.get("/readyz")[0] == 200, "the others work"
            assert "does not take alerts" in process.parts()["channels"]["detail"]
            said = (
                (tmp_path / "notify.log").read_text()
                + process.get("/readyz")[1]
                + process.get("/metrics")[1]
                + str(told)
            )
            assert "s3cret" not in said
            assert str(broken.port) not in said


async def test_muted_and_acknowledged_alerts_are_not_sent_but_others_are_and_the_end_of_what_was_acknowledged(
    kafka, tmp_path
):
    settings = own(kafka)
    async with receiving(200) as crm, topic_of(settings) as put:
        await send(settings, control("mute", content_id="content-1"))
        await send(settings, control("acknowledge", alert_id=alert(2).alert_id))
        await send(settings, control("mute", rule="depth"))
        await send(settings, control("unmute", rule="depth"))
        await put(alert(1), alert(2), alert(3, muted=True), alert(4, rule="depth"))
        await put(alert(2, sequence=1, kind="changed"), alert(2, sequence=2, kind="closed"))
        async with notifying(kafka, tmp_path, settings, crm=hook(crm)) as (_, process):
            await crm.until(2)
            await settled(settings, 6)
            assert [got.verified()["type"] for got in crm.got] == ["alert.opened", "alert.closed"]
            assert crm.ids == [alert(4).message_id, alert(2, sequence=2).message_id]
            assert process.metric("cascades_alerts_skipped_total") == 4
            await send(settings, control("unmute", content_id="content-1"))
            await asyncio.sleep(2)
            await put(alert(1, sequence=1))
            await crm.until(3)


async def test_old_alerts_and_records_that_are_none_stop_nothing(kafka, tmp_path):
    old = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
    settings = own(kafka)
    async with receiving(200) as crm, topic_of(settings) as put:
        await put(alert(1, at=old, opened_at=old), b"\xffno alert", b"", alert(2))
        async with notifying(kafka, tmp_path, settings, crm=hook(crm)) as (_, process):
            await crm.until(1)
            await settled(settings, 4)
            assert [got.verified()["data"]["content_id"] for got in crm.got] == ["content-2"]
            letters = await dead_letters(settings)
            assert [letter.value for letter in letters] == [b"\xffno alert", b""]
            assert {dict(letter.headers)["reason"] for letter in letters} == {b"not_an_alert"}
            assert process.get("/livez")[0] == 200


async def test_it_stops_cleanly_within_an_attempt_and_goes_on_where_it_was(kafka, tmp_path):
    async with (
        receiving(200, 500) as crm,
        notifying(kafka, tmp_path, crm=hook(crm)) as (settings, process),
        topic_of(settings) as put,
    ):
        await put(alert(1))
        await crm.until(1)
        await settled(settings, 1)
        await put(alert(2))
        await crm.until(2)
        assert process.stop(signal.SIGINT) == 0
        assert await committed(settings) == 1
        crm.answers = [200]
        again = NotifyProcess(settings, tmp_path / "again.log")
        before = len(crm.got)
        await crm.until(before + 1)
        await settled(settings, 2)
        assert set(crm.ids) == {alert(1).message_id, alert(2).message_id}
        assert again.stop() == 0


async def test_channels_change_with_their_file_and_a_wrong_file_changes_nothing(kafka, tmp_path):
    async with (
        receiving(503) as old,
        receiving(200) as new,
        notifying(kafka, tmp_path, crm=hook(old)) as (settings, process),
        topic_of(settings) as put,
    ):
        await put(alert(1))
        await old.until(1)
        settings.notify_channels_file.write_text("channels: {crm: s3cret}")
        stale = "as they were before"
        await asyncio.to_thread(process.wait_until, lambda: stale in process.parts()["channels"]["detail"], stale)
        assert process.metric("cascades_channels_refused") == 1
        channels_file(settings.notify_channels_file, crm=hook(new))
        await new.until(1)
        await put(alert(2))
        await new.until(2)
        assert new.ids == [alert(1).message_id, alert(2).message_id]
        assert process.metric("cascades_channels_refused") == 0
        await settled(settings, 2)
        assert process.stop() == 0
        assert "s3cret" not in (tmp_path / "notify.log").read_text()


async def test_two_processes_share_the_work_and_one_takes_over(kafka, tmp_path):
    async with (
        receiving(200) as crm,
        notifying(kafka, tmp_path, crm=hook(crm)) as (settings, first),
        topic_of(settings) as put,
    ):
        second = NotifyProcess(settings, tmp_path / "second.log")
        await first.ready()
        await second.ready()
        await put(alert(1))
        await crm.until(1)
        first.kill()
        await put(alert(2))
        async with asyncio.timeout(60):
            while alert(2).message_id not in crm.ids:  # noqa: ASYNC110 - a look at a list
                await asyncio.sleep(0.2)
        assert second.stop() == 0


def test_without_channels_it_says_what_to_do(tmp_path):
    process = WorkerProcess(
        Settings(kafka_bootstrap="127.0.0.1:9"), tmp_path / "log", program=("-m", "pipeline.cli", "notify")
    )
    assert process.process.wait(60) == 2
    assert "CASCADES_NOTIFY_CHANNELS_FILE" in (tmp_path / "log").read_text()
