cimport cython
from pipeline.cascade cimport bonds, minutes, parents, reach, retractions, span
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.arrivals cimport Arrival
from pipeline.cascade.content cimport Content
from pipeline.cascade.copies cimport outranks
from pipeline.cascade.facts cimport encode
from pipeline.cascade.spreads cimport Spreads

cdef int COUNTER, NO_ACT, NOBODY, NOTHING, POST, RETRACT, THE_ROOT, _APPLIED, _DUPLICATE, _REPLACED
cdef tuple SLOT_OF, SPREAD_OF, _OUTCOMES

@cython.locals(arrival=Arrival, outcome=int)
cpdef fold(Content content, event, long long occurred_us, list facts=*)
@cython.locals(number=int, place=int, kind=int)
cpdef int enter(Content content, Arrival arrival) except -1
@cython.locals(node=int, parent=int, status=int)
cdef _add_spread(Content content, int number, int kind, Arrival arrival)
cdef _replace_spread(Content content, int node, int kind, Arrival arrival)
@cython.locals(platform=int)
cdef _write_facts(Content content, int node, int kind, Arrival arrival)
cdef int _named(Content content, Arrival arrival) except? -1
cdef _enter(Content content, int node)
cdef _leave(Content content, int node)
@cython.locals(platform=int, actor=int, slot=int, act=int)
cdef _add_act(Content content, int number, Arrival arrival)
cdef _add_remark(Content content, int actor, Arrival arrival)
