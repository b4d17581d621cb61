"""One simulated worker process: the real `Member`, run as `pipeline.stream.worker` runs it, with the fakes put where it meets the outside."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from mode import services
from mode.timers import Timer
from mode.utils import queues
from simulation.alerts import SimClock, SimControls, step
from simulation.broker import BEGIN_MS
from simulation.clickhouse import Link
from simulation.clients import SimConsumer, SimProducer
from simulation.state import SimChangelog, SimStateDir, SimStore, to_end

from pipeline.backoff import Backoff
from pipeline.errors import FencedError
from pipeline.metrics import Metrics
from pipeline.status import Status
from pipeline.stream import journal, keeper, look, member, producer, rebuild, refresh, transport
from pipeline.stream import worker as real
from pipeline.stream.flusher import Flusher
from pipeline.stream.member import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulation.loop import Process
    from simulation.world import World


class InOrder(dict[Any, None]):
    """In place of a set of functions, which is in the order of where they lie in memory: `pop` takes the oldest."""

    def add(self, one: Any) -> None:
        self[one] = None

    def pop(self) -> Any:  # type: ignore[override]  # a set's
        one = next(iter(self))
        del self[one]
        return one


class TaskInsteadOfThread:
    """In place of mode's WorkerThread: the service runs on the same loop, as a simulated thread of the same process."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def start(self) -> None:
        loop: Any = asyncio.get_running_loop()
        loop.sim.spawn_thread(self._service._serve())

    def stop(self) -> None:
        """Nothing to join."""


class SimConsumerThread(transport.ConsumerThread):
    """The real thread service without a thread. What it calls, and what it is called with, crosses its method queue as always."""

    abstract = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, thread_loop=asyncio.get_running_loop(), Worker=TaskInsteadOfThread)

    async def _gather_remaining_tasks(self) -> None:
        """Those of the loop are everybody's; what ends with this thread are its client's."""
        if self._consumer is not None:
            await self._consumer.end()

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Nothing: the error reaches the app too, and mode would print it."""


def _flusher(sink: Link, *args: Any, **kwargs: Any) -> Flusher:
    return Flusher(sink, *args, **kwargs, in_thread=sink.in_thread, backoff=_backoff())


def _backoff() -> Backoff:
    loop: Any = asyncio.get_running_loop()
    return Backoff(first=0.1, most=2.0, rng=loop.sim.rng["backoff"])


def _timer(*args: Any, **kwargs: Any) -> Timer:
    """mode's timers correct their drift by a clock, which has to be the virtual one."""
    return Timer(*args, **kwargs | {"clock": asyncio.get_running_loop().time})


async def _kafka_is_watched(_settings: Any, status: Status) -> None:
    status.set("kafka", ok=True, detail="simulated")


async def _progress_is_watched(*_: Any) -> None:
    """Not here: the world itself notices who stands still."""


@contextmanager
def simulated() -> Iterator[None]:
    """Every place where the worker meets Kafka, ClickHouse and chance is the simulator's."""
    places = (
        (transport, "AIOKafkaConsumer", SimConsumer),
        (transport, "ConsumerThread", SimConsumerThread),
        (transport, "POLL_S", 1.0),
        (transport, "COMMIT_DEADLINE_S", 2.0),
        (transport, "REVOKE_DEADLINE_S", 5.0),
        (member, "DRAIN_DEADLINE_S", 3.0),
        (rebuild, "AIOKafkaConsumer", SimConsumer),
        (rebuild, "CHUNK", 30),
        (rebuild, "KEEP_EVERY", 50),
        (member, "Changelog", SimChangelog),
        (member, "LocalStore", SimStore),
        (member, "StateDir", SimStateDir),
        (member, "watch_progress", _progress_is_watched),
        (journal, "to_end", to_end),
        (keeper, "to_end", to_end),
        (producer, "AIOKafkaProducer", SimProducer),
        (producer, "Backoff", partial(_backoff)),
        (member, "Flusher", _flusher),
        (member, "watch_kafka", _kafka_is_watched),
        (member, "ControlLog", SimControls),
        (member, "SystemClock", partial(SimClock, BEGIN_MS * 1000)),
        (refresh, "perf_counter", lambda: 0.0),
        (refresh, "_since_boot", lambda: asyncio.get_running_loop().time()),
        (refresh, "to_end", to_end),
        (look, "step", step),
        (services, "Timer", _timer),
        (queues, "set", InOrder),
    )
    with ExitStack() as stack:
        for module, name, fake in places:
            stack.enter_context(patch.object(module, name, fake, create=name == "set"))
        yield


class Worker:
    """A process from its start to its end, however it ends."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = world
        self.process: Process = world.loop.add_process(name)
        self.member: Member | None = None
        self._stop = asyncio.Event()
        self.stopping = False
        world.loop.spawn(self.process.threads["main"], self._main())

    @property
    def alive(self) -> bool:
        return self.process.alive

    def terminate(self) -> None:
        """SIGTERM."""
        self.stopping = True
        self._world.loop.call_soon(self._stop.set, context=self._world.loop._context_of(self.process.threads["main"]))

    def kill(self) -> None:
        self._world.loop.kill(self.process)

    async def _main(self) -> None:
        metrics = Metrics()
        status = Status(metrics)
        error: BaseException | None = None
        fenced = True
        while fenced and not self._stop.is_set():
            fenced = False
            self.member = Member(self._world.settings, Link(self._world, self._world.store), status, metrics)
            try:
                try:
                    await real._run(self.member, self._stop)
                finally:
                    await self.member.stop()
            except FencedError:
                fenced = True
            except Exception as raised:  # noqa: BLE001 - the world judges it
                error = raised
        self._world.ended(self, error)
