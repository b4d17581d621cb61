"""How many questions a platform lets us ask: what it says in its headers, and what the operator grants. Pure: the time is given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCARCE: Final = 0.2
"""Share of an allowance under which what is left of it is spread evenly over the time until it is full again."""
FULL_PERCENT: Final = 95.0
"""Meta counts in hundredths of an allowance that it does not tell, and blocks at 100: other programs of the same app go on meanwhile."""
_ROLLING_S: Final = 600.0
"""Meta's hour is a rolling one: when nearly all is used, a sixth of it is free again so much later."""
_BURST_S: Final = 60.0
_FIRST_NUMBER: Final = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)")


class Window(NamedTuple):
    """One allowance: what is left of it, and when it is full again."""

    left: float
    resets_in_s: float
    of: float | None = None


class Budget:
    """The strictest of all limits, in questions. All times are seconds of one clock that never goes back."""

    def __init__(self, per_hour: float, now_s: float) -> None:
        self._rate = per_hour / 3600
        self._burst = max(1.0, self._rate * _BURST_S)
        self._level, self._seen_s = self._burst, now_s
        self._until_s, self._next_s = now_s, now_s
        self.told = "nothing said of limits"

    def took(self, now_s: float) -> None:
        """A question was asked."""
        self._fill(now_s)
        self._level -= 1

    def tell(self, windows: Iterable[Window], now_s: float) -> None:
        """What the platform says is left, after each answer that says so."""
        found = list(windows)
        if found:
            # Its word is newer than what an earlier answer made us wait for.
            self._next_s = max(now_s + _gap(window) for window in found)
            tightest = min(found, key=lambda window: window.left)
            self.told = f"{tightest.left:g} left for {tightest.resets_in_s:.0f} s"

    def pause(self, seconds: float, now_s: float) -> None:
        """The platform wants to be left alone for so long."""
        self._until_s = max(self._until_s, now_s + seconds)

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next question may be asked; 0.0: now."""
        self._fill(now_s)
        own = 0.0 if self._level >= 1 else (1 - self._level) / self._rate
        return max(0.0, own, self._until_s - now_s, self._next_s - now_s)

    def _fill(self, now_s: float) -> None:
        self._level = min(self._burst, self._level + (now_s - self._seen_s) * self._rate)
        self._seen_s = now_s


def _gap(window: Window) -> float:
    if window.left < 1:
        return window.resets_in_s
    plenty = window.left >= SCARCE * window.of if window.of else window.resets_in_s <= window.left
    return 0.0 if plenty else window.resets_in_s / window.left


def silent(_headers: Mapping[str, str]) -> list[Window]:
    """A platform that says nothing of its limits (LinkedIn): only the operator's figure counts."""
    return []


def plain(headers: Mapping[str, str], prefix: str = "X-Ratelimit-", seconds: float | None = None) -> list[Window]:
    """`…Remaining` and `…Reset`, the seconds until then (Reddit, Tumblr, Pinterest).

    Pinterest writes several in one header, as `998, 59;w=60`: the first is the strictest at that moment.
    """
    left, reset = _number(headers.get(f"{prefix}Remaining")), _number(headers.get(f"{prefix}Reset"))
    if left is None or (reset is None and seconds is None):
        return []
    return [Window(left, reset if reset is not None else seconds or 0.0, _number(headers.get(f"{prefix}Limit")))]


def tumblr(headers: Mapping[str, str]) -> list[Window]:
    """Tumblr counts per hour and per day."""
    return plain(headers, "X-Ratelimit-Perhour-") + plain(headers, "X-Ratelimit-Perday-")


def reddit(headers: Mapping[str, str]) -> list[Window]:
    """Reddit tells what is used instead of the limit."""
    used = _number(headers.get("X-Ratelimit-Used"))
    return [window._replace(of=window.left + used) if used is not None else window for window in plain(headers)]


def meta(headers: Mapping[str, str]) -> list[Window]:
    """Meta tells hundredths used, per app, and per account with the minutes until it answers again."""
    found = [_used(_object(headers.get("X-App-Usage")))]
    for uses in _object(headers.get("X-Business-Use-Case-Usage")).values():
        found += [_used(use) for use in uses if isinstance(use, dict)] if isinstance(uses, list) else []
    return [window for window in found if window is not None]


def _used(usage: Mapping[str, object]) -> Window | None:
    shares = [
        value
        for name in ("call_count", "total_time", "total_cputime")
        if isinstance(value := usage.get(name), int | float)
    ]
    if not shares:
        return None
    minutes = usage.get("estimated_time_to_regain_access")
    if isinstance(minutes, int | float) and minutes > 0:
        return Window(0.0, minutes * 60.0, 100.0)
    used = max(shares)
    return Window(0.0 if used >= FULL_PERCENT else 100.0 - used, _ROLLING_S, 100.0)


def _object(text: str | None) -> dict[str, object]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, object])
    except msgspec.MsgspecError:
        return {}


def _number(text: str | None) -> float | None:
    found = _FIRST_NUMBER.match(text or "")
    return float(found[1]) if found else None
