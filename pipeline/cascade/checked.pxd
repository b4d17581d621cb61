cimport cython
from pipeline.cascade.arrivals cimport Arrival

cdef long long _AHEAD_US, _EARLIEST_US, _END_MS
cdef int _MOST_BYTES
cdef tuple _PLAIN
cdef frozenset _KNOWN

@cython.locals(arrival=Arrival)
cpdef list events_of(list records, ask)
cdef _certain(bytes value, long long appended_ms, Arrival arrival)
cdef bint _is_certain(event, bytes value, long long appended_ms, Arrival arrival) except -1
