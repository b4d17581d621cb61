cimport cython

@cython.final
cdef class Stack:
    cdef readonly int rows
    cdef int _room
    cdef int *number

    cdef int push(self, int number) except -1
    cdef int _reserve(self) except -1
    cdef int insert(self, int place, int number) except -1
    cdef drop(self, int place)
    cdef list listed(self, int start, int end)
    cdef shorten(self, int rows)
    cdef clear(self)
