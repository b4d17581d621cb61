"""How each fault is done. An act returns when it is over, with a few words on what it met."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import signal
from typing import TYPE_CHECKING

from support.stricken import HAND_OVER_POINTS

from pipeline.stream.state_dir import group_dir

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from random import Random

    from campaign.crew import Crew, Slot
    from campaign.feed import Feed
    from campaign.plan import Fault
    from campaign.world import World

PASSES_WITHIN_S = 25.0
"""A worker that does not come to a point by then is struck where it is."""
LEAVES_WITHIN_S = 60.0


class Acts:
    """Does faults to workers, broker, engine and disk."""

    def __init__(self, world: World, crew: Crew, feed: Feed, rng: Random) -> None:
        self._world, self._crew, self._feed, self._rng = world, crew, feed, rng
        self._acts: dict[str, Callable[[Fault], Awaitable[str]]] = {
            "kill at": self._kill_at,
            "stop at": self._stop_at,
            "kill at start": self._kill_at_start,
            "kill at hand-over": self._kill_at_hand_over,
            "kill": self._kill,
            "sigterm": self._sigterm,
            "join": self._join,
            "leave": self._leave,
            "disk full": self._disk_full,
            "local state lost": self._state_lost,
            "local state damaged": self._state_damaged,
            "local state of old": self._state_of_old,
            "clock jumps": self._clock_jumps,
        }

    async def do(self, fault: Fault) -> str:
        """Do it to the end."""
        if fault.kind in self._acts:
            return await self._acts[fault.kind](fault)
        if "pause" in fault.kind:
            return await self._pause(fault)
        if fault.kind.startswith("broker"):
            return await self._to_kafka(fault)
        return await self._to_clickhouse(fault)

    async def _kill_at(self, fault: Fault) -> str:
        slot = await self._pick(fault)
        try:
            return f"{slot.name}: {await self._strike(slot, fault.point, signal.SIGKILL)}"
        finally:
            slot.busy = False

    async def _stop_at(self, fault: Fault) -> str:
        """Stopped in the middle of a step, for longer than the session lasts more often than not."""
        slot = await self._pick(fault)
        try:
            met = await self._strike(slot, fault.point, signal.SIGSTOP)
            await asyncio.sleep(fault.lasts_s * 1.7)
            slot.signal(signal.SIGCONT)
            return f"{slot.name}: {met}, {fault.lasts_s * 1.7:.1f} s"
        finally:
            slot.busy = False

    async def _kill_at_start(self, fault: Fault) -> str:
        slot = await self._pick(fault)
        try:
            await self._end(slot, signal.SIGKILL, "kill")
            slot.start((fault.point, "1", "SIGKILL"))
            slot.excuse = "kill at start"
            met = "struck" if await slot.ended(PASSES_WITHIN_S * 2) else "not passed"
            await self._end(slot, signal.SIGKILL, "kill")
            return f"{slot.name}: {met}"
        finally:
            slot.busy = False

    async def _kill_at_hand_over(self, fault: Fault) -> str:
        """Another worker comes or goes meanwhile."""
        slot = await self._pick(fault)
        try:
            striking = asyncio.create_task(self._strike(slot, fault.point, signal.SIGKILL))
            await asyncio.sleep(0.5)
            if not self._crew.join():
                await self._leave(fault)
            return f"{slot.name}: {await striking}"
        finally:
            slot.busy = False

    async def _kill(self, fault: Fault) -> str:
        slot = await self._pick(fault)
        await self._end(slot, signal.SIGKILL, "kill")
        slot.busy = False
        return slot.name

    async def _sigterm(self, fault: Fault) -> str:
        """A restart in order."""
        slot = await self._pick(fault)
        code = await self._end(slot, signal.SIGTERM, "sigterm")
        slot.busy = False
        return f"{slot.name} left with {code}"

    async def _pause(self, fault: Fault) -> str:
        slot = await self._pick(fault)
        seconds = fault.lasts_s * (self._world.direct.session_timeout_s if fault.kind == "long pause" else 1.0)
        if fault.kind == "pause of minutes" and len(self._crew.wanted) == 1:
            self._crew.join()
        try:
            slot.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            slot.signal(signal.SIGCONT)
            return f"{slot.name}, {seconds:.1f} s"
        finally:
            slot.busy = False

    async def _join(self, fault: Fault) -> str:
        slot = self._crew.join()
        return f"{slot.name} of {len(self._crew.wanted)}" if slot else await self._leave(fault)

    async def _leave(self, fault: Fault) -> str:
        """For good, when another one stays."""
        slot = await self._pick(fault)
        others = [other for other in self._crew.wanted if other is not slot]
        slot.wanted = not others
        code = await self._end(slot, signal.SIGTERM, "leave")
        slot.busy = False
        return f"{slot.name} left with {code}, {len(self._crew.wanted)} stay"

    async def _to_kafka(self, fault: Fault) -> str:
        async with self._world.kafka_lock:
            if fault.kind == "broker hangs":
                await self._world.hang_kafka(fault.lasts_s)
            else:
                await self._world.restart_kafka(fault.lasts_s, kill=fault.kind == "broker killed")
        return f"{fault.lasts_s} s"

    async def _to_clickhouse(self, fault: Fault) -> str:
        async with self._world.clickhouse_lock:
            if fault.kind in {"ClickHouse killed", "ClickHouse restarts"}:
                await self._world.restart_clickhouse(fault.lasts_s / 2, kill=fault.kind == "ClickHouse killed")
                return f"{fault.lasts_s / 2:.1f} s"
            met = await self._world.proxy.harm(fault.kind, fault.lasts_s)
            return f"{fault.lasts_s} s, {met} requests met it"

    async def _disk_full(self, fault: Fault) -> str:
        """Of all local stores. Workers may stop, and then do so again until there is room."""
        self._crew.excuse_all = "disk full"
        told = [slot for slot in self._crew.wanted if slot.alive]
        try:
            if self._world.disk.real:
                await asyncio.to_thread(self._world.disk.fill)
            else:
                await self._tell(told, disk_full=True)
            await asyncio.sleep(fault.lasts_s)
        finally:
            self._world.disk.free()
            if not self._world.disk.real:
                await self._tell(told, disk_full=False)
        await asyncio.sleep(2.0)  # the last ones that it ended
        self._crew.excuse_all = ""
        return f"{fault.lasts_s} s, {'a real file system' if self._world.disk.real else 'simulated'}"

    async def _tell(self, slots: list[Slot], **order: object) -> None:
        for slot in slots:
            if await slot.listens():
                slot.order(**order)

    async def _state_lost(self, fault: Fault) -> str:
        return await self._to_state(fault, shutil.rmtree)

    async def _state_damaged(self, fault: Fault) -> str:
        return await self._to_state(fault, self._damage)

    async def _state_of_old(self, fault: Fault) -> str:
        """Files as they were some time ago, as after a restored backup; the first time they are only kept."""
        return await self._to_state(fault, self._put_back)

    async def _to_state(self, fault: Fault, do: Callable[[Path], object]) -> str:
        slot = await self._pick(fault)
        try:
            await self._end(slot, signal.SIGKILL, "kill")
            done = 0
            for folder in sorted(group_dir(self._world.direct).glob("worker-?")):
                done += await asyncio.to_thread(_while_free, folder, do)
            return f"{slot.name}, {done} folders"
        finally:
            slot.busy = False

    def _damage(self, folder: Path) -> None:
        """Some bytes of some files, or the end of them."""
        files = sorted(
            path for path in folder.rglob("*") if path.is_file() and path.name != "lock" and path.stat().st_size
        )
        for path in self._rng.sample(files, min(len(files), 4)):
            size = path.stat().st_size
            with path.open("r+b") as file:
                if self._rng.random() < 0.4:
                    file.truncate(self._rng.randrange(size))
                else:
                    file.seek(self._rng.randrange(size))
                    file.write(self._rng.randbytes(64))

    def _put_back(self, folder: Path) -> None:
        old = self._world.direct.state_dir / "old" / folder.name
        fresh = old.with_suffix(".fresh")
        shutil.copytree(folder, fresh)
        if old.exists():
            shutil.rmtree(folder)
            shutil.copytree(old, folder)
            shutil.rmtree(old)
        fresh.rename(old)

    async def _clock_jumps(self, fault: Fault) -> str:
        slot = await self._pick(fault)
        try:
            await self._tell([slot], shift_s=fault.jump_s)
            return f"{slot.name}, {fault.jump_s:+.0f} s"
        finally:
            slot.busy = False

    async def _pick(self, fault: Fault) -> Slot:
        return await self._crew.pick(fault.chance)

    async def _strike(self, slot: Slot, point: str, how: signal.Signals) -> str:
        """At a point; where it is, when it does not come there."""
        slot.excuse = "kill" if how == signal.SIGKILL else slot.excuse
        happens = slot.ended if how == signal.SIGKILL else slot.stood_still
        if await slot.listens():
            nth = 1 if point in HAND_OVER_POINTS else self._rng.randint(1, 3)
            slot.order(point=point, nth=nth, signal=how.name)
            for _ in range(int(PASSES_WITHIN_S)):
                await self._feed.push()
                if await happens(1.0):
                    break
        if slot.alive and not await happens(0.0):
            slot.signal(how)
            return "not passed, struck where it was"
        if how == signal.SIGKILL:
            await self._end(slot, how, "kill")
        return "struck"

    async def _end(self, slot: Slot, how: signal.Signals, why: str) -> int:
        slot.excuse = why
        slot.signal(how)
        if not await slot.ended(LEAVES_WITHIN_S):
            slot.excuse = ""
            slot.signal(signal.SIGKILL)
            await slot.ended(LEAVES_WITHIN_S)
        return self._crew.judge(slot) if slot.worker else 0


def _while_free(folder: Path, do: Callable[[Path], object]) -> int:
    """Do it while no worker has the folder, so that none comes meanwhile."""
    with (folder / "lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        do(folder)
        return 1
