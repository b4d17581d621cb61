"""The compiled form of `stack.py`."""

from libc.stdlib cimport free, realloc
from libc.string cimport memmove


cdef class Stack:
    def __dealloc__(self):
        free(self.number)

    cdef int push(self, int number) except -1:
        if self.rows == self._room:
            self._reserve()
        self.number[self.rows] = number
        self.rows += 1
        return 0

    cdef int insert(self, int place, int number) except -1:
        self.push(number)
        memmove(&self.number[place + 1], &self.number[place], 4 * <size_t>(self.rows - 1 - place))
        self.number[place] = number
        return 0

    cdef drop(self, int place):
        self.rows -= 1
        memmove(&self.number[place], &self.number[place + 1], 4 * <size_t>(self.rows - place))

    cdef list listed(self, int start, int end):
        return [self.number[place] for place in range(start, end)]

    cdef int _reserve(self) except -1:
        cdef int room = self._room + self._room // 2 + 3
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
