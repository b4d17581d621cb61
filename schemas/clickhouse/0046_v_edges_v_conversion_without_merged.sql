-- A spread of a content that was merged into another one has depth 0 here; it stands in the other one.
CREATE OR REPLACE VIEW {database}.v_edges {on_cluster}
(
    content_id            String COMMENT 'the content item: the root of the cascade',
    event_id              String COMMENT 'id of the spread',
    parent_event_id       Nullable(String) COMMENT 'the spread that it hangs on now; NULL = it hangs on the root',
    parent_basis          LowCardinality(String) COMMENT 'how the parent is known: exact inferred root_only none',
    actor_id              String COMMENT 'who spread it',
    depth                 UInt32 COMMENT 'edges between the spread and the root',
    audience_size         Nullable(Int64) COMMENT 'audience of the actor at that time; NULL = unknown',
    occurred_at           DateTime64(6, 'UTC') COMMENT 'event time',
    platform              LowCardinality(String) COMMENT 'platform of the spread and of its actor',
    retracted             Bool COMMENT 'undone: still in size, depth and virality, no longer in shares and reach',
    kind                  LowCardinality(String) COMMENT 'share repin quote',
    campaign_id           Nullable(String) COMMENT 'campaign that the spread itself names',
    named_parent_event_id Nullable(String) COMMENT 'the parent that the event named; NULL = none',
    parent_status         LowCardinality(String) COMMENT 'how the place was found: root event actor none unresolved self not_a_spread cycle',
    depth_exact           UInt32 COMMENT 'depth when every edge that is not exact is replaced by one to the root'
)
AS
SELECT
    content_id,
    event_id,
    nullIf(edge.parent_event_id, '') AS parent_event_id,
    parent_basis,
    actor_id,
    depth,
    nullIf(edge.audience_size, -1) AS audience_size,
    occurred_at,
    platform,
    retracted,
    kind,
    nullIf(edge.campaign_id, '') AS campaign_id,
    nullIf(edge.named_parent_event_id, '') AS named_parent_event_id,
    parent_status,
    depth_exact
FROM {database}.edges AS edge FINAL
WHERE edge.depth > 0
COMMENT 'One row per spread, with its present place in the tree.';

-- The acts that came one by one and the platform's own total tell of the same views: the greater is nearer to the truth.
CREATE OR REPLACE VIEW {database}.v_conversion {on_cluster}
(
    content_id       String COMMENT 'the content item: the root of the cascade',
    campaign_id      Nullable(String) COMMENT 'campaign of the content; NULL = none',
    shares           UInt32 COMMENT 'live spreads: share, repin, quote',
    views            UInt64 COMMENT 'live views, or the views that the platforms count where these are more',
    clicks           UInt64 COMMENT 'live clicks, or the clicks that the platforms count where these are more',
    shares_per_view  Nullable(Float64) COMMENT 'shares over views; NULL without a view',
    shares_per_click Nullable(Float64) COMMENT 'shares over clicks; NULL without a click'
)
AS
SELECT
    content_id,
    nullIf(content.campaign_id, '') AS campaign_id,
    shares,
    greatest(toUInt64(content.views), content.counted_views) AS views,
    greatest(toUInt64(content.clicks), content.counted_clicks) AS clicks,
    shares / nullIf(views, 0) AS shares_per_view,
    shares / nullIf(clicks, 0) AS shares_per_click
FROM {database}.contents AS content FINAL
WHERE content.size > 0
COMMENT 'One row per content: how many of those who saw it or clicked on it shared it.';
