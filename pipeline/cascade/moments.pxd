cpdef long long micros(moment) except? -1
