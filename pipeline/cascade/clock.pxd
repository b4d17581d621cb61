cimport cython
from pipeline.cascade cimport span
from pipeline.cascade.ages cimport Ages, Cells, evidence
from pipeline.cascade.content cimport Content
from pipeline.cascade.forecast cimport forecast_of
from pipeline.cascade.poisson cimport poisson_tail
from pipeline.cascade.rolling cimport latest_share_us, shares_by_minute, windows
from pipeline.cascade.tree cimport Tree

cdef int SHARE, UNKNOWN, _BACK, _RECENT
cdef long long MINUTE_US, _US

@cython.locals(first=cython.longlong, minute=cython.longlong, moment=cython.longlong, age=double, cells=Cells, shares=object)
cpdef figures(Content content, long long now_us, expected=*, double broadcast_below=*, double chain_from=*)
@cython.locals(tree=Tree)
cpdef standing(Content content)
cdef double _virality(Content content) except? -1
cdef long long _first_us(Content content, long long now_us) except? -1
cdef _doubling(long long shares, long long in_window, long long first, long long now_us)
@cython.locals(latest=cython.longlong)
cdef double _idle(Content content, long long first, long long now_us) except? -1
@cython.locals(
    weight=double, total=double, squares=double, previous_z=double, quiet_weight=double, quiet_total=double, place=int,
    count=cython.longlong
)
cdef _burst(list shares, long long start)
@cython.locals(mean=double, deviation=double)
cdef double _z(long long count, double weight, double total, double squares) except? -1
