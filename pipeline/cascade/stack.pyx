"""The compiled form of `stack.py`."""

from libc.stdlib cimport free, realloc


cdef class Stack:
    def __dealloc__(self):
        free(self.number)

    cdef int push(self, int number) except -1:
        if self.rows == self._room:
            self._reserve()
        self.number[self.rows] = number
        self.rows += 1
        return 0

    cdef int _reserve(self) except -1:
        cdef int room = 2 * self._room + 8
        cdef int *longer = <int *>realloc(self.number, 4 * <size_t>room)
        if longer == NULL:
            raise MemoryError
        self.number, self._room = longer, room
        return 0

    cdef shorten(self, int rows):
        self.rows = rows
        if not rows:
            self.clear()

    cdef clear(self):
        free(self.number)
        self.number = NULL
        self.rows = self._room = 0
