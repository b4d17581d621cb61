CREATE TABLE IF NOT EXISTS {database}.content_minutes {on_cluster}
(
    content_id      String COMMENT 'the content item: the root of the cascade' CODEC(ZSTD(1)),
    platform        LowCardinality(String) COMMENT 'platform of the acts',
    minute          DateTime('UTC') COMMENT 'start of the minute of event time' CODEC(DoubleDelta, ZSTD(1)),
    acts            UInt32 COMMENT 'acts dated in the minute, retracted or not; 0 = the row is void' CODEC(T64, ZSTD(1)),
    posts           UInt32 COMMENT 'live posts' CODEC(T64, ZSTD(1)),
    shares          UInt32 COMMENT 'live spreads: share, repin, quote' CODEC(T64, ZSTD(1)),
    likes           UInt32 COMMENT 'live likes' CODEC(T64, ZSTD(1)),
    comments        UInt32 COMMENT 'live comments' CODEC(T64, ZSTD(1)),
    mentions        UInt32 COMMENT 'live mentions' CODEC(T64, ZSTD(1)),
    clicks          UInt32 COMMENT 'live clicks' CODEC(T64, ZSTD(1)),
    views           UInt32 COMMENT 'live views' CODEC(T64, ZSTD(1)),
    follows         UInt32 COMMENT 'live follows' CODEC(T64, ZSTD(1)),
    depth           UInt32 COMMENT 'greatest present depth of the spreads dated in the minute' CODEC(T64, ZSTD(1)),
    secondary_reach UInt64 COMMENT 'secondary reach attributed to spreads dated in the minute' CODEC(T64, ZSTD(1)),
    version         UInt64 COMMENT 'epoch << 48 | Kafka offset of the last record applied to the content; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at     DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
PARTITION BY toYYYYMM(minute)
ORDER BY (content_id, platform, minute)
{ttl:inserted_at}
SETTINGS ttl_only_drop_parts = 1
COMMENT 'One content, platform and minute of event time; written again when it changes. Read v_content_minute.';
