from pipeline.cascade.columns cimport Columns

cdef class Acts(Columns):
    cdef int *event
    cdef signed char *slot
    cdef int *actor
    cdef long long *time
    cdef signed char *live

    cdef _reserve(self)
    cdef int add(self, int event, int slot, int actor, long long time) except -1
