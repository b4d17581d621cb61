-- The version is made of the links between the two, so that the farthest home stands whichever worker writes first.
CREATE TABLE IF NOT EXISTS {database}.merged_contents {on_cluster}
(
    content_id  String COMMENT 'a content that a link merged into another one' CODEC(ZSTD(1)),
    merged_into String COMMENT 'where its events are folded' CODEC(ZSTD(1)),
    steps       UInt32 COMMENT 'links between the two' CODEC(T64, ZSTD(1)),
    version     UInt64 COMMENT 'epoch << 48 | steps; the greatest stands' CODEC(Delta, ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() COMMENT 'arrival in ClickHouse; retention counts from here' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY content_id
{ttl:inserted_at}
COMMENT 'Contents that were merged into others. Read v_merged_contents.';

CREATE OR REPLACE VIEW {database}.v_merged_contents {on_cluster}
(
    content_id  String COMMENT 'a content that a link merged into another one',
    merged_into String COMMENT 'where its events are folded, as far as events have come that far',
    steps       UInt32 COMMENT 'links between the two'
)
AS
SELECT content_id, merged_into, steps
FROM {database}.merged_contents FINAL
WHERE merged_into != content_id
COMMENT 'One row per content that a link merged into another one: its raw rows keep its name, its figures are there.';
