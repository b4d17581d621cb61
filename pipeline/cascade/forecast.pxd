cimport cython
from pipeline.cascade.ages cimport Ages, Cells, evidence
from pipeline.cascade.memory cimport lived

@cython.locals(age=double, cells=Cells)
cpdef forecast(Ages ages, long long now_us, long long born_us, long long size_now)
cpdef forecast_of(Cells cells, seen, double age, long long size_now)
cdef double _time_of(double size, double final, long long size_now, Cells cells, double age_s) except? -1
@cython.locals(before=double, row=int, spreads=double, oldest=double, ago=double)
cdef double _time_in_the_past(double size, long long size_now, Cells cells, double age_s) except? -1
@cython.locals(early=double, late=double, first=double, last=double, wanted=double, middle=double)
cdef double _time_to_come(double part, Cells cells, double age_s) except? -1
@cython.locals(people=double, row=int)
cdef double _waiting(Cells cells, double after_s) except? -1
