-- Rows of before have no label, and tell nothing of these figures.
ALTER TABLE {database}.content_history {on_cluster}
    ADD COLUMN IF NOT EXISTS acceleration Float64 COMMENT 'velocity_5m less the one 5 minutes earlier, shares per minute' CODEC(ZSTD(1)) AFTER state,
    ADD COLUMN IF NOT EXISTS doubling_s Float64 COMMENT 'seconds until the shares have doubled at the growth of the last hour; -1 = they do not grow' CODEC(ZSTD(1)) AFTER acceleration,
    ADD COLUMN IF NOT EXISTS live_r Float64 COMMENT 'children per spread, young spreads weighed by the share of their time that has passed' CODEC(ZSTD(1)) AFTER doubling_s,
    ADD COLUMN IF NOT EXISTS max_breadth UInt32 COMMENT 'greatest number of nodes at one depth' CODEC(T64, ZSTD(1)) AFTER live_r,
    ADD COLUMN IF NOT EXISTS mean_depth Float64 COMMENT 'mean depth of the spreads; -1 = there are none' CODEC(ZSTD(1)) AFTER max_breadth,
    ADD COLUMN IF NOT EXISTS label LowCardinality(String) COMMENT 'broadcast, mixed or chain, by structural virality; empty = written before this column was' CODEC(ZSTD(1)) AFTER mean_depth;

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
    accelerating        Bool COMMENT 'each share brought more than one: no final size could be told',
    acceleration        Nullable(Float64) COMMENT 'velocity_5m less the one 5 minutes earlier, shares per minute; NULL here and below = not kept then',
    doubling_s          Nullable(Float64) COMMENT 'seconds until the shares had doubled at the growth of the last hour; NULL = they did not grow',
    live_r              Nullable(Float64) COMMENT 'children per spread, young spreads weighed by the share of their time that had passed',
    max_breadth         Nullable(UInt32) COMMENT 'greatest number of nodes at one depth',
    mean_depth          Nullable(Float64) COMMENT 'mean depth of the spreads, retracted ones included; NULL without spreads',
    label               Nullable(String) COMMENT 'broadcast, mixed or chain, by structural virality; NULL without spreads'
)
AS
WITH past.label != '' AS is_kept
SELECT
    content_id, known_at, size, shares, depth, secondary_reach, structural_virality, r, velocity_5m,
    nullIf(past.viral_score, -1) AS viral_score,
    predicted_size,
    CAST(nullIf(past.state, ''), 'Nullable(String)') AS state,
    evaluated_at, velocity_1h, primary_reach, accelerating,
    if(is_kept, past.acceleration, NULL) AS acceleration,
    if(is_kept, nullIf(past.doubling_s, -1), NULL) AS doubling_s,
    if(is_kept, past.live_r, NULL) AS live_r,
    if(is_kept, past.max_breadth, NULL) AS max_breadth,
    if(is_kept, nullIf(past.mean_depth, -1), NULL) AS mean_depth,
    if(is_kept AND past.size > 1, toString(past.label), NULL) AS label
FROM {database}.content_history AS past FINAL
COMMENT 'One row per content and minute of arrival: what was known at its end. Never rewritten afterwards.'
