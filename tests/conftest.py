"""Shared fixtures live in `plugins`."""

pytest_plugins = ["plugins.core_form", "plugins.kafka_fixture", "plugins.clickhouse_fixture"]
