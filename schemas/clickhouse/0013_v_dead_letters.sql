CREATE OR REPLACE VIEW {database}.v_dead_letters {on_cluster}
(
    topic        LowCardinality(String) COMMENT 'Kafka topic that the record came on',
    partition    UInt32 COMMENT 'its partition',
    offset       UInt64 COMMENT 'its offset',
    reason       LowCardinality(String) COMMENT 'short stable code of the fault',
    received_at  DateTime64(3, 'UTC') COMMENT 'when Kafka appended the record',
    payload      String COMMENT 'original value, byte for byte',
    detail       String COMMENT 'the fault in a sentence',
    key          String COMMENT 'original key, byte for byte',
    payload_text String COMMENT 'the payload with bytes that are not UTF-8 replaced'
)
AS
SELECT
    topic,
    kafka_partition AS partition,
    kafka_offset AS offset,
    reason,
    received_at,
    payload,
    detail,
    key,
    toValidUTF8(payload) AS payload_text
FROM {database}.dead_letters FINAL
COMMENT 'One row per refused record: what came, and why it was refused.'
