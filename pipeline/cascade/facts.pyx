"""The compiled form of `facts.py`: msgpack in and out, between bytes and an `Arrival`. Nothing outside of the chunk is read, whatever its bytes are."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.stdlib cimport realloc
from libc.string cimport memcmp, memcpy

from pipeline.cascade.arrivals cimport Arrival

from pipeline.cascade import codes

cdef int UNKNOWN = codes.UNKNOWN, RETRACT = codes.RETRACT, COUNTER = codes.COUNTER, LINK = codes.LINK, KINDS = len(codes.EVENT_KINDS)
cdef tuple SPREAD_OF = codes.SPREAD_OF

cdef unsigned char *_buffer = NULL  # used by one `encode` at a time: nothing in it lets another thread run
cdef size_t _room = 0


cdef class Reader:
    def __init__(self, bytes value not None):
        self._value = value
        self._at = <const unsigned char *>PyBytes_AS_STRING(value)
        self._end = self._at + PyBytes_GET_SIZE(value)
        if self._array() != 4:
            raise ValueError("not a chunk")
        self.last_offset = self._number()
        self.arrived_ms = self._number()
        self.duplicates = self._number()
        self.count = self._array()
        self.start = self._at - <const unsigned char *>PyBytes_AS_STRING(value)

    cpdef read(self, Arrival arrival):
        cdef long long fields = self._array()
        cdef long long number
        if not 5 <= fields <= 14:
            raise ValueError(f"a fact of {fields} fields")
        arrival.event_id = self._needed(None)
        number = self._number()
        if not 0 <= number < KINDS:
            raise ValueError(f"no such kind of event: {number}")
        arrival.kind = <int>number
        arrival.platform = self._platform = self._needed(self._platform)
        arrival.actor_id = self._needed(None)
        arrival.time = self._number()
        arrival.campaign = self._text(self._campaign) if fields > 5 else None
        if arrival.campaign is not None:
            self._campaign = arrival.campaign
        arrival.audience = self._optional() if fields > 6 else UNKNOWN
        arrival.parent_event_id = self._text(None) if fields > 7 else None
        arrival.parent_actor_id = self._text(None) if fields > 8 else None
        number = self._number() if fields > 9 else 3
        if not 0 <= number <= 3:
            raise ValueError(f"no such basis: {number}")
        arrival.basis = <int>number
        arrival.target = self._text(None) if fields > 10 else None
        arrival.target_content_id = arrival.target if arrival.kind == LINK else None
        arrival.moderator = self._truth() if fields > 11 else False
        arrival.counter_kind = self._text(None) if fields > 12 else None
        number = self._optional() if fields > 13 else UNKNOWN
        arrival.count = None if number == UNKNOWN else number

    cdef int _byte(self) except -1:
        if self._at == self._end:
            raise ValueError("a chunk that ends too early")
        self._at += 1
        return self._at[-1]

    cdef unsigned long long _big(self, int size) except? 1:
        """An unsigned number of `size` bytes, the highest first."""
        cdef unsigned long long number = 0
        if self._end - self._at < size:
            raise ValueError("a chunk that ends too early")
        for _ in range(size):
            number = number << 8 | self._at[0]
            self._at += 1
        return number

    cdef long long _array(self) except -1:
        """The length of an array."""
        cdef int head = self._byte()
        if head & 0xF0 == 0x90:
            return head & 0x0F
        if head == 0xDC or head == 0xDD:
            return <long long>self._big(2 if head == 0xDC else 4)
        raise ValueError(f"an array is expected: {head}")

    cdef long long _number(self) except? -1:
        cdef int head = self._byte()
        cdef unsigned long long found
        if head < 0x80:
            return head
        if head >= 0xE0:
            return head - 0x100
        if 0xCC <= head <= 0xCF:
            found = self._big(1 << (head - 0xCC))
            if found > <unsigned long long>0x7FFFFFFFFFFFFFFF:
                raise ValueError("a number that is too large")
            return <long long>found
        if head == 0xD0:
            return <signed char>self._big(1)
        if head == 0xD1:
            return <short>self._big(2)
        if head == 0xD2:
            return <int>self._big(4)
        if head == 0xD3:
            return <long long>self._big(8)
        raise ValueError(f"a number is expected: {head}")

    cdef long long _optional(self) except? -1:
        """A number, or UNKNOWN where there is none."""
        if self._at < self._end and self._at[0] == 0xC0:
            self._at += 1
            return UNKNOWN
        return self._number()

    cdef bint _truth(self) except -1:
        cdef int head = self._byte()
        if head != 0xC2 and head != 0xC3:
            raise ValueError(f"true or false is expected: {head}")
        return head == 0xC3

    cdef str _needed(self, str before):
        cdef str text = self._text(before)
        if text is None:
            raise ValueError("a text is expected")
        return text

    cdef str _text(self, str before):
        """A text, or None. `before` is returned when it is the same: its hash is known."""
        cdef int head = self._byte()
        cdef Py_ssize_t size, size_before
        cdef const char *data
        if head == 0xC0:
            return None
        if head & 0xE0 == 0xA0:
            size = head & 0x1F
        elif 0xD9 <= head <= 0xDB:
            size = <Py_ssize_t>self._big(1 << (head - 0xD9))
        else:
            raise ValueError(f"a text is expected: {head}")
        if self._end - self._at < size:
            raise ValueError("a chunk that ends too early")
        data = <const char *>self._at
        self._at += size
        if before is not None:
            known = PyUnicode_AsUTF8AndSize(before, &size_before)
            if size == size_before and not memcmp(known, data, size):
                return before
        return PyUnicode_DecodeUTF8(data, size, NULL)


cpdef bytes encode(Arrival arrival):
    cdef unsigned char *at = _space(arrival)
    cdef unsigned char *start = at
    cdef bint spread = SPREAD_OF[arrival.kind] >= 0
    cdef bint remark = arrival.kind == RETRACT or arrival.kind == COUNTER or arrival.kind == LINK
    cdef bint told = spread or remark or arrival.campaign is not None or arrival.audience != UNKNOWN
    at[0] = 0x90 | (10 if spread else 14 if remark else 7 if told else 5)
    at = _put_text(at + 1, arrival.event_id)
    at = _put_number(at, arrival.kind)
    at = _put_text(at, arrival.platform)
    at = _put_text(at, arrival.actor_id)
    at = _put_number(at, arrival.time)
    if told:
        at = _put_text(at, arrival.campaign)
        at = _put_optional(at, arrival.audience)
    if spread:
        at = _put_text(at, arrival.parent_event_id)
        at = _put_text(at, arrival.parent_actor_id)
        at = _put_number(at, arrival.basis)
    if remark:
        at = _put_text(at, arrival.parent_event_id if arrival.kind == COUNTER else None)
        at[0], at[1] = 0xC0, 3
        at = _put_text(at + 2, arrival.target_content_id if arrival.kind == LINK else arrival.target)
        at[0] = 0xC3 if arrival.moderator else 0xC2
        at = _put_text(at + 1, arrival.counter_kind)
        at = _put_optional(at, UNKNOWN if arrival.count is None else arrival.count)
    return PyBytes_FromStringAndSize(<char *>start, at - start)


cdef unsigned char *_space(Arrival arrival) except NULL:
    """The buffer, with room for all the texts of an event, their heads and its numbers."""
    global _buffer, _room
    cdef size_t wanted = 128
    cdef unsigned char *longer
    wanted += _size(arrival.event_id) + _size(arrival.platform) + _size(arrival.actor_id) + _size(arrival.campaign)
    wanted += _size(arrival.parent_event_id) + _size(arrival.parent_actor_id) + _size(arrival.target) + _size(arrival.counter_kind)
    wanted += _size(arrival.target_content_id)
    if wanted > _room:
        longer = <unsigned char *>realloc(_buffer, 2 * wanted)
        if longer == NULL:
            raise MemoryError
        _buffer, _room = longer, 2 * wanted
    return _buffer


cdef Py_ssize_t _size(str text) except -1:
    cdef Py_ssize_t size
    if text is None:
        return 0
    PyUnicode_AsUTF8AndSize(text, &size)
    return size


cdef unsigned char *_put_text(unsigned char *at, str text) except NULL:
    cdef Py_ssize_t size
    cdef const char *data
    if text is None:
        at[0] = 0xC0
        return at + 1
    data = PyUnicode_AsUTF8AndSize(text, &size)
    if size < 32:
        at[0] = <unsigned char>(0xA0 | size)
        at += 1
    elif size < 0x100:
        at[0], at[1] = 0xD9, <unsigned char>size
        at += 2
    else:
        at = _put_big(at, 0xDA if size < 0x10000 else 0xDB, size, 2 if size < 0x10000 else 4)
    memcpy(at, data, size)
    return at + size


cdef unsigned char *_put_optional(unsigned char *at, long long number) noexcept:
    if number != UNKNOWN:
        return _put_number(at, number)
    at[0] = 0xC0
    return at + 1


cdef unsigned char *_put_number(unsigned char *at, long long number) noexcept:
    if 0 <= number < 0x80 or -32 <= number < 0:
        at[0] = <unsigned char>number
        return at + 1
    if number >= 0:
        if number < 0x100:
            return _put_big(at, 0xCC, number, 1)
        if number < 0x10000:
            return _put_big(at, 0xCD, number, 2)
        return _put_big(at, 0xCE, number, 4) if number < 0x100000000 else _put_big(at, 0xCF, number, 8)
    if number >= -0x80:
        return _put_big(at, 0xD0, number, 1)
    if number >= -0x8000:
        return _put_big(at, 0xD1, number, 2)
    return _put_big(at, 0xD2, number, 4) if number >= -0x80000000 else _put_big(at, 0xD3, number, 8)


cdef unsigned char *_put_big(unsigned char *at, int head, unsigned long long number, int size) noexcept:
    cdef int place
    at[0] = <unsigned char>head
    for place in range(size):
        at[size - place] = <unsigned char>(number >> (8 * place))
    return at + size + 1
