"""`cascades alerts letters` and `cascades alerts resend` on a real broker: what could not be delivered gets there after all, under its old id."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from support.notify_process import own
from support.receivers import alert, channels_file, hook, receiving_beside
from typer.testing import CliRunner

from pipeline import cli, control_log
from pipeline.alerts.dead_letters import DeadLetters
from pipeline.alerts.outcome import Failure
from pipeline.alerts.resend import Marks
from pipeline.commands import console
from pipeline.commands import settings as command_settings
from pipeline.errors import UnavailableError
from pipeline.kafka import alert_topic_specs, ensure_topics
from schemas.alert import Control

REFUSED = Failure("refused", "answered 500")
SETTINGS = ("kafka_bootstrap", "alerts_topic", "control_topic", "alert_dead_letter_topic")


@pytest.fixture
def settings(kafka):
    made = own(kafka)
    asyncio.run(ensure_topics(made, alert_topic_specs(made)))
    return made


@pytest.fixture
def run(settings, monkeypatch):
    """Runs `cascades alerts …` there: (exit code, standard output, standard error)."""
    monkeypatch.setattr(console.out, "width", 400)

    def ran(*arguments, channels=None, **environment):
        command_settings.load.cache_clear()
        given = {f"CASCADES_{name.upper()}": str(getattr(settings, name)) for name in SETTINGS}
        more = {"CASCADES_NOTIFY_CHANNELS_FILE": str(channels)} if channels else {}
        more |= environment
        shown = CliRunner().invoke(
            cli.app, ["alerts", *arguments], env={"NO_COLOR": "1", "TERM": "dumb"} | given | more
        )
        command_settings.load.cache_clear()
        return shown.exit_code, shown.stdout, shown.stderr

    return ran


def bury(settings, *letters):
    """(number, channel, failure, more fields) of alerts, as `cascades notify` writes them."""

    async def write():
        out = DeadLetters(settings)
        await out.start()
        for number, channel, failure, *fields in letters:
            one = alert(number, **dict(*fields))
            value = b"\xffnone" if failure.reason == "not_an_alert" else one.encode()
            record = SimpleNamespace(
                topic=settings.alerts_topic,
                partition=0,
                offset=100 * one.sequence + number,
                key=one.content_id.encode(),
                value=value,
            )
            await out.send(record, channel, failure, 4)
        await out.stop()

    asyncio.run(write())


def ask(settings, action, **scope):
    told = {"action": action, "scope": scope, "at": datetime.now(UTC).isoformat()}
    asyncio.run(control_log.send(settings, Control.model_validate(told)))


def test_letters_are_listed_with_channel_reason_and_the_id_that_resend_wants(run, settings):
    bury(
        settings,
        (1, "crm", REFUSED),
        (2, "press", Failure("gone", "answered 410")),
        (3, "", Failure("not_an_alert", "none")),
    )
    code, shown, said = run("letters", "--format", "json")
    rows = [json.loads(line) for line in shown.splitlines()]
    assert code == 0
    assert [(row["channel"], row["reason"], row["attempts"]) for row in rows] == [
        ("crm", "refused", 4), ("press", "gone", 4), ("", "not_an_alert", 4)
    ]  # fmt: skip
    assert rows[0]["message_id"] == alert(1).message_id
    assert rows[0]["alert"]["content_id"] == "content-1"
    assert rows[2]["alert"] is None
    assert "3 dead letters" in said
    assert "cascades alerts resend" in said
    code, shown, _ = run("letters", "--channel", "press")
    assert (code, "answered 410" in shown, "content-2" in shown, "content-1" in shown) == (0, True, True, False)
    assert run("letters", "--reason", "bored")[0] == 2


def test_what_is_sent_again_has_its_old_id_and_is_a_letter_no_more(run, settings, tmp_path):
    bury(settings, (1, "crm", REFUSED), (2, "crm", REFUSED), (3, "press", REFUSED), (4, "crm", REFUSED))
    ask(settings, "mute", content_id="content-4")
    with receiving_beside(200, 200) as (crm, press):
        path = channels_file(tmp_path / "c.yaml", crm=hook(crm, min_severity=10), press=hook(press))
        code, shown, _ = run("resend", "--dry-run", channels=path)
        assert (code, len(shown.splitlines()), crm.got) == (0, 4, [])
        code, shown, _ = run("resend", alert(1).alert_id, channels=path)
        assert (code, shown.splitlines()) == (0, [f"crm: {alert(1).message_id}: sent"])
        code, shown, _ = run("resend", "--channel", "crm", channels=path)
        assert code == 0
        assert f"crm: {alert(4).message_id}: left out, because muted or acknowledged" in shown
        code, shown, _said = run("resend", channels=path)
        assert code == 0
        assert crm.ids == [alert(1).message_id, alert(2).message_id]
        assert press.ids == [alert(3).message_id]
        assert crm.got[0].verified()["data"]["content_id"] == "content-1"
        assert "1 dead letter" in run("letters")[2]


def test_of_an_acknowledged_alert_only_the_end_is_sent_again(run, settings, tmp_path):
    bury(settings, (1, "crm", REFUSED), (1, "crm", REFUSED, {"sequence": 1, "kind": "closed"}))
    ask(settings, "acknowledge", alert_id=alert(1).alert_id)
    with receiving_beside(200) as (crm,):
        code, shown, _ = run("resend", channels=channels_file(tmp_path / "c.yaml", crm=hook(crm)))
        assert code == 0
        assert f"crm: {alert(1).message_id}: left out, because muted or acknowledged" in shown
        assert crm.ids == [alert(1, sequence=1).message_id]


def test_a_channel_that_still_fails_keeps_its_letters_and_holds_up_no_other(run, settings, tmp_path):
    bury(settings, *((number, channel, REFUSED) for number in (1, 2) for channel in ("busy", "bad", "gone", "well")))
    with receiving_beside((503, {"Retry-After": "60"}), 400, 200) as (busy, bad, well):
        path = channels_file(tmp_path / "c.yaml", busy=hook(busy), bad=hook(bad), well=hook(well))
        code, shown, said = run("resend", channels=path)
        assert code == 1
        assert f"busy: {alert(1).message_id}: still not taken (refused: answered 503)" in shown
        assert f"busy: {alert(2).message_id}: not tried, because the channel took none before" in shown
        assert f"bad: {alert(2).message_id}: still not taken (refused: answered 400)" in shown, "its own fault, perhaps"
        assert "no such channel any more" in shown
        assert (len(busy.got), len(bad.got), len(well.got)) == (1, 2, 2)
        assert "s3cret" not in shown + said
        left = [json.loads(line) for line in run("letters", "--format", "json")[1].splitlines()]
        assert sorted({row["channel"] for row in left}) == ["bad", "busy", "gone"]


def test_a_stop_between_delivery_and_its_note_gives_the_same_id_and_body_again(run, settings, tmp_path, monkeypatch):
    bury(settings, (1, "crm", REFUSED))

    async def lost(*_):
        raise UnavailableError("Kafka went away")

    with receiving_beside(200) as (crm,):
        path = channels_file(tmp_path / "c.yaml", crm=hook(crm))
        with monkeypatch.context() as patch:
            patch.setattr(Marks, "resent", lost)
            code, _, said = run("resend", channels=path)
        assert (code, "Kafka went away" in said) == (1, True)
        assert run("resend", channels=path)[0] == 0
        assert crm.ids == [alert(1).message_id] * 2
        assert crm.got[0].body == crm.got[1].body
        assert run("resend", channels=path)[0] == 0
        assert len(crm.got) == 2


@pytest.mark.parametrize("command", ["letters", "resend"])
def test_help_shows_an_example(run, command):
    code, shown, _ = run(command, "--help")
    assert (code, f"Example: cascades alerts {command}" in shown) == (0, True)


def test_without_a_topic_or_a_file_it_says_what_to_do(run):
    code, _, said = run("resend")
    assert (code, "CASCADES_NOTIFY_CHANNELS_FILE" in said) == (2, True)
    code, _, said = run("letters", CASCADES_ALERT_DEAD_LETTER_TOPIC="nowhere")
    assert (code, "cascades notify" in said) == (2, True)
