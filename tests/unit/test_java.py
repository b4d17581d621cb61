from __future__ import annotations

import pytest

from pipeline.embedded import class_archive, java
from pipeline.errors import UnavailableError


@pytest.fixture
def jars(tmp_path):
    home = tmp_path / "kafka-4.9.9-digest"
    home.mkdir()
    return [home / "a.jar", home / "b.jar"]


def make_archive_by(monkeypatch, start):
    """Puts a stand-in for the broker whose start would write the archive."""

    class Broker:
        def __init__(self, *_where, **_options):
            pass

        def start(self, options):
            start(options[0].partition("=")[2])

        def stop(self, _deadline):
            pass

    monkeypatch.setattr(class_archive, "EmbeddedKafka", Broker)


def test_the_class_path_is_in_the_order_of_the_lock(jars):
    command = java.command(jars, "Main", "argument")
    assert command[-4:] == ["-cp", f"{jars[0]}:{jars[1]}", "Main", "argument"]


def test_the_archive_is_used_when_it_is_there(jars):
    use = f"-XX:AOTCache={java.archive(jars)}"
    assert use not in java.command(jars, "Main")
    java.archive(jars).touch()
    assert use in java.command(jars, "Main")


def test_another_runtime_or_other_options_have_another_archive(jars, monkeypatch):
    names = {java.archive(jars)}
    monkeypatch.setattr(java, "TUNING", (*java.TUNING, "-Xmx1g"))
    names.add(java.archive(jars))
    monkeypatch.setattr(java, "version", lambda: "99")
    names.add(java.archive(jars))
    assert len(names) == 3


def test_options_that_would_make_another_java_of_it_are_left_out(monkeypatch):
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    monkeypatch.setenv("KEPT", "yes")
    assert "JAVA_TOOL_OPTIONS" not in java.environment()
    assert java.environment()["KEPT"] == "yes"


def test_the_archive_is_made_once_and_older_ones_go(jars, monkeypatch):
    made = []

    def start(path):
        made.append(path)
        with open(path, "w") as file:  # noqa: PTH123 - as Java would
            file.write("classes")

    make_archive_by(monkeypatch, start)
    old = jars[0].parent / "classes-old.aot"
    old.touch()
    told = []
    for _ in range(2):
        assert class_archive.ensure(jars, lambda text, _done: told.append(text))
    assert (len(made), len(told), old.exists()) == (1, 1, False)
    assert java.archive(jars).read_text() == "classes"


def test_kafka_does_without_the_archive_when_it_cannot_be_made(jars, monkeypatch):
    def start(_path):
        raise UnavailableError("no room")

    make_archive_by(monkeypatch, start)
    assert not class_archive.ensure(jars, lambda _text, _done: None)
