from pipeline.cascade.arrivals cimport Arrival
from pipeline.cascade.blocks cimport Events

cdef int UNKNOWN
cdef tuple BASES, EVENT_KINDS

cpdef event_row(Events out, Arrival arrival, long long partition, long long offset, long long appended_ms, long long epoch)
