-- Not partitioned by time, for the reason given in 0001_events.sql.
CREATE TABLE IF NOT EXISTS {database}.edges {on_cluster}
(
    content_id            String COMMENT 'the content item: the root of the cascade' CODEC(ZSTD(1)),
    event_id              String COMMENT 'id of the spread' CODEC(ZSTD(1)),
    kind                  LowCardinality(String) COMMENT 'share repin quote',
    platform              LowCardinality(String) COMMENT 'platform of the spread and of its actor',
    campaign_id           String COMMENT 'campaign that the spread itself names; empty = none' CODEC(ZSTD(1)),
    actor_id              String COMMENT 'who spread it' CODEC(ZSTD(1)),
    occurred_at           DateTime64(6, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD(1)),
    parent_event_id       String COMMENT 'the spread that it hangs on now; empty = it hangs on the root' CODEC(ZSTD(1)),
    named_parent_event_id String COMMENT 'the parent that the event named; empty = none' CODEC(ZSTD(1)),
    parent_basis          LowCardinality(String) COMMENT 'how the parent is known: exact inferred root_only none',
    parent_status         LowCardinality(String) COMMENT 'how the place was found: root event actor none unresolved self not_a_spread cycle',
    depth                 UInt32 COMMENT 'edges between the spread and the root' CODEC(T64, ZSTD(1)),
    depth_exact           UInt32 COMMENT 'the same when every edge that is not exact is replaced by one to the root' CODEC(T64, ZSTD(1)),
    audience_size         Int64 COMMENT 'audience of the actor at that time; -1 = unknown' CODEC(T64, ZSTD(1)),
    retracted             Bool COMMENT 'undone: still in size, depth and virality, no longer in shares and reach' CODEC(ZSTD(1)),
    version               UInt64 COMMENT 'epoch << 48 | Kafka offset of the last record applied to the content; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at           DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (content_id, event_id)
{ttl:inserted_at}
COMMENT 'One spread and its present place in the tree; written again when it moves. Read v_edges.';
