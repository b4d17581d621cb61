CREATE TABLE IF NOT EXISTS {database}.amplifiers {on_cluster}
(
    content_id        String COMMENT 'the content item: the root of the cascade' CODEC(ZSTD(1)),
    platform          LowCardinality(String) COMMENT 'platform of the actor',
    actor_id          String COMMENT 'who spread it' CODEC(ZSTD(1)),
    spreads           UInt32 COMMENT 'spreads of the actor, retracted or not; 0 = the row is void' CODEC(T64, ZSTD(1)),
    shares            UInt32 COMMENT 'live spreads of the actor' CODEC(T64, ZSTD(1)),
    audience_size     Int64 COMMENT 'largest known audience among the live spreads; -1 = unknown' CODEC(T64, ZSTD(1)),
    depth             UInt32 COMMENT 'depth of the earliest live spread (of the earliest, when none is live)' CODEC(T64, ZSTD(1)),
    first_shared_at   DateTime64(6, 'UTC') COMMENT 'event time of that spread' CODEC(Delta, ZSTD(1)),
    downstream_shares UInt32 COMMENT 'live spreads by others below any spread of the actor, each once' CODEC(T64, ZSTD(1)),
    downstream_reach  UInt64 COMMENT 'secondary reach attributed to spreads by others below, each once' CODEC(T64, ZSTD(1)),
    version           UInt64 COMMENT 'epoch << 48 | Kafka offset of the last record applied to the content; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at       DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (content_id, platform, actor_id)
{ttl:inserted_at}
COMMENT 'One actor in one content: what it spread and what came of it. Read v_amplifiers.';
