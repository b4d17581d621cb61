from pipeline.cascade.columns cimport Columns

cdef int NOTHING

cdef class Hours(Columns):
    cdef dict row_of
    cdef long long *hour
    cdef int *latest
    cdef signed char *fresh
    cdef long long *shares
    cdef long long *reach
    cdef int *depth

    cdef _reserve(self)
    cdef int find(self, long long hour) except? -1
    cdef int row(self, long long hour) except -1
    cdef int _add(self, long long hour) except -1
