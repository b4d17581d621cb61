"""What a request asks for: the URL's parameters, the headers, and who asks."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse.errors import (
    AUTHENTICATION_FAILED,
    INVALID_SESSION_TIMEOUT,
    NOT_IMPLEMENTED,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITER, READER = "default", "reader"
_NOT_SETTINGS = frozenset(
    {
        *(
            "query",
            "database",
            "default_format",
            "query_id",
            "session_id",
            "session_timeout",
            "session_check",
            "close_session",
        ),
        *("user", "password", "quota_key", "role", "compress", "decompress", "buffer_size", "wait_end_of_query"),
        *("client_protocol_version", "stacktrace", "enable_http_compression", "http_wait_end_of_query"),
    }
)
_SESSION_TIMEOUT_S, _SESSION_TIMEOUT_MOST_S = 60, 3600


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its body apart."""

    user: str
    changes: bool  # by POST: the method may change data
    query: str
    database: str | None
    format: str | None
    query_id: str
    compressed: bool
    at_end: bool  # answer only when the whole result is there
    protocol: int  # revision of the native protocol that the client decodes Native with; 0 without
    session: SessionChoice | None
    settings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """A session that the client names."""

    name: str
    timeout_s: int
    must_exist: bool
    close: bool


def read(method: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Request:
    """Read a request. Raises ServerError for an unknown user, a bad session timeout or an encoding that is not offered."""
    if _flag(params, "compress") or _flag(params, "decompress"):
        raise ServerError(
            NOT_IMPLEMENTED,
            "compress=1 and decompress=1 are not offered: use Accept-Encoding with enable_http_compression=1, and Content-Encoding",
        )
    return Request(
        user=_user(params, headers),
        changes=method == "POST",
        query=params.get("query", ""),
        database=params.get("database") or headers.get("X-ClickHouse-Database") or None,
        format=params.get("default_format") or headers.get("X-ClickHouse-Format") or None,
        query_id=params.get("query_id") or headers.get("X-ClickHouse-Query-Id") or str(uuid.uuid4()),
        compressed=_flag(params, "enable_http_compression"),
        at_end=_flag(params, "wait_end_of_query") or _flag(params, "http_wait_end_of_query"),
        protocol=_number(params, "client_protocol_version"),
        session=_session(params),
        settings={name: value for name, value in params.items() if _is_setting(name)},
        parameters={name.removeprefix("param_"): value for name, value in params.items() if name.startswith("param_")},
    )


def _is_setting(name: str) -> bool:
    return name not in _NOT_SETTINGS and not name.startswith("param_")


def _user(params: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Users have no password, as in a fresh ClickHouse: any is taken. Only loopback can ask (`access.py`)."""
    user = headers.get("X-ClickHouse-User") or _basic_user(headers) or params.get("user") or WRITER
    if user not in (WRITER, READER):
        raise ServerError(
            AUTHENTICATION_FAILED,
            f"{user}: Authentication failed: the embedded ClickHouse has two users, {WRITER} and {READER} (reads only), without passwords.",
        )
    return user


def _basic_user(headers: Mapping[str, str]) -> str | None:
    kind, _, coded = headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ServerError(
            AUTHENTICATION_FAILED, "Invalid authentication: the Authorization header is not base64"
        ) from error


def _session(params: Mapping[str, str]) -> SessionChoice | None:
    name = params.get("session_id")
    if not name:
        return None
    timeout = _number(params, "session_timeout", _SESSION_TIMEOUT_S, INVALID_SESSION_TIMEOUT)
    if timeout > _SESSION_TIMEOUT_MOST_S:
        raise ServerError(
            INVALID_SESSION_TIMEOUT,
            f"Session timeout '{timeout}' is larger than max_session_timeout: {_SESSION_TIMEOUT_MOST_S}",
        )
    return SessionChoice(name, timeout, _flag(params, "session_check"), _flag(params, "close_session"))


def _flag(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "0").lower() in ("1", "true")


def _number(params: Mapping[str, str], name: str, default: int = 0, code: int = 36) -> int:
    text = params.get(name, "")
    if text and not text.isdecimal():
        raise ServerError(code, f"{name} must be a whole number, not '{text}'")
    return int(text) if text else default
