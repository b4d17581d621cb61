cpdef micros(moment)
