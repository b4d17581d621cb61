"""A source that asks: one question at a time, the feed that is due first, as fast as the platform's limits allow.

| the answer | what happens |
|---|---|
| something new | pieces, and the mark behind them; the next page after the others that are due |
| nothing new, 304 | the feed is asked less often |
| 429, or Meta's word for it | the whole platform waits, as long as it says |
| 401 | another token is got once; where there is none, the source waits and says so |
| 403, another 4xx | this feed is asked seldom; a page that is refused (a cursor grown old) begins the sweep anew |
| 404, 410 | twice in a row, where that means gone: the post is retracted |
| 5xx, no answer, no JSON | the frame waits, longer each time; the feed is asked again, after the others |

What was told is remembered (`Told`), so that a list that overlaps and a total that stands still make no record. The mark of a feed moves with
the piece that it covers: after a crash a page at most is told again, with the same ids.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipeline.backoff import Backoff
from pipeline.ingest.collect.pollers import gone, progress
from pipeline.ingest.collect.pollers.access import DENIED_S
from pipeline.ingest.collect.pollers.asking import Asked, Found, Mark
from pipeline.ingest.collect.pollers.budget import Budget
from pipeline.ingest.collect.pollers.client import Client
from pipeline.ingest.collect.pollers.rhythm import Rhythm
from pipeline.ingest.collect.pollers.schedule import Schedule
from pipeline.ingest.collect.pollers.told import Told, only
from pipeline.ingest.collect.pollers.verdict import Verdict, detail, retry_after_s
from pipeline.ingest.collect.pollers.watch import WatchList
from pipeline.ingest.collect.seam import Piece, Source, SourceError
from pipeline.ingest.platforms import REGISTRY
from pipeline.ingest.platforms.reading import Json, UnknownShapeError
from pipeline.ingest.platforms.seam import bounded
from pipeline.metrics import Metric
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.ingest.collect.pollers.asking import Answer, Request
    from pipeline.ingest.collect.pollers.platform import Platform, PollOptions
    from pipeline.ingest.collect.pollers.schedule import Job
    from pipeline.ingest.collect.seam import Out, Position, Tools
    from pipeline.ingest.platforms import Context

log = logging.getLogger("cascades.collect")

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
AWAKE_S: Final = 5.0
"""So often, at least, the list of watched posts is looked at."""


class Poller(Source):
    """Asks one platform about the posts that are watched."""

    def __init__(
        self,
        name: str,
        options: PollOptions,
        context: Context,
        tools: Tools,
        platform: Platform,
        rng: Random | None = None,
    ) -> None:
        super().__init__(name, context)
        self._options, self._tools, self._platform = options, tools, platform
        self._mapping = REGISTRY[platform.name]
        self._gone = gone.mapping(self._mapping)
        self._watch = WatchList(name, platform, options)
        address = options.address or platform.address
        self._client = Client(tools.session, address, platform.access(options, tools), platform.headers(options))
        self._budget = Budget(options.per_hour or platform.per_hour, self._now_s())
        rhythm = Rhythm(options.shortest_s, max(options.shortest_s, options.longest_s))
        self._schedule = Schedule(rhythm, rng or Random())  # noqa: S311 - spreads load, guards nothing
        self._throttled = Backoff(first=30.0, most=3600.0, rng=rng)
        self._told = Told()
        self._marks: dict[str, dict[str, Any]] = {}
        self._roots: dict[str, str] = {}
        self._was_denied = False
        self._is_well = True
        self._set_jobs()

    async def run(self, out: Out, position: Position | None) -> None:
        """See `Source`. What is due keeps its time when it is called again: the object remembers."""
        if not self._marks and position is not None:
            self._marks = dict(position.get("marks", {}))
            self._roots = dict(position.get("roots", {}))
            self._set_jobs()
        while True:
            if self._watch.refresh():
                self._set_jobs()
            job, wait_s = self._next()
            if job is None or wait_s > 0:
                if self._is_well:  # else what is wrong stays told until the platform answers
                    out.alive(self._doing(wait_s))
                await asyncio.sleep(min(wait_s, AWAKE_S) if job else AWAKE_S)
            else:
                await self._look(job, out)

    def _set_jobs(self) -> None:
        wanted = [
            (watch, feed)
            for watch in self._watch.posts.values()
            for feed in self._platform.feeds(watch.post, self._options)
        ]
        self._schedule.wants(wanted, self._now_s())
        keys = self._schedule.keys()
        self._marks = {key: mark for key, mark in self._marks.items() if key in keys}
        self._roots = {post: root for post, root in self._roots.items() if post in self._watch.posts}

    def _next(self) -> tuple[Job | None, float]:
        job, now_s = self._schedule.first(), self._now_s()
        late_s = now_s - job.due_s if job else 0.0
        self._tools.metrics.set(Metric.POLL_LATE, max(late_s, 0.0), self.name)
        return job, max(-late_s, self._budget.wait_s(now_s))

    def _doing(self, wait_s: float) -> str:
        limit = f"; the platform's limit: {self._budget.told}" if self._budget.wait_s(self._now_s()) > 1 else ""
        return f"watches {len(self._watch.posts)} posts ({len(self._schedule)} feeds), next in {wait_s:.0f} s{limit}"

    async def _look(self, job: Job, out: Out) -> None:
        mark = self._mark(job)
        asked = Asked(job.watch.post, self._options, mark, self._tools.clock.now_us())
        request = progress.question(job.feed, asked)
        self._budget.took(self._now_s())
        try:
            answer = await self._client.ask(request, progress.conditions(mark, request))
        except SourceError:
            self._count("no_answer")
            self._is_well = False
            self._schedule.soon(job, self._now_s())
            raise
        self._budget.tell(self._platform.windows(answer.headers), self._now_s())
        verdict = self._platform.verdict(answer)
        self._count(verdict.value)
        await self._act(verdict, job, asked, request, answer, out)

    async def _act(self, verdict: Verdict, job: Job, asked: Asked, request: Request, answer: Answer, out: Out) -> None:
        if verdict in {Verdict.TOLD, Verdict.UNCHANGED, Verdict.MISSING, Verdict.REFUSED}:
            self._throttled.reset()
            self._was_denied, self._is_well = False, True
            out.alive(self._doing(0.0))
        if verdict is Verdict.TOLD:
            await self._read(job, asked, request, answer, out)
        elif verdict is Verdict.UNCHANGED:
            await self._moved(job, asked.mark, progress.unchanged(asked.mark), out)
            self._schedule.rest(job, self._now_s())
        elif verdict in {Verdict.MISSING, Verdict.REFUSED}:
            await self._refused(verdict, job, asked, request, answer, out)
        else:
            await self._in_trouble(verdict, job, answer)

    async def _read(self, job: Job, asked: Asked, request: Request, answer: Answer, out: Out) -> None:
        found = self._found(job, asked, request, answer)
        mark = progress.moved(asked.mark, request, answer, found)
        pieces = [piece for payload in found.payloads for piece in self._pieces(job, payload)]
        if pieces:
            job.news = True
            await self._put(job, mark, pieces, out)
        else:
            await self._moved(job, asked.mark, mark, out)
        job.was_refused = False
        if mark.pending:
            self._schedule.again(job, self._now_s())
        else:
            self._schedule.rest(job, self._now_s())

    def _found(self, job: Job, asked: Asked, request: Request, answer: Answer) -> Found:
        try:
            told = answer.json()
        except UnknownShapeError as error:
            self._is_well = False
            self._schedule.soon(job, self._now_s())
            raise SourceError(f"{job.key}: {error}") from None
        try:
            return job.feed.read(asked, request, told)
        except UnknownShapeError as error:
            # What a mapping does not understand either becomes a dead letter; where to go on nobody knows.
            log.warning("%s: %s: an answer of an unknown shape: %s", self.name, job.key, error)
            return Found([told.value])
        except ValueError as error:
            log.warning("%s: %s: an answer of an unknown shape: %s", self.name, job.key, type(error).__name__)
            return Found([told.value])

    def _pieces(self, job: Job, payload: object) -> Iterator[Piece]:
        for part in self._parts(payload):
            context = self._context(job)
            news = self._told.news(self._mapping, part, self._now(), context)
            own = bounded(f"{self._mapping.platform}:{self._platform.act(job.watch.post)}")
            if news.contents.get(own, own) != own:
                self._roots[job.watch.post] = news.contents[own]
            if news.keys:
                yield Piece(msgspec.json.encode(part), only(self._mapping, news.keys), context=context)

    def _parts(self, payload: object) -> list[object]:
        try:
            return list(self._mapping.split(Json(payload)))
        except RefusedError:
            return [payload]

    def _context(self, job: Job) -> Context:
        """What the mapping is told of this post: its campaign, and the content that it belongs to when it is a share itself."""
        post = job.watch.post
        campaign = job.watch.campaign_id or self.context.campaign_id
        act = bounded(f"{self._mapping.platform}:{self._platform.act(post)}")
        contents = {act: root} if (root := self._roots.get(post)) else {}
        return replace(self.context, campaign_id=campaign, contents={**self.context.contents, **contents})

    async def _refused(
        self, verdict: Verdict, job: Job, asked: Asked, request: Request, answer: Answer, out: Out
    ) -> None:
        """Neither the source nor the platform is in trouble: it is this question."""
        mark = asked.mark
        if request.is_detail and mark.pending:
            await self._moved(job, mark, left := progress.skipped(mark), out)
            (self._schedule.again if left.pending else self._schedule.rest)(job, self._now_s())
        elif mark.pending:
            await self._moved(job, mark, progress.anew(mark), out)
            self._schedule.soon(job, self._now_s())
        elif verdict is Verdict.MISSING:
            await self._missing(job, mark, out)
        else:
            if not job.was_refused:
                log.warning(
                    "%s: %s is refused with %d%s: asked seldom from now on",
                    self.name,
                    job.key,
                    answer.status,
                    detail(answer),
                )
            job.was_refused = True
            self._schedule.sleep(job, self._now_s())

    async def _missing(self, job: Job, before: Mark, out: Out) -> None:
        mark = progress.missed(before)
        if not job.feed.tells_gone:
            self._schedule.rest(job, self._now_s())
            return
        if mark.missing == gone.CERTAIN:
            payload = gone.payload(self._platform.act(job.watch.post))
            await self._put(job, mark, [Piece(payload, self._gone, context=self._context(job))], out)
        elif mark.missing < gone.CERTAIN:
            await self._moved(job, before, mark, out)
            self._schedule.soon(job, self._now_s())
            return
        self._schedule.sleep(job, self._now_s())

    async def _in_trouble(self, verdict: Verdict, job: Job, answer: Answer) -> None:
        wanted_s = retry_after_s(answer.headers, self._tools.clock.now_us())
        if verdict is Verdict.THROTTLED:
            # Where it does not say how long: what its headers say of the limits, else longer each time.
            wait_s = (
                wanted_s
                if wanted_s is not None
                else 0.0
                if self._budget.wait_s(self._now_s()) > 1
                else self._throttled.next()
            )
            self._budget.pause(wait_s, self._now_s())
            return
        if verdict is Verdict.DENIED:
            if not self._was_denied and await self._client.renew():
                self._was_denied = True
                return
            self._was_denied = self._is_well = False
            raise SourceError(f"{self._platform.name} does not take the credential{detail(answer)}", DENIED_S)
        self._is_well = False
        self._schedule.soon(job, self._now_s())
        raise SourceError(f"{self._platform.name} answers {answer.status}", wanted_s or 0.0)

    async def _put(self, job: Job, mark: Mark, pieces: Sequence[Piece], out: Out) -> None:
        for piece in pieces[:-1]:
            await out.put(piece)
        self._set_mark(job, mark)
        await out.put(pieces[-1]._replace(position=self._position()))

    async def _moved(self, job: Job, before: Mark, mark: Mark, out: Out) -> None:
        if mark != before:
            self._set_mark(job, mark)
            await out.mark(self._position())

    def _mark(self, job: Job) -> Mark:
        try:
            return msgspec.convert(self._marks.get(job.key, {}), Mark)
        except msgspec.ValidationError:  # of another version: from the beginning, the same ids
            return Mark()

    def _set_mark(self, job: Job, mark: Mark) -> None:
        self._marks[job.key] = msgspec.to_builtins(mark)

    def _position(self) -> Mapping[str, Any]:
        return {"marks": dict(self._marks), "roots": dict(self._roots)}

    def _count(self, outcome: str) -> None:
        self._tools.metrics.add(Metric.POLL_REQUESTS, 1, self.name, outcome)

    def _now_s(self) -> float:
        return self._tools.clock.now_us() / 1e6

    def _now(self) -> datetime:
        return EPOCH + timedelta(microseconds=self._tools.clock.now_us())
