-- Not partitioned by time: an exact copy of a spread may replace an inferred one that is dated in another month, and
-- ReplacingMergeTree replaces only inside a partition.
CREATE TABLE IF NOT EXISTS {database}.events {on_cluster}
(
    content_id        String COMMENT 'the content item: the root of the cascade' CODEC(ZSTD(1)),
    event_id          String COMMENT 'id of this act, unique within the content across platforms' CODEC(ZSTD(1)),
    kind              LowCardinality(String) COMMENT 'post share repin quote like comment mention click view follow retract counter link',
    platform          LowCardinality(String) COMMENT 'platform of the act and of its actor',
    campaign_id       String COMMENT 'campaign that this event names; empty = none' CODEC(ZSTD(1)),
    actor_id          String COMMENT 'who acted' CODEC(ZSTD(1)),
    occurred_at       DateTime64(6, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD(1)),
    parent_event_id   String COMMENT 'the act that this one came through, as named by the event; empty = not named' CODEC(ZSTD(1)),
    parent_actor_id   String COMMENT 'the person that it came through, as named by the event; empty = not named' CODEC(ZSTD(1)),
    parent_basis      LowCardinality(String) COMMENT 'how the parent is known: exact inferred root_only none',
    audience_size     Int64 COMMENT 'audience of the actor at that time; -1 = unknown' CODEC(T64, ZSTD(1)),
    target_event_id   String COMMENT 'of a retract: the act that is undone; else empty' CODEC(ZSTD(1)),
    target_content_id String COMMENT 'of a link: the content that this one is merged into; else empty' CODEC(ZSTD(1)),
    counter_kind      LowCardinality(String) COMMENT 'of a counter: share like comment click view; else empty',
    count             Int64 COMMENT 'of a counter: the total that the platform tells; else -1' CODEC(T64, ZSTD(1)),
    attributes        Map(LowCardinality(String), String) COMMENT 'url, language, country and the like' CODEC(ZSTD(1)),
    kafka_partition   UInt32 COMMENT 'Kafka partition of the record' CODEC(T64, ZSTD(1)),
    kafka_offset      UInt64 COMMENT 'Kafka offset of the record' CODEC(Delta, ZSTD(1)),
    received_at       DateTime64(3, 'UTC') COMMENT 'when Kafka appended the record' CODEC(Delta, ZSTD(1)),
    version           UInt64 COMMENT 'epoch << 48 | Kafka offset; of several rows with one key the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at       DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (content_id, event_id)
{ttl:inserted_at}
COMMENT 'One accepted act as it came; of several copies the one that stands. Read with FINAL.';
