CREATE OR REPLACE VIEW {database}.v_content_minute {on_cluster}
(
    content_id      String COMMENT 'the content item: the root of the cascade',
    platform        LowCardinality(String) COMMENT 'platform of the acts',
    minute          DateTime('UTC') COMMENT 'start of the minute of event time',
    shares          UInt32 COMMENT 'live spreads: share, repin, quote',
    likes           UInt32 COMMENT 'live likes',
    comments        UInt32 COMMENT 'live comments',
    clicks          UInt32 COMMENT 'live clicks',
    depth           UInt32 COMMENT 'greatest present depth of the spreads dated in the minute; 0 without spreads',
    secondary_reach UInt64 COMMENT 'secondary reach attributed to spreads dated in the minute',
    acts            UInt32 COMMENT 'acts dated in the minute, retracted or not',
    posts           UInt32 COMMENT 'live posts',
    mentions        UInt32 COMMENT 'live mentions',
    views           UInt32 COMMENT 'live views',
    follows         UInt32 COMMENT 'live follows'
)
AS
SELECT
    content_id, platform, minute, shares, likes, comments, clicks, depth, secondary_reach,
    acts, posts, mentions, views, follows
FROM {database}.content_minutes FINAL
WHERE acts > 0
COMMENT 'One row per content, platform and minute of event time; a late parent or a retraction changes it.'
