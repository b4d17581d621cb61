cimport cython
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.content cimport Content
from pipeline.cascade.freeze cimport downstream
from pipeline.cascade.names cimport Names
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.tree cimport Tree

cdef int NOBODY, UNKNOWN, _SPARE

@cython.locals(
    actor=int, shares=cython.longlong, reach=cython.longlong, people=cython.longlong, least_reach=cython.longlong,
    least_shares=cython.longlong, least_people=cython.longlong, latest=cython.longlong
)
cpdef list top_amplifiers(Content content, int n=*)
cdef tuple _rank(Content content, int actor)
@cython.locals(tree=Tree, only=int, node=int)
cdef long long _most_reach(Content content, int actor) except? -1
@cython.locals(tree=Tree, only=int, node=int)
cdef long long _most_shares(Content content, int actor) except? -1
@cython.locals(actor=int)
cdef list _best(Content content, list found, int n)
cdef str _name(Content content, int actor)
@cython.locals(only=int, node=int)
cdef int _earliest(Content content, int actor) except -1
cdef long long _first_time(Content content, int actor) except? -1
@cython.locals(only=int, node=int)
cdef long long _audience(Content content, int actor) except? -1
cdef _amplifier(Content content, int actor, long long shares, long long reach)
