cimport cython
from pipeline.cascade.arrivals cimport Arrival

@cython.final
cdef class Reader:
    cdef readonly long long last_offset
    cdef readonly long long arrived_ms
    cdef readonly long long duplicates
    cdef readonly long long count
    cdef readonly Py_ssize_t start
    cdef bytes _value
    cdef const unsigned char *_at
    cdef const unsigned char *_end
    cdef str _platform
    cdef str _campaign

    cpdef read(self, Arrival arrival)
    cdef int _byte(self) except -1
    cdef unsigned long long _big(self, int size) except? 1
    cdef long long _array(self) except -1
    cdef long long _number(self) except? -1
    cdef long long _optional(self) except? -1
    cdef bint _truth(self) except -1
    cdef str _needed(self, str before)
    cdef str _text(self, str before)

cpdef bytes encode(Arrival arrival)
