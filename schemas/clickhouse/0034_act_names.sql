-- For who knows an act's name and not its content (`cascades resolve`): `events` is sorted by content. Rows come by themselves with those of `events`;
-- the INSERT brings what was there before, and repeats nothing: of rows with one key one stands.
CREATE TABLE IF NOT EXISTS {database}.act_names {on_cluster}
(
    name        String COMMENT 'the event_id of an act, or its attribute local_id' CODEC(ZSTD(1)),
    content_id  String COMMENT 'a content that the act stands in' CODEC(ZSTD(1)),
    alias_of    String COMMENT 'the event_id of the act, where its name is the attribute local_id; empty: the name is the event_id' CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(inserted_at)}
ORDER BY (name, content_id, alias_of)
{ttl:inserted_at}
COMMENT 'Under which names an act is known, and in which contents. Clicks and views are left out: no platform takes them back.';

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.act_names_of_events {on_cluster} TO {database}.act_names
(
    name        String COMMENT 'the event_id of an act, or its attribute local_id',
    content_id  String COMMENT 'a content that the act stands in',
    alias_of    String COMMENT 'the event_id of the act, where its name is the attribute local_id',
    inserted_at DateTime('UTC') COMMENT 'arrival of the event'
)
AS
SELECT known.1 AS name, content_id, known.2 AS alias_of, inserted_at
FROM {database}.events
ARRAY JOIN arrayFilter(one -> one.1 != '', [(event_id, ''), (attributes['local_id'], event_id)]) AS known
WHERE kind NOT IN ('retract', 'counter', 'link', 'click', 'view')
COMMENT 'Brings the names of what comes into events to act_names.';

INSERT INTO {database}.act_names (name, content_id, alias_of, inserted_at)
SELECT known.1 AS name, content_id, known.2 AS alias_of, inserted_at
FROM {database}.events
ARRAY JOIN arrayFilter(one -> one.1 != '', [(event_id, ''), (attributes['local_id'], event_id)]) AS known
WHERE kind NOT IN ('retract', 'counter', 'link', 'click', 'view')
