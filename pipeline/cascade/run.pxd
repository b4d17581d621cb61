cimport cython
from pipeline.cascade.arrivals cimport Arrival
from pipeline.cascade.blocks cimport Events
from pipeline.cascade.facts cimport encode
from pipeline.cascade.fold cimport enter
from pipeline.cascade.held cimport HeldContent
from pipeline.cascade.raw_rows cimport event_row

cdef int LINK, _APPLIED, _DUPLICATE

cdef class Run:
    cdef public long long next_offset
    cdef public long long latest_ms
    cdef public long long facts
    cdef public long long folded
    cdef public long long duplicates
    cdef public list touched
    cdef public list unkept
    cdef public bint rows
    cdef public Events raw
    cdef readonly dict contents
    cdef long long _partition
    cdef long long _epoch
    cdef Arrival _arrival

    @cython.locals(held=HeldContent, arrival=Arrival, count=Py_ssize_t, offset=cython.longlong)
    cpdef Py_ssize_t fold(self, list records, list decoded, Py_ssize_t at) except -1
    @cython.locals(wanted=cython.bint)
    cpdef fold_one(self, HeldContent held, record, event, bint row=*)
    @cython.locals(arrival=Arrival)
    cpdef note(self, record, event)
    @cython.locals(outcome=int, arrival=Arrival)
    cdef _enter(self, HeldContent held, long long offset, long long appended_ms)
