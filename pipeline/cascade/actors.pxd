from pipeline.cascade.columns cimport Columns
from pipeline.cascade.names cimport Names

cdef int NOBODY, SEVERAL, UNKNOWN

cdef class Actors(Columns):
    cdef Names names
    cdef int *platform
    cdef int *first
    cdef dict more
    cdef int *counted
    cdef long long *value
    cdef dict posts
    cdef dict author_value
    cdef set changed

    cdef _reserve(self)
    cdef int number(self, int platform, str actor_id) except -1
    cdef list spreads(self, int actor)
