-- Rows of before have no breadth, not even the root's, and tell nothing of these figures.
ALTER TABLE {database}.content_history {on_cluster}
    ADD COLUMN IF NOT EXISTS breadth Array(UInt32) COMMENT 'nodes by depth, the root first; the 65th slot is depth 64 and deeper; empty = written before this column was' CODEC(ZSTD(1)) AFTER label,
    ADD COLUMN IF NOT EXISTS depth_exact UInt32 COMMENT 'greatest depth of a spread over exact edges only' CODEC(T64, ZSTD(1)) AFTER breadth,
    ADD COLUMN IF NOT EXISTS sharers UInt32 COMMENT 'distinct actors with a live share, authors left out' CODEC(T64, ZSTD(1)) AFTER depth_exact,
    ADD COLUMN IF NOT EXISTS sharers_known UInt32 COMMENT 'those of them whose audience is known' CODEC(T64, ZSTD(1)) AFTER sharers,
    ADD COLUMN IF NOT EXISTS predicted_low Float64 COMMENT '10 % quantile of the forecast; while it accelerates: at least so many' CODEC(ZSTD(1)) AFTER sharers_known,
    ADD COLUMN IF NOT EXISTS predicted_high Float64 COMMENT '90 % quantile; -1 = none, it accelerates' CODEC(ZSTD(1)) AFTER predicted_low,
    COMMENT COLUMN IF EXISTS acceleration 'live shares per minute of the last 5 minutes that were over less that of the 5 before them',
    COMMENT COLUMN IF EXISTS doubling_s 'seconds until the size has doubled at the growth of the last hour; -1 = no share in that hour';

ALTER TABLE {database}.content_clock {on_cluster}
    COMMENT COLUMN IF EXISTS acceleration 'live shares per minute of the last 5 minutes that are over less that of the 5 before them',
    COMMENT COLUMN IF EXISTS doubling_s 'seconds until the size has doubled at the growth of the last hour; -1 = no share in that hour';

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
    acceleration        Nullable(Float64) COMMENT 'live shares per minute of the last 5 minutes that were over less that of the 5 before them; NULL here and below = not kept then',
    doubling_s          Nullable(Float64) COMMENT 'seconds until the size had doubled at the growth of the last hour; NULL = no share in that hour',
    live_r              Nullable(Float64) COMMENT 'children per spread, young spreads weighed by the share of their time that had passed',
    max_breadth         Nullable(UInt32) COMMENT 'greatest number of nodes at one depth',
    mean_depth          Nullable(Float64) COMMENT 'mean depth of the spreads, retracted ones included; NULL without spreads',
    label               Nullable(String) COMMENT 'broadcast, mixed or chain, by structural virality; NULL without spreads',
    depth_exact         Nullable(UInt32) COMMENT 'the depth when every edge that is not exact is replaced by one to the root',
    breadth             Array(UInt32) COMMENT 'nodes by depth, the root first; the 65th slot is depth 64 and deeper; empty = not kept then',
    r_by_generation     Array(Float64) COMMENT 'R of generation 1, 2, ...: nodes of the next generation over its own; the last generation had none yet',
    sharers             Nullable(UInt32) COMMENT 'distinct actors with a live share, authors left out',
    sharers_known       Nullable(UInt32) COMMENT 'those of them whose audience is known',
    audience_coverage   Nullable(Float64) COMMENT 'sharers whose audience is known over sharers; NULL without sharers',
    predicted_low       Nullable(Float64) COMMENT '10 % quantile of that forecast; while it accelerated: at least so many',
    predicted_high      Nullable(Float64) COMMENT '90 % quantile; NULL while it accelerated'
)
AS
WITH
    past.label != '' AS is_kept,
    notEmpty(past.breadth) AS is_whole
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
    if(is_kept AND past.size > 1, toString(past.label), NULL) AS label,
    if(is_whole, past.depth_exact, NULL) AS depth_exact,
    breadth,
    arrayMap(
        (nodes, following) -> following / nodes,
        arraySlice(past.breadth, 2, length(past.breadth) - 2),
        arraySlice(past.breadth, 3)
    ) AS r_by_generation,
    if(is_whole, past.sharers, NULL) AS sharers,
    if(is_whole, past.sharers_known, NULL) AS sharers_known,
    if(past.sharers = 0, NULL, past.sharers_known / past.sharers) AS audience_coverage,
    if(is_whole, past.predicted_low, NULL) AS predicted_low,
    if(is_whole, nullIf(past.predicted_high, -1), NULL) AS predicted_high
FROM {database}.content_history AS past FINAL
COMMENT 'One row per content and minute of arrival: what was known at its end. Never rewritten afterwards.'
