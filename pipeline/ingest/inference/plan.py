"""Which methods serve which platform: `twitter=rt_text,bluesky=rt_text+exposed_post_first`. A platform that is not named is left alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.errors import UsageError
from pipeline.ingest.inference.exposed import Exposed
from pipeline.ingest.inference.follows import read
from pipeline.ingest.inference.probable import Probable
from pipeline.ingest.inference.rt_text import RtText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.config import Settings
    from pipeline.ingest.inference.follows import Follows
    from pipeline.ingest.inference.methods import Method

Plan = dict[str, dict[str, "Method"]]
"""By platform, then by the method's name: the methods in the order in which they are asked; the first that answers is believed."""


def of_settings(settings: Settings) -> Plan:
    """The plan of CASCADES_INFER. Raises UsageError when it is empty, when it is no plan, or when the follow graph is missing."""
    if not settings.infer.strip():
        raise UsageError(
            "no platform's parents are to be inferred: set CASCADES_INFER, as in CASCADES_INFER=twitter=rt_text,bluesky=rt_text+exposed_post_first"
        )
    return parse(settings.infer, makers(settings))


def makers(settings: Settings) -> Mapping[str, Callable[[], Method]]:
    """How each method is made. A new one is a file beside this, and a line here."""
    return {
        "rt_text": RtText,
        "exposed": lambda: Exposed(_follows(settings)),
        "exposed_post_first": lambda: Exposed(_follows(settings), post_first=True),
        "probable": Probable,
    }


def parse(text: str, made_by: Mapping[str, Callable[[], Method]]) -> Plan:
    """The plan of a text; each method is made once. Raises UsageError when it is no plan."""
    plan: Plan = {}
    made: dict[str, Method] = {}
    for part in text.split(","):
        platform, equals, names = (one.strip() for one in part.partition("="))
        wanted = [name.strip() for name in names.split("+")]
        if not platform or not equals or platform in plan or not made_by.keys() >= set(wanted):
            raise UsageError(f"CASCADES_INFER: {part.strip()!r} should be PLATFORM=METHOD, {_HOW} {', '.join(made_by)}")
        made |= {name: made_by[name]() for name in wanted if name not in made}
        plan[platform] = {name: made[name] for name in wanted}
    return plan


_HOW: Final = "each platform once, several methods with + between; the methods are"


def _follows(settings: Settings) -> Follows:
    if not settings.infer_follows_file:
        raise UsageError("the methods exposed… need a follow graph: name its file in CASCADES_INFER_FOLLOWS_FILE")
    return _read(Path(settings.infer_follows_file))


_read: Final = cache(read)
"""Two methods share one graph."""
