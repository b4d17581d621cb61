cimport cython
from pipeline.cascade.columns cimport Columns
from pipeline.cascade.memory cimport lived, seen_in_window

cdef int UNKNOWN, UNKNOWN_AUDIENCE
cdef int _ENOUGH, _FINENESS, _NARROWEST, _ROOM, _SUMS, _WIDEST
cdef long long MOST_PEOPLE, _SECOND_US
cdef double _HALF, _LONGEST, _SHORTEST

@cython.final
cdef class Cells(Columns):
    cdef double *oldest_s
    cdef double *spreads
    cdef double *age_s
    cdef double *audience
    cdef double *audience_age_s

    @cython.locals(row=int, age=double)
    cdef add(self, double oldest_s, double spreads, double spread_offsets, double audience, double audience_offsets)

@cython.final
cdef class Ages(Columns):
    cdef long long *start
    cdef double *sums
    cdef readonly long long latest
    cdef long long merged_at
    cdef int limit

    cdef reserve(self, int room)
    @cython.locals(second=cython.longlong, offset=cython.longlong, row=int, at=int)
    cpdef add(self, long long time_us, long long spreads, long long audience)
    @cython.locals(start=cython.longlong, row=int)
    cdef int _row(self, long long second) except -1
    @cython.locals(low=int, high=int, middle=int)
    cdef int _place(self, long long start) except -1
    @cython.locals(other=int, at=int)
    cdef _insert(self, int row, long long start)
    @cython.locals(
        into=int, row=int, at=int, start=cython.longlong, whole=cython.longlong, shift=cython.longlong,
        spreads=double, spread_offsets=double, audience=double, audience_offsets=double, sums=cython.p_double
    )
    cdef merge_into(self, Ages other, long long now)
    @cython.locals(now=cython.longlong, exact=double, merged=Ages, found=Cells, row=int, at=int)
    cpdef Cells cells(self, long long now_us)

cpdef long long people(long long audience) except -1
@cython.locals(widest=cython.longlong, width=cython.longlong, start=cython.longlong)
cpdef long long cell_start(long long second, long long now) except? -1
@cython.locals(
    window=double, spreads=double, weight=double, exposure=double, waiting=double, lives=double,
    row=int, number=double, age=double
)
cpdef evidence(Cells cells, double age_s)
@cython.locals(window=double, held=double, row=int)
cdef double _window(Cells cells, double age_s) except? -1
cdef bint _holds(Ages ages, int row) except -1
@cython.locals(at=int)
cdef _clear(Ages ages, int row)
