"""The platforms of the sample data, and what each of them tells about a share: who the parent is, and how large the audience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

Credit = Literal["event", "actor", "root"]
"""What a platform names as the origin of a share: the share it came through, only its author, or only the original post."""


@dataclass(frozen=True, slots=True)
class Place:
    """One platform: `weight` of its share of the acts, `known` the part of actors whose audience it tells."""

    name: str
    weight: float
    credit: Credit
    known: float
    spread: str = "share"
    counts: bool = False  # it also tells totals (counter events), because most of its shares are not told one by one


PLACES = (
    Place("twitter", 24, "actor", 0.97),
    Place("facebook", 16, "event", 0.10, counts=True),  # only through our own tracked links
    Place("instagram", 10, "event", 0.40, counts=True),  # likewise
    Place("pinterest", 11, "event", 0.90, spread="repin"),
    Place("linkedin", 10, "event", 0.50),
    Place("bluesky", 10, "event", 0.85),
    Place("tumblr", 4, "event", 0.05),
    Place("mastodon", 7, "root", 1.00),
    Place("newsletter", 3, "event", 0.60),
    Place("blog", 3, "root", 0.15),
    Place("news", 2, "root", 0.70),
)


def mix(rng: Random) -> list[Place]:
    """The three to seven platforms that one content lives on, its home first. At least one of them names parents."""
    wanted = rng.randint(3, 7)
    chosen: dict[str, Place] = {}
    while len(chosen) < wanted or all(place.credit == "root" for place in chosen.values()):
        place = pick(rng, PLACES)
        chosen[place.name] = place
    return list(chosen.values())


def pick(rng: Random, places: tuple[Place, ...] | list[Place]) -> Place:
    """One of `places`, by weight."""
    return rng.choices(places, [place.weight for place in places])[0]
