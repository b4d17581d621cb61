"""Known posts, wherever events come in: an event of a post that is linked to a content goes straight to that content, under its own id.

What passes before a reader knows is no harm: the `link` event merges it in the worker, and the figures are the same. So the list is followed, and
nobody waits for it for long.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from pipeline.errors import CascadesError
from pipeline.kafka import client_options, ensure_topics
from pipeline.kafka_security import refusal
from schemas import posts, topics, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.config import Settings
    from schemas.posts import PostLink
    from schemas.wire import WireEvent

log = logging.getLogger("cascades.posts")

POLL_MS = 500
REQUEST_TIMEOUT_MS = 10_000


class Posts:
    """The list: post → link. Pure."""

    def __init__(self, links: Iterable[PostLink] = ()) -> None:
        self._links = {link.post: link for link in links}

    def __iter__(self) -> Iterator[PostLink]:
        return iter(self._links.values())

    def get(self, post: str) -> PostLink | None:
        """What is said of a post."""
        return self._links.get(post)

    def take(self, post: str, link: PostLink | None) -> None:
        """The latest word on a post; None ends its link."""
        if link is None:
            self._links.pop(post, None)
        else:
            self._links[post] = link

    def home(self, content_id: str) -> str:
        """The content that events of this one are counted for: along the links; of a ring its smallest id, as the worker does."""
        way = [content_id]
        while (link := self._links.get(way[-1])) is not None:
            if link.content_id in way:
                return min(way[way.index(link.content_id) :])
            way.append(link.content_id)
        return way[-1]

    def at_home(self, event: WireEvent) -> WireEvent:
        """The event under the content that it is counted for; the same object where that is its own. Links stay: they are about a content."""
        if event.content_id not in self._links or event.kind == "link":
            return event
        link = self._links[event.content_id].link()
        final = self.home(event.content_id)
        if final == event.content_id or event.target_event_id == link.event_id:
            return event
        of = event.parent_event_id
        if event.kind == "counter" and of is None:
            of = event.content_id  # the total of one post is never taken for that of another
        return msgspec.structs.replace(event, content_id=final, parent_event_id=of)


class PostLog:
    """Follows the topic for the life of a process."""

    def __init__(self, settings: Settings, list_: Posts) -> None:
        self._settings, self._posts = settings, list_
        self.caught_up = asyncio.Event()
        """Set once everything that was there at the start is in the list."""

    async def run(self) -> None:
        """Until cancelled. Without Kafka it tries again; reading from the start once more changes nothing."""
        backoff, told = Backoff(first=0.5, most=15.0), ""
        while True:
            try:
                await self._follow()
            except (KafkaError, CascadesError) as error:
                if told != str(error):
                    told = str(error)
                    log.warning("the list of linked posts is not followed (%s); trying again", told)
                await asyncio.sleep(backoff.next())

    async def _follow(self) -> None:
        await ensure_topics(self._settings, [topics.posts(self._settings.posts_topic)])
        consumer = _consumer(self._settings)
        try:
            part = await _begin(consumer, self._settings)
            end = (await consumer.end_offsets([part]))[part]
            while True:
                if await consumer.position(part) >= end:
                    self.caught_up.set()
                _apply(await consumer.getmany(part, timeout_ms=POLL_MS), self._posts)
        finally:
            await consumer.stop()


async def read(settings: Settings) -> Posts:
    """The list as it is now. Raises UnavailableError when Kafka does not answer."""
    await ensure_topics(settings, [topics.posts(settings.posts_topic)])
    found, consumer = Posts(), _consumer(settings)
    try:
        part = await _begin(consumer, settings)
        end = (await consumer.end_offsets([part]))[part]
        while await consumer.position(part) < end:
            _apply(await consumer.getmany(part, timeout_ms=POLL_MS), found)
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await consumer.stop()
    return found


async def write(settings: Settings, changes: Iterable[tuple[str, PostLink | None, WireEvent]]) -> None:
    """For each post what is said of it, then the event that says so to the workers; each acknowledged by all in-sync replicas. Sending the same
    again changes nothing. Raises UnavailableError when Kafka does not take it: then do it again.
    """
    kafka = AIOKafkaProducer(
        **client_options(settings), acks="all", enable_idempotence=True, request_timeout_ms=REQUEST_TIMEOUT_MS
    )
    try:
        await kafka.start()
        for post, link, event in changes:
            value = None if link is None else posts.encode(link)
            await kafka.send_and_wait(settings.posts_topic, value, key=post.encode())
            await kafka.send_and_wait(settings.events_topic, wire.encode(event), key=event.content_id.encode())
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await kafka.stop()


def _consumer(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest")


async def _begin(consumer: AIOKafkaConsumer, settings: Settings) -> TopicPartition:
    await consumer.start()
    part = TopicPartition(settings.posts_topic, 0)
    consumer.assign([part])
    await consumer.seek_to_beginning(part)
    return part


def _apply(found: dict[TopicPartition, list[Any]], to: Posts) -> None:
    """Records that cannot be read are passed over: nothing stops because of them."""
    for record in (record for records in found.values() for record in records if record.key):
        try:
            link = None if record.value is None else posts.decode(record.value)
            to.take(record.key.decode(), link)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("the record at %s/%d is no link of a post: passed over", record.topic, record.offset)
