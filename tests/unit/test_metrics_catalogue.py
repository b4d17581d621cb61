"""The closed list of metrics."""

import inspect
import re

import pytest

from pipeline import metrics
from pipeline.metrics import Metric, Metrics


def test_every_name_is_ours_and_used_once():
    names = [metric.value.name for metric in Metric]
    assert len(set(names)) == len(names)
    assert all(name.startswith("cascades_") for name in names)


def test_counters_end_in_total_and_times_in_seconds():
    for spec in (metric.value for metric in Metric):
        assert spec.name.endswith("_total") == (spec.type == "counter"), spec.name
        assert spec.name.endswith("_seconds") == (spec.type == "histogram"), spec.name


def test_every_metric_says_below_its_name_what_to_do_about_it():
    source = inspect.getsource(metrics)
    for metric in Metric:
        assert re.search(rf"    {metric.name} = Spec\((?:[^#]|\n)*?\)\n    # \S", source), metric.name


def touch(made, metric):
    labels = ["x"] * len(metric.value.labels)
    touched_by = {"counter": made.add, "gauge": made.set, "histogram": made.observe}
    touched_by[metric.value.type](metric, 1, *labels)


def test_all_metrics_appear_on_the_page_once_touched():
    made = Metrics()
    for metric in Metric:
        touch(made, metric)
    page = made.page().decode()
    assert all(f"# HELP {metric.value.name} {metric.value.help}" in page for metric in Metric)


def test_a_missing_label_is_an_error():
    with pytest.raises(ValueError, match="label"):
        Metrics().add(Metric.DEAD_LETTERS, 1)


def test_a_partition_that_is_given_up_leaves_the_page():
    made = Metrics()
    made.set(Metric.LAG_RECORDS, 5, 3)
    made.forget(Metric.LAG_RECORDS, 3)
    assert 'partition="3"' not in made.page().decode()
