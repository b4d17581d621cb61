"""Alerts that are open or were lately, with what people have asked of them; and the door through which the page asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from aiohttp import web
from pydantic import ValidationError

from pipeline import control_log
from pipeline.serve import sql
from pipeline.serve.topics import BadQuestionError
from schemas.alert import asked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pipeline.cascade.controls import Controls
    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.serve.reader import Reader, Row
    from schemas.alert import Control

SHOWN = 100
NEWS_MS = 3_600_000
"""So long a notice stands in sight. It is over when it is told, so it is never among the open ones."""
LONGEST_MUTE_MINUTES = 60 * 24 * 366
BY = "somebody on the page"


class AlertList:
    """Loads part `alerts`: `open` (those that nobody has seen to first, of them the most severe), `notices` of the last hour, `over` (all else of the
    last 24 hours; both the newest first), `mutes` in force, and `may_act`.

    Of all contents, or of one `content` or `campaign`. Whether an alert is muted or acknowledged, by whom and why, is taken from `share.control` itself,
    so that an answer shows at once. `muted` without a `mute`: its last message was, by a mute that has ended, or because it was acknowledged.
    """

    def __init__(
        self,
        reader: Reader,
        settings: Settings,
        clock: Clock,
        controls: Controls,
        *,
        content: str = "",
        campaign: str = "",
    ) -> None:
        self._reader, self._clock, self._controls = reader, clock, controls
        self._may_act = settings.page_may_mute
        self._about = {name: value for name, value in (("content", content), ("campaign", campaign)) if value}

    async def __call__(self) -> dict[str, object]:
        rows = await self._reader.rows(sql.alerts(set(self._about)), **self._about, limit=SHOWN)
        now_us = self._clock.now_us()
        mutes = [_mute(control) for control in self._controls.mutes(now_us)]
        alerts = [self._alert(row, mutes) for row in rows]
        over = [alert for alert in alerts if alert["closed"] is not None]
        news_from = now_us // 1000 - NEWS_MS
        return {
            "alerts": {
                "open": sorted((alert for alert in alerts if alert["closed"] is None), key=_quieted),
                "notices": [alert for alert in over if alert["notice"] and alert["opened"] > news_from],
                "over": [alert for alert in over if not alert["notice"] or alert["opened"] <= news_from],
                "mutes": mutes,
                "may_act": self._may_act,
            }
        }

    def _alert(self, row: Row, mutes: list[dict[str, Any]]) -> dict[str, Any]:
        mute = next((one for one in mutes if one["scope"].items() <= row.items()), None)
        acknowledgement = self._controls.acknowledgement(row["alert_id"])
        return {
            **row,
            "top_spreaders": _spreaders(row["top_spreaders"]),
            "notice": row["closed"] == row["opened"],
            "muted": bool(row["muted"]) or mute is not None,
            "mute": mute,
            "acknowledged": acknowledgement is not None,
            "acknowledgement": acknowledgement and _answer(acknowledgement),
        }


def _quieted(alert: dict[str, Any]) -> bool:
    """Those that nobody has seen to come first."""
    return bool(alert["muted"] or alert["acknowledged"])


def _spreaders(text: str) -> list[Any]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _mute(control: Control) -> dict[str, Any]:
    """`until` None: it has no end of its own."""
    until = None if control.until is None else _milliseconds(control.until)
    return {"scope": control.scope.model_dump(exclude_none=True), "until": until, **_answer(control)}


def _answer(control: Control) -> dict[str, object]:
    """Who, why, and when, in milliseconds since 1970."""
    return {"by": control.by, "note": control.note, "at": _milliseconds(control.at)}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What the page sends. `minutes`: how long a mute lasts; null: until it is lifted."""

    action: Literal["mute", "unmute", "acknowledge"]
    scope: dict[str, str]
    minutes: int | None = None
    note: str = ""


class Desk:
    """Takes mutes and acknowledgements and puts them on `share.control`. ClickHouse is not written to."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        controls: Controls,
        send: Callable[[Settings, Control], Awaitable[None]] = control_log.send,
    ) -> None:
        self._settings, self._clock, self._controls, self._send = settings, clock, controls, send

    async def handle(self, request: web.Request) -> web.Response:
        """POST /api/alerts/control, JSON `{action, scope: {content_id?, campaign_id?, rule?} or {alert_id}, minutes?, note?}`.

        202 when Kafka has it, 400 for what cannot be, 403 from another site or when CASCADES_PAGE_MAY_MUTE is off, 415 unless it is sent as
        application/json (which no form of another site can do), 503 while Kafka does not take it.
        """
        if not self._settings.page_may_mute or request.headers.get("Sec-Fetch-Site", "same-origin") not in {
            "same-origin",
            "none",
        }:
            return web.json_response({"error": "this page may not mute or acknowledge alerts"}, status=403)
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        control = self._control(await request.read())
        await self._send(self._settings, control)
        self._controls.apply(control)
        return web.json_response({"key": control.key().decode()}, status=202)

    def _control(self, body: bytes) -> Control:
        try:
            wish = msgspec.json.decode(body, type=Wish)
            return asked(self._told(wish))
        except msgspec.MsgspecError as error:
            raise BadQuestionError(str(error)) from None
        except ValidationError as error:
            raise BadQuestionError("; ".join(found["msg"] for found in error.errors(include_input=False))) from None

    def _told(self, wish: Wish) -> dict[str, object]:
        now = datetime.fromtimestamp(self._clock.now_us() / 1e6, UTC)
        if wish.minutes is not None and not 1 <= wish.minutes <= LONGEST_MUTE_MINUTES:
            raise BadQuestionError(f"minutes is 1 to {LONGEST_MUTE_MINUTES}")
        until = None if wish.minutes is None else now + timedelta(minutes=wish.minutes)
        return {"action": wish.action, "scope": wish.scope, "until": until, "by": BY, "note": wish.note, "at": now}
