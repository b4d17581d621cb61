CREATE TABLE IF NOT EXISTS {database}.content_history {on_cluster}
(
    content_id          String COMMENT 'the content item: the root of the cascade' CODEC(ZSTD(1)),
    known_at            DateTime('UTC') COMMENT 'start of the minute of arrival' CODEC(Delta, ZSTD(1)),
    evaluated_at        DateTime64(6, 'UTC') COMMENT 'the moment within the minute that the figures are of' CODEC(Delta, ZSTD(1)),
    size                UInt32 COMMENT 'the root and all spreads, retracted ones included' CODEC(T64, ZSTD(1)),
    shares              UInt32 COMMENT 'live spreads: share, repin, quote' CODEC(T64, ZSTD(1)),
    depth               UInt32 COMMENT 'greatest depth of a spread' CODEC(T64, ZSTD(1)),
    primary_reach       UInt64 COMMENT 'largest live audience of each post author, summed' CODEC(T64, ZSTD(1)),
    secondary_reach     UInt64 COMMENT 'largest live audience of each sharer who is no author, summed' CODEC(T64, ZSTD(1)),
    structural_virality Float64 COMMENT 'mean distance between two nodes of the tree (Goel et al. 2016)' CODEC(ZSTD(1)),
    r                   Float64 COMMENT 'children per spread: nodes at depth 2 and deeper over nodes at depth 1 and deeper' CODEC(ZSTD(1)),
    velocity_5m         Float64 COMMENT 'live shares per minute over 5 minutes' CODEC(ZSTD(1)),
    velocity_1h         Float64 COMMENT 'the same over 60 minutes' CODEC(ZSTD(1)),
    viral_score         Float64 COMMENT 'shares over those expected at the same age; -1 = not known' CODEC(ZSTD(1)),
    predicted_size      Float64 COMMENT 'forecast of the final size, a week after the first act' CODEC(ZSTD(1)),
    accelerating        Bool COMMENT 'each share brings more than one: no final size can be told',
    state               LowCardinality(String) COMMENT 'quiet rising viral sustained cooling; empty = not told',
    version             UInt64 COMMENT 'the row written soonest after its minute stands, of those the latest in the minute' CODEC(ZSTD(1)),
    inserted_at         DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
PARTITION BY toYYYYMM(known_at)
ORDER BY (content_id, known_at)
{ttl:inserted_at}
SETTINGS ttl_only_drop_parts = 1
COMMENT 'What was known of one content at the end of one minute of arrival. Read v_content_history.';
