"""The one whose download it is: in downloads of Facebook and Instagram everything is done by or to the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from pipeline.ingest.platforms.reading import count_of
from pipeline.ingest.platforms.seam import digest
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene


class Owner(NamedTuple):
    """`audience`: friends and followers when the download was made, None when it has no list of them."""

    id: str
    audience: int | None

    @classmethod
    def of(cls, found: Json) -> Self:
        """As the reader tells it: `{"id", "audience"}`."""
        return cls(found["id"].text(), count_of(found.get("audience")))


def shared_pages(pages: Iterable[Json], at: datetime, owner: Owner, scene: Scene) -> Iterator[Made]:
    """The owner passes pages on. The download tells of no one in between."""
    for page in pages:
        content = scene.page(page)
        yield scene.event(
            "share",
            scene.own("share", digest(content, owner.id, str(micros(at)))),
            content=scene.root(content),
            actor=owner.id,
            at=at,
            parent_event_id=content,
            parent_basis="root_only",
            audience_size=owner.audience,
        )
