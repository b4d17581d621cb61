"""ActivityPub: both dialects of signatures, and whose key it is."""

from __future__ import annotations

import base64
import hashlib
import json
from email.utils import formatdate

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from multidict import CIMultiDict
from support.doors import NOW_S

from pipeline.ingest.http.activitypub import Actors
from pipeline.ingest.http.fetch import Fetched, RefusedFetchError
from pipeline.ingest.http.keys import Webhook
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.received import Received

KEY, NEXT_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
ACTOR = "https://social.example/users/ada"
KEY_ID = f"{ACTOR}#main-key"
URL = "https://in.example/webhooks/activitypub"
BODY = json.dumps(
    {"type": "Announce", "id": f"{ACTOR}/1", "actor": ACTOR, "object": "https://other.example/1"}
).encode()
DIGEST = base64.b64encode(hashlib.sha256(BODY).digest()).decode()


def document(key=KEY, actor=ACTOR, **changed):
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {
        "id": actor,
        "type": "Person",
        "publicKey": {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": pem, **changed},
    }


class FakeFetcher:
    def __init__(self, *documents) -> None:
        self.documents = list(documents)
        self.asked = []

    async def get(self, url, **_):
        self.asked.append(url)
        if not self.documents:
            raise RefusedFetchError("no such place")
        found = self.documents[0] if len(self.documents) == 1 else self.documents.pop(0)
        return Fetched(200, url, {}, json.dumps(found).encode())


def rsa_sign(key, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def cavage(key=KEY, at=NOW_S, key_id=KEY_ID, covers="(request-target) host date digest", **changed):
    headers = {"Host": "in.example", "Date": formatdate(at, usegmt=True), "Digest": f"SHA-256={DIGEST}"} | changed
    values = {"(request-target)": "post /webhooks/activitypub"} | {
        name.lower(): value for name, value in headers.items()
    }
    text = "\n".join(f"{name}: {values[name]}" for name in covers.split())
    signature = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{covers}",signature="{rsa_sign(key, text)}"'
    return headers | {"Signature": signature}


def rfc9421(key=KEY, at=NOW_S, key_id=KEY_ID, covers=("@method", "@target-uri", "content-digest")):
    values = {"@method": "POST", "@target-uri": URL, "content-digest": f"sha-256=:{DIGEST}:"}
    parameters = "(" + " ".join(f'"{name}"' for name in covers) + f');created={at};keyid="{key_id}"'
    text = "\n".join([*(f'"{name}": {values[name]}' for name in covers), f'"@signature-params": {parameters}'])
    return {
        "Host": "in.example",
        "Content-Digest": values["content-digest"],
        "Signature-Input": f"sig1={parameters}",
        "Signature": f"sig1=:{rsa_sign(key, text)}:",
    }


def received(headers, body=BODY, url=URL) -> Received:
    return Received("POST", url, CIMultiDict(headers), {}, body, NOW_S)


async def accepts(given, *documents) -> bool:
    try:
        await Actors(FakeFetcher(*(documents or [document()]))).check(given, Webhook())
    except ProblemError as problem:
        return problem.status != 401
    return True


@pytest.mark.parametrize("sign", [cavage, rfc9421])
class TestBothDialects:
    async def test_the_actors_own_signature_passes(self, sign):
        assert await accepts(received(sign()))

    async def test_another_key_body_or_address_does_not(self, sign):
        assert not await accepts(received(sign(NEXT_KEY)))
        assert not await accepts(received(sign(), BODY + b" "))
        assert not await accepts(received(sign(), url="https://in.example/webhooks/other"))

    async def test_a_replay_does_not(self, sign):
        assert not await accepts(received(sign(at=NOW_S - 13 * 3600)))
        assert not await accepts(received(sign(at=NOW_S + 13 * 3600)))

    async def test_an_activity_of_somebody_else_does_not(self, sign):
        eve = "https://evil.example/users/eve"
        assert not await accepts(received(sign(key_id=f"{eve}#main-key")), document(actor=eve))

    async def test_a_key_that_lies_elsewhere_than_its_owner_does_not(self, sign):
        key_id = "https://evil.example/key"
        assert not await accepts(received(sign(key_id=key_id)), document(id=key_id))

    async def test_a_key_that_was_changed_is_fetched_again(self, sign):
        actors = Actors(fetcher := FakeFetcher(document(), document(NEXT_KEY)))
        await actors.check(received(sign()), Webhook())
        await actors.check(received(sign()), Webhook())
        assert len(fetcher.asked) == 1
        await actors.check(received(sign(NEXT_KEY)), Webhook())
        assert fetcher.asked == [ACTOR] * 2


async def test_what_is_signed_must_hold_the_request_together():
    for covers in (
        "host date digest",
        "(request-target) host date",
        "(request-target) host digest",
        "(request-target) date digest",
    ):
        assert not await accepts(received(cavage(covers=covers)))
    for covers in (("@method", "@target-uri"), ("@method", "content-digest"), ("@target-uri", "content-digest")):
        assert not await accepts(received(rfc9421(covers=covers)))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Signature": ""}, {"Signature": "x"}, {"Signature-Input": "sig1=()"}, {"Signature-Input": "(", "Signature": "sig1=:AA:"},
     cavage() | {"Date": "yesterday"}, cavage() | {"Digest": "MD5=x"}, cavage() | {"Signature": cavage()["Signature"].replace("signature=", "s=")},
     rfc9421() | {"Signature": "sig2=:AA:"}, rfc9421() | {"Content-Digest": ""}],
)  # fmt: skip
async def test_broken_signatures_are_refused(headers):
    assert not await accepts(received(headers))


@pytest.mark.parametrize(
    "found", [[], {}, {"publicKey": []}, {"publicKey": {"id": KEY_ID, "owner": ACTOR, "publicKeyPem": "no key"}}, 7]
)
async def test_broken_keys_are_refused(found):
    assert not await accepts(received(cavage()), found)


async def test_who_cannot_be_asked_cannot_be_believed():
    with pytest.raises(ProblemError):
        await Actors(FakeFetcher()).check(received(cavage()), Webhook())
