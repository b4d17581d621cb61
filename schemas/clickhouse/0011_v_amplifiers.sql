CREATE OR REPLACE VIEW {database}.v_amplifiers {on_cluster}
(
    content_id        String COMMENT 'the content item: the root of the cascade',
    actor_id          String COMMENT 'who spread it',
    platform          LowCardinality(String) COMMENT 'platform of the actor',
    shares            UInt32 COMMENT 'live spreads of the actor',
    audience_size     Nullable(Int64) COMMENT 'largest known audience among the live spreads; NULL = unknown',
    downstream_shares UInt32 COMMENT 'live spreads by others below any spread of the actor, each once',
    downstream_reach  UInt64 COMMENT 'secondary reach attributed to spreads by others below, each once',
    amplification     Nullable(Float64) COMMENT 'downstream_shares over shares; NULL without a live share',
    spreads           UInt32 COMMENT 'spreads of the actor, retracted or not',
    depth             UInt32 COMMENT 'depth of the earliest live spread (of the earliest, when none is live)',
    first_shared_at   DateTime64(6, 'UTC') COMMENT 'event time of that spread'
)
AS
SELECT
    content_id,
    actor_id,
    platform,
    shares,
    nullIf(amplifier.audience_size, -1) AS audience_size,
    downstream_shares,
    downstream_reach,
    downstream_shares / nullIf(shares, 0) AS amplification,
    spreads,
    depth,
    first_shared_at
FROM {database}.amplifiers AS amplifier FINAL
WHERE spreads > 0
COMMENT 'One row per content and actor that spread it: what it spread and what came of it.'
