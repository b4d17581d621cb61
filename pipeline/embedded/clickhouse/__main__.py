"""`python -m pipeline.embedded.clickhouse --data DIR --port N [--read-only]`: the one owner of an embedded ClickHouse's data."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from pipeline.embedded.clickhouse import sandbox
from pipeline.embedded.clickhouse.errors import ServerError
from pipeline.embedded.clickhouse.folder import Folder
from pipeline.embedded.clickhouse.server import Server
from pipeline.errors import CascadesError, UnavailableError

if TYPE_CHECKING:
    from pipeline.embedded.clickhouse.engine import Engine

FINISH_S = 8.0
READ_BUFFER = 1 << 20
DEFAULT_MEMORY = 2 << 30


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except CascadesError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the process's own last word
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.embedded.clickhouse", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data; made when it is not there")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=8123, help="port of the HTTP interface")
    parser.add_argument(
        "--memory", type=int, default=DEFAULT_MEMORY, help="most bytes of memory for queries and merges"
    )
    parser.add_argument("--read-only", action="store_true", help="refuse every change")
    return parser


def _run(options: argparse.Namespace) -> None:
    with Folder(options.data) as folder:
        os.environ["TMPDIR"] = str(folder.temporary())  # the engine's library asks for one when it is loaded
        sandbox.enter(folder.path, options.port)
        asyncio.run(_serve(folder, options))


async def _serve(folder: Folder, options: argparse.Namespace) -> None:
    engine = _open(folder, options.memory)
    try:
        await _listen(Server(engine, read_only=options.read_only).app(), options.host, options.port)
    finally:
        engine.close()


def _open(folder: Folder, memory: int) -> Engine:
    try:
        from pipeline.embedded.clickhouse.engine import Engine  # noqa: PLC0415 - starts threads: only inside the sandbox

        return Engine(folder.path, memory)
    except (ServerError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0]
        raise UnavailableError(f"ClickHouse's engine cannot open {folder.path}: {first_line}") from error


async def _listen(app: web.Application, host: str, port: int) -> None:
    runner = web.AppRunner(
        app,
        handler_cancellation=True,  # a query whose client is gone is stopped
        auto_decompress=False,
        access_log=None,
        read_bufsize=READ_BUFFER,
        shutdown_timeout=FINISH_S,
    )
    await runner.setup()
    try:
        await _bind(runner, host, port)
        print(f"ClickHouse answers on http://{host}:{port}", file=sys.stderr)  # noqa: T201 - for who starts it by hand
        await _until_told()
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise UnavailableError(
            f"ClickHouse cannot listen on {host}:{port}: {error.strerror or error}. Stop what uses that port, or choose another one."
        ) from error


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, told.set)
    await told.wait()


if __name__ == "__main__":
    sys.exit(main())
