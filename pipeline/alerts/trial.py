"""A test alert through every channel, once, so that somebody can see whether it arrives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from pipeline.alerts import kinds
from schemas.alert import Alert, Links

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.alerts.channels import Channel
    from pipeline.alerts.outcome import Failure
    from pipeline.config import Settings

SEVERITY = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the test in one channel."""

    channel: str
    failure: Failure | None
    seconds: float


def test_alert(settings: Settings) -> Alert:
    """An alert that says what it is. Its id is new each time: a receiver that drops repeats shows every test."""
    now = datetime.now(UTC)
    return Alert(
        alert_id=f"test-{uuid4().hex}",
        kind="test",
        rule="test",
        state="viral",
        previous_state="rising",
        severity=SEVERITY,
        content_id="a test of this channel",
        opened_at=now,
        at=now,
        closed_at=now,
        summary="Somebody ran `cascades alerts test`: nothing goes viral, and nothing is to be done.",
        links=Links(page=settings.page_public_url or None, dashboard=settings.grafana_url or None),
    )


async def trial(settings: Settings, found: Mapping[str, Channel]) -> list[Verdict]:
    """One attempt in each channel, all at once. Raises UsageError when a channel cannot work at all."""
    senders = {name: kinds.sender(name, channel) for name, channel in found.items()}
    alert = test_alert(settings)

    async def one(name: str) -> Verdict:
        began = perf_counter()
        try:
            failure = await senders[name].send(alert)
        finally:
            await senders[name].close()
        return Verdict(name, failure, perf_counter() - began)

    return await asyncio.gather(*map(one, senders))
