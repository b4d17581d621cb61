"""Synthetic events of Amazon SES, raw and within SNS."""

import json


def event(kind, **facts):
    name = kind.lower()
    told = {"ipAddress": "192.0.2.1", "timestamp": "2023-11-14T22:13:20.123Z", "userAgent": "Mozilla/5.0", **facts}
    mail = {"messageId": "7c19", "timestamp": "2023-11-14T22:00:00Z", "destination": ["ann@example.com"],
            "tags": {"content_url": ["https://film.example/spring"], "ses:configuration-set": ["all"]}}  # fmt: skip
    return {"eventType": kind, name: told, "mail": mail}


def sns(message, kind="Notification"):
    return {"Type": kind, "MessageId": "9f-1", "TopicArn": "arn:aws:sns:eu-west-1:1:ses", "Message": message,
            "Timestamp": "2023-11-14T22:13:21.000Z", "SignatureVersion": "2", "Signature": "AA==",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.pem"}  # fmt: skip


CLICK = event("Click", link="https://film.example/spring", linkTags={"a": ["b"]})
SEVERAL = {**CLICK, "mail": {**CLICK["mail"], "destination": ["ann@example.com", "bo@example.com"]}}
SAMPLES = {
    "click": sns(json.dumps(CLICK)),
    "raw click": CLICK,
    "click of several": sns(json.dumps(SEVERAL)),
    "open": sns(json.dumps(event("Open"))),
    "bounce": sns(json.dumps({"notificationType": "Bounce", "bounce": {}, "mail": {}})),
    "handshake": sns("You have chosen to subscribe", "SubscriptionConfirmation"),
}
UNKNOWN = {
    "event": event("Teleport"),
    "text": sns("Hello"),
    "envelope": sns("{}", "Postcard"),
    "local time": event("Click", link="https://film.example/", timestamp="2023-11-14T22:13:20"),
}
