from __future__ import annotations

import asyncio

import pytest

from pipeline import kafka
from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.errors import UnavailableError
from pipeline.kafka import ensure_topics, wait_until_up


@pytest.fixture
def nobody():
    return Settings(kafka_bootstrap=f"127.0.0.1:{ports.choose()}")


async def test_without_kafka_the_error_names_the_address_and_the_setting(nobody):
    with pytest.raises(
        UnavailableError, match=rf"Kafka at {nobody.kafka_bootstrap} does not serve us .*CASCADES_KAFKA_BOOTSTRAP"
    ):
        await ensure_topics(nobody)


async def test_waiting_reports_each_second_and_gives_up_in_time(nobody):
    told = []
    with pytest.raises(UnavailableError, match="no answer within 1 s"):
        await wait_until_up(nobody, 1, lambda text, _done: told.append(text))
    assert told == [f"waiting for Kafka at {nobody.kafka_bootstrap} … 0 s"]


async def test_a_broker_whose_machine_is_off_is_not_waited_for(nobody, monkeypatch):
    async def never(*_):
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "open_connection", never)
    monkeypatch.setattr(kafka, "CONNECT_S", 0.01)
    async with asyncio.timeout(5):
        with pytest.raises(UnavailableError, match="no answer"):
            await wait_until_up(nobody, 0.05)
