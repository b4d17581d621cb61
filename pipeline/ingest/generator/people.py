"""The people of the sample data: readable names, and audiences as heavy-tailed as those of real re-sharers."""

from __future__ import annotations

from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from random import Random

MEDIAN_AUDIENCE = 182
MEAN_AUDIENCE = 842
_SPREAD = (2 * log(MEAN_AUDIENCE / MEDIAN_AUDIENCE)) ** 0.5  # of a log-normal with this median and mean
_LARGEST = 5_000_000

_POPULATION = 400_000  # people per platform: large enough that few share the same content twice by chance
_REGULARS = 250  # a few who share many contents, so that there are advocates to find
_REGULAR_SHARE = 0.06

_FIRST = (
    "ada",
    "ben",
    "cleo",
    "dara",
    "eli",
    "fay",
    "gus",
    "hana",
    "ivo",
    "june",
    "kai",
    "lena",
    "milo",
    "nora",
    "otis",
    "pia",
    "quin",
    "rosa",
)
_SECOND = (
    "alder",
    "birch",
    "cedar",
    "dale",
    "fern",
    "grove",
    "hazel",
    "iris",
    "juniper",
    "kestrel",
    "lark",
    "maple",
    "oak",
    "pine",
    "quill",
)


class Person(NamedTuple):
    """An actor on one platform. `audience` is the truth, whether or not the platform tells it."""

    name: str
    audience: int


def person(rng: Random) -> Person:
    """Somebody who shares; the same name always has the same audience."""
    number = rng.randrange(_REGULARS if rng.random() < _REGULAR_SHARE else _POPULATION)
    return Person(_name(number), _audience(number))


def publisher(rng: Random, host: str) -> Person:
    """The account that posts the content first: tens of thousands of followers."""
    return Person(host.partition(".")[0], int(exp(rng.gauss(log(30_000), 0.9))))


def _name(number: int) -> str:
    rest, first = divmod(number, len(_FIRST))
    rest, second = divmod(rest, len(_SECOND))
    return f"{_FIRST[first]}.{_SECOND[second]}{rest or ''}"


def _audience(number: int) -> int:
    uniform = (
        (number * 2_654_435_761) % 2**32 + 0.5
    ) / 2**32  # Knuth's multiplicative hash: fixed per person, even over all
    return min(_LARGEST, int(exp(log(MEDIAN_AUDIENCE) + _SPREAD * _NORMAL.inv_cdf(uniform))))


_NORMAL = NormalDist()
