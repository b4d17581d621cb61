from pipeline.cascade.packed cimport Column
from libc.stdint cimport uint32_t, uint64_t

cdef class Names:
    cdef int _count, _room
    cdef uint32_t *_starts
    cdef char *_arena
    cdef uint64_t _used, _arena_room
    cdef uint32_t *_slots
    cdef unsigned char *_tags
    cdef uint32_t _mask

    cpdef int count(self)
    cpdef int find(self, str text, int group) except? -1
    cpdef int add(self, str text, int group) except? -1
    cpdef str text(self, int number)
    cpdef int pack(self, int number, Column out) except -1
    cdef uint32_t _slot(self, uint64_t code, const char *data, Py_ssize_t size, int group) noexcept
    cdef int _append(self, const char *data, Py_ssize_t size, int group) except -1
    cdef int _rehash(self) except -1
