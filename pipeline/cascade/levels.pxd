from pipeline.cascade.columns cimport Columns

cdef class Levels(Columns):
    cdef long long *nodes
    cdef long long *exact
    cdef long long *live
    cdef long long *reach

    cdef int reserve(self, int depth) except -1
    cdef list listed(self, long long *sums)
