from pipeline.cascade.actors cimport Actors
from pipeline.cascade.acts cimport Acts
from pipeline.cascade.ages cimport Ages
from pipeline.cascade.events cimport Events
from pipeline.cascade.minutes cimport Minutes
from pipeline.cascade.names cimport Names
from pipeline.cascade.spreads cimport Spreads
from pipeline.cascade.tree cimport Tree

cdef int SLOTS, UNKNOWN

cdef class Content:
    cdef readonly str content_id
    cdef object population
    cdef bint changed
    cdef Events events
    cdef Tree tree
    cdef Names campaigns
    cdef Spreads spreads
    cdef Acts acts
    cdef Actors actors
    cdef Minutes minutes
    cdef readonly Ages ages

    cdef list platforms
    cdef dict platform_numbers
    cdef list acts_by_platform
    cdef list people
    cdef list log_sums

    cdef dict waiting
    cdef dict followers
    cdef dict broken
    cdef list status_counts

    cdef dict retractions
    cdef dict refused
    cdef long long retractions_refused
    cdef long long retractions_waiting

    cdef list counts
    cdef long long undone
    cdef public long long duplicates
    cdef dict counters
    cdef tuple campaign_of_post
    cdef tuple campaign_named
    cdef long long first_act
    cdef long long last_act
    cdef long long first_event
    cdef long long last_event

    cdef dict links
    cdef readonly dict bonds
    cdef long long bond_count

    cdef long long primary_reach
    cdef long long secondary_reach
    cdef long long sharers
    cdef long long sharers_known

    cdef int platform(self, str name) except -1
    cpdef bint knows(self, str event_id) except -1
