CREATE TABLE IF NOT EXISTS {database}.baselines {on_cluster}
(
    kafka_partition UInt32 COMMENT 'Kafka partition whose contents it is made of' CODEC(T64, ZSTD(1)),
    platform        LowCardinality(String) COMMENT 'platform of the contents',
    campaign_id     String COMMENT 'campaign of the contents; empty = all of the platform' CODEC(ZSTD(1)),
    age_s           UInt32 COMMENT 'age of a content, seconds from its first act' CODEC(T64, ZSTD(1)),
    contents        UInt32 COMMENT 'contents of that age that it is made of' CODEC(T64, ZSTD(1)),
    expected        Float64 COMMENT 'mean of the middle half of their shares; -1 = too few to say' CODEC(ZSTD(1)),
    version         UInt64 COMMENT 'when it was worked out, microseconds since 1970; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at     DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY (kafka_partition, platform, campaign_id, age_s)
{ttl:inserted_at}
COMMENT 'What is expected of a content at an age, per partition. Read v_baselines.';
