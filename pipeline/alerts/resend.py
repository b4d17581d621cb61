"""Dead letters of alerts sent again: to the channel that did not take them and to no other, each under the id that it had.

1. the channel takes it; 2. a record in the dead letters' topic takes the letter back. A crash between the two means that the next call sends it once
more, with the same id and the same body: at least once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.alerts import kinds
from pipeline.alerts.letters import resent_headers
from pipeline.errors import UnavailableError
from pipeline.kafka import client_options
from pipeline.kafka_security import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.alerts.channels import Channel
    from pipeline.alerts.letters import Letter
    from pipeline.alerts.outcome import Failure, Sender
    from pipeline.config import Settings
    from schemas.alert import Alert

FATE_OF_ALL = frozenset({"unreachable", "timed_out", "gone", "redirected"})
"""Reasons that the next letter of the channel would meet too: it is not tried."""


class Verdict(Enum):
    """What became of one letter; the value is the word for people."""

    SENT = "sent"
    FAILED = "still not taken"
    NOT_TRIED = "not tried, because the channel took none before"
    MUTED = "left out, because muted or acknowledged"
    NO_CHANNEL = "left out, because the file of channels has no such channel any more"
    NO_ALERT = "left out, because it is no alert"


Tell = Callable[["Letter", Verdict, str], None]
"""(letter, what became of it, why)."""


class Marks:
    """Takes letters back. Guarantee: when `resent` returns, the record is in Kafka on all in-sync replicas."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Self:
        self._kafka = AIOKafkaProducer(**client_options(self._settings), acks="all", enable_idempotence=True)
        try:
            await self._kafka.start()
        except KafkaError as error:
            await self._kafka.stop()
            raise await refusal(self._settings, error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kafka.stop()

    async def resent(self, letter: Letter) -> None:
        """The channel has it. Raises UnavailableError when Kafka does not take that."""
        topic, said = self._settings.alert_dead_letter_topic, resent_headers(letter, datetime.now(UTC))
        try:
            await self._kafka.send_and_wait(topic, b"", key=letter.key, headers=said)
        except KafkaError as error:
            raise UnavailableError(
                f"channel {letter.channel} took an alert, but Kafka did not take the note of it ({error!r}): "
                "the next call sends that one again, with the same id"
            ) from error


async def resend(
    found: Mapping[str, Channel],
    chosen: Sequence[Letter],
    unwanted: Callable[[Alert], bool],
    marks: Marks,
    tell: Tell,
) -> Counter[Verdict]:
    """One attempt for each letter, in order within a channel; channels do not wait for one another. Raises UsageError before anything is sent when a
    channel cannot work at all, UnavailableError when Kafka goes away.
    """
    by_channel: dict[str, list[Letter]] = {}
    for letter in chosen:
        by_channel.setdefault(letter.channel, []).append(letter)
    senders = {name: kinds.sender(name, found[name]) for name in by_channel if name in found}
    counts: Counter[Verdict] = Counter()

    def note(letter: Letter, verdict: Verdict, why: str = "") -> None:
        counts[verdict] += 1
        tell(letter, verdict, why)

    try:
        works = (_one(senders.get(name), mine, unwanted, marks, note) for name, mine in by_channel.items())
        await asyncio.gather(*works)
    finally:
        for sender in senders.values():
            await sender.close()
    return counts


async def _one(
    sender: Sender | None, mine: Sequence[Letter], unwanted: Callable[[Alert], bool], marks: Marks, note: Tell
) -> None:
    over: Failure | None = None
    for letter in mine:
        left_out = _left_out(sender, letter, unwanted)
        if left_out or sender is None or letter.alert is None:
            note(letter, left_out or Verdict.NO_CHANNEL, "")
        elif over is not None:
            note(letter, Verdict.NOT_TRIED, over.detail)
        elif (failure := await sender.send(letter.alert)) is None:
            await marks.resent(letter)
            note(letter, Verdict.SENT, "")
        else:
            over = failure if failure.reason in FATE_OF_ALL or failure.retry_after_s else None
            note(letter, Verdict.FAILED, f"{failure.reason}: {failure.detail}")


def _left_out(sender: Sender | None, letter: Letter, unwanted: Callable[[Alert], bool]) -> Verdict | None:
    if letter.alert is None:
        return Verdict.NO_ALERT
    if sender is None:
        return Verdict.NO_CHANNEL
    return Verdict.MUTED if unwanted(letter.alert) else None
