"""What an answer means for what is asked next. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms.reading import UnknownShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.ingest.collect.pollers.asking import Answer

LONGEST_S: Final = 24 * 3600.0
"""A longer Retry-After is a slip, or a date that was read on a wrong clock."""


class Verdict(Enum):
    """What to do with an answer."""

    TOLD = "told"  # read it
    UNCHANGED = "unchanged"  # 304: nothing new
    MISSING = "missing"  # no such post
    THROTTLED = "throttled"  # too many questions: the whole platform waits
    DENIED = "denied"  # who we are is not, or no longer, known
    REFUSED = "refused"  # this question is not answered to us: ask it seldom
    FAILED = "failed"  # the platform has trouble: ask again soon


_BY_STATUS: Final = {
    200: Verdict.TOLD,
    304: Verdict.UNCHANGED,
    401: Verdict.DENIED,
    404: Verdict.MISSING,
    408: Verdict.FAILED,
    410: Verdict.MISSING,
    420: Verdict.THROTTLED,
    425: Verdict.FAILED,
    429: Verdict.THROTTLED,
}
_SERVER_ERRORS: Final = 500
_META_THROTTLES: Final = frozenset({4, 17, 32, 613, *range(80000, 80015)})
_META_DENIES: Final = frozenset({102, 190})
_META_FAILS: Final = frozenset({1, 2})


def by_status(answer: Answer) -> Verdict:
    """What HTTP's status code says."""
    usual = Verdict.FAILED if answer.status >= _SERVER_ERRORS else Verdict.REFUSED
    return _BY_STATUS.get(answer.status, usual)


def meta(answer: Answer) -> Verdict:
    """Meta says what is wrong in the body; its status is 400 or 403 for nearly everything. "No such object" may also mean "not for you"."""
    verdict = by_status(answer)
    if verdict in {Verdict.TOLD, Verdict.UNCHANGED, Verdict.THROTTLED}:
        return verdict
    code = _meta_code(answer)
    if code in _META_THROTTLES:
        return Verdict.THROTTLED
    if code in _META_DENIES:
        return Verdict.DENIED
    if code in _META_FAILS:
        return Verdict.FAILED
    return Verdict.REFUSED if verdict is Verdict.MISSING or code is not None else verdict


def _meta_code(answer: Answer) -> int | None:
    try:
        error = answer.json().get("error")
        code = error.get("code") if error and isinstance(error.value, dict) else None
        return code.count() if code else None
    except UnknownShapeError:
        return None


def retry_after_s(headers: Mapping[str, str], now_us: int) -> float | None:
    """Seconds that a `Retry-After` asks for (RFC 9110: seconds, or a date); None when it says nothing that can be read."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), LONGEST_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.fromtimestamp(now_us / 1e6, UTC)).total_seconds(), 0.0), LONGEST_S)


def detail(answer: Answer) -> str:
    """Meta's number of an error, where there is one. Never its sentence: that may repeat the token."""
    code = _meta_code(answer)
    return "" if code is None else f" (code {code})"
