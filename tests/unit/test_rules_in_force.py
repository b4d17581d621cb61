"""The rules file of a running worker."""

import os

import pytest

from pipeline.errors import UsageError
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stream.rules_file import RulesFile
from schemas.presets import PRESETS

STRICT, SENSITIVE = "preset: strict\n", "preset: sensitive\n"


class Bench:
    def __init__(self, path):
        self.path, self.metrics = path, Metrics()
        self.status = Status(self.metrics)
        self.file = RulesFile(str(path or ""), self.status, self.metrics)
        self.times = 0

    def write(self, text):
        """As an editor does, within the same tick of the file's clock or not."""
        self.times += 1
        self.path.write_text(text)
        os.utime(self.path, ns=(self.times, self.times))

    @property
    def said(self):
        return self.status.parts()["rules"]

    @property
    def refused(self):
        return self.metrics.value(Metric.RULES_REFUSED)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "rules.yaml")
    made.write(STRICT)
    made.file.load()
    return made


def test_without_a_file_the_preset_balanced_is_in_force():
    made = Bench(None)
    made.file.load()
    made.file.look()
    assert made.file.rules.everywhere == PRESETS["balanced"]
    assert (made.said.ok, made.said.detail) == (True, "the preset balanced")


def test_a_file_that_changes_is_in_force_from_the_next_look_on(bench):
    assert bench.file.rules.everywhere == PRESETS["strict"]
    bench.write(SENSITIVE)
    bench.file.look()
    assert bench.file.rules.everywhere == PRESETS["sensitive"]
    assert bench.said.ok
    assert str(bench.path) in bench.said.detail


@pytest.mark.parametrize("text", ["preset: lenient\n", "\tpreset", "rules: {velocity: {enter_zz: 1}}\n"])
def test_a_file_that_becomes_wrong_leaves_the_rules_as_they_were_and_says_so(bench, text, caplog):
    bench.write(text)
    bench.file.look()
    bench.file.look()
    assert bench.file.rules.everywhere == PRESETS["strict"]
    assert (bench.said.ok, bench.refused) == (True, 1)
    assert "as they were before: rules.yaml: line" in bench.said.detail
    assert len([record for record in caplog.records if "stay as they were" in record.message]) == 1
    bench.write(SENSITIVE)
    bench.file.look()
    assert (bench.file.rules.everywhere, bench.refused) == (PRESETS["sensitive"], 0)


def test_a_file_that_goes_away_leaves_the_rules_as_they_were(bench):
    bench.path.unlink()
    bench.file.look()
    assert bench.file.rules.everywhere == PRESETS["strict"]
    assert (bench.refused, bench.said.ok) == (1, True)


def test_a_worker_does_not_start_with_a_file_that_is_wrong_or_not_there(bench):
    bench.write("preset: lenient\n")
    with pytest.raises(UsageError, match=r"(?s)CASCADES_RULES_FILE.*line 1"):
        bench.file.load()
    bench.path.unlink()
    with pytest.raises(UsageError, match=r"rules\.yaml"):
        bench.file.load()
