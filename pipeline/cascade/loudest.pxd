cimport cython
from pipeline.cascade.actors cimport Actors
from pipeline.cascade.content cimport Content

cdef int NOBODY

@cython.locals(actors=Actors, found=int, actor=int, most=cython.longlong)
cpdef object loudest(Content content)
