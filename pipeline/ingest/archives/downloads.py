"""Which members of a data download are read as what, and whose download it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pipeline.errors import UsageError
from pipeline.ingest.archives.documents import listed
from pipeline.ingest.archives.items import Cut, Found, Item
from pipeline.ingest.archives.mojibake import repaired
from pipeline.ingest.archives.stream import buffered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.ingest.archives.opening import Archive, Part

_PROFILE_BYTES: Final = 4 << 20
_ADDRESS: Final = re.compile(r"^https?://(?:[\w-]+\.)?facebook\.com/(?:profile\.php\?id=)?([\w.-]+)/?$")


class Layout(NamedTuple):
    """The members of one platform's downloads, by the end of their path. Folders were renamed over the years; files hardly."""

    lists: dict[str, re.Pattern[str]]
    profile: re.Pattern[str]
    audience: re.Pattern[str]
    """Lists of the people who see what the owner posts."""


def _ending(names: str) -> re.Pattern[str]:
    return re.compile(rf"(^|/)({names})\.json$", re.IGNORECASE)


LAYOUTS: Final = {
    "facebook": Layout(
        {
            "posts": _ending(r"your_posts\w*|posts_on_other_pages_and_profiles"),
            "reactions": _ending(r"likes_and_reactions(_\d+)?|posts_and_comments(_\d+)?|reactions(_\d+)?"),
            "comments": _ending(r"comments(_\d+)?"),
        },
        _ending("profile_information"),
        _ending(r"(your_)?friends|(your_)?followers|people_who_followed_you|who_(has_followed|follows)_you"),
    ),
    "instagram": Layout(
        {
            "posts": _ending(r"posts(_\d+)?|reels(_\d+)?"),
            "likes": _ending("liked_posts"),
            "reposts": _ending(r"reposts(_\d+)?|reposted_\w+"),
            "followers": _ending(r"followers(_\d+)?"),
            "following": _ending("following"),
            "comments": _ending(r"(post|reels)_comments(_\d+)?"),
        },
        _ending("personal_information"),
        _ending(r"followers(_\d+)?"),
    ),
}


class Download:
    """One download, or a single file of one. Raises UsageError when it does not say whose it is and `owner` does not either."""

    def __init__(self, archive: Archive, platform: str, owner: str | None) -> None:
        self._archive, self._layout, self._platform = archive, LAYOUTS[platform], platform
        self.parts = [part for part in archive.parts if self._what(part)]
        self._owner: dict[str, Any] = {}
        if self.parts:
            found = owner or self._named()
            if not found:
                raise UsageError(f"{archive.label} does not say whose it is: give the account with --owner NAME")
            self._owner = {"id": found, "audience": self._audience()}

    def read(self, part: Part) -> Iterator[Item]:
        """The entries of a part as payloads of the platform's mapping."""
        what = self._what(part)
        with self._archive.open(part) as stream:
            for item in listed(stream):
                if not isinstance(item, Found):
                    yield item
                    continue
                entry = repaired(item.payload)
                yield Found(item.number, {"download": what, "owner": self._owner, "entry": entry})

    def _name(self, part: Part) -> str:
        return part.name or self._archive.label

    def _what(self, part: Part) -> str | None:
        return next((what for what, pattern in self._layout.lists.items() if pattern.search(self._name(part))), None)

    def _named(self) -> str | None:
        for part in self._archive.parts:
            if self._layout.profile.search(self._name(part)):
                with self._archive.open(part) as stream:
                    text = buffered(stream).read(_PROFILE_BYTES)
                return _account(self._platform, text)
        return None

    def _audience(self) -> int | None:
        lists = [part for part in self._archive.parts if self._layout.audience.search(self._name(part))]
        return sum(map(self._length, lists)) if lists else None

    def _length(self, part: Part) -> int:
        with self._archive.open(part) as stream:
            return sum(not isinstance(item, Cut) for item in listed(stream))


def _account(platform: str, text: bytes) -> str | None:
    """The owner's account in the profile; None where there is none that can be told without knowing the owner's language."""
    try:
        found: Any = repaired(msgspec.json.decode(text))
        if platform == "instagram":
            return str(found["profile_user"][0]["string_map_data"]["Username"]["value"]) or None
        profile = found.get("profile_v2") or found["profile"]
        match = _ADDRESS.match(profile.get("profile_uri") or "")
        return profile.get("username") or (match[1] if match else None)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, LookupError, TypeError, AttributeError):
        return None
