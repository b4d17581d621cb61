"""The command line: help that teaches, exit codes that tell the truth, errors in one clear message."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipeline import cli
from pipeline.commands import settings as command_settings
from pipeline.config import Settings
from pipeline.errors import UnavailableError, UsageError

ROOT = Path(__file__).parents[2]
DOORS = ROOT / "pipeline/cli"


def each(command, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command as it is typed, those within groups too."""
    if inner := getattr(command, "commands", None):
        return [found for name, one in inner.items() for found in each(one, (*words, name))]
    return [words]


COMMANDS = each(typer.main.get_command(cli.app))


@pytest.fixture(autouse=True)
def fresh_settings():
    command_settings.load.cache_clear()
    yield
    command_settings.load.cache_clear()


def run(*arguments: str, **environment: str):
    return CliRunner().invoke(
        cli.app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"} | environment
    )


def test_help_names_every_command_and_the_variables_that_matter() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    for word in ("CASCADES_KAFKA_BOOTSTRAP", "CASCADES_CLICKHOUSE_URL", "CASCADES_PAGE_PORT"):
        assert word in shown.output
    assert {words[0] for words in COMMANDS} <= set(re.findall(r"^\W*([a-z]+)  ", shown.output, flags=re.MULTILINE))


def test_every_file_of_commands_is_part_of_the_program() -> None:
    doors = {
        path.stem
        for path in DOORS.glob("*.py")
        if "app.command(" in path.read_text() or ".add_typer(" in path.read_text()
    }
    assert doors == set(cli.COMMANDS)
    assert len(cli.COMMANDS) == len(set(cli.COMMANDS))


def test_every_command_that_the_documents_name_exists() -> None:
    documents = [ROOT / "README.md", ROOT / "deploy/README.md", *ROOT.glob("docs/*.md")]
    named = {name for path in documents for name in re.findall(r"`cascades ([a-z]+)", path.read_text())}
    assert {"demo", "up", "worker", "serve", "notify"} <= named <= {words[0] for words in COMMANDS}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_of_each_command_has_an_example(words: tuple[str, ...]) -> None:
    shown = run(*words, "--help")
    assert shown.exit_code == 0
    assert "Example: " in shown.output
    assert f"cascades {' '.join(words)}" in shown.output


def test_the_version_is_that_of_the_package() -> None:
    shown = run("--version")
    assert (shown.exit_code, shown.output.split()[0]) == (0, "cascades")


def test_help_is_quick_because_no_part_is_imported_for_it() -> None:
    heavy = [
        "aiokafka",
        "faust",
        "clickhouse_connect",
        "aiohttp",
        "pydantic_settings",
        "pipeline.embedded",
        "pipeline.stream",
    ]
    code = f"import sys, pipeline.cli\nprint([name for name in {heavy!r} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_no_arguments_show_the_help_and_a_wrong_command_is_wrong_usage() -> None:
    assert "Usage" in run().output
    assert run("fly").exit_code == 2
    assert run("replay").exit_code == 2
    assert run("demo", "--for", "0").exit_code == 2


@pytest.mark.parametrize(("error", "code"), [(UsageError("do this"), 2), (UnavailableError("start that"), 1)])
def test_errors_raised_on_purpose_are_one_message_without_a_traceback(monkeypatch, error: Exception, code: int) -> None:
    from pipeline.commands import doctor

    def fail() -> int:
        raise error

    monkeypatch.setattr(doctor, "run", fail)
    shown = run("doctor")
    assert shown.exit_code == code
    assert f"error: {error}" in shown.output
    assert "Traceback" not in shown.output


def test_the_exit_code_is_what_the_command_returns(monkeypatch) -> None:
    from pipeline.commands import doctor

    monkeypatch.setattr(doctor, "run", lambda: 7)
    assert run("doctor").exit_code == 7


def test_square_brackets_in_an_error_are_shown_as_they_are(monkeypatch) -> None:
    from pipeline.commands import doctor

    def fail() -> int:
        raise UnavailableError("no [bold]such[/] thing [/x]")

    monkeypatch.setattr(doctor, "run", fail)
    assert "no [bold]such[/] thing [/x]" in run("doctor").output


def test_a_setting_that_cannot_work_is_named_with_its_variable() -> None:
    shown = run("status", CASCADES_PARTITIONS="many")
    assert shown.exit_code == 2
    assert "CASCADES_PARTITIONS" in shown.output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASCADES_KAFKA_BOOTSTRAP", "broker"),
        ("CASCADES_KAFKA_BOOTSTRAP", "broker:port"),
        ("CASCADES_KAFKA_BOOTSTRAP", ""),
        ("CASCADES_ADDRESSABLE_POPULATION", '{"x": 0}'),
        ("CASCADES_OWNED_ACCOUNTS", '{"spring": '),
        ("CASCADES_PAGE_HOSTS", "cascades.example.org"),
    ],
)
def test_a_value_that_would_fail_later_on_fails_at_the_start(name: str, value: str) -> None:
    shown = run("worker", **{name: value})
    assert shown.exit_code == 2
    assert name in shown.output


def test_empty_json_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASCADES_OWNED_ACCOUNTS", "")
    monkeypatch.setenv("CASCADES_PAGE_HOSTS", " ")
    assert (Settings().owned_accounts, Settings().page_hosts) == ({}, [])


def test_several_brokers_may_be_named() -> None:
    assert Settings(kafka_bootstrap="one:9092, [::1]:9093").kafka_bootstrap.endswith(":9093")


def test_replay_of_a_folder_says_that_it_is_one(tmp_path) -> None:
    shown = run("replay", str(tmp_path), CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert shown.exit_code == 2
    assert f"{tmp_path} is a folder" in shown.output


def test_replay_takes_a_pipe_with_a_name(tmp_path) -> None:
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    shown = run("replay", str(pipe), CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert "CASCADES_KAFKA_BOOTSTRAP" in shown.output
    assert "no such file" not in shown.output


def test_replay_of_a_missing_file_says_so_before_it_asks_for_kafka() -> None:
    shown = run("replay", "/nowhere/events.jsonl", CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert shown.exit_code == 2
    assert "no such file: /nowhere/events.jsonl" in shown.output


@pytest.mark.parametrize("arguments", [("query", "SELECT 1"), ("migrate",)])
def test_without_clickhouse_the_message_says_what_to_set(arguments: tuple[str, ...]) -> None:
    shown = run(*arguments, CASCADES_CLICKHOUSE_URL="http://127.0.0.1:1")
    assert shown.exit_code == 1
    assert "CASCADES_CLICKHOUSE_URL" in shown.output


@pytest.mark.parametrize("arguments", [("query", "SELECT 1"), ("replay", "/dev/null")])
def test_an_error_is_our_sentence_alone(arguments: tuple[str, ...]) -> None:
    nothing = {"CASCADES_CLICKHOUSE_URL": "http://127.0.0.1:1", "CASCADES_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    shown = subprocess.run(command, env=os.environ | nothing, capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert shown.stderr.startswith("error: ")
    assert shown.stderr.count("\n") == 1


def test_without_kafka_replay_says_what_to_set(tmp_path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("{}\n")
    shown = run("replay", str(file), CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert shown.exit_code == 1
    assert "CASCADES_KAFKA_BOOTSTRAP" in shown.output


def test_status_and_doctor_fail_when_nothing_runs_and_go_on_to_the_end() -> None:
    nothing = {
        "CASCADES_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "CASCADES_CLICKHOUSE_URL": "http://127.0.0.1:1",
        "CASCADES_WORKER_STATUS_URL": "http://127.0.0.1:1",
        "CASCADES_PAGE_PORT": "1",
    }
    status, doctor = run("status", **nothing), run("doctor", **nothing)
    assert status.exit_code == doctor.exit_code == 1
    assert status.output.count("error:") == 3
    for name in ("python", "packages", "java", "disk", "kafka", "clickhouse", "worker", "page"):
        assert f" {name} " in doctor.output


def test_the_doctor_shows_settings_and_masks_secrets() -> None:
    shown = run(
        "doctor",
        CASCADES_CLICKHOUSE_PASSWORD="hunter2",
        CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1",
        CASCADES_KAFKA_BOTSTRAP="slip",
    )
    assert "hunter2" not in shown.output
    assert "CASCADES_CLICKHOUSE_PASSWORD" in shown.output
    assert "CASCADES_KAFKA_BOTSTRAP is set, but there is no such setting" in shown.output
