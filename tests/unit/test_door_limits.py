"""What one sender can do to the doors: nothing to the others."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic

import aiohttp
import pytest
from support.doors import ALL, event, opened

from pipeline.ingest.http.limits import Limiter, Room
from pipeline.ingest.http.problems import ProblemError


async def test_a_token_has_its_rate_and_is_told_when_to_come_again():
    async with opened([ALL | {"events_per_s": 5}, {"name": "b", "tokens": ["another-token-of-another"]}]) as doors:
        assert (await doors.send(*map(event, range(30))))[0] == 202, "a full bucket takes one request of any size"
        status, problem = await doors.send(event())
        assert (status, problem["type"]) == (429, "/problems#too-many")
        assert (await doors.send(event(), Authorization="Bearer another-token-of-another"))[0] == 202


def test_a_bucket_fills_again_with_time():
    now = [0.0]
    limiter = Limiter(lambda: now[0])
    limiter.take("a", 10, 40)
    with pytest.raises(ProblemError) as refused:
        limiter.check("a", 10, "events")
    assert refused.value.retry_after_s == pytest.approx(2.1)
    now[0] = 2.2
    limiter.check("a", 10, "events")


def test_limits_remember_a_bounded_number_of_senders():
    limiter = Limiter(most=100)
    for number in range(1000):
        limiter.take(str(number), 1)
    assert len(limiter._buckets) == 100


async def test_a_flood_of_refused_requests_is_slowed_down_and_the_good_go_on_elsewhere():
    async with opened(ingest_refused_per_s=1) as doors:
        answers = [(await doors.post("/v1/events", b"{", {"Content-Type": "application/json"}))[0] for _ in range(30)]
        assert answers[:2] == [401] * 2
        assert answers[-1] == 429
    async with opened(ingest_refused_per_s=1, ingest_proxies=["127.0.0.1"]) as doors:
        for _ in range(30):
            await doors.post("/v1/events", b"{", {"X-Forwarded-For": "198.51.100.1"})
        assert (await doors.send(event(), **{"X-Forwarded-For": "198.51.100.1"}))[0] == 429
        assert (await doors.send(event(), **{"X-Forwarded-For": "198.51.100.1, 198.51.100.2"}))[0] == 202, (
            "the last hop counts"
        )


async def test_bytes_that_wait_for_kafka_are_bounded():
    async with opened(ingest_held_bytes=1024 * 1024) as doors:
        doors.sender.may_answer.clear()
        sending = [asyncio.create_task(doors.send(large(one))) for one in range(80)]
        done = await asyncio.wait_for(_some(sending), 30)
        assert {task.result()[0] for task in done} == {503}
        doors.sender.may_answer.set()
        statuses = [(await task)[0] for task in sending]
        assert statuses.count(202) == len(doors.sender.entries) > 30
        assert (await doors.send(event()))[0] == 202, "and the room is given back"


def large(number):
    return event(number, attributes={f"text {part}": "x" * 2000 for part in range(12)})


async def _some(sending):
    done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    return done


def test_room_is_counted():
    room = Room(100)
    room.take(60)
    with pytest.raises(ProblemError):
        room.take(41)
    room.give(60)
    room.take(100)


async def connection(doors):
    return await asyncio.open_connection("127.0.0.1", doors.port)


async def test_whoever_sends_his_head_byte_by_byte_is_cut_off():
    async with opened(ingest_timeout_s=0.5) as doors:
        began = monotonic()
        _, writer = await connection(doors)
        with pytest.raises(ConnectionError):
            await trickle(writer)
        assert monotonic() - began < 8
        writer.close()


async def trickle(writer):
    for _ in range(100):
        writer.write(b"P")
        await writer.drain()
        await asyncio.sleep(0.1)


async def test_whoever_sends_his_body_byte_by_byte_gets_408_while_others_are_served():
    async with opened(ingest_timeout_s=0.5) as doors:
        head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"
        slow = [await connection(doors) for _ in range(50)]
        for _, writer in slow:
            writer.write((head + f"Authorization: {doors.bearer['Authorization']}\r\n\r\n" + "{").encode())
        assert (await doors.send(event()))[0] == 202
        for reader, writer in slow:
            assert b" 408 " in await asyncio.wait_for(reader.readline(), 10)
            writer.close()
    assert len(doors.sender.entries) == 1


async def test_a_body_that_is_too_large_is_refused_before_it_is_read():
    async with opened() as doors:
        reader, writer = await connection(doors)
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {doors.bearer['Authorization']}\r\nContent-Length: 99999999999\r\n\r\n"
        writer.write(head.encode())
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 10)
        writer.close()


async def test_a_body_without_a_length_is_bounded_too():
    async def endless():
        while True:
            yield b" " * 100_000

    async with opened(ingest_body_bytes=1_000_000) as doors:
        headers = doors.bearer | {"Content-Type": "application/json"}
        with suppress(aiohttp.ClientError):  # the answer, or that nobody listens any more
            async with doors.session.post(doors.url + "/v1/events", data=endless(), headers=headers) as response:
                assert response.status == 413
        assert (await doors.send(event()))[0] == 202
