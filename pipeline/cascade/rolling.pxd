cimport cython
from pipeline.cascade cimport span
from pipeline.cascade.content cimport Content
from pipeline.cascade.hours cimport Hours
from pipeline.cascade.minutes cimport Minutes
from pipeline.cascade.spreads cimport Spreads

cdef int HOUR, NOTHING, SHARE, SLOTS, _IDLE_HOURS
cdef long long MINUTE_US

@cython.locals(last=cython.longlong, length=int)
cpdef dict windows(Content content, long long now_us)
@cython.locals(
    minutes=Minutes, hours=Hours, shares=cython.longlong, reach=cython.longlong, depth=int, hour=cython.longlong, at=int,
    row=int
)
cpdef window(Content content, long long first, long long last)
@cython.locals(hours=Hours, shares=cython.longlong, reach=cython.longlong, depth=int, row=int)
cdef _sum_up(Minutes minutes, int at)
@cython.locals(minutes=Minutes, hours=Hours, hour=cython.longlong, at=int, row=int, place=cython.longlong)
cpdef list shares_by_minute(Content content, long long first, int count)
@cython.locals(minutes=Minutes, hours=Hours, latest=cython.longlong, last=cython.longlong, hour=cython.longlong, at=int)
cpdef long long latest_share_us(Content content) except? -1
@cython.locals(found=cython.longlong, row=int)
cdef long long _latest_minute(Minutes minutes, int at) except? -1
@cython.locals(minutes=Minutes, hours=Hours, at=int, row=int, start=cython.longlong, place=int)
cpdef list shares_by_age(Content content, long long first, list ages)
@cython.locals(minutes=Minutes, hours=Hours, time=cython.longlong, first=cython.longlong, row=int)
cpdef origin(Content content)
