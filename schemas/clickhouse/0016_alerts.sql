CREATE TABLE IF NOT EXISTS {database}.alerts {on_cluster}
(
    alert_id       String COMMENT 'the same for all that is told of one alert, whoever tells it again' CODEC(ZSTD(1)),
    sequence       UInt32 COMMENT 'number of the latest message about it, from 0' CODEC(T64, ZSTD(1)),
    kind           LowCardinality(String) COMMENT 'opened changed closed test: what was told last',
    rule           LowCardinality(String) COMMENT 'the rule that opened it',
    content_id     String COMMENT 'the content item that it is about' CODEC(ZSTD(1)),
    campaign_id    String COMMENT 'campaign of the content; empty = none' CODEC(ZSTD(1)),
    platforms      Array(LowCardinality(String)) COMMENT 'platforms of the content, sorted' CODEC(ZSTD(1)),
    state          LowCardinality(String) COMMENT 'quiet rising viral sustained cooling',
    previous_state LowCardinality(String) COMMENT 'the state before',
    severity       UInt32 COMMENT '1 to 10' CODEC(T64, ZSTD(1)),
    opened_at      DateTime64(6, 'UTC') COMMENT 'when it was opened' CODEC(Delta, ZSTD(1)),
    at             DateTime64(6, 'UTC') COMMENT 'when the last was told of it' CODEC(Delta, ZSTD(1)),
    closed_at      DateTime64(6, 'UTC') COMMENT 'when it was closed; 1970 = it is open' CODEC(Delta, ZSTD(1)),
    summary        String COMMENT 'why, in one sentence with numbers' CODEC(ZSTD(1)),
    evidence       Map(LowCardinality(String), String) COMMENT 'numbers, windows and thresholds behind it' CODEC(ZSTD(1)),
    top_spreaders  String COMMENT 'JSON list of the at most three actors who carried it furthest' CODEC(ZSTD(1)),
    muted          Bool COMMENT 'whether it was muted when it was told: it is not delivered then',
    page           String COMMENT 'link to the page of the content; empty = none' CODEC(ZSTD(1)),
    dashboard      String COMMENT 'link to the dashboard; empty = none' CODEC(ZSTD(1)),
    version        UInt64 COMMENT 'at in microseconds since 1970; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at    DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY alert_id
{ttl:inserted_at}
COMMENT 'One alert as it was told last. Read v_alerts.';
