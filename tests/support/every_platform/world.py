"""What of the outside world the doors look at: pages of blogs, actors of the fediverse, the certificate of SNS."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAGE = """<!doctype html><article class="h-entry"><a class="p-author h-card" href="https://{author}.example/">{author}</a>
<a class="u-{relation}" href="{target}">this</a></article>"""


@dataclass
class World:
    """One server that stands for all others. A page that is taken away is gone (410)."""

    host: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    begin: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2))

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def at(self, minutes: float) -> datetime:
        """A moment of the last two hours."""
        return self.begin + timedelta(minutes=minutes)

    def iso(self, minutes: float) -> str:
        return f"{self.at(minutes):%Y-%m-%dT%H:%M:%S.000Z}"

    def seconds(self, minutes: float) -> int:
        return int(self.at(minutes).timestamp())

    def millis(self, minutes: float) -> int:
        return self.seconds(minutes) * 1000

    def actor(self, name: str) -> str:
        return f"{self.url}/users/{name}"

    def writes(self, author: str, relation: str, target: str) -> str:
        """The address of a blog's new post about `target`."""
        self.pages[f"/{author}"] = PAGE.format(author=author, relation=relation, target=target)
        return f"{self.url}/{author}"

    def takes_away(self, author: str) -> str:
        """The address of the post that was there."""
        del self.pages[f"/{author}"]
        return f"{self.url}/{author}"

    @property
    def certificate_url(self) -> str:
        return f"{self.url}/sns.pem"

    @cached_property
    def certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example")])
        draft = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
        until = draft.not_valid_before(self.begin).not_valid_after(self.begin + timedelta(days=1))
        return until.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/sns.pem":
            return web.Response(body=self.certificate)
        if request.path.startswith("/users/"):
            return web.json_response(self._actor(f"{self.url}{request.path}"))
        page = self.pages.get(request.path)
        return web.Response(status=410) if page is None else web.Response(text=page, content_type="text/html")

    def _actor(self, actor: str) -> dict[str, object]:
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {"id": actor, "publicKey": {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": pem}}


@asynccontextmanager
async def serving() -> AsyncIterator[World]:
    world = World()
    app = web.Application()
    app.add_routes([web.get("/{path:.*}", world.answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.host = f"127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield world
    finally:
        await runner.cleanup()
