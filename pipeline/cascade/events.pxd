from pipeline.cascade.columns cimport Columns
from pipeline.cascade.names cimport Names

cdef class Events(Columns):
    cdef Names names
    cdef int *place

    cdef int number(self, str event_id) except -1
    cdef int _reserve(self) except -1
    cdef int find(self, str event_id) except? -1
