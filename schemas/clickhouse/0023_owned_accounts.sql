CREATE TABLE IF NOT EXISTS {database}.owned_accounts {on_cluster}
(
    campaign_id String COMMENT 'campaign that owns the account' CODEC(ZSTD(1)),
    platform    LowCardinality(String) COMMENT 'platform of the account',
    actor_id    String COMMENT 'the account' CODEC(ZSTD(1)),
    owned       Bool COMMENT 'false: the setting no longer names it' CODEC(ZSTD(1)),
    changed_at  DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'when the setting came here; the latest row stands' CODEC(Delta, ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(changed_at)}
ORDER BY (campaign_id, platform, actor_id)
COMMENT 'The setting owned_accounts, as `cascades migrate` brought it here. Read v_owned_accounts.';

CREATE OR REPLACE VIEW {database}.v_owned_accounts {on_cluster}
(
    campaign_id String COMMENT 'campaign that owns the account',
    platform    LowCardinality(String) COMMENT 'platform of the account',
    actor_id    String COMMENT 'the account'
)
AS
SELECT campaign_id, platform, actor_id
FROM {database}.owned_accounts FINAL
WHERE owned
COMMENT 'One row per campaign and account that it owns, as the setting owned_accounts says.'
