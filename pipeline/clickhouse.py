"""Clients for ClickHouse's HTTP interface: the same ones for a server and for the embedded engine.

A client keeps no server session, so one client may be used from several threads at once. Nothing here logs, and no error text
repeats a password.
"""

from __future__ import annotations

from contextlib import contextmanager
from ssl import create_default_context
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from pipeline.errors import CascadesError, SinkSchemaError, UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver import AsyncClient
    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
INSERT_SETTINGS = {
    "async_insert": 0,  # an asynchronous insert is acknowledged before it is durable
    "insert_deduplicate": 0,  # rows replace each other by key and version; block hashes would swallow a rebuild after a deletion
    "wait_end_of_query": 1,
}
UNKNOWN_DATABASE = 81
LOGIN_REFUSED = frozenset({192, 193, 194, 516})


def client(settings: Settings, /, **overrides: Any) -> Client:
    """Connect. `overrides` are arguments of `clickhouse_connect.get_client`; `database=""` leaves the database open.

    Raises UnavailableError when nothing answers, UsageError when the address or the login is wrong.
    """
    with _clear_errors(settings):
        return clickhouse_connect.get_client(**_arguments(settings) | overrides)


async def async_client(settings: Settings, /, **overrides: Any) -> AsyncClient:
    """`client` for asyncio."""
    with _clear_errors(settings):
        return await clickhouse_connect.get_async_client(**_arguments(settings) | overrides)


def _arguments(settings: Settings) -> dict[str, Any]:
    url, port = _split(settings.clickhouse_url)
    if "@" in url.netloc:
        raise UsageError(
            "CASCADES_CLICKHOUSE_URL must not hold a password: set CASCADES_CLICKHOUSE_USER and CASCADES_CLICKHOUSE_PASSWORD"
        )
    return {
        "interface": url.scheme,
        "host": url.hostname,
        "port": port or (8443 if url.scheme == "https" else 8123),
        "proxy_path": url.path,
        "username": settings.clickhouse_user,
        "password": settings.clickhouse_password.get_secret_value(),
        "database": settings.clickhouse_database,
        **_trust(settings),
        "client_name": "share-cascades",
        "compress": url.hostname not in LOOPBACK,  # costs more CPU than a loopback transfer
        "autogenerate_session_id": False,
        "connect_timeout": 10,
        "send_receive_timeout": 120,
    }


def _split(address: str) -> tuple[SplitResult, int | None]:
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        url, port = SplitResult("", "", "", "", ""), None
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise UsageError("CASCADES_CLICKHOUSE_URL must look like http://host:8123 or https://host:8443")
    return url, port


def _trust(settings: Settings) -> dict[str, str]:
    """Whose signature under a server's certificate counts. Certificates and host names are always checked."""
    file = settings.clickhouse_ca_file
    if not file:
        return {}
    try:
        create_default_context(cafile=file)
    except OSError as error:
        raise UsageError(
            f"CASCADES_CLICKHOUSE_CA_FILE: {file} cannot be used ({error.strerror or type(error).__name__}): it must be PEM"
        ) from None
    return {"ca_cert": file}


def as_reader(settings: Settings) -> Settings:
    """The settings of a process that only reads: the reader's user, where one is named, in the place of the writer's."""
    if not settings.clickhouse_reader_user:
        return settings
    login = {
        "clickhouse_user": settings.clickhouse_reader_user,
        "clickhouse_password": settings.clickhouse_reader_password,
    }
    return settings.model_copy(update=login)


@contextmanager
def _clear_errors(settings: Settings) -> Iterator[None]:
    try:
        yield
    except ClickHouseError as error:
        raise _cleared(error, settings) from error


def _cleared(error: ClickHouseError, settings: Settings) -> CascadesError:
    code = error.code if isinstance(error, DatabaseError) else None
    if code in LOGIN_REFUSED:
        return UsageError(
            f"ClickHouse refuses the user {settings.clickhouse_user!r}: set CASCADES_CLICKHOUSE_USER and CASCADES_CLICKHOUSE_PASSWORD"
        )
    if code == UNKNOWN_DATABASE:
        return SinkSchemaError(
            f"the database {settings.clickhouse_database!r} does not exist: run `cascades migrate`", code
        )
    return UnavailableError(
        f"ClickHouse does not answer at {settings.clickhouse_url} ({_root(error)}): start it, or set CASCADES_CLICKHOUSE_URL; "
        "`cascades doctor` checks every part"
    )


def _root(error: BaseException) -> str:
    """The system's own words (`connection refused`) where an OSError started it all, else the error's text."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause.strerror.lower() if isinstance(cause, OSError) and cause.strerror else str(error)
