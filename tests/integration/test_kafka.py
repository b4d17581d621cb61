from __future__ import annotations

import asyncio

import pytest
from support.kafka_cases import consume, create, produce

from pipeline.errors import TopicMismatchError, UnavailableError
from pipeline.kafka import ensure_topics, partition_for, topic_specs, wait_until_up
from schemas.topics import DEAD_LETTER_MAX_BYTES


@pytest.fixture(params=["embedded", pytest.param("container", marks=pytest.mark.docker)])
def broker(request):
    """Our own broker, and the project's image of the same version in a container where there is a Docker engine."""
    return request.getfixturevalue("kafka" if request.param == "embedded" else "kafka_in_container")


async def test_what_is_produced_is_consumed_with_the_brokers_append_time(broker):
    settings = broker.settings()
    await ensure_topics(settings)
    await produce(settings, settings.events_topic, (b"k", b"v"))
    (record,) = await consume(settings, settings.events_topic, 1)
    assert (record.key, record.value) == (b"k", b"v")
    assert record.timestamp_type == 1  # LogAppendTime


async def test_our_partition_for_a_key_is_the_one_that_kafka_clients_choose(broker):
    settings = broker.settings(partitions=7)
    await ensure_topics(settings)
    keys = [b"", b"a", b"post:42", "größe".encode(), b"x" * 300]
    placed = await produce(settings, settings.events_topic, *((key, b"v") for key in keys))
    assert [partition_for(key, 7) for key in keys] == [record.partition for record in placed]


async def test_topics_are_created_once_however_many_ask_at_once(broker):
    settings = broker.settings(partitions=3)
    await asyncio.gather(*(ensure_topics(settings) for _ in range(4)))
    await ensure_topics(settings)


async def test_a_topic_with_another_partition_count_is_refused_and_the_error_says_what_to_do(broker):
    settings = broker.settings(partitions=3)
    await ensure_topics(settings)
    with pytest.raises(
        TopicMismatchError, match=r"has 3 partitions, but CASCADES_PARTITIONS is 5.*set CASCADES_PARTITIONS=3, or"
    ):
        await ensure_topics(settings.model_copy(update={"partitions": 5}))


async def test_a_topic_with_the_producers_time_is_refused(broker):
    settings = broker.settings(partitions=3)
    await create(settings, settings.events_topic, 3, {"retention.ms": "-1"})
    with pytest.raises(
        TopicMismatchError,
        match=r"has message.timestamp.type=CreateTime, but must have message.timestamp.type=LogAppendTime.*kafka-configs",
    ):
        await ensure_topics(settings)


async def test_a_topic_that_forgets_events_is_refused(broker):
    settings = broker.settings(partitions=3)
    await create(
        settings, settings.events_topic, 3, {"message.timestamp.type": "LogAppendTime", "retention.ms": "3600000"}
    )
    with pytest.raises(TopicMismatchError, match=r"has retention.ms=3600000, but needs at least retention.ms=-1"):
        await ensure_topics(settings)


async def test_a_dead_letter_topic_that_is_too_small_for_dead_letters_is_refused(broker):
    settings = broker.settings()
    await create(settings, settings.dead_letter_topic, 1, {"retention.ms": "-1"})
    with pytest.raises(TopicMismatchError, match=f"needs at least max.message.bytes={DEAD_LETTER_MAX_BYTES}"):
        await ensure_topics(settings)


async def test_a_topic_that_keeps_more_than_asked_is_taken(broker):
    settings = broker.settings()
    dead_letters = next(spec for spec in topic_specs(settings) if spec.name == settings.dead_letter_topic)
    await create(
        settings,
        settings.dead_letter_topic,
        6,
        dict(dead_letters.config) | {"max.message.bytes": str(2 * DEAD_LETTER_MAX_BYTES)},
    )
    await ensure_topics(settings)


async def test_a_dead_letter_near_four_mebibytes_goes_through_the_broker(broker):
    settings = broker.settings()
    await ensure_topics(settings)
    value = bytes(DEAD_LETTER_MAX_BYTES - 10_000)
    await produce(settings, settings.dead_letter_topic, (b"k", value), max_request_size=DEAD_LETTER_MAX_BYTES)
    (record,) = await consume(settings, settings.dead_letter_topic, 1)
    assert record.value == value


async def test_topics_are_not_made_by_a_slip_of_the_pen(broker):
    settings = broker.settings()
    with pytest.raises(Exception, match=r"UnknownTopicOrPartition|not in cluster metadata|Failed to update metadata"):
        await produce(settings, f"{settings.events_topic}-typo", (b"k", b"v"), request_timeout_ms=2000)


async def test_waiting_ends_at_once_when_kafka_is_up(broker):
    await wait_until_up(broker.settings(), timeout_s=20)


async def test_a_refused_creation_says_why(broker):
    with pytest.raises(UnavailableError, match=r"did not create topic events-\w+: .*[Rr]eplication"):
        await ensure_topics(broker.settings(replication=3))


async def test_a_dead_letter_topic_too_small_for_what_the_events_topic_takes_is_refused_at_the_start(kafka):
    settings = kafka.settings(partitions=1)
    config = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "max.message.bytes": str(8 << 20)}
    await create(settings, settings.events_topic, 1, config)
    with pytest.raises(
        TopicMismatchError, match=f"{settings.dead_letter_topic} dead letters of .*max.message.bytes=8454144"
    ):
        await ensure_topics(settings)
