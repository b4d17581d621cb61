"""Moments are the same numbers in both forms of the core, in every year and time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cascade import micros
from schemas.wire import micros as plain

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(seconds=-1))])


@given(moment=st.datetimes(timezones=ZONES))
def test_a_moment_is_counted_exactly(moment):
    assert micros(moment) == plain(moment)


@pytest.mark.parametrize("year", [1, 4, 100, 400, 1582, 1900, 1969, 1970, 2000, 2024, 2100, 9999])
def test_every_day_of_a_year_is_counted(year):
    first = datetime(year, 1, 1, 23, 59, 59, 999_999, UTC)
    days = [first + timedelta(days=day) for day in range(365)]
    assert [micros(day) for day in days] == [plain(day) for day in days]
