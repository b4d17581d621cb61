"""Kafka as every part of the project uses it: how to connect, which partition a key belongs to, and the topics that must exist."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2

from pipeline.errors import TopicMismatchError, UnavailableError
from pipeline.kafka_security import options, refusal
from pipeline.kafka_topic_id import topic_id
from schemas import topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from pipeline.config import Settings
    from schemas.topics import TopicSpec

RETRY_S = 0.2
CONNECT_S = 2.0
"""For one address: a machine that is off refuses nothing, and the system itself would wait for minutes."""
VISIBLE_DEADLINE_S = 15.0
"""From the creation of a topic until the broker that is asked shows it."""


METADATA_MAX_AGE_MS = 30_000
"""A client of aiokafka may wait for its next look at the metadata after a broker came back: its own five minutes are a long silence."""


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that every aiokafka client of ours gets: address, TLS, login. Raises UsageError when the settings do not fit together."""
    made = options(settings)
    made["metadata_max_age_ms"] = METADATA_MAX_AGE_MS
    return made


def partition_for(key: bytes, partitions: int) -> int:
    """The partition of a key among `partitions`: murmur2, as Kafka's default partitioner and those of its clients in all languages."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def topic_specs(settings: Settings) -> list[TopicSpec]:
    """The topics that our processes need, as the settings want them."""
    return [
        topics.events(settings.events_topic, settings.partitions),
        topics.dead_letters(settings.dead_letter_topic),
        topics.undos(settings.undo_topic),
        changelog_spec(settings),
        *alert_topic_specs(settings),
    ]


def changelog_spec(settings: Settings) -> TopicSpec:
    """The changelog topic of the settings' group."""
    return topics.changelog(settings.events_topic, settings.group, settings.partitions)


def undo_topic_specs(settings: Settings) -> list[TopicSpec]:
    """Those that undos come from, wait in and end in; the last is where they wait."""
    return [
        topics.events(settings.events_topic, settings.partitions),
        topics.dead_letters(settings.dead_letter_topic),
        topics.undos(settings.undo_topic),
        topics.waiting_undos(settings.undo_topic),
    ]


def alert_topic_specs(settings: Settings) -> list[TopicSpec]:
    """Those of them that alerts and what people answer to them need."""
    return [
        topics.alerts(settings.alerts_topic),
        topics.alert_dead_letters(settings.alert_dead_letter_topic),
        topics.control(settings.control_topic),
    ]


def collect_topic_specs(settings: Settings) -> list[TopicSpec]:
    """Those that collectors need."""
    return [
        topics.events(settings.events_topic, settings.partitions),
        topics.dead_letters(settings.dead_letter_topic),
        topics.undos(settings.undo_topic),
        topics.positions(settings.positions_topic),
    ]


async def ensure_topics(settings: Settings, wanted: Iterable[TopicSpec] | None = None) -> None:
    """Create the topics that are missing and check those that exist: all of ours, or those wanted. Any number of processes may do this at once.

    Raises TopicMismatchError when a topic exists otherwise than it must be, UnavailableError when Kafka cannot be reached or refuses.
    """
    specs = {spec.name: spec for spec in (topic_specs(settings) if wanted is None else wanted)}
    async with admin_client(settings) as admin:
        found = await _partition_counts(admin, specs)
        if missing := [specs[name] for name in specs if name not in found]:
            await _create(admin, missing, settings.replication)
            found = await _await_visible(admin, specs)
        configs = await _configs(admin, specs)
    for name, spec in specs.items():
        _check(spec, found[name], configs[name])
    if wanted is None:
        _check_letters_fit(settings, configs)


async def missing_topics(settings: Settings) -> list[str]:
    """Check the topics that exist and name those that do not; changes nothing. Raises as `ensure_topics` does."""
    specs = {spec.name: spec for spec in topic_specs(settings)}
    async with admin_client(settings) as admin:
        found = await _partition_counts(admin, specs)
        configs = await _configs(admin, found) if found else {}
    for name, partitions in found.items():
        _check(specs[name], partitions, configs[name])
    return [name for name in specs if name not in found]


async def partition_count(settings: Settings, topic: str) -> int:
    """How many partitions a topic has; 0 when it is not there. Raises UnavailableError when Kafka cannot be reached."""
    async with admin_client(settings) as admin:
        return (await _partition_counts(admin, [topic])).get(topic, 0)


async def topic_identity(settings: Settings) -> dict[str, str]:
    """The identity that Kafka drew for the events topic when it was made, by `topic NAME`; {} from a Kafka older than 2.8, which has none.

    Raises UnavailableError when Kafka cannot be reached.
    """
    name = settings.events_topic
    async with admin_client(settings) as admin:
        identity = await topic_id(admin, name)
    return {f"topic {name}": identity} if identity else {}


async def wait_until_up(
    settings: Settings, timeout_s: float, progress: Callable[[str, float | None], None] = lambda _text, _done: None
) -> None:
    """Return when Kafka answers and has a broker that takes work.

    Raises UnavailableError after `timeout_s` seconds.
    """
    began, told = time.monotonic(), -1
    while not await _is_up(settings):
        seconds = int(time.monotonic() - began)
        if time.monotonic() - began > timeout_s:
            raise await refusal(settings, TimeoutError(f"no answer within {timeout_s:.0f} s"))
        if seconds > told:
            told = seconds
            progress(f"waiting for Kafka at {settings.kafka_bootstrap} … {seconds} s", None)
        await asyncio.sleep(RETRY_S)


async def _is_up(settings: Settings) -> bool:
    # A plain connection first: aiokafka writes an error to the log for each one that fails.
    if not await any_connects(settings.kafka_bootstrap):
        return False
    try:
        async with admin_client(settings) as admin:
            return bool((await admin.describe_cluster())["brokers"])
    except UnavailableError:
        return False


async def any_connects(bootstrap: str) -> bool:
    """Whether any of the brokers (`host:port`, comma separated) accepts a connection."""
    return any(await asyncio.gather(*map(_connects, bootstrap.split(","))))


async def _connects(broker: str) -> bool:
    host, _, port = broker.strip().rpartition(":")
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, ValueError):  # TimeoutError is an OSError
        return False
    writer.close()
    return True


@asynccontextmanager
async def admin_client(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client. Raises UnavailableError when Kafka cannot be reached, or refuses what is asked within."""
    admin = AIOKafkaAdminClient(**client_options(settings))
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        raise await refusal(settings, error) from error
    finally:
        await admin.close()


async def started(client: Any) -> None:
    """Start a Kafka client to the end even when cancelled: half-way, it forgets to close its first connection. Stopped when it does not start."""
    starting = asyncio.ensure_future(client.start())
    try:
        await asyncio.shield(starting)
    except BaseException:
        await asyncio.wait([starting])
        await stopped(client)
        raise


async def stopped(client: Any) -> None:
    """Stop a Kafka client to the end even when cancelled: half-way, it leaves connections open."""
    stopping = asyncio.ensure_future(client.stop())
    try:
        await asyncio.shield(stopping)
    except asyncio.CancelledError:
        await asyncio.wait([stopping])
        raise


async def _partition_counts(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    """Of those topics that exist with all their partitions."""
    described = await admin.describe_topics(list(names))
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}


async def _create(admin: AIOKafkaAdminClient, specs: Iterable[TopicSpec], replication: int) -> None:
    wanted = [NewTopic(spec.name, spec.partitions or 1, replication, topic_configs=dict(spec.config)) for spec in specs]
    for name, code, *message in (await admin.create_topics(wanted)).topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise UnavailableError(
                f"Kafka did not create topic {name}: {next(iter(message), None) or error.description}"
            )


async def _await_visible(admin: AIOKafkaAdminClient, specs: Mapping[str, TopicSpec]) -> dict[str, int]:
    """Partition counts, once every topic is known to the broker that we ask (creation reaches brokers a moment later)."""
    until = time.monotonic() + VISIBLE_DEADLINE_S
    while len(found := await _partition_counts(admin, specs)) < len(specs):
        if time.monotonic() > until:
            raise UnavailableError(
                f"Kafka does not show topic {', '.join(set(specs) - set(found))} {VISIBLE_DEADLINE_S:.0f} s after creating it"
            )
        await asyncio.sleep(RETRY_S)
    return found


async def _configs(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    resources = (resource for answer in answers for resource in answer.resources)
    return {name: {entry[0]: entry[1] for entry in entries} for _code, _message, _type, name, entries in resources}


def _check(spec: TopicSpec, partitions: int, config: Mapping[str, str]) -> None:
    if spec.partitions not in {None, partitions}:
        raise TopicMismatchError(
            f"topic {spec.name} has {partitions} partitions, but CASCADES_PARTITIONS is {spec.partitions}. The count decides which partition a content "
            f"belongs to, so it cannot change in place: set CASCADES_PARTITIONS={partitions}, or move the events to a topic with more partitions "
            f"(`cascades repartition --help`)"
        )
    for name in sorted(spec.binding):
        if config.get(name) != spec.config[name]:
            raise TopicMismatchError(
                f"topic {spec.name} has {name}={config.get(name)}, but must have {_remedy(spec, name)}"
            )
    # Larger values do no harm here; smaller ones lose what the topic is for.
    for name in ("max.message.bytes", "retention.ms", "retention.bytes"):
        if name in spec.config and _room(config.get(name, "0")) < _room(spec.config[name]):
            raise TopicMismatchError(
                f"topic {spec.name} has {name}={config.get(name)}, but needs at least {_remedy(spec, name)}"
            )


def _check_letters_fit(settings: Settings, configs: Mapping[str, Mapping[str, str]]) -> None:
    """Else one large record, refused, could not be put anywhere, and its partition would stand still."""
    event, letter = (
        int(configs[name]["max.message.bytes"]) for name in (settings.events_topic, settings.dead_letter_topic)
    )
    if letter < (needed := event + topics.DEAD_LETTER_ROOM_BYTES):
        raise TopicMismatchError(
            f"topic {settings.events_topic} takes records of {event} bytes, but topic {settings.dead_letter_topic} dead letters of {letter} only: raise its "
            f"max.message.bytes to {needed} with `kafka-configs --alter --entity-type topics --entity-name {settings.dead_letter_topic} "
            f"--add-config max.message.bytes={needed}`"
        )


def _room(value: str) -> float:
    """As a limit: -1 is none."""
    return float("inf") if int(value) < 0 else int(value)


def _remedy(spec: TopicSpec, name: str) -> str:
    setting = f"{name}={spec.config[name]}"
    if name == "message.timestamp.type":
        setting_up = "If `cascades repartition` is filling it, let that finish first. Else"
        return f"{setting}. {setting_up} change it with `kafka-configs --alter --entity-type topics --entity-name {spec.name} --add-config {setting}`"
    return f"{setting}: change it with `kafka-configs --alter --entity-type topics --entity-name {spec.name} --add-config {setting}`"
