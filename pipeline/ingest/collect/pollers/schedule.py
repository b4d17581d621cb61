"""When which feed of which post is asked next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from pipeline.ingest.collect.pollers.asking import Feed
    from pipeline.ingest.collect.pollers.platform import Watch
    from pipeline.ingest.collect.pollers.rhythm import Rhythm


@dataclass(slots=True)
class Job:
    """One feed of one watched post."""

    watch: Watch
    feed: Feed
    due_s: float
    interval: float
    news: bool = False
    """Whether the sweep under way has brought something new."""
    was_refused: bool = False

    @property
    def key(self) -> str:
        """Of its mark."""
        return f"{self.watch.post} {self.feed.name}"


class Schedule:
    """The jobs of one source. Times are seconds of the clock that `now_s` comes from."""

    def __init__(self, rhythm: Rhythm, rng: Random) -> None:
        self._rhythm, self._rng = rhythm, rng
        self._jobs: dict[str, Job] = {}

    def wants(self, wanted: Iterable[tuple[Watch, Feed]], now_s: float) -> None:
        """These, and no others. What is new is due at once; what was there keeps its time."""
        shortest = self._rhythm.shortest
        jobs = [Job(watch, feed, now_s, shortest) for watch, feed in wanted]
        self._jobs = {job.key: self._kept(job) for job in jobs}

    def _kept(self, job: Job) -> Job:
        found = self._jobs.get(job.key)
        if found is None:
            return job
        found.watch = job.watch
        return found

    def first(self) -> Job | None:
        """The job that is due first; None: nothing is watched."""
        return min(self._jobs.values(), key=lambda job: job.due_s, default=None)

    def keys(self) -> set[str]:
        """Those of all marks that are needed."""
        return set(self._jobs)

    def again(self, job: Job, now_s: float) -> None:
        """The sweep goes on, after the others that are due."""
        job.due_s = now_s

    def soon(self, job: Job, now_s: float) -> None:
        """Once more before long, whatever its interval is."""
        job.due_s = now_s + self._rhythm.spread(self._rhythm.shortest, self._rng)

    def rest(self, job: Job, now_s: float) -> None:
        """A look is over."""
        job.interval = self._rhythm.next(job.interval, news=job.news)
        self._wait(job, now_s)

    def sleep(self, job: Job, now_s: float) -> None:
        """Nothing is to be expected of it."""
        job.interval = self._rhythm.longest
        self._wait(job, now_s)

    def _wait(self, job: Job, now_s: float) -> None:
        wait_s = min(job.interval * job.feed.pace, max(self._rhythm.longest, job.interval))
        job.due_s, job.news = now_s + self._rhythm.spread(wait_s, self._rng), False

    def __len__(self) -> int:
        return len(self._jobs)
