-- A percentile is exact: of n values in order the one at place floor(p * n), counted from 0.
-- ifNull keeps the declared types when a client sets join_use_nulls.
CREATE OR REPLACE VIEW {database}.v_amplifiers {on_cluster}
(
    content_id           String COMMENT 'the content item: the root of the cascade',
    actor_id             String COMMENT 'who spread it',
    platform             LowCardinality(String) COMMENT 'platform of the actor',
    shares               UInt32 COMMENT 'live spreads of the actor',
    audience_size        Nullable(Int64) COMMENT 'largest known audience among the live spreads; NULL = unknown',
    downstream_shares    UInt32 COMMENT 'live spreads by others below any spread of the actor, each once',
    downstream_reach     UInt64 COMMENT 'secondary reach attributed to spreads by others below, each once',
    amplification        Nullable(Float64) COMMENT 'amplification factor: downstream_shares over shares; NULL without a live share',
    spreads              UInt32 COMMENT 'spreads of the actor, retracted or not',
    depth                UInt32 COMMENT 'generation: depth of the earliest live spread (of the earliest, when none is live)',
    first_shared_at      DateTime64(6, 'UTC') COMMENT 'event time of that spread',
    first_mover          Bool COMMENT 'the earliest live share of the content, by (occurred_at, event_id), is the actor''s',
    sharers              UInt64 COMMENT 'others whose live shares hang on spreads of the actor, each person once',
    sharers_known        UInt64 COMMENT 'those of them whose audience is known',
    sharers_audience_p10 Nullable(Int64) COMMENT 'the audience of the audience: a tenth of the sharers whose audience is known have less; NULL = none is known',
    sharers_audience_p50 Nullable(Int64) COMMENT 'the same: half of them',
    sharers_audience_p90 Nullable(Int64) COMMENT 'the same: nine tenths of them',
    sharers_audience_max Nullable(Int64) COMMENT 'the largest of these audiences'
)
AS
SELECT
    amplifier.content_id AS content_id,
    amplifier.actor_id AS actor_id,
    amplifier.platform AS platform,
    amplifier.shares AS shares,
    nullIf(amplifier.audience_size, -1) AS audience_size,
    amplifier.downstream_shares AS downstream_shares,
    amplifier.downstream_reach AS downstream_reach,
    amplifier.downstream_shares / nullIf(amplifier.shares, 0) AS amplification,
    amplifier.spreads AS spreads,
    amplifier.depth AS depth,
    amplifier.first_shared_at AS first_shared_at,
    CAST(ifNull(mover.platform = amplifier.platform AND mover.actor_id = amplifier.actor_id, 0), 'Bool') AS first_mover,
    ifNull(carried.people, 0) AS sharers,
    ifNull(carried.known, 0) AS sharers_known,
    if(sharers_known = 0, NULL, carried.audiences[1]) AS sharers_audience_p10,
    if(sharers_known = 0, NULL, carried.audiences[2]) AS sharers_audience_p50,
    if(sharers_known = 0, NULL, carried.audiences[3]) AS sharers_audience_p90,
    if(sharers_known = 0, NULL, carried.audiences[4]) AS sharers_audience_max
FROM {database}.amplifiers AS amplifier FINAL
LEFT JOIN {database}.v_first_movers AS mover ON mover.content_id = amplifier.content_id
LEFT JOIN
(
    SELECT
        content_id,
        platform,
        actor_id,
        count() AS people,
        count(audience_size) AS known,
        quantilesExact(0.1, 0.5, 0.9, 1)(audience_size) AS audiences
    FROM {database}.v_sharers
    GROUP BY content_id, platform, actor_id
) AS carried
    ON carried.content_id = amplifier.content_id AND carried.platform = amplifier.platform AND carried.actor_id = amplifier.actor_id
WHERE amplifier.spreads > 0
COMMENT 'One row per content and actor that spread it: what it spread and what came of it.'
