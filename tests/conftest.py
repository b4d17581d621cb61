"""Shared fixtures live in `plugins`."""

pytest_plugins = ["plugins.kafka_fixture"]
