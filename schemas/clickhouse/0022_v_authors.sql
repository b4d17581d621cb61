-- PREWHERE comes before FINAL. That is right here: all rows of one key are posts, or none is (the first copy decides).
CREATE OR REPLACE VIEW {database}.v_authors {on_cluster}
(
    content_id      String COMMENT 'the content item: the root of the cascade',
    platform        LowCardinality(String) COMMENT 'platform of the author',
    actor_id        String COMMENT 'who posted it, retracted or not',
    posts           UInt64 COMMENT 'live posts of the author',
    audience_size   Nullable(Int64) COMMENT 'largest known audience among the live posts; NULL = unknown',
    first_posted_at DateTime64(6, 'UTC') COMMENT 'event time of the earliest post, retracted or not'
)
AS
SELECT
    content_id,
    CAST(post.2, 'LowCardinality(String)') AS platform,
    post.3 AS actor_id,
    countIf(live) AS posts,
    nullIf(max(if(live, post.4, -1)), -1) AS audience_size,
    min(post.5) AS first_posted_at
FROM
(
    SELECT
        content_id,
        post,
        NOT arrayExists(
            undo -> undo.1 = post.1 AND (undo.4 OR (undo.2 = post.2 AND undo.3 = post.3)), retractions
        ) AS live
    FROM
    (
        SELECT
            content_id,
            groupArrayIf((event_id, platform, actor_id, audience_size, occurred_at), kind = 'post') AS posts,
            groupArrayIf(
                (target_event_id, platform, actor_id, attributes['right'] = 'moderate'), kind = 'retract'
            ) AS retractions
        FROM {database}.events FINAL
        PREWHERE kind IN ('post', 'retract')
        GROUP BY content_id
    )
    ARRAY JOIN posts AS post
)
GROUP BY content_id, platform, actor_id
COMMENT 'One row per content and author, from the raw rows.'
