-- An account is `platform:actor_id` here; no platform has a colon. One pass makes rows (one, two, what):
--   two = '#' and a content: what the account `one` did in it, so that a post meets the replies and mentions beside it
--       (1 post, 2 comment, 3 mention);   two = '': shares, wherever (4 of others, 5 of its own posts);   two = '@' and a campaign: owned by it;
--   else two accounts, the smaller first: one of them (`by_one`) shared the other (6) or turned to it (7). A share is a turn, too.
-- A turn answers a share when the latest share up to its own moment lies within a day: arrayFill carries that share's moment along.
CREATE OR REPLACE VIEW {database}.v_accounts {on_cluster}
(
    platform             LowCardinality(String) COMMENT 'platform of the account',
    actor_id             String COMMENT 'the account',
    posts                UInt64 COMMENT 'created: live posts',
    shares_of_others     UInt64 COMMENT 'live shares of contents that the account did not post',
    own_shares           UInt64 COMMENT 'live shares of contents that it posted',
    replies              UInt64 COMMENT 'live comments that address somebody else',
    mentions             UInt64 COMMENT 'live mentions of somebody else',
    share_ratio          Nullable(Float64) COMMENT 'created : shared of others, posts over shares_of_others; NULL when it shared none',
    one_way_posts        UInt64 COMMENT 'posts in whose content the account neither replied to nor mentioned somebody else',
    two_way_posts        UInt64 COMMENT 'the other posts',
    two_way_ratio        Nullable(Float64) COMMENT 'one-way : two-way, one_way_posts over two_way_posts; NULL without a two-way post',
    sharers              UInt64 COMMENT 'other accounts with a live share of a content that it posted, or one that hangs on a spread of it',
    reciprocated         UInt64 COMMENT 'those of them whom it shared, answered or mentioned within 24 hours after such a share',
    reciprocity          Nullable(Float64) COMMENT 'reciprocated over sharers; NULL without sharers',
    sharers_known        UInt64 COMMENT 'sharers whose audience is known',
    sharers_audience_p10 Nullable(Int64) COMMENT 'the audience of the audience: a tenth of the sharers whose audience is known have less; NULL = none is known',
    sharers_audience_p50 Nullable(Int64) COMMENT 'the same: half of them',
    sharers_audience_p90 Nullable(Int64) COMMENT 'the same: nine tenths of them',
    sharers_audience_max Nullable(Int64) COMMENT 'the largest of these audiences',
    owned_by             Array(String) COMMENT 'campaigns that own the account (setting owned_accounts), sorted'
)
AS
SELECT
    CAST(substring(account.name, 1, position(account.name, ':') - 1), 'LowCardinality(String)') AS platform,
    substring(account.name, position(account.name, ':') + 1) AS actor_id,
    account.posts AS posts,
    account.shares_of_others AS shares_of_others,
    account.own_shares AS own_shares,
    account.replies AS replies,
    account.mentions AS mentions,
    account.posts / nullIf(account.shares_of_others, 0) AS share_ratio,
    toUInt64(account.posts - account.two_way_posts) AS one_way_posts,
    account.two_way_posts AS two_way_posts,
    one_way_posts / nullIf(account.two_way_posts, 0) AS two_way_ratio,
    account.sharers AS sharers,
    account.reciprocated AS reciprocated,
    account.reciprocated / nullIf(account.sharers, 0) AS reciprocity,
    account.sharers_known AS sharers_known,
    if(account.sharers_known = 0, NULL, account.audiences[1]) AS sharers_audience_p10,
    if(account.sharers_known = 0, NULL, account.audiences[2]) AS sharers_audience_p50,
    if(account.sharers_known = 0, NULL, account.audiences[3]) AS sharers_audience_p90,
    if(account.sharers_known = 0, NULL, account.audiences[4]) AS sharers_audience_max,
    account.owned_by AS owned_by
FROM
(
    SELECT
        side.1 AS name,
        sum(pair.posts) AS posts,
        sum(pair.shares_of_others) AS shares_of_others,
        sum(pair.own_shares) AS own_shares,
        sum(pair.replies) AS replies,
        sum(pair.mentions) AS mentions,
        sumIf(pair.posts, pair.replies + pair.mentions > 0) AS two_way_posts,
        countIf(side.2) AS sharers,
        countIf(side.3) AS reciprocated,
        countIf(side.4 >= 0) AS sharers_known,
        quantilesExactIf(0.1, 0.5, 0.9, 1)(side.4, side.4 >= 0) AS audiences,
        arraySort(groupArrayIf(substring(pair.two, 2), startsWith(pair.two, '@'))) AS owned_by
    FROM
    (
        SELECT
            fact.one AS one,
            fact.two AS two,
            sumIf(fact.times, fact.what = 1) AS posts,
            countIf(fact.what = 2) AS replies,
            countIf(fact.what = 3) AS mentions,
            countIf(fact.what = 4) AS shares_of_others,
            countIf(fact.what = 5) AS own_shares,
            countIf(fact.what < 6) > 0 AS acted,
            countIf(fact.what = 6 AND NOT fact.by_one) > 0 AS shared_one,
            countIf(fact.what = 6 AND fact.by_one) > 0 AS shared_two,
            max(if(fact.what = 6 AND NOT fact.by_one, fact.audience, -1)) AS audience_of_two,
            max(if(fact.what = 6 AND fact.by_one, fact.audience, -1)) AS audience_of_one,
            groupArrayIf((fact.moment, fact.by_one, fact.what = 6), fact.what >= 6) AS moments,
            -1000000000000000000 AS never,
            shared_one AND countIf(fact.what >= 6 AND fact.by_one) > 0 AND arrayExists(
                (turn, latest) -> turn.2 AND turn.1 - latest <= 86400000000,
                arraySort(moments),
                arrayFill(at -> at > never, arrayMap(act -> if(act.3 AND NOT act.2, act.1, never), arraySort(moments)))
            ) AS answered_one,
            shared_two AND countIf(fact.what >= 6 AND NOT fact.by_one) > 0 AND arrayExists(
                (turn, latest) -> NOT turn.2 AND turn.1 - latest <= 86400000000,
                arraySort(act -> (act.1, NOT act.2), moments),
                arrayFill(
                    at -> at > never,
                    arrayMap(act -> if(act.3 AND act.2, act.1, never), arraySort(act -> (act.1, NOT act.2), moments))
                )
            ) AS answered_two
        FROM
        (
            SELECT
                concat(platform, ':', actor_id) AS one, concat('#', content_id) AS two, 1 AS what, false AS by_one,
                0::Int64 AS moment, -1::Int64 AS audience, posts AS times
            FROM {database}.v_authors

            UNION ALL

            SELECT
                if(origin = '', who, least(who, origin)) AS one, if(origin = '', '', greatest(who, origin)) AS two,
                multiIf(origin != '', 6, own, 5, 4) AS what, who < origin AS by_one,
                moment, audience, 1::UInt64 AS times
            FROM
            (
                SELECT
                    concat(below.platform, ':', below.actor_id) AS who,
                    concat(ifNull(above.platform, ''), ':', ifNull(above.actor_id, '')) AS parent,
                    toUnixTimestamp64Micro(below.occurred_at) AS moment,
                    below.audience_size AS audience,
                    has(author.people, who) AS own,
                    arrayFilter(origin -> origin != who, author.people) AS authors,
                    if(parent IN (':', who) OR has(authors, parent), authors, arrayPushBack(authors, parent)) AS origins
                FROM {database}.edges AS below FINAL
                LEFT JOIN {database}.edges AS above FINAL
                    ON above.content_id = below.content_id AND above.event_id = below.parent_event_id
                LEFT JOIN
                (
                    SELECT content_id, groupArray(concat(platform, ':', actor_id)) AS people
                    FROM {database}.v_authors
                    GROUP BY content_id
                ) AS author ON author.content_id = below.content_id
                WHERE NOT below.retracted
            )
            ARRAY JOIN arrayPushBack(origins, '') AS origin

            UNION ALL

            SELECT
                if(startsWith(origin, '#'), who, least(who, origin)) AS one, if(startsWith(origin, '#'), origin, greatest(who, origin)) AS two,
                multiIf(NOT startsWith(origin, '#'), 7, kind = 'comment', 2, 3) AS what, who < origin AS by_one,
                moment, -1::Int64 AS audience, 1::UInt64 AS times
            FROM
            (
                SELECT
                    concat(act.platform, ':', act.actor_id) AS who,
                    toString(act.kind) AS kind,
                    toUnixTimestamp64Micro(act.occurred_at) AS moment,
                    arrayFilter(person -> person != who, arrayMap(person -> concat(person.1, ':', person.2), act.addressed)) AS people,
                    concat('#', act.content_id) AS place
                FROM {database}.v_conversation AS act
                WHERE act.to_others
            )
            ARRAY JOIN arrayPushBack(people, place) AS origin

            UNION ALL

            SELECT
                concat(platform, ':', actor_id) AS one, concat('@', campaign_id) AS two, 0 AS what, false AS by_one,
                0::Int64 AS moment, -1::Int64 AS audience, 1::UInt64 AS times
            FROM {database}.v_owned_accounts
        ) AS fact
        GROUP BY one, two
    ) AS pair
    ARRAY JOIN arrayConcat(
        if(acted, [(one, false, false, -1::Int64)], []),
        if(shared_one, [(one, true, answered_one, audience_of_two)], []),
        if(shared_two, [(two, true, answered_two, audience_of_one)], [])
    ) AS side
    GROUP BY name
) AS account
COMMENT 'One row per account: does it create or share, does it talk with people or only to them, who shares it. It reads everything.'
