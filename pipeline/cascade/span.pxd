from pipeline.cascade.acts cimport Acts
from pipeline.cascade.content cimport Content

cdef int NO_ACT, POST, UNKNOWN

cpdef add_act(Content content, int act, str event_id, str campaign)
cpdef tuple seen(Content content)
cpdef str campaign(Content content)
cdef tuple _stretch(long long first, long long last, long long time)
