"""Everything that apprise can reach: Slack, Teams, Discord, mail and a hundred more.

apprise is made for scripts that may wait; here each channel gets one thread of its own for the time of an attempt, so that a service that answers
byte by byte holds up nobody else. What apprise logs may quote addresses, so none of it is passed on: a failure keeps its HTTP status at most.
"""

from __future__ import annotations

import asyncio
import logging
import re
from threading import Thread
from typing import TYPE_CHECKING, Any

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.common import PersistentStoreMode

from pipeline.alerts.outcome import Failure
from pipeline.alerts.texts import Language, worded
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apprise import NotifyBase

    from schemas.alert import Alert

TIME_LIMIT_S = 30.0
"""For one call of a service; a send that takes longer counts as failed, and is tried again."""
WARNING_FROM, FAILURE_FROM = 4, 7
"""Severities from which services colour the message as a warning and as a failure."""
LANGUAGES: dict[NotifyFormat, Language] = {
    NotifyFormat.TEXT: "plain",
    NotifyFormat.MARKDOWN: "markdown",
    NotifyFormat.HTML: "html",
}
READ_AS_MARKDOWN = frozenset(
    [
        "discord",
        "fluxer",
        "fluxers",
        "guilded",
        "misskey",
        "misskeys",
        "mmost",
        "mmosts",
        "nctalk",
        "nctalks",
        "revolt",
        "ryver",
        "zulip",
    ]
)
"""Services that apprise hands plain text to, and that read Markdown in it all the same."""
_STATUS = re.compile(r"\berror=(\d{3})\b")


class Push:
    """Sends through one apprise address. Raises UsageError when apprise cannot use it; the text does not hold the address."""

    def __init__(self, address: str, limit_s: float = TIME_LIMIT_S) -> None:
        _hush()
        self._service = _service(address)
        self._language, self._format = _how_it_reads(self._service)
        self._limit_s = limit_s
        self._busy = False

    async def send(self, alert: Alert) -> Failure | None:
        """See `Sender.send`. Success is what apprise takes for one: the service has accepted the message."""
        if self._busy:
            return Failure("timed_out", "the attempt before still waits for an answer")
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Failure | None] = loop.create_future()
        self._busy = True
        # A daemon: an answer that never ends must not keep the process from ending.
        Thread(target=self._work, args=(alert, loop, told), name="apprise", daemon=True).start()
        try:
            async with asyncio.timeout(self._limit_s):
                return await told
        except TimeoutError:
            return Failure("timed_out", f"no answer within {self._limit_s:.0f} s")

    async def close(self) -> None:
        """See `Sender.close`: apprise keeps no connection."""

    def _work(self, alert: Alert, loop: asyncio.AbstractEventLoop, told: asyncio.Future[Failure | None]) -> None:
        try:
            outcome = self._notify(alert)
        except Exception as error:  # noqa: BLE001 - a hundred plugins: whatever they raise is a failed attempt
            outcome = Failure("not_taken", f"the service failed ({type(error).__name__})")
        self._busy = False
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell, told, outcome)

    def _notify(self, alert: Alert) -> Failure | None:
        text = worded(alert, self._language)
        sending = Apprise(asset=self._service.asset)
        sending.add(self._service)
        result = sending.notify(
            body=text.body, title=text.title, notify_type=colour(alert.severity), body_format=self._format
        )
        return None if result else explained(entry.message for entry in result.logs())


def _tell(told: asyncio.Future[Failure | None], outcome: Failure | None) -> None:
    if not told.done():  # nobody waits for it any more when it took too long
        told.set_result(outcome)


def colour(severity: int) -> NotifyType:
    """How urgent a service makes it look."""
    if severity >= FAILURE_FROM:
        return NotifyType.FAILURE
    return NotifyType.WARNING if severity >= WARNING_FROM else NotifyType.INFO


def explained(lines: Iterable[str]) -> Failure:
    """A failure from apprise's log lines, without their words: those may hold addresses and what the other side wrote."""
    said = list(lines)
    for line in said:
        if found := _STATUS.search(line):
            return Failure("redirected" if found[1].startswith("3") else "refused", f"answered {found[1]}")
    if any("onnection error" in line for line in said):
        return Failure("unreachable", "no connection")
    return Failure("not_taken", "the service did not take it and gave no reason that can be shown")


def _service(address: str) -> NotifyBase:
    # Nothing on disk, no pictures from elsewhere, no way but the one that is written down.
    asset = AppriseAsset(
        app_id="Share Cascades",
        app_desc="Share Cascades alerts",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        interpret_emojis=False,
        async_mode=False,
        service_timeout=0,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    made = Apprise.instantiate(address, asset=asset)
    if made is None:
        raise UsageError("apprise cannot use its address: compare it with apprise's page on that service")
    if made.redirects:
        raise UsageError("its address asks for redirects to be followed (redirect=yes), which is not allowed")
    if made.optional:
        raise UsageError("its address calls failures a success (optional=yes), which is not allowed")
    return made


def _how_it_reads(service: NotifyBase) -> tuple[Language, NotifyFormat]:
    form = service.resolve_format(NotifyFormat.TEXT)
    return ("markdown" if _schemas(service) & READ_AS_MARKDOWN else LANGUAGES[form]), form


def _schemas(service: NotifyBase) -> frozenset[str]:
    named: list[Any] = [service.protocol, service.secure_protocol]
    return frozenset(name for one in named if one for name in ((one,) if isinstance(one, str) else one))


def _hush() -> None:
    """No line of apprise, nor of the HTTP client under it, is written: both quote addresses."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
