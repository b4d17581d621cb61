"""An asyncio event loop with virtual time, in which several processes live that can be killed and frozen.

Every callback belongs to the thread of a process, by the context it was made in. The callbacks of one thread keep their order, as asyncio
promises; which thread runs next is drawn from the seed. When no thread has anything to do, time jumps to the next timer. Killing a process
drops its callbacks for ever: no `finally`, no `except`, as with SIGKILL. Freezing one keeps them until it is thawed, as with SIGSTOP: its timers
go off late, and what it has sent is on its way.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
from collections import deque
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from random import Random

BURSTS = (1, 1, 1, 2, 3, 8, 30)
"""Callbacks that a thread runs before the next is drawn."""
MAX_STEPS = 2_000_000
"""More callbacks than any run needs: whoever gets there spins without waiting."""
CHECK_EVERY = 256


class StuckError(AssertionError):
    """Nothing can happen any more, or too much happens at one moment."""


class Thread:
    """One queue of callbacks that keep their order."""

    __slots__ = ("name", "process", "ready", "stalled_until")

    def __init__(self, process: Process, name: str) -> None:
        self.process, self.name = process, name
        self.ready: deque[asyncio.Handle] = deque()
        self.stalled_until = 0.0


class Process:
    """One process of the simulated machine room."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive, self.frozen = True, 0
        self.threads = {"main": Thread(self, "main")}
        self.tasks: list[asyncio.Task[Any]] = []


class _ByBirth:
    """Hashed by when it was made: where it lies in memory, which sets go by otherwise, depends on what ran before in the process."""

    def __new__(cls, *args: Any, loop: VirtualLoop, **_: Any) -> Any:
        made = super().__new__(cls)
        made._birth = next(loop.births)
        return made

    def __hash__(self) -> int:
        return self._birth


class VirtualTask(_ByBirth, asyncio.Task):
    """A task of the virtual loop."""


class VirtualFuture(_ByBirth, asyncio.Future):
    """A future of the virtual loop."""


OWNER: ContextVar[Thread] = ContextVar("OWNER")


class VirtualLoop(asyncio.AbstractEventLoop):
    """See the module. `world` is the process of everything that is simulated: it never dies."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._number = count()
        self.births = count()
        self._closed = False
        self.world = Process("world")
        self.processes = [self.world]
        self.steps = 0
        self.unhandled: list[dict[str, Any]] = []
        self._outside = self._context_of(self.world.threads["main"])

    def add_process(self, name: str) -> Process:
        process = Process(name)
        self.processes.append(process)
        return process

    def add_thread(self, process: Process, name: str) -> Thread:
        return process.threads.setdefault(name, Thread(process, name))

    def kill(self, process: Process) -> None:
        """It never runs again. Its tasks stay referenced, so that nothing of them is cleaned up while the run lasts."""
        process.alive = False
        for thread in process.threads.values():
            thread.ready.clear()

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return self._closed

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context or copy_context())
        self._enqueue(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context or copy_context())
        heapq.heappush(self._timers, (when, next(self._number), timer))
        return timer

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def outside(self, delay: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        """After `delay` seconds, in the world: whoever asked for it may be dead by then."""
        return self.outside_at(self._now + delay, callback, *args)

    def outside_at(self, when: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        """At a moment, in the world. Those of one moment keep their order."""
        return self.call_at(when, callback, *args, context=self._outside)

    def create_future(self) -> asyncio.Future[Any]:
        return VirtualFuture(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = VirtualTask(coro, loop=self, name=name, context=context)
        owner = (context or copy_context()).get(OWNER, self.world.threads["main"])
        owner.process.tasks.append(task)
        if len(owner.process.tasks) > 500:
            owner.process.tasks = [one for one in owner.process.tasks if not one.done()]
        return task

    def spawn(self, thread: Thread, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a coroutine as part of a thread."""
        return self.create_task(coro, context=self._context_of(thread))

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.unhandled.append(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.unhandled.append(context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are thrown away when their time comes."""

    def run(self, until: Callable[[], bool], deadline: float) -> bool:
        """Run until the predicate holds (looked at now and then), or until virtual time passes `deadline`: False then."""
        with self._running():
            while not until():
                if self._now > deadline:
                    return False
                for _ in range(CHECK_EVERY):
                    if not self._step():
                        break
        return True

    def close(self) -> None:
        """Throw away what is left, without a word."""
        self._closed = True
        self._timers.clear()
        with self._running(), _unheard():
            for process in self.processes:
                self.kill(process)
                for task in process.tasks:
                    if not task.done():
                        _silence(task)
                process.tasks.clear()

    def _enqueue(self, handle: asyncio.Handle) -> None:
        thread = handle._context.get(OWNER, self.world.threads["main"])  # type: ignore[attr-defined]
        if thread.process.alive and not self._closed:
            thread.ready.append(handle)

    def _step(self) -> bool:
        """One burst of one thread, or one jump of the clock. False when the world stands still."""
        runnable = [
            thread
            for process in self.processes
            if process.alive and not process.frozen
            for thread in process.threads.values()
            if thread.ready and thread.stalled_until <= self._now
        ]
        if not runnable:
            return self._jump()
        thread = runnable[0] if len(runnable) == 1 else self._rng.choice(runnable)
        for _ in range(self._rng.choice(BURSTS)):
            if not thread.ready or thread.process.frozen or thread.stalled_until > self._now:
                break
            handle = thread.ready.popleft()
            if not handle._cancelled:  # type: ignore[attr-defined]
                self.steps += 1
                handle._run()  # type: ignore[attr-defined]
        if self.steps > MAX_STEPS:
            raise StuckError(f"{self.steps} callbacks by {self._now:.3f} s")
        return True

    def _jump(self) -> bool:
        while self._timers and self._timers[0][2]._cancelled:  # type: ignore[attr-defined]
            heapq.heappop(self._timers)
        if not self._timers:
            raise StuckError("nothing is left to happen")
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            self._enqueue(heapq.heappop(self._timers)[2])
        return False

    @contextmanager
    def _running(self) -> Iterator[None]:
        asyncio._set_running_loop(self)
        try:
            yield
        finally:
            asyncio._set_running_loop(None)

    @staticmethod
    def _context_of(thread: Thread) -> Context:
        context = copy_context()
        context.run(OWNER.set, thread)
        return context


@contextmanager
def _unheard() -> Iterator[None]:
    """What async generators say when they are thrown away in the middle."""
    before, sys.unraisablehook = sys.unraisablehook, lambda _what: None
    try:
        yield
    finally:
        sys.unraisablehook = before


def _silence(task: asyncio.Task[Any]) -> None:
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    with suppress(Exception):  # whatever a `finally` of the dead says
        task.get_coro().close()  # type: ignore[union-attr]
