CREATE TABLE IF NOT EXISTS {database}.dead_letters {on_cluster}
(
    topic           LowCardinality(String) COMMENT 'Kafka topic that the record came on',
    kafka_partition UInt32 COMMENT 'its partition' CODEC(T64, ZSTD(1)),
    kafka_offset    UInt64 COMMENT 'its offset' CODEC(Delta, ZSTD(1)),
    reason          LowCardinality(String) COMMENT 'short stable code of the fault',
    detail          String COMMENT 'the fault in a sentence' CODEC(ZSTD(1)),
    received_at     DateTime64(3, 'UTC') COMMENT 'when Kafka appended the record' CODEC(Delta, ZSTD(1)),
    key             String COMMENT 'original key, byte for byte' CODEC(ZSTD(1)),
    payload         String COMMENT 'original value, byte for byte' CODEC(ZSTD(3)),
    inserted_at     DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY toYYYYMM(received_at)
ORDER BY (topic, kafka_partition, kafka_offset, received_at)
{ttl:inserted_at}
SETTINGS ttl_only_drop_parts = 1
COMMENT 'One refused record. Read v_dead_letters.';
