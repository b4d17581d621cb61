"""`cascades alerts`: list, mute, unmute, acknowledge, test."""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clickhouse_connect.driver.exceptions import ClickHouseError
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from pipeline import control_log
from pipeline.alerts.process import configured
from pipeline.alerts.trial import Verdict, trial
from pipeline.cascade.controls import Controls
from pipeline.clickhouse import as_reader, client
from pipeline.clock import SystemClock
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import CascadesError, UsageError
from schemas.alert import Scope, asked
from schemas.dead_letter import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.config import Settings
    from schemas.alert import Control

_COLUMNS = "alert_id, opened_at, closed_at, state, severity, rule, content_id, campaign_id, muted, summary"
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_OPTIONS = {"content_id": "--content", "campaign_id": "--campaign", "rule": "--rule", "note": "--note"}
_SHOWN_ID, _SHOWN_SUMMARY = 50, 200


def list_alerts(*, only_open: bool, campaign: str | None, limit: int, output: str) -> int:
    """Show alerts, the newest first, and below them who has acknowledged which, and the mutes in force."""
    if output not in {"table", "json"}:
        raise UsageError(f"--format {output}: table or json")
    settings = load()
    found = _rows(settings, _listing(only_open=only_open, campaign=campaign), campaign=campaign or "", limit=limit)
    controls = _controls_if_known(settings)
    if output == "json":
        for row in found:
            said = row | ({"acknowledged": _answer(row, controls)} if controls else {})
            out.print(json.dumps(said, ensure_ascii=False, default=_as_text), markup=False)
    elif found:
        out.print(_table(found, controls or Controls()))
    note(f"{len(found)} alert(s)" + (f", the newest {limit}" if len(found) == limit else ""))
    if controls:
        _tell_controls(controls, found)
    return 0


def _listing(*, only_open: bool, campaign: str | None) -> str:
    wanted = ["closed_at IS NULL"] if only_open else []
    wanted += ["campaign_id = {campaign:String}"] if campaign else []
    where = f"WHERE {' AND '.join(wanted)} " if wanted else ""
    return f"SELECT {_COLUMNS} FROM v_alerts {where}ORDER BY opened_at DESC, alert_id LIMIT {{limit:UInt32}}"


def _rows(settings: Settings, sql: str, **parameters: object) -> list[dict[str, Any]]:
    """Raises UnavailableError when ClickHouse does not answer, CascadesError when its tables are of another version."""
    connection = client(as_reader(settings))
    try:
        return list(connection.query(sql, parameters=parameters).named_results())
    except ClickHouseError as error:
        raise CascadesError("ClickHouse has no v_alerts as it must be: run `cascades migrate`") from error
    finally:
        connection.close()


def _table(rows: Iterable[dict[str, Any]], controls: Controls) -> Table:
    table = Table("opened", "state", "severity", "rule", "content", "why", "alert", header_style="bold")
    for row in rows:
        table.add_row(
            *map(
                Text,
                (
                    f"{row['opened_at']:%Y-%m-%d %H:%M:%S}",
                    _state(row, controls),
                    str(row["severity"]),
                    row["rule"],
                    one_line(row["content_id"], _SHOWN_ID),
                    one_line(row["summary"], _SHOWN_SUMMARY),
                    row["alert_id"],
                ),
            )
        )
    return table


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def _state(row: dict[str, Any], controls: Controls) -> str:
    """An acknowledged alert is marked as muted while it goes on: the acknowledgement says more."""
    quiet = "acknowledged" if controls.acknowledged(row["alert_id"]) else "muted" if row["muted"] else ""
    return " ".join([row["state"], *(f"({word})" for word in ("over" if row["closed_at"] else "", quiet) if word)])


def _answer(row: dict[str, Any], controls: Controls) -> dict[str, object] | None:
    """Who has seen to the alert, for JSON; None: nobody."""
    found = controls.acknowledgement(row["alert_id"])
    return {"by": found.by, "at": found.at, "note": found.note} if found else None


def _tell_controls(controls: Controls, shown: Iterable[dict[str, Any]]) -> None:
    for row in shown:
        if found := controls.acknowledgement(row["alert_id"]):
            about = f"alert {row['alert_id']} (content {one_line(row['content_id'], _SHOWN_ID)})"
            note(f"acknowledged: {about}, {_moment(found.at)}, {_by(found)}")
    for mute in controls.mutes(SystemClock().now_us()):
        note(f"muted: {_words(mute.scope)}, {_end(mute.until)}, {_by(mute)}")


def _by(control: Control) -> str:
    said = f" ({one_line(control.note, _SHOWN_SUMMARY)})" if control.note else ""
    return f"by {one_line(control.by, _SHOWN_ID) or 'nobody named'}{said}"


def _controls_if_known(settings: Settings) -> Controls | None:
    try:
        return asyncio.run(_controls(settings))
    except CascadesError as error:
        note(f"mutes and acknowledgements are not known: {error}")
        return None


async def _controls(settings: Settings) -> Controls:
    controls = Controls()
    async for control in control_log.read(settings):
        controls.apply(control)
    return controls


def mute(*, content: str | None, campaign: str | None, rule: str | None, span: str | None, why: str) -> int:
    """Stop deliveries of what the options select, for a time or until unmuted."""
    length = _length(span) if span else None
    now = datetime.now(UTC)
    control = _control("mute", _scope(content, campaign, rule), now, now + length if length else None, why)
    settings = load()
    asyncio.run(control_log.send(settings, control))
    note(f"muted: {_words(control.scope)}, {_end(control.until)}{f' ({span})' if span else ''}")
    note("Alerts go on and are shown; they are not sent to people until then.")
    note(f"To lift it: cascades alerts unmute {_options(control.scope)}")
    return 0


def unmute(*, content: str | None, campaign: str | None, rule: str | None, why: str) -> int:
    """Lift the mute of exactly this scope; 1 when there is none."""
    control = _control("unmute", _scope(content, campaign, rule), datetime.now(UTC), None, why)
    settings = load()
    in_force = asyncio.run(_controls(settings)).mutes(SystemClock().now_us())
    if control.key() not in {one.key() for one in in_force}:
        others = "; ".join(_words(one.scope) for one in in_force) or "none"
        raise CascadesError(f"{_words(control.scope)} is not muted. Mutes in force: {others}")
    asyncio.run(control_log.send(settings, control))
    note(f"lifted: {_words(control.scope)} is not muted any more")
    return 0


def acknowledge(*, alert_id: str, why: str) -> int:
    """Say that somebody sees to an alert: nothing more is sent about it but its end."""
    settings = load()
    try:
        found = _rows(settings, f"SELECT {_COLUMNS} FROM v_alerts WHERE alert_id = {{id:String}}", id=alert_id)
    except CascadesError as error:
        note(f"whether there is such an alert could not be checked: {error}")
    else:
        if not found:
            raise UsageError(f"there is no alert {alert_id}: `cascades alerts list` shows them")
        note(f"{found[0]['state']}: {one_line(found[0]['summary'], _SHOWN_SUMMARY)}")
    control = _control("acknowledge", Scope.model_construct(alert_id=alert_id), datetime.now(UTC), None, why)
    asyncio.run(control_log.send(settings, control))
    note(f"acknowledged: alert {alert_id}. Its end is still sent, nothing else; a new alert of the same content is.")
    return 0


def test(*, channel: str | None) -> int:
    """Send a test alert through each channel, or through one; 1 when a channel did not take it."""
    settings = load()
    found = configured(settings)
    if channel is not None and channel not in found:
        raise UsageError(f"there is no channel {channel!r}; the channels are: {', '.join(found)}")
    chosen = {channel: found[channel]} if channel else found
    verdicts = asyncio.run(trial(settings, chosen))
    for verdict in verdicts:
        out.print(Text(_verdict(verdict)))
    return 1 if any(verdict.failure for verdict in verdicts) else 0


def _verdict(verdict: Verdict) -> str:
    if verdict.failure is None:
        return f"{verdict.channel}: delivered in {verdict.seconds:.1f} s"
    return (
        f"{verdict.channel}: FAILED after {verdict.seconds:.1f} s, {verdict.failure.reason}: {verdict.failure.detail}"
    )


def _control(action: str, scope: Scope, at: datetime, until: datetime | None, why: str) -> Control:
    try:
        told = {"action": action, "scope": scope.model_dump(), "until": until, "by": _who(), "note": why, "at": at}
        return asked(told)
    except ValidationError as error:
        raise UsageError("; ".join(f"{_place(found['loc'])}{found['msg']}" for found in error.errors())) from None


def _place(loc: tuple[int | str, ...]) -> str:
    """The option that a field comes from; a sentence about the whole has none."""
    name = str(loc[-1]) if loc else ""
    return f"{_OPTIONS.get(name, name)}: " if name else ""


def _scope(content: str | None, campaign: str | None, rule: str | None) -> Scope:
    if not (content or campaign or rule):
        raise UsageError("say what: --content, --campaign, --rule, or several (all of them must fit then)")
    return Scope.model_construct(content_id=content, campaign_id=campaign, rule=rule)


def _length(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if not found or not int(found[1]):
        raise UsageError(f"--for {text}: give 90s, 30m, 2h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _words(scope: Scope) -> str:
    named = {"content": scope.content_id, "campaign": scope.campaign_id, "rule": scope.rule}
    return ", ".join(f"{name} {one_line(value, _SHOWN_ID)}" for name, value in named.items() if value)


def _options(scope: Scope) -> str:
    named = {"content": scope.content_id, "campaign": scope.campaign_id, "rule": scope.rule}
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in named.items() if value)


def _end(until: datetime | None) -> str:
    return f"until {_moment(until)}" if until else "until it is lifted"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "command line"
