"""What is shared in the sample data: invented pages of invented campaigns, with ids that can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

# campaign, host, openings, endings: a title is one opening and one ending
_CAMPAIGNS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "clean-rivers",
        "rivers.example",
        ("She counted every bottle", "One river, forty schools", "The heron came back", "What the fishermen found"),
        ("and the town stopped laughing", "after a single summer", "then the mayor called", "with a borrowed canoe"),
    ),
    (
        "city-by-bike",
        "bike.example",
        ("Nurses ride at night", "The bridge without cars", "A lane painted in an hour", "Grandfather's last commute"),
        ("changed the whole street", "in nine photographs", "and nobody saw it coming", "is the best map we have"),
    ),
    (
        "open-museum",
        "museum.example",
        ("The guard who painted", "Hands off? Hands on", "A letter behind the frame", "Five minutes with a giant"),
        ("opened every door", "made the children whisper", "is now in room twelve", "waited a hundred years"),
    ),
    (
        "good-soil",
        "soil.example",
        ("Stop digging", "The worm hotel", "Bread from the roof", "What grows beside the rails"),
        ("and wait one winter", "fed eleven families", "in a city of concrete", "surprised the scientists"),
    ),
    (
        "reader-week",
        "read.example",
        ("The bus that lends books", "He learned to read at 71", "Poems on the receipts", "A library in a lift"),
        ("and then wrote to us", "between two stations", "for everyone who waits", "now has a queue"),
    ),
    (
        "kind-words",
        "kind.example",
        ("A note under the windscreen", "The quiet carriage spoke", "Strangers at table nine", "Thank the night shift"),
        ("travelled further than we did", "was read aloud", "got an answer", "is still on the fridge"),
    ),
)
_LANGUAGES = ("en", "en", "en", "de", "es", "fr", "pt", "ja")
_COUNTRIES = ("US", "GB", "DE", "ES", "FR", "BR", "JP", "IN")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Story:
    """One content item. `tag` keeps the ids of two runs apart."""

    content_id: str
    title: str
    campaign: str
    host: str
    language: str
    country: str
    tag: str


def story(rng: Random, title: str = "", campaign: str = "") -> Story:
    """A page of one of the campaigns. `title` and `campaign` are drawn where they are not given."""
    campaign, host, openings, endings = rng.choice([entry for entry in _CAMPAIGNS if campaign in {"", entry[0]}])
    title = title or f"{rng.choice(openings)} {rng.choice(endings)}"
    tag = "".join(rng.choices(_ALPHABET, k=5))
    return Story(
        content_id=f"https://{host}/{_slug(title)}-{tag}",
        title=title,
        campaign=campaign,
        host=host,
        language=rng.choice(_LANGUAGES),
        country=rng.choice(_COUNTRIES),
        tag=tag,
    )


def _slug(title: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
