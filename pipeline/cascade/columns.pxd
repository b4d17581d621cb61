cdef class Columns:
    cdef readonly int rows
    cdef int room
    cdef void *_blocks[16]

    cdef void *_longer(self, void *column, size_t wanted) except? NULL
    cdef int more_room(self)
    cdef signed char *no_bytes(self)
    cdef int *no_ints(self)
    cdef long long *no_longs(self)
    cdef double *no_doubles(self)
    cdef signed char *longer_bytes(self, signed char *column, int room) except? NULL
    cdef int *longer_ints(self, int *column, int room, int width=*) except? NULL
    cdef long long *longer_longs(self, long long *column, int room) except? NULL
    cdef double *longer_doubles(self, double *column, int room, int width=*) except? NULL
