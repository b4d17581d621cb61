"""The compiled form of `packed.py`: the bytes of Native format are written as the values come.

A NUMBER takes 8 bytes until it is told its width, a CODED value 4; a text stands as ClickHouse has it, its length (7 bits a byte) and its UTF-8.
"""

import sys

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_Check, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.float cimport PyFloat_AsDouble
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.ref cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_Check, PyUnicode_DecodeUTF8
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

cdef bint LITTLE = sys.byteorder == "little"
cdef uint64_t NEW_DICTIONARY = 1 << 9 | 1 << 10  # its keys follow, and they are all there are
cdef uint64_t DICTIONARY_VERSION = 1


cdef class Column:
    def __init__(self, int kind):
        self.kind = kind
        if kind == ANY:
            self._values = []
        elif kind == CODED:
            self._last = self._codes = {}  # no value is this dictionary

    def __dealloc__(self):
        free(self._data)

    def __len__(self):
        return self._count

    def take(self, list rows, Py_ssize_t place, Py_ssize_t start, Py_ssize_t stop):
        cdef Py_ssize_t at
        cdef object row, value
        if stop > PyList_GET_SIZE(rows):
            stop = PyList_GET_SIZE(rows)
        for at in range(start, stop):
            row = <object>PyList_GET_ITEM(rows, at)
            if place < 0 or place >= PyTuple_GET_SIZE(row):
                raise ValueError("a row is shorter than its table has columns")
            value = <object>PyTuple_GET_ITEM(row, place)
            self._add(value)

    def take_all(self, list values):
        for value in values:
            self._add(value)

    def extend(self, Column other):
        cdef Py_ssize_t at
        cdef list texts
        if self.kind != other.kind:
            raise ValueError("columns of two kinds")
        if self.kind == ANY:
            self._values += other._values
            self._count += other._count
        elif self.kind == CODED:
            texts = list(other._codes)
            for at in range(other._count):
                self.add_coded(texts[(<uint32_t *>other._data)[at]])
        elif other._count:
            memcpy(self._more(other._used, other._count), other._data, other._used)

    def values(self):
        if self.kind == ANY:
            return self._values
        if self.kind == NUMBER:
            return [(<int64_t *>self._data)[at] for at in range(self._count)]
        if self.kind == FLAG:
            return [(<int64_t *>self._data)[at] != 0 for at in range(self._count)]
        if self.kind == FRACTION:
            return [(<double *>self._data)[at] for at in range(self._count)]
        if self.kind == CODED:
            texts = list(self._codes)
            return [texts[(<uint32_t *>self._data)[at]] for at in range(self._count)]
        return _texts(self._data, self._count)

    def wire(self, int width, bint signed, long long tick):
        if not LITTLE or self.kind == ANY:
            return None
        if self.kind == NUMBER or self.kind == FLAG:
            return self._numbers(width, signed, tick)
        if self.kind == CODED:
            return self._dictionary()
        return PyBytes_FromStringAndSize(self._data, self._used)

    cdef int _add(self, object value) except -1:
        if self.kind == NUMBER or self.kind == FLAG:
            return self.add_number(value)
        if self.kind == TEXT:
            return self.add_text(value)
        if self.kind == CODED:
            return self.add_coded(value)
        if self.kind == FRACTION:
            return self.add_fraction(PyFloat_AsDouble(value))
        return self.add_any(value)

    cdef int add_any(self, object value) except -1:
        self._values.append(value)
        self._count += 1
        return 0

    cdef int add_number(self, long long value) except -1:
        (<int64_t *>self._more(8, 1))[0] = value
        return 0

    cdef int add_flag(self, bint value) except -1:
        return self.add_number(value)

    cdef int add_fraction(self, double value) except -1:
        (<double *>self._more(8, 1))[0] = value
        return 0

    cdef int add_bytes(self, const char *data, Py_ssize_t size) except -1:
        cdef uint64_t rest = size
        cdef char *at = self._more(size + 10, 1)
        cdef char *start = at
        while rest >= 128:
            at[0] = <char>(rest & 127 | 128)
            rest >>= 7
            at += 1
        at[0] = <char>rest
        memcpy(at + 1, data, size)
        self._used -= size + 10 - (at + 1 + size - start)
        return 0

    cdef int add_text(self, object value) except -1:
        cdef Py_ssize_t size
        cdef const char *data
        if PyUnicode_Check(value):
            data = PyUnicode_AsUTF8AndSize(value, &size)
            return self.add_bytes(data, size)
        if PyBytes_Check(value):
            return self.add_bytes(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
        raise TypeError(f"{type(value).__name__} is no text")

    cdef int add_coded(self, object value) except -1:
        cdef uint32_t code = self._last_code if value is self._last else self._code(value)
        (<uint32_t *>self._more(4, 1))[0] = code
        return 0

    cdef uint32_t _code(self, object value) except? 0:
        cdef PyObject *known
        if not PyUnicode_Check(value):
            raise TypeError(f"{type(value).__name__} is no text")
        known = PyDict_GetItem(self._codes, value)
        if known == NULL:
            self._codes[value] = len(self._codes)
            self._last_code = <uint32_t>(len(self._codes) - 1)
        else:
            self._last_code = <object>known
        self._last = value
        return self._last_code

    cdef char *_more(self, size_t wanted, Py_ssize_t rows) except NULL:
        """Space for more values."""
        cdef size_t room
        cdef char *longer
        if self._used + wanted > self._room:
            room = 2 * self._room + wanted + 256
            longer = <char *>realloc(self._data, room)
            if longer == NULL:
                raise MemoryError
            self._data, self._room = longer, room
        longer = self._data + self._used
        self._used += wanted
        self._count += rows
        return longer

    cdef bytes _numbers(self, int width, bint signed, long long tick):
        cdef bytes done = PyBytes_FromStringAndSize(NULL, self._count * width)
        cdef char *out = PyBytes_AS_STRING(done)
        cdef const int64_t *values = <const int64_t *>self._data
        cdef int64_t least = 0, most = 0x7FFFFFFFFFFFFFFF, value
        cdef Py_ssize_t at
        if width < 8:
            most = (<int64_t>1 << (8 * width - signed)) - 1
        if signed:
            least = -most - 1
        for at in range(self._count):
            value = values[at]
            if tick > 1:
                value = value // tick
            if value < least or value > most:
                raise OverflowError(f"{value} does not fit a number of {width} bytes, {'with' if signed else 'without'} a sign")
            if width == 8:
                (<int64_t *>out)[at] = value
            elif width == 4:
                (<int32_t *>out)[at] = <int32_t>value
            elif width == 2:
                (<int16_t *>out)[at] = <int16_t>value
            else:
                (<int8_t *>out)[at] = <int8_t>value
        return done

    cdef bytes _dictionary(self):
        """LowCardinality: each text once, then the number of the text of each row, in as few bytes as will do."""
        cdef uint64_t texts = len(self._codes)
        cdef int size = 0 if texts < 256 else 1 if texts < 65536 else 2
        cdef Column index = Column(TEXT)
        cdef bytes numbers = PyBytes_FromStringAndSize(NULL, self._count << size)
        cdef char *out = PyBytes_AS_STRING(numbers)
        cdef const uint32_t *codes = <const uint32_t *>self._data
        cdef Py_ssize_t at
        for text in self._codes:
            index.add_text(text)
        for at in range(self._count):
            if size == 0:
                (<uint8_t *>out)[at] = <uint8_t>codes[at]
            elif size == 1:
                (<uint16_t *>out)[at] = <uint16_t>codes[at]
            else:
                (<uint32_t *>out)[at] = codes[at]
        head = [DICTIONARY_VERSION, NEW_DICTIONARY | size, texts]
        parts = [number.to_bytes(8, "little") for number in head]
        return b"".join([*parts, index.wire(0, False, 1), (<object>self._count).to_bytes(8, "little"), numbers])


cdef list _texts(const char *at, Py_ssize_t count):
    cdef list texts = []
    cdef uint64_t size
    cdef int shift
    for _ in range(count):
        size = shift = 0
        while at[0] & 128:
            size |= <uint64_t>(at[0] & 127) << shift
            shift += 7
            at += 1
        size |= <uint64_t>at[0] << shift
        texts.append(PyUnicode_DecodeUTF8(at + 1, <Py_ssize_t>size, NULL))
        at += 1 + size
    return texts
