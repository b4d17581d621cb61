"""TLS and login at Kafka: every part connects with the settings alone, and no output ever shows a secret."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from support.secured_kafka import PASSWORD, USER, SecuredKafka
from support.stream import event_json
from support.tls import Authority
from support.worker import committed, produce, worker

from pipeline.config import Settings
from pipeline.errors import UnavailableError, UsageError
from pipeline.ingest.producer import EventProducer
from pipeline.ingest.watermark import Watermarks
from pipeline.kafka import client_options, ensure_topics

WRONG = "an0ther-secret"


@pytest.fixture(autouse=True)
async def goodbyes():
    """Kafka's client does not wait until TLS has said goodbye: give it the time before the loop ends."""
    yield
    await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def broker(tmp_path_factory, authority):
    with SecuredKafka(tmp_path_factory.mktemp("secured"), authority) as running:
        yield running


@pytest.fixture
def login(broker, authority):
    """Settings of a user with a password."""
    return {
        "kafka_bootstrap": broker.bootstrap,
        "kafka_security_protocol": "SASL_SSL",
        "kafka_ca_file": str(authority.ca),
        "kafka_sasl_user": USER,
        "kafka_sasl_password": PASSWORD,
    }


def own(**given):
    name = uuid4().hex[:12]
    names = {"events_topic": f"events-{name}", "dead_letter_topic": f"dlq-{name}", "group": f"group-{name}"}
    return Settings(**names | {"partitions": 2} | given)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
async def test_worker_dead_letters_rebuild_replay_and_status_work_over_tls_with_a_login(login, mechanism):
    settings = own(**login, kafka_sasl_mechanism=mechanism, flush_interval_s=0.1)
    async with worker(settings) as running:
        async with EventProducer(settings) as producer:
            await producer.put(b"c", event_json("e"))
            await producer.put(b"c", b"broken")
        await running.has_read(2)
        async with Watermarks(settings) as marks:
            assert await marks.members() == 1
    assert sum(offset or 0 for offset in (await committed(settings)).values()) == 2
    async with worker(settings) as again:  # reads its state from the topic
        await again.is_assigned(2)
        assert sum(len(state) for state in again.member.ownership.states.values()) == 1


async def test_a_certificate_of_our_own_is_shown_where_the_broker_asks_for_one(broker, authority):
    certificate, key = authority.issue("client", password="key-secret")
    tls = {
        "kafka_bootstrap": f"127.0.0.1:{broker.ssl_port}",
        "kafka_security_protocol": "SSL",
        "kafka_ca_file": str(authority.ca),
    }
    shown = {"kafka_certificate_file": str(certificate), "kafka_key_file": str(key), "kafka_key_password": "key-secret"}
    settings = own(**tls, **shown)
    await produce(settings, [(b"c", event_json("e"))])
    with pytest.raises(UnavailableError):
        await ensure_topics(own(**tls))


async def test_a_wrong_password_is_said_to_be_one_and_not_shown(login):
    with pytest.raises(UsageError, match=r"refuses the user 'ops'.*CASCADES_KAFKA_SASL_PASSWORD") as caught:
        await ensure_topics(own(**login | {"kafka_sasl_password": WRONG}))
    assert WRONG not in str(caught.value)


async def test_a_broker_of_an_unknown_authority_is_not_talked_to(login, tmp_path):
    other = Authority(tmp_path, "Others")
    with pytest.raises(UnavailableError, match=r"not trusted.*CASCADES_KAFKA_CA_FILE"):
        await ensure_topics(own(**login | {"kafka_ca_file": str(other.ca)}))


def variables(settings_values):
    return {f"CASCADES_{name.upper()}": str(value) for name, value in settings_values.items()}


QUICK = {
    ("worker", "password"),
    ("worker", "authority"),
    ("worker", "key"),
    ("doctor", "password"),
    ("doctor", "protocol"),
}
FAULTS = ("password", "mechanism", "authority", "protocol", "key")
CASES = [
    pytest.param((command,), fault, marks=() if (command, fault) in QUICK else pytest.mark.extended)
    for command in ("worker", "doctor")
    for fault in FAULTS
]
CASES += [(command, "password") for command in (("status",), ("replay", "-"), ("dlq", "list"), ("dlq", "replay"))]
OTHERS = (
    "serve",
    "migrate",
    "rebuild",
    "repartition --partitions 8",
    "ingest",
    "resolve",
    "collect",
    "notify",
    "infer",
    "alerts list",
    "content list",
    "query SELECT",
)
CASES += [pytest.param(tuple(command.split()), "password", marks=pytest.mark.extended) for command in OTHERS]


@pytest.mark.parametrize(
    ("command", "fault"), CASES, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value
)
def test_no_output_of_a_failing_command_shows_a_secret(login, tmp_path, command, fault):
    values = login | {"kafka_sasl_password": WRONG, "clickhouse_password": WRONG, "clickhouse_reader_password": WRONG}
    values |= {"clickhouse_url": "http://127.0.0.1:1", "metrics_port": 0, "kafka_key_password": WRONG}
    values |= {
        "password": {},
        "mechanism": {"kafka_sasl_mechanism": "SCRAM-SHA-256"},
        "authority": {"kafka_ca_file": str(Authority(tmp_path, "Others").ca)},
        "protocol": {"kafka_security_protocol": "SASL_PLAINTEXT"},
        "key": {"kafka_certificate_file": __file__},
    }[fault]
    said = run(command, values)
    assert WRONG not in said
    assert "Traceback" not in said, said


def run(command, values):
    """Everything that a command writes, until it ends or for five seconds (a worker waits for Kafka)."""
    environment = os.environ | variables(values)
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-m", "pipeline.cli", *command],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert WRONG not in Path(f"/proc/{process.pid}/cmdline").read_text()
        return process.communicate(timeout=5)[0]
    except subprocess.TimeoutExpired:
        process.terminate()
        return process.communicate(timeout=40)[0]


def test_settings_and_client_options_never_print_a_secret(login):
    settings = own(**login)
    for shown in (repr(settings), str(settings), repr(client_options(settings)), str(client_options(settings))):
        assert PASSWORD not in shown
    assert PASSWORD not in json.dumps(settings.model_dump(mode="json"), default=str)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kafka_security_protocol": "SASL_SSL"}, "CASCADES_KAFKA_SASL_USER"),
        ({"kafka_security_protocol": "SSL", "kafka_ca_file": "/nowhere.pem"}, "CASCADES_KAFKA_CA_FILE: /nowhere.pem"),
        ({"kafka_security_protocol": "SSL", "kafka_certificate_file": __file__}, "CASCADES_KAFKA_CERTIFICATE_FILE"),
    ],
)
def test_settings_that_do_not_fit_together_name_what_to_set(given, told):
    with pytest.raises(UsageError, match=told):
        client_options(Settings(**given))
