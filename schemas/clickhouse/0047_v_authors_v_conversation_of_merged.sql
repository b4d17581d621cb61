-- A raw row keeps the content that its event named; the author belongs to the one which that was merged into. Rows that were
-- not merged are read apart, with their content_id as it is stored, so that a question for one content goes by the index.
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
            groupUniqArrayIf((event_id, platform, actor_id, audience_size, occurred_at), kind = 'post') AS posts,
            groupArrayIf(
                (target_event_id, platform, actor_id, attributes['right'] = 'moderate'), kind = 'retract'
            ) AS retractions
        FROM
        (
            SELECT
                content_id, kind, event_id, platform, actor_id, audience_size, occurred_at, target_event_id, attributes
            FROM {database}.events FINAL
            PREWHERE kind IN ('post', 'retract')
                AND content_id NOT IN (SELECT content_id FROM {database}.v_merged_contents)
            UNION ALL
            SELECT
                home.merged_into AS content_id,
                raw.kind AS kind, raw.event_id AS event_id, raw.platform AS platform, raw.actor_id AS actor_id,
                raw.audience_size AS audience_size, raw.occurred_at AS occurred_at,
                raw.target_event_id AS target_event_id, raw.attributes AS attributes
            FROM
            (
                SELECT
                    content_id, kind, event_id, platform, actor_id, audience_size, occurred_at, target_event_id, attributes
                FROM {database}.events FINAL
                PREWHERE kind IN ('post', 'retract')
                    AND content_id IN (SELECT content_id FROM {database}.v_merged_contents)
            ) AS raw
            INNER JOIN {database}.v_merged_contents AS home ON home.content_id = raw.content_id
        )
        GROUP BY content_id
    )
    ARRAY JOIN posts AS post
)
GROUP BY content_id, platform, actor_id
COMMENT 'One row per content and author, from the raw rows.';

-- Whom a comment or mention addresses: the person that it names, else the actor of the act that it names, else (a comment) the
-- authors of the content. PREWHERE comes before FINAL: all rows of one key agree in what it asks, as the first copy decides.
CREATE OR REPLACE VIEW {database}.v_conversation {on_cluster}
(
    content_id  String COMMENT 'the content item: the root of the cascade',
    event_id    String COMMENT 'id of the comment or mention',
    kind        LowCardinality(String) COMMENT 'comment mention',
    platform    LowCardinality(String) COMMENT 'platform of the act and of its actor',
    actor_id    String COMMENT 'who acted',
    occurred_at DateTime64(6, 'UTC') COMMENT 'event time',
    addressed   Array(Tuple(platform String, actor_id String)) COMMENT 'whom it addresses; empty = not known',
    to_others   Bool COMMENT 'it does not address its own actor alone'
)
AS
SELECT
    act.content_id AS content_id,
    act.event_id AS event_id,
    CAST(act.what.1, 'LowCardinality(String)') AS kind,
    CAST(act.what.2, 'LowCardinality(String)') AS platform,
    act.what.3 AS actor_id,
    act.what.4 AS occurred_at,
    CAST(
        multiIf(
            act.what.6 != '', [(toString(act.what.2), act.what.6)],
            ifNull(named.actor_id, '') != '', [(toString(ifNull(named.platform, '')), ifNull(named.actor_id, ''))],
            act.what.1 = 'comment', author.people,
            []
        ),
        'Array(Tuple(platform String, actor_id String))'
    ) AS addressed,
    CAST(
        empty(addressed) OR arrayExists(one -> one.1 != act.what.2 OR one.2 != act.what.3, addressed), 'Bool'
    ) AS to_others
FROM
(
    SELECT
        event.content_id AS content_id,
        if(event.kind = 'retract', event.target_event_id, event.event_id) AS event_id,
        anyIf(
            (event.kind, event.platform, event.actor_id, event.occurred_at, event.parent_event_id, event.parent_actor_id),
            event.kind != 'retract'
        ) AS what,
        groupArrayIf((event.platform, event.actor_id, event.attributes['right'] = 'moderate'), event.kind = 'retract') AS retractions
    FROM
    (
        SELECT
            content_id, event_id, kind, platform, actor_id, occurred_at, parent_event_id, parent_actor_id, target_event_id,
            attributes
        FROM {database}.events FINAL
        PREWHERE kind IN ('comment', 'mention', 'retract')
            AND content_id NOT IN (SELECT content_id FROM {database}.v_merged_contents)
        UNION ALL
        SELECT
            home.merged_into AS content_id,
            raw.event_id AS event_id, raw.kind AS kind, raw.platform AS platform, raw.actor_id AS actor_id,
            raw.occurred_at AS occurred_at, raw.parent_event_id AS parent_event_id,
            raw.parent_actor_id AS parent_actor_id, raw.target_event_id AS target_event_id,
            raw.attributes AS attributes
        FROM
        (
            SELECT
                content_id, event_id, kind, platform, actor_id, occurred_at, parent_event_id, parent_actor_id, target_event_id,
                attributes
            FROM {database}.events FINAL
            PREWHERE kind IN ('comment', 'mention', 'retract')
                AND content_id IN (SELECT content_id FROM {database}.v_merged_contents)
        ) AS raw
        INNER JOIN {database}.v_merged_contents AS home ON home.content_id = raw.content_id
    ) AS event
    GROUP BY content_id, event_id
    HAVING countIf(event.kind != 'retract') > 0
) AS act
LEFT ANY JOIN
(
    SELECT
        content_id, event_id, platform, actor_id
    FROM {database}.events FINAL
    PREWHERE kind NOT IN ('retract', 'counter', 'link')
        AND content_id NOT IN (SELECT content_id FROM {database}.v_merged_contents)
    UNION ALL
    SELECT
        home.merged_into AS content_id,
        raw.event_id AS event_id, raw.platform AS platform, raw.actor_id AS actor_id
    FROM
    (
        SELECT
            content_id, event_id, platform, actor_id
        FROM {database}.events FINAL
        PREWHERE kind NOT IN ('retract', 'counter', 'link')
            AND content_id IN (SELECT content_id FROM {database}.v_merged_contents)
    ) AS raw
    INNER JOIN {database}.v_merged_contents AS home ON home.content_id = raw.content_id
) AS named ON named.content_id = act.content_id AND named.event_id = act.what.5
LEFT JOIN
(
    SELECT content_id, groupArray((toString(platform), actor_id)) AS people
    FROM {database}.v_authors
    GROUP BY content_id
) AS author ON author.content_id = act.content_id
WHERE NOT arrayExists(undo -> undo.3 OR (undo.1 = act.what.2 AND undo.2 = act.what.3), act.retractions)
COMMENT 'One row per live comment and mention, with whom it addresses, from the raw rows.'
