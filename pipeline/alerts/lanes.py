"""The lanes of all channels. They change when the file of channels does; what waits is delivered all the same, as the file says now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.alerts.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.alerts.channels import Channel
    from pipeline.alerts.channels_file import Found
    from pipeline.alerts.outcome import Sender
    from schemas.alert import Alert

log = logging.getLogger("cascades.notify")

Make = Callable[[str, "Sender"], Lane]


class Lanes:
    """A lane for each channel, by name, and the tasks that keep them going. Used on the event loop only."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._lanes: dict[str, tuple[Channel, Lane]] = {}
        self._tasks: dict[Lane, asyncio.Task[None]] = {}

    def __iter__(self) -> Iterator[Lane]:
        return iter([lane for _, lane in self._lanes.values()])

    @property
    def names(self) -> list[str]:
        """The channels there are."""
        return list(self._lanes)

    def wanting(self, alert: Alert) -> list[Lane]:
        """The lanes of those that want the alert."""
        return [lane for channel, lane in self._lanes.values() if channel.wants(alert)]

    def take(self, found: Found) -> None:
        """From now on these are the channels.

        One that is as it was goes on undisturbed. One with another address or other secrets keeps what waits for it, and that is tried there at once. One
        that is gone gets nothing more, and what waited for it counts as unwanted.
        """
        for name in self._lanes.keys() - found.keys():
            self._lanes.pop(name)[1].abandon()
            log.info("channel %s is gone", name)
        for name, (channel, sender) in found.items():
            known = self._lanes.get(name)
            if known is None:
                self._lanes[name] = (channel, self._begun(name, sender))
            elif known[0] != channel:
                if not known[0].leads_where(channel):
                    known[1].replace(sender)
                self._lanes[name] = (channel, known[1])
                log.info("channel %s is as the file says now", name)

    def check(self) -> None:
        """A lane never ends by itself: raises what ended one, and nothing is committed that was not delivered."""
        for lane, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[lane]
                task.result()

    async def finish(self, seconds: float) -> None:
        """End all lanes after the attempts that are under way, or at the deadline."""
        for lane in self:
            lane.close()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)
        for task in self._tasks.values():
            task.cancel()

    async def close_senders(self) -> None:
        """Give connections back."""
        for lane in self:
            await lane.sender.close()

    def _begun(self, name: str, sender: Sender) -> Lane:
        lane = self._make(name, sender)
        self._tasks[lane] = asyncio.create_task(lane.run(), name=name)
        return lane
