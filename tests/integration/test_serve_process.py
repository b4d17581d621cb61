"""The page's process: it serves without any other part, tells how it is, and ends at once when asked."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from support.page import NOWHERE, free_port, sse

from pipeline.errors import UnavailableError
from pipeline.serve import run_serve

PROGRAM = "import sys; from pipeline.config import Settings; from pipeline.serve import run_serve; sys.exit(run_serve(Settings()))"


@asynccontextmanager
async def running():
    """The process, and the addresses of its page and of its metrics."""
    page, metrics = free_port(), free_port()
    nowhere = {
        "CASCADES_CLICKHOUSE_URL": "http://127.0.0.1:9",
        "CASCADES_WORKER_STATUS_URL": "http://127.0.0.1:9",
        "CASCADES_KAFKA_BOOTSTRAP": "127.0.0.1:9",
    }
    environment = os.environ | nowhere | {"CASCADES_PAGE_PORT": str(page), "CASCADES_METRICS_PORT": str(metrics)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, env=environment)
    try:
        async with aiohttp.ClientSession() as session:
            await answers(session, f"http://127.0.0.1:{metrics}/livez")
            yield process, session, f"http://127.0.0.1:{page}", f"http://127.0.0.1:{metrics}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def answers(session, url):
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get(url) as response:
                    return response.status
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_at_once_with_open_streams_and_exit_code_0(number):
    async with running() as (process, session, page, _), session.get(page + "/api/stream") as stream:
        assert (await anext(sse(stream)))[1] == "beat"
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_it_tells_how_it_is_on_its_metrics_port():
    async with running() as (_, session, page, status), session.get(page + "/api/stream") as stream:
        assert (await anext(sse(stream)))[1] == "beat"
        async with session.get(status + "/readyz") as response:
            body = await response.json()
            assert (response.status, body["ready"], body["parts"]["page"]["ok"], body["parts"]["clickhouse"]["ok"]) == (
                503,
                False,
                True,
                False,
            )
        async with session.get(status + "/metrics") as response:
            text = await response.text()
            assert "cascades_page_streams 1.0" in text
            assert 'cascades_ready{part="clickhouse"} 0.0' in text


@pytest.mark.parametrize("setting", ["page_port", "metrics_port"])
def test_a_port_in_use_is_told_with_its_setting(setting):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"page_port": 0, "metrics_port": 0, setting: taken.getsockname()[1]}
        with pytest.raises(UnavailableError, match=f"CASCADES_{setting.upper()}"):
            run_serve(NOWHERE.model_copy(update=ports))
