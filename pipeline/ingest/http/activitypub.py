"""Who signed an activity: the actor's public key, fetched from the actor's own server and kept for an hour."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urldefrag, urlsplit

from pipeline.ingest.http.fetch import RefusedFetchError
from pipeline.ingest.http.message_signature import Signed, read
from pipeline.ingest.http.public_keys import fits, pem
from pipeline.ingest.http.signatures import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.http.fetch import Fetcher
    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received

KEPT_S = 3600.0
MOST_KEYS = 10_000
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


class _Key(NamedTuple):
    owner: str
    key: Any
    fetched_at: float


class Actors:
    """Checks activities against the keys of their actors."""

    def __init__(self, fetcher: Fetcher, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetcher, self._now = fetcher, monotonic
        self._keys: OrderedDict[str, _Key] = OrderedDict()

    async def check(self, received: Received, _webhook: Webhook) -> None:
        """Raise ProblemError unless the activity's own actor signed this request. A key that does not fit is fetched once more: keys are changed."""
        signed = read(received)
        known = self._keys.get(signed.key_id)
        fresh = known is not None and self._now() - known.fetched_at < KEPT_S
        key = known if known and fresh else await self._fetch(signed.key_id)
        if not _fits(key, signed):
            if not fresh:
                raise refused("the signature does not fit")
            key = await self._fetch(signed.key_id)
            if not _fits(key, signed):
                raise refused("the signature does not fit")
        if _actor(received.json_object()) != key.owner:
            raise refused("the activity is another actor's than the one who signed")

    async def _fetch(self, key_id: str) -> _Key:
        try:
            answer = await self._fetcher.get(urldefrag(key_id).url, accept=ACCEPT)
        except RefusedFetchError as error:
            raise refused(f"the key cannot be fetched: {error}") from None
        key = _read(key_id, answer.url, _object(answer.body))
        self._keys[key_id] = _Key(key[0], key[1], self._now())
        if len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)
        return self._keys[key_id]


def _read(key_id: str, url: str, document: dict[str, Any]) -> tuple[str, Any]:
    """Owner and key. A server can speak for its own actors only: id, key id and address are of one host."""
    found = document.get("publicKey", document)
    keys = [key for key in (found if isinstance(found, list) else [found]) if isinstance(key, dict)]
    key = next((key for key in keys if key.get("id") == key_id), None)
    if key is None or not isinstance(key.get("publicKeyPem"), str) or not isinstance(key.get("owner"), str):
        raise refused("there is no such key")
    if len({_host(place) for place in (key_id, url, key["owner"])}) != 1:
        raise refused("the key is kept elsewhere than its owner")
    return key["owner"], pem(key["publicKeyPem"])


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise refused("what stands where the key should be is no JSON object")
    return value


def _actor(activity: dict[str, Any]) -> object:
    actor = activity.get("actor")
    return actor.get("id") if isinstance(actor, dict) else actor


def _fits(key: _Key, signed: Signed) -> bool:
    return fits(key.key, signed.signature, signed.text)
