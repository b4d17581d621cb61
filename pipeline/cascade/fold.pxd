cimport cython
from pipeline.cascade cimport minutes, parents, reach, retractions, span
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.content cimport Content
from pipeline.cascade.spreads cimport Spreads

cdef int NO_ACT, NOBODY, NOTHING, POST, THE_ROOT, UNKNOWN

@cython.locals(number=int, place=int, kind=int)
cpdef fold(Content content, event, long long occurred_us)
cdef bint _outranks(Content content, int node, event, long long occurred_us) except -1
@cython.locals(node=int, parent=int, status=int)
cdef _add_spread(Content content, int number, int kind, event, long long occurred_us)
cdef _replace_spread(Content content, int node, int kind, event, long long occurred_us)
@cython.locals(platform=int)
cdef _write_facts(Content content, int node, int kind, event, long long occurred_us)
cdef int _named(Content content, event) except? -1
cdef _enter(Content content, int node)
cdef _leave(Content content, int node)
@cython.locals(platform=int, actor=int, slot=int, act=int)
cdef _add_act(Content content, int number, event, long long occurred_us)
cdef _add_remark(Content content, int actor, event, long long occurred_us)
