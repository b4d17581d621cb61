"""One to three worker processes and who looks after them: what ended is started again, and why it ended is asked."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.worker_process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign.journal import Journal
    from pipeline.config import Settings

MOST = 3
LOOK_S = 0.2
YOUNG_S = 15.0
OUR_DOING = {
    "No space left on device": "disk full, and it took its time",
    "is damaged (": "its local files were damaged, and it met that later",
}
"""Last words that a fault of long ago explains, and how."""


@dataclass(slots=True, eq=False)
class Slot:
    """A place for a worker."""

    name: str
    settings: Settings
    log: Path
    worker: WorkerProcess | None = None
    wanted: bool = False
    """Whether it is started again when it ends."""
    busy: bool = False
    """A fault has it in hand."""
    excuse: str = ""
    """Why it may end."""
    started: float = 0.0

    @property
    def young(self) -> bool:
        """Whether it may not have learnt to listen to a SIGTERM yet."""
        return time.monotonic() - self.started < YOUNG_S

    @property
    def alive(self) -> bool:
        return self.worker is not None and self.worker.process.poll() is None

    @property
    def orders(self) -> Path:
        return self.log.with_suffix(".orders")

    def start(self, argv: Sequence[str] = ()) -> None:
        """A new process; `argv`: see `support.stricken`."""
        self.started = time.monotonic()
        self.worker = WorkerProcess(
            self.settings, self.log, program=("-W", "ignore", "-m", "support.stricken", *argv), more=self._environment()
        )

    def order(self, **order: object) -> None:
        """Tell the process what to do; see `support.stricken`."""
        draft = self.orders.with_suffix(".draft")
        draft.write_text(json.dumps(order))
        draft.rename(self.orders)
        self.signal(signal.SIGUSR1)

    def signal(self, number: int) -> None:
        if self.alive and self.worker:
            self.worker.process.send_signal(number)

    async def ended(self, seconds: float) -> bool:
        return await _comes(lambda: not self.alive, seconds)

    async def stood_still(self, seconds: float) -> bool:
        return await _comes(lambda: not self.alive or self._state() == "T", seconds)

    async def listens(self, seconds: float = 60.0) -> bool:
        """Whether it takes orders: before that, one would end it."""
        return await _comes(lambda: not self.alive or self._get("/livez") == 200, seconds) and self.alive

    async def ready(self, seconds: float) -> bool:
        return await _comes(lambda: self.alive and self._get("/readyz") == 200, seconds)

    def last_words(self, lines: int = 3) -> list[str]:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        said = [line for line in text[-20_000:].splitlines() if " cascades" in line or "Error" in line]
        return [line[:300] for line in said[-lines:]]

    def _get(self, path: str) -> int:
        return self.worker.get(path)[0] if self.worker else 0

    def _state(self) -> str:
        try:
            pid = self.worker.process.pid if self.worker else 0
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""

    def _environment(self) -> dict[str, str]:
        tests = Path(__file__).parents[1]
        return {"STRICKEN_ORDERS": str(self.orders), "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}


async def _comes(holds: Callable[[], bool], seconds: float) -> bool:
    end = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(holds):
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(LOOK_S)
    return True


class Crew:
    """The slots, and their keeper."""

    def __init__(self, settings: Settings, folder: Path, journal: Journal) -> None:
        self.slots = [Slot(f"w{n}", settings, folder / f"w{n}.log") for n in range(MOST)]
        self.excuse_all = ""
        """Set while something is wrong that may end any worker, such as a full disk."""
        self._journal = journal

    @property
    def wanted(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.wanted]

    async def pick(self, chance: float) -> Slot:
        """A worker that is alive and in nobody's hands; it is in the caller's from now on."""
        while True:
            free = [slot for slot in self.wanted if slot.alive and not slot.busy]
            if free:
                slot = free[int(chance * len(free))]
                slot.busy = True
                return slot
            if not [slot for slot in self.wanted if not slot.busy]:
                self.join()
            await asyncio.sleep(LOOK_S)

    def join(self) -> Slot | None:
        """One more worker, if there is room."""
        for slot in self.slots:
            if not slot.wanted and not slot.busy and not slot.alive:
                slot.wanted = True
                slot.start()
                return slot
        return None

    async def keep(self) -> None:
        """For ever: note what ended, and start it again."""
        while True:
            for slot in self.slots:
                if not slot.busy:
                    self._tend(slot)
            await asyncio.sleep(LOOK_S)

    def _tend(self, slot: Slot) -> None:
        if slot.worker and not slot.alive:
            self.judge(slot)
        if slot.wanted and slot.worker is None:
            slot.start()

    def judge(self, slot: Slot) -> int:
        """Take note of the end of a worker; ending without an excuse is a bug of the product. Returns its exit code."""
        code = slot.worker.process.returncode if slot.worker else 0
        words = slot.last_words(12)
        late = [why for sign, why in OUR_DOING.items() if any(sign in line for line in words)]
        why = slot.excuse or self.excuse_all or "; ".join(late)
        self._journal.note("ended", worker=slot.name, code=code, why=why, words=words if code > 0 else [])
        if not why:
            self._journal.find(f"{slot.name} ended by itself with {code}", words=slot.last_words(12))
        slot.worker, slot.excuse = None, ""
        return code

    async def stop(self) -> None:
        """SIGTERM to all; each must leave with 0."""
        for slot in self.slots:
            slot.wanted, slot.busy = False, True
            slot.signal(signal.SIGCONT)
            slot.signal(signal.SIGTERM)
        for slot in self.slots:
            await self._left(slot)
            slot.worker, slot.excuse, slot.busy = None, "", False

    async def _left(self, slot: Slot) -> None:
        if slot.worker is None:
            return
        excused = (0, -signal.SIGTERM) if slot.young else (0,)
        if not await slot.ended(60):
            slot.signal(signal.SIGKILL)
            await slot.ended(10)
        if slot.worker.process.returncode not in excused:
            self._journal.find(f"{slot.name} left with {slot.worker.process.returncode}", words=slot.last_words(12))
