cimport cython
from pipeline.cascade cimport reach, span
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.blocks cimport Amplifiers, ContentMinutes, Edges
from pipeline.cascade.content cimport Content
from pipeline.cascade.minutes cimport Minutes
from pipeline.cascade.names cimport Names
from pipeline.cascade.packed cimport Column
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.tree cimport Tree

cdef long long MINUTE_US
cdef int NOBODY, PLACED, THE_ROOT, UNKNOWN

cdef _freeze(Content content, partition, offset, version, out)
cpdef discard(Content content)
cdef set _changed_actors(Content content)
@cython.locals(node=int, block=Edges)
cdef int _edge_rows(Content content, long long version, out) except -1
@cython.locals(row=int, block=ContentMinutes)
cdef int _minute_rows(Content content, long long version, out) except -1
@cython.locals(actor=int, block=Amplifiers)
cdef int _amplifier_rows(Content content, long long version, out) except -1
cdef tuple _content_row(Content content, partition, offset, version)
cdef list _counted(Content content)
cdef list _slots(list histogram, int length)
cdef int _edge_row(Content content, int node, long long version, Edges out) except -1
cdef int _pack(Names names, int number, Column out) except -1
cdef int _pack_named(Content content, int node, Column out) except -1
cdef int _minute_row(Content content, int row, long long version, ContentMinutes out) except -1
cdef int _amplifier_row(Content content, int actor, long long version, Amplifiers out) except -1
cdef int _one_spread(Content content, int only, Amplifiers out) except -1
cdef int _several_spreads(Content content, int actor, Amplifiers out) except -1
cpdef tuple downstream(Content content, list nodes)
cdef bint _is_below(Content content, int node, set own) except -1
