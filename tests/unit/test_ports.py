from __future__ import annotations

import os
import socket

import psutil
import pytest

from pipeline.embedded import ports
from pipeline.errors import UnavailableError


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def port_of(server: socket.socket) -> int:
    return server.getsockname()[1]


def test_a_chosen_port_is_free():
    assert ports.is_free(ports.choose())


def test_a_port_with_a_server_is_not_free_and_answers(listener):
    assert not ports.is_free(port_of(listener))
    assert ports.accepts(port_of(listener))


def test_a_port_without_a_server_does_not_answer():
    assert not ports.accepts(ports.choose())


def test_a_port_of_a_server_on_all_addresses_is_not_free():
    with socket.create_server(("0.0.0.0", 0)) as server:  # the case of a server that does not keep to loopback
        assert not ports.is_free(port_of(server))


def test_a_port_is_free_again_although_its_last_connection_is_still_remembered(listener):
    port = port_of(listener)
    client = socket.create_connection(("127.0.0.1", port))
    accepted, _ = listener.accept()
    accepted.close()
    client.close()
    listener.close()
    assert ports.is_free(port)


def test_a_port_in_use_is_an_error_that_names_port_purpose_process_and_setting(listener):
    with pytest.raises(UnavailableError) as caught:
        ports.require(port_of(listener), "Kafka", "CASCADES_KAFKA_BOOTSTRAP")
    text = str(caught.value)
    assert (
        f"port {port_of(listener)}, needed for Kafka, is in use by {psutil.Process().name()} (process id {os.getpid()})"
        in text
    )
    assert text.endswith("choose another port with CASCADES_KAFKA_BOOTSTRAP")


def test_the_error_does_without_the_process_when_the_system_keeps_it_to_itself(listener, monkeypatch):
    def refuse(_kind):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    with pytest.raises(
        UnavailableError, match=r"is in use: stop the process that has it, or choose another port with X"
    ):
        ports.require(port_of(listener), "Kafka", "X")


def test_when_every_port_is_taken_the_error_says_so(monkeypatch):
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(UnavailableError, match="no free port was found"):
        ports.choose()
