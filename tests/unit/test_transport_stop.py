"""The thread that talks to Kafka ends, whatever its client is doing."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher

from pipeline.stream.transport import ConsumerThread


class Client:
    closed = False

    async def close(self):
        self.closed = True


async def consumer_with_a_fetch_that_is_repeated():
    """aiokafka's own consumer and fetcher, with nothing else around them."""
    fetcher, consumer = object.__new__(Fetcher), object.__new__(AIOKafkaConsumer)
    forever = asyncio.Event()
    fetcher._fetch_task, again = (asyncio.create_task(forever.wait()) for _ in range(2))
    fetcher._pending_tasks, fetcher._fetch_waiters = {again}, set()
    consumer._closed, consumer._coordinator, consumer._fetcher, consumer._client = False, None, fetcher, Client()
    await asyncio.sleep(0)
    return consumer


def thread_of(consumer):
    thread = object.__new__(ConsumerThread)
    thread._consumer, thread._method_queue = consumer, None
    return thread


async def test_the_thread_ends_and_its_connections_are_closed_although_the_client_breaks_off():
    consumer = await consumer_with_a_fetch_that_is_repeated()
    await asyncio.wait_for(thread_of(consumer).on_thread_stop(), 10)
    assert consumer._client.closed


async def test_the_client_alone_would_break_off():
    """Else the test above could not fail."""
    consumer = await consumer_with_a_fetch_that_is_repeated()
    with pytest.raises(asyncio.CancelledError):
        await consumer.stop()
    assert not consumer._client.closed


async def test_a_thread_that_never_had_a_client_ends():
    await asyncio.wait_for(thread_of(None).on_thread_stop(), 10)
