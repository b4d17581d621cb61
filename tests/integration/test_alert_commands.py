"""`cascades alerts` on a real broker and a real ClickHouse: what it says is what it did."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from support.alert_rows import tell
from support.database import fresh_database
from support.notify_process import own
from support.receivers import alert, channels_file, hook, receiving_beside
from typer.testing import CliRunner

from pipeline import cli, control_log
from pipeline.clickhouse import client
from pipeline.commands import console
from pipeline.commands import settings as command_settings
from pipeline.kafka import alert_topic_specs, ensure_topics


@pytest.fixture(scope="module")
def stack(kafka, clickhouse):
    """Settings with topics and tables of their own, and three alerts in them."""
    with fresh_database(clickhouse.settings()) as (made, _):
        mine = own(kafka)
        names = ("kafka_bootstrap", "alerts_topic", "control_topic", "alert_dead_letter_topic")
        settings = made.model_copy(update={name: getattr(mine, name) for name in names})
        asyncio.run(ensure_topics(settings, alert_topic_specs(settings)))
        over = {"kind": "closed", "state": "cooling", "closed_at": datetime.now(UTC).isoformat()}
        with client(settings) as writer:
            tell(writer, alert(1), alert(2, campaign_id=None, severity=3), alert(3, **over))
        yield settings


@pytest.fixture
def run(stack, monkeypatch):
    """Runs `cascades alerts …` there: (exit code, standard output, standard error)."""

    monkeypatch.setattr(console.out, "width", 400)

    def ran(*arguments, **more):
        command_settings.load.cache_clear()
        given = {f"CASCADES_{name.upper()}": str(getattr(stack, name)) for name in stack.model_fields_set}
        plain = {"NO_COLOR": "1", "TERM": "dumb"}
        shown = CliRunner().invoke(cli.app, ["alerts", *arguments], env=plain | given | more)
        command_settings.load.cache_clear()
        return shown.exit_code, shown.stdout, shown.stderr

    return ran


def controls(stack):
    async def read():
        return [control async for control in control_log.read(stack)]

    return asyncio.run(read())


@pytest.mark.parametrize("command", ["list", "mute", "unmute", "ack", "test"])
def test_help_teaches_with_an_example(run, command):
    code, shown, _ = run(command, "--help")
    assert code == 0
    assert f"Example: {'CASCADES' if command == 'test' else f'cascades alerts {command}'}" in shown


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), {1, 2, 3}),
        (("--open",), {1, 2}),
        (("--campaign", "spring-launch"), {1, 3}),
        (("--open", "--campaign", "x"), set()),
    ],
)
def test_alerts_are_listed_as_they_were_told_last(run, options, found):
    code, shown, said = run("list", "--format", "json", *options)
    rows = [json.loads(line) for line in shown.splitlines()]
    assert code == 0
    assert {row["alert_id"] for row in rows} == {alert(number).alert_id for number in found}
    assert f"{len(found)} alert(s)" in said
    assert all(row["opened_at"].endswith("Z") for row in rows)


def test_the_table_says_why_and_gives_the_id_that_ack_wants(run):
    code, shown, _ = run("list")
    assert code == 0
    for words in ("82 shares in 5 min", alert(1).alert_id, "cooling (over)", "velocity"):
        assert words in shown


def test_a_mute_reaches_the_topic_is_told_of_and_can_be_lifted(run, stack):
    code, _, said = run("mute", "--content", "content-1", "--rule", "velocity", "--for", "2h", "--note", "ours")
    control = controls(stack)[-1]
    assert code == 0
    assert (control.action, control.scope.content_id, control.scope.rule, control.note) == (
        "mute",
        "content-1",
        "velocity",
        "ours",
    )
    assert 7000 < (control.until - control.at).total_seconds() <= 7200
    assert control.by
    assert "muted: content content-1, rule velocity, until " in said
    assert "(2h)" in said
    assert "cascades alerts unmute --content content-1 --rule velocity" in said
    assert "muted: content content-1, rule velocity" in run("list")[2]
    code, _, said = run("unmute", "--content", "content-1")
    assert code == 1
    assert "Mutes in force: content content-1, rule velocity" in said
    assert run("unmute", "--content", "content-1", "--rule", "velocity")[0] == 0
    assert controls(stack)[-1].action == "unmute"
    assert "muted:" not in run("list")[2]


def test_an_acknowledgement_says_what_it_is_about(run, stack):
    code, _, said = run("ack", alert(1).alert_id, "--note", "Ana")
    assert code == 0
    assert "82 shares in 5 min" in said
    control = controls(stack)[-1]
    assert (control.action, control.scope.alert_id, control.note) == ("acknowledge", alert(1).alert_id, "Ana")
    assert "Its end is still sent" in said
    _, shown, said = run("list")
    at = f"{control.at:%Y-%m-%d %H:%M:%S} UTC"
    assert shown.count("viral (acknowledged)") == 1
    assert f"acknowledged: alert {alert(1).alert_id} (content content-1), {at}, by {control.by} (Ana)" in said
    _, shown, _ = run("list", "--format", "json")
    answers = {row["alert_id"]: row["acknowledged"] for row in map(json.loads, shown.splitlines())}
    told = {"by": control.by, "at": control.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "note": "Ana"}
    assert answers == {alert(1).alert_id: told, alert(2).alert_id: None, alert(3).alert_id: None}


def test_without_kafka_nobody_is_said_not_to_see_to_an_alert(run):
    code, shown, said = run("list", "--format", "json", CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert code == 0
    assert "mutes and acknowledgements are not known: " in said
    assert all("acknowledged" not in json.loads(line) for line in shown.splitlines())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mute",), "--content, --campaign, --rule"),
        (("mute", "--content", "c", "--for", "soon"), "--for soon"),
        (("mute", "--content", "c", "--for", "0s"), "--for 0s"),
        (("mute", "--rule", "velcity"), "--rule: there is no rule velcity; the rules are: velocity, "),
        (("mute", "--content", "c", "--note", "n" * 3000), "--note: "),
        (("unmute",), "--content, --campaign, --rule"),
        (("ack", "unknown"), "there is no alert unknown"),
        (("list", "--format", "xml"), "--format xml"),
    ],
)
def test_what_cannot_be_is_wrong_usage_and_sends_nothing(run, stack, arguments, words):
    before = len(controls(stack))
    code, _, said = run(*arguments)
    assert code == 2
    assert words in said
    assert len(controls(stack)) == before


def test_without_kafka_nothing_is_claimed(run):
    code, _, said = run("mute", "--content", "c", CASCADES_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert code == 1
    assert "muted:" not in said
    assert "CASCADES_KAFKA_BOOTSTRAP" in said


def test_a_test_alert_goes_through_each_channel_and_each_answers_for_itself(run, tmp_path):
    with receiving_beside(200, 403, (302, {"Location": "http://127.0.0.1:9/"})) as (well, broken, sly):
        address = {"address": f"json://user:s3cret@127.0.0.1:{well.port}/push"}
        path = channels_file(
            tmp_path / "c.yaml", crm=hook(well, min_severity=10), push=address, broken=hook(broken), sly=hook(sly)
        )
        code, shown, said = run("test", CASCADES_NOTIFY_CHANNELS_FILE=str(path))
        assert code == 1
        assert {line.partition(":")[0] for line in shown.splitlines()} == {"crm", "push", "broken", "sly"}
        assert "crm: delivered in" in shown
        assert "push: delivered in" in shown
        assert "refused: answered 403" in shown
        assert "redirected: answered 302" in shown
        assert "s3cret" not in shown + said
        told = next(one for one in well.got if "webhook-id" in one.headers).verified()
        assert (told["type"], told["data"]["kind"]) == ("alert.test", "test")
        code, shown, _ = run("test", "--channel", "crm", CASCADES_NOTIFY_CHANNELS_FILE=str(path))
        assert (code, len(shown.splitlines())) == (0, 1)


def test_a_channel_that_is_not_there_is_named(run, tmp_path):
    path = channels_file(tmp_path / "c.yaml", crm={"webhook": "http://127.0.0.1:9/", "secrets": ["whsec_" + "A" * 32]})
    code, _, said = run("test", "--channel", "crn", CASCADES_NOTIFY_CHANNELS_FILE=str(path))
    assert code == 2
    assert "the channels are: crm" in said


def test_without_a_file_the_command_says_what_to_set(run):
    code, _, said = run("test")
    assert code == 2
    assert "CASCADES_NOTIFY_CHANNELS_FILE" in said
