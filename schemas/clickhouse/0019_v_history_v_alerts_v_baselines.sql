CREATE OR REPLACE VIEW {database}.v_content_history {on_cluster}
(
    content_id          String COMMENT 'the content item: the root of the cascade',
    known_at            DateTime('UTC') COMMENT 'start of the minute of arrival; a minute in which nothing was evaluated has no row',
    size                UInt32 COMMENT 'the root and all spreads, retracted ones included',
    shares              UInt32 COMMENT 'live spreads: share, repin, quote',
    depth               UInt32 COMMENT 'greatest depth of a spread',
    secondary_reach     UInt64 COMMENT 'largest live audience of each sharer who is no author, summed: the audience of the audience',
    structural_virality Float64 COMMENT 'mean distance between two nodes of the tree (Goel et al. 2016); 0 for the root alone',
    r                   Float64 COMMENT 'children per spread: nodes at depth 2 and deeper over nodes at depth 1 and deeper; 0 without spreads',
    velocity_5m         Float64 COMMENT 'live shares per minute over 5 minutes',
    viral_score         Nullable(Float64) COMMENT 'shares over those expected at the same age; NULL = not known then',
    predicted_size      Float64 COMMENT 'forecast of the final size, a week after the first act',
    state               Nullable(String) COMMENT 'quiet rising viral sustained cooling; NULL = not computed',
    evaluated_at        DateTime64(6, 'UTC') COMMENT 'the moment within the minute that the row is of: the last evaluation, in the running minute the first',
    velocity_1h         Float64 COMMENT 'live shares per minute over 1 hour',
    primary_reach       UInt64 COMMENT 'largest live audience of each post author, summed',
    accelerating        Bool COMMENT 'each share brought more than one: no final size could be told'
)
AS
SELECT
    content_id, known_at, size, shares, depth, secondary_reach, structural_virality, r, velocity_5m,
    nullIf(past.viral_score, -1) AS viral_score,
    predicted_size,
    CAST(nullIf(past.state, ''), 'Nullable(String)') AS state,
    evaluated_at, velocity_1h, primary_reach, accelerating
FROM {database}.content_history AS past FINAL
COMMENT 'One row per content and minute of arrival: what was known at its end. Never rewritten afterwards.';
CREATE OR REPLACE VIEW {database}.v_alerts {on_cluster}
(
    alert_id       String COMMENT 'the same in every message, row and delivery of one alert',
    content_id     String COMMENT 'the content item that it is about',
    campaign_id    Nullable(String) COMMENT 'campaign of the content; NULL = none',
    rule           LowCardinality(String) COMMENT 'the rule that opened it',
    state          LowCardinality(String) COMMENT 'quiet rising viral sustained cooling: of the content when the last was told',
    severity       UInt32 COMMENT '1 to 10',
    opened_at      DateTime64(6, 'UTC') COMMENT 'when it was opened',
    closed_at      Nullable(DateTime64(6, 'UTC')) COMMENT 'when it was closed; NULL = it is open',
    evidence       Map(LowCardinality(String), String) COMMENT 'numbers, windows and thresholds behind it',
    summary        String COMMENT 'why, in one sentence with numbers',
    kind           LowCardinality(String) COMMENT 'opened changed closed test: what was told last',
    at             DateTime64(6, 'UTC') COMMENT 'when the last was told of it',
    sequence       UInt32 COMMENT 'number of the latest message about it, from 0',
    previous_state LowCardinality(String) COMMENT 'the state before',
    platforms      Array(LowCardinality(String)) COMMENT 'platforms of the content, sorted',
    top_spreaders  String COMMENT 'JSON list of the at most three actors who carried it furthest',
    muted          Bool COMMENT 'whether it was muted when it was told: it is not delivered then',
    page           Nullable(String) COMMENT 'link to the page of the content',
    dashboard      Nullable(String) COMMENT 'link to the dashboard'
)
AS
SELECT
    alert_id, content_id,
    nullIf(alert.campaign_id, '') AS campaign_id,
    rule, state, severity, opened_at,
    if(alert.closed_at = toDateTime64(0, 6, 'UTC'), NULL, alert.closed_at) AS closed_at,
    evidence, summary, kind, at, sequence, previous_state, platforms, top_spreaders, muted,
    nullIf(alert.page, '') AS page,
    nullIf(alert.dashboard, '') AS dashboard
FROM {database}.alerts AS alert FINAL
COMMENT 'One row per alert, as it was told last.';
CREATE OR REPLACE VIEW {database}.v_baselines {on_cluster}
(
    platform        LowCardinality(String) COMMENT 'platform of the contents',
    campaign_id     Nullable(String) COMMENT 'campaign of the contents; NULL = all of the platform',
    age_s           UInt32 COMMENT 'age of a content, seconds from its first act',
    expected        Nullable(Float64) COMMENT 'shares expected at that age: mean of the middle half of the last 100 contents; NULL = too few to say',
    contents        UInt32 COMMENT 'contents of that age that it is made of',
    kafka_partition UInt32 COMMENT 'Kafka partition whose contents it is made of: each has its own',
    evaluated_at    DateTime64(6, 'UTC') COMMENT 'when it was worked out'
)
AS
SELECT
    platform,
    nullIf(base.campaign_id, '') AS campaign_id,
    age_s,
    nullIf(base.expected, -1) AS expected,
    contents, kafka_partition,
    fromUnixTimestamp64Micro(toInt64(base.version), 'UTC') AS evaluated_at
FROM {database}.baselines AS base FINAL
COMMENT 'One row per partition, platform (or campaign on it) and age: the shares expected of a content.'
