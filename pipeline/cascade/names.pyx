"""The compiled form of `names.py`: all texts in one block of memory, found through an open-addressing table of hashes.

A text costs its UTF-8 bytes, the head of its entry (2 bytes as a rule), 1.5 bytes of padding on average, its start (4) and its share of the
table (5 bytes a slot, seven eighths full at most).
"""

from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from pipeline.cascade.packed cimport Column
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy

cdef extern from "Python.h":
    Py_hash_t _Py_HashBytes(const void *data, Py_ssize_t size)


cdef inline Py_ssize_t _write(char *at, uint64_t number) noexcept:
    """A number in groups of 7 bits, the lowest first. Returns the bytes written."""
    cdef Py_ssize_t written = 0
    while number >= 128:
        at[written] = <char>(number & 127 | 128)
        number >>= 7
        written += 1
    at[written] = <char>number
    return written + 1


cdef inline const char *_read(const char *at, uint64_t *number) noexcept:
    """What `_write` wrote. Returns the place behind it."""
    cdef int shift = 0
    number[0] = 0
    while True:
        number[0] |= <uint64_t>(at[0] & 127) << shift
        at += 1
        if not at[-1] & 128:
            return at
        shift += 7


cdef class Names:
    def __dealloc__(self):
        free(self._starts)
        free(self._arena)
        free(self._slots)
        free(self._tags)

    cpdef int count(self):
        return self._count

    cpdef int find(self, str text, int group) except? -1:
        cdef Py_ssize_t size
        cdef const char *data = PyUnicode_AsUTF8AndSize(text, &size)
        cdef uint32_t at
        if not self._count:
            return -1
        at = self._slot(_code(data, size, group), data, size, group)
        return <int>self._slots[at] if self._tags[at] else -1

    cpdef int add(self, str text, int group) except? -1:
        cdef Py_ssize_t size
        cdef const char *data = PyUnicode_AsUTF8AndSize(text, &size)
        cdef uint64_t code = _code(data, size, group)
        cdef uint32_t at
        if 8 * <uint64_t>self._count >= 7 * <uint64_t>self._mask:
            self._rehash()
        at = self._slot(code, data, size, group)
        if not self._tags[at]:
            self._append(data, size, group)
            self._tags[at] = _tag(code)
            self._slots[at] = self._count - 1
        return <int>self._slots[at]

    cpdef str text(self, int number):
        cdef uint64_t group, size
        cdef const char *at = _read(self._arena + 4 * <uint64_t>self._starts[number], &group)
        at = _read(at, &size)
        return PyUnicode_DecodeUTF8(at, size, NULL)

    cpdef int pack(self, int number, Column out) except -1:
        cdef uint64_t group, size
        cdef const char *at = _read(self._arena + 4 * <uint64_t>self._starts[number], &group)
        at = _read(at, &size)
        return out.add_bytes(at, <Py_ssize_t>size)

    cdef uint32_t _slot(self, uint64_t code, const char *data, Py_ssize_t size, int group) noexcept:
        """The slot of a text, or the empty one where it belongs."""
        cdef uint32_t at = <uint32_t>code & self._mask
        cdef uint64_t found_group, found_size
        cdef const char *found
        while self._tags[at]:
            if self._tags[at] == _tag(code):
                found = _read(self._arena + 4 * <uint64_t>self._starts[self._slots[at]], &found_group)
                found = _read(found, &found_size)
                if found_group == <uint64_t>group and found_size == <uint64_t>size and not memcmp(found, data, size):
                    break
            at = at + 1 & self._mask
        return at

    cdef int _append(self, const char *data, Py_ssize_t size, int group) except -1:
        cdef uint64_t wanted
        cdef char *at
        if self._count == self._room:
            wanted = self._room + self._room // 4 + 4
            self._starts = <uint32_t *>_longer(self._starts, 4 * wanted)
            self._room = <int>wanted
        if self._used + size + 24 > self._arena_room:
            wanted = self._used + self._used // 4 + size + 64
            self._arena = <char *>_longer(self._arena, wanted)
            self._arena_room = wanted
        at = self._arena + self._used
        at += _write(at, group)
        at += _write(at, size)
        memcpy(at, data, size)
        self._starts[self._count] = <uint32_t>(self._used // 4)
        self._used = (at + size - self._arena + 3) // 4 * 4
        self._count += 1
        return 0

    cdef int _rehash(self) except -1:
        """Double the table and enter every text again."""
        cdef uint32_t slots = 2 * (self._mask + 1) if self._mask else 8
        cdef unsigned char *tags = <unsigned char *>calloc(slots, 1)
        cdef uint32_t *numbers = <uint32_t *>malloc(4 * <size_t>slots)
        cdef uint64_t group, size, code
        cdef const char *text
        cdef uint32_t at
        cdef int number
        if tags == NULL or numbers == NULL:
            free(tags)
            free(numbers)
            raise MemoryError
        free(self._tags)
        free(self._slots)
        self._tags, self._slots, self._mask = tags, numbers, slots - 1
        for number in range(self._count):
            text = _read(_read(self._arena + 4 * <uint64_t>self._starts[number], &group), &size)
            code = _code(text, size, <int>group)
            at = <uint32_t>code & self._mask
            while tags[at]:
                at = at + 1 & self._mask
            tags[at] = _tag(code)
            numbers[at] = number
        return 0


cdef inline uint64_t _code(const char *data, Py_ssize_t size, int group) noexcept:
    """Python's keyed hash: nobody outside can choose ids that collide."""
    cdef uint64_t code = <uint64_t>_Py_HashBytes(data, size) ^ <uint64_t>group * 0x9E3779B97F4A7C15U
    return code ^ code >> 32


cdef inline unsigned char _tag(uint64_t code) noexcept:
    """8 bits of the hash that do not choose the slot; 0 means an empty slot."""
    return <unsigned char>(code >> 56) or 1


cdef void *_longer(void *block, size_t wanted) except NULL:
    cdef void *longer = realloc(block, wanted)
    if longer == NULL:
        raise MemoryError
    return longer
