"""Synthetic webhooks of Postmark."""


def record(kind, **facts):
    known = {"RecordType": kind, "MessageID": "883953f4", "Recipient": "ann@example.com", "Tag": "spring", "MessageStream": "outbound",
             "ReceivedAt": "2023-11-14T16:13:20.1234567-06:00", "Metadata": {"content_url": "https://film.example/spring"}}  # fmt: skip
    return {**known, **facts}


SAMPLES = {
    "click": record(
        "Click", OriginalLink="https://film.example/spring", ClickLocation="HTML", Geo={"Country": "Nowhere"}
    ),
    "open": record("Open", FirstOpen=True),
    "bounce": record("Bounce", ID=9, Type="HardBounce"),
}
UNKNOWN = {"record": record("Teleport"), "local time": record("Open", ReceivedAt="2023-11-14T16:13:20")}
