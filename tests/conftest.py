"""Shared fixtures live in `plugins`. Files begin in the order that keeps every process busy to the end."""

import pytest

pytest_plugins = ["plugins.core_form", "plugins.kafka_fixture", "plugins.clickhouse_fixture"]

LONGEST = (
    "test_simulation",
    "test_strikes_between_steps",
    "test_fault_campaign",
    "test_both_forms_of_the_core",
    "test_parts_that_fail",
    "test_core_equals_brute_force",
    "test_demo",
    "test_backpressure",
    "test_alert_kill",
    "test_repartition",
    "test_lost_history",
)
"""Files that take longest, the longest first: begun last, one of them would leave the other processes idle."""
FOLDERS = ("faults", "simulation", "integration", "browser", "property", "contract", "unit")
"""The others: those that mostly wait before those that are soon done."""


def pytest_configure(config):
    # xdist would begin with the files that have the most tests, and end with those of a single long one.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_addoption(parser):
    parser.addoption("--extended", action="store_true", help="run what repeats a promise at more points, too")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if not config.getoption("--extended"):
        left_out = [item for item in items if item.get_closest_marker("extended")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("extended")]
    items.sort(key=_turn)


def _turn(item):
    stem, folder = item.path.stem, item.path.parent.name
    return LONGEST.index(stem) if stem in LONGEST else len(LONGEST) + FOLDERS.index(folder)
