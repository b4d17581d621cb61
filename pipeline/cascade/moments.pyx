"""The compiled form of `moments.py`. Days are counted as in H. Hinnant, "chrono-compatible low-level date algorithms": years from March on, in eras
of 400 years."""

cimport cython
from cpython.datetime cimport (
    PyDateTime_Check,
    PyDateTime_DATE_GET_HOUR,
    PyDateTime_DATE_GET_MICROSECOND,
    PyDateTime_DATE_GET_MINUTE,
    PyDateTime_DATE_GET_SECOND,
    PyDateTime_GET_DAY,
    PyDateTime_GET_MONTH,
    PyDateTime_GET_YEAR,
    datetime_tzinfo,
    import_datetime,
)

from datetime import UTC as _PYTHON_UTC

from schemas.wire import micros as _in_any_zone

import_datetime()

cdef object _UTC = _PYTHON_UTC


cpdef long long micros(moment) except? -1:
    """Whole microseconds since 1970-01-01 UTC."""
    if not PyDateTime_Check(moment) or datetime_tzinfo(moment) is not _UTC:
        return _in_any_zone(moment)
    cdef long long minutes = 60 * PyDateTime_DATE_GET_HOUR(moment) + PyDateTime_DATE_GET_MINUTE(moment)
    cdef long long seconds = 60 * (1440 * _days(moment) + minutes) + PyDateTime_DATE_GET_SECOND(moment)
    return 1_000_000 * seconds + PyDateTime_DATE_GET_MICROSECOND(moment)


@cython.cdivision(True)
cdef long long _days(object moment):
    """Days since 1970-01-01; years are 1 to 9999, so nothing is negative before the last step."""
    cdef int month = PyDateTime_GET_MONTH(moment)
    cdef int year = PyDateTime_GET_YEAR(moment) - (month <= 2)
    cdef int day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + PyDateTime_GET_DAY(moment) - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + day_of_year - 719468
