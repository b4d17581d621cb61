"""Dead letters fixed and sent to the events topic again, each with its effect once.

A letter is judged here as the worker will judge it, so what is still broken is not sent, and makes no second dead letter. What is sent carries
the letter's identity in a header, and the worker folds one record per identity: sending it twice changes nothing, not even `duplicates`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.errors import CascadesError, UnavailableError
from pipeline.kafka import client_options, partition_for
from pipeline.kafka_security import refusal
from schemas.check import check
from schemas.dead_letter import REPLAY_HEADER, Identity, RefusedError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.ingest.letters import Letter
    from pipeline.ingest.remap import Record

Fix = Callable[[bytes], bytes | None]
"""The value as it should have been, or None to leave the letter out."""
Report = Callable[["Letter", "Verdict", str], None]

IN_FLIGHT = 500
"""Records sent and not acknowledged yet: the first of them is waited for then."""


class Send(Protocol):
    """Takes a record with the identity of its first dead letter. Without a topic: the events."""

    def __call__(self, key: bytes, value: bytes, first: Identity, topic: str = "", /) -> Awaitable[None]: ...


class Remap(Protocol):
    """Makes records of letters that are no events. See `pipeline.ingest.remap.Remap`."""

    def takes(self, letter: Letter, /) -> bool:
        """Whether a letter is no event."""
        ...

    def __call__(self, letter: Letter, value: bytes, /) -> list[Record]:
        """The records that come of such a letter's text, mended or not."""
        ...


class Verdict(Enum):
    """What became of one letter."""

    SENT = "sent"
    BROKEN = "still broken, not sent"
    LEFT_OUT = "left out by fix()"
    COUNTED = "counted already, only its raw row is missing: `cascades rebuild` writes it"
    LATER_COPY = "a later failure of a letter that was dealt with just now"


async def again(
    letters: AsyncIterable[Letter], fix: Fix, send: Send, report: Report, now_ms: int, remap: Remap | None = None
) -> Counter[Verdict]:
    """Fix, judge and send each letter; a platform's payload is read by its platform's mapping, and an undo stays one (`remap`). `send` may queue: what it has taken is certain only when its producer is flushed.

    Raises CascadesError when `fix` fails; replaying the same letters afterwards is harmless.
    """
    verdicts: Counter[Verdict] = Counter()
    dealt_with: set[Identity] = set()
    async for letter in letters:
        if remap and remap.takes(letter):
            verdict, why = await _mapped(letter, fix, send, remap, dealt_with)
        else:
            verdict, why = await _one(letter, fix, send, now_ms, dealt_with)
        verdicts[verdict] += 1
        report(letter, verdict, why)
    return verdicts


async def _one(letter: Letter, fix: Fix, send: Send, now_ms: int, dealt_with: set[Identity]) -> tuple[Verdict, str]:
    if letter.first in dealt_with:
        return Verdict.LATER_COPY, ""
    if letter.reason == "not_storable":
        return Verdict.COUNTED, ""
    value = _fixed(letter, fix)
    if value is None:
        return Verdict.LEFT_OUT, ""
    try:
        event = check(value, now_ms)
    except RefusedError as refused:
        return Verdict.BROKEN, str(refused)
    dealt_with.add(letter.first)
    await send(event.content_id.encode(), value, letter.first)
    return Verdict.SENT, ""


async def _mapped(letter: Letter, fix: Fix, send: Send, remap: Remap, dealt_with: set[Identity]) -> tuple[Verdict, str]:
    value = _fixed(letter, fix)
    if value is None:
        return Verdict.LEFT_OUT, ""
    try:
        records = remap(letter, value)
    except RefusedError as refused:
        return Verdict.BROKEN, str(refused)
    dealt_with.add(letter.first)
    for number, (topic, key, event) in enumerate(records):
        # A letter can hold several acts: each has its effect once under an identity of its own.
        await send(key, event, letter.first._replace(partition=letter.first.partition + number), topic)
    return Verdict.SENT, ""


def _fixed(letter: Letter, fix: Fix) -> bytes | None:
    try:
        value = fix(letter.value or b"")
    except Exception as error:
        raise CascadesError(f"fix() fails on {letter.identity.place}: {type(error).__name__}: {error}") from error
    if value is not None and not isinstance(value, bytes):
        raise CascadesError(
            f"fix() returns {type(value).__name__} for {letter.identity.place}: it must return bytes or None"
        )
    return value


class Resender:
    """Sends fixed letters. Guarantee: after leaving the context without an error every one is acknowledged by all in-sync replicas."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Self:
        self._kafka = AIOKafkaProducer(
            **client_options(self._settings), acks="all", enable_idempotence=True, max_request_size=8 << 20
        )
        try:
            await self._kafka.start()
        except KafkaError as error:
            await self._kafka.stop()
            raise await refusal(self._settings, error) from error
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._settle()
        finally:
            await self._kafka.stop()

    async def send(self, key: bytes, value: bytes, first: Identity, topic: str = "", /) -> None:
        """Send a record under its key; waits while too many are under way. Raises UnavailableError when Kafka does not take them."""
        # Undos may have any number of partitions; Kafka's client knows it.
        partition = None if topic == self._settings.undo_topic else partition_for(key, self._settings.partitions)
        headers = [(REPLAY_HEADER, str(first).encode())]
        try:
            self._waiting.append(
                await self._kafka.send(
                    topic or self._settings.events_topic, value, key=key, partition=partition, headers=headers
                )
            )
        except KafkaError as error:
            raise self._untaken(error) from error
        if len(self._waiting) >= IN_FLIGHT:
            await self._settle()

    async def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            await asyncio.gather(*waiting)
        except KafkaError as error:
            raise self._untaken(error) from error

    def _untaken(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(
            f"Kafka did not take all records for {self._settings.events_topic}: {error!r}. Run the same command again: what was taken has its effect once"
        )
