from pipeline.cascade.actors cimport Actors
from pipeline.cascade.arrivals cimport Arrival
from pipeline.cascade.content cimport Content
from pipeline.cascade.names cimport Names
from pipeline.cascade.spreads cimport Spreads

cdef int NOBODY, NOTHING, THE_ROOT, UNKNOWN

cpdef bint outranks(Content content, int node, Arrival arrival) except -1
cdef bint _smaller(Content content, int node, Arrival arrival) except -1
cdef _standing(Content content, int node)
cdef _arrived(Content content, Arrival arrival)
cdef _moment(long long time_us)
