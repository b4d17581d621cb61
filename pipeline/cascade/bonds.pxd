cimport cython
from pipeline.cascade.acts cimport Acts
from pipeline.cascade.arrivals cimport Arrival
from pipeline.cascade.content cimport Content
from pipeline.cascade.events cimport Events
from pipeline.cascade.facts cimport encode

cpdef add(Content content, int actor, Arrival arrival)
@cython.locals(place=int)
cpdef undo(Content content, int actor, Arrival arrival)
