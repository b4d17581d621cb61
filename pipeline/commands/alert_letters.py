"""`cascades alerts letters` and `cascades alerts resend`."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pipeline import control_log
from pipeline.alerts.letters import Selection, letters
from pipeline.alerts.outcome import REASONS
from pipeline.alerts.process import configured
from pipeline.alerts.resend import Marks, Verdict, resend
from pipeline.alerts.silence import silenced
from pipeline.cascade.controls import Controls
from pipeline.clock import SystemClock
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import UsageError
from schemas.dead_letter import one_line

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from pipeline.alerts.letters import Letter
    from pipeline.alerts.process import Channels
    from pipeline.config import Settings
    from schemas.alert import Alert

_SHOWN_ID, _SHOWN_SUMMARY = 40, 160
_BAD = (Verdict.FAILED, Verdict.NOT_TRIED, Verdict.NO_CHANNEL)


def selection(ids: Sequence[str] = (), channel: str | None = None, reason: str | None = None) -> Selection:
    """What arguments and options select. Raises UsageError for a reason that is none."""
    if reason is not None and reason not in REASONS:
        raise UsageError(f"there is no reason {reason!r}; the reasons are: {', '.join(REASONS)}")
    return Selection(frozenset(ids), channel, reason)


def list_letters(*, wanted: Selection, limit: int, output: str) -> int:
    """Show the newest `limit` letters that were not sent again, the newest last."""
    if output not in {"table", "json"}:
        raise UsageError(f"--format {output}: table or json")
    found = asyncio.run(letters(load(), wanted))
    newest = found[-limit:]
    if output == "json":
        for letter in newest:
            out.print(json.dumps(as_json(letter), ensure_ascii=False), markup=False)
    elif newest:
        out.print(_table(newest))
    note(_counted(len(found)) + (f", the newest {limit} shown" if len(found) > limit else ""))
    if found:
        note("To send them again: cascades alerts resend (--dry-run says what it would do)")
    return 0


def send_again(*, wanted: Selection, dry_run: bool) -> int:
    """Send the selected letters again; 1 when a channel did not take all of its own."""
    settings = load()
    found = configured(settings)
    return asyncio.run(_send_again(settings, found, wanted, dry_run=dry_run))


async def _send_again(settings: Settings, found: Channels, wanted: Selection, *, dry_run: bool) -> int:
    chosen = await letters(settings, wanted)
    if not chosen:
        note("no dead letter is selected: `cascades alerts letters` shows them")
    elif dry_run:
        for letter in chosen:
            out.print(Text(f"{_name(letter)}: would be sent"))
    else:
        return _told(await _sent(settings, found, chosen))
    return 0


async def _sent(settings: Settings, found: Channels, chosen: Sequence[Letter]) -> Counter[Verdict]:
    controls = Controls()
    async for control in control_log.read(settings):
        controls.apply(control)
    note(f"{_counted(len(chosen))} …")
    async with Marks(settings) as marks:
        return await resend(found, chosen, partial(_is_quiet, controls), marks, _tell)


def _is_quiet(controls: Controls, alert: Alert) -> bool:
    return silenced(controls, alert, SystemClock().now_us())


def _tell(letter: Letter, verdict: Verdict, why: str) -> None:
    out.print(Text(f"{_name(letter)}: {verdict.value}" + (f" ({why})" if why else "")))


def _told(counts: Counter[Verdict]) -> int:
    for verdict in Verdict:
        if counts[verdict]:
            note(f"{counts[verdict]:,} {verdict.value}")
    return 1 if any(counts[verdict] for verdict in _BAD) else 0


def _name(letter: Letter) -> str:
    what = letter.alert.message_id if letter.alert else "a record that is no alert"
    return f"{letter.channel or 'no channel'}: {what}"


def _counted(count: int) -> str:
    return f"{count:,} dead letter{'' if count == 1 else 's'}"


def _table(shown: Sequence[Letter]) -> Table:
    table = Table("failed", "channel", "reason", "detail", "attempts", "content", "why", "message", header_style="bold")
    for letter in shown:
        alert = letter.alert
        table.add_row(
            *map(
                Text,
                (
                    f"{letter.failed_at:%Y-%m-%d %H:%M:%S}",
                    letter.channel or "–",
                    letter.reason,
                    letter.detail,
                    str(letter.attempts),
                    one_line(alert.content_id, _SHOWN_ID) if alert else "–",
                    one_line(alert.summary, _SHOWN_SUMMARY) if alert else "–",
                    alert.message_id if alert else "–",
                ),
            )
        )
    return table


def as_json(letter: Letter) -> dict[str, Any]:
    """One line of `--format json`: the letter, with the alert as it is on its topic (null when it is none)."""
    return {
        "channel": letter.channel,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "failed_at": letter.failed_at.isoformat(timespec="milliseconds"),
        "message_id": letter.alert.message_id if letter.alert else None,
        "topic": letter.identity.topic,
        "partition": letter.identity.partition,
        "offset": letter.identity.offset,
        "alert": letter.alert.model_dump(mode="json") if letter.alert else None,
    }
