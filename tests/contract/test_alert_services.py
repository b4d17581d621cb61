"""What services are given when a content id is written by an enemy: for each, the bytes that apprise would send."""

from __future__ import annotations

import json
import smtplib
from email import message_from_string, policy

import pytest
import requests
from support.receivers import alert

from pipeline.alerts.push import Push

HOSTILE = (
    "<!channel> <!here|x> <@U123> <users/all> @channel @everyone @here @**all** *bold* [x](http://evil.example/x) "
    "<http://evil.example|click>\n\n# head\n<script>x</script> `c` ||s|| &lt;!channel&gt;"
)
HOSTED = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    "slack blocks": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general?blocks=yes",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "discord embeds": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?format=markdown",
    "telegram": "tgram://123456789:AABBCCDDEEFFaabbccddeeff-1234567890/12315544/",
    "teams": "workflow://example.org:443/643a8f4b1c5d4e6f8a9b/kXkXkXkXkXkXkXkXkXkX/",
    "google chat": "gchat://workspace/key/token",
    "mattermost": "mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4",
    "rocket.chat": "rocket://user:password@127.0.0.1/#general",
    "ntfy": "ntfy://127.0.0.1/topic",
}


LOGGED_IN = b'{"ok": true, "status": "success", "data": {"authToken": "a", "userId": "u"}}'
READS_MARKDOWN = ("discord", "discord embeds", "mattermost", "teams", "rocket.chat")
READS_ANGLES = ("slack", "slack blocks", "google chat", *READS_MARKDOWN)


class Wire:
    """Takes the place of the network under `requests`."""

    def __init__(self):
        self.bodies = []

    def request(self, _method, url, **options):
        body = options.get("data") or options.get("json") or ""
        self.bodies.append(
            body if isinstance(body, str) else body.decode() if isinstance(body, bytes) else json.dumps(body)
        )
        answer = requests.Response()
        answer.status_code, answer.url = 200, url
        answer._content = b"ok" if "slack.com" in url else LOGGED_IN
        return answer


@pytest.fixture
def wire(monkeypatch):
    made = Wire()
    monkeypatch.setattr(
        requests.Session, "request", lambda _session, method, url, **more: made.request(method, url, **more)
    )
    return made


def strings(value):
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


async def sent(address, wire):
    spreader = {"platform": "bluesky", "actor_id": HOSTILE, "downstream_shares": 61, "downstream_reach": 4}
    links = {"page": "http://127.0.0.1:8080/#/content/x_y*z", "dashboard": None}
    enemy = alert(1, content_id=HOSTILE, campaign_id=HOSTILE, summary=HOSTILE, top_spreaders=[spreader], links=links)
    assert await Push(address).send(enemy) is None
    (body,) = (body for body in wire.bodies if "Content: " in body)
    return body


@pytest.mark.parametrize("service", HOSTED)
async def test_no_service_calls_anybody(service, wire):
    body = await sent(HOSTED[service], wire)
    said = "\n".join(strings(json.loads(body))) if body.startswith(("{", "[")) else body
    for order in ("<@U123", "@everyone", "@channel", "@here", "@**all**"):
        assert order not in said, order


@pytest.mark.parametrize("service", READS_ANGLES)
async def test_where_angles_are_orders_or_links_a_strangers_are_none(service, wire):
    said = "\n".join(strings(json.loads(await sent(HOSTED[service], wire))))
    for order in ("<!", "<@", "<users", "<http://evil", "<script", "|click>"):
        assert order not in said, order


@pytest.mark.parametrize("service", READS_MARKDOWN)
async def test_where_markdown_is_read_a_strangers_marks_are_escaped(service, wire):
    said = "\n".join(strings(json.loads(await sent(HOSTED[service], wire))))
    assert "\\*bold\\*" in said
    assert "](http://evil" not in said
    assert "\\[x\\]\\(http://evil.example/x\\)" in said


@pytest.mark.parametrize("service", HOSTED)
async def test_the_message_stays_one_message_with_its_lines(service, wire):
    body = await sent(HOSTED[service], wire)
    assert "Content: " in body
    assert "# head" in body
    assert "\\n# head" not in body
    assert "x%5Fy%2Az" in body


async def test_slack_gets_text_that_it_does_not_format(wire):
    told = json.loads(await sent(HOSTED["slack"], wire))
    assert told["mrkdwn"] is False
    assert (
        "&lt;!\u200bchannel" in told["attachments"][0]["text"] or "&lt;!channel&gt;" in told["attachments"][0]["text"]
    )


@pytest.mark.parametrize("form", ["text", "html"])
async def test_mail_keeps_its_headers_and_shows_a_strangers_tags_as_text(monkeypatch, form):
    mails = []

    class Server:
        def __init__(self, *_args, **_options): ...

        def sendmail(self, _sender, _to, text):
            mails.append(text if isinstance(text, str) else text.decode())

        def __getattr__(self, _name):
            return lambda *_args, **_options: None

    monkeypatch.setattr(smtplib, "SMTP", Server)
    monkeypatch.setattr(smtplib, "SMTP_SSL", Server)
    enemy = alert(1, content_id="x\r\nBcc: everybody@example.org\r\n\r\n<img src=x>", summary="<script>x</script>")
    assert await Push(f"mailtos://user:pass@example.org?to=a@example.org&format={form}").send(enemy) is None
    mail = message_from_string(mails[0], policy=policy.default)
    assert mail["Bcc"] is None
    assert "severity 8" in mail["Subject"]
    whole = mail.get_body(("html",)) if form == "html" else mail.get_body(("plain",))
    text = whole.get_content()
    assert ("&lt;script&gt;" if form == "html" else "<script>") in text
    assert form == "text" or "<img" not in text
