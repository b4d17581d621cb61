"""What every poller is told by its operator, and what it has to know about its platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pipeline.ingest.collect.options import SourceOptions
from pipeline.ingest.collect.pollers import budget, verdict

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from pipeline.ingest.collect.pollers.access import Access
    from pipeline.ingest.collect.pollers.asking import Answer, Feed
    from pipeline.ingest.collect.seam import Tools

Post = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Watch(BaseModel):
    """A post that is watched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    post: Post = Field(description="the post, as docs/pollers.md says for each platform")
    campaign_id: str | None = Field(None, min_length=1, max_length=512, description="its campaign; else the source's")


class PollOptions(SourceOptions):
    """What all pollers have in common."""

    posts: tuple[Post | Watch, ...] = Field((), description="the posts that are watched")
    watch_file: str = Field("", description="YAML file with a list of more, read again when it changes")
    address: str = Field("", pattern=r"^(https?://[^\s?#@]+)?$", description="another address than the platform's own")
    per_hour: float | None = Field(
        None, gt=0, description="most questions an hour; else what the platform grants everybody"
    )
    shortest_s: float = Field(60.0, gt=0, description="seconds between two looks at what moves")
    longest_s: float = Field(6 * 3600.0, gt=0, description="seconds between two looks at what rests")


class Platform(NamedTuple):
    """One platform as a poller sees it."""

    name: str
    """That of its mapping."""
    options: type[PollOptions]
    address: str
    post: re.Pattern[str]
    """What a watched post looks like."""
    example: str
    feeds: Callable[[str, Any], tuple[Feed, ...]]
    """(post, options) to what is asked about it."""
    access: Callable[[Any, Tools], Access]
    """Raises UsageError when credentials are missing."""
    per_hour: float
    """Questions that the platform grants everybody."""
    act: Callable[[str], str] = lambda post: post
    """The watched post as its platform's payloads call it."""
    windows: Callable[[Mapping[str, str]], list[budget.Window]] = budget.plain
    verdict: Callable[[Answer], verdict.Verdict] = verdict.by_status
    headers: Callable[[Any], Mapping[str, str]] = lambda _options: {}
    always: Callable[[Any], tuple[str, ...]] = lambda _options: ()
    """What is watched besides the posts."""
