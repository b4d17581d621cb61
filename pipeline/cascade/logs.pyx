"""The compiled form of `logs.py`."""

cimport cython
from libc.math cimport llrint, log1p

UNIT = 1 << 40

cdef double _UNIT = 1 << 40


@cython.cdivision(True)
cpdef long long log_not_reached(long long audience, long long people) noexcept:
    return llrint(log1p(<double>-audience / <double>people) * _UNIT)  # as `round`: to the nearest, ties to even
