"""Is there a broker? Kafka's client reconnects by itself and only writes log lines; readiness should say it too."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from pipeline.errors import UnavailableError, UsageError
from pipeline.kafka import wait_until_up

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.status import Status

log = logging.getLogger("cascades.kafka")

EVERY_S = 5.0
AGAIN_S = 1.0
PATIENCE_S = 2.0
"""A broker that is silent for longer counts as away."""


async def watch_kafka(settings: Settings, status: Status) -> None:
    """Ask every few seconds, for ever. One log line when Kafka goes, one when it is back."""
    answers = True
    while True:
        try:
            await wait_until_up(settings, PATIENCE_S)
        except (UnavailableError, UsageError) as error:
            status.set("kafka", ok=False, detail=str(error))
            if answers:
                log.warning("no broker answers at %s: reading waits until one does", settings.kafka_bootstrap)
            answers = False
        else:
            status.set("kafka", ok=True, detail=f"answers at {settings.kafka_bootstrap}")
            if not answers:
                log.info("a broker answers again at %s", settings.kafka_bootstrap)
            answers = True
        await asyncio.sleep(EVERY_S if answers else AGAIN_S)
