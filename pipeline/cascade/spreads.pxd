cimport cython
from pipeline.cascade.columns cimport Columns
from pipeline.cascade.names cimport Names
from pipeline.cascade.stack cimport Stack

cdef int NOBODY, NOTHING, UNKNOWN

cdef class Spreads(Columns):
    cdef Names names
    cdef Names campaigns
    cdef int *event
    cdef signed char *kind
    cdef int *actor
    cdef long long *time
    cdef long long *audience
    cdef signed char *basis
    cdef int *campaign
    cdef int *named
    cdef int *named_actor
    cdef signed char *status
    cdef long long first
    cdef long long last
    cdef tuple campaign_named

    cdef _reserve(self)
    cdef int add(self, int event) except -1
    cdef str event_id(self, int node)
    cdef tuple key(self, int node)
    cdef bint before(self, int node, int other) except -1
    @cython.locals(low=int, high=int, middle=int, other=int)
    cdef int position(self, Stack nodes, int node, bint after) except -1
    cdef write(
        self, int node, int kind, int actor, long long time, long long audience, int basis, int campaign,
        int named, int named_actor
    )
    cdef _follow_times(self, long long before, long long time)
    cdef _stretch(self, long long time)
    cdef _follow_campaigns(self, int node, int before)
    cdef _offer_campaign(self, int node)
