from pipeline.cascade.packed cimport Column

cdef class Packed:
    cdef readonly str table
    cdef readonly list columns

    cdef Column column(self, int kind)

cdef class Events(Packed):
    cdef Column content_id
    cdef Column event_id
    cdef Column kind
    cdef Column platform
    cdef Column campaign_id
    cdef Column actor_id
    cdef Column occurred_at
    cdef Column parent_event_id
    cdef Column parent_actor_id
    cdef Column parent_basis
    cdef Column audience_size
    cdef Column target_event_id
    cdef Column target_content_id
    cdef Column counter_kind
    cdef Column count
    cdef Column attributes
    cdef Column kafka_partition
    cdef Column kafka_offset
    cdef Column received_at
    cdef Column version

    cpdef add(
        self,
        str content_id,
        str event_id,
        str kind,
        str platform,
        str campaign_id,
        str actor_id,
        long long occurred_at,
        str parent_event_id,
        str parent_actor_id,
        str parent_basis,
        long long audience_size,
        str target_event_id,
        str target_content_id,
        str counter_kind,
        long long count,
        attributes,
        long long kafka_partition,
        long long kafka_offset,
        long long received_at,
        long long version,
    )

cdef class Edges(Packed):
    cdef Column content_id
    cdef Column event_id
    cdef Column kind
    cdef Column platform
    cdef Column campaign_id
    cdef Column actor_id
    cdef Column occurred_at
    cdef Column parent_event_id
    cdef Column named_parent_event_id
    cdef Column parent_basis
    cdef Column parent_status
    cdef Column depth
    cdef Column depth_exact
    cdef Column audience_size
    cdef Column retracted
    cdef Column version

cdef class ContentMinutes(Packed):
    cdef Column content_id
    cdef Column platform
    cdef Column minute
    cdef Column acts
    cdef Column posts
    cdef Column shares
    cdef Column likes
    cdef Column comments
    cdef Column mentions
    cdef Column clicks
    cdef Column views
    cdef Column follows
    cdef Column depth
    cdef Column secondary_reach
    cdef Column version

cdef class Amplifiers(Packed):
    cdef Column content_id
    cdef Column platform
    cdef Column actor_id
    cdef Column spreads
    cdef Column shares
    cdef Column audience_size
    cdef Column depth
    cdef Column first_shared_at
    cdef Column downstream_shares
    cdef Column downstream_reach
    cdef Column version
