"""Amazon SNS: whose signature, for which topic, fetched from where."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from multidict import CIMultiDict
from support.doors import NOW_S

from pipeline.ingest.http.fetch import Fetched, RefusedFetchError
from pipeline.ingest.http.keys import Webhook
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.received import Received
from pipeline.ingest.http.sns import Sns

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
OURS = Webhook(topics=(TOPIC,))
CERT_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem"
SUBSCRIBE_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(7)
    )
    made = builder.not_valid_before(day).not_valid_after(day.replace(year=2030)).sign(KEY, hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


PEM = certificate()


class FakeFetcher:
    def __init__(self, answers=None) -> None:
        self.answers = {CERT_URL: PEM, SUBSCRIBE_URL: b"<ok/>"} if answers is None else answers
        self.asked = []

    async def get(self, url, **_):
        self.asked.append(url)
        if url not in self.answers:
            raise RefusedFetchError("no such place")
        return Fetched(200, url, {}, self.answers[url])


def envelope(kind="Notification", version="2", **changed):
    at = dt.datetime.fromtimestamp(NOW_S, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    given = {"Type": kind, "MessageId": "m-1", "TopicArn": TOPIC, "Message": '{"eventType": "Click"}', "Timestamp": at}
    names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
    if kind != "Notification":
        given |= {"Token": "t", "SubscribeURL": SUBSCRIBE_URL}
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    given |= changed
    if "Subject" in given:
        names.insert(2, "Subject")
    text = "".join(f"{name}\n{given[name]}\n" for name in names).encode()
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = base64.b64encode(KEY.sign(text, padding.PKCS1v15(), digest)).decode()
    return {**given, "SignatureVersion": version, "SigningCertURL": CERT_URL, "Signature": signature}


def received(given) -> Received:
    return Received("POST", "https://in.example/webhooks/ses", CIMultiDict(), {}, json.dumps(given).encode(), NOW_S)


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_sns_signed_for_our_topic_passes_and_its_certificate_is_fetched_once(version):
    fetcher = FakeFetcher()
    sns = Sns(fetcher)
    for given in (envelope(version=version), envelope(version=version, Subject="a subject")):
        await sns.check(received(given), OURS)
        assert not await sns.confirm(received(given))
    assert fetcher.asked == [CERT_URL]


@pytest.mark.parametrize(
    "changed",
    [
        {"Message": "another"},
        {"Signature": "AAAA"},
        {"Signature": "ö"},
        {"SignatureVersion": "3"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": CERT_URL.removesuffix(".pem")},
        {"TopicArn": "arn:aws:sns:eu-west-1:666666666666:theirs"},
        {"Type": "Else"},
        {"Type": ["Notification"]},
        {"MessageId": 7},
    ],
)
async def test_anything_else_is_refused(changed):
    with pytest.raises(ProblemError) as problem:
        await Sns(FakeFetcher()).check(received(envelope() | changed), OURS)
    assert problem.value.status in {400, 401, 403}


async def test_a_notification_of_two_hours_ago_is_a_replay():
    with pytest.raises(ProblemError, match="off"):
        await Sns(FakeFetcher()).check(received(envelope(Timestamp="2026-05-28T18:00:00.000Z")), OURS)


async def test_a_subscription_of_ours_is_confirmed_at_sns_only():
    fetcher = FakeFetcher()
    sns = Sns(fetcher)
    given = envelope("SubscriptionConfirmation")
    await sns.check(received(given), OURS)
    assert await sns.confirm(received(given))
    assert fetcher.asked[-1] == SUBSCRIBE_URL
    with pytest.raises(ProblemError):
        await sns.confirm(received(given | {"SubscribeURL": "http://169.254.169.254/"}))


async def test_when_sns_is_away_the_answer_is_to_come_again():
    with pytest.raises(ProblemError) as problem:
        await Sns(FakeFetcher({})).check(received(envelope()), OURS)
    assert problem.value.status == 503
