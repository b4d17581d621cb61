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
        content_id,
        if(event.kind = 'retract', event.target_event_id, event.event_id) AS event_id,
        anyIf(
            (event.kind, event.platform, event.actor_id, event.occurred_at, event.parent_event_id, event.parent_actor_id),
            event.kind != 'retract'
        ) AS what,
        groupArrayIf((event.platform, event.actor_id, event.attributes['right'] = 'moderate'), event.kind = 'retract') AS retractions
    FROM {database}.events AS event FINAL
    PREWHERE event.kind IN ('comment', 'mention', 'retract')
    GROUP BY content_id, event_id
    HAVING countIf(event.kind != 'retract') > 0
) AS act
LEFT JOIN
(
    SELECT content_id, event_id, platform, actor_id
    FROM {database}.events FINAL
    PREWHERE kind NOT IN ('retract', 'counter', 'link')
) AS named ON named.content_id = act.content_id AND named.event_id = act.what.5
LEFT JOIN
(
    SELECT content_id, groupArray((toString(platform), actor_id)) AS people
    FROM {database}.v_authors
    GROUP BY content_id
) AS author ON author.content_id = act.content_id
WHERE NOT arrayExists(undo -> undo.3 OR (undo.1 = act.what.2 AND undo.2 = act.what.3), act.retractions)
COMMENT 'One row per live comment and mention, with whom it addresses, from the raw rows.'
