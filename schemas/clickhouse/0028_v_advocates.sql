-- Credit is exact within a content; over contents it is a sum, so somebody below the actor in two contents counts in both.
CREATE OR REPLACE VIEW {database}.v_advocates {on_cluster}
(
    platform          LowCardinality(String) COMMENT 'platform of the actor',
    actor_id          String COMMENT 'who spread contents',
    contents          UInt64 COMMENT 'contents with a live share of the actor',
    shares            UInt64 COMMENT 'live spreads of the actor',
    audience_size     Nullable(Int64) COMMENT 'largest known audience among the live spreads; NULL = unknown',
    downstream_shares UInt64 COMMENT 'live spreads by others below any spread of the actor, each once',
    downstream_reach  UInt64 COMMENT 'secondary reach attributed to spreads by others below, each person once per content',
    amplification     Nullable(Float64) COMMENT 'amplification factor: downstream_shares over shares; NULL without a live share',
    first_moves       UInt64 COMMENT 'contents that the actor was the first to share',
    depth             UInt32 COMMENT 'generation: depth of the earliest live spread over the contents (of the earliest, when none is live)',
    first_shared_at   DateTime64(6, 'UTC') COMMENT 'event time of that spread',
    spreads           UInt64 COMMENT 'spreads of the actor, retracted or not'
)
AS
SELECT
    advocate.platform AS platform,
    advocate.actor_id AS actor_id,
    advocate.contents AS contents,
    advocate.shares AS shares,
    nullIf(advocate.audience, -1) AS audience_size,
    advocate.downstream_shares AS downstream_shares,
    advocate.downstream_reach AS downstream_reach,
    advocate.downstream_shares / nullIf(advocate.shares, 0) AS amplification,
    advocate.first_moves AS first_moves,
    advocate.earliest.1 AS depth,
    advocate.earliest.2 AS first_shared_at,
    advocate.spreads AS spreads
FROM
(
    SELECT
        own.platform AS platform,
        own.actor_id AS actor_id,
        countIf(own.shares > 0) AS contents,
        sum(own.shares) AS shares,
        max(own.audience_size) AS audience,
        sum(own.downstream_shares) AS downstream_shares,
        sum(own.downstream_reach) AS downstream_reach,
        countIf(ifNull(mover.platform, '') = own.platform AND ifNull(mover.actor_id, '') = own.actor_id) AS first_moves,
        argMin((own.depth, own.first_shared_at), (own.shares = 0, own.first_shared_at, own.content_id)) AS earliest,
        sum(own.spreads) AS spreads
    FROM {database}.amplifiers AS own FINAL
    LEFT JOIN {database}.v_first_movers AS mover ON mover.content_id = own.content_id
    WHERE own.spreads > 0
    GROUP BY platform, actor_id
) AS advocate
COMMENT 'One row per actor over all contents: who carries what is shared, again and again.';

CREATE OR REPLACE VIEW {database}.v_platform_amplifiers {on_cluster}
(
    platform             LowCardinality(String) COMMENT 'platform of the actor',
    place                UInt64 COMMENT 'rank on the platform, from 1: by downstream reach, downstream shares, then actor_id',
    actor_id             String COMMENT 'who spread contents there',
    contents             UInt64 COMMENT 'contents with a live share of the actor',
    shares               UInt64 COMMENT 'live spreads of the actor',
    audience_size        Nullable(Int64) COMMENT 'largest known audience among the live spreads; NULL = unknown',
    downstream_shares    UInt64 COMMENT 'live spreads by others below any spread of the actor, each once',
    downstream_reach     UInt64 COMMENT 'secondary reach attributed to spreads by others below, each person once per content',
    amplification        Nullable(Float64) COMMENT 'amplification factor: downstream_shares over shares; NULL without a live share',
    first_moves          UInt64 COMMENT 'contents that the actor was the first to share',
    depth                UInt32 COMMENT 'generation: depth of the earliest live spread over the contents (of the earliest, when none is live)',
    first_shared_at      DateTime64(6, 'UTC') COMMENT 'event time of that spread',
    spreads              UInt64 COMMENT 'spreads of the actor, retracted or not',
    sharers              UInt64 COMMENT 'others whose live shares hang on spreads of the actor, each person once over the contents',
    sharers_known        UInt64 COMMENT 'those of them whose audience is known',
    sharers_audience_p10 Nullable(Int64) COMMENT 'the audience of the audience: a tenth of the sharers whose audience is known have less; NULL = none is known',
    sharers_audience_p50 Nullable(Int64) COMMENT 'the same: half of them',
    sharers_audience_p90 Nullable(Int64) COMMENT 'the same: nine tenths of them',
    sharers_audience_max Nullable(Int64) COMMENT 'the largest of these audiences'
)
AS
SELECT
    advocate.platform AS platform,
    row_number() OVER (
        PARTITION BY advocate.platform
        ORDER BY advocate.downstream_reach DESC, advocate.downstream_shares DESC, advocate.actor_id ASC
    ) AS place,
    advocate.actor_id AS actor_id,
    advocate.contents AS contents,
    advocate.shares AS shares,
    advocate.audience_size AS audience_size,
    advocate.downstream_shares AS downstream_shares,
    advocate.downstream_reach AS downstream_reach,
    advocate.amplification AS amplification,
    advocate.first_moves AS first_moves,
    advocate.depth AS depth,
    advocate.first_shared_at AS first_shared_at,
    advocate.spreads AS spreads,
    ifNull(carried.people, 0) AS sharers,
    ifNull(carried.known, 0) AS sharers_known,
    if(sharers_known = 0, NULL, carried.audiences[1]) AS sharers_audience_p10,
    if(sharers_known = 0, NULL, carried.audiences[2]) AS sharers_audience_p50,
    if(sharers_known = 0, NULL, carried.audiences[3]) AS sharers_audience_p90,
    if(sharers_known = 0, NULL, carried.audiences[4]) AS sharers_audience_max
FROM {database}.v_advocates AS advocate
LEFT JOIN
(
    SELECT
        platform,
        actor_id,
        count() AS people,
        countIf(audience >= 0) AS known,
        quantilesExactIf(0.1, 0.5, 0.9, 1)(audience, audience >= 0) AS audiences
    FROM
    (
        SELECT sharer.platform AS platform, sharer.actor_id AS actor_id, max(ifNull(sharer.audience_size, -1)) AS audience
        FROM {database}.v_sharers AS sharer
        GROUP BY platform, actor_id, sharer.sharer_platform, sharer.sharer_id
    )
    GROUP BY platform, actor_id
) AS carried ON carried.platform = advocate.platform AND carried.actor_id = advocate.actor_id
COMMENT 'One row per platform and actor, ranked: who carried things furthest there.'
