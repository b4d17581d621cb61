"""What `deploy/` promises, as far as it can be told without a Docker engine."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from importlib.metadata import distribution, version
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from support.compose import DEPLOY, PATH, ROOT, compose, compose_command, variables

from pipeline.cli import app
from pipeline.config import Settings
from pipeline.embedded import jar_lock

SERVICES = compose()["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
ASKS_CLICKHOUSE = [name for name in OURS if "CASCADES_CLICKHOUSE_URL" in SERVICES[name]["environment"]]
KNOWN = {"CASCADES_" + name.upper() for name in Settings.model_fields}


def each_service():
    return pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_it_is_a_compose_file():
    # As a file: importing the package would load its command line.
    schema = distribution("check-jsonschema").locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    jsonschema.validate(compose(), json.loads(Path(schema).read_text()))


def test_docker_compose_accepts_it():
    command = compose_command()
    if command is None:
        pytest.skip("no Docker Compose here: the client has no compose plugin")
    checked = subprocess.run(
        [*command, "--file", PATH, "config", "--quiet"],
        env=os.environ | dict.fromkeys(variables(), "secret"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@each_service()
def test_ports_are_open_on_this_machine_only(service):
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service.get("ports", []))


def test_the_ports_are_those_of_the_contracts():
    published = {name: service["ports"][0].split(":")[1] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "kafka": "9092",
        "clickhouse": "8123",
        "serve": "8080",
        "ingest": "8081",
        "prometheus": "9090",
        "grafana": "3000",
    }


@each_service()
def test_images_are_pinned(service):
    name, _, tag = service["image"].partition(":")
    assert re.search(r"\d+\.\d+", tag), f"{name}:{tag}"


def test_kafka_and_clickhouse_are_those_that_the_tests_run_on():
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{jar_lock.read().kafka}"
    engine = ".".join(version("chdb-core").split(".")[:2])
    assert SERVICES["clickhouse"]["image"].split(":")[1].startswith(engine)


@each_service()
def test_each_service_comes_back_and_says_how_it_is_and_has_a_limit(service):
    if service.get("command") == ["migrate"]:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "start_period"} <= service["healthcheck"].keys()
    assert service["deploy"]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_that_they_do_not_need(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_commands_that_exist_with_settings_that_exist(name):
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert SERVICES[name]["command"][0] in commands
    assert SERVICES[name]["environment"].keys() <= KNOWN


def test_every_variable_of_ours_in_deploy_is_a_setting():
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file()]
    named = {name for text in texts for name in re.findall(r"\bCASCADES_[A-Z_]*[A-Z]", text)}
    assert named
    assert named <= KNOWN


def test_volumes_and_mounted_files_exist():
    volumes = compose()["volumes"]
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in volumes


def test_every_secret_is_asked_for_and_none_is_written_down():
    text = PATH.read_text()
    asked = set(re.findall(r"\$\{(\w+):\?[^}]+\}", text))
    may_be_empty = set(re.findall(r"\$\{(\w+):-[^}]*\}", text))
    assert asked | may_be_empty == set(variables()) == set(re.findall(r"\$\{(\w+)", text))
    assert not any("PASSWORD" in name for name in may_be_empty)
    assert all(line.endswith("=") for line in (DEPLOY / ".env.example").read_text().splitlines() if "PASSWORD" in line)
    ignored = subprocess.run(["git", "check-ignore", "-q", "deploy/.env"], cwd=ROOT, check=False)
    assert ignored.returncode in {0, 128}, "deploy/.env would be committed"  # 128: not a git checkout


def test_who_writes_and_who_reads():
    users = ET.parse(DEPLOY / "clickhouse" / "users.xml").getroot()
    granted = {user.tag: [query.text for query in user.iter("query")] for user in users.find("users")}
    assert granted == {
        "cascades_writer": ["GRANT ALL ON cascades.*"],
        "cascades_reader": ["GRANT SELECT ON cascades.*"],
    }
    assert users.findtext("profiles/cascades_reader/readonly") == "1"
    assert Settings.model_fields["clickhouse_database"].default == "cascades"
    environments = {name: SERVICES[name]["environment"]["CASCADES_CLICKHOUSE_USER"] for name in ASKS_CLICKHOUSE}
    assert environments == {
        "migrate": "cascades_writer",
        "worker": "cascades_writer",
        "serve": "cascades_reader",
        "resolve": "cascades_writer",
    }


def test_alerts_follow_the_rules_beside_the_file_and_lead_to_the_page_and_to_grafana(monkeypatch):
    worker = SERVICES["worker"]
    assert f"./rules.yaml:{worker['environment']['CASCADES_RULES_FILE']}:ro" in worker["volumes"]
    for name, given in worker["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", given))
    settings = Settings()
    opened = {name: service["ports"][0] for name, service in SERVICES.items() if "ports" in service}
    assert settings.page_public_url == "http://" + opened["serve"].rpartition(":")[0]
    assert settings.grafana_url == "http://" + opened["grafana"].rpartition(":")[0]
    assert settings.population() == Settings.model_construct().population()


def test_alerts_are_not_sent_unless_somebody_says_where():
    notify = SERVICES["notify"]
    assert notify["profiles"] == ["notify"]
    assert notify["environment"]["CASCADES_NOTIFY_CHANNELS_FILE"] == f"/run/secrets/{notify['secrets'][0]}"
    source = compose()["secrets"]["channels"]["file"]
    assert source == "./channels.yaml"
    ignored = subprocess.run(["git", "check-ignore", "-q", f"deploy/{source}"], cwd=ROOT, check=False)
    assert ignored.returncode in {0, 128}, "addresses with tokens would be committed"  # 128: not a git checkout
    assert (DEPLOY / "channels.example.yaml").exists()


def test_the_page_asks_for_what_its_user_may():
    """A setting that equals the profile's is not sent; any other would be refused under readonly = 1."""
    from pipeline.serve.reader import READ_ONLY

    profile = ET.parse(DEPLOY / "clickhouse" / "users.xml").find("profiles/cascades_reader")
    assert {name: int(profile.findtext(name)) for name in READ_ONLY} == READ_ONLY


def test_every_user_has_the_password_that_compose_hands_to_its_services():
    users = ET.parse(DEPLOY / "clickhouse" / "users.xml").find("users")
    sources = {user.tag: user.find("password").get("from_env") for user in users}
    assert set(sources.values()) <= SERVICES["clickhouse"]["environment"].keys()
    for name in ASKS_CLICKHOUSE:
        environment = SERVICES[name]["environment"]
        assert f"${{{sources[environment['CASCADES_CLICKHOUSE_USER']]}:?" in environment["CASCADES_CLICKHOUSE_PASSWORD"]


def test_the_clickhouse_configuration_is_xml_and_sends_nothing_home():
    server = ET.parse(DEPLOY / "clickhouse" / "server.xml").getroot()
    assert server.findtext("send_crash_reports/enabled") == "false"
    grafana = SERVICES["grafana"]["environment"]
    assert {value for name, value in grafana.items() if name.startswith("GF_ANALYTICS")} == {"false"}


def test_the_names_in_grafanas_provisioning_are_handed_to_it():
    text = "".join(path.read_text() for path in (ROOT / "grafana" / "provisioning").rglob("*.yaml"))
    named = set(re.findall(r"\$([A-Z_]+)\b", text)) - {"NAMES"}
    assert named <= SERVICES["grafana"]["environment"].keys()


def test_grafana_finds_the_dashboards_where_they_are_mounted():
    mounts = dict(mount.split(":")[:2] for mount in SERVICES["grafana"]["volumes"])
    provider = yaml.safe_load((ROOT / "grafana" / "provisioning" / "dashboards" / "cascades.yaml").read_text())
    folder = provider["providers"][0]["options"]["path"]
    assert mounts["../grafana/dashboards"] == folder
    assert SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{folder}/live.json"


def test_the_cluster_id_of_kafka_is_one():
    identifier = SERVICES["kafka"]["environment"]["CLUSTER_ID"]
    assert len(base64.urlsafe_b64decode(identifier + "==")) == 16
