"""The engine's configuration: one user without any right to reach files, the network or programs; small pools."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pipeline.embedded.clickhouse.room import KEEP_FREE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What the one user may do. FILE, URL, REMOTE, S3, MYSQL and the other sources are absent, so the engine refuses them
# however they are written: table function, table engine, view, default expression.
GRANTS = (
    "SELECT, INSERT, SHOW, CHECK, dictGet, KILL QUERY ON *.*",
    "ALTER, DROP, TRUNCATE, OPTIMIZE, UNDROP TABLE ON *.*",
    "CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, CREATE FUNCTION ON *.*",
    "SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM FLUSH, SYSTEM DROP CACHE, SYSTEM VIEWS ON *.*",
)
# The engine asks for a grant only where an engine is also a source, so the guard holds to the same list.
TABLE_ENGINES = (
    *("MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "CollapsingMergeTree"),
    *("VersionedCollapsingMergeTree", "CoalescingMergeTree", "GraphiteMergeTree"),
    *(
        "Memory",
        "Null",
        "Log",
        "TinyLog",
        "StripeLog",
        "Buffer",
        "Merge",
        "Set",
        "Join",
        "View",
        "MaterializedView",
        "GenerateRandom",
    ),
)
FIXED_SETTINGS = (
    # name files or addresses
    *("format_schema", "format_schema_source", "output_format_schema", "input_format_record_errors_file_path"),
    *(
        "format_template_row",
        "format_template_resultset",
        "format_avro_schema_registry_url",
        "rename_files_after_processing",
    ),
    *("url_base", "s3_base", "filesystem_cache_name", "merge_tree_disk"),
    # hold SQL in a string, where no lexer looks
    *("additional_result_filter", "additional_table_filters", "select", "filter", "order", "sort"),
    *("parallel_replicas_custom_key", "implicit_table_at_top_level"),
    # read the statement in another language than the guard does
    *(
        "dialect",
        "allow_experimental_kusto_dialect",
        "allow_experimental_prql_dialect",
        "allow_experimental_polyglot_dialect",
    ),
    *("polyglot_dialect", "enable_json_ast_dialect", "enable_trino_dialect", "implicit_select"),
    *(
        "format",
        "input_format",
        "output_format",
        "allow_settings_after_format_in_insert",
        "framing_output_format",
        "compression",
    ),
    # switch on what reaches out
    *("allow_experimental_ai_functions", "allow_experimental_eval_table_function", "metrics_perf_events_list"),
)
# As a server has them, not as a library does; inserts are on disk before they are acknowledged.
PROFILE = {
    "implicit_select": 0,
    "async_insert": 0,
    "allow_introspection_functions": 0,
    "allow_experimental_ai_functions": 0,
    "log_queries": 0,
    "max_threads": 2,
    "max_insert_threads": 1,
    # Expressions in data are run only where the guard has seen the data.
    "input_format_values_interpret_expressions": 0,
    "input_format_values_deduce_templates_of_expressions": 0,
}
# Two cores are shared with Kafka, the worker and the page.
SERVER = {
    "display_name": "embedded",
    "background_pool_size": 2,
    "background_merges_mutations_concurrency_ratio": 1,
    "background_schedule_pool_size": 4,
    "background_common_pool_size": 2,
    "background_move_pool_size": 1,
    "background_fetches_pool_size": 1,
    "background_message_broker_schedule_pool_size": 1,
    "background_distributed_schedule_pool_size": 1,
    "mark_cache_size": 256 << 20,
    "uncompressed_cache_size": 0,
    "max_concurrent_queries": 0,
}


def write(folder: Path, memory_bytes: int) -> Path:
    """Write config.xml and users.xml into `folder`; returns the path of config.xml."""
    users = folder / "users.xml"
    config = folder / "config.xml"
    users.write_text(_users(), encoding="utf-8")
    server = SERVER | {"max_server_memory_usage": memory_bytes, "users_config": str(users)}
    # MergeTree's own limits assume a large machine: fewer, smaller merges keep an idle engine idle.
    merge_tree = {
        "number_of_free_entries_in_pool_to_lower_max_size_of_merge": 1,
        "number_of_free_entries_in_pool_to_execute_mutation": 1,
        "number_of_free_entries_in_pool_to_execute_optimize_entire_partition": 1,
    }
    disk = _element("default", _elements({"keep_free_space_bytes": KEEP_FREE_BYTES}))
    parts = (
        _elements(server),
        _element("merge_tree", _elements(merge_tree)),
        _element("storage_configuration", _element("disks", disk)),
    )
    config.write_text(_element("clickhouse", "".join(parts)), encoding="utf-8")
    return config


def _users() -> str:
    fixed = "".join(_element(name, "<const/>") for name in FIXED_SETTINGS)
    profile = _element("default", _elements(PROFILE) + _element("constraints", fixed))
    grants = [f"GRANT {grant}" for grant in GRANTS] + [f"GRANT TABLE ENGINE ON {name}" for name in TABLE_ENGINES]
    user = _element(
        "default",
        "<password></password><networks><ip>::/0</ip></networks><profile>default</profile>"
        + _element("grants", "".join(_element("query", escape(grant)) for grant in grants)),
    )
    return _element(
        "clickhouse", _element("profiles", profile) + _element("users", user) + "<quotas><default/></quotas>"
    )


def _elements(values: Mapping[str, object]) -> str:
    return "".join(_element(name, escape(str(value))) for name, value in values.items())


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"
