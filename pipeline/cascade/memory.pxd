cdef double _FLAT, _RATE, _DECAY, _AT_FLAT, _TAIL, _WHOLE, _BEND

cpdef double lived(double age_s) except? -1
cpdef double lived_area(double age_s) except? -1
cpdef double seen_in_window(double age_s, double window_s) except? -1
