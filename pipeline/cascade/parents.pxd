cimport cython
from pipeline.cascade.content cimport Content
from pipeline.cascade.minutes cimport move
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.stack cimport Stack
from pipeline.cascade.tree cimport Tree

cdef int AT_ROOT, BY_ACTOR, BY_EVENT, CYCLE, NOBODY, NOT_A_SPREAD, NOT_NAMED, NOTHING, POST, ROOT, SELF, THE_ROOT, UNRESOLVED

cdef (int, int) resolve(Content content, int node) except *
@cython.locals(theirs=Stack)
cdef (int, int) _by_actor(Content content, int node) except *
@cython.locals(followers=Stack)
cpdef enlist(Content content, int node)
cpdef delist(Content content, int node)
@cython.locals(node=int)
cpdef event_arrived(Content content, int number)
@cython.locals(followers=Stack, theirs=Stack, node=int)
cpdef actor_changed(Content content, int actor, int after)
@cython.locals(followers=Stack, node=int)
cpdef author_arrived(Content content, int actor)
@cython.locals(parent=int, status=int)
cpdef relink(Content content, int node)
cpdef hang(Content content, int node, int parent, int status)
cpdef open_cycle(Content content, int node)
cpdef leave(Content content, int node)
cpdef set_status(Content content, int node, int status)
cdef int _earliest(Content content, int node, int parent) except -1
@cython.locals(followers=Stack)
cdef _unfollow(Content content, int node)
