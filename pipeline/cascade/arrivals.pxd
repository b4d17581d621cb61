cimport cython

@cython.final
cdef class Arrival:
    cdef str event_id
    cdef int kind
    cdef str platform
    cdef str actor_id
    cdef long long time
    cdef str campaign
    cdef long long audience
    cdef str parent_event_id
    cdef str parent_actor_id
    cdef int basis
    cdef str target
    cdef bint moderator
    cdef str counter_kind
    cdef object count

    cdef str content_id
    cdef str target_content_id
    cdef object attributes
    cdef bint utc

    cdef read(self, event)
    cdef take(self, event, long long occurred_us)
