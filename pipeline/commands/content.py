"""`cascades content`: which posts are counted for which content."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rich.table import Table

from pipeline.clock import SystemClock
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import UsageError
from pipeline.ingest import posts
from pipeline.ingest.platforms.links import canonical, web_content
from pipeline.ingest.platforms.seam import bounded
from schemas.posts import PostLink
from schemas.wire import MAX_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.ingest.posts import Posts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSTS = (
    (re.compile(r"https://x\.com/[^/]+/status/(\d+)(?:/.*)?"), "twitter:{}"),
    (re.compile(r"https://youtube\.com/watch\?(?:.*&)?v=([\w-]+)(?:&.*)?"), "youtube:{}"),
    (re.compile(r"https://youtube\.com/shorts/([\w-]+)"), "youtube:{}"),
    (re.compile(r"https://youtu\.be/([\w-]+)"), "youtube:{}"),
    (re.compile(r"https://pinterest\.[a-z.]+/pin/(\d+)"), "pinterest:{}"),
)
"""Addresses of posts whose number is the id that their platform's mapping gives them."""


def link(*, content: str, post: Sequence[str]) -> int:
    """Count posts for a content, from the first act on. Raises UsageError when they are counted for another, and links nothing then."""
    target, wanted = post_id(content), list(dict.fromkeys(map(post_id, post)))
    settings = load()
    known = asyncio.run(posts.read(settings))
    now_us = SystemClock().now_us()
    links = [_link(known, one, target, now_us) for one in wanted]
    asyncio.run(posts.write(settings, [(one.post, one, one.link()) for one in links]))
    for one in links:
        out.print(f"{one.post} → {one.content_id}", markup=False)
    note(
        f"{len(links)} post(s) linked. What came of them already moves within seconds, and cannot be taken apart again: "
        "`cascades content unlink` only ends it for what comes later"
    )
    return 0


def unlink(*, post: Sequence[str]) -> int:
    """End links, for what comes from now on. Raises UsageError when a post is not linked, and ends none then."""
    settings, wanted = load(), list(dict.fromkeys(map(post_id, post)))
    known = asyncio.run(posts.read(settings))
    links = [_known(known, one) for one in wanted]
    now_us = SystemClock().now_us()
    asyncio.run(posts.write(settings, [(one.post, None, one.unlink(now_us)) for one in links]))
    for one in links:
        out.print(f"{one.post} is counted for itself from now on", markup=False)
    note(
        "What was moved stays where it is: its acts were merged with those of other posts, and no figure tells them apart any more"
    )
    return 0


def list_links(*, content: str | None, output: str) -> int:
    """Show the links, sorted by content."""
    if output not in {"table", "json"}:
        raise UsageError(f"--format {output}: table or json")
    known = asyncio.run(posts.read(load()))
    target = None if content is None else post_id(content)
    shown = [one for one in known if target in {None, one.content_id}]
    shown.sort(key=lambda one: (one.content_id, one.linked_us, one.post))
    if output == "json":
        for one in shown:
            row = {"content_id": one.content_id, "post": one.post, "linked_at": _moment(one.linked_us)}
            out.print(json.dumps(row, ensure_ascii=False), markup=False)
    elif shown:
        table = Table("content", "post", "since")
        for one in shown:
            table.add_row(one.content_id, one.post, _moment(one.linked_us))
        out.print(table)
    note(f"{len(shown)} post(s) linked")
    return 0


def post_id(text: str) -> str:
    """The content id that is meant: an id as it is, an address as the mappings name it. Raises UsageError."""
    if text.startswith(("http://", "https://")):
        try:
            return _of_address(text)
        except ValueError as error:
            raise UsageError(f"{text!r} is no address: {error}") from None
    if not text.strip() or len(text) > MAX_ID or "\0" in text:
        raise UsageError(
            f"{text[:60]!r} is no content id: 1 to {MAX_ID} characters, as `v_content` shows it, or an address"
        )
    return text


def _of_address(url: str) -> str:
    name = canonical(url)
    for pattern, form in _POSTS:
        if match := pattern.fullmatch(name):
            return form.format(match[1])
    return bounded(web_content(url))


def _link(known: Posts, post: str, target: str, now_us: int) -> PostLink:
    standing = known.get(post)
    if standing and standing.content_id != target:
        raise UsageError(
            f"{post} is counted for {standing.content_id} already: what came of it is there and stays. `cascades content unlink {post}` first, "
            "if what comes from now on shall be counted for another content"
        )
    if elsewhere := known.get(target):
        raise UsageError(f"{target} is itself counted for {elsewhere.content_id}: link to that content")
    if post == target:
        raise UsageError(f"{post} is the content itself")
    if any(one.content_id == post for one in known):
        note(f"{post} has posts of its own: they are counted for {target} as well from now on")
    return standing or PostLink(post=post, content_id=target, linked_us=now_us)


def _known(known: Posts, post: str) -> PostLink:
    found = known.get(post)
    if found is None:
        raise UsageError(f"{post} is not linked: see `cascades content list`")
    return found


def _moment(micros: int) -> str:
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="seconds").replace("+00:00", "Z")
