"""Every setting, read from the environment (`CASCADES_…`). `cascades doctor` prints the values in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt, SecretStr, StringConstraints, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

CampaignId = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Account = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}:[\s\S]{1,512}$")]
"""`platform:actor_id`"""


def _from_json(value: object, info: ValidationInfo) -> object:
    """An empty text says nothing: so a variable may be handed through by whoever starts us, filled in or not."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return Settings.model_fields[str(info.field_name)].get_default(call_default_factory=True)
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"is no JSON ({error})") from error


FromJson = (NoDecode, BeforeValidator(_from_json))


class Settings(BaseSettings):
    """Settings of all processes. An environment variable is `CASCADES_` + the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CASCADES_", extra="ignore", frozen=True)

    kafka_bootstrap: str = Field(
        "127.0.0.1:9092",
        pattern=r"^\s*[^\s,]+:\d{1,5}\s*(,\s*[^\s,]+:\d{1,5}\s*)*$",
        description="Kafka brokers, host:port, comma separated",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to talk to Kafka: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_ca_file: str = Field(
        "", description="PEM file with the authorities that sign Kafka's certificates; empty: those of this machine"
    )
    kafka_certificate_file: str = Field("", description="PEM file with our own certificate, where Kafka asks for one")
    kafka_key_file: str = Field("", description="PEM file with its key; empty: the key is in the certificate's file")
    kafka_key_password: SecretStr = Field(SecretStr(""), description="password of the key's file")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how to log in at Kafka: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_sasl_user: str = Field("", description="Kafka user")
    kafka_sasl_password: SecretStr = Field(SecretStr(""), description="its password")
    clickhouse_url: str = Field("http://127.0.0.1:8123", description="ClickHouse HTTP interface, http or https")
    clickhouse_ca_file: str = Field(
        "", description="PEM file with the authorities that sign ClickHouse's certificate; empty: those of this machine"
    )
    clickhouse_user: str = Field("default", description="user that writes")
    clickhouse_password: SecretStr = Field(SecretStr(""), description="its password")
    clickhouse_reader_user: str = Field(
        "", description="user that only reads, for the page; empty: the user that writes"
    )
    clickhouse_reader_password: SecretStr = Field(SecretStr(""), description="its password")
    clickhouse_database: str = Field(
        "cascades", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="database of all tables and views"
    )
    clickhouse_cluster: str = Field(
        "",
        pattern=r"^\w*$",
        description="cluster that tables are made on, replicated; empty: one server with plain tables",
    )

    events_topic: str = Field("share.events", description="topic of share events, keyed by content_id")
    dead_letter_topic: str = Field("share.events.dlq", description="topic of refused records")
    undo_topic: str = Field("share.undo", description="topic of undos whose content is not known yet")
    alerts_topic: str = Field("share.alerts", description="topic of alerts, keyed by content_id")
    alert_dead_letter_topic: str = Field("share.alerts.dlq", description="topic of alerts that could not be delivered")
    control_topic: str = Field("share.control", description="topic of mutes and acknowledgements")
    posts_topic: str = Field(
        "share.posts",
        description="topic of the posts that are counted for a content of another id (`cascades content`)",
    )
    partitions: int = Field(8, ge=1, le=4096, description="partitions of the events topic, fixed when it is created")
    replication: int = Field(1, ge=1, le=7, description="replication factor of topics that we create")
    group: str = Field("cascades", description="consumer group (Faust application id) of the workers")
    epoch: int = Field(
        0, ge=0, le=32767, description="raised by one when the events topic is made anew: rows of a higher epoch win"
    )

    session_timeout_s: float = Field(
        15.0,
        ge=1,
        le=300,
        description="seconds without a sign of life after which Kafka gives a worker's partitions to the others",
    )
    fetch_max_records: int = Field(4000, ge=1, description="most records of one partition folded at a stretch")
    flush_interval_s: float = Field(1.0, gt=0, description="seconds between two writes to ClickHouse")
    state_dir: Path = Field(
        Path.home() / ".local" / "state" / "share-cascades",
        description="the workers' local state on this machine; a cache of the changelog topic, safe to delete while none runs; and how far imports of archives are",
    )
    state_idle_hours: float = Field(
        72.0,
        gt=0,
        description="hours without a new record after which a content leaves memory; it comes back with its next record",
    )
    state_max_events: int = Field(
        10_000_000,
        ge=1,
        description="events of contents that a worker holds in memory (about 400 bytes each); above nine tenths of it the contents idle the longest leave, once the rules were asked about them; above it reading waits until they have",
    )
    flush_max_rows: int = Field(200_000, ge=1, description="rows waiting for ClickHouse above which reading pauses")
    dead_letter_stop_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of refused records above which the worker stops and commits nothing more; 0: it never stops for that",
    )
    dead_letter_stop_records: int = Field(
        1000, ge=1, description="records, the last ones of a worker, over which that share is taken"
    )
    watchdog_s: float = Field(
        600.0,
        ge=0,
        description="seconds without progress, while Kafka and ClickHouse are well, after which the worker writes all stacks to its log and exits; 0: off",
    )
    # alerts
    rules_file: str = Field(
        "",
        description="YAML file with the rules of alerts (docs/alerts.md), read again when it changes; empty: the preset balanced",
    )
    alerts: bool = Field(True, description="whether alerts are raised; figures are worked out all the same")
    alert_max_age_s: float = Field(
        3600.0,
        gt=0,
        description="seconds that a worker may be behind the present and still raise alerts: what happened longer ago is no news",
    )
    refresh_interval_s: float = Field(
        0.25,
        gt=0,
        description="seconds between two looks at what the clock alone changes: speed, forecasts, alert states",
    )
    page_public_url: str = Field(
        "",
        description="address of the web page as people open it, for the links of alerts: https://cascades.example.org; empty: no link (`cascades up` takes its own page)",
    )
    grafana_url: str = Field("", description="address of Grafana as people open it, for the links of alerts")
    notify_channels_file: str = Field(
        "",
        description="YAML file with the channels that alerts go to (docs/alert-delivery.md), a secret, read again when it changes; empty: none are sent",
    )
    notify_group: str = Field("cascades-notify", description="consumer group of the processes that deliver alerts")
    notify_give_up_s: float = Field(
        600.0, gt=0, description="seconds after which an alert that a channel does not take is a dead letter"
    )
    notify_max_age_hours: float = Field(
        24.0,
        ge=0,
        description="age above which an alert is not sent any more, as after a long stop; 0: none is too old",
    )

    addressable_population: Annotated[dict[str, PositiveInt], *FromJson] = Field(
        default_factory=dict,
        description='JSON, people who could be reached per platform: {"facebook": 3000000000}; for the estimated reach',
    )
    retention_days: int = Field(
        0, ge=0, description="days after arrival that rows are kept in ClickHouse; 0 keeps them for ever"
    )

    host: str = Field("127.0.0.1", description="address that our own servers listen on")
    page_port: int = Field(8080, ge=0, le=65535, description="web page")
    page_hosts: Annotated[list[str], *FromJson] = Field(
        default_factory=list,
        description='JSON, names besides this machine\'s own under which the page may be opened: ["cascades.example.org"]; ["*"] allows any',
    )
    page_may_mute: bool = Field(
        True,
        description="whether the page may mute and acknowledge alerts (it has no login of its own); false: it only shows",
    )
    page_interval_s: float = Field(1.0, gt=0, description="seconds between two looks of the page at ClickHouse")
    broadcast_below: float = Field(
        2.3, ge=0, description="structural virality under which a cascade is labelled a broadcast"
    )
    chain_from: float = Field(
        4.0, ge=0, description="structural virality from which a cascade is labelled a chain; between the two: mixed"
    )
    # Analyst views.
    owned_accounts: Annotated[dict[CampaignId, list[Account]], *FromJson] = Field(
        default_factory=dict,
        description='JSON, the accounts that each campaign owns: {"spring": ["bluesky:brand.example"]}; `cascades migrate` brings a change to v_accounts',
    )

    metrics_port: int = Field(9464, ge=0, le=65535, description="/livez, /readyz and /metrics of this process")
    worker_status_url: str = Field("http://127.0.0.1:9464", description="where the page asks how the worker is")
    # Undos whose content is not told (`cascades resolve`).
    undo_group: str = Field("cascades-resolve", description="consumer group of the processes that resolve undos")
    undo_give_up_days: float = Field(
        7.0,
        gt=0,
        le=60,
        description="days after which an undo whose act has not come is a dead letter; until then every copy of its act is undone",
    )
    letters_group: str = Field(
        "cascades-letters",
        description="consumer group under which `cascades resolve` brings dead letters of doors, collectors, imports and undos to v_dead_letters; "
        "a new name brings all of them once more",
    )
    # Whatever reads platforms' payloads: front doors, collectors, imports.
    roots_remembered: int = Field(
        50_000,
        ge=0,
        le=10_000_000,
        description="posts that each reader remembers to link a quotation to what it quotes, when no payload tells the whole chain (about 1 KB each); 0: none",
    )
    # The front doors over HTTP (`cascades ingest`).
    ingest_port: int = Field(8081, ge=0, le=65535, description="front doors: /v1/events, /webhooks/…, /l/…")
    ingest_public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+)?$",
        description="what the world calls the front doors, as in https://in.example.org; empty: as the request says",
    )
    resolve_within_s: float = Field(
        2.0,
        ge=0,
        le=5,
        description="seconds to find out where short addresses (t.co, bit.ly …) in webhooks lead; later finds are mended by a link event; 0: never asked",
    )
    ingest_tokens: SecretStr = Field(
        SecretStr(""),
        description="JSON, or @file: who may send to /v1/events, and what; `cascades ingest --new-token NAME` draws an entry",
    )
    webhooks: SecretStr = Field(
        SecretStr(""),
        description="JSON, or @file: the platforms whose webhooks are taken, and the secrets that they share with us",
    )
    actor_key: SecretStr = Field(
        SecretStr(""),
        description="16 or more characters, the same for every front door: keys the hashes that stand for e-mail addresses",
    )
    ingest_body_bytes: int = Field(
        2 * 1024 * 1024,
        ge=1024,
        le=4_000_000,
        description="largest body that a front door reads (a dead letter must hold it)",
    )
    ingest_held_bytes: int = Field(
        256 * 1024 * 1024,
        ge=1024 * 1024,
        description="bytes of all bodies held at once; above it the answer is 503 with Retry-After",
    )
    ingest_timeout_s: float = Field(
        10.0, gt=0, le=300, description="seconds within which a request's head, and then its body, have to be there"
    )
    ingest_refused_per_s: float = Field(
        100.0, ge=0, description="refused requests per second and address above which the answer is 429; 0: no limit"
    )
    ingest_proxies: Annotated[list[str], *FromJson] = Field(
        default_factory=list,
        description='JSON, addresses of reverse proxies whose X-Forwarded-For is believed: ["10.0.0.7"]',
    )
    links: str = Field(
        "",
        description='JSON, or @file: tracked links by name, {"spring": {"url": "https://example.org/spring", "campaign_id": "spring-launch"}}; '
        "only these addresses are redirected to",
    )
    link_secrets: SecretStr = Field(
        SecretStr(""),
        description="one secret, or two with a space between, the new one first: sign the tokens of tracked links",
    )
    links_privacy: Literal["respect", "consent", "off"] = Field(
        "respect",
        description="whose visits of tracked links are counted: respect leaves out Do Not Track and Global Privacy Control, consent all who have not agreed",
    )
    fetch_private_hosts: Annotated[list[str], *FromJson] = Field(
        default_factory=list,
        description='JSON, hosts that may be fetched though their address is not public: ["wiki.intranet", "127.0.0.1:9000"]',
    )
    # Collectors (`cascades collect`).
    collect: SecretStr = Field(
        SecretStr(""),
        description="JSON, or @file: the sources that `cascades collect` reads, by name (docs/collectors.md)",
    )
    positions_topic: str = Field("share.positions", description="topic of the places where collectors go on")
    # Archives (`cascades import`).
    import_max_unpacked_bytes: int = Field(
        64 * 1024**3, ge=1024, description="bytes that an archive may unpack to, all members together"
    )
    import_max_ratio: int = Field(
        200, ge=2, description="times its size that a member of an archive may unpack to (from 10 MiB on)"
    )
    import_max_members: int = Field(200_000, ge=1, description="members that a zip file may have")
    # Parents that platforms hide (`cascades infer`).
    infer: str = Field(
        "",
        description="platforms whose hidden parents are guessed, and how: twitter=rt_text,bluesky=rt_text+exposed_post_first (docs/inference.md); empty: off",
    )
    infer_follows_file: str = Field(
        "", description="CSV file with the header follower,followed: who follows whom, for the method exposed"
    )
    infer_group: str = Field(
        "cascades-infer", description="consumer group under which `cascades infer` keeps its place"
    )
    infer_window_hours: float = Field(
        24.0,
        gt=0,
        le=24 * 90,
        description="hours after its arrival that a share may be guessed to be a parent; as much is read again at a start",
    )
    infer_contents: int = Field(
        5_000, ge=1, description="contents of one partition whose latest 200 sharers are held (about 300 bytes each)"
    )
    cache_dir: Path = Field(Path.home() / ".cache" / "share-cascades", description="downloaded jars")

    def population(self) -> dict[str, int]:
        """Addressable population per platform: the defaults, overridden by the setting."""
        return DEFAULT_POPULATION | self.addressable_population


# Monthly users as the platforms last published them, rounded: a denominator for an *estimate*, not a measurement.
DEFAULT_POPULATION = {
    "facebook": 3_000_000_000,
    "youtube": 2_500_000_000,
    "instagram": 2_000_000_000,
    "tiktok": 1_500_000_000,
    "linkedin": 1_000_000_000,
    "twitter": 550_000_000,
    "pinterest": 550_000_000,
    "reddit": 500_000_000,
    "threads": 350_000_000,
    "tumblr": 135_000_000,
    "bluesky": 40_000_000,
    "mastodon": 10_000_000,
}
