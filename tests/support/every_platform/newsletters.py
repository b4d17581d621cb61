"""Cases of the senders of newsletters. Only ActiveCampaign tells of forwards; none tells an audience or takes anything back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.every_platform.case import Case, Figures

if TYPE_CHECKING:
    from support.every_platform.world import World

READ = Figures(clicks=1, views=1)
"""One of the readers clicked, one opened."""


def page(sender: str) -> str:
    return f"https://film.example/{sender}"


def sendgrid(world: World) -> Case:
    def event(kind: str, name: str, **facts: Any) -> Any:
        known = {"email": "ann@example.com", "timestamp": world.seconds(1), "event": kind, "sg_event_id": name}
        return {**known, "sg_message_id": "m.filter1", "useragent": "Mozilla/5.0", **facts}

    told = [
        event("click", "c9", url=f"{page('sendgrid')}?utm_campaign=mail"),
        event("open", "o9", content_url=page("sendgrid")),
    ]
    return Case([[*told, event("delivered", "d9")]], {f"web:{page('sendgrid')}": READ})


def mailgun(world: World) -> Case:
    def event(kind: str, name: str, **facts: Any) -> Any:
        known = {"event": kind, "id": name, "timestamp": world.seconds(1) + 0.25, "recipient": "Ann@Example.com"}
        return {**known, "message": {"headers": {"message-id": "9@example.org"}}, "client-info": {"bot": ""}, **facts}

    opened = event("opened", "m2", **{"user-variables": {"content_url": page("mailgun")}})
    return Case([event("clicked", "m1", url=page("mailgun")), opened], {f"web:{page('mailgun')}": READ})


def postmark(world: World) -> Case:
    def record(kind: str, **facts: Any) -> Any:
        at = f"{world.at(1):%Y-%m-%dT%H:%M:%S.1234567Z}"
        known = {"RecordType": kind, "MessageID": "883953f4", "Recipient": "ann@example.com", "ReceivedAt": at}
        return {**known, "Metadata": {"content_url": page("postmark")}, **facts}

    told = [record("Click", OriginalLink=page("postmark"), ClickLocation="HTML"), record("Open", FirstOpen=True)]
    return Case(told, {f"web:{page('postmark')}": READ})


def ses(world: World) -> Case:
    def event(kind: str, **facts: Any) -> Any:
        tags = {"content_url": [page("ses")], "ses:configuration-set": ["all"]}
        mail = {"messageId": "7c19", "timestamp": world.iso(0), "destination": ["ann@example.com"], "tags": tags}
        return {
            "eventType": kind,
            kind.lower(): {"timestamp": world.iso(1), "userAgent": "Mozilla/5.0", **facts},
            "mail": mail,
        }

    return Case([event("Click", link=page("ses")), event("Open")], {f"web:{page('ses')}": READ})


def activecampaign(world: World) -> Case:
    """A forward and a share come from the newsletter itself: exact, and one generation."""

    def form(kind: str, who: str, **facts: str) -> Any:
        known = {
            "type": kind,
            "date_time": f"{world.at(1):%Y-%m-%dT%H:%M:%S+00:00}",
            "contact[email]": f"{who}@example.com",
        }
        return {**known, "campaign[id]": "79", "campaign[name]": "Spring", **facts}

    clicked = form("click", "ann", **{"link[id]": "1", "link[url]": page("activecampaign")})
    shared = form("share", "bo", **{"share[network]": "facebook"})
    return Case(
        [form("forward", "ann"), shared, form("open", "ann"), clicked],
        {
            "email:activecampaign:79": Figures(1, 1, 0, shares=2, views=1),
            f"web:{page('activecampaign')}": Figures(clicks=1),
        },
    )
