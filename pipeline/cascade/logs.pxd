cpdef long long log_not_reached(long long audience, long long people) noexcept
