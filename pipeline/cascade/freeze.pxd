cimport cython
from pipeline.cascade cimport reach, span
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.content cimport Content
from pipeline.cascade.minutes cimport Minutes
from pipeline.cascade.names cimport Names
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.tree cimport Tree

cdef long long MINUTE_US
cdef int NOBODY, PLACED, THE_ROOT, UNKNOWN

cdef _freeze(Content content, partition, offset, version, out)
cpdef discard(Content content)
cdef set _changed_actors(Content content)
cdef _edge_rows(Content content, version, list rows)
cdef tuple _content_row(Content content, partition, offset, version)
cdef list _counted(Content content)
cdef list _slots(list histogram, int length)
cdef tuple _edge_row(Content content, int node, version)
cdef str _named(Content content, int node)
cdef tuple _minute_row(Content content, int row, version)
cdef tuple _amplifier_row(Content content, int actor, version)
cdef tuple _row_of_several(Content content, int actor, version)
cdef tuple _downstream(Content content, list nodes)
cdef bint _is_below(Content content, int node, set own) except -1
