from libc.stdint cimport uint32_t, uint64_t

cpdef enum:
    ANY, NUMBER, FLAG, FRACTION, TEXT, CODED

cdef class Column:
    cdef readonly int kind
    cdef Py_ssize_t _count
    cdef char *_data
    cdef size_t _used, _room
    cdef list _values
    cdef dict _codes
    cdef object _last
    cdef uint32_t _last_code

    cdef int _add(self, object value) except -1
    cdef int add_any(self, object value) except -1
    cdef int add_number(self, long long value) except -1
    cdef int add_flag(self, bint value) except -1
    cdef int add_fraction(self, double value) except -1
    cdef int add_bytes(self, const char *data, Py_ssize_t size) except -1
    cdef int add_text(self, object value) except -1
    cdef int add_coded(self, object value) except -1
    cdef uint32_t _code(self, object value) except? 0
    cdef char *_more(self, size_t wanted, Py_ssize_t rows) except NULL
    cdef bytes _numbers(self, int width, bint signed, long long tick)
    cdef bytes _dictionary(self)
