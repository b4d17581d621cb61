"""Audiences are looked up without ever standing in the stream's way."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import pytest
from support.jetstream import jetstream

from pipeline.ingest.collect.followers import Followers

PEOPLE = [f"did:plc:{number}" for number in range(60)]


@pytest.fixture
async def server():
    async with jetstream() as made:
        made.followers = {person: number for number, person in enumerate(PEOPLE)}
        yield made


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def made(server, session):
    def make(**limits):
        counts, time = Counter(), Time()
        given = {"per_s": 10.0, "ttl_s": 60.0, "most": 1000, "within_s": 5.0, **limits}
        followers = Followers(
            session, server.url, lambda outcome, count: counts.update({outcome: count}), monotonic=time, **given
        )
        return followers, counts, time

    return make


async def test_people_are_asked_for_25_at_once_and_then_remembered(server, made):
    followers, counts, time = made()
    assert await followers.of(PEOPLE) == server.followers
    assert sorted(map(len, server.asked)) == [10, 25, 25]
    time.now += 59
    assert await followers.of(reversed(PEOPLE)) == server.followers
    assert len(server.asked) == 3
    assert counts == {"asked": 60, "known": 60, "over_budget": 0}
    time.now += 2
    server.followers[PEOPLE[0]] = 77
    assert await followers.of(PEOPLE[:1]) == {PEOPLE[0]: 77}


async def test_who_is_not_known_to_the_service_is_unknown_and_not_zero(server, made):
    followers, *_ = made()
    assert await followers.of(["did:plc:gone", PEOPLE[0]]) == {PEOPLE[0]: 0}
    await followers.of(["did:plc:gone"])
    assert len(server.asked) == 1


async def test_above_the_budget_nobody_waits(server, made):
    followers, counts, time = made(per_s=1.0)
    assert len(await followers.of(PEOPLE)) == 50  # a burst of two questions
    assert counts["over_budget"] == 10
    time.now += 1
    assert len(await followers.of(PEOPLE)) == 60


async def test_a_service_that_fails_is_left_alone_for_as_long_as_it_asks(server, made):
    followers, counts, time = made()
    server.profiles_status = 429
    assert await followers.of(PEOPLE[:3]) == {}
    server.profiles_status = 200
    assert await followers.of(PEOPLE[:3]) == {}
    assert len(server.asked) == 1
    time.now += 31
    assert len(await followers.of(PEOPLE[:3])) == 3
    assert counts["failed"] == 6


async def test_a_service_that_hangs_costs_its_time_once(server, made):
    followers, counts, _ = made(within_s=0.2)
    server.profiles_wait = asyncio.Event()
    assert await followers.of(PEOPLE[:1]) == {}
    assert await followers.of(PEOPLE[:2]) == {}
    assert len(server.asked) == 1
    assert counts["failed"] == 3
    server.profiles_wait.set()


async def test_a_known_audience_outlives_a_service_that_fails(server, made):
    followers, _, time = made()
    await followers.of(PEOPLE[:2])
    time.now += 100
    server.profiles_status = 500
    assert len(await followers.of(PEOPLE[:2])) == 2


async def test_memory_is_bounded(server, made):
    followers, *_ = made(most=25)
    await followers.of(PEOPLE)
    assert len(followers._known) == 25
