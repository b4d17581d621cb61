CREATE TABLE IF NOT EXISTS {database}.content_clock {on_cluster}
(
    content_id      String COMMENT 'the content item: the root of the cascade' CODEC(ZSTD(1)),
    evaluated_at    DateTime64(6, 'UTC') COMMENT 'the moment that the figures are of' CODEC(Delta, ZSTD(1)),
    velocity_5m     Float64 COMMENT 'live shares per minute over 5 minutes' CODEC(ZSTD(1)),
    velocity_1h     Float64 COMMENT 'the same over 60 minutes' CODEC(ZSTD(1)),
    acceleration    Float64 COMMENT 'velocity_5m less the one 5 minutes earlier' CODEC(ZSTD(1)),
    doubling_s      Float64 COMMENT 'seconds until the shares have doubled at the growth of the last hour; -1 = they do not grow' CODEC(ZSTD(1)),
    live_r          Float64 COMMENT 'children per spread, young spreads weighed by the share of their time that has passed' CODEC(ZSTD(1)),
    z               Float64 COMMENT 'burst of the last whole minute, in standard deviations of the moving mean' CODEC(ZSTD(1)),
    expected_shares Float64 COMMENT 'shares expected at this age, from like contents; -1 = too few to say' CODEC(ZSTD(1)),
    viral_score     Float64 COMMENT 'shares over those expected at the same age; -1 = not known' CODEC(ZSTD(1)),
    predicted_size  Float64 COMMENT 'forecast of the final size, a week after the first act' CODEC(ZSTD(1)),
    predicted_low   Float64 COMMENT '10 % quantile of the forecast; while it accelerates: at least so many' CODEC(ZSTD(1)),
    predicted_high  Float64 COMMENT '90 % quantile; -1 = none, it accelerates' CODEC(ZSTD(1)),
    accelerating    Bool COMMENT 'each share brings more than one: no final size can be told',
    half_s          Float64 COMMENT 'age in seconds, from the first act, at which half of the predicted size is reached; -1 = not known' CODEC(ZSTD(1)),
    ninety_s        Float64 COMMENT 'the same for nine tenths' CODEC(ZSTD(1)),
    label           LowCardinality(String) COMMENT 'broadcast, mixed or chain, by structural virality',
    state           LowCardinality(String) COMMENT 'quiet rising viral sustained cooling; empty = not told',
    severity        UInt32 COMMENT '1 to 10 while an alert is open, else 0' CODEC(T64, ZSTD(1)),
    version         UInt64 COMMENT 'evaluated_at in microseconds since 1970; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at     DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY content_id
{ttl:inserted_at}
COMMENT 'The figures of one content that change with time alone, as of their last evaluation. Read v_content.';
