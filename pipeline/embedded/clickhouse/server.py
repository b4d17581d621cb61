"""ClickHouse's HTTP interface: routes, answers, errors. What runs on the engine runs in threads, so /ping always answers."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from pipeline.embedded.clickhouse import access, external
from pipeline.embedded.clickhouse.body import Body
from pipeline.embedded.clickhouse.compression import Compressor, choose, compressor
from pipeline.embedded.clickhouse.errors import (
    TOO_MANY_SIMULTANEOUS_QUERIES,
    UNKNOWN_EXCEPTION,
    ServerError,
)
from pipeline.embedded.clickhouse.formats import content_type
from pipeline.embedded.clickhouse.job import Job
from pipeline.embedded.clickhouse.request import Request, read
from pipeline.embedded.clickhouse.sessions import Sessions
from pipeline.embedded.clickhouse.statement import Shape, Statement, parse, starts_insert

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aiohttp.typedefs import Handler

    from pipeline.embedded.clickhouse.engine import Engine

    T = TypeVar("T")

log = logging.getLogger(__name__)
QUERIES_MOST = 64
_KILL_WAIT_S = 30.0
LONG_SQL = 64 << 10


class Server:
    """Answers for one engine. `read_only` refuses every change, whoever asks."""

    def __init__(self, engine: Engine, *, read_only: bool) -> None:
        self._engine, self._read_only = engine, read_only
        self._sessions = Sessions()
        self._threads = ThreadPoolExecutor(QUERIES_MOST, thread_name_prefix="query")
        self._killers = ThreadPoolExecutor(2, thread_name_prefix="kill")
        self._running = 0
        self._jobs: set[Job] = set()

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[_only_this_machine])
        app.router.add_get("/ping", _ok)
        app.router.add_get("/replicas_status", _ok)
        app.router.add_route("OPTIONS", "/{path:.*}", _options)
        app.router.add_get("/", self._root, allow_head=True)
        app.router.add_post("/", self._query)
        app.router.add_get("/query", self._query)
        app.router.add_post("/query", self._query)
        app.on_shutdown.append(self._stop_queries)
        app.on_cleanup.append(self._close)
        return app

    async def _stop_queries(self, _app: web.Application) -> None:
        """Changes that run are waited for; queries have nothing to lose."""
        queries = [job for job in self._jobs if job.statement.reads]
        await asyncio.gather(*(self._kill(job) for job in queries), return_exceptions=True)

    async def _close(self, _app: web.Application) -> None:
        self._sessions.close()
        self._threads.shutdown(cancel_futures=True)
        self._killers.shutdown()

    async def _root(self, asked: web.Request) -> web.StreamResponse:
        has_query = "query" in asked.query or asked.body_exists
        return await self._query(asked) if has_query else await _ok(asked)

    async def _query(self, asked: web.Request) -> web.StreamResponse:
        query_id = asked.query.get("query_id", "")
        self._running += 1
        try:
            return await self._admitted(asked)
        except ServerError as error:
            return self._refused(error, query_id)
        except (ConnectionError, web.HTTPException):
            raise
        except Exception:
            log.exception("a request failed in the interface itself")
            sentence = "the embedded ClickHouse's interface failed; its log says more"
            return self._refused(ServerError(UNKNOWN_EXCEPTION, sentence), query_id)
        finally:
            self._running -= 1

    async def _admitted(self, asked: web.Request) -> web.StreamResponse:
        if self._running > QUERIES_MOST:
            sentence = f"Too many simultaneous queries. Maximum: {QUERIES_MOST}"
            raise ServerError(TOO_MANY_SIMULTANEOUS_QUERIES, sentence)
        body = Body(asked.content, asked.headers.get("Content-Encoding"))
        params, tables = await external.read(asked)
        return await self._answer(asked, read(asked.method, params, asked.headers), tables, body)

    async def _answer(
        self, asked: web.Request, wanted: Request, tables: list[external.ExternalTable], body: Body
    ) -> web.StreamResponse:
        statement, inline = await _statement(wanted.query, body)
        job = Job(self._engine, self._sessions, wanted, statement, read_only=self._read_only)
        self._jobs.add(job)
        try:
            await self._step(job, lambda: job.open(tables))
            if statement.shape is Shape.INSERT:
                await self._insert(job, inline, body)
                await self._in_thread(job.close)
                return web.Response(headers=self._headers(job, wanted, ""))
            if statement.shape is Shape.INSERT_SELECT_INPUT:
                data = inline + await body.whole()
                first = await self._step(job, lambda: job.run_with_input(data))
            else:
                first = await self._step(job, lambda: job.run(statement.sql))
            if job.length == len(first):
                await self._in_thread(job.close)
            return await self._send(asked, job, wanted, first)
        finally:
            self._jobs.discard(job)
            await asyncio.shield(self._in_thread(job.close))

    async def _insert(self, job: Job, inline: bytes, body: Body) -> None:
        if job.input_format.casefold() == "values":
            inline += await body.whole()
            await self._step(job, lambda: job.judge_values(inline))
        piece = inline or await body.read()
        while piece:
            data = piece
            await self._step(job, lambda data=data: job.append(data))  # type: ignore[misc]  # the default binds this piece
            piece = await body.read()
        await self._step(job, job.insert)

    async def _step(self, job: Job, work: Callable[[], T]) -> T:
        """Run one piece of work in a thread. When the client is gone meanwhile, a query is stopped; a change runs to its end."""
        running = self._in_thread(work)
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            if job.statement.reads:
                await self._kill(job)
            await asyncio.wait([running], timeout=_KILL_WAIT_S if job.statement.reads else None)
            if running.done():
                running.exception()  # nobody is left to hear it
            raise
        return running.result()

    async def _kill(self, job: Job) -> None:
        await asyncio.get_running_loop().run_in_executor(self._killers, job.kill)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _send(self, asked: web.Request, job: Job, wanted: Request, piece: bytes) -> web.StreamResponse:
        encoding = choose(asked.headers.get("Accept-Encoding", "")) if wanted.compressed else None
        packed, tag = compressor(encoding), secrets.token_hex(8)
        answer = web.StreamResponse(headers=self._headers(job, wanted, tag))
        if encoding:
            answer.headers["Content-Encoding"] = encoding
        elif job.length is not None:
            answer.content_length = job.length
        await answer.prepare(asked)
        if asked.method == "HEAD":
            return answer
        failed = await self._write(answer, job, piece, packed, tag)
        if failed and asked.transport is not None:
            asked.transport.close()  # without the last chunk: also a client that knows no tags sees that the answer is cut
        with suppress(ConnectionError):
            await answer.write_eof()
        return answer

    async def _write(self, answer: web.StreamResponse, job: Job, piece: bytes, packed: Compressor, tag: str) -> bool:
        """Write the pieces, one behind what the engine has made: the session must be free before the client has the last one."""
        failed: ServerError | None = None
        while piece:
            try:
                following = await self._step(job, job.next)
            except ServerError as error:
                failed, following = error, b""
            if not following:
                await self._in_thread(job.close)
            await answer.write(packed.compress(piece))
            piece = following
        if failed is not None:
            await answer.write(packed.compress(_late(failed.body(self._engine.version), tag)))
        await answer.write(packed.flush())
        return failed is not None

    def _headers(self, job: Job, wanted: Request, tag: str) -> dict[str, str]:
        counts = job.counts
        summary = {
            "read_rows": counts.read_rows,
            "read_bytes": counts.read_bytes,
            "written_rows": counts.written_rows,
            "written_bytes": counts.written_bytes,
            "total_rows_to_read": "0",
            "result_rows": counts.result_rows,
            "result_bytes": counts.result_bytes,
            "elapsed_ns": job.elapsed_ns,
        }
        headers = self._common(wanted.query_id)
        headers["X-ClickHouse-Summary"] = json.dumps(
            {name: str(value) for name, value in summary.items()}, separators=(",", ":")
        )
        if job.statement.reads or job.length:
            headers["Content-Type"] = content_type(job.output_format)
            headers["X-ClickHouse-Format"] = job.output_format
            headers["X-ClickHouse-Exception-Tag"] = tag
        else:
            headers["Content-Type"] = "text/plain; charset=UTF-8"
        return headers

    def _common(self, query_id: str) -> dict[str, str]:
        return {
            "X-ClickHouse-Server-Display-Name": self._engine.display_name,
            "X-ClickHouse-Query-Id": query_id,
            "X-ClickHouse-Timezone": self._engine.timezone,
        }

    def _refused(self, error: ServerError, query_id: str) -> web.Response:
        headers = self._common(query_id) | {"X-ClickHouse-Exception-Code": str(error.code)}
        if error.status == web.HTTPUnauthorized.status_code:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        return web.Response(status=error.status, text=error.body(self._engine.version), headers=headers)


async def _statement(query: str, body: Body) -> tuple[Statement, bytes]:
    """The statement, from the URL, the body or both, and data that stood in the same place as its SQL."""
    sql = query.encode(errors="surrogateescape")
    head = sql + b"\n" if sql else b""
    if not starts_insert(sql or await body.peek()):
        whole = head + await body.whole()
        return await _parse(whole), b""
    source = head or await body.read_head()
    statement = await _parse(source)
    return statement, source[statement.data_start :]


async def _parse(sql: bytes) -> Statement:
    return parse(sql) if len(sql) < LONG_SQL else await asyncio.to_thread(parse, sql)


def _late(text: str, tag: str) -> bytes:
    """An error after the answer has begun, as the server marks it since 25.11."""
    message = text.encode()
    return b"\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n" % (
        tag.encode(),
        message,
        len(message),
        tag.encode(),
    )


@web.middleware
async def _only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (refusal := access.refusal(request.headers)) is not None:
        return web.Response(status=403, text=refusal + "\n")
    return await handler(request)


async def _ok(_asked: web.Request) -> web.Response:
    return web.Response(text="Ok.\n", content_type="text/html", charset="UTF-8")


async def _options(_asked: web.Request) -> web.Response:
    return web.Response(status=204, headers={"Allow": "GET, HEAD, POST, OPTIONS"})
