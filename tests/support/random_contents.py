"""Many small contents over the same few people, seeded: copies, late parents, retractions and answers meet all the time."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from support.events import START

from schemas.wire import WireEvent

if TYPE_CHECKING:
    from datetime import datetime

PLATFORMS = ("x", "x", "x", "y")
KINDS = ("share",) * 7 + (
    "quote",
    "repin",
    "post",
    "post",
    "comment",
    "comment",
    "mention",
    "view",
    "click",
    "like",
    "counter",
)
DAY = timedelta(days=1)
MOMENTS = (*(timedelta(minutes=minute) for minute in (0, 0, 1, 5, 60, 719, 1439)), DAY, DAY * 2, timedelta(hours=30))
"""Few, so that many acts are of one moment, and many lie exactly a day apart."""
STEPS = (timedelta(0), timedelta(0), timedelta(microseconds=1))


class Author:
    """Writes the logs of contents. Equal seeds write equal logs."""

    def __init__(self, seed: int, people: int = 25) -> None:
        self.random = random.Random(seed)
        self.people = [f"person {number}" for number in range(people)]

    def logs(self, contents: int, events: int = 12) -> dict[str, list[WireEvent]]:
        """By content id, each in the order of arrival."""
        names = [f"content {number}" for number in range(contents)]
        return {name: self.log(name, self.random.randint(1, events)) for name in names}

    def log(self, content_id: str, events: int) -> list[WireEvent]:
        ids = [f"e{number}" for number in range(events)]
        crowd = self.random.sample(self.people, 5)
        log = [self.act(content_id, event_id, ids, crowd) for event_id in ids]
        log += [self.retraction(content_id, event, number) for number, event in enumerate(self.some(log, 0.15))]
        log += [
            self.act(content_id, event.event_id, ids, crowd, self.random.choice((event.kind, event.kind, "")))
            for event in self.some(log, 0.15)
        ]
        log += self.some(log, 0.1)
        self.random.shuffle(log)
        return log

    def some(self, log: list[WireEvent], share: float) -> list[WireEvent]:
        return [event for event in log if self.random.random() < share]

    def act(self, content_id: str, event_id: str, ids: list[str], crowd: list[str], kind: str = "") -> WireEvent:
        pick = self.random.choice
        kind = kind or pick(KINDS)
        fields = (
            {"counter_kind": pick(("view", "click", "share")), "count": pick((0, 3, 50))} if kind == "counter" else {}
        )
        if kind == "retract":
            fields = {"target_event_id": pick(ids)}
        return WireEvent(
            event_id=event_id,
            kind=kind,
            platform=pick(PLATFORMS),
            content_id=content_id,
            actor_id=pick(crowd),
            occurred_at=self.moment(),
            parent_event_id=pick((*ids, content_id, "nowhere", None, None)),
            parent_actor_id=pick((*crowd, None, None, None)),
            parent_basis=pick(("exact", "exact", "inferred", "root_only", "none")),
            audience_size=pick((None, None, 0, 1, 7, 500, 999, 10**12)),
            campaign_id=pick((None, "spring", "autumn")),
            **fields,
        )

    def retraction(self, content_id: str, event: WireEvent, number: int) -> WireEvent:
        by = self.random.choice((event.actor_id, event.actor_id, self.random.choice(self.people)))
        return WireEvent(
            event_id=f"r{number}",
            kind="retract",
            platform=self.random.choice((event.platform, event.platform, event.platform, *PLATFORMS)),
            content_id=content_id,
            actor_id=by,
            occurred_at=self.moment(),
            target_event_id=event.event_id,
            attributes=self.random.choice(({}, {}, {"right": "moderate"})),
        )

    def moment(self) -> datetime:
        return START + self.random.choice(MOMENTS) + self.random.choice(STEPS)
