"""ClickHouse's errors as its HTTP interface gives them: code, text with the code's name and the version, HTTP status."""

from __future__ import annotations

import re

BAD_ARGUMENTS = 36
NOT_IMPLEMENTED = 48
SYNTAX_ERROR = 62
UNKNOWN_FORMAT = 73
CANNOT_WRITE_TO_FILE_DESCRIPTOR = 75
UNKNOWN_DATABASE = 81
UNKNOWN_SETTING = 115
READONLY = 164
TOO_MANY_SIMULTANEOUS_QUERIES = 202
QUERY_IS_TOO_LARGE = 229
NOT_ENOUGH_SPACE = 243
SESSION_NOT_FOUND = 372
SESSION_IS_LOCKED = 373
INVALID_SESSION_TIMEOUT = 374
QUERY_WAS_CANCELLED = 394
SETTING_CONSTRAINT_VIOLATION = 452
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
UNSUPPORTED_MEDIA_TYPE = 779
UNKNOWN_EXCEPTION = 1002

NAMES = {
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    UNKNOWN_FORMAT: "UNKNOWN_FORMAT",
    CANNOT_WRITE_TO_FILE_DESCRIPTOR: "CANNOT_WRITE_TO_FILE_DESCRIPTOR",
    UNKNOWN_DATABASE: "UNKNOWN_DATABASE",
    UNKNOWN_SETTING: "UNKNOWN_SETTING",
    READONLY: "READONLY",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    QUERY_IS_TOO_LARGE: "QUERY_IS_TOO_LARGE",
    NOT_ENOUGH_SPACE: "NOT_ENOUGH_SPACE",
    SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
    SESSION_IS_LOCKED: "SESSION_IS_LOCKED",
    INVALID_SESSION_TIMEOUT: "INVALID_SESSION_TIMEOUT",
    QUERY_WAS_CANCELLED: "QUERY_WAS_CANCELLED",
    SETTING_CONSTRAINT_VIOLATION: "SETTING_CONSTRAINT_VIOLATION",
    ACCESS_DENIED: "ACCESS_DENIED",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
    UNKNOWN_EXCEPTION: "UNKNOWN_EXCEPTION",
}

# The server's own table of statuses; every other code, READONLY among them, is 500.
_STATUS_CODES = {
    400: (
        *(6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167),
        *(168, 223, 321, 376, 427, 441, 675, 676),
    ),
    401: (194,),
    403: (192, 193, 497, 512, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511),
    408: (159,),
    411: (381,),
    413: (229,),
    415: (779,),
    501: (48,),
    503: (76, 209, 439),
}
_STATUS = {code: status for status, codes in _STATUS_CODES.items() for code in codes}
_PREFIX = re.compile(r"Code: (\d+)\. DB::Exception: ")
_TRAILER = re.compile(r"\s*\(version [^)]*\)\.?\s*$")
_NAME = re.compile(r" \(([A-Z][A-Z0-9_]*)\)\s*$")


class ServerError(Exception):
    """What a client is answered with: ClickHouse's `code`, its `name`, and the sentence."""

    def __init__(self, code: int, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.name = name or NAMES.get(code, "UNKNOWN_EXCEPTION")

    @property
    def status(self) -> int:
        """The HTTP status that ClickHouse's server answers this code with."""
        return _STATUS.get(self.code, 500)

    def body(self, version: str) -> str:
        """The body as ClickHouse of this version words it, with a line end."""
        return f"Code: {self.code}. DB::Exception: {self.message} ({self.name}) (version {version})\n"


def from_engine(error: BaseException) -> ServerError:
    """Read the engine's text, whose prefix and trailer may be there once, twice or not at all."""
    text = str(error)
    found = _PREFIX.search(text)
    if found is None:
        return ServerError(UNKNOWN_EXCEPTION, text)
    message, name = _strip_trailers(text[found.end() :])
    while (again := _PREFIX.match(message)) is not None and again[1] == found[1]:
        message, _ = _strip_trailers(message[again.end() :])
    return ServerError(int(found[1]), message, name)


def _strip_trailers(message: str) -> tuple[str, str | None]:
    name = None
    while True:
        shorter = _TRAILER.sub("", message)
        found = _NAME.search(shorter)
        if found is None:
            return shorter, name
        name, message = found[1], shorter[: found.start()]
