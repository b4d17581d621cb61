cimport cython
from pipeline.cascade cimport minutes
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.acts cimport Acts
from pipeline.cascade.ages cimport Ages, people
from pipeline.cascade.content cimport Content
from pipeline.cascade.logs cimport log_not_reached
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.tree cimport Tree

cdef int NOBODY, SEVERAL, UNKNOWN

cpdef add_spread(Content content, int node)
cpdef remove_spread(Content content, int node)
cpdef recount(Content content, int actor)
cpdef add_post(Content content, int act, long long audience)
cpdef long long audience_of(Content content, int act) except? -2
cpdef recount_author(Content content, int actor)
cpdef double estimated(Content content) except? -1
cdef _list_spread(Content content, int actor, int node)
cdef _count(Content content, int actor, int node, long long value)
cdef _attribute(Content content, int actor, int node, long long value, int sign)
@cython.locals(people=cython.longlong, platform=int)
cdef _add_log(Content content, int actor, long long audience, int sign)
