from __future__ import annotations

import uuid

import pytest

from pipeline.embedded import kafka
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.errors import UsageError


def test_a_cluster_id_never_looks_like_an_option_of_the_command_line(monkeypatch):
    drawn = iter([uuid.UUID(bytes=b"\xfb" + bytes(15)), uuid.UUID(bytes=bytes(16))])
    monkeypatch.setattr(kafka.uuid, "uuid4", lambda: next(drawn))
    assert kafka._new_cluster_id() == "A" * 22


@pytest.mark.parametrize(
    ("value", "written"), [("/plain path/#1", "/plain path/#1"), ("C:\\x", "C:\\u005cx"), ("ü\n", "\\u00fc\\u000a")]
)
def test_a_value_of_a_properties_file_is_read_by_java_as_it_was(value, written):
    assert kafka._escaped(value) == written


def test_a_folder_with_a_comma_is_refused(tmp_path):
    with pytest.raises(UsageError, match="has a comma in its path"):
        EmbeddedKafka(tmp_path / "a,b")
