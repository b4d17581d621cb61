"""`cascades dlq list` and `cascades dlq replay`."""

from __future__ import annotations

import asyncio
import json
import re
import runpy
from base64 import b64encode
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pipeline.clock import SystemClock
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import UsageError
from pipeline.ingest.again import Fix, Resender, Verdict, again
from pipeline.ingest.letters import Letter, Selection, letters
from pipeline.ingest.remap import Remap
from schemas.dead_letter import REASONS, one_line

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from pipeline.config import Settings
    from schemas.dead_letter import Identity

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHOWN_KEY, _SHOWN_DETAIL = 60, 160
_TOLD = 20


def selection(
    reason: str | None, topic: str | None, partition: int | None, offset: int | None, since: str | None
) -> Selection:
    """What the options select. Raises UsageError for a reason or a time that is none, and for an offset without its partition."""
    if reason is not None and reason not in REASONS:
        raise UsageError(f"there is no reason {reason!r}; the reasons are: {', '.join(REASONS)}")
    if offset is not None and partition is None:
        raise UsageError("--offset needs --partition: offsets count within a partition")
    return Selection(reason, topic, partition, offset, _moment(since) if since else None)


def _moment(text: str) -> datetime:
    if ago := _AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text}: give 90s, 30m, 2h, 7d or a time such as 2026-05-01T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def list_letters(*, wanted: Selection, limit: int, output: str) -> int:
    """Show the newest `limit` letters, the newest last."""
    if output not in {"table", "json"}:
        raise UsageError(f"--format {output}: table or json")
    newest, count = asyncio.run(_newest(load(), wanted, limit))
    if output == "json":
        for letter in newest:
            out.print(json.dumps(as_json(letter), ensure_ascii=False), markup=False)
    elif newest:
        out.print(_table(newest))
    note(f"{count:,} dead letter(s)" + (f", the newest {len(newest)} shown" if count > len(newest) else ""))
    return 0


async def _newest(settings: Settings, wanted: Selection, limit: int) -> tuple[list[Letter], int]:
    kept: deque[Letter] = deque(maxlen=limit)
    count = 0
    async for letter in letters(settings, wanted):
        kept.append(letter)
        count += 1
    return sorted(kept, key=lambda letter: letter.received_at), count


def _table(shown: list[Letter]) -> Table:
    table = Table("received", "reason", "partition:offset", "key", "detail", header_style="bold")
    for letter in shown:
        place = f"{letter.identity.partition}:{letter.identity.offset}"
        key = one_line((letter.key or b"").decode(errors="replace"), _SHOWN_KEY)
        detail = one_line(letter.detail, _SHOWN_DETAIL)
        if letter.replay_of:
            detail = f"(replay of {letter.replay_of.place}) {detail}"
        received = letter.received_at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(*map(Text, (received, letter.reason, place, key, detail)))
    return table


def as_json(letter: Letter) -> dict[str, Any]:
    """One line of `--format json`. Bytes that are not UTF-8 stand in `payload_base64`, whole; `payload` shows them as well as text can."""
    value = letter.value
    shown = {
        "topic": letter.identity.topic,
        "partition": letter.identity.partition,
        "offset": letter.identity.offset,
        "reason": letter.reason,
        "detail": letter.detail,
        "received_at": letter.received_at.isoformat(timespec="milliseconds"),
        **({"door": letter.door} if letter.door else {}),
        "replay_of": str(letter.replay_of) if letter.replay_of else None,
        "key": None if letter.key is None else letter.key.decode(errors="replace"),
        "payload": None if value is None else value.decode(errors="replace"),
    }
    if value is not None and value.decode(errors="replace").encode() != value:
        shown["payload_base64"] = b64encode(value).decode()
    return shown


def replay(*, wanted: Selection, mapper: Path | None, dry_run: bool) -> int:
    """Fix and send the selected letters; 1 when some are still broken."""
    verdicts = asyncio.run(_replay(load(), wanted, _fix(mapper), dry_run=dry_run))
    for verdict in Verdict:
        if verdicts[verdict]:
            worded = "would be sent" if dry_run and verdict is Verdict.SENT else verdict.value
            note(f"{verdicts[verdict]:,} {worded}")
    if not verdicts:
        note("no dead letter is selected")
    return 1 if verdicts[Verdict.BROKEN] else 0


async def _replay(settings: Settings, wanted: Selection, fix: Fix, *, dry_run: bool) -> Counter[Verdict]:
    now_ms = SystemClock().now_us() // 1000
    told = _Told()
    if dry_run:
        return await again(letters(settings, wanted), fix, _nowhere, told, now_ms, Remap(settings))
    async with Resender(settings) as resender:
        return await again(letters(settings, wanted), fix, resender.send, told, now_ms, Remap(settings))


async def _nowhere(_key: bytes, _value: bytes, _first: Identity, _topic: str = "", /) -> None:
    return


class _Told:
    """Says of the first letters that are still broken why they are."""

    def __init__(self) -> None:
        self._left = _TOLD

    def __call__(self, letter: Letter, verdict: Verdict, why: str) -> None:
        if verdict is Verdict.BROKEN and self._left:
            self._left -= 1
            note(f"{letter.identity.place}: {why}")


def _fix(mapper: Path | None) -> Fix:
    """`fix` of the user's file; without a file the bytes as they are (for a contract or a clock that has changed)."""
    if mapper is None:
        return lambda value: value
    try:
        found = runpy.run_path(str(mapper)).get("fix")
    except Exception as error:
        raise UsageError(f"--map {mapper} cannot be run: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise UsageError(f"--map {mapper} has no function fix(value: bytes) -> bytes | None")
    return found  # type: ignore[no-any-return]  # the user's own
