"""The sharer with the largest audience."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.codes import NOBODY

if TYPE_CHECKING:
    from pipeline.cascade.content import Content


class Sharer(NamedTuple):
    """Somebody whose audience counts for secondary reach."""

    platform: str
    actor_id: str
    audience: int
    """People, the largest known among the actor's live shares."""
    depth: int
    """Generation of the share that it is attributed to."""


def loudest(content: Content) -> Sharer | None:
    """Of all actors with a live share who are no authors, the one with the largest known audience; of equals the first that came. O(actors)."""
    actors = content.actors
    found, most = NOBODY, 0
    for actor in range(actors.rows):
        if actors.counted[actor] != NOBODY and actors.value[actor] > most:
            found, most = actor, actors.value[actor]
    if found == NOBODY:
        return None
    return Sharer(
        content.platforms[actors.platform[found]],
        actors.names.text(found),
        most,
        content.tree.depth[actors.counted[found]],
    )
