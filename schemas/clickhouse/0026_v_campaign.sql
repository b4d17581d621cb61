-- Reach: the definitions of a content over all contents of the campaign as if they were one. Each person counts once, with the
-- largest audience; who posted any of them is an author, and no sharer.
CREATE OR REPLACE VIEW {database}.v_campaign {on_cluster}
(
    campaign_id       String COMMENT 'the campaign; contents without one are in no row',
    contents          UInt64 COMMENT 'contents of the campaign',
    platforms         Array(LowCardinality(String)) COMMENT 'platforms of their acts, sorted',
    first_seen        DateTime64(6, 'UTC') COMMENT 'event time of the earliest act',
    last_seen         DateTime64(6, 'UTC') COMMENT 'event time of the latest act',
    posts             UInt64 COMMENT 'live posts',
    shares            UInt64 COMMENT 'live spreads: share, repin, quote',
    likes             UInt64 COMMENT 'live likes',
    comments          UInt64 COMMENT 'live comments',
    mentions          UInt64 COMMENT 'live mentions',
    clicks            UInt64 COMMENT 'live clicks, or the clicks that the platforms count where these are more, summed over contents',
    views             UInt64 COMMENT 'the same of views',
    depth             UInt32 COMMENT 'greatest depth of a spread',
    depth_exact       UInt32 COMMENT 'the same over exact edges only',
    primary_reach     UInt64 COMMENT 'largest known audience of each author among the live posts, summed: each person once',
    secondary_reach   UInt64 COMMENT 'largest known audience of each sharer who is no author of the campaign, summed: each person once',
    potential_reach   UInt64 COMMENT 'primary and secondary reach together: an upper bound',
    sharers           UInt64 COMMENT 'distinct actors with a live share, authors left out',
    sharers_known     UInt64 COMMENT 'those of them whose audience is known',
    audience_coverage Nullable(Float64) COMMENT 'sharers_known over sharers; NULL without sharers',
    viral_contents    Nullable(UInt64) COMMENT 'contents whose state is viral or sustained; NULL = no state is computed yet',
    shares_per_view   Nullable(Float64) COMMENT 'shares over views; NULL without a view',
    shares_per_click  Nullable(Float64) COMMENT 'shares over clicks; NULL without a click'
)
AS
SELECT
    campaign.name AS campaign_id,
    campaign.contents AS contents,
    CAST(campaign.platforms, 'Array(LowCardinality(String))') AS platforms,
    campaign.first_seen AS first_seen,
    campaign.last_seen AS last_seen,
    campaign.posts AS posts,
    campaign.shares AS shares,
    campaign.likes AS likes,
    campaign.comments AS comments,
    campaign.mentions AS mentions,
    campaign.clicks AS clicks,
    campaign.views AS views,
    campaign.depth AS depth,
    campaign.depth_exact AS depth_exact,
    ifNull(reach.first_hand, 0) AS primary_reach,
    ifNull(reach.second_hand, 0) AS secondary_reach,
    primary_reach + secondary_reach AS potential_reach,
    ifNull(reach.people, 0) AS sharers,
    ifNull(reach.known, 0) AS sharers_known,
    sharers_known / nullIf(sharers, 0) AS audience_coverage,
    if(campaign.judged = 0, NULL, campaign.viral) AS viral_contents,
    campaign.shares / nullIf(campaign.views, 0) AS shares_per_view,
    campaign.shares / nullIf(campaign.clicks, 0) AS shares_per_click
FROM
(
    SELECT
        assumeNotNull(content.campaign_id) AS name,
        count() AS contents,
        arraySort(groupUniqArrayArray(content.platforms)) AS platforms,
        min(content.first_seen) AS first_seen,
        max(content.last_seen) AS last_seen,
        sum(content.posts) AS posts,
        sum(content.shares) AS shares,
        sum(content.likes) AS likes,
        sum(content.comments) AS comments,
        sum(content.mentions) AS mentions,
        sum(greatest(toUInt64(content.clicks), content.counted_clicks)) AS clicks,
        sum(greatest(toUInt64(content.views), content.counted_views)) AS views,
        max(content.depth) AS depth,
        max(content.depth_exact) AS depth_exact,
        count(content.state) AS judged,
        countIf(ifNull(content.state, '') IN ('viral', 'sustained')) AS viral
    FROM {database}.v_content AS content
    WHERE content.campaign_id IS NOT NULL
    GROUP BY name
) AS campaign
LEFT JOIN
(
    SELECT
        name,
        sumIf(toUInt64(greatest(posted, 0)), author) AS first_hand,
        sumIf(toUInt64(greatest(shared, 0)), NOT author) AS second_hand,
        countIf(NOT author) AS people,
        countIf(NOT author AND shared >= 0) AS known
    FROM
    (
        SELECT
            content.campaign_id AS name,
            act.platform AS platform,
            act.actor_id AS actor_id,
            max(act.author) AS author,
            max(if(act.author, act.audience, -1)) AS posted,
            max(if(act.author, -1, act.audience)) AS shared
        FROM
        (
            SELECT content_id, platform, actor_id, ifNull(audience_size, -1) AS audience, true AS author
            FROM {database}.v_authors

            UNION ALL

            SELECT content_id, platform, actor_id, audience_size AS audience, false AS author
            FROM {database}.amplifiers FINAL
            WHERE shares > 0
        ) AS act
        INNER JOIN {database}.contents AS content FINAL ON content.content_id = act.content_id
        WHERE content.campaign_id != ''
        GROUP BY name, platform, actor_id
    )
    GROUP BY name
) AS reach ON reach.name = campaign.name
COMMENT 'One row per campaign: its contents taken together, each person once.'
