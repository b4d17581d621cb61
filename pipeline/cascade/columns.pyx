"""The compiled form of `columns.py`: the same methods, on C pointers. The base class owns the memory."""

from libc.stdlib cimport free, realloc


cdef class Columns:
    cdef void *_longer(self, void *column, size_t wanted) except? NULL:
        cdef int slot = 0
        while self._blocks[slot] != column:  # a new column takes the first empty slot
            slot += 1
            if slot == 16:
                raise MemoryError("a table has at most 16 columns")
        cdef void *longer = realloc(column, wanted)
        if longer == NULL:
            raise MemoryError
        self._blocks[slot] = longer
        return longer

    def __dealloc__(self):
        for block in self._blocks:
            free(block)

    cdef int more_room(self):
        return self.room + self.room // 4 + 4

    cdef signed char *no_bytes(self):
        return NULL

    cdef int *no_ints(self):
        return NULL

    cdef long long *no_longs(self):
        return NULL

    cdef double *no_doubles(self):
        return NULL

    cdef signed char *longer_bytes(self, signed char *column, int room) except? NULL:
        return <signed char *>self._longer(column, room)

    cdef int *longer_ints(self, int *column, int room, int width=1) except? NULL:
        return <int *>self._longer(column, 4 * <size_t>room * width)

    cdef long long *longer_longs(self, long long *column, int room) except? NULL:
        return <long long *>self._longer(column, 8 * <size_t>room)

    cdef double *longer_doubles(self, double *column, int room, int width=1) except? NULL:
        return <double *>self._longer(column, 8 * <size_t>room * width)
