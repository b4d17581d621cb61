"""Which posts are watched: those of the options, and those of a file that is read again when it changes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from pipeline.errors import UsageError
from pipeline.ingest.collect.pollers.platform import Post, Watch
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from pipeline.ingest.collect.pollers.platform import Platform, PollOptions

log = logging.getLogger("cascades.collect")

MOST: Final = 500
"""Posts of one source: their marks are one record, and what a platform grants an hour would not be enough for more."""
_LIST: Final = TypeAdapter(list[Post | Watch])


class WatchList:
    """The watched posts of one source, by post. Raises UsageError when it is made from what does not work."""

    def __init__(self, name: str, platform: Platform, options: PollOptions) -> None:
        self._name, self._platform, self._options = name, platform, options
        self._seen: tuple[int, int] | None = None
        self.posts: dict[str, Watch] = {}
        self._read()

    def refresh(self) -> bool:
        """Whether the list has changed. One that does not work is told of, and the one before it stands."""
        before = self.posts
        try:
            self._read()
        except UsageError as error:
            log.warning("%s: %s; the posts before are watched on", self._name, error)
        return self.posts != before

    def _read(self) -> None:
        stamp = self._stamp()
        if stamp == self._seen and self.posts:
            return
        self._seen = stamp
        given = [*self._platform.always(self._options), *self._options.posts, *self._of_file()]
        watches = [found for one in given if (found := self._own(one)) is not None]
        self._check({one.post for one in watches} - set(self._platform.always(self._options)))
        self.posts = {one.post: one for one in watches}

    def _own(self, one: str | Watch) -> Watch | None:
        """The watch as this platform writes posts. One that begins with a platform's name, as `cascades content list` shows posts,
        is another source's where it is not ours: one file may serve all.
        """
        watch = Watch(post=one) if isinstance(one, str) else one
        name, colon, post = watch.post.partition(":")
        if not colon or name not in REGISTRY:
            return watch
        return watch.model_copy(update={"post": post}) if name == self._platform.name else None

    def _check(self, posts: set[str]) -> None:
        for post in sorted(posts):
            if not self._platform.post.fullmatch(post):
                raise UsageError(
                    f"{self._name}: {post!r} is no post of {self._platform.name}: {self._platform.example}"
                )
        if len(posts) > MOST:
            raise UsageError(f"{self._name}: {len(posts)} posts are more than {MOST}: make several sources of them")

    def _stamp(self) -> tuple[int, int]:
        if not self._options.watch_file:
            return (0, 0)
        try:
            found = Path(self._options.watch_file).stat()
        except OSError as error:
            raise UsageError(f"watch_file {self._options.watch_file} cannot be read: {error.strerror}") from None
        return (found.st_mtime_ns, found.st_size)

    def _of_file(self) -> list[str | Watch]:
        if not (place := self._options.watch_file):
            return []
        try:
            found: Any = yaml.safe_load(Path(place).read_text())
            return _LIST.validate_python(found or [])
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"watch_file {place} cannot be read: {type(error).__name__}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise UsageError(f"watch_file {place} should be a list of posts: {where}: {first['msg']}") from None
