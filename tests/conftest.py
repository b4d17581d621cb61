"""Shared fixtures live in `plugins`."""

import pytest

pytest_plugins = ["plugins.core_form", "plugins.kafka_fixture", "plugins.clickhouse_fixture"]

SLOWEST = "test_both_forms_of_the_core"
"""Begun first: at the end, the other processes would wait for it."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: SLOWEST not in item.nodeid)
