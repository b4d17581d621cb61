cimport cython
from pipeline.cascade cimport reach, span
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.blocks cimport Amplifiers, ContentMinutes, Edges
from pipeline.cascade.content cimport Content
from pipeline.cascade.levels cimport Levels
from pipeline.cascade.minutes cimport Minutes
from pipeline.cascade.names cimport Names
from pipeline.cascade.packed cimport Column
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.stack cimport Stack
from pipeline.cascade.tree cimport Tree

cdef long long MINUTE_US
cdef int AT_ONCE, BELOW, NOBODY, PLACED, THE_ROOT, UNKNOWN, _MANY

cdef _freeze(Content content, partition, offset, version, out, int at_once)
cpdef discard(Content content)
cpdef bint suspect(Content content, int at_once=*) except -1
cpdef bint is_behind(Content content) except -1
@cython.locals(node=int, place=int, block=Edges, marked=Stack)
cdef int _edge_rows(Content content, long long version, out) except -1
@cython.locals(place=int, block=ContentMinutes, changed=Stack)
cdef int _minute_rows(Content content, long long version, out) except -1
@cython.locals(place=int, node=int, marked=Stack)
cdef _note_amplifiers(Content content)
@cython.locals(place=int, block=Amplifiers, changed=Stack)
cdef _amplifier_rows(Content content, long long version, out, int at_once)
@cython.locals(actor=int)
cdef _some_amplifier_rows(Content content, long long version, Amplifiers block, int left)
@cython.locals(place=int, number=int)
cdef _put_in_order(Stack changed, signed char *mark, int rows)
cdef tuple _content_row(Content content, partition, offset, version)
cdef list _counted(Content content)
cdef list _slots(list histogram, int length)
@cython.locals(node=int, row=int, actor=int)
cpdef hide(Content content, version, out)
@cython.locals(text=Column, number=Column)
cdef int _void_edge(Content content, int node, long long version, Edges out) except -1
@cython.locals(count=Column)
cdef int _void_minute(Content content, int row, long long version, ContentMinutes out) except -1
@cython.locals(count=Column)
cdef int _void_amplifier(Content content, int actor, long long version, Amplifiers out) except -1
cdef int _edge_row(Content content, int node, long long version, Edges out) except -1
cdef int _pack(Names names, int number, Column out) except -1
cdef int _pack_named(Content content, int node, Column out) except -1
cdef int _minute_row(Content content, int row, long long version, ContentMinutes out) except -1
cdef int _amplifier_row(Content content, int actor, long long version, Amplifiers out) except -1
cdef int _one_spread(Content content, int only, Amplifiers out) except -1
@cython.locals(node=int, place=int, nodes=Stack, first=int, shares=int, audience=cython.longlong, others=cython.longlong, people=cython.longlong, top=int, bottom=int)
cdef int _several_spreads(Content content, int actor, Amplifiers out) except -1
@cython.locals(node=int, place=int, top=int, bottom=int, others=cython.longlong, people=cython.longlong)
cpdef (long long, long long) downstream(Content content, int actor, Stack nodes) except *
@cython.locals(node=int, place=int, top=int, bottom=int)
cdef (int, int) _span(Content content, Stack nodes) except *
@cython.locals(above=int)
cdef bint _is_below(Content content, int node, int actor, int steps) except -1
