cimport cython

cdef double _LARGE, _SMALLEST

cpdef double poisson_tail(long long count, double mean) except? -1
cdef double _term(long long count, double mean) except? -1
@cython.locals(term=double, total=double)
cdef double _upper(long long count, double mean) except? -1
@cython.locals(term=double, total=double)
cdef double _lower(long long count, double mean) except? -1
@cython.locals(ninth=double, deviations=double)
cdef double _by_cube_root(long long count, double mean) except? -1
