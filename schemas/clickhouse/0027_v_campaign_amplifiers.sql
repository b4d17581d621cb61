-- Credit is exact within a content; over contents it is a sum, so somebody below the actor in two contents counts in both.
CREATE OR REPLACE VIEW {database}.v_campaign_amplifiers {on_cluster}
(
    campaign_id          String COMMENT 'campaign of the contents',
    platform             LowCardinality(String) COMMENT 'platform of the actor',
    actor_id             String COMMENT 'who spread them',
    contents             UInt64 COMMENT 'contents of the campaign with a live share of the actor',
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
    amplifier.name AS campaign_id,
    amplifier.platform AS platform,
    amplifier.actor_id AS actor_id,
    amplifier.contents AS contents,
    amplifier.shares AS shares,
    nullIf(amplifier.audience, -1) AS audience_size,
    amplifier.downstream_shares AS downstream_shares,
    amplifier.downstream_reach AS downstream_reach,
    amplifier.downstream_shares / nullIf(amplifier.shares, 0) AS amplification,
    amplifier.first_moves AS first_moves,
    amplifier.earliest.1 AS depth,
    amplifier.earliest.2 AS first_shared_at,
    amplifier.spreads AS spreads,
    ifNull(carried.people, 0) AS sharers,
    ifNull(carried.known, 0) AS sharers_known,
    if(sharers_known = 0, NULL, carried.audiences[1]) AS sharers_audience_p10,
    if(sharers_known = 0, NULL, carried.audiences[2]) AS sharers_audience_p50,
    if(sharers_known = 0, NULL, carried.audiences[3]) AS sharers_audience_p90,
    if(sharers_known = 0, NULL, carried.audiences[4]) AS sharers_audience_max
FROM
(
    SELECT
        content.campaign_id AS name,
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
    INNER JOIN {database}.contents AS content FINAL ON content.content_id = own.content_id
    LEFT JOIN {database}.v_first_movers AS mover ON mover.content_id = own.content_id
    WHERE own.spreads > 0 AND content.campaign_id != ''
    GROUP BY name, platform, actor_id
) AS amplifier
LEFT JOIN
(
    SELECT
        name,
        platform,
        actor_id,
        count() AS people,
        countIf(audience >= 0) AS known,
        quantilesExactIf(0.1, 0.5, 0.9, 1)(audience, audience >= 0) AS audiences
    FROM
    (
        SELECT
            content.campaign_id AS name,
            sharer.platform AS platform,
            sharer.actor_id AS actor_id,
            max(ifNull(sharer.audience_size, -1)) AS audience
        FROM {database}.v_sharers AS sharer
        INNER JOIN {database}.contents AS content FINAL ON content.content_id = sharer.content_id
        WHERE content.campaign_id != ''
        GROUP BY name, platform, actor_id, sharer.sharer_platform, sharer.sharer_id
    )
    GROUP BY name, platform, actor_id
) AS carried
    ON carried.name = amplifier.name AND carried.platform = amplifier.platform AND carried.actor_id = amplifier.actor_id
COMMENT 'One row per campaign and actor that spread it: who carried the campaign furthest.'
