"""Times as platforms write them. Each platform has its own unit, and a wrong one shows: it lands in 1970 or in the future.

All functions raise `UnknownShapeError` and return UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms.reading import UnknownShapeError
from schemas.event import EARLIEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.platforms.reading import Json

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_X_WORDS: Final = 6


def seconds(found: Json) -> datetime:
    """Seconds since 1970, whole or with a fraction."""
    return _since_1970(found, 1_000_000)


def millis(found: Json) -> datetime:
    """Milliseconds since 1970."""
    return _since_1970(found, 1_000)


def micros(found: Json) -> datetime:
    """Microseconds since 1970."""
    return _since_1970(found, 1)


def iso(found: Json) -> datetime:
    """ISO 8601 with an offset; digits after the sixth of a second are cut off."""
    try:
        moment = datetime.fromisoformat(found.text())
        return _with_zone(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise found.refusal("should be an ISO 8601 time with its offset") from None


def iso_utc(found: Json) -> datetime:
    """ISO 8601 of a platform whose times are UTC and do not always say so."""
    try:
        return _utc_if_unsaid(datetime.fromisoformat(found.text())).astimezone(UTC)
    except (ValueError, OverflowError):
        raise found.refusal("should be an ISO 8601 time") from None


def twitter(found: Json) -> datetime:
    """X's own: `Wed Jul 09 00:08:39 +0000 2014`. Python's parser of it would depend on the machine's language."""
    words = found.text().split()
    if len(words) != _X_WORDS:
        raise found.refusal("should be a time such as Wed Jul 09 00:08:39 +0000 2014")
    _, month, day, clock, offset, year = words
    return _rfc_822(found, f"{day} {month} {year} {clock} {offset}")


def rfc_822(found: Json) -> datetime:
    """RSS's: `Wed, 09 Jul 2014 00:08:39 +0000`, or `GMT`."""
    return _rfc_822(found, found.text())


def declared(found: Json | None, parse: Callable[[Json], datetime], received_at: datetime) -> datetime:
    """A time that a stranger's program declares. It may lie: no later than it was received, and when it lies before the
    first share button, or is not told, then the time it was received.
    """
    moment = received_at if found is None else min(parse(found), received_at)
    return moment if moment >= EARLIEST else received_at


def written(found: Json | None, received_at: datetime) -> datetime:
    """A time that a person or a template wrote into a page. Where it is no time with an offset: when it was received."""
    try:
        return declared(found, iso, received_at)
    except UnknownShapeError:
        return received_at


def _since_1970(found: Json, factor: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=round(found.number() * factor))
    except (ValueError, OverflowError):
        raise found.refusal("should be a time as a number since 1970") from None


def _rfc_822(found: Json, text: str) -> datetime:
    try:
        return _utc_if_unsaid(parsedate_to_datetime(text)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        raise found.refusal("should be a date and time with its offset") from None


def _with_zone(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _utc_if_unsaid(moment: datetime) -> datetime:
    # "-0000" is UTC of a sender who does not tell where it stands (RFC 5322, 3.3).
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
