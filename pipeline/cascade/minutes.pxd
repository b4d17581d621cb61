cimport cython
from pipeline.cascade.ages cimport Ages, people
from pipeline.cascade.columns cimport Columns
from pipeline.cascade.content cimport Content
from pipeline.cascade.hours cimport Hours
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.tree cimport Tree

cdef long long MINUTE_US
cdef int HOUR, ROOT, SHARE, SLOTS, _NONE, _PLATFORM_BITS, _RECENT

cdef class Depths(Columns):
    cdef int *depth
    cdef int *count
    cdef int *following

    cdef _reserve(self)
    cdef int add(self, int depth, int following) except -1

cdef class Minutes(Columns):
    cdef dict row_of
    cdef long long *minute
    cdef int *platform
    cdef int *acts
    cdef int *live
    cdef long long *reach
    cdef int *histogram
    cdef int *recent
    cdef Depths depths
    cdef int *hour
    cdef int *before
    cdef Hours hours
    cdef set changed

    cdef _reserve(self)
    @cython.locals(minute=cython.longlong, row=int)
    cdef int changing(self, long long time_us, int platform) except -1
    @cython.locals(row=int)
    cdef int _find(self, long long minute, int platform) except -1
    @cython.locals(row=int, hour=int, slot=int)
    cdef int _add(self, long long minute, int platform) except -1
    cdef count_act(self, int row, int slot, int acts, int live)
    cdef count_depth(self, int row, int depth, int change)
    cdef int depth(self, int row)
    @cython.locals(slot=int)
    cdef list lives(self, int row)

cpdef count_act(Content content, long long time_us, int platform, int slot, int acts, int live)
@cython.locals(row=int, live=cython.longlong)
cpdef count_spread(Content content, int node, int change)
cpdef int changing(Content content, int node) except -1
cpdef add_reach(Content content, int node, long long reach)
@cython.locals(moved=int, before=int, row=int)
cpdef move(Content content, int node, int parent=*)
