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
COMMENT 'One row per content: how many of those who saw it or clicked on it shared it.'
