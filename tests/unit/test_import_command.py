"""`cascades import`: what it says, what it asks for, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from support.archives import facebook, json_lines, takeout, tweet, written, zipped
from support.doors import FakeSender
from typer.testing import CliRunner

from pipeline import cli
from pipeline.commands import archive as command
from pipeline.commands import archive_bar
from pipeline.commands import settings as command_settings


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("CASCADES_STATE_DIR", str(tmp_path / "state"))
    command_settings.load.cache_clear()
    yield
    command_settings.load.cache_clear()


class Sender(FakeSender):
    def __init__(self, _settings):
        super().__init__()
        Sender.last = self

    async def start(self):
        pass

    async def stop(self):
        pass


@pytest.fixture
def kafka_that_takes_all(monkeypatch):
    async def nothing(_settings):
        return None

    async def identity(_settings):
        return {"topic share.events": "an id"}

    monkeypatch.setattr(command, "KafkaSender", Sender)
    monkeypatch.setattr(command, "ensure_topics", nothing)
    monkeypatch.setattr(command, "topic_identity", identity)
    monkeypatch.setattr(command.posts, "read", nothing)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["import", *map(str, arguments)])


def statuses(tmp_path, *more):
    return written(tmp_path / "x.jsonl", json_lines(*(tweet(number, "9", 1) for number in range(8))) + "".join(more))


def test_a_dry_run_shows_five_events_and_what_would_come_of_all(tmp_path):
    shown = run(statuses(tmp_path, "{odd\n"), "--dry-run")
    assert shown.exit_code == 1
    events = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [event["event_id"] for event in events] == [f"twitter:{number}" for number in range(5)]
    assert "looks like twitter" in shown.stderr
    assert "9 entries would make 8 events" in shown.stderr
    assert "1 dead letters: not_json" in shown.stderr
    assert "refused: not_json: x.jsonl, entry 9: JSON is malformed" in shown.stderr
    assert not (tmp_path / "state").exists()


def test_the_summary_comes_as_json_too(tmp_path):
    shown = run(zipped(tmp_path / "a.zip", takeout()), "--dry-run", "--json")
    told = json.loads(shown.stdout)
    assert (shown.exit_code, told["format"], told["entries"], told["dry_run"]) == (0, "googleplus", 2, True)
    assert told["events"] == {"post": 1, "share": 1}
    assert len(told["first_events"]) == 2


@pytest.mark.usefixtures("kafka_that_takes_all")
def test_what_was_imported_is_not_sent_again_unless_that_is_wanted(tmp_path):
    path = statuses(tmp_path)
    first = run(path)
    assert first.exit_code == 0, first.output
    assert "8 entries made 8 events" in first.stderr
    assert len(Sender.last.events) == 8
    Sender.last = None
    again = run(path)
    assert (again.exit_code, Sender.last) == (0, None)
    assert "was imported before; --restart" in again.stderr
    assert run(path, "--restart").exit_code == 0
    assert len(Sender.last.events) == 8


@pytest.mark.usefixtures("kafka_that_takes_all")
@pytest.mark.parametrize("change", ["campaign", "content", "topic", "audiences"])
def test_another_file_topic_or_option_is_another_import(tmp_path, monkeypatch, change):
    path, options = statuses(tmp_path), []
    assert run(path).exit_code == 0
    Sender.last = None
    if change == "campaign":
        options = ["--campaign", "spring"]
    elif change == "content":
        statuses(tmp_path, json_lines(tweet(99, "9", 1)))
    elif change == "audiences":
        options = ["--audiences", written(tmp_path / "a.csv", "actor_id,audience_size\n9,5\n")]
    else:

        async def made_anew(_settings):
            return {"topic share.events": "another id"}

        monkeypatch.setattr(command, "topic_identity", made_anew)
    assert run(path, *options).exit_code == 0
    assert Sender.last.events


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "friendster"], "there are facebook, twitter"),
        (["--format", "csv"], "CSV needs --mapping FILE"),
        (["--format", "sendgrid"], "CASCADES_ACTOR_KEY needs 16"),
        (["--format", "twitter", "--mapping", "m.yaml"], "--mapping is for CSV"),
        (["--mapping", "none.yaml"], "cannot be read as a mapping file"),
        (["--format", "twitter", "--dry-run", "--as-of", "soon"], "give a time such as 2019-04-02"),
        (["--format", "twitter", "--audiences", "none.csv"], "none.csv cannot be read"),
    ],
)
def test_an_option_that_cannot_work_is_told_before_anything_is_read(tmp_path, arguments, words):
    shown = run(statuses(tmp_path), *arguments)
    assert shown.exit_code == 2
    assert words in shown.stderr


def test_a_list_of_audiences_that_is_wrong_is_told_by_its_line(tmp_path):
    known = written(tmp_path / "known.csv", "actor_id,audience_size\nann,12\nbo,many\n")
    shown = run(statuses(tmp_path), "--audiences", known, "--dry-run")
    assert "known.csv, line 3: should be actor_id,audience_size" in shown.stderr


def test_the_time_of_totals_can_be_told(tmp_path):
    activity = {
        "kind": "plus#activity",
        "id": "z1",
        "verb": "post",
        "published": "2012-01-01T00:00:00Z",
        "actor": {"id": "1"},
        "object": {"plusoners": {"totalItems": 4}},
    }
    shown = run(written(tmp_path / "a.json", json.dumps(activity)), "--dry-run", "--as-of", "2019-04-02")
    assert json.loads(shown.stdout.splitlines()[1])["occurred_at"] == "2019-04-02T00:00:00Z"


def test_progress_tells_percent_rate_and_time_to_go(monkeypatch, capsys):
    monkeypatch.setattr(archive_bar, "monotonic", iter([0.0, 0.0, 10.0, 15.0, 20.0]).__next__)
    with archive_bar.Bar("x.zip", 1000) as bar:
        for position, entries in ((0, 0), (250, 500), (500, 1000), (1000, 2000)):
            bar.at(position, entries)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "x.zip: 25%, about 30 s to go, 500 entries, 50/s",
        "x.zip: 100%, 2,000 entries, 100/s",
    ]


def test_interrupted_it_says_how_to_go_on(tmp_path):
    program = """
import os, signal
from pipeline.commands import archive
def interrupted(*_, **__): os.kill(os.getpid(), signal.SIGINT)
archive.formats.reading = interrupted
from pipeline.cli import main
main()
"""
    arguments = [sys.executable, "-c", program, "import", str(statuses(tmp_path)), "--dry-run"]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, env=os.environ)
    assert ended.returncode == 128 + signal.SIGINT
    assert "interrupted; nothing was sent" in ended.stderr
    assert "Traceback" not in ended.stderr
    wanted = command.Wanted(**(dict.fromkeys(command.Wanted._fields) | {"file": "x"}))
    assert "the same command goes on from there" in command._how_to_go_on(wanted)


def test_an_archive_that_is_refused_ends_with_one_sentence(tmp_path):
    shown = run(zipped(tmp_path / "a.zip", facebook() | {"../x.json": "{}"}), "--dry-run")
    assert shown.exit_code == 2
    assert "is refused: its member '../x.json' has a path that leads out" in shown.stderr
    assert shown.stdout == ""
