"""The generated contracts are what the models say, and well formed."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml

from pipeline.config import Settings
from schemas import changelog, generate
from schemas.asyncapi import EXAMPLE
from schemas.dead_letter import HEADERS, REASONS, Identity, RefusedError, door_headers, headers
from schemas.topics import ORIGIN_HEADER

EVENT = json.loads((generate.HERE / "json" / "share_event.v1.json").read_text("utf-8"))
DEAD_LETTER = json.loads((generate.HERE / "json" / "dead_letter_headers.v1.json").read_text("utf-8"))
ASYNCAPI = yaml.safe_load((generate.HERE / "asyncapi.yaml").read_text("utf-8"))


def test_generated_files_are_current():
    assert generate.stale() == [], "run `make generate`"
    assert generate.main(["--check"]) == 0


def test_a_stale_or_missing_file_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate, "HERE", tmp_path / "schemas")
    (tmp_path / "schemas").mkdir()
    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "schemas" / "asyncapi.yaml").write_text("asyncapi: 3.0.0\n")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err == "schemas/asyncapi.yaml is stale: run `make generate`\n"


@pytest.mark.parametrize("schema", [EVENT, DEAD_LETTER], ids=["event", "dead letter"])
def test_json_schemas_are_valid_2020_12_and_describe_every_field(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    assert all(field["description"] for field in schema["properties"].values())
    assert schema["additionalProperties"] is False


def test_the_example_is_valid_and_a_retract_without_target_is_not():
    jsonschema.validate(EXAMPLE, EVENT)
    with pytest.raises(jsonschema.ValidationError, match="target_event_id"):
        jsonschema.validate(EXAMPLE | {"kind": "retract"}, EVENT)


@pytest.mark.parametrize("reason", REASONS)
def test_headers_of_a_dead_letter_keep_their_schema(reason):
    error = RefusedError(reason, "line\n\ud800" + "é" * 2000)
    place = {"topic": "share.events", "partition": 3, "offset": 1 << 40}
    first = headers(error, **place, received_at_ms=1_769_860_800_000)
    again = headers(error, **place, received_at_ms=1_769_860_800_000, replay_of=Identity(**place, received_at_ms=5))
    assert tuple(name for name, _ in first) == tuple(DEAD_LETTER["required"])
    assert tuple(name for name, _ in again) == HEADERS[:-1]
    door = door_headers(error, door="/webhooks/facebook", value=b"\xff", received_at_ms=1_769_860_800_000)
    assert [name for name, _ in door] == [*DEAD_LETTER["required"], "door"]
    assert tuple(DEAD_LETTER["properties"]) == HEADERS
    for made in (first, again, door):
        jsonschema.validate({name: value.decode() for name, value in made}, DEAD_LETTER)


def test_only_known_reasons_can_be_given():
    with pytest.raises(KeyError):
        RefusedError("other", "")


def references(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [tree["$ref"]] if "$ref" in tree else [found for branch in tree.values() for found in references(branch)]
    return [found for branch in tree for found in references(branch)] if isinstance(tree, list) else []


def target(reference: str) -> object:
    tree = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        tree = tree[step]
    return tree


ALLOWED = {  # objects of AsyncAPI 3.0.0: the fields that may be there, those that must be first
    "document": ("asyncapi info", "id servers defaultContentType channels operations components"),
    "info": ("title version", "description termsOfService contact license tags externalDocs"),
    "server": ("host protocol", "pathname description protocolVersion title summary variables security tags bindings"),
    "channel": ("", "address messages title summary description servers parameters tags externalDocs bindings"),
    "operation": ("action channel", "title summary description security tags externalDocs bindings traits messages reply"),
    "message": ("", "headers payload correlationId contentType name title summary description tags externalDocs bindings examples traits"),
    "kafka channel": ("bindingVersion", "topic partitions replicas topicConfiguration"),
    "kafka message": ("bindingVersion", "key schemaIdLocation schemaIdPayloadEncoding schemaLookupStrategy"),
}  # fmt: skip


def assert_shape(tree: dict[str, object], kind: str) -> None:
    needed, more = (set(names.split()) for names in ALLOWED[kind])
    assert needed <= set(tree) <= needed | more, kind


def test_the_asyncapi_document_has_the_structure_of_version_3():
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert_shape(ASYNCAPI, "document")
    assert_shape(ASYNCAPI["info"], "info")
    for part, kind in (("servers", "server"), ("channels", "channel"), ("operations", "operation")):
        for name, tree in ASYNCAPI[part].items():
            assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
            assert_shape(tree, kind)
    for message in ASYNCAPI["components"]["messages"].values():
        assert_shape(message, "message")
        assert_shape(message["bindings"]["kafka"], "kafka message")
    for schema in ASYNCAPI["components"]["schemas"].values():
        jsonschema.Draft7Validator.check_schema(schema)


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    found = references(ASYNCAPI)
    assert len(found) == 43
    assert all(target(reference) for reference in found)


def test_operations_use_messages_of_their_channels():
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert target(operation["channel"]["$ref"])["messages"]


def test_channels_of_the_asyncapi_document_are_the_default_topics():
    channels = {channel["address"]: channel for channel in ASYNCAPI["channels"].values()}
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    changelog = f"{defaults['events_topic']}.{defaults['group']}.changelog"
    names = ("events_topic", "dead_letter_topic", "alerts_topic", "alert_dead_letter_topic", "control_topic")
    undos = {defaults["undo_topic"], f"{defaults['undo_topic']}.waiting"}
    assert set(channels) == {changelog, *undos, *(defaults[name] for name in names)}
    for channel in channels.values():
        assert_shape(channel["bindings"]["kafka"], "kafka channel")
    assert channels[defaults["events_topic"]]["bindings"]["kafka"]["partitions"] == defaults["partitions"]
    assert ORIGIN_HEADER in ASYNCAPI["components"]["messages"]["shareEvent"]["headers"]["properties"]


@pytest.mark.parametrize("name", ["shareEvent", "alert", "control", "undo"])
def test_message_examples_keep_the_schema(name):
    message = ASYNCAPI["components"]["messages"][name]
    whole = ASYNCAPI | {"$ref": message["payload"]["$ref"]}
    assert message["examples"]
    for example in message["examples"]:
        jsonschema.validate(example["payload"], whole)


def test_the_asyncapi_document_names_every_place_of_the_changelogs_arrays():
    schemas = ASYNCAPI["components"]["schemas"]
    for shape in (changelog.Chunk, changelog.Position, changelog.Fact):
        assert [place["title"] for place in schemas[shape.__name__]["prefixItems"]] == list(shape.__struct_fields__)
