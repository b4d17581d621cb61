"""A broker that wants TLS and a login, as a company's does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.embedded import java, ports
from pipeline.embedded.children import Child
from pipeline.embedded.kafka import START_DEADLINE_S, EmbeddedKafka, _escaped, _new_cluster_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support.tls import Authority

USER, PASSWORD = "ops", "s3cret-of-kafka"


class SecuredKafka(EmbeddedKafka):
    """SASL_SSL on `port` with SCRAM-SHA-512 and PLAIN; `ssl_port` wants a client's certificate instead."""

    def __init__(self, data_dir: Path, authority: Authority) -> None:
        super().__init__(data_dir)
        self._authority = authority
        self._inside, self.ssl_port = ports.choose(), ports.choose()
        certificate, key = authority.issue("broker")
        self._store = authority.folder / "broker-store.pem"
        self._store.write_bytes(key.read_bytes() + certificate.read_bytes())

    def _write_properties(self, logs: Path) -> None:
        super()._write_properties(logs)
        login = "org.apache.kafka.common.security"
        stated = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self._inside},SASL_SSL://{self.bootstrap},SSL://127.0.0.1:{self.ssl_port},"
            f"CONTROLLER://{self._controller()}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self._inside},SASL_SSL://{self.bootstrap},SSL://127.0.0.1:{self.ssl_port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._store),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._authority.ca),
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{login}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        }
        with self._properties.open("a") as file:  # of two lines with one name the last counts
            file.write("".join(f"{name}={_escaped(value)}\n" for name, value in stated.items()))

    def _controller(self) -> str:
        lines = self._properties.read_text().splitlines()
        return next(line.partition("1@")[2] for line in lines if line.startswith("controller.quorum.voters="))

    def _format(self, paths: Sequence[Path]) -> None:
        self._write_properties(self._logs)
        scram = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
        arguments = ("format", "--cluster-id", _new_cluster_id(), "--config", self._properties, "--add-scram", scram)
        command = java.command(paths, "kafka.tools.StorageTool", *arguments, options=self._java_options())
        child = Child("Kafka", command, self.log, env=java.environment())
        assert child.await_end(START_DEADLINE_S) == 0, self.log.read_text()
