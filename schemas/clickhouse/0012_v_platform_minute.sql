-- A minute counts for the campaign of its content, also where a single event names another one.
CREATE OR REPLACE VIEW {database}.v_platform_minute {on_cluster}
(
    platform        LowCardinality(String) COMMENT 'platform of the acts',
    campaign_id     Nullable(String) COMMENT 'campaign of the contents; NULL = none',
    minute          DateTime('UTC') COMMENT 'start of the minute of event time',
    posts           UInt64 COMMENT 'live posts',
    shares          UInt64 COMMENT 'live spreads: share, repin, quote',
    likes           UInt64 COMMENT 'live likes',
    comments        UInt64 COMMENT 'live comments',
    mentions        UInt64 COMMENT 'live mentions',
    clicks          UInt64 COMMENT 'live clicks',
    views           UInt64 COMMENT 'live views',
    follows         UInt64 COMMENT 'live follows',
    depth           UInt32 COMMENT 'greatest present depth of the spreads dated in the minute; 0 without spreads',
    secondary_reach UInt64 COMMENT 'secondary reach attributed to spreads dated in the minute, each actor once per content',
    acts            UInt64 COMMENT 'acts dated in the minute, retracted or not',
    contents        UInt64 COMMENT 'contents with an act in the minute'
)
AS
SELECT
    act.platform AS platform,
    nullIf(content.campaign_id, '') AS campaign_id,
    act.minute AS minute,
    sum(act.posts) AS posts,
    sum(act.shares) AS shares,
    sum(act.likes) AS likes,
    sum(act.comments) AS comments,
    sum(act.mentions) AS mentions,
    sum(act.clicks) AS clicks,
    sum(act.views) AS views,
    sum(act.follows) AS follows,
    max(act.depth) AS depth,
    sum(act.secondary_reach) AS secondary_reach,
    sum(act.acts) AS acts,
    uniqExact(act.content_id) AS contents
FROM {database}.content_minutes AS act FINAL
LEFT JOIN {database}.contents AS content FINAL ON content.content_id = act.content_id
WHERE act.acts > 0
GROUP BY platform, campaign_id, minute
COMMENT 'One row per platform, campaign and minute of event time, summed over contents.'
