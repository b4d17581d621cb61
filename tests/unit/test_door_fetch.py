"""Fetching what a stranger named: never into our own network, never without an end."""

from __future__ import annotations

import asyncio
import gzip
import socket
from contextlib import asynccontextmanager
from itertools import cycle

import pytest
from aiohttp import web

from pipeline.ingest.http.fetch import Fetcher, PublicResolver, RefusedFetchError, is_public


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.1.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1",
     "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:4136:e378::1",
     "", "localhost", "1", "0x7f.1"],
)  # fmt: skip
def test_all_others_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "gopher://example.org", "//example.org/", "", "http://", "http:///x", "http://[::1", "javascript:1",
     "http://user:password@example.org/", "http://user@example.org/", "http://example.org:22/", "https://example.org:80/", "http://example.org:99999/",
     "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/"],
)  # fmt: skip
async def test_addresses_of_another_form_are_refused_before_anything_is_asked(url):
    fetcher = Fetcher()
    with pytest.raises(RefusedFetchError):
        await fetcher.get(url)
    assert fetcher._session is None


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "017700000001", "127.1", "0"])
async def test_the_old_ways_to_write_an_address_in_numbers_lead_nowhere(host):
    fetcher = Fetcher()
    with pytest.raises(RefusedFetchError):
        await fetcher.get(f"http://{host}/")
    await fetcher.close()


def resolving(monkeypatch, *answers):
    """Each look-up gets the next answer: a name can lead elsewhere a moment later."""
    given, asked = cycle(answers), []

    async def getaddrinfo(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in next(given)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_with_one_private_address_is_refused_whole(monkeypatch):
    resolving(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(OSError, match="not public"):
        await PublicResolver().resolve("evil.example", 80)


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(monkeypatch):
    asked = resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    connected = []
    monkeypatch.setattr(
        "aiohttp.connector.TCPConnector._wrap_create_connection", lambda *_, **given: seen(connected, given)
    )
    fetcher = Fetcher()
    with pytest.raises(RefusedFetchError):
        await fetcher.get("http://rebinding.example/")
    await fetcher.close()
    assert asked == ["rebinding.example"], "looked up once"
    assert {place[4][0] for given in connected for place in given["addr_infos"]} == {"93.184.215.14"}


async def seen(connected, given):
    connected.append(given)
    raise OSError("enough seen")


@asynccontextmanager
async def serving():
    """A server with every bad habit; its port."""

    async def page(_request):
        return web.Response(text="<p>hello</p>", content_type="text/html")

    async def away(request):
        return web.Response(status=302, headers={"Location": request.query["to"]})

    async def loop(_request):
        return web.Response(status=307, headers={"Location": "/loop"})

    async def packed(_request):
        return web.Response(body=gzip.compress(b"0" * 10_000_000), headers={"Content-Encoding": "gzip"})

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10_000):
            await response.write(b"0" * 10_000)
        return response

    async def silent(_request):
        await asyncio.sleep(60)

    app = web.Application()
    handlers = {"/": page, "/away": away, "/loop": loop, "/packed": packed, "/endless": endless, "/silent": silent}
    app.add_routes([web.get(path, handler) for path, handler in handlers.items()])
    runner = web.AppRunner(app, shutdown_timeout=0.1)  # with 0, aiohttp waits for the silent page to the end
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_hosts_that_the_operator_names_are_let_through():
    async with serving() as port:
        fetcher = Fetcher([f"127.0.0.1:{port}"])
        answer = await fetcher.get(f"http://127.0.0.1:{port}/away?to=/")
        assert (answer.status, answer.url, answer.body) == (200, f"http://127.0.0.1:{port}/", b"<p>hello</p>")
        await fetcher.close()


@pytest.mark.parametrize(
    "path",
    ["/loop", "/packed", "/endless", "/silent", "/away?to=http://169.254.169.254/", "/away?to=file:///etc/passwd"],
)
async def test_bad_habits_end_in_a_refusal(path):
    async with serving() as port:
        fetcher = Fetcher([f"127.0.0.1:{port}"])
        with pytest.raises(RefusedFetchError):
            await fetcher.get(f"http://127.0.0.1:{port}{path}", within_s=1.0)
        await fetcher.close()


async def test_a_redirect_from_outside_cannot_reach_another_port_of_ours():
    async with serving() as port, serving() as other:
        fetcher = Fetcher([f"127.0.0.1:{port}"])
        with pytest.raises(RefusedFetchError):
            await fetcher.get(f"http://127.0.0.1:{port}/away?to=http://127.0.0.1:{other}/")
        await fetcher.close()
