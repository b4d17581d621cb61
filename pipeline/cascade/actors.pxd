cimport cython
from pipeline.cascade.columns cimport Columns
from pipeline.cascade.names cimport Names
from pipeline.cascade.stack cimport Stack

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
    cdef signed char *mark
    cdef Stack changed
    cdef int turn

    cdef _reserve(self)
    cdef int number(self, int platform, str actor_id) except -1
    cdef change(self, int actor, int how)
    @cython.locals(actor=int)
    cdef change_all(self, int how)
    @cython.locals(place=int, left=int, actor=int)
    cdef drop_made(self)
    @cython.locals(place=int)
    cdef forget_marks(self)
    @cython.locals(first=int, one=Stack)
    cdef Stack spreads(self, int actor)
