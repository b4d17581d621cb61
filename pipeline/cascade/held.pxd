from pipeline.cascade.content cimport Content

cdef class HeldContent:
    cdef public Content content
    cdef readonly bytes key
    cdef readonly bytes takes
    cdef public long long last_offset
    cdef public long long arrived_ms
    cdef public long long nodes
    cdef public object tail
    cdef public bint touched
    cdef public bint unkept

    cpdef settle(self)
