"""How our Kafka clients prove who they are and whom they trust, and in words why a broker did not let them in.

No password is written to a log or an error, and none is printed with the options that hold it.
"""

from __future__ import annotations

from ssl import SSLCertVerificationError, SSLContext, SSLError, create_default_context
from typing import TYPE_CHECKING, Any

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from pipeline.errors import CascadesError, UnavailableError, UsageError

if TYPE_CHECKING:
    from pipeline.config import Settings

LOGIN_REFUSED = (SaslAuthenticationFailed, UnsupportedSaslMechanismError, IllegalSaslStateError)


class Options(dict[str, Any]):
    """Keyword arguments of a Kafka client. Whoever prints them sees names only: a password is among them."""

    def __repr__(self) -> str:
        return f"<Kafka options: {', '.join(self)}>"

    __str__ = __repr__


def options(settings: Settings) -> Options:
    """Address, TLS and login. Raises UsageError, with the setting to change, when a file cannot be used or the user is missing."""
    made = Options(bootstrap_servers=settings.kafka_bootstrap)
    protocol = settings.kafka_security_protocol
    if protocol != "PLAINTEXT":
        made["security_protocol"] = protocol
    if protocol.endswith("SSL"):
        made["ssl_context"] = _tls(settings)
    if protocol.startswith("SASL"):
        made |= _login(settings)
    return made


def _login(settings: Settings) -> dict[str, str]:
    if not settings.kafka_sasl_user:
        raise UsageError(
            f"CASCADES_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}, but no user is named: "
            "set CASCADES_KAFKA_SASL_USER and CASCADES_KAFKA_SASL_PASSWORD"
        )
    return {
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_sasl_user,
        "sasl_plain_password": settings.kafka_sasl_password.get_secret_value(),
    }


def _tls(settings: Settings) -> SSLContext:
    """Certificates and host names of brokers are always checked."""
    try:
        context = create_default_context(cafile=settings.kafka_ca_file or None)
    except OSError as error:
        raise _unusable("CASCADES_KAFKA_CA_FILE", settings.kafka_ca_file, error) from None
    if settings.kafka_certificate_file:
        _show_certificate(context, settings)
    return context


def _show_certificate(context: SSLContext, settings: Settings) -> None:
    certificate, key = settings.kafka_certificate_file, settings.kafka_key_file or None
    try:
        # A function gives the password: where none is given, OpenSSL would ask at the terminal.
        context.load_cert_chain(certificate, key, settings.kafka_key_password.get_secret_value)
    except OSError as error:
        variables = "CASCADES_KAFKA_CERTIFICATE_FILE, CASCADES_KAFKA_KEY_FILE or CASCADES_KAFKA_KEY_PASSWORD"
        raise _unusable(variables, f"{certificate} with the key in {key or 'it'}", error) from None


def _unusable(variables: str, files: str, error: OSError) -> UsageError:
    why = error.strerror if not isinstance(error, SSLError) and error.strerror else "not PEM, or another password"
    return UsageError(f"{variables}: {files} cannot be used ({why})")


async def refusal(settings: Settings, error: Exception) -> CascadesError:
    """What keeps us out, in words: Kafka's client says of a wrong password or certificate only that it could not connect.

    UsageError for a login that waiting does not cure, else UnavailableError.
    """
    told = await _ask_why(settings) or error
    if isinstance(told, LOGIN_REFUSED):
        return UsageError(
            f"Kafka at {settings.kafka_bootstrap} refuses the user {settings.kafka_sasl_user!r} ({settings.kafka_sasl_mechanism}): "
            "set CASCADES_KAFKA_SASL_USER, CASCADES_KAFKA_SASL_PASSWORD and CASCADES_KAFKA_SASL_MECHANISM"
        )
    why = str(told) or type(told).__name__
    if isinstance(told, SSLCertVerificationError):
        why = f"its certificate is not trusted, {told.verify_message}: name its authority with CASCADES_KAFKA_CA_FILE"
    elif isinstance(told, SSLError):
        why = f"no TLS, {told.reason or 'the connection was cut'}: see CASCADES_KAFKA_SECURITY_PROTOCOL"
    return UnavailableError(
        f"Kafka at {settings.kafka_bootstrap} does not serve us ({why}): start it, or name another with CASCADES_KAFKA_BOOTSTRAP"
    )


async def _ask_why(settings: Settings) -> Exception | None:
    """The error of one more connection to the first broker; None when there is none."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    host, _, port = settings.kafka_bootstrap.split(",")[0].strip().rpartition(":")
    arguments = {name: value for name, value in options(settings).items() if name != "bootstrap_servers"}
    try:
        connection = await create_conn(host.strip("[]"), int(port), request_timeout_ms=5000, **arguments)
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        return error.__cause__ if isinstance(error.__cause__, SSLError) else error
    connection.close()
    return None
