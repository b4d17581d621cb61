"""Shared fixtures live in `plugins`."""

pytest_plugins = ["plugins.kafka_fixture", "plugins.clickhouse_fixture"]
