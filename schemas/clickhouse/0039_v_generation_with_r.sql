CREATE OR REPLACE VIEW {database}.v_generation {on_cluster}
(
    content_id String COMMENT 'the content item: the root of the cascade',
    depth      UInt32 COMMENT 'generation: edges to the root, from 1; 64 stands for 64 and deeper',
    shares     UInt32 COMMENT 'live spreads at this depth',
    reach      UInt64 COMMENT 'secondary reach attributed to shares at this depth',
    nodes      UInt32 COMMENT 'spreads at this depth, retracted ones included',
    r          Nullable(Float64) COMMENT 'R of the generation: nodes of the next one over its own; NULL for the last, which has none yet'
)
AS
SELECT
    content_id,
    toUInt32(slot - 1) AS depth,
    generation_shares AS shares,
    generation_reach AS reach,
    generation_nodes AS nodes,
    if(slot < length(breadth), breadth[slot + 1] / generation_nodes, NULL) AS r
FROM {database}.contents FINAL
ARRAY JOIN
    arrayEnumerate(breadth) AS slot,
    shares_by_depth AS generation_shares,
    reach_by_depth AS generation_reach,
    breadth AS generation_nodes
WHERE slot > 1
COMMENT 'One row per content and generation: how many spread it, and to how many.'
