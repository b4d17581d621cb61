-- Who carried an actor's share on, from the edges as they stand; and who shared a content first.
CREATE OR REPLACE VIEW {database}.v_sharers {on_cluster}
(
    content_id      String COMMENT 'the content item: the root of the cascade',
    platform        LowCardinality(String) COMMENT 'platform of the actor',
    actor_id        String COMMENT 'whose spread was shared on, retracted or not',
    sharer_platform LowCardinality(String) COMMENT 'platform of the sharer',
    sharer_id       String COMMENT 'another actor, with a live share that hangs on a spread of the actor',
    audience_size   Nullable(Int64) COMMENT 'largest known audience of the sharer among these shares; NULL = unknown',
    shares          UInt64 COMMENT 'these shares',
    first_shared_at DateTime64(6, 'UTC') COMMENT 'event time of the earliest of them'
)
AS
SELECT
    above.content_id AS content_id,
    above.platform AS platform,
    above.actor_id AS actor_id,
    below.platform AS sharer_platform,
    below.actor_id AS sharer_id,
    nullIf(max(below.audience_size), -1) AS audience_size,
    count() AS shares,
    min(below.occurred_at) AS first_shared_at
FROM {database}.edges AS below FINAL
INNER JOIN {database}.edges AS above FINAL
    ON above.content_id = below.content_id AND above.event_id = below.parent_event_id
WHERE NOT below.retracted
    AND below.parent_event_id != ''
    AND (below.platform != above.platform OR below.actor_id != above.actor_id)
GROUP BY content_id, platform, actor_id, sharer_platform, sharer_id
COMMENT 'One row per content, actor and sharer of the actor: the audience of the audience, person by person.';

CREATE OR REPLACE VIEW {database}.v_first_movers {on_cluster}
(
    content_id      String COMMENT 'the content item: the root of the cascade',
    platform        LowCardinality(String) COMMENT 'platform of the actor',
    actor_id        String COMMENT 'who shared first: whose is the earliest live share by (occurred_at, event_id)',
    event_id        String COMMENT 'id of that share',
    first_shared_at DateTime64(6, 'UTC') COMMENT 'its event time'
)
AS
SELECT
    content_id,
    CAST(argMin(share.platform, (share.occurred_at, share.event_id)), 'LowCardinality(String)') AS platform,
    argMin(share.actor_id, (share.occurred_at, share.event_id)) AS actor_id,
    argMin(share.event_id, (share.occurred_at, share.event_id)) AS event_id,
    min(share.occurred_at) AS first_shared_at
FROM {database}.edges AS share FINAL
WHERE NOT share.retracted
GROUP BY content_id
COMMENT 'One row per content with a live share: who shared it first.'
