"""The compiled form of `arrivals.py`: it reads the fields of an event where msgspec keeps them, as the interpreter does for `__slots__`."""

from cpython.datetime cimport datetime_tzinfo, import_datetime
from pipeline.cascade.moments cimport micros

from datetime import UTC as _PYTHON_UTC
from types import MemberDescriptorType

from pipeline.cascade.codes import BASIS_RANK as _BASIS_RANK
from pipeline.cascade.codes import KIND as _KIND
from pipeline.cascade.codes import UNKNOWN as _UNKNOWN
from schemas.wire import WireEvent

cdef extern from "structmember.h":
    ctypedef struct PyMemberDef:
        int type
        Py_ssize_t offset

    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member

    int T_OBJECT_EX

cdef extern from "Python.h":
    ctypedef struct PyObject:
        pass

import_datetime()

cdef int UNKNOWN = _UNKNOWN
cdef dict KIND = _KIND, BASIS_RANK = _BASIS_RANK
cdef object _Event = WireEvent, _UTC = _PYTHON_UTC


cdef Py_ssize_t _offset(str field) except -1:
    """Where a field of an event lies in its memory."""
    cdef object descriptor = getattr(WireEvent, field)
    if type(descriptor) is not MemberDescriptorType or (<PyMemberDescrObject *>descriptor).d_member.type != T_OBJECT_EX:
        raise TypeError(f"{field} is no plain member")
    return (<PyMemberDescrObject *>descriptor).d_member.offset


cdef inline object _read(object event, Py_ssize_t offset):
    cdef PyObject *value = (<PyObject **>(<char *><PyObject *>event + offset))[0]
    if value == NULL:
        raise AttributeError("an event without all its fields")
    return <object>value


cdef Py_ssize_t _EVENT_ID = _offset("event_id"), _KIND_AT = _offset("kind"), _PLATFORM = _offset("platform")
cdef Py_ssize_t _ACTOR_ID = _offset("actor_id"), _AUDIENCE = _offset("audience_size"), _CAMPAIGN = _offset("campaign_id")
cdef Py_ssize_t _PARENT = _offset("parent_event_id"), _LEADER = _offset("parent_actor_id"), _BASIS = _offset("parent_basis")
cdef Py_ssize_t _TARGET = _offset("target_event_id"), _COUNTER_KIND = _offset("counter_kind"), _COUNT = _offset("count")
cdef Py_ssize_t _ATTRIBUTES = _offset("attributes"), _CONTENT = _offset("content_id")
cdef Py_ssize_t _TARGET_CONTENT = _offset("target_content_id"), _OCCURRED = _offset("occurred_at")


cdef class Arrival:
    cdef read(self, event):
        if type(event) is not _Event:
            raise TypeError(f"not an event: {type(event)}")
        self.take(event, micros(_read(event, _OCCURRED)))

    cdef take(self, event, long long occurred_us):
        if type(event) is not _Event:
            raise TypeError(f"not an event: {type(event)}")
        cdef object audience = _read(event, _AUDIENCE)
        cdef object attributes = _read(event, _ATTRIBUTES)
        self.event_id = <str?>_read(event, _EVENT_ID)
        self.kind = KIND[_read(event, _KIND_AT)]
        self.platform = <str?>_read(event, _PLATFORM)
        self.actor_id = <str?>_read(event, _ACTOR_ID)
        self.time = occurred_us
        self.campaign = _read(event, _CAMPAIGN)
        self.audience = UNKNOWN if audience is None else audience
        self.parent_event_id = _read(event, _PARENT)
        self.parent_actor_id = _read(event, _LEADER)
        self.basis = BASIS_RANK[_read(event, _BASIS)]
        self.target = _read(event, _TARGET)
        self.counter_kind = _read(event, _COUNTER_KIND)
        self.count = _read(event, _COUNT)
        self.attributes = attributes
        self.moderator = bool(attributes) and attributes.get("right") == "moderate"
        self.content_id = <str?>_read(event, _CONTENT)
        self.target_content_id = _read(event, _TARGET_CONTENT)
        self.utc = datetime_tzinfo(_read(event, _OCCURRED)) is _UTC
