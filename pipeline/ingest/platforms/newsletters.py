"""What the senders of newsletters (SendGrid, Mailgun, Postmark, SES, ActiveCampaign) have in common.

A click is an act on the page that was clicked; an open is a view of the newsletter, where the sender names it. People are
known by a pseudonym of their address (`Context.actor_key`): the address itself goes no further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms.reading import text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

CONTENT: Final = "content_url"
"""Custom argument, metadata, variable or tag by which a sender names the page that a newsletter is about."""
DELIVERY: Final = Ignored("a report on delivery or subscription")
UNNAMED: Final = Ignored(f"an open of a newsletter that does not name its page ({CONTENT})")
MACHINE: Final = Ignored("opened or clicked by a machine")


def covers(payloads: str, authentication: str, time: str) -> Coverage:
    """What the four senders that tell of opens and clicks only have in common."""
    return Coverage(
        payloads=payloads,
        kinds=frozenset({"click", "view"}),
        parent="none: a forwarded mail is known by the token in its links only",
        audience="none",
        undo="none",
        authentication=authentication,
        time=time,
        untold="forwards; who clicks in a forwarded mail",
    )


def clicked(act: str, person: Json | None, url: Json, at: datetime, scene: Scene) -> Made:
    """A click in a newsletter. `person` is an address; None when the sender does not tell whose click it was."""
    return scene.event("click", act, content=scene.root(scene.page(url)), actor=_actor(act, person, scene), at=at)


def opened(act: str, person: Json | None, page: Json | None, at: datetime, scene: Scene) -> Made:
    """An open: a view of the page that the newsletter is about."""
    if text_of(page) is None or page is None:
        return UNNAMED
    return scene.event("view", act, content=scene.root(scene.page(page)), actor=_actor(act, person, scene), at=at)


def _actor(act: str, person: Json | None, scene: Scene) -> str:
    return f"anonymous:{act}" if person is None else scene.pseudonym(person.text())
