cimport cython
from pipeline.cascade cimport minutes, reach
from pipeline.cascade.acts cimport Acts
from pipeline.cascade.ages cimport Ages, people
from pipeline.cascade.content cimport Content

cdef int NO_ACT, POST, SHARE

cpdef add(Content content, str target, int actor, bint moderator)
cpdef target_arrived(Content content, str target)
cpdef judge(Content content, str target)
cdef _note_refused(Content content, str target, int refused)
@cython.locals(change=int, actor=int)
cdef _set_spread_live(Content content, int node, bint live)
@cython.locals(change=int, actor=int)
cdef _set_act_live(Content content, int act, bint live)
